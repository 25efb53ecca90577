"""A process that reads for us, has limits, and may be killed.

The libraries underneath are written in C++ or trust their input; a file made to harm could crash
the process, fill the memory or never end. `ReaderProcess` keeps one child that runs one function
on one piece of bytes after another, and starts another child when that one is lost.

Both sides speak in frames: eight bytes of length, then the content. What comes back from a child
is JSON and plain bytes; nothing in it can run here.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import IO, Any

from lstmmusic.errors import LSTMMusicError

MAX_MEMORY_BYTES = 2**30
MAX_ANSWER_BYTES = 2**30
START_SECONDS = 60.0
_LENGTH = struct.Struct(">Q")
_NO_MEMORY = 3  # exit code of a child
_LAST_SECONDS = 5.0  # for a child that has said its last to end by itself, and tell its exit code
_LEAST_WAIT_SECONDS = 0.02
_WORDS = {
    "slow": "takes too long",
    "memory": "needs too much memory",
    "crash": "crashes its reader",
}


class ReaderError(LSTMMusicError):
    """The child was lost over a piece of work.

    Attributes:
        why: `slow`, `memory` or `crash`.
        has_begun: False where the child did not even start to work.
    """

    def __init__(self, why: str, has_begun: bool) -> None:
        self.why = why
        self.has_begun = has_begun
        super().__init__(_WORDS[why])


class ReaderProcess:
    """Runs a function of ours in a child process.

    The function takes a request (what JSON can say) and bytes, and returns the like. Where its
    module has a function `prepare` too, that is called with the request before the clock starts:
    the place for imports that take long.

    Args:
        function: `module:name`.
        max_seconds: For one piece of work; waiting for a processor that others use does not count
            (where the system tells: Linux).
        max_memory_bytes: Address space of the child (where the system can limit it).
        start_seconds: For starting and preparing.

    Example:
        >>> with ReaderProcess("lstmmusic.io.untrusted:try_out") as reader:
        ...     reader.ask({"name": "a.mid"}, b"no music")[0]["expected"]
        'a MIDI file'
    """

    def __init__(
        self,
        function: str,
        max_seconds: float = 10.0,
        max_memory_bytes: int = MAX_MEMORY_BYTES,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self.function = function
        self.max_seconds = max_seconds
        self.max_memory_bytes = max_memory_bytes
        self.start_seconds = start_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._is_closed = False

    def ask(self, request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """What the function returns.

        Raises:
            ReaderError: It took too long, or its process ended twice over it.
        """
        is_fresh = self._child is None
        try:
            return self._asked(request, data)
        except ReaderError as error:
            # It may be no fault of this work: what came before can have spoilt the child, and the
            # system ends processes where memory is short.
            was_spoilt = not is_fresh and not error.has_begun
            if self._is_closed or (error.why != "crash" and not was_spoilt):
                raise
            return self._asked(request, data)

    def _asked(self, request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        self._exchange(self.start_seconds, (json.dumps(request).encode(), data), 1)
        answer, content = self._exchange(self.max_seconds, (), 2)
        try:
            return json.loads(answer), content
        except ValueError:
            self._discard()
            raise ReaderError("crash", True) from None

    def _exchange(self, seconds: float, frames: tuple[bytes, ...], n_answers: int) -> list[bytes]:
        """Sends frames and waits for answers; without frames, for the answer to those before."""
        child = self._start() if self._child is None else self._child
        with _Watch(child, seconds) as watch:
            try:
                _send(child.stdin, *frames)
                answers = _receive(child.stdout, n_answers)
                has_ended = False
            except (OSError, EOFError, ValueError) as error:
                answers, has_ended = None, isinstance(error, EOFError)
        if answers is None or watch.has_fired:
            code = self._discard(_LAST_SECONDS if has_ended else 0.5)
            why = "slow" if watch.has_fired else "memory" if code == _NO_MEMORY else "crash"
            raise ReaderError(why, has_begun=not frames)
        return answers

    def close(self) -> None:
        """Ends the child, whatever it does."""
        self._is_closed = True
        self._discard()

    def __enter__(self) -> ReaderProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._is_closed:
            raise ReaderError("crash", has_begun=False)
        limits = [str(self.max_memory_bytes), str(math.ceil(self.max_seconds) + 1)]
        # One thread: every further one would take its share of the address space.
        alone = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
        self._child = subprocess.Popen(
            [sys.executable, "-m", "lstmmusic.io.reader_process", self.function, *limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **alone, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # an interruption from the keyboard is ours to deal with
        )
        if self._is_closed:  # meanwhile, by another thread
            self._discard()
            raise ReaderError("crash", has_begun=False)
        return self._child

    def _discard(self, patience_seconds: float = 0.5) -> int | None:
        """Ends the child; returns its exit code if it had ended by itself."""
        child, self._child = self._child, None
        if child is None:
            return None
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        with suppress(subprocess.TimeoutExpired):  # one that has said its last is about to end
            child.wait(0.0 if self._is_closed else patience_seconds)
        child.kill()
        return child.wait()


class _Watch:
    """Kills the child when its time is over, which ends every waiting for it.

    Its time is what it computes, and what it waits for anything but a processor: on a machine that
    has more to do than processors, waiting for one is no fault of the work.
    """

    def __init__(self, child: subprocess.Popen[bytes], seconds: float) -> None:
        self.has_fired = False
        self._child = child
        self._seconds = seconds
        self._is_over = threading.Event()
        self._queued_before = _queued_seconds(child.pid)
        self._begun = time.monotonic()
        self._thread = threading.Thread(target=self._wait, daemon=True)

    def _wait(self) -> None:
        left = self._seconds
        while not self._is_over.wait(left):
            queued = _queued_seconds(self._child.pid) - self._queued_before
            left = self._seconds - (time.monotonic() - self._begun - queued)
            if left <= 0:
                self.has_fired = True
                self._child.kill()
                return
            left = max(left, _LEAST_WAIT_SECONDS)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()


def _queued_seconds(pid: int) -> float:
    """How long a process has been ready to run while others did; 0 where the system keeps none."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def _send(pipe: IO[bytes] | None, *frames: bytes) -> None:
    assert pipe is not None
    for frame in frames:
        pipe.write(_LENGTH.pack(len(frame)))
        pipe.write(frame)
    pipe.flush()


def _receive(pipe: IO[bytes] | None, n_frames: int) -> list[bytes]:
    assert pipe is not None
    frames = []
    for _ in range(n_frames):
        (size,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
        if size > MAX_ANSWER_BYTES:
            raise ValueError
        frames.append(_exactly(pipe, size))
    return frames


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _serve(function: str, max_memory_bytes: int, max_seconds: int) -> None:
    """The child's side: one piece of work after another until the pipe is closed."""
    source = sys.stdin.buffer
    # What a library prints must not get among the frames.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _limit("RLIMIT_AS", max_memory_bytes)
    module_name, _, name = function.partition(":")
    module = importlib.import_module(module_name)
    work, prepare = getattr(module, name), getattr(module, "prepare", None)
    while True:
        try:
            words, data = _receive(source, 2)
        except EOFError:
            return
        request = json.loads(words)
        if prepare is not None:
            prepare(request)
        _send(answers, b"")
        # Should the parent be killed, no child goes on for ever.
        _limit("RLIMIT_CPU", math.ceil(time.process_time()) + max_seconds)
        try:
            found, content = work(request, data)
        except MemoryError:
            os._exit(_NO_MEMORY)
        _send(answers, json.dumps(found).encode(), content)


def _limit(name: str, value: int) -> None:
    try:
        import resource

        kind = getattr(resource, name)
        resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))
    except (ImportError, AttributeError, ValueError, OSError):
        pass  # Windows, or a lower limit that is already in force


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
