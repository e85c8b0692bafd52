"""`prove checkpoint`, `prove consistency`, `prove cosignature`, and files that were given out."""

import json
import os
import sqlite3

import pytest

import ownwords
from ownwords.core.errors import BadInput, BadWorkspace, NotFound, NotProven, Usage
from ownwords.faces.cli import main
from ownwords.ledger import verifier, witness
from ownwords.verbs._house import House


@pytest.fixture
def root(tmp_path):
    ownwords.init(tmp_path / "w")
    return tmp_path / "w"


@pytest.fixture
def kept(root, tmp_path):
    """A checkpoint in a file, before two more events."""
    path = tmp_path / "old.json"
    path.write_text(json.dumps(ownwords.prove(root, "checkpoint")))
    House.open(root).ledger.append("a", {})
    House.open(root).ledger.append("a", {}, "x:1")
    return path


def test_growth_is_shown_from_a_checkpoint_that_was_kept(root, kept, tmp_path):
    said = ownwords.prove(root, "consistency", str(kept))
    assert (said["proven"], said["to"] - said["from"], said["standing"]) == (True, 2, "self-attested")
    (tmp_path / "proof.json").write_text(json.dumps(said))
    assert verifier.main([str(tmp_path / "proof.json")]) == 0
    assert ownwords.prove(root, str(tmp_path / "proof.json"))["against"] == "this workspace"
    assert ownwords.prove(tmp_path / "elsewhere", str(tmp_path / "proof.json"))["against"].startswith("the file alone")
    assert ownwords.prove(root, "consistency", str(tmp_path / "proof.json"))["from"] == said["to"]


def test_the_receipt_of_a_decision_is_a_checkpoint_too(root, tmp_path):
    (tmp_path / "one.jsonl").write_text('{"id": "test:1", "author": "test:7", "network": "test", "visibility": "public", "text": "a"}\n')
    ownwords.ingest(root, "jsonl", (str(tmp_path / "one.jsonl"),))
    said = ownwords.consent(root, "give", "test:7", "train_ai")
    path = tmp_path / "said.json"
    path.write_text(json.dumps(said))
    assert ownwords.prove(root, str(path))["against"] == "this workspace"
    assert verifier.main([str(path)]) == 0
    ownwords.consent(root, "withdraw", "test:7", "train_ai")
    assert ownwords.prove(root, "consistency", str(path))["proven"]
    path.write_text(json.dumps(said).replace("ConsentGiven", "ConsentRefused"))
    assert verifier.main([str(path)]) == 4
    with pytest.raises(NotProven, match="does not fit the words"):
        ownwords.prove(root, str(path))


@pytest.fixture
def refusal(root, tmp_path):
    """The receipt of a refusal."""
    (tmp_path / "one.jsonl").write_text('{"id": "test:1", "author": "test:7", "network": "test", "visibility": "public", "text": "a"}\n')
    ownwords.ingest(root, "jsonl", (str(tmp_path / "one.jsonl"),))
    return ownwords.consent(root, "refuse", "test:7", "train_ai")["receipt"]


@pytest.mark.parametrize("kind", ["ownwords-inclusion/1", "ownwords-checkpoint/1", "ownwords-receipt/1", "ownwords-receipt/2"])
def test_a_refusal_is_not_made_a_consent_by_another_format(root, tmp_path, refusal, kind):
    """Only receipts are signed as a whole; whoever holds one chooses the format that a forgery claims."""
    forged = json.loads(json.dumps(refusal).replace("ConsentRefused", "ConsentGiven")) | {"format": kind}
    forged["note"] = ownwords.prove(root, "checkpoint")["note"]
    path = tmp_path / "forged.json"
    path.write_text(json.dumps(forged))
    for where in (root, tmp_path / "nowhere"):
        with pytest.raises(NotProven):
            ownwords.prove(where, str(path))
    assert verifier.main([str(path)]) == 4


@pytest.mark.parametrize(
    "more", [{"record": {"dpv:hasConsentStatus": "dpv:ConsentGiven"}}, {"at": "2020-01-01"}, {"event": {"records": 123456}}]
)
def test_a_checkpoint_proves_nothing_that_is_written_beside_it(root, tmp_path, more):
    path = tmp_path / "forged.json"
    path.write_text(json.dumps(ownwords.prove(root, "checkpoint") | more))
    for where in (root, tmp_path / "nowhere"):
        with pytest.raises(NotProven, match=f"the field '{next(iter(more))}' has no place"):
            ownwords.prove(where, str(path))
    assert verifier.main([str(path)]) == 4


def test_the_old_checkpoint_of_a_growth_carries_nothing_else(root, kept):
    document = json.loads(kept.read_text())
    document["checkpoint"]["record"] = "dpv:ConsentGiven"
    kept.write_text(json.dumps(document))
    with pytest.raises(NotProven, match="'record' has no place"):
        ownwords.prove(root, "consistency", str(kept))


def test_a_key_spelt_otherwise_is_held_against_the_workspace_all_the_same(root, kept):
    document = json.loads(kept.read_text())
    kept.write_text(json.dumps(document | {"public_key": document["public_key"] + "\n"}))
    said = ownwords.prove(root, str(kept))
    assert (said["against"], said["signed_by"]) == ("this workspace", document["checkpoint"]["origin"])


def test_a_pipe_is_told(root, tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    for word in ("consistency", "cosignature"):
        with pytest.raises(BadInput, match="is a pipe"):
            ownwords.prove(root, word, str(tmp_path / "pipe.json"))


def test_a_log_that_was_cut_back_is_not_proven_and_exits_4(root, kept, capfd):
    before = root / "ledger.db"
    House.open(root).ledger.purge()
    copy = before.read_bytes()
    House.open(root).ledger.append("a", {})
    kept.write_text(json.dumps(ownwords.prove(root, "checkpoint")))
    House.open(root).ledger.purge()
    for path in root.glob("ledger.db-*"):
        path.unlink()
    before.write_bytes(copy)  # an operator puts the older file back
    assert main(["-w", str(root), "prove", "consistency", str(kept)]) == 4
    assert "cut back" in capfd.readouterr().err
    with pytest.raises(NotProven, match="cut back"):
        ownwords.prove(root, str(kept))


def test_a_damaged_ledger_proves_no_growth(root, kept):
    connection = sqlite3.connect(root / "ledger.db")
    connection.execute("UPDATE events SET kind = 'b' WHERE kind = 'a'")
    connection.commit()
    connection.close()
    with pytest.raises(NotProven, match="does not hold"):
        ownwords.prove(root, "consistency", str(kept))


def test_a_witness_makes_the_standing(root, tmp_path):
    vkey = witness.create_key("ada.example", tmp_path / "ada.key")
    with (root / "ownwords.toml").open("a") as settings:
        settings.write(f'\n[witnesses]\nada = "{vkey}"\n')
    document = ownwords.prove(root, "checkpoint")
    line = tmp_path / "line.txt"
    line.write_text(witness.observe(tmp_path / "seen.json", tmp_path / "ada.key", document))
    assert ownwords.prove(root, "cosignature", str(line)) == {
        "size": document["checkpoint"]["size"],
        "witness": ["ada.example"],
        "standing": "witnessed by 1",
    }
    assert ownwords.prove(root, "checkpoint")["standing"] == "witnessed by 1"
    (root / "ownwords.toml").write_text("")  # whom nobody here trusts does not count
    assert ownwords.prove(root, "checkpoint")["standing"] == "self-attested"
    with pytest.raises(NotProven, match="no cosignature of a known witness"):
        ownwords.prove(root, "cosignature", str(line))


def test_a_witness_key_that_cannot_be_read_is_told(root):
    (root / "ownwords.toml").write_text('[witnesses]\nada = "rubbish"\n')
    with pytest.raises(BadWorkspace, match=r"key of witness ada in ownwords\.toml"):
        ownwords.prove(root, "checkpoint")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"checkpoint": 1, "format": "x"}', '{"root": "zz"}', "[" * 5000])
def test_a_file_without_a_checkpoint_is_told(root, tmp_path, text):
    (tmp_path / "no.json").write_text(text)
    for call in (("consistency", str(tmp_path / "no.json")), (str(tmp_path / "no.json"),), ("cosignature", str(tmp_path / "no.json"))):
        with pytest.raises(NotProven):
            ownwords.prove(root, *call)


def test_misplaced_words_are_told(root):
    for call in (("consistency",), ("cosignature",), ("checkpoint", "x"), ("dataset", "x")):
        with pytest.raises(Usage):
            ownwords.prove(root, *call)
    with pytest.raises(NotFound, match="no such file"):
        ownwords.prove(root, "consistency", "missing.json")


def test_a_workspace_remembers_where_its_ledger_is(tmp_path):
    ownwords.init(tmp_path / "w")
    assert (tmp_path / "w" / "ownwords.toml").stat().st_mode & 0o077 == 0
    assert House.open(tmp_path / "w").workspace.setting("ledger") == ""
    (tmp_path / "w" / "ownwords.toml").write_text('ledger = ""\n[witnesses]\nada = "k"\n[other.deep]\nx = 1\n')
    workspace = House.open(tmp_path / "w").workspace
    assert workspace.section("witnesses") == {"ada": "k"}
    assert workspace.setting("other.deep.x") == "1"
    assert workspace.section("none") == {}
