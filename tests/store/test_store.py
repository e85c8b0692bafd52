"""Rows at rest: one current revision each, nothing twice, nothing of the dead left behind."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise, permutations

import polars as pl
import pytest

from ownwords.core.schemas import ACCOUNTS, PARSED, RECORDS, conform
from ownwords.store.staging import Staging
from ownwords.store.store import Store, Versions
from ownwords.store.table import bucket_of, buckets_of


class Shelf:
    """A store and the versions it is at."""

    def __init__(self, tmp_path):
        self.folder = tmp_path / "store"
        self.store = Store.create(self.folder)
        self.n_batches = 0

    def take(self, rows, private=()):
        self.n_batches += 1
        staged = self.folder.parent / f"staged-{self.n_batches}"
        staged.mkdir()
        staging = Staging(staged, f"b{self.n_batches}")
        staging.add(conform(pl.DataFrame(rows, infer_schema_length=None), PARSED))
        if private:
            staging.hear(conform(pl.DataFrame(private, infer_schema_length=None), PARSED))
        version = self.store.records.append(staging.frames(self.store), staging.batch)
        self.store = Store(self.folder, Versions(version, self.store.versions.accounts, max(staging.next_no, self.store.versions.next_no)))
        return staging

    def rows(self):
        return self.store.scan().collect()


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path)


def post(number, account="x:1", text="hello", **more):
    return {"record_id": f"x:{number}", "account_id": account, "network": "x", "state": "live", "text": text, **more}


def test_the_same_rows_twice_are_there_once(shelf):
    rows = [post(n, account=f"x:{n % 5}") for n in range(40)]
    assert shelf.take(rows).n_new == 40
    again = shelf.take(rows)
    assert (again.n_new, again.n_changed, again.n_unchanged) == (0, 0, 40)
    assert shelf.rows().height == 40


def test_a_changed_row_is_a_new_revision_and_the_newest_counts(shelf):
    shelf.take([post(1, text="old"), post(2)])
    assert shelf.take([post(1, text="new"), post(2)]).n_changed == 1
    assert shelf.rows().filter(pl.col("record_id") == "x:1").select("text", "revision").row(0) == ("new", 1)
    assert shelf.rows().height == 2


def test_a_deleted_row_does_not_come_back_with_an_old_export(shelf):
    shelf.take([post(1)])
    shelf.take([post(1, state="deleted")])
    assert shelf.take([post(1)]).n_unchanged == 1
    assert shelf.rows()["state"].to_list() == ["deleted"]


def test_rows_without_native_id_are_told_apart_by_content_and_ordinal(shelf):
    rows = [post(None, text="same") | {"record_id": None}] * 3
    assert shelf.take(rows).n_new == 3
    assert shelf.take(rows).n_unchanged == 3
    assert shelf.rows()["record_id"].n_unique() == 3


def test_record_numbers_are_never_used_twice_and_carry_their_bucket(shelf):
    for n in range(5):
        shelf.take([post(n * 10 + k, account=f"x:{k}") for k in range(10)])
    rows = shelf.rows()
    assert rows["record_no"].n_unique() == rows.height == 50
    assert (rows["record_no"] // (1 << 48)).to_list() == rows["bucket"].to_list()


def test_buckets_are_stable_and_cover_null():
    # Pinned: a workspace written today must be read for ever.
    assert (bucket_of("x:12"), bucket_of("reddit:t2_abc")) == (29, 18)
    assert buckets_of(pl.Series(["x:12", None, "x:12"])).to_list() == [29, bucket_of(None), 29]


def test_an_empty_batch_is_legal(shelf):
    staged = shelf.folder.parent / "none"
    staged.mkdir()
    staging = Staging(staged, "none")
    staging.add(pl.DataFrame(schema=PARSED))
    shelf.store.records.append(staging.frames(shelf.store), "none")
    assert shelf.rows().height == 0


def test_files_hold_plain_strings_and_no_statistics(shelf):
    shelf.take([post(n) for n in range(10)])
    path = next(shelf.folder.glob("records/bucket=*/*.parquet"))
    assert pl.read_parquet_schema(path)["text"] == pl.String
    log = "".join(p.read_text() for p in shelf.folder.glob("records/_delta_log/*.json"))
    assert "hello" not in log
    assert "x:1" not in log


def test_numbers_find_their_rows(shelf):
    shelf.take([post(n, account=f"x:{n}") for n in range(30)])
    wanted = shelf.rows().filter(pl.col("record_id").is_in(["x:3", "x:17"]))["record_no"]
    assert sorted(shelf.store.by_numbers(wanted).collect()["record_id"]) == ["x:17", "x:3"]


def test_a_bucket_of_many_files_is_compacted(shelf):
    for n in range(18):
        shelf.take([post(n)])
    assert shelf.store.records.crowded() == [bucket_of("x:1")]
    before = shelf.rows().sort("record_id")
    shelf.store = Store(shelf.folder, Versions(shelf.store.compact(), 0, shelf.store.versions.next_no))
    assert shelf.store.records.crowded() == []
    assert shelf.rows().sort("record_id").equals(before)


def test_clean_leaves_only_what_the_newest_version_names(shelf):
    shelf.take([post(n, text="alpha beta") for n in range(5)])
    keep = shelf.rows().filter(pl.col("record_id") == "x:1")
    bucket = bucket_of("x:1")
    version = shelf.store.records.overwrite([bucket], conform(keep, RECORDS))
    orphan = shelf.folder / "records" / f"bucket={bucket}" / "part-orphan.parquet"
    orphan.write_bytes(b"left by a killed writer")
    shelf.store.records.clean()
    assert not orphan.exists()
    assert len(list(shelf.folder.glob("records/bucket=*/*"))) == 1
    assert [p.suffix for p in (shelf.folder / "records" / "_delta_log").iterdir() if p.suffix == ".json"] == [".json"]
    assert shelf.store.records.version() == version


def test_roll_back_brings_the_committed_rows_again(shelf):
    shelf.take([post(1)])
    committed = shelf.store.versions.records
    shelf.take([post(2)])
    version = shelf.store.records.roll_back(committed)
    assert Store(shelf.folder, Versions(version, 0, 9)).scan().collect()["record_id"].to_list() == ["x:1"]


def test_accounts_keep_what_is_known_and_learn_what_is_new(shelf):
    def people(rows):
        return conform(pl.DataFrame(rows), ACCOUNTS)

    first = shelf.store.merge_accounts(people([{"account_id": "x:1", "network": "x", "handle": "a", "state": "active"}]))
    store = Store(shelf.folder, Versions(0, first, 1))
    second = store.merge_accounts(
        people([{"account_id": "x:1", "network": "x", "state": "protected"}, {"account_id": "x:2", "network": "x"}])
    )
    found = Store(shelf.folder, Versions(0, second, 1)).accounts().sort("account_id")
    assert found.select("handle", "state").rows() == [("a", "protected"), (None, None)]


def test_a_notice_that_names_nobody_finds_the_post_it_is_about(shelf):
    shelf.take([post(1, account="x:5"), post(2, account="x:6")])
    said = shelf.take([post(1, account=None, state="deleted", text=None), post(9, account=None)])
    assert (said.n_new, said.n_changed) == (1, 1)
    rows = shelf.rows().sort("record_id")
    assert rows.select("record_id", "state", "account_id").rows() == [
        ("x:1", "deleted", "x:5"),
        ("x:2", "live", "x:6"),
        ("x:9", "live", None),
    ]


def test_an_old_number_leads_to_the_current_revision(shelf):
    shelf.take([post(1, text="old"), post(2)])
    old = shelf.rows().filter(pl.col("record_id") == "x:1")["record_no"]
    shelf.take([post(1, text="new")])
    now = shelf.rows().filter(pl.col("record_id") == "x:1")["record_no"]
    assert shelf.store.successors(old).collect()["now"].to_list() == now.to_list() != old.to_list()
    assert set(old) | set(now) <= set(shelf.store.numbers_of(["x:1"]))


def signal(value):
    return [{"name": "train-ai", "value": value, "set_by": "x:1", "at": None}]


def test_a_changed_signal_is_a_change_and_silence_is_not(shelf):
    shelf.take([post(1, signals=signal("y"))])
    assert shelf.take([post(1, signals=signal("n"))]).n_changed == 1
    assert shelf.take([post(1)]).n_unchanged == 1
    assert shelf.rows()["signals"].to_list()[0][0]["value"] == "n"


def test_rows_that_differ_in_a_list_alone_are_one_record_with_the_list(shelf):
    shelf.take([post(1, signals=signal("n")), post(1)])
    assert shelf.rows()["signals"].to_list() == [signal("n")]
    assert shelf.take([post(1), post(1, signals=signal("n"))]).n_unchanged == 2


@pytest.mark.parametrize("revisions", [[0, 1, 2], [0, 0, 1], [1, 1, 1], [2, 1, 0]])
def test_many_revisions_in_one_batch_leave_one_current_row(shelf, revisions):
    rows = [post(1, text=f"text {k}", revision=revision) for k, revision in enumerate(revisions)]
    shelf.take([post(1, text="before")])
    said = shelf.take(rows)
    assert said.n_changed + said.n_unchanged == 3
    assert shelf.rows().height == 1
    newest = max(range(3), key=lambda k: (revisions[k], k))
    assert shelf.rows()["text"].to_list() == [f"text {newest}"]
    assert shelf.take(rows).n_unchanged == 3
    assert shelf.rows()["text"].to_list() == [f"text {newest}"]


def test_a_record_under_a_second_name_of_its_author_is_there_once(shelf):
    shelf.take([post(1, account="x:old")])
    shelf.take([post(1, account="x:new", text="edited")])
    assert shelf.rows().select("account_id", "text").rows() == [("x:old", "edited")]


def test_an_edit_beside_a_nameless_copy_is_not_lost(shelf):
    shelf.take([post(1, text="old")])
    shelf.take([post(1, text="edited"), post(1, account=None, text="old")])
    assert "edited" in shelf.store.records.scan(shelf.store.versions.records).collect()["text"].to_list()
    assert shelf.rows().height == 1


def test_a_new_score_is_no_edit_but_a_new_employer_is(shelf):
    shelf.take([post(1, category="post", attributes='{"score":1}'), post(2, category="position", attributes='{"employer":"a"}')])
    said = shelf.take([post(1, category="post", attributes='{"score":2}'), post(2, category="position", attributes='{"employer":"b"}')])
    assert (said.n_changed, said.n_unchanged) == (1, 1)


def test_an_author_who_becomes_known_is_taken_over(shelf):
    shelf.take([post(1, account=None)])
    shelf.take([post(1, account="x:7")])
    assert shelf.rows()["account_id"].to_list() == ["x:7"]


WIDEST_FIRST = ("public", "unlisted", "followers", "group", "direct", "private")


@pytest.mark.parametrize("order", list(permutations(["public", "followers", None, "unknown"], 3)))
@pytest.mark.parametrize("n_held", [0, 1])
def test_the_narrowest_visibility_counts_whatever_the_order(shelf, order, n_held):
    rows = [post(1, text=f"text {k}", revision=k, visibility=seen) for k, seen in enumerate(order)]
    for part in (rows[:n_held], rows[n_held:]):
        shelf.take([*part, post(2, visibility="public")])
    narrowest = "followers" if "followers" in order else "public"
    assert shelf.rows().sort("record_id").select("text", "visibility").rows() == [("text 2", narrowest), ("hello", "public")]
    assert shelf.take(rows).n_changed == 0
    assert shelf.rows().height == 2


@pytest.mark.parametrize(("wide", "narrow"), [*pairwise(WIDEST_FIRST), ("unknown", "followers"), (None, "unlisted")])
def test_narrowing_is_a_change_and_widening_is_none(shelf, wide, narrow):
    shelf.take([post(1, visibility=wide)])
    assert shelf.take([post(1, visibility=narrow)]).n_changed == 1
    assert shelf.take([post(1, visibility=wide)]).n_unchanged == 1
    assert shelf.rows()["visibility"].to_list() == [narrow]


def test_a_visibility_that_was_unknown_is_learnt(shelf):
    shelf.take([post(1, visibility="unknown"), post(2)])
    assert shelf.take([post(1, visibility="public"), post(2, visibility="public")]).n_changed == 2
    assert shelf.rows()["visibility"].to_list() == ["public", "public"]


@pytest.mark.parametrize("state", ["live", "deleted"])
def test_an_old_row_narrows_the_newest_and_does_not_bring_its_words_back(shelf, state):
    shelf.take([post(1, text="new", revision=5, visibility="public", state=state)])
    said = shelf.take([post(1, text="old", revision=2, visibility="followers")])
    assert (said.n_new, said.n_changed, said.n_unchanged) == (0, 1, 0)
    assert shelf.rows().select("text", "visibility", "state").rows() == [("new", "followers", state)]


def test_a_record_told_under_two_authors_in_one_run_is_as_narrow_in_both(shelf):
    shelf.take([post(1, account="x:1", visibility="public"), post(1, account="x:2", visibility="followers")])
    assert set(shelf.rows()["visibility"]) == {"followers"}


@pytest.mark.parametrize("private", ["direct", "group", "private"])
def test_a_record_that_is_now_private_is_withdrawn_without_its_words(shelf, private):
    more = {"attributes": '{"a":1}', "mentions": ["x:2"], "audience": ["x:3"], "language": "en"}
    shelf.take([post(1, visibility="public", created_at=None, **more), post(2, visibility="public")])
    said = shelf.take([], private=[post(1, visibility=private), post(3, visibility=private), post(2, visibility=None)])
    assert (said.n_new, said.n_changed, said.n_unchanged) == (0, 1, 0)
    rows = shelf.rows().sort("record_id")
    assert rows.select("record_id", "account_id", "visibility", "text").rows() == [
        ("x:1", "x:1", private, None),
        ("x:2", "x:1", "public", "hello"),
    ]
    assert rows.select(list(more)).row(0) == (None, None, None, None)
    assert shelf.take([], private=[post(1, visibility=private)]).n_changed == 0


def test_a_withdrawn_record_does_not_come_back_with_an_old_export(shelf):
    shelf.take([post(1, visibility="public")])
    shelf.take([], private=[post(1, account=None, visibility="private")])
    assert shelf.take([post(1, visibility="public")]).n_unchanged == 1
    assert shelf.rows().select("visibility", "text").rows() == [("private", None)]


def test_a_record_that_is_private_elsewhere_in_the_run_comes_in_without_its_words(shelf):
    shelf.take([post(1, visibility="public"), post(2, visibility="public")], private=[post(1, account="x:9", visibility="direct")])
    assert shelf.rows().sort("record_id").select("visibility", "text").rows() == [("direct", None), ("public", "hello")]


def test_private_rows_without_native_id_find_what_they_were(shelf):
    bare = post(1, visibility="public") | {"record_id": None}
    shelf.take([bare])
    assert shelf.take([], private=[bare | {"visibility": "private"}]).n_changed == 1
    assert shelf.rows().select("visibility", "text").rows() == [("private", None)]


def test_the_terms_of_the_copy_that_came_last_count(shelf):
    shelf.take([post(1, terms="own-export")])
    assert shelf.take([post(1, terms="reddit-data-api")]).n_changed == 1
    assert shelf.take([post(1)]).n_unchanged == 1
    assert shelf.rows()["terms"].to_list() == ["reddit-data-api"]


def test_nothing_follows_a_deletion_that_is_the_last_word(shelf):
    shelf.take([post(1, state="deleted", revision=2**31 - 1, terms="a", visibility="public")])
    said = shelf.take([post(1, state="deleted", revision=2**31 - 1, terms="b", visibility="private")])
    assert said.n_unchanged == 1
    assert shelf.rows().height == 1


@pytest.mark.parametrize("in_one_batch", [True, False])
@pytest.mark.parametrize(
    ("column", "told", "counts"),
    [
        *(("state", pair, "deleted") for pair in permutations(["deleted", "memorialised"])),
        *(("state", (strict, "active"), strict) for strict in ("protected", "suspended", "deactivated", "memorialised", "historical")),
        *(("state", (strict, "memorialised"), "memorialised") for strict in ("active", "protected", "suspended", "deactivated", None)),
        ("state", ("memorialised", "protected"), "memorialised"),
        ("state", ("memorialised", "historical"), "memorialised"),
        ("born_on", ("2015-03-01", "1990-01-01"), "2015-03-01"),
        ("born_on", ("1990-01-01", None), "1990-01-01"),
        ("born_on", ("1990-01-01", "2015-03-01"), "2015-03-01"),
        ("jurisdiction", ("KR", "US"), "KR"),
        ("jurisdiction", (None, "US"), "US"),
        ("person_id", ("p", "q"), "p"),
        ("joined_at", ("2020-01-01", "2010-01-01"), "2010-01-01"),
        ("handle", ("old", "new"), "new"),
        ("handle", ("old", None), "old"),
    ],
)
def test_what_is_known_of_an_account_only_narrows(shelf, column, told, counts, in_one_batch):
    kind = ACCOUNTS[column]
    cast = pl.col(column).str.to_date() if kind == pl.Date else pl.col(column).str.to_datetime(time_zone="UTC")
    rows = pl.DataFrame({"account_id": ["x:1", "x:1"], column: list(told)}, schema={"account_id": pl.String, column: pl.String})
    rows = rows if kind == pl.String else rows.with_columns(cast)
    other = pl.DataFrame({"account_id": ["x:2"], "handle": ["b"]})
    store = shelf.store
    for part in [rows] if in_one_batch else [rows[:1], rows[1:]]:
        seen = pl.concat([conform(part, ACCOUNTS), conform(other, ACCOUNTS)])
        store = Store(shelf.folder, Versions(0, store.merge_accounts(seen), 1))
    found = store.accounts().filter(pl.col("account_id") == "x:1")
    assert found.height == 1
    assert str(found[column][0])[:10] == counts[:10]
    assert store.merge_accounts(conform(rows, ACCOUNTS)) == store.versions.accounts


def test_a_bucket_that_goes_in_parts_holds_what_it_would_hold_in_one(tmp_path, monkeypatch):
    days = [datetime(2026, 5, day, tzinfo=UTC) for day in range(1, 8)]
    first = [post(n, text=f"t{n % 9}") for n in range(60)] + [post(n, text="other", revision=n % 3) for n in range(0, 60, 4)]
    first += [post(n, account="x:9", text="theirs") for n in range(0, 60, 7)]
    first += [{**post(0), "record_id": None, "text": f"none {n % 2}", "created_at": days[n % 7]} for n in range(28)]
    then = [post(n, text=f"t{n % 8}") for n in range(0, 60, 2)] + [post(n, visibility="followers") for n in range(0, 60, 5)]
    told = []
    for limit in (4, 250_000):
        monkeypatch.setattr("ownwords.store.staging._ROWS_AT_A_TIME", limit)
        folder = tmp_path / str(limit)
        folder.mkdir()
        shelf = Shelf(folder)
        counts = [(s.n_new, s.n_changed, s.n_unchanged) for s in (shelf.take(first), shelf.take(then, [post(3, visibility="direct")]))]
        rows = shelf.store.records.scan(shelf.store.versions.records).drop("record_no", "batch").collect()
        told.append((counts, rows.sort("record_id", "revision").rows(), shelf.store.records.version()))
    assert told[0][:2] == told[1][:2]
    assert told[0][2] == told[1][2]  # parts of one bucket are one version, and one file
