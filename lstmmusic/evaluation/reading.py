"""Music to be scored: one file, or all that can be read in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lstmmusic.errors import InputError
from lstmmusic.io import READERS, ReaderError, ReaderProcess, load_untrusted, parse, read_bytes
from lstmmusic.score import Score

_MAX_SECONDS = 60.0
_MAX_MEMORY_BYTES = 2 * 2**30


class Found(NamedTuple):
    """What was read.

    Attributes:
        pieces: Names (within the folder) and scores, by name.
        skipped: Names of music files that could not be read, and why.
    """

    pieces: list[tuple[str, Score]]
    skipped: list[tuple[str, str]]


def read_music(path: str | Path) -> Found:
    """Reads a file, or every music file below a folder; no file can take this process down.

    Raises:
        InputError: The file cannot be read; or the folder holds no music that can.
    """
    path = Path(path)
    if not path.is_dir():
        return Found([(path.name, load_untrusted(path))], [])
    files = sorted(p for p in path.rglob("*") if p.suffix.lower() in READERS and p.is_file())
    found = Found([], [])
    with ReaderProcess(
        "lstmmusic.io.untrusted:try_out", _MAX_SECONDS, _MAX_MEMORY_BYTES, _MAX_SECONDS
    ) as reader:
        for file in files:
            name = file.relative_to(path).as_posix()
            try:
                found.pieces.append((name, _read(reader, file, name)))
            except InputError as error:
                found.skipped.append((name, f"expected {error.expected}, got {error.received}"))
    if not found.pieces:
        raise InputError(
            str(path), "a folder with music that can be read", f"{len(files)} music files"
        )
    return found


def _read(reader: ReaderProcess, file: Path, name: str) -> Score:
    data = read_bytes(file)
    try:
        refusal, _ = reader.ask({"name": name}, data)
    except ReaderError as error:
        raise InputError(name, "a file that can be read", f"one that {error}") from None
    if refusal:
        raise InputError(name, refusal["expected"], refusal["received"])
    return parse(data, name)
