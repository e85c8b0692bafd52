from datetime import UTC, datetime

import pytest

from ownwords.core import clock, sql
from ownwords.core.errors import Fault, NotFound, Usage
from ownwords.core.principal import Principal
from ownwords.desk import Desk
from ownwords.desk.tables import METADATA, OWNERS


@pytest.fixture
def desk(tmp_path):
    return Desk.open(tmp_path)


def bytes_of(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.glob("desk.db*")))


def test_every_table_says_who_owns_its_rows():
    assert set(OWNERS) == set(METADATA.tables)
    for name, owned in OWNERS.items():
        columns = METADATA.tables[name].columns
        assert owned.columns
        assert set(owned.columns) | set(owned.blanks) <= set(columns.keys())
        assert all(columns[blank].nullable for blank in owned.blanks)
        assert not owned.blanks or set(owned.columns) <= set(owned.blanks)


def test_a_secret_opens_for_its_principal_and_is_kept_nowhere(tmp_path, desk):
    secret = desk.create_token("person", "x:1", "phone")
    assert desk.principal(secret) == Principal("person", "x:1")
    assert desk.principal(secret + "x") is None
    assert desk.principal("") is None
    assert secret.encode() not in bytes_of(tmp_path)


def test_a_revoked_token_opens_nothing(desk):
    with clock.at(datetime(2026, 1, 1, tzinfo=UTC)):
        kept, ended = desk.create_token("operator", label="kept"), desk.create_token("operator", label="ended")
    token_id = next(token.token_id for token in desk.tokens() if token.label == "ended")
    desk.revoke(token_id)
    assert desk.principal(ended) is None
    assert desk.principal(kept) == Principal("operator")
    assert [token.revoked_at is None for token in sorted(desk.tokens(), key=lambda token: token.label)] == [False, True]
    with pytest.raises(NotFound):
        desk.revoke(token_id)


def test_wrong_roles_are_refused(desk):
    with pytest.raises(Usage):
        desk.create_token("king")
    with pytest.raises(Usage):
        desk.create_token("person")
    assert desk.tokens() == []


def test_a_job_goes_from_queued_to_done(desk):
    job = desk.create_job("build", {"product": "dataset"}, asked_by="x:1")
    assert (job.state, job.arguments, job.progress) == ("queued", {"product": "dataset"}, None)
    job = desk.update_job(job.job_id, state="running", pid=7)
    job = desk.update_job(job.job_id, progress={"done": 1})
    assert (job.state, job.pid, job.progress, job.arguments) == ("running", 7, {"done": 1}, {"product": "dataset"})
    job = desk.update_job(job.job_id, state="done", result={"artifact": "a/v1"})
    assert (job.state, job.pid, job.result, job.arguments) == ("done", None, {"artifact": "a/v1"}, None)
    with pytest.raises(Fault, match="finished"):
        desk.update_job(job.job_id, state="running")
    assert desk.job(job.job_id) == job


def test_jobs_are_listed_by_state_oldest_first(desk):
    jobs = []
    for second in range(3):
        with clock.at(datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC)):
            jobs.append(desk.create_job("build", {}))
    desk.update_job(jobs[1].job_id, state="failed", problem={"title": "no"})
    assert [job.job_id for job in desk.jobs()] == [job.job_id for job in jobs]
    assert [job.job_id for job in desk.jobs("queued")] == [jobs[0].job_id, jobs[2].job_id]
    assert desk.jobs("failed")[0].problem == {"title": "no"}


def test_unknown_jobs_and_states_are_told(desk):
    with pytest.raises(NotFound):
        desk.job("none")
    with pytest.raises(NotFound):
        desk.update_job("none", state="done")
    with pytest.raises(Fault):
        desk.update_job(desk.create_job("build", {}).job_id, state="asleep")


def test_forgetting_takes_a_persons_rows_and_bytes_and_no_one_elses(tmp_path, desk):
    theirs = desk.create_token("person", "x:44196397")
    others = desk.create_token("person", "x:2")
    about = desk.create_job("forget", {"person": "x:@manatee-archipelago"}, about="x:44196397")
    asked = desk.create_job("build", {"note": "manatee-archipelago"}, asked_by="x:44196397")
    kept = desk.create_job("build", {"product": "dataset"}, asked_by="x:2")
    assert b"x:44196397" in bytes_of(tmp_path)
    assert b"manatee-archipelago" in bytes_of(tmp_path)
    assert desk.forget(["x:44196397"]) == 3
    assert desk.principal(theirs) is None
    assert desk.principal(others) == Principal("person", "x:2")
    for job in (desk.job(about.job_id), desk.job(asked.job_id)):
        assert (job.state, job.arguments, job.about, job.asked_by) == ("queued", None, None, None)
    assert desk.job(kept.job_id) == kept
    assert not any(word in bytes_of(tmp_path) for word in (b"x:44196397", b"manatee-archipelago"))
    assert desk.forget(["x:44196397"]) == 0


@pytest.mark.parametrize(
    "named", ["no product 'sea_otter_9'", "x:44196397 is unknown here", "/home/sea_otter_9/x.toml", "record x:77 is not held"]
)
def test_forgetting_takes_what_a_finished_job_says_of_a_person(tmp_path, desk, named):
    """Its arguments are gone by then, so only its words tell whose it is."""
    failed, done = desk.create_job("build", {}), desk.create_job("consent", {})
    desk.update_job(failed.job_id, state="failed", problem={"title": "Not found", "detail": named})
    desk.update_job(done.job_id, state="done", result={"said": named})
    other = desk.create_job("build", {})
    desk.update_job(other.job_id, state="failed", problem={"detail": "no product 'boat_otter_9'"})
    assert desk.forget(["x:44196397"], handles=["sea_otter_9"], records=["x:77"]) == 2
    assert (desk.job(failed.job_id).problem, desk.job(done.job_id).result) == (None, None)
    assert (desk.job(failed.job_id).state, desk.job(done.job_id).state) == ("failed", "done")
    assert desk.job(other.job_id).problem is not None
    assert named.encode() not in bytes_of(tmp_path)


def test_a_job_about_a_handle_is_found_by_the_handle(tmp_path, desk):
    """Whoever asks may write a handle where an account id belongs."""
    job = desk.create_job("ingest", {}, about="otto")
    desk.update_job(job.job_id, state="failed", problem={"detail": "no archive"})
    assert desk.forget(["x:44196397"], handles=["Otto"]) == 1
    assert desk.job(job.job_id).about is None
    assert b"otto" not in bytes_of(tmp_path)


def test_a_job_that_forgets_its_own_person_can_still_be_finished(desk):
    job = desk.create_job("forget", {"person": "x:1"}, about="x:1")
    desk.update_job(job.job_id, state="running", pid=1)
    desk.forget(["x:1"])
    assert desk.update_job(job.job_id, state="done", result={"receipt": "r"}).result == {"receipt": "r"}


def test_many_people_are_forgotten_at_once(desk, monkeypatch):
    monkeypatch.setattr(sql, "MAX_BOUND", 3)
    for n in range(8):
        desk.create_token("person", f"x:{n}")
    assert desk.forget([f"x:{n}" for n in range(7)]) == 7
    assert [token.account for token in desk.tokens()] == ["x:7"]
