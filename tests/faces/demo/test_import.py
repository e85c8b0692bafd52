from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from ownwords.core import plugins
from ownwords.core.schemas import PRIVATE
from ownwords.core.source import ReadOptions
from ownwords.faces.demo.exports import Truth, write_network


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("kentong")
    return folder, write_network(folder, seed=5, n_people=300, n_posts=3_000)


class Took:
    def __init__(self, source: str, *paths: Path, mapping: Path | None = None) -> None:
        options = ReadOptions(observed_at=datetime(2026, 1, 1, tzinfo=UTC), scratch=paths[0].parent, mapping=mapping)
        batches = [batch for path in paths for batch in plugins.load("source", source).read(path, options)]
        self.records = pl.concat([batch.records for batch in batches])
        self.accounts = pl.concat([batch.accounts for batch in batches])
        self.n_rejects = sum(batch.rejects.height for batch in batches)
        self.n_private = sum(batch.private_counted for batch in batches)

    def n(self, column: str, value: str) -> int:
        return self.records.filter(pl.col(column) == value).height


def test_the_importer_counts_what_the_maker_counted(written):
    folder, truth = written
    took = Took("jsonl", folder / "kentong" / "posts.ndjson", mapping=folder / "kentong" / "posts.toml")
    n_private = took.records.filter(pl.col("visibility").is_in(list(PRIVATE))).height
    assert took.n_private + n_private == truth.counts["kentong_messages"]
    assert took.n_rejects == truth.counts["kentong_rejects"]
    assert took.records["record_id"].n_unique() - n_private == truth.counts["kentong_posts"]
    assert took.n("category", "repost") == truth.counts["kentong_repost"]


def test_accounts_bring_their_state_age_and_place(written):
    folder, truth = written
    took = Took("jsonl", folder / "kentong" / "accounts.ndjson", mapping=folder / "kentong" / "accounts.toml")
    states = dict(took.accounts["state"].value_counts().iter_rows())
    assert states == {name.removeprefix("accounts_"): n for name, n in truth.counts.items() if name.startswith("accounts_")}
    memorialised = took.accounts.filter(pl.col("account_id") == truth.parts["memorialised"].account_id).to_dicts()[0]
    assert (memorialised["handle"], memorialised["state"], memorialised["jurisdiction"]) == ("teramun_303", "memorialised", "ID")
    assert took.accounts["born_on"].null_count() < took.accounts.height // 10


def test_a_setting_against_training_comes_along_as_a_signal(written):
    folder, truth = written
    took = Took("jsonl", folder / "kentong" / "posts.ndjson", mapping=folder / "kentong" / "posts.toml")
    said_no = {made.account_id for made in truth.decisions if made.says_no}
    told = took.records.filter(pl.col("signals").is_not_null())
    assert set(told["account_id"]) == said_no & set(took.records["account_id"])
    signal = pl.col("signals").list.first().struct
    assert told.select(signal.field("name").unique(), signal.field("value").unique()).row(0) == ("train-ai", "no")


def test_the_forum_the_repair_site_and_the_archives_are_read_whole(written):
    folder, truth = written
    forum = Took("reddit", *sorted((folder / "forum").iterdir()))
    assert (forum.n("category", "post"), forum.n("category", "reply")) == (
        truth.counts["reddit_submissions"],
        truth.counts["reddit_comments"],
    )
    repair = Took("stackexchange", folder / "repair")
    assert repair.n("category", "post") + repair.n("category", "reply") == (
        truth.counts["stackexchange_posts"] + truth.counts["stackexchange_comments"]
    )
    archives = Took("x_archive", *sorted((folder / "archives").iterdir()))
    assert sum(archives.n("category", kind) for kind in ("post", "reply", "repost")) == truth.counts["x_tweets"]
    assert archives.n("category", "reaction") == truth.counts["x_likes"]
    assert archives.n_private == truth.counts["x_messages"]
    assert forum.n_rejects == repair.n_rejects == archives.n_rejects == 0
