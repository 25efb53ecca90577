"""Reading one file of unknown origin: first in a process of its own.

Only if a `ReaderProcess` comes through is the file read again here, where it does the same; what
the child refuses is refused in the child's words.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lstmmusic.errors import InputError
from lstmmusic.io._bytes import read_bytes
from lstmmusic.io.files import READERS, load, parse
from lstmmusic.io.reader_process import ReaderError, ReaderProcess
from lstmmusic.score import Score

MAX_SECONDS = 60
MAX_MEMORY_BYTES = 2 * 2**30


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
    return parse_untrusted(read_bytes(path), str(path), max_seconds)


def parse_untrusted(data: bytes, name: str, max_seconds: float = MAX_SECONDS) -> Score:
    """As `load_untrusted`, from the bytes of a file.

    Args:
        data: The whole file.
        name: Of the file; its suffix says what it is.
        max_seconds: The child is stopped after that long.

    Raises:
        InputError: As for `load_untrusted`.
    """
    limits = (max_seconds, MAX_MEMORY_BYTES, max_seconds)
    try:
        with ReaderProcess("lstmmusic.io.untrusted:try_out", *limits) as reader:
            found, _ = reader.ask({"name": name}, data)
    except ReaderError as error:
        if error.why == "slow":
            expected, received = f"a file that is read within {max_seconds:g} s", "a slower one"
        else:
            expected, received = "a file that can be read", f"one that {error}"
        raise InputError(name, expected, received) from None
    if found:
        raise InputError(found["argument"], found["expected"], found["received"])
    return parse(data, name)


def try_out(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Reads the bytes in the child; returns the words of the refusal, or none."""
    try:
        parse(data, request["name"])
    except InputError as error:
        words = {"argument": error.argument, "expected": error.expected}
        return {**words, "received": str(error.received)}, b""
    return {}, b""
