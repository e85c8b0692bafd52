"""Signed notes, verifier keys and cosignatures in the forms of C2SP, which witnesses of transparency logs read and give.

A note is text, an empty line, and lines `— NAME base64(key id, signature)`. A key id is the first four bytes of
SHA-256(name, newline, type, key), a verifier key `NAME+hex(key id)+base64(type, key)`. A cosignature (type 4) is eight bytes of time and
an Ed25519 signature over `cosignature/v1`, the time and the note's text.
https://c2sp.org/signed-note, https://c2sp.org/tlog-cosignature
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

#: Signature types: a log's own, and a witness' with the time.
ED25519, COSIGNATURE = 1, 4
_DASH = "\u2014 "
_KEY_BYTES, _ID_BYTES, _TIME_BYTES, _SIGNATURE_BYTES = 32, 4, 8, 64


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Whose signatures to check.

    name   without spaces and plus signs; by custom a URL without scheme
    kind   ED25519 or COSIGNATURE
    key    32 bytes
    """

    name: str
    kind: int
    key: bytes

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """The key that a line `NAME+hex+base64` says.

        raises   ValueError if it is none, or of a type unknown here
        """
        name, told_id, encoded = [*text.strip().split("+", 2), "", ""][:3]
        raw = _decoded(encoded)
        found = cls(name, raw[0] if raw else 0, raw[1:])
        if not is_name(name) or found.kind not in (ED25519, COSIGNATURE) or len(found.key) != _KEY_BYTES or found.key_id.hex() != told_id:
            raise ValueError("this is no verifier key of Ed25519")
        return found

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key, its owner and its use."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.kind]) + self.key).decode()}"

    def line(self, signature: bytes) -> str:
        """The line under a note that holds `signature`, newline included."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + signature).decode()}\n"

    def signature_in(self, line: str) -> bytes | None:
        """What this key's owner put into a line; None if the line is of another key, or is none."""
        name, _, encoded = line.removesuffix("\n").removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or name != self.name:
            return None
        try:
            raw = _decoded(encoded)
        except ValueError:
            return None
        return raw[_ID_BYTES:] if raw[:_ID_BYTES] == self.key_id else None

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's, over `message`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def is_name(text: str) -> bool:
    """Whether a key may be called so."""
    return bool(text) and "+" not in text and not any(letter.isspace() or letter < " " for letter in text)


def split(note: str) -> tuple[str, list[str]]:
    """Text (final newline included) and signature lines of a signed note.

    raises   ValueError if it is none
    """
    text, separator, rest = note.rpartition("\n\n")
    if not separator or not rest.endswith("\n") or any(letter < " " and letter != "\n" for letter in note):
        raise ValueError("this is no signed note")
    lines = rest.splitlines(keepends=True)
    if not all(line.startswith(_DASH) for line in lines):
        raise ValueError("this is no signed note")
    return f"{text}\n", lines


def cosigned_text(text: str, seconds: int) -> bytes:
    """What a witness signs."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def cosignature(key: VerifierKey, sign: Callable[[bytes], bytes], text: str, seconds: int) -> str:
    """The line with which the owner of `key` says: at this time (POSIX) I knew no longer log than the one of which `text` speaks."""
    return key.line(seconds.to_bytes(_TIME_BYTES, "big") + sign(cosigned_text(text, seconds)))


def cosigned_at(key: VerifierKey, line: str, text: str) -> int | None:
    """When (POSIX seconds) the witness cosigned `text`; None if this line does not show that."""
    raw = key.signature_in(line)
    if raw is None or len(raw) != _TIME_BYTES + _SIGNATURE_BYTES or key.kind != COSIGNATURE:
        return None
    seconds = int.from_bytes(raw[:_TIME_BYTES], "big")
    return seconds if key.has_signed(cosigned_text(text, seconds), raw[_TIME_BYTES:]) else None


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("this is no base64") from error
