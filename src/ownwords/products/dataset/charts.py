"""Charts as inline SVG that take their colours from the page, each with its numbers in words for those who do not see it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _HEIGHT = 460, 200
_LEFT, _BOTTOM, _TOP, _RIGHT = 56, 28, 12, 12
_LABELS = 6
#: Width of a character of a label, as large as labels are on a small screen; those at the ends are kept within the picture.
_CHARACTER = 8.5


def columns(title: str, bars: Sequence[tuple[str, int]]) -> str:
    """Upright bars, (label, count) from left to right; of many labels some are written."""
    if not bars:
        return _nothing(title)
    most = max(n for _, n in bars) or 1
    wide, tall = (_WIDTH - _LEFT - _RIGHT) / len(bars), _HEIGHT - _TOP - _BOTTOM
    every = -(-len(bars) // _LABELS)
    parts = _grid(most)
    for place, (label, n) in enumerate(bars):
        x, high = _LEFT + place * wide, tall * n / most
        y = _HEIGHT - _BOTTOM - high
        gap = min(2.0, wide / 5)
        parts.append(
            f'<rect class="bar" x="{x + gap / 2:.1f}" y="{y:.1f}" width="{wide - gap:.1f}" height="{high:.1f}">'
            f"<title>{escape(label)}: {n:,}</title></rect>"
        )
        if place % every == 0:
            half = _CHARACTER * len(label) / 2
            middle = min(max(x + wide / 2, half), _WIDTH - half)
            kind = ' class="more"' if place // every % 2 else ""  # a small screen has no room for these
            parts.append(f'<text x="{middle:.1f}" y="{_HEIGHT - 8}" text-anchor="middle"{kind}>{escape(label)}</text>')
    return _picture(title, bars, parts, _HEIGHT)


def rows(title: str, bars: Sequence[tuple[str, int]]) -> str:
    """Lying bars, (label, count) from top to bottom, each with its share: lists, so that labels of any length are read on any screen."""
    if not bars:
        return _nothing(title)
    most, total = max(n for _, n in bars) or 1, sum(n for _, n in bars) or 1
    items = "".join(
        f'<li><span>{escape(label)}</span> <span class="n">{n:,} ({n / total:.1%})</span>'
        f'<div class="meter" role="presentation"><span style="width:{n / most:.1%}"></span></div></li>'
        for label, n in bars
    )
    return f'<figure><figcaption>{escape(title)}</figcaption><ul class="bars">{items}</ul></figure>'


def lorenz(title: str, shares: Sequence[float]) -> str:
    """The curve from (0, 0) to (1, 1), beside the straight line of equal shares."""
    if not shares:
        return _nothing(title)
    size = 240
    inner = size - _LEFT - _RIGHT

    def at(x: float, y: float) -> str:
        return f"{_LEFT + inner * x:.1f},{_TOP + inner * (1 - y):.1f}"

    last = len(shares) - 1
    line = " ".join(at(place / last, share) for place, share in enumerate(shares))
    parts = [
        f'<polyline class="grid" points="{at(0, 0)} {at(1, 1)}"/>',
        f'<polygon class="area" points="{at(0, 0)} {line} {at(1, 0)}"/><polyline class="line" points="{line}"/>',
        f'<text x="{_LEFT}" y="{size - 26}">quietest people</text>',
        f'<text x="{size - _RIGHT}" y="{size - 26}" text-anchor="end">all</text>',
        f'<text x="{_LEFT - 6}" y="{_TOP + 12}" text-anchor="end">100 %</text>',
        f'<text x="{_LEFT - 6}" y="{_TOP + inner}" text-anchor="end">0</text>',
    ]
    half = shares[last // 2]
    words = f"the quieter half of the people wrote {half:.0%} of the turns"
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {size} {size - 16}" role="img" class="square">'
        f"<title>{escape(title)}: {words}</title>{''.join(parts)}</svg><p>{words[0].upper()}{words[1:]}.</p></figure>"
    )


def _grid(most: int) -> list[str]:
    tall = _HEIGHT - _TOP - _BOTTOM
    parts = []
    for part in (0.0, 0.5, 1.0):
        y = _TOP + tall * (1 - part)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_short(most * part)}</text>')
    return parts


def _short(n: float) -> str:
    """A number in five characters at most: 9,999, 12k, 3.4M."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**4, "k")):
        if n >= size:
            n /= 10**3 if letter == "k" else size
            return f"{n:.1f}".removesuffix(".0")[:4].removesuffix(".") + letter
    return f"{n:,.0f}" if n >= 2 or n == int(n) else f"{n:.1f}"


def _picture(title: str, bars: Sequence[tuple[str, int]], parts: Sequence[str], high: int) -> str:
    cells = "".join(f"<tr><th scope='row'>{escape(label)}</th><td>{n:,}</td></tr>" for label, n in bars)
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {_WIDTH} {high}" role="img">'
        f"<title>{escape(title)}; the numbers are in the table below</title>{''.join(parts)}</svg>"
        f"<details><summary>Numbers</summary><table>{cells}</table></details></figure>"
    )


def _nothing(title: str) -> str:
    return f"<figure><figcaption>{escape(title)}</figcaption><p>Nothing to show.</p></figure>"
