"""Odd input: dates beyond calendars, numbers beyond machines, text that is none, pipes, words left empty; all refused, none hangs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import ownwords
from ownwords.core import clock
from ownwords.core.errors import BadInput, BadPolicy, NotFound, Usage
from ownwords.faces import words
from ownwords.faces.cli import VERBS, main
from ownwords.policy.file import builtin_path, load
from ownwords.verbs._options import fill
from world import random_world, settle

HALF = "\ud800"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A workspace with a dataset."""
    made = settle(random_world(1), tmp_path_factory.mktemp("odd") / "w")
    ownwords.build(made, "dataset")
    return made


def complaint(capfd, *arguments: object) -> tuple[int, str]:
    code = main([str(word) for word in arguments])
    said = capfd.readouterr().err
    assert said.startswith("ownwords: ")
    assert "\nNext: " in said
    assert "fault of ours" not in said
    assert "Traceback" not in said
    return code, said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["consent", "withdraw", "test:7000", "train_ai", "--since", "0001-01-01T00:00:00+14:00"], "is no date"),
        (["dataset", "sample", "--n", "1" + "0" * 30], "a number that nothing can be done with"),
        (["dataset", "rows", "--limit", "-" + "9" * 40], "a number that nothing can be done with"),
        (["build", "model", "--rate", "nan"], "a number that nothing can be done with"),
        (["build", "dataset", "--near", "inf"], "a number that nothing can be done with"),
        (["build", "dataset", "--near", "1e-320"], "a number that nothing can be done with"),
        (["build", "dataset", "--seed", "x" * 5000], "of 5,000 letters"),
        (["prove", "--gone", f"test:@{HALF}"], "no text"),
        (["forget", HALF], "no text"),
        (["use", "dataset", "sample", "--seed", HALF], "no text"),
        (["use", "dataset", "rows", "--of", HALF], "no text"),
        (["ingest", "auto", f"{HALF}.jsonl"], "no text"),
        (["ingest", "auto", "a\x00b"], "no text"),
        (["ingest", "auto", ""], "is empty"),
        (["ingest", "jsonl", "{posts}", "--mapping", ""], "--mapping is empty"),
        (["build", "dataset", "--name", ""], "--name is empty"),
        (["build", "dataset", "--purpose", ""], "--purpose is empty"),
        (["prove", "--gone", ""], "--gone is empty"),
        (["permit", "show", ""], "--subject is empty"),
        (["build", "dataset", "--name", "n" * 300], "too long"),
        (["use", "a" * 400, "sample"], "of 400 letters"),
        (["prove", "a" * 5000], "5,0"),
        (["ingest", "auto", "a" * 5000], "too long"),
        (["ingest", "jsonl", "{posts}", "--mapping", "{base}"], "it is a folder"),
        (["permit", "check", "{base}/x.yaml/y.yaml"], "no"),
        (["serve", "--host", ""], "--host is no address"),
        (["serve", "--host", "a\x00b"], "--host is no address"),
        (["serve", "--port", "70000"], "does not exist"),
    ],
)
def test_odd_arguments_are_refused_as_bad_usage(capfd, root, arguments, says):
    given = [word.format(base=root.parent, posts=root.parent / "w.jsonl") for word in arguments]
    code, said = complaint(capfd, "-w", root, *given)
    assert (code, says in said) == (2, True), said


def test_a_workspace_left_empty_is_not_this_folder():
    with pytest.raises(Usage, match="workspace is empty"):
        ownwords.permit("", "show", "train_ai")
    with pytest.raises(Usage, match="workspace holds bytes that are no text"):
        ownwords.permit(Path("a\x00b"), "show", "train_ai")


def test_instants_are_written_with_four_digits_of_a_year_and_zones_do_not_lead_out_of_the_calendar():
    assert clock.to_text(clock.from_text("0001-01-01")) == "0001-01-01T00:00:00.000000Z"
    assert clock.to_text(clock.from_text("2024-05-06T07:08:09.5+02:00")) == "2024-05-06T05:08:09.500000Z"
    for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-12:00"):
        with pytest.raises(ValueError, match="years 1 to 9999"):
            clock.from_text(text)


@pytest.mark.parametrize(
    ("value", "type_"), [(10**19, int), (-(10**19), int), (float("nan"), float), (float("-inf"), float), (1e-320, float)]
)
def test_numbers_in_json_are_held_to_the_same_bounds(value, type_):
    from dataclasses import make_dataclass

    with pytest.raises(Usage, match="nothing can be done with"):
        fill(make_dataclass("Given", [("n", type_)], frozen=True), {"n": value}, "use x y")


@pytest.fixture
def policy(tmp_path):
    """Changes one line of a policy that comes along, and loads it."""
    source = builtin_path("opt-in")

    def changed(**lines: str):
        text = "".join(line for line in source.read_text().splitlines(keepends=True) if line.partition(":")[0] not in lines)
        path = tmp_path / source.name
        path.write_text("".join(f"{key}: {value}\n" for key, value in lines.items() if value) + text)
        for beside in source.parent.glob("*.md"):
            (tmp_path / beside.name).write_bytes(beside.read_bytes())
        return load(path)

    return changed


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ({"published_at": "9999-12-31", "notice_period_days": "30"}, "not a date"),
        ({"published_at": "0001-01-01T00:00:00+14:00"}, "not a date"),
        ({"id": '"\\ud800x"'}, "control character"),
        ({"id": "a" * 300}, "300 letters"),
        ({"text": "a" * 5000}, "5,000 letters"),
        ({"published_at": "2024-02-01", "effective_from": "2024-01-01"}, "nobody could have known"),
    ],
)
def test_a_policy_with_odd_values_is_refused_with_its_line(policy, lines, says):
    with pytest.raises(BadPolicy, match=r"line 1\b|line 2\b") as caught:
        policy(**lines)
    assert says in str(caught.value)


def run(root: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "ownwords", "-w", str(root), *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)


@pytest.fixture
def pipe(tmp_path):
    """Makes a pipe that nobody writes to: to read it never ends."""

    def made(name: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)
        return path

    return made


@pytest.mark.parametrize("source", ["jsonl", "reddit", "stackexchange", "x_archive", "auto"])
def test_a_pipe_is_no_file(pipe, source):
    from ownwords.core import plugins
    from ownwords.core.source import ReadOptions

    path = pipe("posts.jsonl")
    if source == "auto":
        assert [plugins.load("source", name).sniff(path) for name in plugins.names("source")] == [0.0] * len(plugins.names("source"))
        return
    with pytest.raises(BadInput, match="a pipe, socket or device"):
        list(plugins.load("source", source).read(path, ReadOptions(observed_at=clock.now(), scratch=path.parent)))


def test_pipes_and_devices_are_refused_by_every_command_that_reads_files(root, pipe):
    posts = root.parent / "w.jsonl"
    for arguments in (
        ("ingest", "auto", pipe("folder/posts.jsonl").parent),
        ("ingest", "stackexchange", pipe("dump/Posts.xml").parent),
        ("ingest", "jsonl", "/dev/zero"),
        ("ingest", "jsonl", posts, "--mapping", pipe("map.toml")),
        ("permit", "check", pipe("policy.yaml")),
        ("permit", "clauses", pipe("text.md")),
    ):
        done = run(root, *arguments)
        assert done.returncode == 2, (arguments, done.stderr)
        assert done.stderr.startswith("ownwords: ")
        assert "Traceback" not in done.stderr


def test_the_first_row_may_be_long(tmp_path):
    row = {"id": "1", "author": "2", "network": "test", "text": "word " * 100_000}
    path = tmp_path / "long.jsonl"
    path.write_text(json.dumps(row) + "\n" + json.dumps(row | {"id": "2", "text": "short"}) + "\n")
    ownwords.init(tmp_path / "w")
    assert ownwords.ingest(tmp_path / "w", "auto", (str(path),))["records"] == 2


@pytest.mark.parametrize(("values", "says"), [([[{"a": 1}]], "column 3 holds lists"), ([{"a": [1]}], "column 3 holds structs")])
def test_a_nested_column_of_parquet_is_named_as_what_is_not_read(tmp_path, values, says):
    pl.DataFrame({"id": ["1"], "text": ["a"], "mentions": values}).write_parquet(tmp_path / "a.parquet")
    ownwords.init(tmp_path / "w")
    with pytest.raises(BadInput, match=says):
        ownwords.ingest(tmp_path / "w", "jsonl", (str(tmp_path / "a.parquet"),))


def test_terms_that_are_a_sentence_are_no_terms(tmp_path):
    ownwords.init(tmp_path / "w")
    rows = [
        {"id": str(n), "text": "a", "network": "test", "terms": terms} for n, terms in enumerate(["CC-BY-SA-4.0", "do what you like", None])
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    said = ownwords.ingest(tmp_path / "w", "jsonl", (str(path),))
    assert (said["records"], said["reasons"]) == (2, {"its terms are no short name": 1})
    (tmp_path / "m.toml").write_text('[columns]\ntext = "text"\n[constants]\nterms = "all rights"\n')
    with pytest.raises(BadInput, match="line 4"):
        ownwords.ingest(tmp_path / "w", "jsonl", (str(path),), mapping=str(tmp_path / "m.toml"))


def test_a_table_without_text_tells_how_to_write_a_mapping(capfd, root, tmp_path):
    (tmp_path / "f.csv").write_text("nr,body\n1,hello\n")
    code, said = complaint(capfd, "-w", root, "ingest", "jsonl", tmp_path / "f.csv")
    assert (code, "[columns]" in said, "--mapping map.toml" in said) == (2, True, True)


def test_a_handle_that_two_accounts_bear_asks_for_the_account_id(tmp_path):
    ownwords.init(tmp_path / "w")
    rows = [{"id": str(n), "author": str(n), "handle": "twin_1", "network": "test", "text": "a"} for n in (1, 2)]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ownwords.ingest(tmp_path / "w", "jsonl", (str(path),))
    with pytest.raises(Usage, match="2 accounts bear that handle") as caught:
        ownwords.consent(tmp_path / "w", "withdraw", "test:@twin_1", "train_ai")
    assert not isinstance(caught.value, NotFound)
    assert "twin_1" not in str(caught.value)


def test_alone_it_says_what_there_is_and_how_to_begin(capfd):
    assert main([]) == 0
    out = capfd.readouterr().out
    assert all(f"\n  {name} " in out for name in VERBS)
    assert "ownwords -w DIR init" in out


def test_prove_alone_lists_what_there_is(capfd, root):
    assert (
        ownwords.prove(root)["artifacts"][0].items()
        >= {"artifact": "dataset/v1", "product": "dataset", "purpose": "train_ai", "owing": 0}.items()
    )
    assert main(["-w", str(root), "prove"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[1].split() == ["artifact", "product", "purpose", "records", "owing", "made_at"]
    assert lines[2].split()[:3] == ["dataset/v1", "dataset", "train_ai"]


def test_people_read_lines_and_tables_where_machines_read_json():
    text = words.plain(
        "build", {"artifact": "m/v1", "metrics": {"nats": 1.25, "by": {"a": 1}}, "curve": [{"step": 1, "loss": 2.0}], "none": None}
    )
    assert "{" not in text
    assert text.splitlines()[-3:] == ["curve", "  step  loss", "  1     2"]


def test_every_error_of_the_machine_about_a_path_is_the_callers(tmp_path):
    from ownwords.core.errors import from_os_error

    for error in (
        OSError(36, "too long", "x" * 900),
        OSError(40, "loop", "a"),
        NotADirectoryError(20, "no", "a"),
        IsADirectoryError(21, "no", "a"),
    ):
        told = from_os_error(error)
        assert told.exit_code == 2
        assert len(str(told)) < 300
