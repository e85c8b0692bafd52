"""`permit`: the funnel, the reason for one record with its proof, what a new policy would take, and all of it as of some day."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import ownwords
from ownwords.core import clock
from ownwords.core.errors import BadPolicy, NotFound, Usage
from ownwords.ledger import decision_body, merkle, state_body
from ownwords.ledger.checkpoints import verify_checkpoint
from ownwords.policy.clauses import paragraph_hash
from ownwords.verbs import _why
from ownwords.verbs._house import House
from ownwords.verbs._then import Then
from world import WORDS, World, random_world

START = datetime(2026, 3, 1, tzinfo=UTC)
PROMISE = "We count how often brands are named in public posts."
TRAINING = "From April we train models on public posts, unless you object."
WORLD = random_world(11, n_people=5, n_posts=40)


def on(number):
    return START + timedelta(days=number)


@pytest.fixture
def home(tmp_path):
    """A workspace of 1 March 2026: everybody said yes on the 2nd, test:7001 withdrew on the 3rd."""
    root = tmp_path / "w"
    with clock.at(on(0)):
        ownwords.init(root)
        ownwords.ingest(root, "jsonl", (str(WORLD.write(tmp_path / "w.jsonl")),))
    ledger = House.open(root).ledger
    with clock.at(on(1)):
        people = [person.account for person in WORLD.people]
        ledger.append_many("consent.give", people, [decision_body("train_ai", effective_at=on(1))] * len(people))
    with clock.at(on(2)):
        ledger.append("consent.withdraw", decision_body("train_ai", effective_at=on(2)), "test:7001")
    return root


def of(account):
    return [row["id"] for row in WORLD.rows if row["author"] == account]


def write_policy(folder, name, version="1", training=True, extra=""):
    rules = [("counting", PROMISE, "analyse_brand")] + ([("training", TRAINING, "train_ai")] if training else [])
    (folder / f"{name}.md").write_text(f"# Policy\n\n{PROMISE}\n" + (f"\n{TRAINING}\n" if training else ""))
    body = (
        f"id: ours\nversion: '{version}'\ntext: {name}.md\npublished_at: 2026-03-05\nnotice_period_days: 30\neffective_from: 2026-03-05\n"
    )
    for rule, words, purpose in rules:
        body += "rules:\n" if "rules:" not in body else ""
        body += f"  - id: {rule}\n    clause: {paragraph_hash(words)}\n    effect: allow\n    purposes: [{purpose}]\n"
        body += f"    legal_basis: contract\n    retroactive: true\n{extra if rule == 'training' else ''}"
    (folder / f"{name}.yaml").write_text(body)
    return str(folder / f"{name}.yaml")


# --- why ---------------------------------------------------------------------------------------------------------------------------


def test_why_shows_the_ledgers_entry_and_a_proof_that_needs_only_the_checkpoint(home):
    mine = of("test:7001")[0]
    told = ownwords.permit(home, "why", mine)
    assert (told["allowed"], told["rule"]) == (False, "8")
    entry, proof = told["entry"], told["proof"]
    assert (entry["kind"], entry["at"], entry["who"]) == ("consent.withdraw", clock.to_text(on(2)), "self")
    assert told["clause"] == f"ledger:{entry['seq']}"
    note = json.loads(json.dumps(proof["checkpoint"]))
    assert verify_checkpoint(note, (home / "keys" / "public.pem").read_bytes())
    leaf, path = merkle.leaf_hash(bytes.fromhex(proof["leaf"])), [bytes.fromhex(step) for step in proof["path"]]
    assert merkle.verify_inclusion(leaf, entry["seq"] - 1, note["size"], path, bytes.fromhex(note["root"]))
    assert not merkle.verify_inclusion(leaf, entry["seq"], note["size"], path, bytes.fromhex(note["root"]))


def test_why_shows_the_paragraph_that_carries_the_rule(home, tmp_path):
    with clock.at(on(3)):
        ownwords.permit(home, "adopt", write_policy(tmp_path, "new"))
    told = ownwords.permit(home, "why", of("test:7000")[0], "analyse_brand")
    assert (told["allowed"], told["rule"], told["clause_text"]) == (True, "10", PROMISE)
    assert told["entry"]["kind"] == "policy"
    assert told["entry"]["at"] == clock.to_text(on(3))


def test_a_rule_of_the_gates_own_rests_on_no_entry(home):
    told = ownwords.permit(home, "why", of("test:7000")[0], "match_talent")
    assert (told["allowed"], told["clause"]) == (False, f"gate:{told['rule']}")
    assert not {"entry", "proof", "clause_text"} & set(told)


def test_why_shows_the_event_that_told_the_state_of_the_account(home):
    with clock.at(on(3)):
        House.open(home).ledger.append("account.state", state_body("suspended"), "test:7000")
    told = ownwords.permit(home, "why", of("test:7000")[0])
    assert (told["rule"], told["entry"]["kind"], told["entry"]["at"]) == ("3", "account.state", clock.to_text(on(3)))


def test_why_agrees_with_the_whole_funnel(home):
    house = House.open(home)
    rules = [_why.answer(Then.of(house, None), row["id"], "train_ai")["rule"] for row in WORLD.rows]
    assert ownwords.permit(home, "show", "train_ai")["by_rule"] == {rule: rules.count(rule) for rule in set(rules)}


def test_why_of_a_record_that_is_not_held(home):
    with pytest.raises(NotFound):
        ownwords.permit(home, "why", "test:none")


# --- as of -------------------------------------------------------------------------------------------------------------------------


def answers(root, **asked):
    """What the gate says: funnels, and rule and clause of some records."""
    funnels = [ownwords.permit(root, "show", purpose, **asked) for purpose in ("train_ai", "simulate_person")]
    rows = {}
    for row in WORLD.rows[::9]:
        try:
            told = ownwords.permit(root, "why", row["id"], **asked)
        except NotFound:
            continue
        rows[row["id"]] = (told["allowed"], told["rule"], told["clause"])
    return funnels, rows


def test_a_replay_equals_the_decision_that_was_made(home, tmp_path):
    """Decide day after day, go on with events of every kind, then ask again as of each day."""
    rng = random.Random(5)
    made = {}
    for number in range(3, 15):
        with clock.at(on(number)):
            happen(home, tmp_path, number, rng)
            made[number] = answers(home)
    assert len({repr(funnels) for funnels, _ in made.values()}) > 6
    with clock.at(on(40)):
        for number, told in made.items():
            assert answers(home, as_of=clock.to_text(on(number))) == told, number


def happen(root, folder, number, rng):
    """Something new on a day: decisions, states, policies, more rows, and rows revised."""
    ledger, who = House.open(root).ledger, rng.choice(WORLD.people).account
    kind = number % 6
    if kind == 0:
        ledger.append("consent.withdraw", decision_body("train_ai", effective_at=on(number)), who)
    elif kind == 1:
        ledger.append("account.state", state_body(rng.choice(["protected", "memorialised", "active"])), who)
    elif kind == 2:
        ownwords.permit(root, "adopt", write_policy(folder, f"p{number}", version=str(number), training=number > 8))
    elif kind == 3:
        rows = [{**row, "id": f"test:{800000 + 100 * number + n}"} for n, row in enumerate(WORLD.rows[:7])]
        ownwords.ingest(root, "jsonl", (str(World(rows, WORLD.people).write(folder / f"{number}.jsonl")),))
    elif kind == 4:
        rows = [{**row, "text": " ".join(rng.choices(WORDS, k=6)), "visibility": "followers"} for row in rng.sample(WORLD.rows, 9)]
        ownwords.ingest(root, "jsonl", (str(World(rows, WORLD.people).write(folder / f"{number}.jsonl")),))
    else:
        ledger.append("consent.give", decision_body("simulate_person", effective_at=on(number), record_id=of(who)[0]), who)


def test_as_of_a_day_before_an_event_it_had_not_been_heard_of(home):
    mine = of("test:7001")[0]
    assert ownwords.permit(home, "why", mine, as_of="2026-03-02")["rule"] == "9"
    assert ownwords.permit(home, "why", mine, as_of="2026-03-03")["rule"] == "8"
    assert ownwords.permit(home, "why", mine, as_of="2026-03-01T12:00:00Z")["rule"] == "11"
    with pytest.raises(NotFound):
        ownwords.permit(home, "why", mine, as_of="2026-02-01")
    with pytest.raises(NotFound, match="no policy had been adopted"):
        ownwords.permit(home, "show", "train_ai", as_of="2026-02-01")


def test_an_event_dated_back_counts_from_when_it_was_received(home):
    mine = of("test:7000")[0]
    with clock.at(on(5)):
        body = decision_body("train_ai", effective_at=on(1) + timedelta(hours=1))
        House.open(home).ledger.append("consent.withdraw", body, "test:7000")
    assert ownwords.permit(home, "why", mine, as_of="2026-03-04")["rule"] == "9"
    assert ownwords.permit(home, "why", mine, as_of="2026-03-06")["rule"] == "8"


def test_a_day_to_come_and_no_day_are_refused(home):
    with pytest.raises(Usage, match="in the future"):
        ownwords.permit(home, "show", "train_ai", as_of="2999-01-01")
    with pytest.raises(Usage, match="no date"):
        ownwords.permit(home, "show", "train_ai", as_of="yesterday")


# --- diff --------------------------------------------------------------------------------------------------------------------------


def test_diff_tells_what_is_gained_and_lost_why_and_whom_to_tell(home, tmp_path):
    old, new = write_policy(tmp_path, "old", training=False), write_policy(tmp_path, "new", version="2")
    with clock.at(on(6)):
        told = ownwords.permit(home, "diff", old, new, notify=str(tmp_path / "tell.txt"), report=str(tmp_path / "r.html"))
    assert (told["old"], told["new"], told["asked_as_of"][:10]) == ("ours 1", "ours 2", "2026-04-04")
    assert list(told["changes"]) == ["train_ai"] or told["changes"] == {}
    assert told["notify"]["accounts"] == 0  # all but one agreed before, and that one withdrew: nobody gains a use
    text = (tmp_path / "tell.txt").read_text()
    assert text == ""
    assert [one["rule"] for one in told["rules"]] == ["training"]
    assert told["clauses"]["added"] == 1
    assert {one["what"]: one["at"][:10] for one in told["notify"]["dates"]}["notice is over"] == "2026-04-04"


def test_who_said_nothing_gains_a_use_and_is_to_be_told(tmp_path):
    root = tmp_path / "w"
    with clock.at(on(0)):
        ownwords.init(root)
        ownwords.ingest(root, "jsonl", (str(WORLD.write(tmp_path / "w.jsonl")),))
        old, new = write_policy(tmp_path, "old", training=False), write_policy(tmp_path, "new", version="2")
        told = ownwords.permit(root, "diff", old, new, notify=str(tmp_path / "tell.txt"), report=str(tmp_path / "r.html"))
    change = told["changes"]["train_ai"]
    authors = {row["author"] for row in WORLD.rows}
    assert change["gained"] == {"records": len(WORLD.rows), "people": len(authors)}
    assert change["lost"] == {"records": 0, "people": 0}
    (reason,) = change["reasons"]
    assert (reason["before"], reason["after"]) == ("11", "10")
    assert len(reason["samples"]) == min(5, len(authors))
    assert set((tmp_path / "tell.txt").read_text().split()) == authors
    assert (tmp_path / "tell.txt").stat().st_mode & 0o077 == 0
    held = House.open(root).store().scan().select("text", "account_id").collect()
    everything = (tmp_path / "r.html").read_text() + json.dumps(told)
    assert not [text for text in held["text"] if text in everything]
    assert not [name for name in held["account_id"].unique() if name in everything]


def test_diff_of_a_policy_with_itself_is_empty(home):
    told = ownwords.permit(home, "diff", "opt-in", "opt-in")
    assert (told["changes"], told["rules"], told["notify"]["accounts"]) == ({}, [], 0)
    assert told["clauses"]["unchanged"] > 0


def test_diff_as_of_a_day_is_for_that_day(home, tmp_path):
    old, new = write_policy(tmp_path, "old", training=False), write_policy(tmp_path, "new", version="2")
    with clock.at(on(60)):
        before = ownwords.permit(home, "diff", old, new, as_of="2026-04-03")
        after = ownwords.permit(home, "diff", old, new, as_of="2026-04-04")
    assert before["changes"] == {}  # notice was still running
    assert before["asked_as_of"][:10] == "2026-04-03"
    assert after["asked_as_of"][:10] == "2026-04-04"


def test_two_texts_are_compared_without_a_workspace_and_drafted(tmp_path):
    (tmp_path / "old.txt").write_text(f"# Policy\n\n{PROMISE}\n")
    (tmp_path / "new.md").write_text(f"# Policy\n\n{PROMISE}\n\nWe may use machine learning to help you.\n")
    files = str(tmp_path / "old.txt"), str(tmp_path / "new.md")
    told = ownwords.permit(tmp_path, "diff", *files, draft=str(tmp_path / "draft.yaml"), report=str(tmp_path / "r.html"))
    assert (told["clauses"]["added"], told["clauses"]["unchanged"]) == (1, 1)
    assert {one["phrase"] for one in told["clauses"]["changes"][0]["vague"]} == {"may", "to help"}
    assert told["rules_to_review"] == 1
    checked = ownwords.permit(tmp_path, "check", str(tmp_path / "draft.yaml"))
    assert (checked["rules"], checked["rules_not_reviewed"]) == (1, 1)
    assert "machine learning" in (tmp_path / "r.html").read_text()
    with pytest.raises(Usage, match="is there already"):
        ownwords.permit(tmp_path, "diff", *files, draft=str(tmp_path / "draft.yaml"))


def test_a_capture_against_itself_is_the_policy_in_force_against_the_announced_one(tmp_path):
    double = f"Policy\n---\n\nThis goes into effect on May 2, 2026.\n\n{PROMISE}\n\n{TRAINING}\n\n"
    double += f"Current Policy\n---\n\nEffective until May 2, 2026\n---\n\n{PROMISE}\n"
    (tmp_path / "page.md").write_text(double)
    told = ownwords.permit(tmp_path, "diff", str(tmp_path / "page.md"), str(tmp_path / "page.md"))
    assert told["effective"]["new"] == "2026-05-02"
    assert "the announced one" in told["notices"][0]
    assert TRAINING in [change["pieces"][0][1] for change in told["clauses"]["changes"]]


def test_options_that_do_not_go_with_a_question_are_refused(home, tmp_path):
    (tmp_path / "a.md").write_text("one")
    wrong = [
        (("show", "train_ai"), {"report": "r.html"}),
        (("why", "test:1"), {"notify": "n.txt"}),
        (("check", "opt-in"), {"as_of": "2026-01-01"}),
        (("adopt", "opt-in"), {"draft": "d.yaml"}),
        (("diff", "opt-in", "own-archive"), {"draft": "d.yaml"}),
        (("diff", str(tmp_path / "a.md"), str(tmp_path / "a.md")), {"notify": "n.txt"}),
        (("diff", str(tmp_path / "a.md"), "opt-in"), {}),
        (("diff", "opt-in"), {}),
    ]
    for asked, options in wrong:
        with pytest.raises(Usage):
            ownwords.permit(home, *asked, **options)
    with pytest.raises(NotFound):
        ownwords.permit(home, "diff", str(tmp_path / "a.md"), str(tmp_path / "none.md"))
    with pytest.raises(NotFound):
        ownwords.permit(home, "diff", "opt-in", "own-archive", report=str(tmp_path / "none" / "r.html"))


@pytest.mark.parametrize("option", ["report", "notify"])
def test_a_diff_writes_over_nothing(home, tmp_path, option):
    mine, old = tmp_path / "mine.txt", write_policy(tmp_path, "old")
    mine.write_text("precious")
    (tmp_path / "link.txt").symlink_to(tmp_path / "nowhere.txt")
    taken = [mine, old, tmp_path / "link.txt", tmp_path, home / "ledger.db", home / "format.json", home / "keys" / "public.pem"]
    before = {path: path.read_bytes() for path in map(Path, taken) if path.is_file()}
    inside = [home / "new.html", home / "store" / "new.html", tmp_path / "link" / "new.html"]
    (tmp_path / "link").symlink_to(home)
    for path in [*taken, *inside, ".", "", "a\0b"]:
        with pytest.raises(Usage):
            ownwords.permit(home, "diff", "opt-in", old, **{option: str(path)})
    assert {path: path.read_bytes() for path in before} == before
    assert not [path for path in inside if path.exists()]
    with pytest.raises(Usage, match="two things"):
        ownwords.permit(home, "diff", "opt-in", old, report=str(tmp_path / "one"), notify=str(tmp_path / "one"))
    assert not (tmp_path / "one").exists()


def test_a_diff_of_texts_writes_over_nothing(home, tmp_path):
    old, new = tmp_path / "old.md", tmp_path / "new.md"
    old.write_text(PROMISE)
    new.write_text(TRAINING)
    for options in [
        {"report": str(new)},
        {"report": str(home / "ledger.db")},
        {"draft": str(home / "d.yaml")},
        {"draft": str(tmp_path / "new.yaml")},
    ]:
        with pytest.raises(Usage):
            ownwords.permit(tmp_path, "diff", str(old), str(new), **options)
    with pytest.raises(Usage, match="two things"):
        ownwords.permit(tmp_path, "diff", str(old), str(new), report=str(tmp_path / "d.md"), draft=str(tmp_path / "d.yaml"))
    assert (old.read_text(), new.read_text()) == (PROMISE, TRAINING)
    assert not list(tmp_path.glob("d.*"))


# --- adopt -------------------------------------------------------------------------------------------------------------------------


def test_a_published_version_cannot_be_edited(home, tmp_path):
    path = write_policy(tmp_path, "ours")
    ownwords.permit(home, "adopt", path)
    ownwords.permit(home, "adopt", path)  # the same again is the same
    ownwords.permit(home, "adopt", "opt-in")
    write_policy(tmp_path, "ours", extra="    categories: [post]\n")
    with pytest.raises(BadPolicy, match=r"ours\.yaml: line 2, column 10: version 1 of policy ours was adopted before"):
        ownwords.permit(home, "adopt", path)
    assert House.open(home).policy().id == "opt-in"
    write_policy(tmp_path, "ours", version="2", extra="    categories: [post]\n")
    assert ownwords.permit(home, "adopt", path)["version"] == "2"


def test_adopting_says_how_many_rules_nobody_has_reviewed(home, tmp_path):
    with clock.at(on(60)):
        told = ownwords.permit(home, "adopt", write_policy(tmp_path, "draft", extra="    reviewed: false\n"))
        assert told["rules_not_reviewed"] == 1
        assert ownwords.permit(home, "why", of("test:7001")[0], "analyse_brand")["rule"] == "10"
        assert ownwords.permit(home, "why", of("test:7001")[0], "train_ai")["allowed"] is False
    assert "rules_not_reviewed" not in ownwords.permit(home, "adopt", "opt-in")
