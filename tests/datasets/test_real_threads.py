"""Reply structure of real dumps: who answers whom in our dialogues is who answers whom in the source, read another way."""

from __future__ import annotations

import gzip
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import polars as pl
import pytest

import ownwords
from ownwords.datasets import split, threads
from ownwords.verbs._house import House
from steps import carried_out

SHARED = Path(__file__).parents[3] / "shared" / "data"
EXCHANGE = SHARED / "stackexchange" / "history-meta-2018"
LISTING = SHARED / "reddit" / "api" / "thread.json"
DUMP = SHARED / "reddit" / "pushshift-2024"
NOT_HERE = "[withheld]"

Parents = dict[str, str | None]


def of_stack_exchange() -> Parents:
    """Answers answer their question; comments the post they stand under."""
    site = "stackexchange:history-meta-2018/"
    found: Parents = {}
    with gzip.open(EXCHANGE / "Posts.xml.gz") as file:
        for row in ElementTree.parse(file).getroot():
            to = row.get("ParentId")
            found[f"{site}post-{row.get('Id')}"] = f"{site}post-{to}" if to else None
    with gzip.open(EXCHANGE / "Comments.xml.gz") as file:
        for row in ElementTree.parse(file).getroot():
            found[f"{site}comment-{row.get('Id')}"] = f"{site}post-{row.get('PostId')}"
    return found


def of_listing() -> Parents:
    """By where a comment stands in the tree, not by what it says of its parent."""
    found: Parents = {}

    def walk(node: object, above: str | None) -> None:
        if isinstance(node, dict) and node["kind"] in ("t1", "t3"):
            name = f"reddit:{node['kind']}_{node['data']['id']}"
            found[name] = above
            walk(node["data"].get("replies"), name)
        elif isinstance(node, dict) and node["kind"] == "Listing":
            for child in node["data"]["children"]:
                walk(child, above)

    submission, comments = json.loads(LISTING.read_bytes())
    walk(submission, None)
    (root,) = found
    walk(comments, root)
    return found


def of_dump() -> Parents:
    found: Parents = {}
    for kind, name in (("t3", "submissions"), ("t1", "comments")):
        for line in (DUMP / f"{name}.ndjson").read_text().splitlines():
            row = json.loads(line)
            found[f"reddit:{kind}_{row['id']}"] = f"reddit:{row['parent_id']}" if kind == "t1" else None
    return found


SOURCES = {
    "stackexchange": ("stackexchange", (EXCHANGE,), of_stack_exchange),
    "listing": ("reddit", (LISTING,), of_listing),
    "dump": ("reddit", (DUMP / "comments.zst", DUMP / "submissions.ndjson"), of_dump),
}


def in_dialogues(records: pl.DataFrame, **given) -> tuple[Parents, int]:
    """Before whom each learnt record stands in the dialogues that are made, and how many turns are learnt."""
    turns, _ = carried_out(threads, records, **given)
    dialogues, _ = carried_out(split, turns, held_out=0.0)
    found: Parents = {}
    n_learnt = 0
    for said in dialogues["turns"]:
        before: str | None = None
        for turn in said:
            if turn["learn"]:
                found[turn["record_id"]] = before
                n_learnt += 1
            before = turn["record_id"] or NOT_HERE
    return found, n_learnt


@pytest.mark.parametrize("name", SOURCES)
def test_every_record_stands_right_after_what_it_answers(name, tmp_path):
    source, paths, truth = SOURCES[name]
    if not all(path.exists() for path in paths):
        pytest.skip("the real dumps are not here")
    ownwords.init(tmp_path / "w")
    ownwords.ingest(tmp_path / "w", source, tuple(map(str, paths)))
    held = House.open(tmp_path / "w").store().scan().filter(pl.col("category").is_in(["post", "reply"])).collect()
    parents = truth()
    assert set(held["record_id"]) == set(parents)
    half = held.filter(pl.col("record_id").hash(1) % 2 == 0)
    for rows in (held, half):
        there = set(rows["record_id"])
        expected = {name: to if to in there or to is None else NOT_HERE for name, to in parents.items() if name in there}
        for max_turns in (1 << 30, 3):
            found, n_learnt = in_dialogues(rows, max_turns=max_turns, max_context=1)
            assert found == expected
            assert n_learnt == rows.height
