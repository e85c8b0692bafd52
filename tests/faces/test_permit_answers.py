"""What `permit why` and `permit diff` print for a person, and what needs no workspace."""

import json

import pytest

from ownwords.faces import answers
from ownwords.faces.cli import main
from world import random_world, settle

WORLD = random_world(2, n_people=3, n_posts=12)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return settle(WORLD, tmp_path_factory.mktemp("answers") / "w")


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OWNWORDS_WORKSPACE", raising=False)

    def run(*words):
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_why_prints_reason_and_entry_and_keeps_the_proof_for_json(run, root):
    code, out, _ = run("-w", root, "permit", "why", WORLD.rows[0]["id"])
    assert code == 0
    assert "may be used for train_ai (rule 9, ledger:" in out
    assert "consent.give" in out
    assert "signature" not in out
    _, out, _ = run("-w", root, "permit", "why", WORLD.rows[0]["id"], "--json")
    assert json.loads(out)["proof"]["checkpoint"]["signature"]


def test_diff_prints_a_table_of_reasons_and_whom_to_tell(run, root):
    code, out, _ = run("-w", root, "permit", "diff", "opt-in", "public-analysis", "--report", "r.html")
    assert code == 0
    assert f"train_ai       lost    9 → 8    {len(WORLD.rows)}" in out
    assert f"analyse_brand  gained  11 → 10  {len(WORLD.rows)}" in out
    assert "accounts gain a use" in out
    assert "report: r.html" in out


def test_texts_are_compared_and_policies_checked_where_there_is_no_workspace(run, tmp_path):
    (tmp_path / "old.md").write_text("We keep your posts for thirty days after you have left us.\n")
    (tmp_path / "new.md").write_text("We keep your posts for ninety days after you have left us.\n\nWe may use machine learning.\n")
    code, out, _ = run("permit", "diff", "old.md", "new.md", "--draft", "draft.yaml")
    assert code == 0
    assert "[-thirty-] [+ninety+]" in out
    assert "vague: “may”" in out
    assert "none counts before it is reviewed" in out
    code, out, _ = run("permit", "check", "draft.yaml")
    assert (code, "rules_not_reviewed" in out) == (0, True)
    assert run("permit", "clauses", "new.md")[0] == 0


def test_what_asks_about_rows_still_needs_a_workspace(run):
    for asked in (("show", "train_ai"), ("diff", "opt-in", "own-archive"), ("adopt", "opt-in")):
        code, _, err = run("permit", *asked)
        assert (code, "no workspace is named" in err) == (2, True)


def test_long_passages_that_stayed_are_cut_and_an_empty_diff_says_so():
    same = {"compared": True, "added": 0, "removed": 0, "reworded": 1, "moved": 0, "unchanged": 0}
    change = {"kind": "reworded", "before": 1, "after": 1, "clause": "ab" * 32, "vague": []}
    pieces = [["same", " ".join(map(str, range(100)))], ["added", "end"]]
    out = answers.diff({"old": "a", "new": "b", "clauses": {**same, "changes": [change | {"pieces": pieces}]}, "drafts": []})
    assert "7 … 92" in out
    assert "50" not in out
    empty = {"changes": {}, "asked_as_of": "2026-01-01T00:00:00Z", "notify": {"accounts": 0, "dates": []}, "rules": [], "explained": {}}
    assert "No record may be used otherwise than before." in answers.diff({"old": "a", "new": "b", "clauses": {"compared": False}, **empty})
