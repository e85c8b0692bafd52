import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ownwords.ledger import notes

#: The example of Go's package note, and so of many others: a key, and a note signed with it.
KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = """This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""
#: The example of C2SP's tlog-cosignature; its key is not given there.
CHECKPOINT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
COSIGNED = (
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)


@pytest.fixture
def private():
    return Ed25519PrivateKey.generate()


@pytest.fixture
def key(private):
    return notes.VerifierKey("witness.example/w", notes.COSIGNATURE, private.public_key().public_bytes_raw())


def test_a_key_and_a_note_that_others_made_are_read():
    key = notes.VerifierKey.parse(KEY)
    assert (key.name, key.kind, key.key_id.hex(), str(key)) == ("example.com/foo", notes.ED25519, "530d903a", KEY)
    text, (line,) = notes.split(NOTE)
    assert text == "This is an example message.\n"
    assert key.has_signed(text.encode(), key.signature_in(line))
    assert key.line(key.signature_in(line)) == line
    assert not key.has_signed(b"this is an example message.\n", key.signature_in(line))


def test_a_cosignature_has_the_form_of_the_specification():
    seconds = 1679315147
    assert notes.cosigned_text(CHECKPOINT, seconds).decode() == f"cosignature/v1\ntime {seconds}\n{CHECKPOINT}"
    raw = base64.b64decode(COSIGNED.split(" ")[2])
    assert len(raw) == 4 + 8 + 64
    assert int.from_bytes(raw[4:12], "big") == seconds


def test_a_cosignature_tells_its_time_and_holds_for_its_text_alone(private, key):
    line = notes.cosignature(key, private.sign, CHECKPOINT, 1_700_000_000)
    assert notes.cosigned_at(key, line, CHECKPOINT) == 1_700_000_000
    assert notes.cosigned_at(notes.VerifierKey.parse(str(key)), line, CHECKPOINT) == 1_700_000_000
    assert notes.cosigned_at(key, line, CHECKPOINT.replace("20852163", "20852164")) is None
    raw = bytearray(base64.b64decode(line.split(" ")[2]))
    raw[11] ^= 1  # another time
    assert notes.cosigned_at(key, f"— {key.name} {base64.b64encode(raw).decode()}\n", CHECKPOINT) is None


def test_a_plain_signature_is_no_cosignature(private, key):
    as_log = notes.VerifierKey(key.name, notes.ED25519, key.key)
    assert as_log.key_id != key.key_id
    assert notes.cosigned_at(as_log, as_log.line(b"\0" * 8 + private.sign(CHECKPOINT.encode())), CHECKPOINT) is None


@pytest.mark.parametrize("text", ["", "a", "a+00000000+", KEY.replace("3a+", "3b+"), KEY[:-4], KEY.replace("foo", "f oo"), "+" + KEY])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(ValueError, match=r"no verifier key|no base64"):
        notes.VerifierKey.parse(text)


@pytest.mark.parametrize("text", ["", "a\n", "a\n\nb\n", NOTE[:-1], NOTE.replace("This", "\x00"), NOTE + "\n"])
def test_what_is_no_note_is_refused(text):
    with pytest.raises(ValueError, match="no signed note"):
        notes.split(text)


@pytest.mark.parametrize("line", ["", "— ", "— a b c\n", COSIGNED.replace("— ", "- "), COSIGNED.replace("jWbP", "%%%%")])
def test_lines_of_others_are_passed_over(key, line):
    assert key.signature_in(line) is None
    assert notes.cosigned_at(key, line, CHECKPOINT) is None
