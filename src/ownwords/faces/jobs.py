"""Long work over HTTP: a verb in a process of its own, that tells the desk how far it is and is begun again after a crash."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from ownwords.core import progress
from ownwords.core.errors import Fault, OwnwordsError
from ownwords.faces import bodies, problems, words
from ownwords.verbs._service import Job, Service

LONG = frozenset({"ingest", "build", "forget"})
_FINISHED = frozenset({"done", "failed"})
_TELL_EVERY_S = 0.5
#: Exit code of a process that found another one at the job.
_TAKEN = 75
_STOPPED = 130


class Runner:
    """Starts the processes of a server and watches them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._is_stopping = False

    def start(self, job: Job) -> None:
        """Carry out a job in a new process."""
        command = [sys.executable, "-m", "ownwords.faces.jobs", str(self._service.root), job.job_id]
        with self._lock:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 ours
            self._processes[job.job_id] = process
        threading.Thread(target=self._watch, args=(job.job_id, process), daemon=True).start()

    def resume(self) -> None:
        """Go on with what an earlier server left; a job whose process still lives is left to it."""
        for job in self._service.unfinished_jobs():
            if job.verb in LONG:
                self.start(job)

    def stop(self, patience_s: float = 10.0) -> None:
        """Interrupt what runs; the next server goes on with it."""
        with self._lock:
            self._is_stopping = True
            running = list(self._processes.values())
        for process in running:
            process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + patience_s
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _watch(self, job_id: str, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        with self._lock:
            self._processes.pop(job_id, None)
            if self._is_stopping or code == _TAKEN:
                return
        if self._service.job(job_id).state not in _FINISHED:
            error = Fault("the process of this job ended before its work did", "send the same request again: it goes on where it was")
            self._service.update_job(job_id, state="failed", problem=problems.of_error(error))


def work(root: Path, job_id: str) -> int:
    """Carry out one job to its end in this process; the exit code."""
    service = Service(root)
    with service.alone(job_id) as is_alone:
        if not is_alone:
            return _TAKEN
        job = service.job(job_id)
        if job.state in _FINISHED:
            return 0
        began = time.process_time()
        try:
            result = _carry_out(service, job)
        except KeyboardInterrupt:
            service.update_job(job_id, state="queued")
            return _STOPPED
        except Exception as error:
            said = _unnamed(problems.of_error(error), job)
            service.update_job(job_id, state="failed", problem=said)
            sys.stderr.write(words.log_line(job.verb, time.process_time() - began, {"status": int(str(said["status"]))}) + "\n")
            return error.exit_code if isinstance(error, OwnwordsError) else 1
        service.update_job(job_id, state="done", result=result)
        counts = {name: value for name, value in result.items() if isinstance(value, int)}
        sys.stderr.write(words.log_line(job.verb, time.process_time() - began, counts) + "\n")
    return 0


def _carry_out(service: Service, job: Job) -> dict[str, object]:
    if job.arguments is None:
        raise Fault(
            "this job was interrupted after it had erased the person it was about, so its result is lost; the erasure stands",
            "look for the receipt in receipts/",
        )
    given = bodies.arguments(bodies.model_of(job.verb).model_validate(job.arguments))
    service.update_job(job.job_id, state="running", pid=os.getpid())
    with progress.heard_by(_teller(service, job.job_id)):
        result = bodies.VERBS[job.verb](service.root, **given)
    plain: dict[str, object] = json.loads(json.dumps(result, default=str))
    return plain


def _teller(service: Service, job_id: str) -> progress.Listener:
    """Writes progress to the desk, now and then."""
    told_at = 0.0

    def tell(task: str, n_done: int, n_total: int | None, note: str) -> None:
        nonlocal told_at
        if time.monotonic() - told_at > _TELL_EVERY_S:
            told_at = time.monotonic()
            service.update_job(job_id, progress={"task": task, "done": n_done, "total": n_total, "note": note})

    return tell


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _unnamed(said: dict[str, object], job: Job) -> dict[str, object]:
    """A problem without the paths it was about: file names name people, and a failed job is kept."""
    paths = (job.arguments or {}).get("paths", [])
    names = {part for path in (paths if isinstance(paths, list) else []) for part in (str(path), Path(str(path)).name)}
    for name in sorted(names, key=len, reverse=True):
        said = {key: value.replace(name, "the file") if isinstance(value, str) else value for key, value in said.items()}
    return said


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(work(Path(sys.argv[1]), sys.argv[2]))
