"""What forgetting finds: rows that were read and dropped, decisions on one record, names in labels; and what it tells, once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

import ownwords
from ownwords.core import clock, files
from ownwords.core.errors import Fault, NotProven, Usage
from ownwords.ledger.decisions import decision_body
from ownwords.verbs import _artifacts, _forgetting
from ownwords.verbs._house import House
from ownwords.verbs._service import Service
from ownwords.verbs._sweep import sweep
from world import World, random_world, settle

WORLD = random_world(17, n_people=4, n_posts=30)
GONE = WORLD.people[1]
THEIRS = next(row["id"] for row in WORLD.rows if row["author"] == GONE.account)


@pytest.fixture
def root(tmp_path):
    root = settle(WORLD, tmp_path / "w")
    ownwords.build(root, "dataset", form="flat")
    return root


def content(root):
    return _artifacts.find(House.open(root), "dataset").manifest.content_hash


def test_who_was_read_and_dropped_as_a_duplicate_leaves_the_counts_too(tmp_path):
    rows = [row for row in WORLD.rows if row["author"] != GONE.account]
    copy = {**rows[0], "id": "test:999999", "author": GONE.account, "handle": GONE.handle, "created_at": "2025-01-01T00:00:00Z"}
    world = World([*rows, copy], WORLD.people)
    had, never = settle(world, tmp_path / "had"), settle(world.without(GONE), tmp_path / "never")
    for root in (had, never):
        ownwords.build(root, "dataset", form="flat")
    before = _artifacts.find(House.open(had), "dataset")
    assert set(_artifacts.inputs(before)) > set(_artifacts.origins(before))
    assert content(had) != content(never)
    ownwords.forget(had, GONE.account)
    assert content(had) == content(never)


def test_a_record_is_denied_from_the_moment_it_is_to_be_forgotten(root):
    house = House.open(root)
    numbers = house.record(THEIRS).select("record_no").collect()["record_no"]
    assert _artifacts.allowed_now(house, numbers, "train_ai").all()
    job = _forgetting.silence(house, _forgetting.request(house, "", THEIRS))
    assert not _artifacts.allowed_now(house, numbers, "train_ai").any()
    ownwords.permit(root, "show", "train_ai")  # whatever starts next erases it
    assert house.desk.job(job.job_id).state == "done"
    assert sweep(root, [THEIRS])[1] == {}


def test_decisions_on_a_forgotten_record_are_blanked_and_no_others(root):
    other = next(row["id"] for row in WORLD.rows if row["author"] == GONE.account and row["id"] != THEIRS)
    for record in (THEIRS, other):
        ownwords.consent(root, "refuse", GONE.account, "analyse_brand", record=record)
    ownwords.forget(root, record=THEIRS)
    assert sweep(root, [THEIRS])[1] == {}
    house = House.open(root)
    assert house.ledger.decisions(accounts=[GONE.account])["record_id"].drop_nulls().to_list() == [other]
    assert house.ledger.audit() == []


def test_a_forgotten_record_leaves_the_desk_while_its_server_lives(root):
    pytest.importorskip("fastapi", reason="the extra `serve` is not installed")
    from ownwords.faces.jobs import work

    service = Service(root)
    job = service.create_job("forget", {"record": THEIRS}, asked_by=None, about=GONE.account)
    assert work(root, job.job_id) == 0
    assert service.job(job.job_id).state == "done"
    assert sweep(root, [THEIRS])[1] == {}


def test_tokens_that_name_the_forgotten_go(root):
    house = House.open(root)
    labels = [f"{GONE.handle}'s phone", "for test:@" + GONE.handle.upper(), f"{GONE.handle}0's phone", "a phone"]
    secrets = [house.desk.create_token("operator", label=label) for label in labels]
    licensee = house.desk.create_token("licensee", GONE.handle)
    ownwords.forget(root, GONE.account)
    assert [house.desk.principal(secret) is not None for secret in (*secrets, licensee)] == [False, False, True, True, False]


def test_labels_and_artifacts_are_not_named_after_people(root):
    service = Service(root)
    for label in (f"phone of {GONE.handle}", f"@{GONE.handle}", GONE.account, GONE.handle.upper()):
        with pytest.raises(Usage, match="names somebody") as error:
            service.create_token("operator", label=label)
        assert GONE.handle not in str(error.value)
    with pytest.raises(Usage, match="names somebody"):
        ownwords.build(root, "dataset", name=GONE.handle)
    with pytest.raises(Usage, match="names somebody"):
        ownwords.build(root, "dataset", name=f"posts-{GONE.handle}")
    service.create_token("operator", label="phone")
    service.create_token("licensee", f"test:@{GONE.handle}")
    assert [token["account"] for token in service.tokens() if token["role"] == "licensee"] == [GONE.account]
    assert ownwords.build(root, "dataset", name=f"{GONE.handle}0", form="flat")["artifact"] == f"{GONE.handle}0/v1"


def test_a_receipt_is_told_once_however_often_it_is_written(root, monkeypatch):
    def stop(point: str) -> None:
        if point.startswith("fsync:.") and ".json." in point:
            raise KeyboardInterrupt

    monkeypatch.setattr(files, "_hook", stop)
    with pytest.raises(KeyboardInterrupt):
        ownwords.forget(root, GONE.account)
    monkeypatch.undo()
    house = House.open(root, finish=True)
    assert len(list(house.ledger.events("forgotten"))) == 1
    (receipt,) = (root / "receipts").glob("*.json")
    assert ownwords.prove(root, str(receipt))["proven"]


def test_a_build_that_writes_on_does_not_disturb_the_emptying_of_its_folder(root):
    house = House.open(root)
    begun, is_done = threading.Event(), threading.Event()

    def write() -> None:
        place = root / "tmp" / "build-model" / "files"
        n = 0
        while not is_done.is_set():
            try:
                place.mkdir(parents=True, exist_ok=True)
                for _ in range(50):
                    n += 1
                    (place / f"part-{n}").write_text("words")
                    begun.set()
            except OSError:
                continue

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait()
    try:
        for _ in range(50):
            _forgetting._remove_unfinished_builds(house)
    finally:
        is_done.set()
        writer.join()
    assert not (root / "tmp" / "build-model.gone").exists()


def test_prove_sees_an_artifact_that_reads_what_is_held_no_more(root, monkeypatch):
    monkeypatch.setattr(_forgetting, "_retire", lambda *_: None)
    ownwords.forget(root, GONE.account)
    monkeypatch.undo()
    with pytest.raises(NotProven, match="dataset/v1"):
        ownwords.prove(root, gone=GONE.account)
    ownwords.forget(root, WORLD.people[2].account)
    assert ownwords.prove(root, gone=GONE.account)["gone"]


def test_prove_sees_a_forgetting_that_is_not_through(root, monkeypatch):
    def refuse(*_):
        raise Fault("the disk made a noise", "listen")

    monkeypatch.setattr(_forgetting, "_remove_unfinished_builds", refuse)
    with pytest.raises(Fault):
        ownwords.forget(root, GONE.account)
    with pytest.raises(NotProven, match="not through"):
        ownwords.prove(root, gone=GONE.account)


def test_a_permission_that_ends_by_time_alone_is_noticed(root):
    now = clock.now()
    later = decision_body("train_ai", effective_at=now + timedelta(hours=30))
    House.open(root).ledger.append("consent.refuse", later, account=GONE.account)
    for _ in range(2):
        assert ownwords.prove(root, "dataset")["owing"] == 0
    with clock.at(now + timedelta(hours=31)):
        assert ownwords.prove(root, "dataset")["owing"] > 0


def test_a_page_is_decided_on_the_facts_of_its_authors_alone(root, monkeypatch):
    from ownwords.policy import gate

    seen = []
    decide = gate.decide
    monkeypatch.setattr(gate, "decide", lambda rows, facts, question: seen.append(facts) or decide(rows, facts, question))
    house = House.open(root)
    numbers = house.store().numbers_of([GONE.account])
    whole = house.decided(house.store().by_numbers(numbers), "train_ai").collect().sort("record_no")
    few = house.decided_few(numbers, "train_ai").collect().sort("record_no")
    assert few.equals(whole)
    assert [facts.accounts.height for facts in seen] == [len(WORLD.people), 1]
    assert set(seen[1].decisions["account_id"]) == {GONE.account}
