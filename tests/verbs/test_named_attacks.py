"""Attacks by name, each on whole verbs: what would have to work for them to succeed, and the rule that stops it."""

from __future__ import annotations

import json
import random
import threading
import time

import polars as pl
import pytest

import ownwords
from ownwords.core.errors import BadPolicy, NotFound, NotPermitted, NotProven
from ownwords.policy.file import builtin_path
from ownwords.verbs._house import House
from world import WORDS, World

ALICE, BELA, CARA = "test:7000", "test:7001", "test:7002"
#: sha256 of a document somebody showed.
EVIDENCE = "0" * 64


def post(number, author, text=None, **more):
    """One row of an export; everybody is of age, and joined in 2020."""
    row = {"id": f"test:{number}", "author": author, "handle": f"name_{author[-4:]}", "network": "test", "visibility": "public"}
    row |= {"created_at": "2024-01-01T10:00:00Z", "born_on": "1990-05-05", "jurisdiction": "ID"}
    return row | {"joined_at": "2020-01-01T00:00:00Z", "text": text or " ".join(random.Random(number).choices(WORDS, k=9))} | more


WORLD = World([post(1, ALICE), post(2, ALICE), post(3, BELA), post(4, BELA), post(5, CARA)])


def take(root, *rows, mapping=()):
    """Ingest rows as JSON lines."""
    path = root.parent / "told.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    if not mapping:
        return ownwords.ingest(root, "jsonl", (str(path),))
    columns = "[columns]\n" + "".join(f'{name} = "{name}"\n' for name in rows[0] if name not in mapping)
    (root.parent / "map.toml").write_text(columns + "[signals]\n" + "".join(f'{name} = "{name}"\n' for name in mapping))
    return ownwords.ingest(root, "jsonl", (str(path),), mapping=str(root.parent / "map.toml"))


def why(root, number, purpose="train_ai"):
    """Whether a record may be used, and by which rule."""
    said = ownwords.permit(root, "why", f"test:{number}", purpose)
    return said["allowed"], said["rule"]


def allowed(root, account, purpose="train_ai"):
    """Of how many of an account's records the gate says yes."""
    house = House.open(root)
    rows = house.decided(house.store().scan().filter(pl.col("account_id") == account), purpose)
    return rows.filter(pl.col("allowed")).collect().height


def given(root, artifact="dataset"):
    """The rows an artifact gives, by record."""
    return {name: row for row in ownwords.use(root, artifact, "rows") for name in row.get("record_ids", ())}


@pytest.fixture
def root(tmp_path):
    """Three people of whom everybody has said yes."""
    root = tmp_path / "w"
    ownwords.init(root)
    take(root, *WORLD.rows)
    for person in (ALICE, BELA, CARA):
        ownwords.consent(root, "give", person, "train_ai")
    return root


# --- ids that come back -------------------------------------------------------------------------------------------------------


def test_id_reuse_after_deletion(root):
    """The network gives the id of a deleted account to somebody new: the old consent is not theirs, nor are the old words."""
    assert why(root, 1) == (True, "9")
    take(root, post(11, ALICE, joined_at="2026-09-01T00:00:00Z", handle="newcomer_1", created_at="2026-10-01T00:00:00Z"))
    assert why(root, 11) == (False, "3")
    assert why(root, 1) == (False, "3")
    assert allowed(root, BELA) == 2
    with pytest.raises(NotPermitted, match="rule 3"):
        ownwords.consent(root, "give", ALICE, "train_ai")


def test_id_reuse_after_deletion_told_by_two_dumps_at_once_the_newer_first(root, tmp_path):
    rows = [
        post(22, "test:7010", joined_at="2026-01-01T00:00:00Z", created_at="2026-10-01T00:00:00Z"),
        post(21, "test:7010", joined_at="2019-01-01T00:00:00Z"),
    ]
    paths = [str(World([row]).write(tmp_path / f"dump-{n}.jsonl")) for n, row in enumerate(rows)]
    ownwords.ingest(root, "jsonl", tuple(paths))
    ownwords.permit(root, "adopt", "public-analysis")
    assert why(root, 22, "analyse_brand") == (False, "3")


def test_an_id_verified_to_be_the_same_persons_is_not_disputed_again_for_the_same_date(root):
    again = post(11, ALICE, joined_at="2026-09-01T00:00:00Z")
    take(root, again)
    with pytest.raises(NotPermitted):
        ownwords.consent(root, "state", ALICE, "active", by="import")
    ownwords.consent(root, "state", ALICE, "active", evidence=EVIDENCE)
    take(root, again, post(12, ALICE, joined_at="2026-09-01T00:00:00Z"))
    assert why(root, 12) == (True, "9")


def test_id_reuse_is_not_seen_in_a_date_told_less_exactly(root):
    take(root, post(11, ALICE, joined_at="2020-01-01T14:31:07Z"))
    assert why(root, 11) == (True, "9")


def test_id_reuse_after_deletion_told_as_active(root):
    """A deleted account that a later export tells as active stays deleted: nobody knows whether it is the same person."""
    take(root, WORLD.rows[0] | {"account_state": "deleted"})
    take(root, post(11, ALICE, account_state="active"))
    assert why(root, 11) == why(root, 1) == (False, "3")
    ownwords.consent(root, "state", BELA, "deleted")
    take(root, post(12, BELA, account_state="active"))
    assert why(root, 12) == (False, "3")
    with pytest.raises(NotPermitted, match="rule 3"):
        ownwords.consent(root, "state", BELA, "active")


def test_id_reuse_after_forgetting(root):
    """After `forget` the id stays out, with whoever bears it now, and so does every decision in its name."""
    ownwords.forget(root, ALICE)
    said = take(root, post(11, ALICE, handle="newcomer_1", joined_at="2026-09-01T00:00:00Z"))
    assert said["reasons"] == {"forgotten": 1}
    with pytest.raises(NotFound):
        ownwords.consent(root, "give", ALICE, "train_ai")
    assert House.open(root).ledger.decisions(accounts=[ALICE]).is_empty()


def test_handle_reuse_takes_no_consent_along(root):
    """Somebody new takes the handle that a consent was given under: it stays with the account it was given for."""
    ownwords.consent(root, "give", "test:@name_7000", "train_ai")
    take(root, post(31, ALICE, handle="renamed_1"), post(32, "test:7020", handle="name_7000"))
    assert why(root, 31) == (True, "9")
    assert why(root, 32) == (False, "11")


def test_handle_change_does_not_shed_a_refusal(root, tmp_path):
    """A list refused for a handle before it was known whose it is; its bearer is bound, under whatever name they go on."""
    (tmp_path / "list.txt").write_text("test:@bearer_77\n")
    ownwords.consent(root, "import", str(tmp_path / "list.txt"), "analyse_brand")
    ownwords.permit(root, "adopt", "public-analysis")
    late = {"created_at": "2026-10-10T10:00:00Z"}
    take(root, post(41, "test:7030", handle="Bearer_77", **late))
    assert why(root, 41, "analyse_brand") == (False, "8")
    take(root, post(42, "test:7030", handle="somebody_else_1", **late))
    assert why(root, 41, "analyse_brand") == why(root, 42, "analyse_brand") == (False, "8")


def test_ids_as_floats(root):
    """Ids beyond 2^53 that a spreadsheet made numbers would be two people's: they are refused, and written in full they are two."""
    near = [f"test:{2**53 + k}" for k in (0, 1)]
    take(root, post(51, near[0]), post(52, near[1]))
    ownwords.consent(root, "give", near[0], "train_ai")
    assert (why(root, 51), why(root, 52)) == ((True, "9"), (False, "11"))
    assert take(root, post(53, "test:9.007199254740992e15"))["records"] == 0


# --- words that change their audience or themselves ---------------------------------------------------------------------------


def test_public_protected_public(root):
    """What was once told as protected is not opened by being told as public: neither the account nor the record."""
    ownwords.build(root, "dataset", form="flat")
    take(root, WORLD.rows[0] | {"account_state": "protected"})
    assert (why(root, 1), why(root, 2)) == ((False, "3"), (False, "3"))
    assert ownwords.prove(root, "dataset")["owing"] == 2
    take(root, WORLD.rows[0] | {"account_state": "active"}, post(61, ALICE))
    assert why(root, 1) == why(root, 61) == (False, "3")
    assert not {"test:1", "test:2"} & given(root).keys()
    ownwords.consent(root, "state", ALICE, "active")
    assert why(root, 1) == (True, "9")
    assert ownwords.prove(root, "dataset")["owing"] == 0
    take(root, WORLD.rows[1] | {"account_state": "protected"})
    assert why(root, 1) == (False, "3")


def test_public_protected_public_of_one_record(root):
    """Said to followers once, public ever after: without its author's own word it is not used."""
    ownwords.permit(root, "adopt", "public-analysis")
    late = {"created_at": "2026-10-10T10:00:00Z"}
    take(root, post(71, "test:7040", **late), post(72, "test:7040", **late))
    assert why(root, 71, "analyse_brand") == (True, "10")
    for visibility in ("followers", "public"):
        take(root, post(71, "test:7040", visibility=visibility, **late))
        assert why(root, 71, "analyse_brand") == (False, "2")
    assert why(root, 72, "analyse_brand") == (True, "10")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"quotes": "test:999"}, "7"),
        ({"category": "repost", "repost_of": "test:999"}, "7"),
        ({"special-category": "health"}, "6"),
        ({"category": "face"}, "6"),
        ({"visibility": "direct"}, "2"),
        ({"state": "deleted"}, "2"),
        ({"terms": "x-developer-agreement"}, "8"),
    ],
)
def test_edit_after_consent(root, change, rule):
    """A consent covers a record as it stands: what an edit adds is asked about anew, in the store and in what was made of it."""
    ownwords.build(root, "dataset", form="flat")
    assert "test:1" in given(root)
    take(root, WORLD.rows[0] | {"text": "an edited text of mine"} | change, mapping=tuple({"special-category"} & change.keys()))
    assert why(root, 1) == (False, rule)
    assert ownwords.prove(root, "dataset")["owing"] == 1
    assert "test:1" not in given(root)


def test_edit_after_consent_for_that_record_alone(root):
    """A consent for one record is for that record; an edit that quotes somebody is not covered, and no other record ever was."""
    ownwords.consent(root, "withdraw", ALICE, "train_ai")
    ownwords.consent(root, "give", ALICE, "train_ai", record="test:1")
    take(root, WORLD.rows[0] | {"text": "quite other words", "quotes": "test:5"})
    assert why(root, 1)[0] is False


def test_edit_after_consent_takes_no_face_for_a_post(root):
    take(root, post(76, ALICE, category="face"))
    take(root, post(76, ALICE, category="post"))
    assert why(root, 76) == (False, "6")


@pytest.mark.parametrize(("mark", "value", "rule"), [("special-category", "health", "6"), ("train-ai", "n", "8")])
def test_edit_after_consent_sheds_no_mark(root, mark, value, rule):
    """A later copy that carries another signal, or none, does not take off the one that was found with the record before."""
    take(root, WORLD.rows[0] | {mark: value, "gpc": ""}, mapping=(mark, "gpc"))
    assert why(root, 1) == (False, rule)
    take(root, WORLD.rows[0] | {mark: "", "gpc": "0"}, mapping=(mark, "gpc"))
    assert why(root, 1) == (False, rule)
    take(root, WORLD.rows[0] | {"text": "edited words"})
    assert why(root, 1) == (False, rule)


def test_edit_after_consent_does_not_lead_out_of_a_refusal(root):
    """A refusal of replies holds for a record that a later copy tells as a post, as one does that knows no better."""
    take(root, post(75, ALICE, category="reply"))
    ownwords.consent(root, "refuse", ALICE, "train_ai", category="reply")
    assert why(root, 75) == (False, "8")
    take(root, post(75, ALICE, category="post"))
    assert why(root, 75) == (False, "8")


# --- other people's words -----------------------------------------------------------------------------------------------------


def quoting(root, **more):
    """Bela's post 80 quotes Alice's post 1."""
    take(root, post(80, BELA, quotes="test:1", **more))


@pytest.mark.parametrize("no", ["refuse", "withdraw", "object"])
def test_quote_laundering(root, no):
    """Who said no is not used through somebody who quotes, reposts, or quotes a quote."""
    quoting(root)
    take(root, post(81, CARA, quotes="test:80"), post(82, CARA, category="repost", repost_of="test:1"))
    assert (why(root, 80), why(root, 81), why(root, 82)) == ((True, "9"), (False, "7"), (True, "9"))
    ownwords.consent(root, no, ALICE, "train_ai")
    assert why(root, 80) == why(root, 81) == why(root, 82) == (False, "7")


def test_quote_laundering_through_an_elevated_use(root):
    """Whoever quotes agrees to more than the quoted: the narrower of both counts."""
    quoting(root)
    ownwords.consent(root, "give", BELA, "train_ai.third_party")
    assert why(root, 3, "train_ai.third_party") == (True, "9")
    assert why(root, 80, "train_ai.third_party") == (False, "7")


def test_quote_laundering_of_who_is_not_held_or_is_forgotten(root):
    quoting(root)
    take(root, post(83, BELA, quotes="test:99999"))
    assert why(root, 83) == (False, "7")
    ownwords.forget(root, ALICE)
    assert why(root, 80) == (False, "7")


def test_a_quoted_authors_withdrawal_is_owed_and_stops_the_quoting_row(root):
    quoting(root)
    ownwords.build(root, "dataset", form="flat")
    assert "test:80" in given(root)
    ownwords.consent(root, "withdraw", ALICE, "train_ai")
    assert ownwords.prove(root, "dataset")["owing"] == 3
    assert given(root).keys() == {"test:3", "test:4", "test:5"}
    ownwords.build(root, "dataset", form="flat")
    assert ownwords.prove(root, "dataset")["owing"] == 0


def test_a_quoted_authors_withdrawal_while_rows_come(root):
    quoting(root)
    take(root, *(post(200 + n, CARA) for n in range(20)))
    ownwords.build(root, "dataset", form="flat", held_out=0)
    answers = ownwords.use(root, "dataset", "rows")
    first = next(answers)
    ownwords.consent(root, "withdraw", ALICE, "train_ai")
    time.sleep(0.3)
    rest = {name for row in answers for name in row.get("record_ids", ())}
    assert not {"test:1", "test:2", "test:80"} & rest
    assert len(rest) > 15
    assert first


def test_forgetting_a_quoted_author_takes_the_quoting_row_out_of_what_was_made(root, tmp_path):
    """Law 2 for quotes: what is built again is what a workspace without the quoted author builds."""
    quoting(root)
    ownwords.build(root, "dataset", form="flat")
    receipt = ownwords.forget(root, ALICE)
    never = tmp_path / "never"
    ownwords.init(never)
    take(never, *(row for row in WORLD.rows if row["author"] != ALICE), post(80, BELA, quotes="test:1"))
    for person in (BELA, CARA):
        ownwords.consent(never, "give", person, "train_ai")
    made = ownwords.build(never, "dataset", form="flat")
    assert "dataset/v1" in receipt["touched"]
    assert ownwords.prove(root, "dataset")["content_hash"] == made["content_hash"]
    assert given(root).keys() == {"test:3", "test:4", "test:5"}


def test_a_model_made_of_a_quote_is_refused_once_the_quoted_author_withdraws(root):
    pytest.importorskip("torch", reason="the extra 'train' is not installed")
    quoting(root)
    take(root, *(post(200 + n, CARA) for n in range(20)))
    ownwords.build(root, "dataset", form="flat")
    ownwords.build(root, "model", steps=2, width=32, layers=1, vocab=300, context=32, batch=2, threads=1)
    assert list(ownwords.use(root, "model", "generate", prompt="river"))
    ownwords.consent(root, "withdraw", ALICE, "train_ai")
    with pytest.raises(NotPermitted, match="no longer permitted"):
        list(ownwords.use(root, "model", "generate", prompt="river"))


def test_cross_posted_duplicate_with_conflicting_consent(root):
    """A copy of words that were refused where they were first said is not used, though whoever copied them agreed."""
    take(root, post(91, "test:7050", WORLD.rows[0]["text"], repost_of="test:1"))
    ownwords.consent(root, "give", "test:7050", "train_ai")
    assert why(root, 91) == (True, "9")
    ownwords.consent(root, "refuse", ALICE, "train_ai")
    assert why(root, 91) == (False, "7")
    ownwords.build(root, "dataset", form="flat")
    assert given(root).keys() == {"test:3", "test:4", "test:5"}


def test_cross_posted_duplicate_with_conflicting_consent_on_two_networks(root):
    """Each account decides on what was said there; neither decision carries to the other, and a copy that names its source needs both."""
    there = {"network": "there", "handle": "over_there_9", "text": WORLD.rows[0]["text"], "joined_at": None}
    take(root, post(1, "9", **there) | {"id": "1"}, post(2, "9", **there, repost_of="test:1") | {"id": "2"})
    ownwords.consent(root, "give", "there:9", "train_ai")
    ownwords.consent(root, "refuse", ALICE, "train_ai")
    answers = [ownwords.permit(root, "why", record, "train_ai") for record in ("test:1", "there:1", "there:2")]
    assert [(said["allowed"], said["rule"]) for said in answers] == [(False, "8"), (True, "9"), (False, "7")]


def test_cross_posted_duplicate_with_conflicting_consent_under_one_id(root):
    """One file tells one record of two authors, first of one who said no: the record stays theirs, and goes with them."""
    ownwords.consent(root, "refuse", ALICE, "train_ai")
    take(root, post(90, ALICE, "one and the same words"), post(90, BELA, "one and the same words"))
    assert why(root, 90) == (False, "8")
    assert allowed(root, BELA) == 2
    ownwords.forget(root, ALICE)
    with pytest.raises(NotFound):
        why(root, 90)


@pytest.mark.parametrize("said", [{}, {"author": BELA, "handle": "name_7001"}])
def test_cross_posted_duplicate_with_conflicting_consent_told_later(root, said):
    """A later dump that ascribes a held record to somebody who said yes does not make it theirs."""
    ownwords.consent(root, "refuse", ALICE, "train_ai")
    take(root, WORLD.rows[0] | said)
    assert why(root, 1) == (False, "8")
    assert allowed(root, BELA) == 2


# --- decisions while something runs -------------------------------------------------------------------------------------------


def test_withdrawal_during_export(root, monkeypatch):
    """However slowly rows are taken, a second after the withdrawal none of that person's comes any more; nor after several pages."""
    monkeypatch.setattr("ownwords.products.dataset.serve.PAGE", 7)
    take(root, *(post(200 + n, ALICE) for n in range(40)), *(post(300 + n, BELA) for n in range(40)))
    ownwords.build(root, "dataset", form="flat", held_out=0)
    theirs = {f"test:{n}" for n in (1, 2, *range(200, 240))}
    came, withdrawn = [], None
    for row in ownwords.use(root, "dataset", "rows"):
        came.append((time.monotonic(), set(row.get("record_ids", ()))))
        if len(came) == 3:
            ownwords.consent(root, "withdraw", ALICE, "train_ai")
            withdrawn = time.monotonic()
        time.sleep(0.05)
    late = [names for at, names in came if at > withdrawn + 1]
    assert len(late) > 5
    assert not any(names & theirs for names in late)


def test_withdrawal_during_export_of_a_model_answer(root):
    """What serves weights stops in the middle of an answer."""
    pytest.importorskip("torch", reason="the extra 'train' is not installed")
    take(root, *(post(200 + n, CARA) for n in range(20)))
    ownwords.build(root, "dataset", form="flat")
    ownwords.build(root, "model", steps=2, width=32, layers=1, vocab=300, context=32, batch=2, threads=1)
    answers = ownwords.use(root, "model", "generate", prompt="river", max_tokens=10_000)
    next(answers)
    ownwords.consent(root, "withdraw", ALICE, "train_ai")
    time.sleep(0.3)
    with pytest.raises(NotPermitted, match="no longer permitted"):
        list(answers)


@pytest.mark.parametrize("stop", ["withdraw", "protect", "forget"])
def test_withdrawal_during_a_build(root, monkeypatch, stop):
    """Somebody says no while rows are being made into something: what is committed does not hold them."""
    from ownwords.products.dataset import make

    build, n_runs = make.build, []

    def slowly(*given):
        built = build(*given)
        n_runs.append(len(built.origins))
        if len(n_runs) == 1:
            acts = {
                "withdraw": lambda: ownwords.consent(root, "withdraw", ALICE, "train_ai"),
                "protect": lambda: ownwords.consent(root, "state", ALICE, "protected"),
                "forget": lambda: ownwords.forget(root, ALICE),
            }
            acting = threading.Thread(target=acts[stop])
            acting.start()
            acting.join()
        return built

    monkeypatch.setattr(make, "build", slowly)
    ownwords.build(root, "dataset", form="flat")
    assert n_runs[:2] == [5, 3]
    assert given(root).keys() == {"test:3", "test:4", "test:5"}
    assert ownwords.prove(root, "dataset")["owing"] == 0


def test_withdrawal_of_a_quoted_author_during_a_build(root, monkeypatch):
    from ownwords.products.dataset import make

    quoting(root)
    build, n_runs = make.build, []

    def slowly(*given):
        built = build(*given)
        n_runs.append(len(built.origins))
        if len(n_runs) == 1:
            ownwords.consent(root, "withdraw", ALICE, "train_ai")
        return built

    monkeypatch.setattr(make, "build", slowly)
    ownwords.build(root, "dataset", form="flat")
    assert n_runs == [6, 3]
    assert given(root).keys() == {"test:3", "test:4", "test:5"}


# --- what was published, and what was written ---------------------------------------------------------------------------------


def edited(folder, version="1", **change):
    """The policy public-analysis with words changed, in a folder of its own."""
    source = builtin_path("public-analysis")
    folder.mkdir(exist_ok=True)
    words = source.read_text()
    for old, new in change.get("words", []):
        assert old in words
        words = words.replace(old, new)
    path = folder / source.name
    path.write_text(words)
    for text in source.parent.glob("*.md"):
        (folder / text.name).write_bytes(text.read_bytes())
    return path


def test_retroactive_policy_edit(root, tmp_path):
    """A policy's file that is changed after its adoption stops everything; the same version cannot be published twice."""
    ownwords.build(root, "dataset")
    ownwords.permit(root, "adopt", "public-analysis")
    before = ownwords.permit(root, "show", "train_ai")["allowed"]
    (adopted,) = [path for path in (root / "policy").rglob("policy.yaml") if "public-analysis" in path.read_text()]
    kept = adopted.read_text()
    adopted.write_text(kept.replace("[train_ai, license.analysis", "[license.analysis"))
    for ask in (
        lambda: ownwords.permit(root, "show", "train_ai"),
        lambda: ownwords.permit(root, "why", "test:1", "train_ai"),
        lambda: ownwords.build(root, "dataset", purpose="analyse_brand"),
        lambda: list(ownwords.use(root, "dataset", "summary")),
        lambda: list(ownwords.use(root, "dataset", "rows")),
    ):
        with pytest.raises(NotProven, match="not the one that was adopted"):
            ask()
    adopted.write_text(kept)
    assert ownwords.permit(root, "show", "train_ai")["allowed"] == before
    with pytest.raises(BadPolicy, match="adopted before"):
        ownwords.permit(root, "adopt", str(edited(tmp_path / "again", words=[("[train_ai, license.analysis", "[license.analysis")])))


def test_retroactive_policy_edit_changes_no_decision_that_was_made(root):
    """A new policy decides from its adoption on; what was decided before stays what it was, and is still told so."""
    take(root, post(95, "test:7060", created_at="2026-10-10T10:00:00Z"))
    time.sleep(0.01)
    then = time_now()
    time.sleep(0.01)
    ownwords.permit(root, "adopt", "public-analysis")
    assert why(root, 95, "analyse_brand") == (True, "10")
    said = ownwords.permit(root, "why", "test:95", "analyse_brand", as_of=then)
    assert (said["allowed"], said["rule"]) == (False, "11")


def time_now():
    from ownwords.core import clock

    return clock.to_text(clock.now())


@pytest.mark.parametrize("typo", ["train_iq", "Train_AI", "train-ai", "train_ai ", "train_ai.thirdparty", "simulate"])
def test_purpose_typo(root, tmp_path, typo):
    """A misspelt purpose gives nothing, takes nothing back in silence, and leaves nothing in the ledger."""
    before = House.open(root).ledger.head()
    (tmp_path / "list.txt").write_text(ALICE)
    for action in ("give", "withdraw", "refuse", "object", "renew", "expire"):
        with pytest.raises(NotFound, match="purpose"):
            ownwords.consent(root, action, ALICE, typo)
    for ask in (
        lambda: ownwords.consent(root, "import", str(tmp_path / "list.txt"), typo),
        lambda: ownwords.permit(root, "show", typo),
        lambda: ownwords.permit(root, "why", "test:1", typo),
        lambda: ownwords.build(root, "dataset", purpose=typo),
    ):
        with pytest.raises(NotFound, match="purpose"):
            ask()
    assert House.open(root).ledger.head() == before


def test_purpose_typo_in_a_policy(root, tmp_path):
    with pytest.raises(BadPolicy, match="analyse_brnd"):
        ownwords.permit(root, "adopt", str(edited(tmp_path / "typo", words=[("analyse_brand", "analyse_brnd")])))
