"""Where the demo plays: every command is shown as it can be typed, then carried out by the same verb."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ownwords import verbs
from ownwords.core import progress
from ownwords.core.errors import NotPermitted
from ownwords.faces.bars import Bars

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ownwords.faces.demo.screen import Screen

Said = dict[str, object]
VERBS: dict[str, Callable[..., object]] = {
    name: getattr(verbs, name) for name in ("init", "ingest", "consent", "permit", "build", "use", "prove", "forget")
}


def number(said: Said, *names: str) -> int:
    """A figure out of nested results; 0 where it is not told."""
    value: object = said
    for name in names:
        value = value.get(name, 0) if isinstance(value, dict) else 0
    return value if isinstance(value, int) else 0


class Stage:
    """One workspace and the screen before it.

    shown   what stands for the workspace in the commands, short enough to read
    """

    def __init__(self, screen: Screen, workspace: Path, *, shown: str) -> None:
        self._screen = screen
        self.workspace = workspace
        self._shown = shown

    def words(self, verb: str, *given: object, **options: object) -> list[str]:
        """The command line that does the same."""
        flat = [str(word) for one in given for word in (one if isinstance(one, tuple) else (one,))]
        named = [
            word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", *(() if value is True else (str(value),)))
        ]
        return ["ownwords", "-w", self._shown, verb, *flat, *named]

    def do(self, verb: str, *given: object, **options: object) -> Said:
        """Show a command, carry it out with progress on stderr, and return what the verb says."""
        self._screen.command(self.words(verb, *given, **options))
        return self.quietly(verb, *given, **options)

    def quietly(self, verb: str, *given: object, **options: object) -> Said:
        """Carry out a command without showing it again."""
        with Bars(sys.stderr) as bars, progress.heard_by(bars):
            said = VERBS[verb](self.workspace, *given, **options)
        return said if isinstance(said, dict) else {"said": said}

    def ask(self, artifact: str, request: str, text: str, **options: object) -> str:
        """Show a question to a model, ask it, and return what it wrote.

        raises   NotPermitted if the artifact may not be used
        """
        self._screen.command(self.words("use", artifact, request, text, **options))
        first = {"generate": "prompt", "chat": "message"}[request]
        events = VERBS["use"](self.workspace, artifact, request, **{first: text, **options})
        with Bars(sys.stderr) as bars, progress.heard_by(bars):
            return "".join(str(event["text"]) for event in events if set(event) == {"text"})  # type: ignore[attr-defined]


def refusal(call: Callable[[], object]) -> str:
    """Why the gate refuses what `call` does; empty if it does not."""
    try:
        call()
    except NotPermitted as error:
        return error.what
    return ""
