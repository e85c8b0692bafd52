"""The HTML page of a `permit diff`: one file with its own style and charts, that loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}td.n,th.n{text-align:right}
code{font-size:.85em;overflow-wrap:anywhere}ins{background:#d8f0dc;text-decoration:none}del{background:#f6d9d9}
.gained{fill:#2a7d46}.lost{fill:#a83232}.note{background:#fff6d6;padding:.5rem .8rem}.vague{color:#7a5a00}svg{max-width:100%;height:auto}
text{font:13px system-ui,sans-serif;fill:#1b1b1b}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_ROW, _LABEL, _BARS = 22, 190, 460
#: Of a reworded paragraph, words that stayed are cut to so many on each side of a change.
_AROUND = 12


def page(said: Mapping[str, object]) -> str:
    """The page for what `permit diff` says of two policies or of two texts.

    said   as its --json; names records, never a person or anybody's words
    """
    body = [f"<h1>{_text(said['old'])} → {_text(said['new'])}</h1>"]
    body += [f"<p class=note>{escape(str(notice))}</p>" for notice in _list(said.get("notices"))]
    if "changes" in said:
        body += [f"<p>Asked as of {_text(said['asked_as_of'])}. What no rule of either policy names cannot change.</p>"]
        body += [*_uses(_dict(said["changes"]), _dict(said["explained"])), *_whom(_dict(said["notify"])), *_rules(_list(said["rules"]))]
    body += _clauses(_dict(said["clauses"]))
    body += _drafts(_list(said.get("drafts")))
    title = f"{_text(said['old'])} → {_text(said['new'])}"
    return (
        '<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><title>{title}</title><style>{_STYLE}</style></head><body>\n'
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _uses(changes: Mapping[str, object], explained: Mapping[str, object]) -> list[str]:
    if not changes:
        return ["<h2>Uses</h2><p>No record may be used otherwise than before.</p>"]
    sides = {purpose: {side: _dict(_dict(told)[side]) for side in ("gained", "lost")} for purpose, told in changes.items()}
    parts = []
    for unit in ("records", "people"):
        bars = [(purpose, _number(told["gained"][unit]), _number(told["lost"][unit])) for purpose, told in sides.items()]
        parts += [f"<h2>{unit.capitalize()} gained and lost, by purpose</h2>", _chart(bars, unit)]
    rows = []
    for purpose, told in changes.items():
        for reason in map(_dict, _list(_dict(told)["reasons"])):
            sign, kind = ("+", "gained") if reason["gained"] else ("−", "lost")
            samples = " ".join(f"<code>{_text(one)}</code>" for one in _list(reason["samples"]))
            cells = [f"<td>{escape(purpose)}</td><td>{kind}</td>"]
            cells += [f"<td title='{_text(explained[str(reason[side])])}'>rule {_text(reason[side])}</td>" for side in ("before", "after")]
            cells += [f"<td class=n>{sign}{_number(reason[name]):,}</td>" for name in ("n_records", "n_people")]
            rows.append("".join([*cells, f"<td>{samples}</td>"]))
    head = ["purpose", "", "before", "after", *("records", "people"), "for example"]
    means = [f"<li>rule {escape(rule)}: {_text(says)}</li>" for rule, says in explained.items()]
    return [*parts, "<h2>Why</h2>", _table(head, rows, numbers=(4, 5)), f"<ul>{''.join(means)}</ul>"]


def _whom(notify: Mapping[str, object]) -> list[str]:
    rows = []
    for told in map(_dict, _list(notify["dates"])):
        over = " (past)" if told["is_past"] else ""
        rows.append(f"<td>{_text(told['what'])}</td><td>{_text(told['at'])[:10]}{over}</td>")
    count = f"<p>{_number(notify['accounts']):,} accounts gain a use of their words.</p>"
    return [
        "<h2>Whom to tell, and until when</h2>",
        count,
        _table(["", "day (UTC)"], rows) if rows else "<p>The new policy names no day.</p>",
    ]


def _rules(rules: Sequence[object]) -> list[str]:
    rows = []
    for told in map(_dict, rules):
        changed = "".join(
            f"<div>{escape(name)}: <del>{_text(_dict(one)['before'])}</del> <ins>{_text(_dict(one)['after'])}</ins></div>"
            for name, one in _dict(told.get("fields")).items()
        )
        purposes = ", ".join(map(str, _list(told["purposes"])))
        waits = "" if told["reviewed"] else " (not reviewed: does not count)"
        what = f"{_text(told['effect'])} {escape(purposes)}"
        rows.append(f"<td>{_text(told['kind'])}</td><td>{_text(told['rule'])}{waits}</td><td>{what}</td><td>{changed}</td>")
    return ["<h2>Rules</h2>", _table(["", "rule", "what", "changed"], rows) if rows else "<p>No rule changed.</p>"]


def _clauses(told: Mapping[str, object]) -> list[str]:
    if not told["compared"]:
        return ["<h2>Text</h2><p>One of the two texts is not there, so they cannot be compared.</p>"]
    counts = ", ".join(f"{_number(told[kind]):,} {kind}" for kind in ("added", "removed", "reworded", "moved", "unchanged"))
    rows = []
    for change in map(_dict, _list(told["changes"])):
        vague = "; ".join(f"“{_text(_dict(one)['phrase'])}” {_text(_dict(one)['why'])}" for one in _list(change["vague"]))
        note = f"<div class=vague>{vague}</div>" if vague else ""
        number = change["after"] or change["before"]
        rows.append(f"<td>{_text(change['kind'])}</td><td class=n>{_text(number)}</td><td>{_pieces(_list(change['pieces']))}{note}</td>")
    return ["<h2>Text</h2>", f"<p>Paragraphs: {counts}.</p>", _table(["", "no.", "words"], rows, numbers=(1,)) if rows else ""]


def _pieces(pieces: Sequence[object]) -> str:
    parts = []
    for kind, words in (map(str, _list(one)) for one in pieces):
        if kind == "same":
            parts.append(escape(shortened(words)))
        else:
            tag = "ins" if kind == "added" else "del"
            parts.append(f"<{tag}>{escape(words)}</{tag}>")
    return " ".join(parts)


def shortened(words: str, around: int = _AROUND) -> str:
    """The first and last words of a long passage that did not change."""
    one = words.split()
    return words if len(one) <= 2 * around + 1 else " ".join([*one[:around], "…", *one[-around:]])


def _drafts(drafts: Sequence[object]) -> list[str]:
    if not drafts:
        return []
    rows = []
    for one in map(_dict, drafts):
        lists = [escape(", ".join(map(str, _list(one[name])))) for name in ("purposes", "categories")]
        basis = _text(one.get("legal_basis", ""))
        rows.append(
            f"<td>{_text(one['effect'])}</td><td>{lists[0]}</td><td>{lists[1]}</td><td>{basis}</td><td><code>{_text(one['clause'])[:12]}</code></td>"
        )
    return ["<h2>Rules drafted, none of which counts before it is reviewed</h2>", _table(["", "purposes", "of", "basis", "clause"], rows)]


def _chart(bars: Iterable[tuple[str, int, int]], unit: str) -> str:
    """A bar to the right for what is gained, one below it for what is lost; inline SVG."""
    rows = list(bars)
    most = max((max(gained, lost) for _, gained, lost in rows), default=0) or 1
    height = len(rows) * (2 * _ROW + 8)
    parts = [f'<svg viewBox="0 0 {_LABEL + _BARS + 130} {height}" role="img" aria-label="{escape(unit)} gained and lost, by purpose">']
    for k, (purpose, gained, lost) in enumerate(rows):
        top = k * (2 * _ROW + 8)
        parts.append(f'<text x="0" y="{top + _ROW}">{escape(purpose)}</text>')
        for place, (kind, n, sign) in enumerate((("gained", gained, "+"), ("lost", lost, "−"))):
            y, width = top + place * _ROW, round(_BARS * n / most, 1)
            parts.append(f'<rect class="{kind}" x="{_LABEL}" y="{y + 3}" width="{width}" height="{_ROW - 6}"/>')
            parts.append(f'<text x="{_LABEL + width + 6}" y="{y + 15}">{sign if n else ""}{n:,}</text>')
    return "".join([*parts, "</svg>"])


def _table(head: Sequence[str], rows: Sequence[str], numbers: Sequence[int] = ()) -> str:
    cells = "".join(f"<th{' class=n' if k in numbers else ''}>{escape(name)}</th>" for k, name in enumerate(head))
    return f"<table><tr>{cells}</tr>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


def _text(value: object) -> str:
    return escape(str(value), quote=True)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _dict(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else []
