"""Progress on stderr: a bar with rate and time left on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress, TaskID

_QUIET_S = 10.0


class Bars:
    """Hears `core.progress.tell` and shows it."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._told_at = time.monotonic()
        self._began_at = self._told_at

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def __call__(self, task: str, n_done: int, n_total: int | None, note: str) -> None:
        """Show that `task` is at `n_done` of `n_total`."""
        if self._stream.isatty():
            self._draw(task, n_done, n_total, note)
        elif time.monotonic() - self._told_at > _QUIET_S:
            self._told_at = time.monotonic()
            of = f" of {n_total:,}" if n_total else ""
            self._stream.write(f"{task}: {n_done:,}{of} {note}".rstrip() + "\n")
            self._stream.flush()

    def stop(self) -> None:
        """Leave the terminal as it was."""
        if self._progress is not None:
            self._progress.stop()
            self._progress, self._tasks = None, {}

    def _draw(self, task: str, n_done: int, n_total: int | None, note: str) -> None:
        if self._progress is None:
            self._progress = _bars(self._stream)
            self._progress.start()
        if task not in self._tasks:
            self._tasks[task] = self._progress.add_task(task, total=n_total, note=note)
        self._progress.update(self._tasks[task], completed=n_done, total=n_total, note=note)


def _bars(stream: IO[str]) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        """Units a second."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    return Progress(*columns, console=Console(file=stream), transient=True)
