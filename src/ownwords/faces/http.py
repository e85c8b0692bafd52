"""The HTTP face: serve one workspace; verbs are POST /v1/VERB, and whoever asks shows a token."""

from __future__ import annotations

import errno
import socket
import sys
from contextlib import suppress
from pathlib import Path

from ownwords.core.errors import MissingExtra, Usage


def serve(workspace: str | Path, host: str = "127.0.0.1", port: int = 8080, new_token: bool = False) -> None:
    """Serve until Ctrl-C. The first start prints an operator's token on stderr, this once.

    port        0 = any free one
    new_token   print another operator's token, for one that was lost
    raises      MissingExtra without the extra `serve`; Usage if the port is taken or the host is not this machine's
    """
    try:
        import uvicorn

        from ownwords.faces.http_app import create_app
    except ModuleNotFoundError as error:
        raise MissingExtra("serving over HTTP", "serve") from error
    from ownwords.verbs._service import Service

    service = Service(workspace)
    with _listen(host, port) as listener:
        if new_token or not service.has_operator():
            secret = service.create_token("operator", label="first")
            sys.stderr.write(f"Operator's token, shown this once: {secret}\n")
        shown = f"[{host}]" if ":" in host else host
        sys.stderr.write(f"Serving {service.root} at http://{shown}:{listener.getsockname()[1]} (Ctrl-C stops; fields: /openapi.json)\n")
        sys.stderr.flush()
        settings = uvicorn.Config(create_app(service), access_log=False, log_level="warning", server_header=False)
        with suppress(KeyboardInterrupt):  # uvicorn raises it once more when all is closed
            uvicorn.Server(settings).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    if not host or not host.isprintable():
        raise Usage("--host is no address or name", "leave it out for this machine alone, or give an address of it")
    if not 0 <= port < 1 << 16:
        raise Usage(f"port {port} does not exist", "choose one from 0 to 65535")
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, UnicodeError) as error:
        known = {errno.EADDRINUSE: "it is taken", errno.EACCES: "this user may not use it"}
        why = known.get(getattr(error, "errno", 0) or 0, "it is not of this machine")
        raise Usage(f"{host} port {port} cannot be served: {why}", "choose another with --host and --port") from error
