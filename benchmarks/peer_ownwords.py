"""This program on the curation workload: `peer_ownwords.py STEP INDIR OUTDIR` reads INDIR/posts.jsonl and writes `id` and `text`.

`full` is what a user does: a workspace, ingest, and a dataset of conversations made through the gate; the posts to learn from are
written. Nobody tells the language. The other steps are the curation functions on the caller's own table.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import polars as pl

import ownwords
from ownwords.datasets import apply

MAPPING = """
network = "bench"
[columns]
id = "id"
author = "author"
text = "text"
created_at = "created_at"
reply_to = "in_reply_to"
visibility = "visibility"
[values.visibility]
dm = "direct"
[constants]
terms = "CC-BY-4.0"
"""
# Handles are no planted truth of the workload: only `full` takes them out.
KINDS = "email,ip,iban,card,nik,ssn,id,phone,secret"
STEPS: dict[str, list[tuple[str, dict[str, str | int | float | bool]]]] = {
    "rw": [],
    "quality": [("quality", {})],
    "pii": [("pii", {"kinds": KINDS})],
    "exact": [("exact", {})],
    **{name: [("exact", {}), ("near", {})] for name in ("near", "near128", "near3")},  # it has no shingles to choose
}


def main(step: str, source: Path, target: Path) -> None:
    """Write target/posts.parquet."""
    target.mkdir(parents=True, exist_ok=True)
    posts = source / "posts.jsonl"
    out = target / "posts.parquet"
    if step == "full":
        full(posts, target / "tmp", out)
    elif step in STEPS:
        typed = {"id": pl.String, "author": pl.String, "created_at": pl.String, "text": pl.String}
        rows = pl.scan_ndjson(posts, schema=typed).select(
            "id",
            "text",
            account_id=pl.concat_str(pl.lit("bench:"), "author"),
            network=pl.lit("bench"),
            created_at=pl.col("created_at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us").dt.replace_time_zone("UTC"),
        )
        apply(rows, STEPS[step]).select("id", "text").sink_parquet(out)
    else:
        sys.exit(3)


def full(posts: Path, scratch: Path, out: Path) -> None:
    """Ingest, gate, every step, conversations, Parquet."""
    scratch.mkdir(parents=True, exist_ok=True)
    mapping, workspace = scratch / "mapping.toml", scratch / "w"
    mapping.write_text(MAPPING, encoding="utf-8")
    ownwords.init(workspace, policy="open-licence")
    ownwords.ingest(workspace, "jsonl", (str(posts),), mapping=str(mapping))
    # the workload's truth counts every post of one word as junk, answers too
    made = Path(str(ownwords.build(workspace, "dataset", form="conversations", short_answers=False)["path"]))
    folder = made if made.is_absolute() else workspace / made
    rows = pl.scan_parquet([folder / "train.parquet", folder / "held_out.parquet"])
    turns = rows.select("turns", "record_ids").explode("turns", "record_ids").unnest("turns")
    learnt = turns.filter(pl.col("learn")).select(pl.col("record_ids").str.strip_prefix("bench:").alias("id"), "text")
    learnt.sink_parquet(out)
    shutil.rmtree(scratch)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
