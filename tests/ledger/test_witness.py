import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from ownwords.core import clock
from ownwords.core.errors import BadInput, NotProven, Usage
from ownwords.ledger import Keys, Ledger, checkpoints, notes, verifier, verify_checkpoint, witness

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def names(tmp_path):
    """Verifier keys of two witnesses; their private keys are in `NAME.key`."""
    return [witness.create_key(f"{name}.example", tmp_path / f"{name}.key") for name in ("ada", "bea")]


def look(tmp_path, document, proof=None, who="ada"):
    return witness.observe(tmp_path / f"{who}.json", tmp_path / f"{who}.key", document, proof)


def test_a_witnessed_checkpoint_is_self_attested_no_more(tmp_path, ledger, keys, names):
    ledger.append("policy", {})
    document = ledger.checkpoint_document()
    with clock.at(NOON):
        line = look(tmp_path, document)
    note = ledger.cosign(line, names, 1)
    assert (note["standing"], note["witness"]) == ("witnessed by 1", ["ada.example"])
    note = ledger.cosign(look(tmp_path, document, who="bea"), names, 1)
    assert note["standing"] == "witnessed by 2"
    assert verify_checkpoint(note, keys.public_pem)
    assert ledger.checkpoint() == note
    assert ledger.audit() == []
    assert checkpoints.witnesses_of(note, names)["ada.example"] == int(NOON.timestamp())
    assert checkpoints.witnesses_of(note, [names[1]]).keys() == {"bea.example"}
    assert checkpoints.witnesses_of(note, []) == {}


def test_the_note_that_is_given_out_is_one_of_c2sp_with_all_signatures(tmp_path, ledger, keys, names):
    ledger.append("policy", {})
    ledger.cosign(look(tmp_path, ledger.checkpoint_document()), names, 1)
    document = ledger.checkpoint_document()
    text, lines = notes.split(document["note"])
    assert text.splitlines()[:2] == [f"ownwords/{keys.key_id}", "1"]
    log, ada = checkpoints.log_key(keys.public_pem), notes.VerifierKey.parse(names[0])
    assert log.has_signed(text.encode(), log.signature_in(lines[0]))
    assert notes.cosigned_at(ada, lines[1], text) is not None
    assert verifier.problems_of(document) == []


def test_a_witness_that_looks_again_counts_once(tmp_path, ledger, names):
    document = ledger.checkpoint_document()
    for _ in range(3):
        note = ledger.cosign(look(tmp_path, document), names, 0)
    assert note["standing"] == "witnessed by 1"


def test_one_key_under_two_names_counts_once(tmp_path, ledger, names):
    key = notes.VerifierKey.parse(names[0])
    other = str(notes.VerifierKey("eve.example", key.kind, key.key))
    note = ledger.cosign(look(tmp_path, ledger.checkpoint_document()), names, 0)
    for trusted in ([names[0], other], [other, names[0]]):
        assert len(checkpoints.witnesses_of(note, trusted)) == 1
    assert checkpoints.witnesses_of(note, [other]) == {}


def test_strangers_and_misplaced_cosignatures_do_not_count(tmp_path, ledger, names):
    line = look(tmp_path, ledger.checkpoint_document())
    with pytest.raises(NotProven, match="no cosignature of a known witness"):
        ledger.cosign(line, names[1:], 0)
    with pytest.raises(NotProven, match="over a checkpoint of this log"):
        ledger.cosign(line, names, 1)
    ledger.append("policy", {})
    ledger.checkpoint()
    assert ledger.cosign(line, names)["size"] == 0
    with pytest.raises(NotProven, match="no cosignature of a known witness"):
        ledger.cosign(line, names, 1)
    with pytest.raises(NotProven, match="no cosignature of a known witness"):
        ledger.cosign("rubbish", names, 0)


def test_a_note_that_claims_witnesses_it_has_not_does_not_verify(ledger, keys):
    note = ledger.checkpoint()
    assert not verify_checkpoint({**note, "standing": "witnessed by 3"}, keys.public_pem)
    assert not verify_checkpoint({**note, "witness": ["ada.example"], "standing": "witnessed by 1"}, keys.public_pem)
    made_up = {**note, "cosignatures": ["— ada.example AAAA\n"], "witness": ["ada.example"], "standing": "witnessed by 1"}
    assert checkpoints.witnesses_of(made_up, []) == {}
    assert not verify_checkpoint({**note, "cosignatures": "all"}, keys.public_pem)


def test_growth_is_cosigned_with_its_proof_alone(tmp_path, ledger, names):
    ledger.append("policy", {})
    first = ledger.checkpoint()
    look(tmp_path, ledger.checkpoint_document())
    ledger.append_many("a", ["x:1"] * 6, [{}] * 6)
    with pytest.raises(Usage, match="a proof is needed"):
        look(tmp_path, ledger.checkpoint_document())
    proof = ledger.consistency_document(first)
    line = look(tmp_path, ledger.checkpoint_document(), proof)
    assert ledger.cosign(line, names, 7)["standing"] == "witnessed by 1"
    ledger.append("policy", {})
    look(tmp_path, ledger.consistency_document(proof["new"]))
    assert next(iter(json.loads((tmp_path / "ada.json").read_text()).values()))["size"] == 8


def test_a_proof_for_another_beginning_is_refused_and_nothing_is_learnt(tmp_path, ledger, names):
    ledger.append_many("a", ["x:1"] * 3, [{}] * 3)
    early = ledger.checkpoint()
    ledger.append_many("a", ["x:1"] * 2, [{}] * 2)
    look(tmp_path, ledger.checkpoint_document())
    before = (tmp_path / "ada.json").read_text()
    ledger.append("a", {})
    with pytest.raises(NotProven, match="not shown that the log of 6"):
        look(tmp_path, ledger.consistency_document(early))
    assert (tmp_path / "ada.json").read_text() == before


def test_a_log_that_changes_its_key_is_refused(tmp_path, ledger, names, another):
    look(tmp_path, ledger.checkpoint_document())
    state = json.loads((tmp_path / "ada.json").read_text())
    other = Keys.create(tmp_path / "other")
    ((origin, seen),) = state.items()
    (tmp_path / "ada.json").write_text(json.dumps({origin: {**seen, "public_key": other.public_pem.decode()}}))
    with pytest.raises(NotProven, match="another key"):
        look(tmp_path, ledger.checkpoint_document())


def test_keys_are_for_their_owner_and_made_once(tmp_path, names):
    assert stat.S_IMODE((tmp_path / "ada.key").stat().st_mode) == 0o600
    with pytest.raises(Usage):
        witness.create_key("ada.example", tmp_path / "ada.key")
    with pytest.raises(Usage):
        witness.create_key("a name", tmp_path / "new.key")


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+a+00000000+AAAA", "rubbish"])
def test_what_is_no_key_and_no_state_is_told(tmp_path, ledger, names, text):
    (tmp_path / "bad.key").write_text(text)
    with pytest.raises(BadInput, match="no key of a witness"):
        witness.observe(tmp_path / "bad.json", tmp_path / "bad.key", ledger.checkpoint_document())
    (tmp_path / "ada.json").write_text("{")
    with pytest.raises(BadInput, match="cannot be read as a witness' state"):
        look(tmp_path, ledger.checkpoint_document())
    (tmp_path / "ada.json").unlink()
    with pytest.raises(BadInput, match="no checkpoint"):
        look(tmp_path, {"format": "ownwords-checkpoint/1"})


@pytest.mark.parametrize("size", [-1, -3, "5", 5.0, True, None, [5]])
def test_an_operator_who_signs_a_strange_size_gets_no_cosignature(tmp_path, ledger, keys, names, size):
    """What is remembered must compare with all that comes later: a size of "5" would end every later look."""
    ledger.append("policy", {})
    note = checkpoints.signed(keys, size, ledger.head().root)
    public = keys.public_pem
    document = {
        "format": verifier.CHECKPOINT,
        "checkpoint": note,
        "note": checkpoints.as_note(note, public),
        "public_key": public.decode(),
    }
    assert not verify_checkpoint(note, public)
    with pytest.raises(NotProven, match="does not hold"):
        look(tmp_path, document)
    look(tmp_path, ledger.checkpoint_document())


def test_a_root_in_another_spelling_is_no_split_view_but_no_checkpoint(tmp_path, ledger, names):
    ledger.append("policy", {})
    document = ledger.checkpoint_document()
    look(tmp_path, document)
    document["checkpoint"]["root"] = document["checkpoint"]["root"].upper()
    with pytest.raises(NotProven, match="does not hold"):
        look(tmp_path, document)


def test_a_key_spelt_otherwise_is_the_same_key(tmp_path, ledger, names):
    document = ledger.checkpoint_document()
    look(tmp_path, document)
    look(tmp_path, {**document, "public_key": document["public_key"] + "\n"})


@pytest.mark.parametrize("told", ["[1]", '{"a": 1}', '{"a": {"size": "5", "root": "00", "public_key": ""}}', "[" * 50_000])
def test_a_state_that_no_witness_wrote_is_told(tmp_path, ledger, names, told):
    (tmp_path / "ada.json").write_text(told)
    with pytest.raises(BadInput, match="cannot be read as a witness' state"):
        look(tmp_path, ledger.checkpoint_document())


def test_deep_json_and_pipes_are_told_without_a_traceback(tmp_path, ledger, names, capsys):
    (tmp_path / "deep.json").write_text('{"a":' * 50_000)
    (tmp_path / "a.json").write_text(json.dumps(ledger.checkpoint_document()))
    os.mkfifo(tmp_path / "pipe")
    deep, good, pipe, key, state = (str(tmp_path / name) for name in ("deep.json", "a.json", "pipe", "ada.key", "s.json"))
    wrong = [(state, key, deep), (state, key, good, deep), (deep, key, good)]
    wrong += [(pipe, key, good), (state, pipe, good), (state, key, pipe), (state, key, good, pipe)]
    for given in wrong:
        assert witness.main(list(given)) == 2, given
    assert witness.main([state, key, good]) == 0
    assert "Traceback" not in capsys.readouterr().err


def test_the_tool_works_from_files(tmp_path, where, keys, ledger):
    def run(*arguments):
        command = [sys.executable, "-m", "ownwords.ledger.witness", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    vkey = run("new", "ada.example", "ada.key").stdout.strip()
    (tmp_path / "a.json").write_text(json.dumps(ledger.checkpoint_document()))
    seen = run("state.json", "ada.key", "a.json")
    assert seen.returncode == 0, seen.stderr
    assert ledger.cosign(seen.stdout, [vkey], 0)["standing"] == "witnessed by 1"
    (tmp_path / "cosigned.json").write_text(json.dumps(ledger.checkpoint_document()))
    assert verifier.main([str(tmp_path / "cosigned.json"), "--witness", vkey]) == 0
    forged = json.loads((tmp_path / "a.json").read_text())
    forged["checkpoint"]["root"] = "00" * 32
    (tmp_path / "b.json").write_text(json.dumps(forged))
    refused = run("state.json", "ada.key", "b.json")
    assert (refused.returncode, refused.stdout) == (4, "")
    assert "Next:" in refused.stderr
    assert run("state.json").returncode == 2
    assert run("state.json", "ada.key", "missing.json").returncode == 2
    assert isinstance(Ledger.open(where, keys), Ledger)
