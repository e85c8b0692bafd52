"""What the demo shows on a terminal: acts, the exact commands, and what they said."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

#: Wider lines are hard to read.
_WIDTH = 96


def _together(words: Sequence[str]) -> list[str]:
    """Quoted words, an option with its value as one."""
    joined: list[str] = []
    for word in map(shlex.quote, words):
        if joined and joined[-1].startswith("--") and " " not in joined[-1] and not word.startswith("--"):
            joined[-1] += f" {word}"
        else:
            joined.append(word)
    return joined


class Screen:
    """One panel an act; a few colours, and none where the output is no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(file=sys.stdout, highlight=False)
        self._console.width = min(self._console.width, _WIDTH)
        self._title = ""
        self._lines: list[RenderableType] = []

    def hello(self, title: str, text: str) -> None:
        """What is going to be told."""
        self._console.print()
        self._console.print(Text(title, "bold"))
        self._console.print(Text(text, "dim"))

    def act(self, number: int, title: str, text: str) -> None:
        """Begin an act; what it shows is gathered until `end`."""
        self._console.print()
        self._console.print(Text.assemble((f"{number}  ", "bold cyan"), (title, "bold")))
        self._console.print(Padding(Text(text, "dim"), (0, 0, 0, 3), expand=False))
        self._title = title

    def command(self, words: Sequence[str]) -> None:
        """A command as it can be typed, just before it runs."""
        self._console.print(Padding(self._typed(words, self._console.width - 3), (0, 0, 0, 3), expand=False))

    def say(self, text: str, style: str = "") -> None:
        """A line of the act's panel."""
        self._lines.append(Text(text, style))

    def line(self, words: Sequence[str]) -> None:
        """A command for the reader to type, in the act's panel."""
        self._lines.append(self._typed(words, self._console.width - 7))

    @staticmethod
    def _typed(words: Sequence[str], width: int) -> Text:
        """A command broken at words, so that it can be copied as it stands."""
        lines = [""]
        for word in _together(words):
            if len(lines[-1]) + len(word) + 5 > width:
                lines.append("   ")
            lines[-1] += (" " if lines[-1] else "") + word
        return Text.assemble(("$ ", "dim"), (" \\\n".join(lines), "cyan"))

    def figures(self, rows: Sequence[tuple[str, object, str]]) -> None:
        """Name, figure and remark, in columns; figures are numbers that were just counted, or short words."""
        table = Table.grid(padding=(0, 2))
        table.add_column()
        table.add_column(justify="right", style="bold")
        table.add_column(style="dim")
        for name, figure, remark in rows:
            table.add_row(name, f"{figure:,}" if isinstance(figure, int) else str(figure), remark)
        self._lines.append(table)

    def quote(self, prompt: str, answer: str) -> None:
        """What a model was given, and how it went on."""
        self._lines.append(Text.assemble((prompt, "dim"), (answer, "bold green")))

    def end(self) -> None:
        """Show the act's panel."""
        self._console.print(Padding(Panel(Group(*self._lines), border_style="dim", padding=(0, 1)), (0, 0, 0, 3)))
        self._lines = []
