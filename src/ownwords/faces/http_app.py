"""Routes of the HTTP face: who asks, may they, call the verb, answer in JSON, as a stream or as a job."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ownwords import __version__
from ownwords.core import clock
from ownwords.core.errors import NotPermitted
from ownwords.core.principal import Principal, authorize
from ownwords.faces import bodies, problems, rights, words
from ownwords.faces.door import Door
from ownwords.faces.jobs import LONG, Runner
from ownwords.verbs._service import Job, Service

_STREAM = "text/event-stream"
_END = object()


class TokenBody(BaseModel):
    """Whom a new token is for."""

    model_config = ConfigDict(extra="forbid")
    role: str
    person: str | None = None
    label: str = ""


def create_app(service: Service) -> FastAPI:
    """The application for one workspace."""
    runner = Runner(service)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(runner.resume)
        yield
        await run_in_threadpool(runner.stop)

    app = FastAPI(title="ownwords", version=__version__, lifespan=life, docs_url=None, redoc_url=None)
    app.add_exception_handler(RequestValidationError, _misfit)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_middleware(Door, service=service)
    app.add_api_route("/healthz", _healthz, methods=["GET"], summary="Whether the server answers")
    secured: dict[str, Any] = {"dependencies": [Depends(HTTPBearer(auto_error=False))], "responses": _PROBLEMS}
    for name, verb in bodies.VERBS.items():
        said = words.described(verb).first
        app.add_api_route(f"/v1/{name}", _endpoint(service, runner, name), methods=["POST"], summary=said, name=name, **secured)
    for path, method, function in _desk_routes(service):
        app.add_api_route(path, function, methods=[method], **secured)
    return app


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": said, "content": {problems.MEDIA_TYPE: {}}}
    for status, said in {401: "No valid token", 403: "Not permitted", 404: "Not found", 422: "The body does not fit"}.items()
}


async def _healthz() -> dict[str, str]:
    """Says that the server answers, and nothing of what it holds."""
    return {"status": "ok"}


def _endpoint(service: Service, runner: Runner, name: str) -> Callable[..., Awaitable[Response]]:
    """The function behind POST /v1/NAME."""

    async def answer(request: Request, body: BaseModel) -> Response:
        principal: Principal = request.state.principal
        given = bodies.arguments(body)
        about = await run_in_threadpool(rights.check, service, principal, name, given)
        if name in LONG:
            job = await run_in_threadpool(_begin, service, runner, name, given, principal, about)
            return JSONResponse(_told(job), 202, {"Location": f"/v1/jobs/{job.job_id}"})
        result = await run_in_threadpool(_timed, name, lambda: bodies.VERBS[name](service.root, **given))
        if not isinstance(result, Iterator):
            return _json(result)
        if _STREAM in request.headers.get("accept", ""):
            first = await run_in_threadpool(next, result, _END)  # what goes wrong before the first event has its own status
            return StreamingResponse(_events(result, first, principal.role == "operator"), media_type=_STREAM)
        return _json({"events": await run_in_threadpool(list, result)})

    answer.__annotations__["body"] = bodies.model_of(name)
    return answer


def _begin(service: Service, runner: Runner, name: str, given: dict[str, Any], principal: Principal, about: str | None) -> Job:
    job = service.create_job(name, given, asked_by=principal.account, about=about or given.get("account"))
    runner.start(job)
    return job


def _timed(name: str, call: Callable[[], Any]) -> Any:
    """The result of `call`, and one line for operators."""
    began = time.thread_time()
    result = call()
    counts = {key: value for key, value in result.items() if isinstance(value, int)} if isinstance(result, dict) else {}
    sys.stderr.write(words.log_line(name, time.thread_time() - began, counts) + "\n")
    return result


async def _events(rest: Iterator[dict[str, object]], first: object, is_operator: bool) -> AsyncIterator[bytes]:
    """Server-sent events; what goes wrong on the way is an event `problem`, the last one is `end`."""
    try:
        event = first
        while event is not _END:
            yield f"data: {json.dumps(event, ensure_ascii=False, default=str)}\n\n".encode()
            event = await run_in_threadpool(next, rest, _END)
        yield b"event: end\ndata: {}\n\n"
    except Exception as error:
        yield f"event: problem\ndata: {json.dumps(problems.of_error(error, is_operator))}\n\n".encode()
    finally:
        close = getattr(rest, "close", None)
        if close is not None:
            close()


def _desk_routes(service: Service) -> list[tuple[str, str, Callable[..., Any]]]:
    """Jobs and tokens."""

    def job(request: Request, job_id: str) -> Response:
        """How far a job is, and what came of it; for whoever asked for it, and operators."""
        principal: Principal = request.state.principal
        if principal.role == "operator":
            return _json(_told(service.job(job_id)))
        try:
            found = service.job(job_id)
        except Exception as error:
            raise NotPermitted("this job is not yours", "ask an operator of this workspace") from error
        if principal.account is None or found.asked_by != principal.account:
            raise NotPermitted("this job is not yours", "ask an operator of this workspace")
        return _json(_told(found))

    def create_token(request: Request, body: TokenBody) -> Response:
        """A new token; its secret is told this once."""
        authorize(request.state.principal, "tokens")
        secret = service.create_token(body.role, body.person, body.label)
        return _json({"token_id": service.token_id(secret), "token": secret}, 201)

    def tokens(request: Request) -> Response:
        """All tokens, without their secrets."""
        authorize(request.state.principal, "tokens")
        return _json({"tokens": service.tokens()})

    def revoke_token(request: Request, token_id: str) -> Response:
        """End a token."""
        authorize(request.state.principal, "tokens")
        service.revoke(token_id)
        return Response(status_code=204)

    return [
        ("/v1/jobs/{job_id}", "GET", job),
        ("/v1/tokens", "POST", create_token),
        ("/v1/tokens", "GET", tokens),
        ("/v1/tokens/{token_id}", "DELETE", revoke_token),
    ]


def _told(job: Job) -> dict[str, object]:
    """What a caller sees of a job: not its arguments, not its process."""
    body: dict[str, object] = {"job": job.job_id, "verb": job.verb, "state": job.state}
    body |= {name: value for name in ("progress", "result", "problem") if (value := getattr(job, name)) is not None}
    return body | {"created_at": clock.to_text(job.created_at), "changed_at": clock.to_text(job.changed_at)}


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False, default=str).encode(), status, media_type="application/json")


async def _misfit(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return JSONResponse(problems.of_validation(list(error.errors())), 422, media_type=problems.MEDIA_TYPE)


async def _no_route(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not-found", 405: "usage"}.get(error.status_code, "usage")
    said = {404: "nothing is served at this path", 405: "this path is not served with this method"}.get(error.status_code, "not understood")
    body = problems.problem(error.status_code, code, said, "see /openapi.json for what is")
    return JSONResponse(body, error.status_code, error.headers, media_type=problems.MEDIA_TYPE)
