"""`permit` over HTTP: people see why, with proof, of their own records; nothing is written on the server's disk by a request."""

import pytest

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")

from served_world import ALICE, assert_problem, record_of

from ownwords import verbs


def ask(client, headers, *asked, **options):
    body = dict(zip(("question", "subject", "other"), asked, strict=False)) | options
    return client.post("/v1/permit", headers=headers, json=body)


@pytest.mark.parametrize("option", ["report", "notify", "draft"])
def test_no_request_writes_a_file(client, operator, tmp_path, option):
    wanted = tmp_path / "written"
    assert_problem(ask(client, operator, "diff", "opt-in", "own-archive", **{option: str(wanted)}), 403, "not-permitted")
    assert not wanted.exists()


def test_an_operator_sees_what_a_policy_would_take(client, operator):
    told = ask(client, operator, "diff", "opt-in", "public-analysis").json()
    assert "counting" in {rule["rule"] for rule in told["rules"]}
    assert "report" not in told


def test_people_see_the_entry_and_the_proof_of_their_own_decision(client, alice, root, service):
    verbs.consent(root, "give", ALICE, "train_ai")
    told = ask(client, alice, "why", record_of(service, ALICE)).json()
    assert told["entry"]["kind"] == "consent.give"
    assert told["proof"]["checkpoint"]["size"] >= told["entry"]["seq"]
    assert_problem(ask(client, alice, "diff", "opt-in", "own-archive"), 403, "not-permitted")
