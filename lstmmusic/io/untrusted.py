"""Reading files of unknown origin: first in a process of its own.

The libraries underneath are written in C++ or trust their input; a file made to harm could crash
the process, fill the memory or never end. A child process with limits reads the file first. Only
if it comes through is the file read again here, where it does the same; what the child refuses is
refused in the child's words.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from lstmmusic.errors import InputError
from lstmmusic.io.files import READERS, load
from lstmmusic.score import Score

MAX_SECONDS = 60
MAX_MEMORY_BYTES = 2 * 2**30
_REFUSED = 2


def load_untrusted(path: str | Path, max_seconds: float = MAX_SECONDS) -> Score:
    """Reads a file as `load` does, but no file can take this process down.

    Args:
        path: As for `load`.
        max_seconds: The child is stopped after that long.

    Raises:
        InputError: As for `load`; or the file crashes its reader, or takes too long.
    """
    path = Path(path)
    if path.suffix.lower() not in READERS or not path.is_file():
        return load(path)  # raises, with its own words
    command = [sys.executable, "-m", "lstmmusic.io.untrusted", str(path)]
    try:
        child = subprocess.run(
            command, capture_output=True, timeout=max_seconds, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise InputError(
            str(path), f"a file that is read within {max_seconds:g} s", "a slower one"
        ) from None
    words = child.stdout.splitlines()
    if child.returncode == _REFUSED and words:
        raise InputError(*json.loads(words[-1]))
    if child.returncode:
        raise InputError(str(path), "a file that can be read", "one that crashes its reader")
    return load(path)


def _main(path: str) -> int:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    except (ImportError, ValueError, OSError):
        pass  # Windows, or a lower limit that is already in force
    try:
        load(path)
    except InputError as error:
        sys.stdout.write(json.dumps([error.argument, error.expected, str(error.received)]))
        return _REFUSED
    return 0


if __name__ == "__main__":
    raise SystemExit(_main(sys.argv[1]))
