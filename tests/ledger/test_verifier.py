"""What was given out is checked with nothing but the file."""

import base64
import contextlib
import copy
import json
import os
import subprocess
import sys

import pytest

from ownwords.core.errors import NotFound, NotPermitted, NotProven
from ownwords.ledger import Keys, Ledger, decision_body, verifier


@pytest.fixture
def documents(ledger):
    """Every kind of document, of a log of 9 events."""
    for n in range(5):
        ledger.append("consent.give", {"purpose": "train_ai", "n": n}, f"x:{n % 2}")
    old = ledger.checkpoint()
    ledger.append_many("consent.refuse", ["x:1", "x:2", "x:3", "x:1"], [{"purpose": "train_ai", "text": "ü\u2028"}] * 4)
    return {
        "checkpoint": ledger.checkpoint_document(),
        "inclusion": ledger.inclusion_document(3),
        "opened": ledger.inclusion_document(6, opened=True),
        "consistency": ledger.consistency_document(old),
    }


def test_every_document_holds_after_a_trip_through_json(documents):
    for document in documents.values():
        assert verifier.problems_of(json.loads(json.dumps(document))) == []


def test_documents_hold_after_people_were_forgotten(ledger, documents):
    ledger.bury(["x:1"])
    assert verifier.problems_of(ledger.inclusion_document(6)) == []
    for document in documents.values():
        assert verifier.problems_of(document) == []
    with pytest.raises(NotPermitted, match="about nobody"):
        ledger.inclusion_document(6, opened=True)


def leaves(value, path=()):
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    elif isinstance(value, list):
        for n, part in enumerate(value):
            yield from leaves(part, (*path, n))
    else:
        yield path, value


def changed(value):
    if isinstance(value, bool) or value is None:
        return "x"
    if isinstance(value, int):
        return value + 1
    return ("1" if value[0] == "0" else "0") + value[1:]


@pytest.mark.parametrize("kind", ["checkpoint", "inclusion", "opened", "consistency"])
def test_no_part_of_a_document_can_be_changed(documents, kind):
    document = documents[kind]
    assert sum(1 for _ in leaves(document)) > 8
    for path, value in leaves(document):
        other = copy.deepcopy(document)
        place = other
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = changed(value)
        with contextlib.suppress(ValueError, KeyError, TypeError):
            assert verifier.problems_of(other), path


@pytest.mark.parametrize("kind", ["checkpoint", "inclusion", "opened", "consistency"])
def test_nothing_can_be_put_beside_what_was_signed(documents, kind):
    document = documents[kind]
    for name, place in [("record", ()), ("at", ()), ("remark", ()), ("remark", ("event",)), ("records", ("event",)), ("remark", ("old",))]:
        other = copy.deepcopy(document)
        if place and place[0] not in other:
            continue
        (other[place[0]] if place else other)[name] = 123456
        if other != document:
            assert any(f"'{name}'" in problem for problem in verifier.problems_of(other)), (name, place)


def test_what_prove_adds_to_a_document_must_be_true(documents):
    grown = {**documents["consistency"], "proven": True, "from": 5, "to": 9, "standing": "self-attested"}
    assert verifier.problems_of(grown) == []
    for name, value in [("proven", 1), ("from", 4), ("from", 5.0), ("to", "9"), ("standing", "witnessed by 3")]:
        says = "checkpoint says" if name == "standing" else "checkpoints say"
        assert verifier.problems_of({**grown, name: value}) == [f"{name} is not what the {says}"]
    assert verifier.problems_of({**documents["checkpoint"], "standing": "witnessed by 3"}) == ["standing is not what the checkpoint says"]


def test_a_format_that_nobody_gives_out_is_refused(documents):
    assert verifier.problems_of({**documents["checkpoint"], "format": "ownwords-receipt/9"}) == [
        "its format is none that ownwords gives out"
    ]


def test_a_partly_opened_event_is_refused(documents):
    other = copy.deepcopy(documents["opened"])
    del other["event"]["key"]
    assert [problem for problem in verifier.problems_of(other) if "'body'" in problem]


@pytest.mark.parametrize("text", ["as it is", "with a newline", "unwrapped"])
def test_a_key_is_compared_as_a_key(tmp_path, documents, text):
    public = (tmp_path / "keys" / "public.pem").read_text()
    spelt = {"as it is": public, "with a newline": public + "\n\n", "unwrapped": public.replace("\n", "\r\n")}[text]
    (tmp_path / "a.json").write_text(json.dumps({**documents["checkpoint"], "public_key": spelt}))
    assert verifier.main([str(tmp_path / "a.json"), "--key", str(tmp_path / "keys" / "public.pem")]) == 0
    assert verifier.same_key(public, spelt)
    Keys.create(tmp_path / "foreign")
    assert verifier.main([str(tmp_path / "a.json"), "--key", str(tmp_path / "foreign" / "public.pem")]) == 4
    assert not verifier.same_key("", "")


def test_a_key_of_a_kind_unknown_here_is_none(tmp_path, documents, capsys):
    lines = (tmp_path / "keys" / "public.pem").read_text().splitlines()
    raw = bytearray(base64.b64decode(lines[1]))
    raw[raw.index(b"\x2b\x65\x70") + 2] = 0x7F  # an OID that stands for nothing
    pem = "\n".join([lines[0], base64.b64encode(raw).decode(), *lines[2:], ""])
    (tmp_path / "a.json").write_text(json.dumps({**documents["checkpoint"], "public_key": pem}))
    assert verifier.main([str(tmp_path / "a.json")]) in (2, 4)
    assert "Traceback" not in capsys.readouterr().err


def test_a_pipe_is_no_document(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe.json")
    assert verifier.main([str(tmp_path / "pipe.json")]) == 2
    assert "is a pipe" in capsys.readouterr().err


def test_a_longer_or_shorter_proof_is_no_proof(documents):
    for kind, part in [("inclusion", "inclusion"), ("consistency", "consistency")]:
        path = documents[kind][part]
        assert verifier.problems_of({**documents[kind], part: path[:-1]})
        assert verifier.problems_of({**documents[kind], part: [*path, path[-1]]})


def test_an_event_that_is_not_there_has_no_proof(ledger, documents):
    with pytest.raises(NotFound):
        ledger.inclusion_document(10)


def test_a_checkpoint_of_another_workspace_shows_nothing_here(tmp_path, ledger, documents, another):
    other = Ledger.create(another("o"), Keys.create(tmp_path / "other"))
    other.append("policy", {})
    with pytest.raises(NotProven, match="not signed with this"):
        ledger.consistency_document(other.checkpoint())
    mixed = {**documents["consistency"], "new": other.checkpoint()}
    assert "the checkpoint is not signed by the same key" in verifier.problems_of(mixed)
    other.close()


def test_from_the_empty_log_on_everything_is_growth(where, ledger, keys):
    old = ledger.checkpoint()
    assert verifier.problems_of(ledger.consistency_document(old)) == []
    ledger.append("policy", {})
    assert verifier.problems_of(ledger.consistency_document(old)) == []


def test_the_verifier_loads_no_tables_and_no_database(tmp_path, documents):
    for name, document in documents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    code = """
import json, sys
from ownwords.ledger import verifier, witness
codes = [verifier.main([path]) for path in sys.argv[1:]]
heavy = sorted({name.partition(".")[0] for name in sys.modules} & {"polars", "sqlalchemy", "sqlite3", "psycopg", "deltalake", "click"})
print(json.dumps([codes, heavy]), file=sys.stderr)
"""
    files = [str(tmp_path / f"{name}.json") for name in documents]
    done = subprocess.run([sys.executable, "-c", code, *files], capture_output=True, text=True, check=True)
    assert json.loads(done.stderr) == [[0, 0, 0, 0], []]
    assert [json.loads(line)["standing"] for line in done.stdout.splitlines()] == ["self-attested"] * 4


def test_the_command_tells_what_does_not_hold(tmp_path, documents, capsys):
    file = tmp_path / "proof.json"
    file.write_text(json.dumps({**documents["inclusion"], "inclusion": []}))
    assert verifier.main([str(file)]) == 4
    assert json.loads(capsys.readouterr().out)["problems"] == ["the event is not in the log that the checkpoint signs"]
    file.write_text(json.dumps(documents["checkpoint"]))
    assert verifier.main([str(file), "--key", str(tmp_path / "keys" / "public.pem")]) == 0
    Keys.create(tmp_path / "foreign")
    assert verifier.main([str(file), "--key", str(tmp_path / "foreign" / "public.pem")]) == 4
    for text in ["", "{}", "[]", '{"format": "ownwords-inclusion/1"}', "[" * 5000]:
        file.write_text(text)
        assert verifier.main([str(file)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_an_opened_event_shows_what_was_decided(ledger):
    with_body = decision_body("train_ai", effective_at=ledger_time(ledger))
    ledger.append("consent.refuse", with_body, "x:7")
    document = ledger.inclusion_document(2, opened=True)
    assert document["event"]["body"]["purpose"] == "train_ai"
    assert verifier.problems_of(document) == []
    document["event"]["kind"] = "consent.give"
    assert verifier.problems_of(document) == ["the event does not say what its leaf commits to"]


def ledger_time(ledger):
    ledger.append("policy", {})
    return ledger.last("policy").at
