"""A real server on loopback."""

import pytest

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")

import os
import re
import signal
import subprocess
import sys
import threading
import time

import httpx
import uvicorn
from fastapi.testclient import TestClient
from served_world import USE, assert_problem, finished

from ownwords.core.errors import BadWorkspace, Usage
from ownwords.faces import bodies, http
from ownwords.faces.http_app import create_app
from ownwords.verbs._service import Service


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


def test_a_reader_that_goes_away_ends_the_answer(service, monkeypatch):
    is_closed = threading.Event()

    def use(workspace, artifact, request, **fields):
        def answers():
            try:
                while True:
                    time.sleep(0.01)
                    yield {"text": "on and on"}
            finally:
                is_closed.set()

        return answers()

    monkeypatch.setitem(bodies.VERBS, "use", use)
    headers = {"Authorization": f"Bearer {service.create_token('operator')}", "Accept": "text/event-stream"}
    with http._listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(service), access_log=False, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1/use"
        with httpx.stream("POST", url, headers=headers, json=USE, trust_env=False) as answer:
            assert next(answer.iter_lines()).startswith("data: ")
            assert not is_closed.is_set()
        assert is_closed.wait(10)
        server.should_exit = True
        thread.join()
