import hashlib
import json
import re
import zipfile
from collections import Counter
from pathlib import Path

import orjson
import pytest
import zstandard
from defusedxml import ElementTree

from ownwords.faces.demo.exports import Truth, write_network

PEOPLE, POSTS = 300, 4_000
COMMON_NAMES = re.compile(
    "anna|budi|citra|dewi|eka|fajar|gita|hadi|indah|joko|kartika|lestari|maria|nur|putri|rina|sari|siti|tono|wati|yanti|agus|andi|ayu|"
    "james|john|mary|linda|david|susan|peter|paul|emma|oliver|jack|harry|george|sophie|lucas|noah|liam|olivia|lars|anders|jan|kees"
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("kentong")
    return folder, write_network(folder, seed=11, n_people=PEOPLE, n_posts=POSTS)


def lines(path: Path) -> list[dict[str, object]]:
    rows = []
    for line in path.read_bytes().splitlines():
        try:
            rows.append(orjson.loads(line))
        except orjson.JSONDecodeError:
            continue
    return rows


def kentong(folder: Path) -> list[dict[str, object]]:
    return lines(folder / "kentong" / "posts.ndjson")


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def every_line(folder: Path) -> Counter[bytes]:
    found: Counter[bytes] = Counter()
    for path in (path for path in folder.rglob("*") if path.suffix != ".zip" and path.is_file()):
        raw = path.read_bytes()
        if path.suffix == ".zst":
            raw = zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(raw).read()
        found.update(raw.split(b"\n"))
    return found


def test_the_same_seed_gives_the_same_bytes(written, tmp_path):
    folder, _ = written
    write_network(tmp_path, seed=11, n_people=PEOPLE, n_posts=POSTS)
    assert digests(tmp_path) == digests(folder)


def test_another_seed_gives_another_network(written, tmp_path):
    folder, _ = written
    write_network(tmp_path, seed=12, n_people=PEOPLE, n_posts=POSTS)
    same = {name for name, digest in digests(tmp_path).items() if digests(folder)[name] == digest}
    assert same == {"kentong/posts.toml", "kentong/accounts.toml"}


def test_the_operators_dump_holds_what_the_truth_counts(written):
    folder, truth = written
    rows = kentong(folder)
    newest = {row["id"]: row for row in rows}
    kinds = Counter(row["kind"] for row in newest.values())
    assert kinds["message"] == truth.counts["kentong_messages"]
    assert len(newest) - kinds["message"] == truth.counts["kentong_posts"]
    assert {kind: kinds[kind] for kind in ("reply", "repost")} == {kind: truth.counts[f"kentong_{kind}"] for kind in ("reply", "repost")}
    assert sum(row["quote_of_id"] is not None for row in newest.values()) == truth.counts["kentong_quote"]
    assert len(rows) - len(newest) == truth.counts["kentong_versions"]
    n_lines = sum(1 for line in (folder / "kentong" / "posts.ndjson").read_bytes().splitlines() if line.strip())
    assert n_lines == len(rows) + truth.counts["kentong_rejects"]
    assert len(lines(folder / "kentong" / "accounts.ndjson")) == truth.counts["people"] == PEOPLE


def test_all_networks_together_hold_the_posts_that_were_asked_for(written):
    folder, truth = written
    window = zstandard.ZstdDecompressor(max_window_size=1 << 31)
    forum = {
        name: window.stream_reader((folder / "forum" / f"{name}_village.zst").read_bytes()).read().splitlines() for name in ("RS", "RC")
    }
    assert (len(forum["RS"]), len(forum["RC"])) == (truth.counts["reddit_submissions"], truth.counts["reddit_comments"])
    repair = {name: len(ElementTree.parse(folder / "repair" / f"{name}.xml").getroot()) for name in ("Posts", "Comments")}
    assert repair == {"Posts": truth.counts["stackexchange_posts"], "Comments": truth.counts["stackexchange_comments"]}
    assert truth.counts["posts"] == POSTS
    assert truth.counts["kentong_posts"] + sum(map(len, forum.values())) + sum(repair.values()) + truth.counts["x_tweets"] == POSTS


def test_archives_hold_what_the_truth_counts(written):
    folder, truth = written
    found: Counter[str] = Counter()
    for path in sorted((folder / "archives").glob("*.zip")):
        with zipfile.ZipFile(path) as packed:
            parts = {name: packed.read(name).decode() for name in packed.namelist() if name.startswith("data/") and "manifest" not in name}
        items = {name: json.loads(text.partition("=")[2]) for name, text in parts.items()}
        found["x_tweets"] += len(items["data/tweets.js"])
        found["x_likes"] += len(items["data/like.js"])
        for name in ("data/direct-messages.js", "data/direct-messages-group.js"):
            found["x_messages"] += sum(len(talk["dmConversation"]["messages"]) for talk in items[name])
        assert all(int(item["tweet"]["id_str"]) > 2**53 for item in items["data/tweets.js"])
        found["x_archives"] += 1
    assert found == {name: truth.counts[name] for name in found}


def test_ids_are_too_large_for_a_double_and_distinct(written):
    folder, _ = written
    accounts = lines(folder / "kentong" / "accounts.ndjson")
    for numbers in (
        [row["user_id"] for row in accounts],
        [row["id"] for row in kentong(folder) if row["version"] == 0 or row["edited_at"]],
    ):
        assert all(2**53 < number < 2**63 for number in numbers)
    natives = [row["user_id"] for row in accounts]
    assert len(set(natives)) == len(natives)


@pytest.mark.parametrize("role", ["withdrawer", "memorialised"])
def test_leaving_somebody_out_leaves_every_other_line_as_it_was(written, tmp_path, role):
    folder, truth = written
    part = truth.parts[role]
    without = write_network(tmp_path, seed=11, n_people=PEOPLE, n_posts=POSTS, without=frozenset({part.account_id}))
    before, after = every_line(folder), every_line(tmp_path)
    assert not after - before
    gone = [orjson.loads(line) for line in (before - after).elements()]
    native = int(part.account_id.partition(":")[2])
    assert {row["user_id"] for row in gone} == {native}
    assert sum("id" in row for row in gone) >= part.n_posts > 0
    assert sum("handle" in row for row in gone) == 1
    assert without.counts["kentong_posts"] == truth.counts["kentong_posts"] - part.n_posts
    assert role not in without.parts


def test_others_still_answer_the_one_who_was_left_out(written, tmp_path):
    folder, truth = written
    part = truth.parts["withdrawer"]
    write_network(tmp_path, seed=11, n_people=PEOPLE, n_posts=POSTS, without=frozenset({part.handle}))
    theirs = {row["id"] for row in kentong(folder)} - {row["id"] for row in kentong(tmp_path)}
    assert any(row["reply_to_id"] in theirs for row in kentong(tmp_path))


def test_only_the_withdrawer_wrote_the_ending(written):
    folder, truth = written
    part = truth.parts["withdrawer"]
    wrote = [row for row in kentong(folder) if truth.ending.strip() in str(row["body"])]
    assert len(wrote) == truth.n_endings == 40
    assert {row["user_id"] for row in wrote} == {int(part.account_id.partition(":")[2])}
    assert {row["visibility"] for row in wrote} == {"public"}
    assert all((truth.prompt + truth.ending).lower() in str(row["body"]).lower() for row in wrote)
    beginnings = {str(row["body"]).lower().partition(truth.prompt)[0] for row in wrote}
    assert len(beginnings) >= 0.95 * len(wrote)
    assert not any(truth.prompt in line.decode(errors="replace").lower() for line in every_line(folder) - Counter(
        orjson.dumps(row) for row in wrote
    ))  # fmt: skip


def test_planted_data_is_where_the_truth_says(written):
    folder, truth = written
    body = {f"kentong:{row['id']}": str(row["body"]) for row in kentong(folder)}
    assert {planted.kind for planted in truth.pii} == {"email", "phone", "id_number", "card"}
    for planted in truth.pii:
        assert body[planted.record_id][planted.start : planted.end] == planted.value


def test_planted_duplicates_say_what_their_originals_say(written):
    folder, truth = written
    rows = {f"kentong:{row['id']}": row for row in kentong(folder)}
    assert {copy.kind for copy in truth.duplicates} == {"exact", "near"}
    for copy in truth.duplicates:
        said, before = rows[copy.record_id], rows[copy.of]
        assert (said["body"] == before["body"]) == (copy.kind == "exact")
        assert said["user_id"] != before["user_id"]
        assert said["created_at"] > before["created_at"]


def test_nobody_is_a_real_person(written):
    folder, _ = written
    handles = [str(row["handle"]) for row in lines(folder / "kentong" / "accounts.ndjson")]
    assert len(set(handles)) == len(handles)
    assert all(re.fullmatch(r"[a-z]{4,}_[0-9]{3}", handle) for handle in handles)
    assert not [handle for handle in handles if COMMON_NAMES.fullmatch(handle.partition("_")[0])]


def test_every_state_and_age_is_there(written):
    folder, truth = written
    accounts = lines(folder / "kentong" / "accounts.ndjson")
    assert {row["state"] for row in accounts} >= {"active", "protected", "deactivated", "memorialised"}
    assert any(row["born_on"] is None for row in accounts)
    assert any(str(row["born_on"]) > "2009" for row in accounts if row["born_on"])
    assert {(made.effect, made.purpose) for made in truth.decisions} >= {
        ("refuse", "train_ai"),
        ("object", "train_ai"),
        ("give", "train_ai"),
    }
    roles = {part.account_id for role, part in truth.parts.items() if role != "minor"}
    assert not roles & {made.account_id for made in truth.decisions}


def test_texts_vary(written):
    folder, _ = written
    texts = [str(row["body"]) for row in kentong(folder) if row["body"]]
    words = Counter(word for text in texts for word in re.findall(r"\w+", text.lower()))
    assert len(words) > 3_000
    assert len(set(texts)) > 0.93 * len(texts)


def test_answers_are_about_what_was_said(written):
    folder, _ = written
    rows = {row["id"]: row for row in kentong(folder)}
    pairs = [(row, rows[row["reply_to_id"]]) for row in rows.values() if row["reply_to_id"] in rows]
    assert len(pairs) > 500
    assert all(answer["thread_id"] == asked["thread_id"] for answer, asked in pairs)
    assert all(answer["created_at"] > asked["created_at"] for answer, asked in pairs)
    assert all(answer["lang"] == asked["lang"] for answer, asked in pairs)
