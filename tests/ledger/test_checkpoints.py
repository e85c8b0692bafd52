import base64

import pytest

from ownwords.ledger import Keys, verify_checkpoint
from ownwords.ledger.checkpoints import signed_text


def test_a_checkpoint_verifies_with_the_public_key_alone(tmp_path, ledger, keys):
    ledger.append("policy", {})
    note = ledger.checkpoint()
    assert (note["size"], note["root"]) == (1, ledger.head().root)
    assert (note["witness"], note["standing"]) == (None, "self-attested")
    assert verify_checkpoint(note, (tmp_path / "keys" / "public.pem").read_bytes())
    assert not verify_checkpoint(note, Keys.create(tmp_path / "other").public_pem)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", 2),
        ("root", "00" * 32),
        ("root", "no hex"),
        ("at", "2020-01-01T00:00:00.000000Z"),
        ("origin", "ownwords/other"),
        ("key_id", "0" * 16),
        ("witness", "somebody"),
        ("standing", "witnessed"),
        ("signature", base64.b64encode(b"0" * 64).decode()),
        ("signature", "%"),
    ],
)
def test_a_changed_checkpoint_does_not_verify(ledger, keys, field, value):
    ledger.append("policy", {})
    note = ledger.checkpoint()
    assert not verify_checkpoint({**note, field: value}, keys.public_pem)
    assert not verify_checkpoint({name: value for name, value in note.items() if name != field}, keys.public_pem)


def test_the_signed_text_has_the_form_that_witnesses_know(ledger):
    note = ledger.checkpoint()
    origin, size, root, at, end = signed_text(note).decode().split("\n")
    assert (origin, size, end) == (note["origin"], "0", "")
    assert base64.b64decode(root).hex() == note["root"]
    assert at == f"at {note['at']}"
