"""Decisions: in time, out of order, twice, to come; by whom; for a while; millions at once; and the receipt of each."""

from __future__ import annotations

import json

import polars as pl
import pytest

import ownwords
from ownwords.core.errors import BadInput, NotFound, NotPermitted, NotProven, Usage
from ownwords.verbs._house import House
from world import random_world

WORLD = random_world(23, n_people=4, n_posts=24)
ALICE, BELA = "test:7000", "test:7001"
EVIDENCE = "ab" * 32
MOTHER, AUNT = "mother@family.example", "aunt@family.example"


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "w"
    ownwords.init(root)
    rows = [row | {"born_on": "1990-05-05", "jurisdiction": "ID"} for row in WORLD.rows]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ownwords.ingest(root, "jsonl", (str(tmp_path / "in.jsonl"),))
    return root


def allowed(root, account, purpose="train_ai"):
    """Of how many of an account's records the gate says yes."""
    house = House.open(root)
    rows = house.decided(house.store().scan().filter(pl.col("account_id") == account), purpose)
    return rows.filter(pl.col("allowed")).collect().height


def test_a_decision_counts_from_when_it_takes_effect(root):
    ownwords.consent(root, "give", ALICE, "train_ai", effective="2999-01-01")
    assert allowed(root, ALICE) == 0
    ownwords.consent(root, "give", BELA, "train_ai", effective="2020-01-01")
    assert allowed(root, BELA) > 0


def test_a_late_letter_of_consent_does_not_undo_a_newer_withdrawal(root):
    ownwords.consent(root, "withdraw", ALICE, "train_ai", effective="2024-06-01")
    ownwords.consent(root, "give", ALICE, "train_ai", effective="2024-05-01")
    assert allowed(root, ALICE) == 0
    ownwords.consent(root, "give", ALICE, "train_ai", effective="2024-07-01")
    assert allowed(root, ALICE) > 0


def test_a_withdrawal_received_last_ends_every_consent_given_before_it_even_one_for_later(root):
    ownwords.consent(root, "give", ALICE, "train_ai", effective="2024-07-01")
    ownwords.consent(root, "withdraw", ALICE, "train_ai", effective="2024-06-01")
    assert allowed(root, ALICE) == 0


def test_the_same_decision_sent_twice_is_one_event(root):
    first = ownwords.consent(root, "give", ALICE, "train_ai", effective="2024-07-01", evidence=EVIDENCE)
    again = ownwords.consent(root, "give", ALICE, "train_ai", effective="2024-07-01", evidence=EVIDENCE)
    assert again["event"] == first["event"]
    assert again["duplicate"] is True


def test_a_consent_for_a_while_ends_by_itself_and_can_be_renewed(root):
    ownwords.consent(root, "give", ALICE, "train_ai", effective="2020-01-01", expires="2021-01-01")
    assert allowed(root, ALICE) == 0
    ownwords.consent(root, "renew", ALICE, "train_ai", expires="2999-01-01")
    assert allowed(root, ALICE) > 0


def test_expire_ends_a_consent_without_being_a_refusal(root):
    ownwords.consent(root, "give", ALICE, "train_ai")
    ownwords.consent(root, "expire", ALICE, "train_ai")
    assert allowed(root, ALICE) == 0
    reasons = {House.open(root).decided(House.open(root).store().scan(), "train_ai").select("rule").collect()["rule"][0]}
    assert "8" not in reasons


def test_what_was_withdrawn_cannot_be_renewed(root):
    ownwords.consent(root, "give", ALICE, "train_ai")
    ownwords.consent(root, "withdraw", ALICE, "train_ai")
    with pytest.raises(NotPermitted, match="renew"):
        ownwords.consent(root, "renew", ALICE, "train_ai")
    with pytest.raises(NotPermitted, match="renew"):
        ownwords.consent(root, "renew", BELA, "train_ai")


@pytest.mark.parametrize(
    ("action", "options"),
    [
        ("withdraw", {"expires": "2999-01-01"}),
        ("state", {"category": "post"}),
        ("show", {"since": "2024-01-01"}),
        ("give", {"since": "2024-02-01", "until": "2024-01-01"}),
        ("give", {"expires": "2001-01-01"}),
        ("give", {"holder": MOTHER}),
        ("give", {"by": "guardian"}),
    ],
)
def test_options_that_say_nothing_are_refused(root, action, options):
    with pytest.raises(Usage):
        ownwords.consent(root, action, ALICE, "" if action == "show" else "active" if action == "state" else "train_ai", **options)


def test_forged_guardian_claim(root):
    """Who only claims to be a guardian can give nothing, and neither can another one's verification help them."""
    give = {"by": "guardian"}
    with pytest.raises(NotPermitted, match="rule 5"):
        ownwords.consent(root, "give", ALICE, "train_ai", holder=MOTHER, **give)
    ownwords.consent(root, "appoint", ALICE, "guardian", holder=MOTHER, by="guardian")
    with pytest.raises(NotPermitted, match="rule 5"):
        ownwords.consent(root, "give", ALICE, "train_ai", holder=MOTHER, **give)
    with pytest.raises(Usage, match="evidence"):
        ownwords.consent(root, "verify", ALICE, "guardian", holder=MOTHER)
    ownwords.consent(root, "verify", ALICE, "guardian", holder=MOTHER, evidence=EVIDENCE)
    with pytest.raises(NotPermitted, match="rule 5"):
        ownwords.consent(root, "give", ALICE, "train_ai", holder=AUNT, **give)
    for action, what in (("give", "train_ai"), ("refuse", "train_ai"), ("state", "protected"), ("state", "deleted")):
        with pytest.raises(NotPermitted, match="known to be a minor"):
            ownwords.consent(root, action, ALICE, what, holder=MOTHER, **give)


def test_forged_death_claim(root):
    """A death needs evidence and somebody else to tell it; whoever then speaks as the person gets nothing until verified."""
    for options in ({}, {"by": "court"}, {"by": "legacy_contact", "holder": AUNT, "evidence": EVIDENCE}):
        with pytest.raises(NotPermitted):
            ownwords.consent(root, "state", ALICE, "memorialised", **options)
    ownwords.consent(root, "give", ALICE, "train_ai")
    ownwords.consent(root, "state", ALICE, "memorialised", by="court", evidence=EVIDENCE)
    assert allowed(root, ALICE) == 0


def test_the_dead_logs_in(root):
    ownwords.consent(root, "give", ALICE, "simulate_person", lifetime=True)
    ownwords.consent(root, "state", ALICE, "memorialised", by="court", evidence=EVIDENCE)
    assert allowed(root, ALICE, "simulate_person") > 0
    said = ownwords.consent(root, "state", ALICE, "active")
    assert said["state"] == "disputed"
    assert allowed(root, ALICE, "simulate_person") == 0
    for action, options in (("give", {}), ("give", {"lifetime": True})):
        with pytest.raises(NotPermitted, match="rule 3"):
            ownwords.consent(root, action, ALICE, "simulate_person", **options)
    ownwords.consent(root, "state", ALICE, "active", evidence=EVIDENCE)
    ownwords.consent(root, "give", ALICE, "train_ai")
    assert allowed(root, ALICE) > 0


def test_a_directive_made_after_death_is_none(root):
    ownwords.consent(root, "state", ALICE, "memorialised", by="court", evidence=EVIDENCE)
    with pytest.raises(NotPermitted, match="rule 3"):
        ownwords.consent(root, "give", ALICE, "simulate_person", lifetime=True)
    assert allowed(root, ALICE, "simulate_person") == 0


def test_forged_legacy_claim(root):
    with pytest.raises(NotPermitted, match="the person alone"):
        ownwords.consent(root, "appoint", ALICE, "legacy_contact", holder=AUNT, by="legacy_contact")
    with pytest.raises(NotPermitted, match="not appointed and verified"):
        ownwords.consent(root, "refuse", ALICE, "simulate_person", by="legacy_contact", holder=AUNT)
    ownwords.consent(root, "state", ALICE, "memorialised", by="court", evidence=EVIDENCE)
    with pytest.raises(NotPermitted, match="rule 3"):
        ownwords.consent(root, "appoint", ALICE, "legacy_contact", holder=AUNT)


def test_two_rival_contacts(root):
    """Both may narrow, neither can give, and neither can undo or dismiss the other."""
    ownwords.consent(root, "give", ALICE, "simulate_person", lifetime=True)
    for holder in (MOTHER, AUNT):
        ownwords.consent(root, "appoint", ALICE, "legacy_contact", holder=holder)
        ownwords.consent(root, "verify", ALICE, "legacy_contact", holder=holder, evidence=EVIDENCE)
    ownwords.consent(root, "state", ALICE, "memorialised", by="legacy_contact", holder=MOTHER, evidence=EVIDENCE)
    assert allowed(root, ALICE, "simulate_person") > 0
    ownwords.consent(root, "refuse", ALICE, "simulate_person", by="legacy_contact", holder=MOTHER)
    assert allowed(root, ALICE, "simulate_person") == 0
    for action, what in (("give", "simulate_person"), ("renew", "simulate_person"), ("state", "active")):
        with pytest.raises(NotPermitted):
            ownwords.consent(root, action, ALICE, what, by="legacy_contact", holder=AUNT)
    with pytest.raises(NotFound):
        ownwords.consent(root, "dismiss", ALICE, "legacy_contact", by="legacy_contact", holder="stranger")
    ownwords.consent(root, "dismiss", ALICE, "legacy_contact", by="legacy_contact", holder=AUNT)
    with pytest.raises(NotPermitted):
        ownwords.consent(root, "refuse", ALICE, "train_ai", by="legacy_contact", holder=AUNT)
    assert allowed(root, ALICE, "simulate_person") == 0


def test_no_name_of_a_holder_is_kept(root):
    ownwords.consent(root, "appoint", ALICE, "legacy_contact", holder=MOTHER)
    shown = json.dumps(ownwords.consent(root, "show", ALICE)) + "".join(str(event.body) for event in House.open(root).ledger.events())
    assert MOTHER not in shown
    assert MOTHER.encode() not in b"".join(path.read_bytes() for path in root.glob("*.db*"))


def test_a_list_of_refusals_denies_and_can_give_nothing(root, tmp_path):
    """Bulk fake opt-outs: a stranger's list can only narrow, opts nobody in, and the person's own word afterwards replaces it."""
    ownwords.consent(root, "give", ALICE, "train_ai")
    handle = WORLD.people[1].handle
    path = tmp_path / "list.csv"
    path.write_text(f"account_id,effect\n{ALICE},refuse\ntest:@{handle.upper()},refuse\ntest:7002,give\nnot an id,refuse\n{ALICE},refuse\n")
    said = ownwords.consent(root, "import", str(path), "train_ai")
    assert (said["refused"], said["rejects"], said["rows"]) == (2, 2, 5)
    assert allowed(root, ALICE) == allowed(root, BELA) == allowed(root, "test:7002") == 0
    assert ownwords.consent(root, "import", str(path), "train_ai")["refused"] == 0
    ownwords.consent(root, "give", ALICE, "train_ai")
    assert allowed(root, ALICE) > 0


def test_a_refusal_of_somebody_not_here_yet_counts_when_they_come(root, tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("test:@newcomer_77\ntest:9911\n")
    assert ownwords.consent(root, "import", str(path), "train_ai")["refused"] == 2
    ownwords.permit(root, "adopt", "public-analysis")
    rows = [
        {"id": f"test:55{n}", "author": author, "handle": handle, "network": "test", "visibility": "public", "text": "a word of mine"}
        | {"created_at": "2026-10-10T10:00:00Z"}
        for n, (author, handle) in enumerate([("test:9910", "Newcomer_77"), ("test:9911", "other_78")])
    ]
    (tmp_path / "more.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ownwords.ingest(root, "jsonl", (str(tmp_path / "more.jsonl"),))
    for record in ("test:550", "test:551"):
        assert ownwords.permit(root, "why", record, "train_ai")["rule"] == "8"


@pytest.mark.parametrize(
    "told",
    [
        "test:7000\r\n",
        '"test:7000"\n',
        "TEST:7000\n",
        "test:7000,\n",
        "test:7000;\n",
        "test:7000,2024-01-01\n",
        "test:7000\trefuse\n",
        "test:7000\u200b\n",
        "test:7000\u00a0\n",
        "test:7000\0\n",
        "\ufefftest:7000\n",
        "account_id;effect\ntest:7000;refuse\n",
        "account_id\teffect\ntest:7000\trefuse\n",
        "account_id ,effect\ntest:7000,refuse\n",
        "\ufeffAccount_ID, Effect\n test:7000 , Refuse \n",
        "account_id,effect\ntest:7000,withdrawn\n",
        "user_id,name\ntest:7000,Somebody\n",
        '"name";"account_id"\n"Some; body";"test:7000"\n',
        'name,account_id\n"Some body,test:7000\n',
        "account_id,effect\ntest:7000,refuse,more\n",
    ],
)
def test_a_list_is_read_however_a_spreadsheet_wrote_it(root, tmp_path, told):
    (tmp_path / "list.txt").write_bytes(told.encode())
    said = ownwords.consent(root, "import", str(tmp_path / "list.txt"), "train_ai")
    assert (said["refused"], said["not_here_yet"], said["rejects"]) == (1, 0, 0)
    assert ownwords.permit(root, "why", next(row["id"] for row in WORLD.rows if row["author"] == ALICE), "train_ai")["rule"] == "8"


@pytest.mark.parametrize(
    "told",
    [
        "name,number\ntest:7000,Somebody\n",
        "test:@@bob_99\n",
        "https://x.com/Bob_99\n",
        "@bob_99\n",
        "test:70\u200b00\n",
        "test:7000 test:7001\n",
        "test:7000,test:7001\n",
        "test:7000,give\n",
        "test:@\n",
        "test:" + "9" * 300 + "\n",
        "account_id,effect\ntest:7000,\ntest:7001\n",
        "account_id,effect\ntest:7000,not refused\n",
    ],
)
def test_what_binds_nobody_is_counted_as_rejected(root, tmp_path, told):
    path = tmp_path / "list.txt"
    path.write_text(told)
    with pytest.raises(BadInput, match="names anybody"):
        ownwords.consent(root, "import", str(path), "train_ai")
    separator = "," if "," in told.splitlines()[0] else ""
    path.write_text(told + f"test:7003{separator}{'refuse' if separator and 'effect' in told else ''}\n")
    said = ownwords.consent(root, "import", str(path), "train_ai")
    assert said["refused"] == 1
    assert said["rejects"] == said["rows"] - 1


def test_an_unclosed_quote_swallows_no_refusals(root, tmp_path):
    (tmp_path / "list.csv").write_text('account_id,effect\n"test:7000,refuse\ntest:7001,refuse\ntest:7002,refuse\n')
    said = ownwords.consent(root, "import", str(tmp_path / "list.csv"), "train_ai")
    assert (said["rows"], said["refused"], said["rejects"]) == (3, 3, 0)


def test_a_name_on_reddit_is_an_id_in_any_letter_case(root, tmp_path):
    row = {"id": "reddit:1", "author": "reddit:bob", "network": "reddit", "visibility": "public", "text": "a word of mine"}
    (tmp_path / "reddit.jsonl").write_text(json.dumps(row) + "\n")
    ownwords.ingest(root, "jsonl", (str(tmp_path / "reddit.jsonl"),))
    (tmp_path / "list.txt").write_text("reddit:Bob\nreddit:Carol_2\n")
    said = ownwords.consent(root, "import", str(tmp_path / "list.txt"), "train_ai")
    assert (said["refused"], said["not_here_yet"]) == (2, 1)
    assert House.open(root).ledger.decisions()["account_id"].to_list() == ["reddit:bob", "reddit:carol_2"]


def test_a_list_that_is_none_says_so(root, tmp_path):
    with pytest.raises(NotFound):
        ownwords.consent(root, "import", str(tmp_path / "none.csv"), "train_ai")
    (tmp_path / "two.csv").write_text("name,mail\na,b\n")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00\x81\n")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    for name in ("binary.txt", "bad.parquet"):
        with pytest.raises(BadInput):
            ownwords.consent(root, "import", str(tmp_path / name), "train_ai")


def test_the_receipt_of_a_decision_is_checked_with_nothing_else(root, tmp_path):
    said = ownwords.consent(root, "give", ALICE, "train_ai", category="post", evidence=EVIDENCE)
    record = said["receipt"]["record"]
    assert record["dpv:hasConsentStatus"]["@type"] == "dpv:ConsentGiven"
    assert record["dct:conformsTo"].endswith("27560#record")
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(said))
    assert ownwords.prove(tmp_path / "nowhere", str(path))["proven"]
    path.write_text(json.dumps(said).replace("ConsentGiven", "ConsentRefused"))
    with pytest.raises(NotProven):
        ownwords.prove(tmp_path / "nowhere", str(path))


def test_show_lists_every_decision_with_its_status(root):
    ownwords.consent(root, "give", ALICE, "train_ai")
    ownwords.consent(root, "withdraw", ALICE, "train_ai")
    shown = ownwords.consent(root, "show", ALICE)
    assert [one["status"] for one in shown["decisions"]] == ["dpv:ConsentGiven", "dpv:ConsentWithdrawn"]
    assert shown["state"] == "active"


def test_an_account_its_owner_closed_is_opened_by_nobody_else(root):
    ownwords.consent(root, "give", ALICE, "train_ai")
    ownwords.consent(root, "state", ALICE, "protected")
    for by in ("import", "court"):
        with pytest.raises(NotPermitted, match="rule 3"):
            ownwords.consent(root, "state", ALICE, "active", by=by)
        with pytest.raises(NotPermitted, match="rule 3"):
            ownwords.consent(root, "state", ALICE, "historical", by=by, evidence=EVIDENCE)
    with pytest.raises(NotPermitted, match="hearsay"):
        ownwords.consent(root, "state", ALICE, "deleted", by="import")
    assert allowed(root, ALICE) == 0
    ownwords.consent(root, "state", ALICE, "active")
    assert allowed(root, ALICE) > 0


def test_a_grant_for_later_is_not_brought_forward_by_renewing_it(root):
    ownwords.consent(root, "give", ALICE, "train_ai", effective="2999-01-01")
    with pytest.raises(NotPermitted, match="renew"):
        ownwords.consent(root, "renew", ALICE, "train_ai")


def test_a_grant_for_later_is_not_renewed_after_a_withdrawal(root):
    ownwords.consent(root, "give", ALICE, "train_ai", effective="2999-01-01")
    ownwords.consent(root, "withdraw", ALICE, "train_ai")
    with pytest.raises(NotPermitted, match="renew"):
        ownwords.consent(root, "renew", ALICE, "train_ai")


def test_a_guardian_cannot_undo_what_another_withdrew(root, tmp_path):
    row = {"id": "test:5", "author": "test:77", "handle": "kid_77", "network": "test", "visibility": "public", "text": "a word of mine"}
    row |= {"created_at": "2024-01-01T00:00:00Z", "born_on": "2015-05-05", "jurisdiction": "ID"}
    (tmp_path / "kid.jsonl").write_text(json.dumps(row) + "\n")
    ownwords.ingest(root, "jsonl", (str(tmp_path / "kid.jsonl"),))
    for holder in (MOTHER, AUNT):
        ownwords.consent(root, "appoint", "test:77", "guardian", holder=holder, by="court")
        ownwords.consent(root, "verify", "test:77", "guardian", holder=holder, evidence=EVIDENCE)
    ownwords.consent(root, "give", "test:77", "train_ai", by="guardian", holder=MOTHER)
    assert allowed(root, "test:77") == 1
    ownwords.consent(root, "withdraw", "test:77", "train_ai", by="guardian", holder=AUNT)
    assert allowed(root, "test:77") == 0
    ownwords.consent(root, "give", "test:77", "train_ai", by="guardian", holder=MOTHER)
    assert allowed(root, "test:77") == 0


def test_a_handle_is_never_taken_for_somebody_elses_id(root, tmp_path):
    """Whoever calls themselves by another's native id neither speaks for them nor can have them forgotten."""
    rows = [
        {"id": f"test:8{n}", "author": author, "handle": handle, "network": "test", "visibility": "public", "text": "some words here"}
        | {"created_at": "2024-01-01T00:00:00Z"}
        for n, (author, handle) in enumerate([("test:777777", "victim_1"), ("test:999", "777777")])
    ]
    (tmp_path / "two.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ownwords.ingest(root, "jsonl", (str(tmp_path / "two.jsonl"),))
    ownwords.consent(root, "give", "test:777777", "train_ai")
    ownwords.consent(root, "refuse", "test:999", "train_ai")
    assert allowed(root, "test:777777") == 1
    assert ownwords.forget(root, "test:999", dry_run=True)["records"] == 1
    ownwords.forget(root, "test:999")
    assert allowed(root, "test:777777") == 1


def test_forgetting_a_namesake_leaves_the_others_refusal(root, tmp_path):
    (tmp_path / "list.txt").write_text("stackexchange:@Tom\n")
    ownwords.permit(root, "adopt", "open-licence")
    assert ownwords.consent(root, "import", str(tmp_path / "list.txt"), "train_ai")["refused"] == 1
    rows = [
        {
            "id": f"stackexchange:s/{n}",
            "author": f"stackexchange:s/user-{n}",
            "handle": "Tom",
            "network": "stackexchange",
            "visibility": "public",
        }
        | {"created_at": "2024-01-01T00:00:00Z", "text": f"some words here {n}", "terms": "CC-BY-SA-4.0"}
        for n in (1, 2)
    ]
    (tmp_path / "toms.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ownwords.ingest(root, "jsonl", (str(tmp_path / "toms.jsonl"),))
    assert ownwords.permit(root, "why", "stackexchange:s/2", "train_ai")["rule"] == "8"
    ownwords.forget(root, "stackexchange:s/user-1")
    assert ownwords.permit(root, "why", "stackexchange:s/2", "train_ai")["rule"] == "8"


def test_a_refusal_under_a_handle_stays_with_the_account_when_the_handle_changes(root, tmp_path):
    (tmp_path / "list.txt").write_text("test:@old_name_1\n")
    ownwords.consent(root, "import", str(tmp_path / "list.txt"), "train_ai")
    row = {
        "id": "test:61",
        "author": "test:61",
        "handle": "old_name_1",
        "network": "test",
        "visibility": "public",
        "text": "some words here",
    }
    row["created_at"] = "2024-01-01T00:00:00Z"
    for handle in ("old_name_1", "new_name_2", "newer_name_3"):
        (tmp_path / "row.jsonl").write_text(json.dumps(row | {"handle": handle}) + "\n")
        ownwords.ingest(root, "jsonl", (str(tmp_path / "row.jsonl"),))
        assert ownwords.permit(root, "why", "test:61", "train_ai")["rule"] == "8"


def test_whoever_stands_on_a_list_alone_can_look_and_be_forgotten(root, tmp_path):
    (tmp_path / "list.txt").write_text("test:@Stranger_77\n")
    ownwords.consent(root, "import", str(tmp_path / "list.txt"), "train_ai")
    assert len(ownwords.consent(root, "show", "test:@Stranger_77")["decisions"]) == 1
    with pytest.raises(NotFound):
        ownwords.consent(root, "give", "test:@Stranger_77", "train_ai")
    ownwords.forget(root, "test:@stranger_77")
    assert ownwords.prove(root, gone="test:@Stranger_77")["gone"]


def test_the_two_ids_of_a_reddit_account_are_one(root, tmp_path):
    rows = [
        {
            "id": f"reddit:t1_{n}",
            "author": author,
            "handle": "Bob_99",
            "network": "reddit",
            "visibility": "public",
            "text": f"some words {n}",
        }
        | {"created_at": "2024-01-01T00:00:00Z"}
        for n, author in enumerate(["reddit:bob_99", "reddit:t2_abc"])
    ]
    for row in rows:
        (tmp_path / "row.jsonl").write_text(json.dumps(row) + "\n")
        ownwords.ingest(root, "jsonl", (str(tmp_path / "row.jsonl"),))
    for account in ("reddit:bob_99", "reddit:t2_abc"):
        ownwords.consent(root, "give", account, "train_ai")
    ownwords.build(root, "dataset", form="flat")
    ownwords.consent(root, "refuse", "reddit:t2_abc", "train_ai")
    assert allowed(root, "reddit:bob_99") == allowed(root, "reddit:t2_abc") == 0
    assert ownwords.prove(root, "dataset")["owing"] == 2
    assert ownwords.forget(root, "reddit:t2_abc", dry_run=True)["records"] == 2
