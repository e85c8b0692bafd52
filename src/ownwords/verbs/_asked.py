"""What is the same for every verb: words that cannot be read are refused, and damage to the workspace is told as such."""

from __future__ import annotations

import errno
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from ownwords.core.errors import OwnwordsError, Usage

P = ParamSpec("P")
R = TypeVar("R")


def asked(verb: Callable[P, R]) -> Callable[P, R]:
    """`verb`, with its arguments looked at first, and whatever fails because a file of the workspace is damaged said so.

    raises   Usage for text that is no Unicode, and for an empty text where leaving it out means something else;
             BadWorkspace naming the damaged file
    """
    parameters = inspect.signature(verb).parameters

    @functools.wraps(verb)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        named = dict(zip(parameters, args, strict=False)) | kwargs
        for name, value in named.items():
            default = parameters[name].default if name in parameters else ""
            _check(name, value, may_be_empty=name != "workspace" and default == "")
        root = str(named.get("workspace", ""))
        with _damage_told(root):
            result = verb(*args, **kwargs)
        return cast("R", _answers(result, root)) if isinstance(result, Iterator) else result

    return called


@contextmanager
def _damage_told(root: str) -> Iterator[None]:
    """What fails in the block fails as it does, unless a file of the workspace in `root` is damaged: then that is said instead."""
    from ownwords.verbs._damage import find

    try:
        yield
    except BaseException as error:
        is_stop = not isinstance(error, Exception) and type(error).__name__ != "PanicException"  # a panic below Python is no Exception
        is_machine = isinstance(error, OSError) and error.errno not in {None, errno.ENOENT}
        if is_stop or is_machine or isinstance(error, OwnwordsError):
            raise
        damaged = find(root)
        if damaged is None:
            raise
        raise damaged from error


def _answers(events: Iterator[object], root: str) -> Iterator[object]:
    with _damage_told(root):
        yield from events


def _check(name: str, value: object, *, may_be_empty: bool) -> None:
    shown = f"--{name.replace('_', '-')}" if name not in {"workspace", "paths"} else f"one of the {name}" if name == "paths" else name
    value = str(value) if isinstance(value, Path) else value
    for text in value if isinstance(value, Iterable) and not isinstance(value, str | bytes) else [value]:
        if not isinstance(text, str):
            continue
        if not text and not may_be_empty:
            raise Usage(f"{shown} is empty", "leave it out, or say which")
        if "\x00" in text or not _is_unicode(text):
            raise Usage(f"{shown} holds bytes that are no text (UTF-8)", "write it in UTF-8, or rename the file")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
