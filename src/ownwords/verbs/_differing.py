"""`permit diff`: two policies, or two texts, held against each other."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from ownwords.core import clock, files
from ownwords.core.errors import BadInput, NotFound, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ownwords.policy.diff import Shift
    from ownwords.policy.drafts import Draft
    from ownwords.policy.file import Policy
    from ownwords.policy.texts import Edition
    from ownwords.verbs._then import Then

TEXTS = (".txt", ".md")


def is_text(name: str) -> bool:
    """Whether the name is that of a plain text, not of a policy file."""
    return Path(name).suffix.lower() in TEXTS


def of_policies(then: Then, old: Policy, new: Policy, report: str | None, notify: str | None) -> dict[str, object]:
    """What `new` would take that `old` does not, and the other way round.

    Asked for the day on which all of the new policy counts, the old one going on until then; as of a past instant, for that.
    """
    import polars as pl

    from ownwords.core.permit import Question
    from ownwords.policy import diff
    from ownwords.store import locks

    _check_free(report, notify)
    at = then.at if then.is_past else diff.asked_at(new, then.at)
    before = old if then.is_past else diff.going_on(old)
    purposes = diff.changing(before, new, at)
    with locks.reading(then.house.workspace.leases):
        facts = then.facts(new)
        shifts = [diff.shift(then.rows(), facts, before, new, Question(purpose, at)) for purpose in purposes]
    gaining = pl.concat([one.gaining for one in shifts] or [pl.Series("account_id", [], pl.String)]).unique()
    said: dict[str, object] = {
        "old": f"{old.id} {old.version}",
        "new": f"{new.id} {new.version}",
        "asked_as_of": clock.to_text(at),
        "changes": {one.purpose: one.to_json() for one in shifts if one.reasons},
        "notify": {"accounts": gaining.len(), "dates": diff.dates(new, then.at)},
        "rules": diff.rules_changed(old, new),
        "clauses": diff.clauses_changed(old, new, at),
        "not_reviewed": sum(not rule.reviewed for rule in new.rules),
    }
    said |= _explained(shifts)
    if notify is not None:
        said["notify_file"] = _write(notify, "".join(f"{name}\n" for name in sorted(gaining.to_list())), mode=0o600)
    return said | _reported(said, report)


def _explained(shifts: Sequence[Shift]) -> dict[str, object]:
    """What the rules that are named as reasons say."""
    from ownwords.policy.gate import explain

    named = {rule for one in shifts for reason in one.reasons for rule in (reason.before, reason.after)}
    return {"explained": {rule: explain(rule) for rule in sorted(named, key=int)}}


def of_texts(old: str, new: str, report: str | None, draft: str | None) -> dict[str, object]:
    """What changed between two human texts, which words leave it open, and the rules that the new paragraphs might carry.

    A file that holds the policy in force and the one announced counts with the announced one; one file against itself is the one in
    force against the announced one.
    """
    from ownwords.policy import diff, drafts, texts

    if draft is not None and Path(draft).suffix not in {".yaml", ".yml"}:
        raise Usage("--draft must name a YAML file", "e.g. --draft draft.yaml; the text is copied beside it")
    _check_free(report, draft, None if draft is None else str(Path(draft).with_suffix(".md")))
    now = clock.now()
    before, after = read_text(old), read_text(new)
    notices = [*_notices(old, before), *(_notices(new, after) if new != old else [])]
    was, will = texts.compared(before), texts.compared(after)
    if before == after and len(found := texts.editions(before)) == 2:
        was, will = sorted(found, key=lambda one: one.standing != "in force")
    told = texts.compare(was.words, will.words, now)
    made = drafts.draft(told.changes, now)
    said: dict[str, object] = {
        "old": Path(old).name,
        "new": Path(new).name,
        "effective": {"old": texts.date_words(was.effective), "new": texts.date_words(will.effective)},
        "notices": notices,
        "clauses": {"compared": True, **diff.texts_changed(told)},
        "drafts": [one.to_json() for one in made],
    }
    if draft is not None:
        said |= _drafted(Path(draft), will, made, now)
    return said | _reported(said, report)


def read_text(name: str) -> str:
    """The words of a policy's text.

    raises   NotFound, BadInput
    """
    path = Path(name)
    files.check_plain(path)
    if not path.is_file():
        raise NotFound(f"{path}: no such file", "give the text of a policy, in Markdown or plain text")
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 at byte {error.start}", "save it as UTF-8") from error


def _notices(name: str, text: str) -> list[str]:
    """What a reader must know about a file before they believe a comparison with it."""
    from ownwords.policy import texts

    found = texts.editions(text)
    if len(found) == 1:
        unsure = texts.holds_two(text)
        return [f"{Path(name).name} speaks of a policy that ends, and cannot be cut in two: it is compared whole"] if unsure else []
    told = texts.compared(text)
    if told.standing == "announced":
        day = texts.date_words(told.effective) or "no day"
        return [f"{Path(name).name} holds two policies, the one in force and the one announced for {day}: the announced one is compared"]
    return [f"{Path(name).name} holds two texts under one title, and no dates to tell them apart: the first is compared"]


def _drafted(path: Path, will: Edition, made: Sequence[Draft], made_at: datetime) -> dict[str, object]:
    from ownwords.policy import drafts, file

    beside = path.with_suffix(".md")
    begins = will.effective or made_at.replace(hour=0, minute=0, second=0, microsecond=0)
    sha256 = hashlib.sha256(will.words.encode()).hexdigest()
    _write(str(beside), will.words)
    _write(str(path), drafts.to_yaml(made, path.stem, beside.name, sha256, begins, made_at))
    file.load(path)
    return {"draft": str(path), "rules_to_review": len(made)}


def _reported(said: dict[str, object], report: str | None) -> dict[str, object]:
    from ownwords.policy.report import page

    return {} if report is None else {"report": _write(report, page(said))}


def _check_free(*names: str | None) -> None:
    """That each of these can be written without taking anything's place: said before the long work, and again when writing.

    raises   Usage for what is there already, is named twice, or lies in a workspace; NotFound for one in no folder
    """
    given = [name for name in names if name is not None]
    for name in given:
        path = Path(name)
        if not path.name or "\0" in name:
            raise Usage("a report needs the name of a file", "e.g. --report page.html")
        if path.exists() or path.is_symlink():
            raise Usage(f"{path} is there already", "name a file that is not: nothing is written over")
        if not path.parent.is_dir():
            raise NotFound(f"{path.parent}: no such folder", "make it, or name another file")
        if any((folder / "format.json").exists() and (folder / "keys").is_dir() for folder in path.resolve().parents):
            raise Usage(f"{path} is inside a workspace, where only ownwords writes", "name a file outside it")
    if len({Path(name).resolve() for name in given}) < len(given):
        raise Usage("two things cannot be written to one file", "name two")


def _write(name: str, text: str, mode: int = 0o666) -> str:
    _check_free(name)
    files.write_atomic(Path(name), text, mode)
    return str(Path(name))
