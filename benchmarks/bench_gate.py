"""The gate over a store on disk (2 million rows; `--large` 5 and 20 million), on one core, beside a plain read, and beside Cedar.

Synthetic rows, in Delta and in 64 buckets as ingest leaves them. What is reported of each size is the best of three rounds of: the
columns that the gate reads to decide, read and nothing else (not record_id: nobody here decides about single records); the same, and
each row's author looked up, which is the least that any decision takes; every row decided, and the decisions counted by rule. The same
questions are put to Cedar (cedarpy), a few thousand of them, with what is known of each account already looked up for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from _line import tell

AT = datetime(2026, 6, 1, tzinfo=UTC)
N_CEDAR = 4_000
CEDAR = """
permit(principal, action, resource) when { context.own || context.guardian || context.directive };
forbid(principal, action, resource) unless { context.dated || context.own || context.directive };
forbid(principal, action, resource) when { context.visibility == "unknown" && !(context.own || context.directive) };
forbid(principal, action, resource) unless {
  ["public", "unlisted", "followers", "direct", "group", "private", "unknown"].contains(context.visibility)
};
forbid(principal, action, resource) unless { ["post", "reply", "repost", "profile", "face", "voice"].contains(context.category) };
forbid(principal, action, resource) unless { ["live", "deleted", "withheld"].contains(context.state) };
forbid(principal, action, resource) unless { ["own-export", "x-developer-agreement", "reddit-data-api"].contains(context.terms) };
forbid(principal, action, resource) when { ["direct", "group", "private"].contains(context.visibility) };
forbid(principal, action, resource) when { context.visibility == "followers" && !(context.own || context.directive) };
forbid(principal, action, resource) when { ["deleted", "withheld"].contains(context.state) };
forbid(principal, action, resource) when { context.closed || (context.memorialised && !context.directive) };
forbid(principal, action, resource) when { context.child && !(context.guardian && !["face", "voice"].contains(context.category)) };
forbid(principal, action, resource) when { ["face", "voice"].contains(context.category) };
forbid(principal, action, resource) when { context.quotes || context.repeats || context.category == "repost" };
forbid(principal, action, resource) when { context.network != context.home };
forbid(principal, action, resource) when { context.denied };
forbid(principal, action, resource) when { context.terms == "x-developer-agreement" };
forbid(principal, action, resource) when { context.terms == "reddit-data-api" && !(context.own || context.directive) };
"""


def people(n_people: int) -> list[tuple[str, str]]:
    """[(account_id, network)]: one in ten on Reddit, short and long numbers on X."""
    rng = Random(1)
    ids = {f"x:{rng.randrange(10**8, 10**10) if k % 2 else rng.randrange(10**18, 2 * 10**18)}" for k in range(n_people * 9 // 10)}
    ids |= {f"reddit:t2_{rng.randrange(36**6):x}" for _ in range(n_people // 10)}
    return sorted((name, name.partition(":")[0]) for name in ids)


def make_store(folder: Path, n_rows: int, n_people: int) -> None:
    """Write the records, one file a bucket, sorted by record id; and accounts.parquet, states.parquet, decisions.parquet."""
    import polars as pl

    from ownwords.core.schemas import RECORDS, SIGNALS
    from ownwords.store.table import Table, bucket_of

    everybody = sorted(people(n_people), key=lambda one: bucket_of(one[0]))  # the store tells of accounts bucket by bucket
    _write_facts(folder, everybody)
    of_bucket: dict[int, list[str]] = {}
    for name, _ in everybody:
        of_bucket.setdefault(bucket_of(name), []).append(name)
    table = Table(folder / "records", RECORDS)
    table.create()
    says_no = pl.Series([[{"name": "train-ai", "value": "n", "set_by": "self", "at": None}]], dtype=SIGNALS)

    def frame(bucket: int, names: list[str]) -> pl.DataFrame:
        n = n_rows // len(of_bucket)
        draw = pl.select(pl.int_range(n, dtype=pl.UInt64).alias("k")).select(
            pl.col("k"), *(pl.col("k").hash(bucket * 10 + j).alias(f"h{j}") for j in range(8))
        )

        def per(j: int, *bounds: tuple[str | None, int]) -> pl.Expr:
            """One of the words, so often in a thousand each."""
            chosen, below = pl.lit(None, pl.String), 1000
            for word, share in reversed(bounds):
                chosen = pl.when(pl.col(f"h{j}") % 1000 < below).then(pl.lit(word, pl.String)).otherwise(chosen)
                below -= share
            return chosen

        author = pl.Series("account_id", names).gather(draw["h0"] % len(names))
        rows = draw.with_columns(author).with_columns(
            pl.col("account_id").str.split(":").list.first().alias("network"),
            (pl.lit(10**18) + (pl.col("h1") % 10**18).cast(pl.Int64)).alias("number"),
            per(2, ("post", 350), ("reply", 440), ("repost", 200), ("profile", 10)).alias("category"),
            per(3, ("public", 930), ("followers", 30), ("unlisted", 30), ("direct", 10)).alias("visibility"),
            per(4, ("live", 990), ("deleted", 10)).alias("state"),
        )
        rows = rows.select(
            pl.format("{}:{}", "network", "number").alias("record_id"),
            "account_id",
            "network",
            "category",
            "visibility",
            "state",
            (pl.lit(datetime(2019, 1, 1, tzinfo=UTC)) + pl.duration(seconds=pl.col("h5") % 200_000_000)).alias("created_at"),
            pl.lit(datetime(2026, 1, 1, tzinfo=UTC)).alias("observed_at"),
            pl.when(pl.col("h6") % 100 < 4).then(pl.format("x:{}", pl.col("h6") // 256)).alias("quotes"),
            pl.when(pl.col("category") == "repost").then(pl.format("x:{}", pl.col("h6") // 512)).alias("repost_of"),
            pl.when(pl.col("network") == "reddit")
            .then(pl.lit("reddit-data-api"))
            .otherwise(per(7, ("own-export", 900), ("x-developer-agreement", 100)))
            .alias("terms"),
            pl.when(pl.col("h6") % 1000 > 990).then(pl.lit(says_no).first()).alias("signals"),
            pl.lit(0, pl.Int32).alias("revision"),
            pl.lit(bucket, pl.Int32).alias("bucket"),
            (pl.lit(bucket << 48, pl.Int64) + pl.int_range(1, pl.len() + 1)).alias("record_no"),
        ).sort("record_id")
        missing = [pl.lit(None, kind).alias(name) for name, kind in RECORDS.items() if name not in rows.columns]
        return rows.with_columns(missing).select(list(RECORDS))

    table.append((frame(bucket, names) for bucket, names in sorted(of_bucket.items())), "bench")


def _write_facts(folder: Path, everybody: list[tuple[str, str]]) -> None:
    import polars as pl

    from ownwords.core.schemas import ACCOUNTS, DECISIONS, conform

    rng = Random(2)
    n = len(everybody)
    ids = [name for name, _ in everybody]
    told = pl.DataFrame(
        {
            "account_id": ids,
            "network": [network for _, network in everybody],
            "state": rng.choices(["active", "protected", "suspended", "memorialised", "deleted"], [960, 10, 10, 10, 10], k=n),
            "born_on": rng.choices([date(1990, 5, 5), date(1975, 1, 1), date(2012, 2, 29), None], [40, 20, 5, 35], k=n),
            "jurisdiction": rng.choices(["ID", "KR", "US", "DE", None], k=n),
        }
    )
    conform(told, ACCOUNTS).write_parquet(folder / "accounts.parquet")
    pl.DataFrame({"account_id": ids[:: n // 500], "state": "suspended"}).write_parquet(folder / "states.parquet")
    n_said = n // 2
    said = pl.DataFrame(
        {
            "seq": range(1, n_said + 1),
            "account_id": rng.choices(ids, k=n_said),
            "effect": rng.choices(["give", "withdraw", "refuse"], [70, 20, 10], k=n_said),
            "purpose": rng.choices(["train_ai", "train_ai.third_party", "analyse_brand"], [80, 10, 10], k=n_said),
            "by": rng.choices(["self", "import"], [90, 10], k=n_said),
            "category": rng.choices([None, "reply"], [98, 2], k=n_said),
            "since": rng.choices([None, datetime(2022, 1, 1, tzinfo=UTC)], [99, 1], k=n_said),
            "effective_at": [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(100_000)) for _ in range(n_said)],
        },
        schema_overrides={"category": pl.String},
    ).with_columns(pl.when(pl.col("by") == "self").then(pl.lit("self")).otherwise(pl.lit("a-list")).alias("source"))
    conform(said, DECISIONS).write_parquet(folder / "decisions.parquet")


def measure(folder: Path) -> dict[str, float]:
    """The figures of one store; run in a process of its own, with one thread of Polars', on one core where the system can hold it there."""
    import resource
    from time import process_time

    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    import polars as pl

    from ownwords.core.permit import Question
    from ownwords.core.schemas import RECORDS
    from ownwords.policy import file, gate
    from ownwords.policy.facts import Asked
    from ownwords.policy.standing import Standing
    from ownwords.store.table import Table

    frames = [pl.read_parquet(folder / f"{name}.parquet") for name in ("accounts", "states", "decisions")]
    facts = gate.Facts(file.builtin("opt-in"), *frames, 1, "", 1)
    question = Question("train_ai", AT)
    table = Table(folder / "records", RECORDS)
    records = table.scan(table.version())
    standing = Standing.of(facts, Asked.of(question.purpose, question.at, facts.policy))
    author, by_record = standing.place, bool(standing.scoped["record_id"].is_not_null().any())
    needed = [name for name in gate.NEEDED_COLUMNS if name != "record_no" and (by_record or name != "record_id")]
    scans, lookups, decides = [], [], []
    for _ in range(3):
        started = process_time()
        records.select(pl.col(needed).null_count()).collect(engine="streaming")
        scans.append(process_time() - started)
        started = process_time()
        records.select(pl.col(needed).null_count(), author.sum().alias("author")).collect(engine="streaming")
        lookups.append(process_time() - started)
        started = process_time()
        counts = gate.decide(records, facts, question).group_by("rule", "allowed").len().collect(engine="streaming")
        decides.append(process_time() - started)
    n_rows = int(counts["len"].sum())
    figures = {
        "n": n_rows,
        "accounts": facts.accounts.height,
        "scan_cpu_s": round(min(scans), 3),
        "lookup_beyond_scan_cpu_s": round(min(lookups) - min(scans), 3),
        "cpu_s": round(min(decides), 3),
        "beyond_scan_cpu_s": round(min(decides) - min(scans), 3),
        "beyond_scan_ns_per_row": round((min(decides) - min(scans)) / n_rows * 1e9, 1),
        "records_per_s": round(n_rows / min(decides)),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "allowed": int(counts.filter("allowed")["len"].sum()),
        "by_rule": dict(sorted(counts.select("rule", "len").iter_rows(), key=lambda pair: int(pair[0]))),
    }
    return {**figures, **_beside_cedar(records, facts, question, n_rows / min(decides))}


def _beside_cedar(records, facts, question, ours_per_s: float) -> dict[str, float]:  # type: ignore[no-untyped-def]
    """Cedar's rate on rows without signals, and on how many of them it says otherwise."""
    from time import process_time

    import cedarpy
    import polars as pl

    from ownwords.policy import gate
    from ownwords.policy.facts import STATE_CODES, Asked
    from ownwords.policy.standing import Standing

    asked = Asked.of(question.purpose, question.at, facts.policy)
    one_in = max(facts.accounts.height // 400, 1)
    some = records.filter(pl.col("signals").is_null() & (pl.col("account_id").hash(1) % one_in == 0)).collect()
    rows = some.sample(min(N_CEDAR, some.height), seed=1)
    answers = gate.decide(rows.lazy(), facts, question).collect()["allowed"].to_list()
    closed = [STATE_CODES[name] for name in ("protected", "suspended", "deactivated", "deleted")]
    known = (
        Standing.of(facts, asked)
        .beside(rows, asked)
        .select(
            *("visibility", "category", "state", "terms", "network"),
            pl.col("_home").fill_null(pl.col("network")).alias("home"),
            pl.col("created_at").is_not_null().alias("dated"),
            pl.col("quotes").is_not_null(),
            pl.col("repost_of").is_not_null().alias("repeats"),
            pl.col("_state").is_in(closed).fill_null(False).alias("closed"),
            (pl.col("_state") == STATE_CODES["memorialised"]).fill_null(False).alias("memorialised"),
            pl.col("_child").fill_null(False).alias("child"),
            *(pl.col(f"_{name}").is_not_null().alias(name) for name in ("own", "guardian", "directive", "denied")),
        )
    )
    asks = [
        {"principal": 'Us::"gate"', "action": 'Action::"train_ai"', "resource": f'Record::"{k}"', "context": context}
        for k, context in enumerate(known.iter_rows(named=True))
    ]
    taken = []
    for _ in range(3):
        started = process_time()
        said = cedarpy.is_authorized_batch(asks, CEDAR, [])
        taken.append(process_time() - started)
    theirs = len(asks) / min(taken)
    differs = sum(one.allowed != answer for one, answer in zip(said, answers, strict=True))
    return {"cedar_per_s": round(theirs), "times_cedar": round(ours_per_s / theirs), "cedar_differs": differs}


def main() -> None:
    """Append one line a size to results.jsonl, and print it."""
    if "--measure" in sys.argv:
        print(json.dumps(measure(Path(sys.argv[-1]))))
        return
    n_people, sizes = (400_000, (5_000_000, 20_000_000)) if "--large" in sys.argv else (100_000, (2_000_000,))
    for n_rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            make_store(Path(folder), n_rows, n_people)
            ours = [sys.executable, __file__, "--measure", folder]
            done = subprocess.run(ours, capture_output=True, text=True, check=True, env={**os.environ, "POLARS_MAX_THREADS": "1"})
        tell("gate", **json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
