"""A folder of music -> its pieces by name and checksum, before any of them is understood.

Zip archives count as folders (their members are read in memory and written nowhere), and an ABC
file of several tunes is as many pieces. Nothing that lies in a folder ends a scan.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lstmmusic.corpus.items import Ignored, Item, Source, printable, suffix_of
from lstmmusic.corpus.ledger import Ledger
from lstmmusic.errors import InputError
from lstmmusic.io import READERS, split_abc

ARCHIVE = ".zip"


class Scan(NamedTuple):
    """What is in a folder: pieces by name, and files that are no music."""

    items: list[Item]
    ignored: list[Ignored]


def scan(folder: str | Path) -> Scan:
    """Lists the pieces of a folder (or of one zip archive), sorted by name.

    Raises:
        InputError: There is no such folder.
    """
    with Ledger() as ledger:
        ledger.add(walk(folder))
        return Scan(list(ledger.items()), ledger.ignored())


def walk(folder: str | Path, leave_out: frozenset[Path] = frozenset()) -> Iterator[Item | Ignored]:
    """What is in a folder (or in one zip archive), in any order; a name may come twice.

    Args:
        folder: Read with all folders in it; links are followed, each folder once.
        leave_out: Files and folders that are not looked at, as absolute paths.

    Raises:
        InputError: There is no such folder.
    """
    root = Path(folder)
    with Source() as source:
        if root.is_file() and suffix_of(root.name) == ARCHIVE:
            yield from _members(str(root), "", source)
        elif root.is_dir():
            yield from _below(root, leave_out, source)
        else:
            found = "a file" if root.exists() else "no such folder"
            raise InputError(str(folder), "a folder or a zip archive", found)


def _below(root: Path, leave_out: frozenset[Path], source: Source) -> Iterator[Item | Ignored]:
    """Of every file below a folder; no folder twice, so that links cannot run in circles."""
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        name = printable(folder.relative_to(root).as_posix())
        inner = []
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                yield Ignored(name, "a link to a folder that has been read")
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                for entry in entries:  # one at a time: there may be very many
                    path = folder / entry.name
                    if Path(os.path.abspath(path)) in leave_out:
                        continue
                    if _is_folder(path):
                        inner.append(path)
                    else:
                        yield from _pieces(path, root, source)
        except OSError as error:
            yield Ignored(name, f"a folder that cannot be read ({error.strerror})")
        waiting += sorted(inner)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _not_counted(name: str) -> str:
    """Why a file is not counted, by its name; empty if it is."""
    last = name.rpartition("/")[2]
    if last.startswith("._"):
        return "kept by macOS beside a file"
    suffix = suffix_of(last)
    if suffix in READERS or suffix == ARCHIVE:
        return ""
    return f"not music, by its name ({suffix or 'no suffix'})"


def _pieces(path: Path, root: Path, source: Source) -> Iterator[Item | Ignored]:
    name = printable(path.relative_to(root).as_posix())
    if reason := _not_counted(name):
        yield Ignored(name, reason)
        return
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            yield Item(name, str(path), refusal="not a plain file")
            return
    except OSError as error:
        yield Item(name, str(path), refusal=f"cannot be read ({error.strerror})")
        return
    if suffix_of(name) == ARCHIVE:
        yield from _members(str(path), name + "/", source)
        return
    yield from _tunes(Item(name, str(path)), source)


def _members(path: str, prefix: str, source: Source) -> Iterator[Item | Ignored]:
    try:
        members = source.archive(path).infolist()
    except InputError as error:
        yield Item(prefix.removesuffix("/") or path, path, refusal=_words(error))
        return
    for index, info in enumerate(members):
        if info.is_dir():
            continue
        name = prefix + printable(info.filename)
        if reason := _not_counted(name):
            yield Ignored(name, reason)
            continue
        if suffix_of(name) == ARCHIVE:
            yield Item(name, path, index, refusal="an archive within an archive is not opened")
        else:
            yield from _tunes(Item(name, path, index), source)


def _tunes(item: Item, source: Source) -> Iterator[Item]:
    """The item with its checksum, or one for each of its tunes."""
    try:
        data = source.read(item)
    except InputError as error:
        yield Item(item.file, item.path, item.member, refusal=_words(error))
        return
    tunes = split_abc(data) if item.suffix == ".abc" else []
    if len(tunes) < 2:
        yield Item(item.file, item.path, item.member, None, _checksum(data))
        return
    for index, tune in enumerate(tunes):
        name = f"{item.file}#{index + 1}"
        yield Item(name, item.path, item.member, index, _checksum(tune))


def _words(error: InputError) -> str:
    return f"expected {error.expected}, got {printable(str(error.received))}"


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
