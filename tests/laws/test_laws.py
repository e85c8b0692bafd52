"""The four laws, over random small networks; each is checked to fail when a gate rule is taken out."""

from __future__ import annotations

import random
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ownwords
from ownwords.core.errors import NotFound, NotPermitted, NotProven, Usage
from ownwords.policy import gate
from ownwords.verbs._house import House
from ownwords.verbs._sweep import sweep
from world import World, random_world, settle

FEW = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), database=None)
TINY_MODEL = {"steps": 3, "width": 32, "layers": 1, "vocab": 300, "context": 32, "batch": 2, "threads": 1}


@contextmanager
def somewhere():
    folder = Path(tempfile.mkdtemp(prefix="ownwords-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def content(root: Path, artifact: str) -> str:
    house = House.open(root)
    from ownwords.verbs._artifacts import find

    return find(house, artifact).manifest.content_hash


# --- law 1: an empty dataset is legal everywhere ------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["flat", "conversations"])
def test_law_1_steps_and_products_take_nothing(tmp_path, form):
    """The verb refuses when nothing is allowed; what comes after the gate must bear it all the same."""
    from ownwords.core import clock, plugins
    from ownwords.core.permit import Question
    from ownwords.core.product import Opened
    from ownwords.policy.gate import admit

    root = tmp_path / "w"
    ownwords.init(root)
    house = House.open(root)
    dataset = admit(house.store().scan(), house.facts(), Question("train_ai", clock.now()))
    declared = plugins.load("product", "dataset")
    out = tmp_path / "out"
    out.mkdir()
    built = plugins.load_part("product", "dataset", "make").build({"rows": Opened(dataset)}, out, declared.OPTIONS(form=form), None)
    assert len(built.origins) == 0
    assert pl.read_parquet(out / "train.parquet").height == 0


def test_law_1_an_empty_workspace_answers_every_verb(tmp_path):
    root = tmp_path / "w"
    ownwords.init(root)
    assert ownwords.permit(root, "show", "train_ai")["rows"] == 0
    with pytest.raises(Usage, match="no records"):
        ownwords.build(root, "dataset")
    with pytest.raises(NotFound):
        ownwords.forget(root, "test:1")


# --- law 2: forgotten = never had ---------------------------------------------------------------------------------------------


def check_law_2(seed: int) -> None:
    world = random_world(seed)
    person = random.Random(seed).choice(sorted({row["author"] for row in world.rows}))
    gone = next(one for one in world.people if one.account == person)
    with somewhere() as folder:
        root, never = settle(world, folder / "had"), settle(world.without(gone), folder / "never")
        for form in ("flat", "conversations"):
            ownwords.build(root, "dataset", form=form, name=form)
        receipt = ownwords.forget(root, gone.account)
        for form in ("flat", "conversations"):
            try:
                ownwords.build(never, "dataset", form=form, name=form)
            except (NotPermitted, Usage):
                assert "not built again" in receipt["rebuilt"][form]
                continue
            assert content(root, form) == content(never, form)


@FEW
@given(st.integers(0, 10_000))
def test_law_2_a_dataset_after_forgetting_equals_one_that_never_had_them(seed):
    check_law_2(seed)


def test_law_2_a_model_after_forgetting_equals_one_that_never_saw_them(tmp_path):
    pytest.importorskip("torch", reason="the extra 'train' is not installed")
    world = random_world(3, n_people=6, n_posts=60)
    gone = world.people[2]
    root, never = settle(world, tmp_path / "had"), settle(world.without(gone), tmp_path / "never")
    for place in (root, never):
        ownwords.build(place, "dataset")
        ownwords.build(place, "model", **TINY_MODEL)
    assert content(root, "model") != content(never, "model")
    ownwords.forget(root, gone.account)
    assert content(root, "dataset") == content(never, "dataset")
    assert content(root, "model") == content(never, "model")


def test_law_2_an_old_export_does_not_bring_anybody_back(tmp_path):
    world = random_world(11)
    gone = world.people[1]
    root, never = settle(world, tmp_path / "had"), settle(world.without(gone), tmp_path / "never")
    ownwords.build(root, "dataset")
    ownwords.build(never, "dataset")
    ownwords.forget(root, gone.account)
    said = ownwords.ingest(root, "jsonl", (str(tmp_path / "had.jsonl"),))
    n_theirs = sum(row["author"] == gone.account for row in world.rows)
    assert said["reasons"] == {"forgotten": n_theirs}
    assert (said["new"], said["changed"]) == (0, 0)
    ownwords.build(root, "dataset")
    assert content(root, "dataset") == content(never, "dataset")
    assert sweep(root, [gone.account, gone.handle])[1] == {}


# --- law 3: withdrawal --------------------------------------------------------------------------------------------------------


def check_law_3(seed: int) -> None:
    world = random_world(seed)
    with somewhere() as folder:
        root = settle(world, folder / "w")
        ownwords.build(root, "dataset", form="flat")
        before = [row for row in ownwords.use(root, "dataset", "rows") if "record_ids" in row]
        authors = {row["id"]: row["author"] for row in world.rows}
        said_something = sorted({authors[row["record_ids"][0]] for row in before})
        who = random.Random(seed).choice(said_something)
        ownwords.consent(root, "withdraw", who, "train_ai")
        after = [row for row in ownwords.use(root, "dataset", "rows") if "record_ids" in row]
        assert {authors[name] for row in after for name in row["record_ids"]} == {*said_something} - {who}
        assert ownwords.prove(root, "dataset")["owing"] > 0


@FEW
@given(st.integers(0, 10_000))
def test_law_3_what_serves_rows_stops_at_once(seed):
    check_law_3(seed)


def test_law_3_what_aggregates_is_owed_and_refused(tmp_path):
    pytest.importorskip("torch", reason="the extra 'train' is not installed")
    world = random_world(5)
    root = settle(world, tmp_path / "w")
    ownwords.build(root, "dataset")
    ownwords.build(root, "model", **TINY_MODEL)
    assert list(ownwords.use(root, "model", "generate", prompt="river"))
    ownwords.consent(root, "withdraw", world.people[0].account, "train_ai")
    with pytest.raises(NotPermitted, match="no longer permitted"):
        ownwords.use(root, "model", "generate", prompt="river")
    ownwords.build(root, "dataset")
    ownwords.build(root, "model", **TINY_MODEL)
    assert list(ownwords.use(root, "model", "generate", prompt="river"))


# --- law 4: after erasure no byte is left -------------------------------------------------------------------------------------


def runs_of_eight(texts: list[str], others: list[str]) -> list[str]:
    """Runs of eight words in `texts` that none of `others` has."""
    held = "\n".join(others)
    runs = {" ".join(words[k : k + 8]) for text in texts for words in [text.split()] for k in range(len(words) - 7)}
    return sorted(run for run in runs if run not in held)


def check_law_4(world: World, root: Path, who: int) -> None:
    gone = world.people[who]
    theirs = [row for row in world.rows if row["author"] == gone.account]
    others = [row["text"] for row in world.rows if row["author"] != gone.account]
    tokens = [gone.account, gone.handle, f"@{gone.handle}", *(row["id"] for row in theirs), f"{gone.handle}@mail.example"]
    runs = runs_of_eight([row["text"] for row in theirs], others)
    found = sweep(root, tokens, runs)[1]
    assert any(".parquet" in name for name in found), "the sweep must see them before"
    ownwords.forget(root, gone.account)
    assert sweep(root, tokens, runs)[1] == {}
    assert ownwords.prove(root, gone=gone.account)["gone"] is True


@FEW
@given(st.integers(0, 10_000))
def test_law_4_no_trace_stays(seed):
    world = random_world(seed)
    with somewhere() as folder:
        root = settle(world, folder / "w")
        try:
            ownwords.build(root, "dataset")
        except NotPermitted:
            return
        authors = sorted({row["author"] for row in world.rows})
        who = next(n for n, one in enumerate(world.people) if one.account == authors[seed % len(authors)])
        check_law_4(world, root, who)


LATER = [
    "{h} said so",
    "hey @{h}さん",
    "_@{h}_ and u/{h}",
    "https://host.example/{h}/status/{post} and test.example/{h}",
    "ask test:@{h} or {account}",
    "see {record}",
]


@FEW
@given(st.integers(0, 10_000))
def test_law_4_holds_for_what_others_write_of_them_later(seed):
    """Only keyed hashes are left by then; what comes in is masked as what was held."""
    world = random_world(seed)
    theirs = next(row for row in world.rows)
    gone = next(one for one in world.people if one.account == theirs["author"])
    others = [row for row in world.rows if row["author"] != gone.account]
    said = {"h": gone.handle, "account": gone.account, "record": theirs["id"], "post": theirs["id"].partition(":")[2]}
    late = [
        others[0]
        | {"id": f"test:{990000 + n}", "text": f"{text.format(**said)} and more", "media": f"https://host.example/{gone.handle}/a.png"}
        for n, text in enumerate(LATER)
    ]
    with somewhere() as folder:
        root = settle(world, folder / "w")
        ownwords.forget(root, gone.account)
        came = World([*world.rows, *late], world.people).write(folder / "late.jsonl")
        assert ownwords.ingest(root, "jsonl", (str(came),))["new"] == len(late)
        came.unlink()
        tokens = [gone.account, gone.handle, *(row["id"] for row in world.rows if row["author"] == gone.account)]
        assert sweep(root, tokens)[1] == {}
        assert ownwords.prove(root, gone=f"test:@{gone.handle}")["gone"] is True


def test_law_4_holds_for_weights_tokenizer_and_card(tmp_path):
    pytest.importorskip("torch", reason="the extra 'train' is not installed")
    world = random_world(8)
    root = settle(world, tmp_path / "w")
    ownwords.build(root, "dataset", form="flat")
    ownwords.build(root, "model", **TINY_MODEL)
    check_law_4(world, root, 0)


def test_law_4_keeps_prefix_ids_apart(tmp_path):
    world = random_world(2)
    longer = replace(world.people[0], number=world.people[0].number)
    world.rows.append(
        world.rows[0]
        | {"id": "test:9000000", "author": longer.account + "0", "handle": longer.handle + "0", "text": "quite another person"}
    )
    root = settle(world, tmp_path / "w")
    ownwords.forget(root, world.people[0].account)
    assert sweep(root, [longer.account + "0"])[1] != {}
    with pytest.raises(NotProven, match="traces"):
        ownwords.prove(root, gone=longer.account + "0")


# --- the laws notice when the gate is broken ----------------------------------------------------------------------------------


def _broken(monkeypatch, number: int, kind: str) -> None:
    """Take one rule's expression out of the gate."""
    constant = pl.lit(False) if kind == "prohibition" else pl.lit(True)
    mutated = tuple(replace(rule, applies=lambda asked: constant) if rule.number == number else rule for rule in gate.rules())
    monkeypatch.setattr(gate, "rules", lambda: mutated)


def test_law_3_fails_when_withdrawals_are_ignored(monkeypatch):
    _broken(monkeypatch, 8, "prohibition")
    _broken(monkeypatch, 9, "basis")
    with pytest.raises(AssertionError):
        check_law_3(4)


def test_law_2_fails_when_what_stands_for_the_forgotten_is_an_ordinary_word(monkeypatch):
    monkeypatch.setattr("ownwords.store.redact.MENTION", "somebody")
    with pytest.raises(AssertionError):
        for seed in range(6):
            check_law_2(seed)


def test_law_4_fails_when_the_old_files_stay(monkeypatch):
    from ownwords.store.table import Table

    monkeypatch.setattr(Table, "clean", lambda self: None)
    world = random_world(6)
    with somewhere() as folder, pytest.raises(AssertionError):
        root = settle(world, folder / "w")
        ownwords.build(root, "dataset")
        check_law_4(world, root, 1)
