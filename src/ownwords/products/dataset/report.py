"""The report on a dataset: one HTML page with the funnel, charts and sample posts; no script, nothing loaded from elsewhere."""

from __future__ import annotations

import unicodedata
from html import escape
from typing import TYPE_CHECKING

from ownwords.core import purpose
from ownwords.products.dataset import charts
from ownwords.products.dataset.card import marked
from ownwords.products.dataset.facts import listed, ranked
from ownwords.products.dataset.figures import LENGTHS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ownwords.products.dataset.facts import Facts

_BARS = 12
_MONTHS = 240
#: What comes out of a step, where that is no longer posts.
_MADE = {"threads": "turns", "split": "dialogues", "pairs": "pairs of answers"}
#: Letters that nothing is drawn for; the rest of what cannot be seen is no letter.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6675; --paper: #ffffff; --box: #f3f5f8; --line: #d8dee6; --bar: #0b6e4f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --soft: #9fabba; --paper: #12161c; --box: #1b212a; --line: #333c48; --bar: #4cc296; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .3rem; } h2 { font-size: 1.25rem; margin: 2.5rem 0 .6rem; }
p.lead, figcaption, .soft, summary { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: .75rem; padding: 0; list-style: none; }
.tiles li, figure, .post { background: var(--box); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem; }
.tiles b { display: block; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem; }
figure { margin: 0; } figcaption { font-weight: 600; margin-bottom: .4rem; }
svg { width: 100%; max-width: 34rem; height: auto; display: block; } svg.square { max-width: 17rem; margin: auto; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; } .bar { fill: var(--bar); } .area { fill: var(--bar); opacity: .18; }
.line { fill: none; stroke: var(--bar); stroke-width: 2.5; } .grid { fill: none; stroke: var(--line); stroke-width: 1; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; } td.n, th.n { text-align: right; white-space: nowrap; }
.bars { list-style: none; margin: 0; padding: 0; } .bars li { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; }
.bars .meter { flex: 1 0 100%; margin: .1rem 0 .5rem; } .n { font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; } .wide th { white-space: nowrap; }
.meter { height: .5rem; border-radius: .25rem; background: var(--line); min-width: 5rem; }
.meter span { display: block; height: 100%; border-radius: inherit; background: var(--bar); }
.post { margin: .75rem 0; } .post dt { color: var(--soft); font-size: .85rem; } .post dd { margin: 0 0 .5rem; white-space: pre-wrap; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .92em; }
@media (max-width: 34rem) {
  .wide :is(th, td):nth-child(4), svg text.more { display: none; } th, td { padding: .35rem .4rem; }
  svg text { font-size: 17px; } svg.square text { font-size: 13px; }
}
@media print { body { max-width: none; } details { display: none; } }
"""


def report(facts: Facts) -> str:
    """A whole HTML page; the same for the same content. Texts of people are escaped, and set apart from the page's own direction."""
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escape(facts.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
        _opening(facts),
        _funnel(facts),
        _reasons(facts),
        _charts(facts),
        _kept(facts),
        _dropped(facts),
        "</main>\n</body>\n</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _opening(facts: Facts) -> str:
    metrics, permit = facts.metrics, facts.permit
    tiles = [
        ("posts came in", metrics["posts_in"]),
        ("posts are in it", metrics["posts"]),
        ("rows", metrics["dialogues"]),
        ("people", metrics["people"]),
        ("turns to learn", metrics["learnt_turns"]),
        *((f"rows in {name}", n) for name, n in metrics["split"].items()),
    ]
    said = escape(purpose.find(permit.purpose).says)
    return (
        f'<h1>{escape(facts.title)}</h1>\n<p class="lead">Purpose <code>{escape(permit.purpose)}</code> ({said}), permitted by policy '
        f"<code>{escape(permit.policy_id)}</code>. The posts below belong to this dataset: they go when it goes.</p>\n"
        f'<ul class="tiles">{"".join(f"<li><b>{n:,}</b>{escape(name)}</li>" for name, n in tiles)}</ul>'
    )


def _new(unit: str, rows: Sequence[str]) -> str:
    """What goes into the first step."""
    return "" if rows else f"<br>{unit}"


def _funnel(facts: Facts) -> str:
    rows, unit, most = list[str](), "posts", facts.steps[0].n_in or 1
    for step in facts.steps:
        dropped = "<br>".join(f"{n:,} {escape(reason)}" for reason, n in sorted(step.dropped, key=lambda item: (-item[1], item[0])))
        made = unit if facts.options.form == "flat" else _MADE.get(step.name, unit)
        # one bar is of one thing: posts, as long as posts come out
        left = f'<div class="meter" role="presentation"><span style="width:{min(1.0, step.n_out / most):.1%}"></span></div>'
        rows.append(
            f'<tr><th scope="row"><code>{escape(step.name)}</code></th><td class="n">{step.n_in:,}{_new(unit, rows)}</td>'
            f'<td class="n">{step.n_out:,}{"" if made == unit else f"<br>{made}"}</td>'
            f"<td>{left if made == 'posts' else ''}</td><td>{dropped or '–'}</td></tr>"
        )
        unit = made
    copies = "".join(f'<p class="soft">{escape(line)}</p>\n' for line in marked(facts) if line)
    return (
        f'<h2>The funnel</h2>\n{copies}<div class="wide"><table><thead><tr><th scope="col">step</th><th scope="col" class="n">in</th>'
        '<th scope="col" class="n">out</th><th scope="col">posts left</th><th scope="col">dropped</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _reasons(facts: Facts) -> str:
    chart = charts.rows("Posts by reason", ranked(facts.metrics["dropped"])[:_BARS])
    return f'<h2>Why posts were left out</h2>\n<div class="charts">{chart}</div>'


def _charts(facts: Facts) -> str:
    figures = facts.figures
    months = sorted((label, n) for label, n in figures.month.items() if label != "unknown")[-_MONTHS:]
    ends = [1, *(end + 1 for end in LENGTHS)]
    lengths = [(f"{low}–{high}", figures.length.get(place, 0)) for place, (low, high) in enumerate(zip(ends, LENGTHS, strict=False))]
    lengths.append((f"{LENGTHS[-1] + 1}+", figures.length.get(len(LENGTHS), 0)))
    turns = [(str(n), figures.turns[n]) for n in sorted(figures.turns)]
    upright = {
        "Rows by month of their first learnt turn": months,
        "Learnt turns by length in characters": lengths,
        "Rows by number of turns": turns[:40],
    }
    lying = {
        "Rows by language": listed(figures.language, _BARS),
        "Rows by network": listed(figures.network, _BARS),
        "Rows by the terms their source was had under": listed(figures.terms, _BARS),
    }
    parts = [charts.columns(title, bars) for title, bars in upright.items() if len(bars) != 1]
    parts += [charts.rows(title, bars) for title, bars in lying.items() if len(bars) != 1]
    parts.append(charts.lorenz("How evenly people are heard", figures.lorenz()))
    single = "".join(
        f"<li>{title}: {escape(bars[0][0])}, all {bars[0][1]:,}</li>" for title, bars in (upright | lying).items() if len(bars) == 1
    )
    return f'<h2>What is in it</h2>\n<div class="charts">{"".join(parts)}</div>' + (f"<ul>{single}</ul>" if single else "")


def _kept(facts: Facts) -> str:
    posts = []
    for trail in dict.fromkeys(facts.examples.kept):
        steps = "".join(f'<dt>{_stage(name)}</dt><dd dir="auto">{_shown(text)}</dd>' for name, text in trail)
        unchanged = "" if len(trail) > 1 else '<dt class="soft">no step changed it</dt>'
        posts.append(f'<dl class="post">{steps}{unchanged}</dl>')
    words = (
        "Chosen by their ids alone, among posts in which no name, number or link stands: what is taken out of a post is not repeated here."
    )
    return f'<h2>Posts that stayed</h2>\n<p class="soft">{words}</p>\n{"".join(posts) or "<p>Nothing to show.</p>"}'


def _shown(text: str) -> str:
    """A text as HTML; of one that cannot be seen, that."""
    if all(letter in _BLANK_LETTERS or unicodedata.category(letter)[0] in "ZC" for letter in text):
        return "<i>nothing that can be seen</i>" if text else "<i>empty</i>"
    return escape(text)


def _stage(name: str) -> str:
    return "as written" if name == "as written" else f"after <code>{escape(name)}</code>"


def _dropped(facts: Facts) -> str:
    groups = []
    for (step, reason), texts in facts.examples.dropped.items():
        said = "".join(f'<dd dir="auto">{shown}</dd>' for shown in dict.fromkeys(map(_shown, texts)))
        groups.append(f'<dl class="post"><dt><code>{escape(step)}</code>: {escape(reason)}</dt>{said}</dl>')
    words = ""
    if any(dict(step.params).get("recogniser") for step in facts.steps):
        words = '<p class="soft">Those that a recogniser looked at are not shown: what it would take out of them is not kept.</p>\n'
    return f"<h2>Posts that were dropped</h2>\n{words}{''.join(groups) or '<p>Nothing to show.</p>'}"
