"""The door of the HTTP face: lets no one past without a token, nothing too large, and no error out but as a problem body."""

from __future__ import annotations

import json
import sys
import traceback
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from ownwords.core import clock
from ownwords.core.errors import OwnwordsError
from ownwords.faces import problems

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ownwords.core.principal import Principal
    from ownwords.verbs._service import Service

MAX_BODY_BYTES = 1 << 20
_OPEN = frozenset({"/healthz", "/openapi.json"})


class Door:
    """ASGI middleware around all routes; puts `principal` into the request's state."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_begun = False
        principal: Principal | None = None

        async def watched(message: Message) -> None:
            nonlocal is_begun
            is_begun = True
            await send(message)

        async def refuse(body: dict[str, object], headers: dict[str, str] | None = None) -> None:
            response = JSONResponse(body, int(str(body["status"])), headers, media_type=problems.MEDIA_TYPE)
            await response(scope, receive, send)

        try:
            if scope["path"] not in _OPEN:
                principal = await run_in_threadpool(self._service.principal, _bearer(scope))
                if principal is None:
                    await refuse(problems.UNKNOWN_CALLER, {"WWW-Authenticate": "Bearer"})
                    return
                scope.setdefault("state", {})["principal"] = principal
            body = await _body(receive)
            if body is None:
                await refuse(problems.TOO_LARGE)
                return
            if not _is_text(body):
                await refuse(problems.NO_TEXT)
                return
            await self._app(scope, _again(body, receive), watched)
        except Exception as error:
            _log(error)
            if not is_begun:
                await refuse(problems.of_error(error, principal is not None and principal.role == "operator"))


def _bearer(scope: Scope) -> str:
    """The token of the request; empty if there is none, or more than one."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    kind, _, secret = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
    return secret.strip().decode("latin-1") if kind.lower() == b"bearer" else ""


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None if it is too large."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if sum(map(len, parts)) > MAX_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


def _is_text(body: bytes) -> bool:
    """Whether every text in the JSON can be written as UTF-8: no NUL, no half of a surrogate pair. What is no JSON is for the routes."""
    if b"\\u" not in body:
        return True
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return bool(text.encode()) and "\\u0000" not in text
    except UnicodeEncodeError:
        return False
    except (ValueError, RecursionError):
        return True


def _again(body: bytes, receive: Receive) -> Receive:
    """Hands out the body that was read, then what comes after it."""
    is_given = False

    async def given() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return given


def _log(error: Exception) -> None:
    """One line for operators: for a fault of ours its type and place, never its message."""
    line: dict[str, object] = {"at": clock.to_text(clock.now()), "error": type(error).__name__}
    if not isinstance(error, OwnwordsError):
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "ownwords" in f.filename]
        line["where"] = f"{frames[-1].filename.rpartition('ownwords/')[2]}:{frames[-1].lineno}" if frames else "outside ownwords"
    sys.stderr.write(json.dumps(line) + "\n")
