"""Runs one job: waits for its turn, starts its command, beats, stops it when asked to.

Started by `lstmmusic.app.jobs` as `python -m lstmmusic.app.job_runner FOLDER`, one process a job.
All runners decide alone and alike whose turn it is, by the times at which jobs were queued, so that
nothing has to go on in the app.
"""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from lstmmusic.app.jobs import (
    DONE,
    FAILED,
    LOST,
    QUEUED,
    RUNNING,
    STOPPED,
    ahead,
    read_json,
    write_json,
)
from lstmmusic.fitting import RunFolder

TICK_SECONDS = 0.2
BEAT_SECONDS = 5.0
GRACE_SECONDS = 60.0  # to keep what has been done, before the command is ended
INTERRUPTED = 130  # the exit code of a command that was stopped and can be gone on with


def work(folder: Path, grace_seconds: float = GRACE_SECONDS) -> str:
    """Runs the job of a folder and returns its last state.

    Args:
        folder: Of the job.
        grace_seconds: Between the interruption and the end of a command that does not stop.
    """
    asked = os.environ.get("LSTMMUSIC_JOBS_AT_ONCE", "")
    at_once = max(int(asked), 1) if asked.isascii() and asked.isdecimal() else 1
    told = _Told(folder)
    told.say(QUEUED)
    while len(ahead(folder)) >= at_once:
        if _is_to_stop(folder):
            return told.say(STOPPED)
        told.beat()
        time.sleep(TICK_SECONDS)
    if _is_to_stop(folder):
        return told.say(STOPPED)
    job = read_json(folder / "job.json")
    # What was stopped before its run had begun is begun, not gone on with.
    goes_on = told.kept.get("resume") and (not job["run"] or RunFolder.is_run(Path(job["run"])))
    command = [*job["command"], *(job["resume"] if goes_on else ())]
    with (folder / "log").open("ab") as log, (folder / "result.json").open("wb") as result:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=result,
            stderr=log,
            start_new_session=True,  # so that its own children can be ended with it
        )
        told.say(RUNNING, begun=time.time())
        code, was_asked = _watch(child, folder, told, grace_seconds)
    if code == 0:
        return told.say(DONE, code=code)
    if code < 0 and not was_asked:  # by a signal of someone else's: its last words tell nothing
        return told.say(LOST, code=code)
    return told.say(STOPPED if was_asked or code == INTERRUPTED else FAILED, code=code)


def _watch(
    child: subprocess.Popen[bytes], folder: Path, told: _Told, grace_seconds: float
) -> tuple[int, bool]:
    """Waits for a command; its exit code, and whether it was asked to stop."""
    asked_at: float | None = None
    while (code := child.poll()) is None:
        told.beat()
        if asked_at is None and _is_to_stop(folder):
            asked_at = time.monotonic()
            child.send_signal(signal.SIGINT)  # what Ctrl-C does
        if asked_at is not None and time.monotonic() - asked_at > grace_seconds:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        time.sleep(TICK_SECONDS)
    return code, asked_at is not None


class _Told:
    """The status of a job as its runner writes it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "status.json"
        self.kept = read_json(self._path)
        self._beaten = 0.0

    def say(self, state: str, **more: Any) -> str:
        """Writes a state, with what is to be kept from now on."""
        self.kept |= {"state": state, "pid": os.getpid(), "host": platform.node(), **more}
        write_json(self._path, {**self.kept, "heartbeat": time.time()})
        self._beaten = time.monotonic()
        return state

    def beat(self) -> None:
        """Renews the heartbeat, not oftener than every few seconds."""
        if time.monotonic() - self._beaten >= BEAT_SECONDS:
            self.say(self.kept["state"])


def _is_to_stop(folder: Path) -> bool:
    return (folder / "stop").exists()


if __name__ == "__main__":
    # An app started in the background ignores Ctrl-C, and so would all that it starts.
    signal.signal(signal.SIGINT, lambda *_: None)
    work(Path(sys.argv[1]))
