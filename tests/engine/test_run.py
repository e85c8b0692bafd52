"""Steps run in order, with counts, on disk, and leave nothing they need not."""

from __future__ import annotations

import pytest

from ownwords.core.errors import Fault, NotFound, Usage
from ownwords.core.progress import heard_by
from ownwords.engine import here
from ownwords.engine.run import dropped, run
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


def test_what_another_run_left_is_removed(tmp_path):
    scratch = tmp_path / "scratch"
    run(permitted(POSTS), [("clean", {})], scratch)
    (scratch / "07-clean.arrow").write_bytes(b"half a file")
    assert run(permitted(POSTS), [("clean", {"max_chars": 15})], scratch).rows.collect().height == 1
    assert not (scratch / "07-clean.arrow").exists()


def test_steps_that_look_at_each_row_go_in_one_pass(tmp_path):
    done = run(permitted(POSTS), [("clean", {}), ("pii", {})], tmp_path / "scratch")
    assert [path.name for path in sorted((tmp_path / "scratch").glob("0*"))] == ["01-clean-pii.arrow"]
    assert [(step.n_in, step.n_out) for step in done.steps] == [(4, 2), (2, 2)]


def test_a_step_that_makes_its_own_columns_hides_nothing_that_was_dropped_before(tmp_path):
    many = records([{"text": f"post number {n}" if n % 3 else None} for n in range(90)])
    done = run(permitted(many), [("sample", {"share": 0.5}), ("clean", {})], tmp_path / "scratch")
    for step in done.steps:
        assert step.n_in - step.n_out == sum(n for _, n in step.dropped) > 0
    assert dropped(tmp_path / "scratch").collect().height == 90 - done.steps[-1].n_out


def test_who_was_dropped_by_which_step_and_why_is_noted(tmp_path):
    copy = records([{"text": "one and the same"}, {"text": "one and the same"}, {"text": None}])
    run(permitted(copy), [("clean", {}), ("exact", {})], tmp_path / "scratch")
    noted = dropped(tmp_path / "scratch").sort("position", "record_no").collect()
    assert noted.rows() == [(0, "clean", "no text", 2, "test:2"), (1, "exact", "exact duplicate", 1, "test:1")]


def test_a_run_that_dropped_nobody_notes_nobody(tmp_path):
    run(permitted(POSTS[:1]), [("clean", {})], tmp_path / "scratch")
    assert dropped(tmp_path / "scratch").collect().rows() == []
    assert dropped(tmp_path / "nothing").collect().height == 0


def test_rows_that_belong_together_meet_in_parts_where_there_are_many(tmp_path, monkeypatch):
    talk = records(
        [{"text": f"word {n}", "account_id": f"test:{n % 5}", "reply_to": f"test:{n - 1}" if n % 4 else None} for n in range(40)]
    )
    steps = [("clean", {}), ("threads", {}), ("split", {})]
    whole = run(permitted(talk), steps, tmp_path / "whole")
    monkeypatch.setattr(here, "_AT_ONCE", 7)
    parts = run(permitted(talk), steps, tmp_path / "parts")
    assert parts.steps == whole.steps
    assert len(list((tmp_path / "parts").glob("*split.arrow/*"))) > 1
    assert parts.rows.sort("row_id").collect().equals(whole.rows.sort("row_id").collect())


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


def test_progress_is_told_in_rows_of_how_many(tmp_path):
    talk = records([{"text": f"word {n}", "account_id": f"test:{n % 5}"} for n in range(40)])
    heard: dict[str, list[tuple[int, int | None]]] = {}
    with heard_by(lambda task, n_done, n_total, note: heard.setdefault(task, []).append((n_done, n_total))):
        run(permitted(talk), [("clean", {}), ("pii", {}), ("exact", {}), ("threads", {}), ("split", {})], tmp_path / "scratch")
    assert list(heard)[:2] == ["clean, pii", "exact"]
    assert {"threads", "split"} <= {word for task in heard for word in task.split(", ")}
    for told in heard.values():
        assert [n_total for _, n_total in told] == [40] * len(told)
        assert [n_done for n_done, _ in told] == sorted(n_done for n_done, _ in told)
        assert told[-1][0] == 40


def test_an_engine_that_is_not_there_is_refused(tmp_path):
    for engine in ("spark", "polars:far", ""):
        with pytest.raises(NotFound, match="engine"):
            run(permitted(POSTS), [("clean", {})], tmp_path / "scratch", engine)


def test_what_a_step_refuses_is_told_before_any_row_is_read(tmp_path):
    with pytest.raises(Usage, match="is no date"):
        run(permitted(POSTS), [("clean", {}), ("threads", {}), ("split", {"by": "time", "at": "nonsense"})], tmp_path / "scratch")
    assert not (tmp_path / "scratch").exists()
