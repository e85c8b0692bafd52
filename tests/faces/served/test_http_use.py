"""Answers of `use` over HTTP: at once, or as they come."""

import pytest

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")

import json

from served_world import USE, assert_problem

from ownwords.core.errors import NotPermitted
from ownwords.faces import bodies


def uses(*events, ends_with=None):
    def use(workspace, artifact, request, **fields):
        def answers():
            yield {"given": fields}
            yield from events
            if ends_with is not None:
                raise ends_with

        return answers()

    return use


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
