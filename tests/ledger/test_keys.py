import hmac
import stat

import pytest

from ownwords.core import files
from ownwords.core.errors import BadWorkspace
from ownwords.ledger import Keys
from ownwords.ledger import keys as keys_module


def test_secrets_are_for_their_owner_alone(tmp_path):
    Keys.create(tmp_path / "keys")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert modes.pop("public.pem") & 0o400
    assert modes == {"master": 0o600, "signing.pem": 0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_creating_again_keeps_the_keys(tmp_path):
    first = Keys.create(tmp_path)
    assert (Keys.create(tmp_path).key_id, Keys(tmp_path).tag("x:1")) == (first.key_id, first.tag("x:1"))


def test_a_crash_between_the_keys_is_made_good_by_creating_again(tmp_path):
    def crash(point):
        if "signing" in point:
            raise KeyboardInterrupt

    files.set_fault_hook(crash)
    try:
        with pytest.raises(KeyboardInterrupt):
            Keys.create(tmp_path)
    finally:
        files.set_fault_hook(lambda point: None)
    master = (tmp_path / "master").read_bytes()
    Keys.create(tmp_path)
    assert (tmp_path / "master").read_bytes() == master


def test_tags_depend_on_key_kind_and_identifier(tmp_path):
    here, there = Keys.create(tmp_path / "a"), Keys.create(tmp_path / "b")
    tags = {here.tag("x:1"), here.tag("x:2"), here.tag("x:1", "record"), there.tag("x:1")}
    assert len(tags) == 4
    assert all(len(tag) == 64 and "x:1" not in tag for tag in tags)


def test_a_signature_holds_for_its_message_and_key_alone(tmp_path):
    here, there = Keys.create(tmp_path / "a"), Keys.create(tmp_path / "b")
    signature = here.sign(b"message")
    assert here.verify(b"message", signature)
    assert keys_module.verify(b"message", signature, (tmp_path / "a" / "public.pem").read_bytes())
    assert not here.verify(b"massage", signature)
    assert not there.verify(b"message", signature)
    assert not keys_module.verify(b"message", signature, b"no key")


def test_tags_and_persons_keys_are_hmacs_as_the_library_makes_them(tmp_path):
    keys, salt = Keys.create(tmp_path), bytes(range(32))
    by_use = {use: hmac.digest((tmp_path / "master").read_bytes(), f"ownwords/1/{use}".encode(), "sha256") for use in ("tag", "people")}
    for name in ("x:1", "", "ü" * 100, "x:\ud800"):
        tag = hmac.digest(by_use["tag"], f"handle\0{name}".encode(errors="surrogatepass"), "sha256").hex()
        assert keys.tag(name, "handle") == tag
        assert keys.person_key(tag, salt) == hmac.digest(by_use["people"], tag.encode() + salt, "sha256")


def test_a_persons_key_needs_master_tag_and_salt(tmp_path):
    keys, other = Keys.create(tmp_path / "a"), Keys.create(tmp_path / "b")
    salt = b"s" * 32
    assert keys.person_key("tag", salt) == Keys(tmp_path / "a").person_key("tag", salt)
    assert (
        len({keys.person_key("tag", salt), keys.person_key("gat", salt), keys.person_key("tag", b"t" * 32), other.person_key("tag", salt)})
        == 4
    )


@pytest.mark.parametrize("name", ["master", "signing.pem"])
@pytest.mark.parametrize("damage", [None, b"", b"rubbish"])
def test_missing_or_damaged_keys_are_told(tmp_path, name, damage):
    Keys.create(tmp_path)
    (tmp_path / name).unlink()
    if damage is not None:
        (tmp_path / name).write_bytes(damage)
    with pytest.raises(BadWorkspace, match=r"missing|damaged"):
        Keys(tmp_path)
