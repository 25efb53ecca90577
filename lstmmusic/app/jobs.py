"""Long work, each in processes of its own: it outlives a closed tab and the app itself.

A job is one command of ours and a folder:

    JOBS/ID/job.json      what was asked for, and by whom
    JOBS/ID/status.json   as in a run folder: state, heartbeat, process
    JOBS/ID/log           what the command says to people
    JOBS/ID/result.json   what it prints with `--json`
    JOBS/ID/stop          is there once it is to stop

A runner (`lstmmusic.app.job_runner`) waits for the job's turn, starts the command, and stops it
when asked to; the app writes files and never sends a signal. How the work itself goes stands in the
run folder of the command, if it has one.
"""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from lstmmusic.errors import InputError, OutputError
from lstmmusic.io import write_bytes
from lstmmusic.player.stored import user_folder

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
STOPPED, LOST = "interrupted", "lost"
ALIVE = (QUEUED, RUNNING)
HERE = "{job}"  # in arguments: the folder of the job
LOST_SECONDS = 60.0  # without a heartbeat

_ID = re.compile(r"[0-9a-f]{32}")
_LOG_BYTES = 20_000
_KEPT_SECONDS = 30 * 24 * 3600.0
_children: list[subprocess.Popen[bytes]] = []  # kept, so that those that have ended can be buried


@dataclass(frozen=True)
class Job:
    """What was asked for.

    Attributes:
        id: 32 hexadecimal digits; who knows them may see the job.
        kind: Of work: `corpus`, `train`, `task`.
        title: For people.
        command: Program and arguments.
        resume: Arguments that are added to go on after a stop.
        run: The run folder that the command keeps; empty where it keeps none.
        session: Whose it is: of one browser session, or, empty, of this computer.
        about: What its page wants to remember; must be JSON.
        created: Seconds since 1970.
        folder: Of the job.
    """

    id: str
    kind: str
    title: str
    command: tuple[str, ...]
    resume: tuple[str, ...] = ()
    run: str = ""
    session: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)
    created: float = 0.0
    folder: Path = Path()

    @property
    def result(self) -> dict[str, Any]:
        """What the command printed with `--json`; empty before it is done."""
        return read_json(self.folder / "result.json")

    @property
    def log(self) -> str:
        """The end of what the command said."""
        try:
            with (self.folder / "log").open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_BYTES))
                return file.read().decode(errors="replace")
        except OSError:
            return ""

    @property
    def last_words(self) -> str:
        """The last line that the command said."""
        return next((line for line in reversed(self.log.splitlines()) if line.strip()), "").strip()


@dataclass(frozen=True)
class Status:
    """How a job is.

    Attributes:
        state: `queued`, `running`, `done`, `failed`, `interrupted`, or `lost`: its processes are
            gone and it is not over.
        is_stopping: True where it has been asked to stop and is not over.
        seconds: Since its command was started, as long as it ran.
        ahead: How many jobs come before it.
    """

    state: str
    is_stopping: bool = False
    seconds: float = 0.0
    ahead: int = 0

    @property
    def is_alive(self) -> bool:
        """True where it is queued or running."""
        return self.state in ALIVE

    @property
    def can_resume(self) -> bool:
        """True where it can be gone on with, or begun again."""
        return self.state in (STOPPED, FAILED, LOST)


class Jobs:
    """All jobs of the user of this computer.

    Args:
        folder: Where they lie; None: what `LSTMMUSIC_JOBS` names, else beside the user's models.
        program: What the arguments of a job are given to.

    Example:
        >>> import tempfile
        >>> Jobs(Path(tempfile.mkdtemp())).listed("", is_local=True)
        []
    """

    def __init__(
        self,
        folder: Path | None = None,
        program: Sequence[str] = (sys.executable, "-m", "lstmmusic"),
    ) -> None:
        self.folder = (user_folder("jobs") if folder is None else folder).absolute()
        self.program = tuple(program)

    def start(
        self,
        kind: str,
        title: str,
        arguments: Sequence[str],
        *,
        resume: Sequence[str] = (),
        run: str = "",
        session: str = "",
        about: Mapping[str, Any] | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> Job:
        """Puts a command into the queue.

        Args:
            kind: Of work.
            title: For people.
            arguments: Of the command; `{job}` stands for the folder of the job.
            resume: Added to go on after a stop.
            run: The run folder that the command keeps; `{job}` as in `arguments`.
            session: Of the browser that the work belongs to; empty: of this computer.
            about: What its page wants to remember.
            files: Name -> content of what the command reads, written into the folder of the job.

        Raises:
            OutputError: The folder cannot be written.
        """
        self._clear()
        job_id = secrets.token_hex(16)
        folder = self.folder / job_id
        here = str(folder)
        job = Job(
            job_id,
            kind,
            title,
            (*self.program, *(argument.replace(HERE, here) for argument in arguments)),
            tuple(resume),
            run.replace(HERE, here),
            session,
            dict(about or {}),
            time.time(),
            folder,
        )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise OutputError(str(folder), "a folder that can be made", error.strerror) from None
        for name, data in (files or {}).items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            write_bytes(path, data)
        known = {name: value for name, value in asdict(job).items() if name != "folder"}
        write_json(folder / "job.json", known)
        self._queue(job)
        return job

    def find(self, job_id: str) -> Job | None:
        """The job of that id; None where there is none. Ids come from addresses of strangers."""
        if not _ID.fullmatch(job_id):
            return None
        folder = self.folder / job_id
        table = read_json(folder / "job.json")
        try:
            job = Job(**{**table, "folder": folder})
        except TypeError:
            return None
        return replace(job, id=job_id, command=tuple(job.command), resume=tuple(job.resume))

    def listed(self, session: str, is_local: bool) -> list[Job]:
        """The jobs that a browser may see without knowing their ids, the newest first.

        Args:
            session: Of the browser.
            is_local: It is the browser of this computer's user: then the computer's jobs, too.
        """
        try:
            names = [path.name for path in self.folder.iterdir()]
        except OSError:
            return []
        jobs = [job for name in names if (job := self.find(name)) is not None]
        seen = [job for job in jobs if (job.session == session if job.session else is_local)]
        return sorted(seen, key=lambda job: job.created, reverse=True)

    def status(self, job: Job) -> Status:
        """How a job is now."""
        _bury()
        told = read_json(job.folder / "status.json")
        state = told.get("state", LOST)
        if state in ALIVE and not is_alive(told):
            state = LOST
        begun, heard = told.get("begun"), told.get("heartbeat", 0.0)
        until = time.time() if state == RUNNING else heard
        return Status(
            state,
            state in ALIVE and (job.folder / "stop").exists(),
            max(until - begun, 0.0) if begun else 0.0,
            len(ahead(job.folder)) if state == QUEUED else 0,
        )

    def stop(self, job: Job) -> None:
        """Asks a job to stop, as Ctrl-C does; what does not stop by itself is ended."""
        write_bytes(job.folder / "stop", b"", force=True)

    def resume(self, job: Job) -> None:
        """Puts a job that has stopped, failed or been lost into the queue again.

        Raises:
            InputError: It is not over.
        """
        if not self.status(job).can_resume:
            raise InputError("job", "one that has stopped", "another")
        self._queue(job, going_on=True)

    def forget(self, job: Job) -> None:
        """Removes the folder of a job that is over, with all that lies in it.

        Raises:
            InputError: It is not over.
        """
        if self.status(job).is_alive:
            raise InputError("job", "one that is over", "one that is at work")
        shutil.rmtree(job.folder, ignore_errors=True)

    def _clear(self) -> None:
        """Removes what was uploaded long ago: most of it can be seen by no one any more."""
        for path in self.folder.glob("*/job.json"):
            job = self.find(path.parent.name)
            if job is None or not job.session or time.time() - job.created < _KEPT_SECONDS:
                continue
            if not self.status(job).is_alive:
                self.forget(job)

    def _queue(self, job: Job, going_on: bool = False) -> None:
        (job.folder / "stop").unlink(missing_ok=True)
        # A pid comes with the runner's first heartbeat.
        status = {"state": QUEUED, "heartbeat": time.time(), "turn": time.time_ns()}
        write_json(job.folder / "status.json", {**status, "resume": going_on})
        _start_runner(job.folder)


def ahead(folder: Path) -> list[Path]:
    """The folders of the jobs that are queued or running and have an earlier turn than this one."""
    turn = read_json(folder / "status.json").get("turn", 0)
    found = []
    for path in folder.parent.glob("*/status.json"):
        told = read_json(path)
        if path.parent == folder or told.get("state") not in ALIVE or not is_alive(told):
            continue
        if told.get("turn", 0) < turn:
            found.append(path.parent)
    return found


def is_alive(status: Mapping[str, Any]) -> bool:
    """True where the process of a status that is not over is still there."""
    if time.time() - status.get("heartbeat", 0.0) > LOST_SECONDS:
        return False
    pid = status.get("pid")
    if status.get("host") != platform.node() or not isinstance(pid, int):
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # someone else's
        return True
    return True


def read_json(path: Path) -> dict[str, Any]:
    """The table in a file; empty where there is none, or none that is whole."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, table: Mapping[str, Any]) -> None:
    """Writes a table by renaming."""
    write_bytes(path, json.dumps(table, indent=1).encode() + b"\n", force=True)


def _start_runner(folder: Path) -> None:
    runner = [sys.executable, "-m", "lstmmusic.app.job_runner", str(folder)]
    quiet = subprocess.DEVNULL
    # In a session of its own: neither the terminal's Ctrl-C nor the app's end reaches it.
    _children.append(
        subprocess.Popen(runner, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    )


def _bury() -> None:
    """Takes leave of runners that have ended, so that the system does not count them as there."""
    _children[:] = [child for child in _children if child.poll() is None]
