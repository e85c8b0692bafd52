"""A person with a token of their own learns nothing of who else is held here: not from answers, counts, errors or time."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")

import json
import re
import statistics
import time

from served_world import ALICE, BOB, ROWS, finished, record_of

from ownwords import verbs
from ownwords.verbs._house import House
from ownwords.verbs._service import Service

NOBODY, NO_RECORD = "reddit:t2_zz", "reddit:t1_zz"
#: What a person's token may ask, about a person and about a record; the asker's own account is fixed.
ABOUT_PEOPLE = [
    ("consent", {"action": "show"}),
    ("consent", {"action": "give", "what": "train_ai"}),
    ("consent", {"action": "withdraw", "what": "train_ai"}),
    ("consent", {"action": "refuse", "what": "train_ai", "by": "guardian", "holder": "h"}),
    ("consent", {"action": "appoint", "what": "legacy_contact", "holder": "h"}),
    ("consent", {"action": "state", "what": "active"}),
    ("consent", {"action": "import", "what": "train_ai"}),
    ("forget", {}),
    ("forget", {"dry_run": True}),
]
ABOUT_RECORDS = [
    ("permit", {"question": "why"}, "subject"),
    ("permit", {"question": "why", "as_of": "2026-01-01"}, "subject"),
    ("forget", {}, "record"),
    ("forget", {"dry_run": True}, "record"),
    ("consent", {"action": "refuse", "person": ALICE, "what": "train_ai"}, "record"),
    ("consent", {"action": "give", "person": ALICE, "what": "train_ai"}, "record"),
]


def pairs(service):
    """(verb, body about somebody held here, the same body about nobody)."""
    for verb, body in ABOUT_PEOPLE:
        for held, unheld in ((BOB, NOBODY), ("reddit:@bob_g", "reddit:@nobody_g")):
            yield verb, {**body, "person": held}, {**body, "person": unheld}
    for verb, body, name in ABOUT_RECORDS:
        yield verb, {**body, name: record_of(service, BOB)}, {**body, name: NO_RECORD}


def test_existence_oracle_through_errors(client, service, alice):
    """What is refused about somebody who is held here is refused word for word as about nobody, whatever is asked."""
    for verb, held, unheld in pairs(service):
        answers = [client.post(f"/v1/{verb}", headers=alice, json=body) for body in (held, unheld)]
        assert answers[0].status_code >= 400, held
        assert answers[0].status_code == answers[1].status_code
        assert answers[0].content == answers[1].content
        assert answers[0].headers == answers[1].headers
    jobs = [client.get(f"/v1/jobs/{job}", headers=alice) for job in (service.create_job("forget", {}, None, BOB).job_id, "none")]
    assert jobs[0].content == jobs[1].content


def test_existence_oracle_through_errors_of_a_quote(client, service, alice, tmp_path):
    """Whoever quotes a record to find out whether it is held here is told the same: its author has not agreed."""
    texts = [{"id": f"b{n}", "author": "alice_h", "author_fullname": "t2_al", "body": "as they said there"} for n in (0, 1)]
    (tmp_path / "q.jsonl").write_text(
        "".join(
            json.dumps({"record_id": f"reddit:q{n}", "account_id": ALICE, "visibility": "public", "text": row["body"], "quotes": quoted})
            + "\n"
            for n, (row, quoted) in enumerate(zip(texts, (record_of(service, BOB), NO_RECORD), strict=True))
        )
    )
    verbs.ingest(service.root, "jsonl", (str(tmp_path / "q.jsonl"),))
    answers = [client.post("/v1/permit", headers=alice, json={"question": "why", "subject": f"reddit:q{n}"}).json() for n in (0, 1)]
    for answer in answers:
        assert answer["rule"] in {"1", "7"}
    assert quietly(answers[0]) == quietly(answers[1])


def quietly(answer):
    """An answer without what is of the moment alone: times, signatures, hashes and the record asked about."""
    text = json.dumps(answer, sort_keys=True)
    text = re.sub(r"reddit:[a-z0-9_]+|20\d\d-\d\d-\d\dT[0-9:.]+Z", "*", text)
    return re.sub(r"[0-9a-f]{12,}|[A-Za-z0-9+/=_-]{24,}", "*", text)


def served(folder, rows):
    """A workspace of `rows` with a dataset in it, and a client for Alice; (client, headers, service)."""
    from fastapi.testclient import TestClient

    from ownwords.faces.http_app import create_app

    folder.mkdir()
    extra = {"subreddit": "birds", "created_utc": 1600000000, "link_id": "t3_p", "parent_id": "t3_p"}
    (folder / "in.ndjson").write_text("".join(json.dumps({**row, **extra}) + "\n" for row in rows))
    verbs.init(folder / "w")
    verbs.ingest(folder / "w", "reddit", (str(folder / "in.ndjson"),))
    verbs.consent(folder / "w", "give", ALICE, "train_ai")
    verbs.build(folder / "w", "dataset", form="flat")
    service = Service(folder / "w")
    headers = {"Authorization": f"Bearer {service.create_token('person', ALICE)}"}
    return TestClient(create_app(service)), headers, service


def test_existence_oracle_through_counts(tmp_path):
    """All that Alice may ask is answered alike where Bob is held and where he is not, to the last number."""
    own = [ROWS[0], {**ROWS[0], "id": "a9", "body": "and another one of mine about herons"}]
    told = []
    for name, rows in (("with", [*own, ROWS[1]]), ("without", own)):
        client, headers, service = served(tmp_path / name, rows)
        with client:
            asks = [
                ("consent", {"action": "show", "person": ALICE}),
                ("consent", {"action": "give", "person": ALICE, "what": "train_ai"}),
                ("consent", {"action": "refuse", "person": ALICE, "what": "train_ai", "record": NO_RECORD}),
                ("permit", {"question": "why", "subject": "reddit:t1_a1"}),
                ("permit", {"question": "why", "subject": "reddit:t1_a1", "other": "analyse_brand"}),
            ]
            answers = [client.post(f"/v1/{verb}", headers=headers, json=body).json() for verb, body in asks]
            plan = {"person": ALICE, "dry_run": True}
            answers.append(finished(client, headers, client.post("/v1/forget", headers=headers, json=plan).json()["job"])["result"])
        said = verbs.forget(service.root, ALICE)  # the receipt is hers too
        answers += [said["records"], said["touched"], said["rebuilt"]]
        told.append([quietly(answer) for answer in answers])
    for with_bob, without in zip(*told, strict=True):
        assert with_bob == without


def test_existence_oracle_through_time(client, service, alice, monkeypatch):
    """It takes as long to refuse what is held as what is not: medians of many, in turn; and nobody else's record is looked up at all."""
    asked = [pair for pair in pairs(service) if pair[0] != "consent" or "record" in pair[1] or pair[1]["action"] == "show"]
    for verb, held, unheld in asked[:2] + asked[-6:]:
        took = {0: [], 1: []}
        for _ in range(25):
            for n, body in enumerate((held, unheld)):
                begun = time.perf_counter()
                client.post(f"/v1/{verb}", headers=alice, json=body)
                took[n].append(time.perf_counter() - begun)
        medians = sorted(statistics.median(times) for times in took.values())
        assert medians[1] / medians[0] < 1.5, (verb, held.keys())

    def looked_up(self, record_id):
        raise AssertionError("a record was looked up for somebody whose it may not be")

    monkeypatch.setattr(House, "record", looked_up)
    for verb, held, _ in pairs(service):
        assert client.post(f"/v1/{verb}", headers=alice, json=held).status_code < 500
