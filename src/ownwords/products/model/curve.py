"""The training loss as an SVG picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 720, 320, 56, 24, 16, 40
_POINTS = 300
_INK, _PALE, _LINE = "#222", "#ddd", "#0b6e4f"


def svg(losses: Sequence[float], held_out: float | None, bigram: float | None) -> str:
    """A line of the loss over steps, with the held-out score and the bigram baseline as level lines where there are any.

    losses    nats per token of every step; may be empty
    """
    marks = [(value, name) for value, name in ((held_out, "held-out people"), (bigram, "bigram baseline")) if value is not None]
    smooth = _smoothed(losses)
    values = [*smooth, *(value for value, _ in marks)] or [0.0, 1.0]
    low, high = min(values), max(values)
    high = high if high > low else low + 1
    wide, tall = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def y(value: float) -> float:
        return _TOP + tall * (high - value) / (high - low)

    points = " ".join(f"{_LEFT + wide * k / max(len(smooth) - 1, 1):.1f},{y(value):.1f}" for k, value in enumerate(smooth))
    grid = [low + (high - low) * k / 4 for k in range(5)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12" fill="{_INK}">',
        f'<title>Training loss over {len(losses)} steps</title><rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        *(f'<path d="M{_LEFT} {y(v):.1f}h{wide}" stroke="{_PALE}"/><text x="8" y="{y(v) + 4:.1f}">{v:.2f}</text>' for v in grid),
        *(_level(y(value), name, wide) for value, name in marks),
        f'<polyline points="{points}" fill="none" stroke="{_LINE}" stroke-width="2"/>',
        f'<text x="{_LEFT}" y="{_HEIGHT - 12}">step 1</text>',
        f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 12}" text-anchor="end">step {len(losses)}</text>',
        '<text x="8" y="14">nats per token</text></svg>',
    ]
    return "\n".join(parts) + "\n"


def _level(height: float, name: str, wide: int) -> str:
    return (
        f'<path d="M{_LEFT} {height:.1f}h{wide}" stroke="{_INK}" stroke-dasharray="4 4"/>'
        f'<text x="{_LEFT + wide}" y="{height - 4:.1f}" text-anchor="end">{name}</text>'
    )


def _smoothed(losses: Sequence[float]) -> list[float]:
    """At most 300 points, each the mean of the steps it stands for."""
    size = max(1, -(-len(losses) // _POINTS))
    return [sum(part) / len(part) for part in (losses[k : k + size] for k in range(0, len(losses), size))]
