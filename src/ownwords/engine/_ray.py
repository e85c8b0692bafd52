"""Ray started and stopped: on this machine for one run, quiet, bounded and heard by nobody else; or a cluster that is named."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import sys
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownwords.core import files
from ownwords.core.errors import Fault, MissingExtra, OwnwordsError, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: Bytes of rows that Ray holds in memory while they move between workers; the rest waits in files in the scratch folder.
_OBJECTS = 1 << 30
#: A worker that has nothing to do waits for so long. It takes seconds to start one, and Ray would end them after one second.
_IDLE_MS = 600_000
#: Where the Ray listens that was started here, for this process alone, and lasts.
_alone: set[str] = set()
#: One core a worker: Ray starts as many workers as there are cores.
_WORKERS = {"POLARS_MAX_THREADS": "1"}


@contextmanager
def started(address: str, scratch: Path, n_cores: int | None = None) -> Iterator[None]:
    """Ray, for as long as this lasts; where the one that is meant runs in this process already, that one, which goes on afterwards.

    address   local: on this machine, for this process alone, without the network; auto: what RAY_ADDRESS says, or the cluster that
              this machine belongs to; else a cluster's address
    n_cores   at most so many of this machine; None: all
    raises    MissingExtra where Ray is not installed, Fault where it does not start, Usage where another one runs in this process
    """
    if address == "local":
        _lock()
    try:
        import cloudpickle  # noqa: F401  # with which Polars sends functions
        import pyarrow  # noqa: F401
        import ray
        import ray.data
    except ImportError as error:
        raise MissingExtra("--engine ray", "ray") from error
    if ray.is_initialized():
        _check_is_meant(address, ray.get_runtime_context().gcs_address)
        _hush()
        yield
        return
    with ExitStack() as after:
        heard = after.enter_context(_same_signals())
        settings: dict[str, Any] = {"address": address, "runtime_env": {"env_vars": _WORKERS}}
        if address == "local":
            after.enter_context(_environment({**_WORKERS, "RAY_ADDRESS": None}))
            short = Path(tempfile.mkdtemp(prefix="ow-"))  # names of sockets may have 107 letters
            after.callback(files.remove_tree, short)
            settings = {
                "address": "local",
                "num_cpus": n_cores,
                "include_dashboard": False,
                "object_store_memory": _OBJECTS,
                "_temp_dir": str(short),
            }
            # Where rows wait that do not fit into memory: with the others, so that they go with them.
            spilled = scratch / "spilled.part"
            after.callback(files.remove_tree, spilled)
            settings |= {"_system_config": {"idle_worker_killing_time_threshold_ms": _IDLE_MS}}
            settings |= {"_node_ip_address": "127.0.0.1", "object_spilling_directory": str(spilled)}
        after.callback(ray.shutdown)
        try:
            ray.init(**settings, log_to_driver=False, logging_level=logging.ERROR)
        except (OSError, RuntimeError, ValueError) as error:
            what = "Ray does not start here" if address == "local" else f"there is no Ray at {address} that answers"
            next = "leave --engine out" if address == "local" else "check the address, and RAY_AUTH_MODE=token where it asks for one"
            raise Fault(f"{what}: {type(error).__name__}", next) from error
        heard()
        _hush()
        if address == "local":
            own = ray.get_runtime_context().gcs_address
            _alone.add(own)
            after.callback(_alone.discard, own)
        yield


def errors() -> tuple[type[Exception], ...]:
    """What Ray raises for what fails in a worker."""
    from ray.data.exceptions import SystemException
    from ray.exceptions import RayError

    return (RayError, SystemException)


def explained(error: BaseException) -> OwnwordsError:
    """The error of ours behind one of Ray's; else a Fault that names its kind, not its message, which may hold somebody's words."""
    kinds: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OwnwordsError):
            return cause
        kinds.append(type(cause).__name__)
        cause = getattr(cause, "cause", None) or cause.__cause__
    return Fault(f"a worker of Ray failed: {kinds[-1]}", "the same command again: it goes on where it was; or --engine polars")


def _check_is_meant(address: str, running: str) -> None:
    """A process has one Ray at a time.

    running   the address of the one that is there
    raises    Usage if another is asked for
    """
    asked = os.environ.get("RAY_ADDRESS", running) if address == "auto" else address
    if not (running in _alone if asked == "local" else asked == running):
        told = "one for this machine alone" if asked == "local" else f"the one at {asked}"
        raise Usage(
            f"Ray runs in this process already, at {running}, and {told} is asked for", f"--engine ray:{running}, or ray.shutdown()"
        )


def _hush() -> None:
    """No bars, no advice: the program has its own."""
    from ray.data import DataContext

    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.use_disk_based_hash_shuffle = False  # it would leave rows in the folder for temporary files of the machine


def _lock() -> None:
    """Ray listens on every address of the machine: only who has this process's token is answered. It looks once, when it is imported."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if "ray" not in sys.modules and "RAY_AUTH_MODE" not in os.environ:
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}


@contextmanager
def _environment(said: Mapping[str, str | None]) -> Iterator[None]:
    """Ray is told by the environment what it cannot be told by arguments; None: nothing."""
    before = {name: os.environ.get(name) for name in said}
    _set(said)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def _same_signals() -> Iterator[Callable[[], None]]:
    """SIGTERM, which Ray takes for itself, is heard as before; where nobody heard it, it ends the program in order, Ray with it.

    yields   to be called once Ray has taken it
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    before = signal.getsignal(signal.SIGTERM)

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    def hear() -> None:
        signal.signal(signal.SIGTERM, end if before is signal.SIG_DFL else before)

    try:
        yield hear
    finally:
        signal.signal(signal.SIGTERM, before)
