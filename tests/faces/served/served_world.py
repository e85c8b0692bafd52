"""Two people, and what every answer of the HTTP face must hold to."""

import time

import polars as pl

WORDS = "a heron stood in the shallow pond all morning long"
ROWS = [
    {"id": "a1", "author": "alice_h", "author_fullname": "t2_al", "body": WORDS},
    {"id": "a2", "author": "bob_g", "author_fullname": "t2_bo", "body": "nobody saw it leave before the evening came"},
]
ALICE, BOB = "reddit:t2_al", "reddit:t2_bo"


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
    return service._house.store().scan().filter(pl.col("account_id") == account).select("record_id").collect().item()


def finished(client, headers, job, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        told = client.get(f"/v1/jobs/{job}", headers=headers).json()
        if told["state"] in {"done", "failed"}:
            return told
        time.sleep(0.1)
    raise AssertionError(f"job is still {told['state']}")


USE = {"artifact": "model", "request": "generate", "prompt": "é", "limit": 3}
