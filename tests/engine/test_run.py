"""Steps run in order, with counts, on disk, and leave nothing they need not."""

from __future__ import annotations

import pytest

from ownwords.core.errors import Fault, NotFound, Usage
from ownwords.core.progress import heard_by
from ownwords.engine.run import run
from posts import permitted, records

POSTS = records([{"text": "<b>Hello</b> you there"}, {"text": None}, {"category": "repost", "text": "not mine"}, {"text": "a second post"}])


def test_rows_are_counted_in_out_and_by_reason(tmp_path):
    done = run(permitted(POSTS), [("clean", {})], tmp_path / "scratch")
    assert done.steps[0].to_json()["dropped"] == {"no text": 1, "repost": 1}
    assert (done.steps[0].n_in, done.steps[0].n_out) == (4, 2)
    assert done.rows.collect()["text"].to_list() == ["Hello you there", "a second post"]


def test_the_record_holds_every_parameter(tmp_path):
    done = run(permitted(POSTS), [("clean", {"max_chars": 15})], tmp_path / "scratch")
    assert dict(done.steps[0].params) == {"keep_quotes": False, "max_chars": 15}
    assert done.steps[0].n_out == 1


def test_the_permit_stays_with_the_rows(tmp_path):
    before = permitted(POSTS)
    assert run(before, [("clean", {}), ("pii", {})], tmp_path / "scratch").permit is before.permit


def test_what_an_interrupted_run_left_is_not_used(tmp_path):
    scratch = tmp_path / "scratch"
    run(permitted(POSTS), [("clean", {})], scratch)
    (scratch / "00-clean-0.arrow").write_bytes(b"half a file")
    assert run(permitted(POSTS), [("clean", {})], scratch).rows.collect().height == 2


def test_only_the_last_stage_stays_on_disk(tmp_path):
    run(permitted(POSTS), [("clean", {}), ("pii", {}), ("threads", {}), ("split", {})], tmp_path / "scratch")
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == ["03-split-1.arrow"]


def test_no_steps_change_nothing(tmp_path):
    assert run(permitted(POSTS), [], tmp_path / "scratch").rows.collect().equals(POSTS)


def test_an_unknown_step_names_the_nearest(tmp_path):
    with pytest.raises(NotFound, match="did you mean clean"):
        run(permitted(POSTS), [("claen", {})], tmp_path / "scratch")


def test_an_unknown_parameter_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(Usage, match="has no parameter 'min_char'"):
        run(permitted(POSTS), [("clean", {}), ("clean", {"min_char": 1})], tmp_path / "scratch")
    assert not (tmp_path / "scratch").exists()


def test_a_step_that_loses_its_origins_is_refused(tmp_path):
    with pytest.raises(Fault, match="lost the origin"):
        permitted(POSTS).derive(run(permitted(POSTS), [("clean", {})], tmp_path / "s").steps[0], POSTS.lazy().drop("record_no"))


def test_progress_is_told_step_by_step(tmp_path):
    heard: list[tuple[int, int | None, str]] = []
    with heard_by(lambda task, n_done, n_total, note: heard.append((n_done, n_total, note))):
        run(permitted(POSTS), [("clean", {}), ("pii", {})], tmp_path / "scratch")
    assert heard == [(0, 2, "clean"), (1, 2, "pii"), (2, 2, "2 rows")]
