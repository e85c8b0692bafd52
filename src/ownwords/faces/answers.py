"""What `permit why` and `permit diff` say, as a person reads it on a screen."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

_WIDTH = 110
_AROUND = 8


def why(result: dict[str, Any]) -> str:
    """The answer, the clause's own words, and where the ledger has it; the proof is for --json."""
    sign = "may be used" if result["allowed"] else "is not used"
    lines = [f"{result['record']} {sign} for {result['purpose']} (rule {result['rule']}, {result['clause']})", result["because"]]
    if text := result.get("clause_text"):
        lines += ["", *textwrap.wrap(f"“{text}”", _WIDTH, initial_indent="  ", subsequent_indent="  ")]
    if entry := result.get("entry"):
        lines += ["", f"ledger event {entry['seq']:,}: {entry['kind']}, {entry['at'][:19]}Z, by {entry['who']}; --json has the proof"]
    return "\n".join(lines)


def diff(result: dict[str, Any]) -> str:
    """What would be gained and lost, why, whom to tell, and what changed in rules and words."""
    lines = [f"{result['old']} → {result['new']}", *result.get("notices", [])]
    if "changes" in result:
        lines += [*_uses(result), *_whom(result["notify"]), *_rules(result["rules"])]
    lines += _words(result["clauses"], everything="changes" not in result)
    if drafted := result.get("drafts"):
        rows = [
            [one["effect"], ", ".join(one["purposes"]), ", ".join(one["categories"]), one.get("legal_basis", ""), one["clause"][:12]]
            for one in drafted
        ]
        lines += ["", "rules drafted; none counts before it is reviewed", *_table(["", "purposes", "of", "basis", "clause"], rows)]
    lines += [f"{name.replace('_', ' ')}: {result[name]}" for name in ("draft", "notify_file", "report") if name in result]
    return "\n".join(lines)


def _uses(result: dict[str, Any]) -> list[str]:
    rows = [
        [
            purpose,
            "gained" if one["gained"] else "lost",
            f"{one['before']} → {one['after']}",
            f"{one['n_records']:,}",
            f"{one['n_people']:,}",
            ", ".join(one["samples"][:2]),
        ]
        for purpose, told in result["changes"].items()
        for one in told["reasons"]
    ]
    head = f"asked as of {result['asked_as_of'][:10]}"
    if not rows:
        return [head, "No record may be used otherwise than before."]
    means = [f"rule {rule}: {says}" for rule, says in result["explained"].items()]
    return [head, *_table(["purpose", "", "rule", "records", "people", "for example"], rows), *means]


def _whom(notify: dict[str, Any]) -> list[str]:
    days = [f"  {one['at'][:10]}  {one['what']}{' (past)' if one['is_past'] else ''}" for one in notify["dates"]]
    return ["", f"to tell: {notify['accounts']:,} accounts gain a use", *days]


def _rules(rules: Sequence[dict[str, Any]]) -> list[str]:
    rows = [[one["kind"], one["rule"], f"{one['effect']} {', '.join(one['purposes'])}", ", ".join(one.get("fields", {}))] for one in rules]
    return ["", *(_table(["rules", "", "", "changed"], rows) if rows else ["no rule changed"])]


def _words(told: dict[str, Any], everything: bool) -> list[str]:
    if not told["compared"]:
        return ["", "one of the two texts is not there, so they cannot be compared"]
    counts = ", ".join(f"{told[kind]} {kind}" for kind in ("added", "removed", "reworded", "moved", "unchanged"))
    lines = ["", f"paragraphs: {counts}"]
    for change in told["changes"] if everything else []:
        pieces = " ".join(_piece(kind, words) for kind, words in change["pieces"])
        lines += ["", f"{change['kind']}, paragraph {change['after'] or change['before']}, clause {change['clause'][:12]}"]
        lines += textwrap.wrap(pieces, _WIDTH, initial_indent="  ", subsequent_indent="  ")
        lines += [f"  vague: “{one['phrase']}” {one['why']}" for one in change["vague"]]
    return lines


def _piece(kind: str, words: str) -> str:
    if kind == "same":
        one = words.split()
        return words if len(one) <= 2 * _AROUND + 1 else " ".join([*one[:_AROUND], "…", *one[-_AROUND:]])
    return f"[+{words}+]" if kind == "added" else f"[-{words}-]"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(str(row[k])) for row in [head, *rows]) for k in range(len(head))]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in [head, *rows]]
