"""The HTTP face: one principal a request, one body for every problem, the same verbs."""

import pytest

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")

import inspect
import json

from served_world import ALICE, BOB, WORDS, assert_problem, record_of

from ownwords import verbs
from ownwords.core.errors import Fault
from ownwords.faces import bodies

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


@pytest.mark.parametrize("told_by", ["ledger", "source"])
def test_nobody_speaks_for_the_dead_with_their_token(client, alice, operator, root, service, told_by, monkeypatch):
    if told_by == "ledger":
        verbs.consent(root, "state", ALICE, "memorialised", by="court", evidence="0" * 64)
    else:
        monkeypatch.setattr(service._house, "state_of", lambda account: "historical", raising=False)
    give = {"action": "give", "person": ALICE, "what": "simulate_person", "lifetime": True}
    for verb, body in [
        ("consent", give),
        ("forget", {"person": ALICE}),
        ("permit", {"question": "why", "subject": record_of(service, ALICE)}),
    ]:
        assert_problem(client.post(f"/v1/{verb}", headers=alice, json=body), 403, "not-permitted")
    assert service._house.ledger.decisions().is_empty()


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
    def broken(workspace, **given):
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
