"""Long work over HTTP."""

import pytest

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")

import json

from fastapi.testclient import TestClient
from served_world import ALICE, assert_problem, finished

from ownwords.faces import bodies
from ownwords.faces.http_app import create_app
from ownwords.faces.jobs import work


def test_long_work_is_a_job_that_can_be_followed(client, operator, template, alice):
    body = {"source": "reddit", "paths": [str(template / "in.ndjson")]}
    answer = client.post("/v1/ingest", headers=operator, json=body)
    assert answer.status_code == 202
    job = answer.json()["job"]
    assert answer.headers["location"] == f"/v1/jobs/{job}"
    told = finished(client, operator, job)
    assert (told["state"], told["result"]["records"]) == ("done", 2)
    assert str(template) not in json.dumps(told)
    assert_problem(client.get("/v1/jobs/none", headers=operator), 404, "not-found")
    refusals = [client.get(f"/v1/jobs/{name}", headers=alice) for name in (job, "none")]
    assert_problem(refusals[0], 403, "not-permitted")
    assert refusals[0].content == refusals[1].content


def test_a_job_that_fails_tells_its_problem(client, operator, tmp_path):
    answer = client.post("/v1/ingest", headers=operator, json={"source": "reddit", "paths": [str(tmp_path / "missing.ndjson")]})
    told = finished(client, operator, answer.json()["job"])
    assert told["state"] == "failed"
    assert told["problem"]["type"] == "urn:ownwords:problem:not-found"


def test_a_person_is_forgotten_over_http_and_the_token_with_them(client, service, operator, alice, root):
    answer = client.post("/v1/forget", headers=alice, json={"person": "reddit:@alice_h"})
    assert answer.status_code == 202, answer.text
    told = finished(client, operator, answer.json()["job"])
    assert told["state"] == "done", told
    assert told["result"]["records"] == 1
    assert service.account_of(ALICE) is None
    assert_problem(client.get(f"/v1/jobs/{answer.json()['job']}", headers=alice), 401, "unauthenticated")
    service._house.desk.close()
    raw = b"".join(path.read_bytes() for path in root.glob("desk.db*"))
    assert b"t2_al" not in raw
    assert b"alice_h" not in raw


def test_a_job_of_a_killed_server_is_finished_by_the_next(service, operator, template):
    arguments = {"source": "reddit", "paths": [str(template / "in.ndjson")]}
    job = service.create_job("ingest", arguments, asked_by=None, about=None)
    service.update_job(job.job_id, state="running", pid=999_999)
    with TestClient(create_app(service)) as client:
        assert finished(client, operator, job.job_id)["state"] == "done"


def test_only_one_process_works_at_a_job(service, root, template):
    job = service.create_job("ingest", {"source": "reddit", "paths": [str(template / "in.ndjson")]}, asked_by=None, about=None)
    with service.alone(job.job_id) as is_alone:
        assert is_alone
        assert work(root, job.job_id) == 75
    assert service.job(job.job_id).state == "queued"
    assert work(root, job.job_id) == 0
    assert service.job(job.job_id).state == "done"
    assert work(root, job.job_id) == 0


def test_an_interrupted_job_waits_for_the_next_server(service, root, monkeypatch):
    def interrupted(workspace, source, paths, **given):
        raise KeyboardInterrupt

    monkeypatch.setitem(bodies.VERBS, "ingest", interrupted)
    job = service.create_job("ingest", {"source": "reddit", "paths": ["x"]}, asked_by=None, about=None)
    assert work(root, job.job_id) == 130
    assert service.job(job.job_id).state == "queued"


def test_a_job_tells_its_progress(service, root, monkeypatch):
    from ownwords.core import progress

    seen = []

    def slow(workspace, source, paths, **given):
        progress.tell("reading", 3, 9, "rows")
        seen.append(service.job(job.job_id))
        return {"paths": paths}

    monkeypatch.setitem(bodies.VERBS, "ingest", slow)
    job = service.create_job("ingest", {"source": "reddit", "paths": ["x"]}, asked_by=None, about=None)
    work(root, job.job_id)
    assert seen[0].progress == {"task": "reading", "done": 3, "total": 9, "note": "rows"}
    assert seen[0].state == "running"


def test_a_job_whose_process_is_killed_is_told_to_have_failed(client, service, operator, monkeypatch):
    monkeypatch.setattr("ownwords.faces.jobs.sys.executable", "/bin/false")
    answer = client.post("/v1/build", headers=operator, json={"product": "dataset"})
    told = finished(client, operator, answer.json()["job"])
    assert told["state"] == "failed"
    assert "ended before its work did" in told["problem"]["detail"]
