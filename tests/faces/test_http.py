"""The HTTP face: one principal a request, one body for every problem, the same verbs."""

import inspect
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")

import httpx
from fastapi.testclient import TestClient

from ownwords import verbs
from ownwords.core.errors import BadWorkspace, Fault, NotPermitted, Usage
from ownwords.faces import bodies, http
from ownwords.faces.http_app import create_app
from ownwords.faces.jobs import work
from ownwords.verbs._service import Service

WORDS = "a heron stood in the shallow pond all morning long"
ROWS = [
    {"id": "a1", "author": "alice_h", "author_fullname": "t2_al", "body": WORDS},
    {"id": "a2", "author": "bob_g", "author_fullname": "t2_bo", "body": "nobody saw it leave before the evening came"},
]
ALICE, BOB = "reddit:t2_al", "reddit:t2_bo"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A workspace of two people with one record each."""
    folder = tmp_path_factory.mktemp("served")
    extra = {"subreddit": "birds", "created_utc": 1600000000, "link_id": "t3_p", "parent_id": "t3_p"}
    (folder / "in.ndjson").write_text("".join(json.dumps({**row, **extra}) + "\n" for row in ROWS))
    verbs.init(folder / "w")
    verbs.ingest(folder / "w", "reddit", (str(folder / "in.ndjson"),))
    return folder


@pytest.fixture
def root(template, tmp_path):
    import shutil

    shutil.copytree(template / "w", tmp_path / "w")
    return tmp_path / "w"


@pytest.fixture
def service(root):
    return Service(root)


@pytest.fixture
def client(service):
    with TestClient(create_app(service), raise_server_exceptions=True) as client:
        yield client


@pytest.fixture
def operator(service):
    return {"Authorization": f"Bearer {service.create_token('operator')}"}


@pytest.fixture
def alice(service):
    return {"Authorization": f"Bearer {service.create_token('person', 'reddit:@alice_h')}"}


def assert_problem(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"] == f"urn:ownwords:problem:{code}"
    assert {"type", "title", "status", "detail"} <= set(body) <= {"type", "title", "status", "detail", "next", "rule"}
    assert "Traceback" not in answer.text
    return body


def record_of(service, account):
    return service._house.store().of_accounts([account]).select("record_id").collect().item()


def finished(client, headers, job, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        told = client.get(f"/v1/jobs/{job}", headers=headers).json()
        if told["state"] in {"done", "failed"}:
            return told
        time.sleep(0.1)
    raise AssertionError(f"job is still {told['state']}")


# --- one signature -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", bodies.VERBS)
def test_the_body_of_a_verb_is_its_python_signature(name):
    parameters = list(inspect.signature(getattr(verbs, name)).parameters.values())[1:]
    named = [p for p in parameters if p.kind is not p.VAR_KEYWORD]
    model = bodies.model_of(name)
    assert list(model.model_fields) == [p.name for p in named]
    for p in named:
        field = model.model_fields[p.name]
        assert field.is_required() == (p.default is p.empty)
        assert field.is_required() or field.default == p.default
        assert field.description
    assert (model.model_config["extra"] == "allow") == (len(named) < len(parameters))


def test_every_verb_but_init_is_served(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert {path.removeprefix("/v1/") for path in paths if path.removeprefix("/v1/") in verbs.__all__} == set(verbs.__all__) - {"init"}


# --- who may come in ---------------------------------------------------------------------------------------------------------


def test_health_is_told_to_anyone_and_nothing_else_is(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    for method, path in [("POST", "/v1/permit"), ("GET", "/v1/jobs/x"), ("GET", "/v1/tokens"), ("GET", "/nothing"), ("POST", "/healthz/")]:
        answer = client.request(method, path)
        assert_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer ow_wrong", "Basic b3A6b3A=", "Bearer \xff"])
def test_a_wrong_token_opens_nothing(client, header):
    headers = {"Authorization": header.encode("latin-1")}
    assert_problem(client.post("/v1/permit", headers=headers, json={"question": "show", "subject": "train_ai"}), 401, "unauthenticated")


def test_two_tokens_at_once_open_nothing(client, operator, alice):
    headers = [("Authorization", operator["Authorization"]), ("Authorization", alice["Authorization"])]
    assert_problem(client.get("/v1/tokens", headers=headers), 401, "unauthenticated")


def test_an_operator_makes_lists_and_ends_tokens(client, operator):
    made = client.post("/v1/tokens", headers=operator, json={"role": "person", "person": "reddit:@alice_h", "label": "phone"})
    assert made.status_code == 201
    secret = made.json()["token"]
    theirs = {"Authorization": f"Bearer {secret}"}
    listed = client.get("/v1/tokens", headers=operator)
    assert secret not in listed.text
    token = next(token for token in listed.json()["tokens"] if token["label"] == "phone")
    assert (token["role"], token["account"]) == ("person", ALICE)
    assert_problem(client.get("/v1/tokens", headers=theirs), 403, "not-permitted")
    assert client.delete(f"/v1/tokens/{token['token_id']}", headers=operator).status_code == 204
    assert_problem(client.get("/v1/tokens", headers=theirs), 401, "unauthenticated")
    assert_problem(client.delete(f"/v1/tokens/{token['token_id']}", headers=operator), 404, "not-found")


@pytest.mark.parametrize(
    ("body", "status"), [({"role": "king"}, 400), ({"role": "person"}, 400), ({"role": "person", "person": "x:9"}, 404)]
)
def test_a_token_for_nobody_is_refused(client, operator, body, status):
    assert client.post("/v1/tokens", headers=operator, json=body).status_code == status


# --- what each may do --------------------------------------------------------------------------------------------------------


def test_an_operator_asks_the_gate(client, operator):
    answer = client.post("/v1/permit", headers=operator, json={"question": "show", "subject": "train_ai"})
    assert answer.status_code == 200
    assert (answer.json()["rows"], answer.json()["allowed"]) == (2, 0)


def test_a_person_decides_on_the_own_account(client, service, alice):
    for person in (ALICE, "reddit:@alice_h"):
        answer = client.post("/v1/consent", headers=alice, json={"action": "refuse", "person": person, "what": "train_ai"})
        assert answer.status_code == 200, answer.text
    assert service._house.ledger.decisions()["account_id"].to_list() == [ALICE, ALICE]


def test_a_person_asks_why_for_own_records_alone(client, service, alice):
    own, other = record_of(service, ALICE), record_of(service, BOB)
    answer = client.post("/v1/permit", headers=alice, json={"question": "why", "subject": own})
    assert answer.status_code == 200
    assert answer.json()["allowed"] is False
    refusals = [client.post("/v1/permit", headers=alice, json={"question": "why", "subject": record}) for record in (other, "reddit:none")]
    for refusal in refusals:
        assert_problem(refusal, 403, "not-permitted")
    assert refusals[0].content == refusals[1].content


@pytest.mark.parametrize("verb", ["consent", "forget"])
def test_that_somebody_is_held_here_is_not_told_to_others(client, alice, verb):
    def ask(person):
        body = {"person": person} | ({"action": "give", "what": "train_ai"} if verb == "consent" else {})
        return client.post(f"/v1/{verb}", headers=alice, json=body)

    answers = [ask(person) for person in (BOB, "reddit:@bob_g", "reddit:t2_nobody", "reddit:@nobody", "")]
    for answer in answers:
        assert_problem(answer, 403, "not-permitted")
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("consent", {"action": "give", "person": ALICE, "what": "train_ai", "by": "guardian"}),
        ("consent", {"action": "state", "person": ALICE, "what": "active"}),
        ("permit", {"question": "show", "subject": "train_ai"}),
        ("permit", {"question": "adopt", "subject": "opt-in"}),
        ("ingest", {"source": "auto", "paths": ["/etc/passwd"]}),
        ("build", {"product": "model"}),
        ("use", {"artifact": "model", "request": "generate", "prompt": "x"}),
        ("prove", {"subject": "model"}),
        ("forget", {"record": "reddit:none"}),
    ],
)
def test_a_person_may_do_nothing_for_others_or_for_the_house(client, alice, service, verb, body):
    assert_problem(client.post(f"/v1/{verb}", headers=alice, json=body), 403, "not-permitted")
    assert service.unfinished_jobs() == []


def test_a_licensee_may_nothing_yet(client, service):
    licensee = {"Authorization": f"Bearer {service.create_token('licensee', 'firm:1')}"}
    body = {"artifact": "model", "request": "generate"}
    assert_problem(client.post("/v1/use", headers=licensee, json=body), 403, "not-permitted")


# --- problems ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "question: Field required"),
        ({"question": "show", "subject": "train_ai", "secretword": 1}, "secretword: Extra inputs are not permitted"),
        ({"question": "show", "subject": ["manatee"]}, "subject: Input should be a valid string"),
        ([], "the body"),
    ],
)
def test_a_body_that_does_not_fit_is_told_where_without_its_values(client, operator, body, said):
    problem = assert_problem(client.post("/v1/permit", headers=operator, json=body), 422, "bad-input")
    assert said in problem["detail"]
    assert "manatee" not in json.dumps(problem)


def test_a_body_that_is_no_json_is_told(client, operator):
    answer = client.post("/v1/permit", headers=operator, content=b'{"question": manatee', extensions={})
    assert "manatee" not in assert_problem(answer, 422, "bad-input")["detail"]


def test_a_body_that_is_too_large_is_refused(client, operator):
    answer = client.post("/v1/permit", headers=operator, content=b"x" * ((1 << 20) + 1))
    assert_problem(answer, 413, "too-large")


def test_unknown_paths_and_methods_are_told(client, operator):
    assert_problem(client.post("/v1/sing", headers=operator, json={}), 404, "not-found")
    assert_problem(client.get("/v1/permit", headers=operator), 405, "usage")


def test_an_error_of_the_core_tree_becomes_its_problem(client, operator):
    problem = assert_problem(
        client.post("/v1/permit", headers=operator, json={"question": "show", "subject": "train_iq"}), 404, "not-found"
    )
    assert "train_ai" in problem["detail"]


def test_the_rule_that_said_no_is_named(client, operator):
    body = {"action": "give", "person": ALICE, "what": "train_ai", "by": "legacy_contact"}
    assert assert_problem(client.post("/v1/consent", headers=operator, json=body), 403, "not-permitted")["rule"] == 3


def test_a_fault_of_ours_tells_neither_words_nor_traceback(client, operator, monkeypatch, capfd):
    def broken(workspace, question, subject, other=""):
        raise RuntimeError(WORDS)

    monkeypatch.setitem(bodies.VERBS, "permit", broken)
    answer = client.post("/v1/permit", headers=operator, json={"question": "show", "subject": "train_ai"})
    assert WORDS not in json.dumps(assert_problem(answer, 500, "fault"))
    logged = capfd.readouterr().err
    assert WORDS not in logged
    assert "RuntimeError" in logged


def test_the_servers_paths_are_told_to_operators_alone(client, operator, alice, monkeypatch):
    def broken(workspace, **given):
        raise Fault("/srv/secret-place: it is damaged", "restore it")

    monkeypatch.setitem(bodies.VERBS, "consent", broken)
    body = {"action": "refuse", "person": ALICE, "what": "train_ai"}
    assert "secret-place" in client.post("/v1/consent", headers=operator, json=body).text
    assert "secret-place" not in json.dumps(assert_problem(client.post("/v1/consent", headers=alice, json=body), 500, "fault"))


def test_every_call_leaves_one_line_without_names(client, alice, capfd):
    client.post("/v1/consent", headers=alice, json={"action": "refuse", "person": "reddit:@alice_h", "what": "train_ai"})
    lines = capfd.readouterr().err.splitlines()
    assert [json.loads(line)["verb"] for line in lines] == ["consent"]
    assert "alice" not in lines[0]
    assert "t2_al" not in lines[0]


# --- use ---------------------------------------------------------------------------------------------------------------------


def uses(*events, ends_with=None):
    def use(workspace, artifact, request, **fields):
        def answers():
            yield {"given": fields}
            yield from events
            if ends_with is not None:
                raise ends_with

        return answers()

    return use


USE = {"artifact": "model", "request": "generate", "prompt": "é", "limit": 3}


def test_use_answers_with_all_events_in_json(client, operator, monkeypatch):
    monkeypatch.setitem(bodies.VERBS, "use", uses({"text": "a\u2028b"}))
    answer = client.post("/v1/use", headers=operator, json=USE)
    assert answer.json() == {"events": [{"given": {"prompt": "é", "limit": 3}}, {"text": "a\u2028b"}]}


def test_use_streams_events_as_they_come(client, operator, monkeypatch):
    monkeypatch.setitem(bodies.VERBS, "use", uses({"text": "a\nb\u2028"}, {"done": True}))
    answer = client.post("/v1/use", headers={**operator, "Accept": "text/event-stream"}, json=USE)
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block.split("\n") for block in answer.text.split("\n\n") if block]
    assert blocks[-1] == ["event: end", "data: {}"]
    assert all(len(block) == 1 for block in blocks[:-1])
    assert [json.loads(block[0].removeprefix("data: ")) for block in blocks[1:-1]] == [{"text": "a\nb\u2028"}, {"done": True}]


def test_a_stream_that_is_stopped_says_why_and_ends(client, operator, monkeypatch):
    monkeypatch.setitem(bodies.VERBS, "use", uses(ends_with=NotPermitted("rule 8: it was withdrawn", "build again")))
    answer = client.post("/v1/use", headers={**operator, "Accept": "text/event-stream"}, json=USE)
    assert answer.status_code == 200
    event, data = answer.text.split("\n\n")[1].split("\n")
    assert event == "event: problem"
    assert json.loads(data.removeprefix("data: "))["rule"] == 8
    assert "event: end" not in answer.text


def test_a_refusal_before_the_first_event_has_its_own_status(client, operator, monkeypatch):
    def use(workspace, artifact, request, **fields):
        raise NotPermitted("rule 8: it was withdrawn")
        yield

    monkeypatch.setitem(bodies.VERBS, "use", use)
    for accept in ("text/event-stream", "application/json"):
        assert_problem(client.post("/v1/use", headers={**operator, "Accept": accept}, json=USE), 403, "not-permitted")


def test_fields_of_a_request_are_plain_values(client, operator):
    answer = client.post("/v1/use", headers=operator, json={**USE, "prompt": {"deep": 1}})
    assert_problem(answer, 422, "bad-input")


def test_an_unknown_artifact_is_not_found(client, operator):
    assert_problem(client.post("/v1/use", headers=operator, json=USE), 404, "not-found")


# --- jobs --------------------------------------------------------------------------------------------------------------------


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


# --- a real server -----------------------------------------------------------------------------------------------------------


def started(root, *more):
    code = f"from ownwords.faces.http import serve; serve({str(root)!r}, '127.0.0.1', 0{''.join(more)})"
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    said = []
    while True:
        line = process.stderr.readline()
        assert line, "".join(said)
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return process, found[0], "".join(said)


def stopped(process):
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    return said


def test_the_first_start_shows_an_operators_token_once(root):
    process, url, said = started(root)
    try:
        secret = re.search(r"ow_[\w-]+", said)[0]
        headers = {"Authorization": f"Bearer {secret}"}
        with httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
            answer = client.post("/v1/permit", json={"question": "show", "subject": "train_ai"})
            assert (answer.status_code, answer.json()["rows"]) == (200, 2)
            assert_problem(client.post("/v1/permit", json={}), 422, "bad-input")
            with client.stream("POST", "/v1/use", json=USE, headers={"Accept": "text/event-stream"}) as streamed:
                assert streamed.status_code == 404
    finally:
        rest = stopped(process)
    assert "Traceback" not in rest
    process, url, said = started(root)
    try:
        assert "ow_" not in said
        assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
        assert httpx.get(f"{url}/v1/tokens", headers=headers, trust_env=False).status_code == 200
    finally:
        stopped(process)
    process, _, said = started(root, ", new_token=True")
    stopped(process)
    assert "ow_" in said


def test_a_killed_worker_and_a_stopped_server_leave_nothing_behind(root, template):
    process, url, said = started(root)
    headers = {"Authorization": "Bearer " + re.search(r"ow_[\w-]+", said)[0]}
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
        answer = client.post("/v1/ingest", json={"source": "reddit", "paths": [str(template / "in.ndjson")]})
        assert answer.status_code == 202
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=30)
    service = Service(root)
    [job] = [job for job in service._house.desk.jobs() if job.verb == "ingest"]
    assert job.state in {"queued", "running", "done"}
    with TestClient(create_app(service)) as client:
        assert finished(client, headers, job.job_id)["state"] == "done"


def test_a_port_that_is_taken_is_told(root):
    with http._listen("127.0.0.1", 0) as listener, pytest.raises(Usage, match="it is taken"):
        http.serve(root, "127.0.0.1", listener.getsockname()[1])
    assert not Service(root).has_operator()


def test_wrong_hosts_ports_and_workspaces_are_told(root, tmp_path):
    with pytest.raises(Usage, match="does not exist"):
        http.serve(root, "127.0.0.1", 70_000)
    with pytest.raises(Usage, match="not of this machine"):
        http.serve(root, "192.0.2.1", 0)
    with pytest.raises(BadWorkspace):
        http.serve(tmp_path / "none")
