"""Bytes in and out: limits on what is read, and writing that never leaves half a file."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lstmmusic.errors import InputError, OutputError

MAX_BYTES = 32 * 2**20
_OLD = "-old"

_SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"ID3", "an MP3 recording"),
    (b"fLaC", "a FLAC recording"),
    (b"OggS", "an Ogg recording"),
    (b"MThd", "a MIDI file"),
    (b"<!DOCTYPE html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<?xml", "an XML file"),
)


def read_bytes(path: Path) -> bytes:
    """The whole file.

    Raises:
        InputError: It is missing, a folder, not readable, or larger than `MAX_BYTES`.
    """
    expected = "a file that can be read"
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError(str(path), expected, "a folder")
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for, for ever
            raise InputError(str(path), expected, "not a plain file")
        data = b""
        with path.open("rb", buffering=0) as file:
            # As much as the file says it holds, and once more in case it holds more: to make room
            # for MAX_BYTES takes longer than to parse a usual file.
            while len(data) <= MAX_BYTES and (
                more := file.read(min(max(len(data), status.st_size), MAX_BYTES) + 1)
            ):
                data += more
    except FileNotFoundError:
        raise InputError(str(path), expected, "no such file") from None
    except OSError as error:
        raise InputError(str(path), expected, error.strerror or error) from None
    if len(data) > MAX_BYTES:
        raise InputError(str(path), f"at most {MAX_BYTES // 2**20} MiB", "a larger file")
    return data


def describe(data: bytes) -> str:
    """What the first bytes say the file is."""
    if not data:
        return "an empty file"
    for signature, name in _SIGNATURES:
        if data[: len(signature)].lower() == signature.lower():
            return name
    return f"bytes that begin with {data[:8]!r}"


def check_output(path: Path, force: bool = False) -> None:
    """Says at once whether `write_bytes` could write there, so that no work is lost.

    Raises:
        OutputError: The file exists (without `force`), or its folder cannot be written.
    """
    if not path.name:  # what `Path("")` becomes
        raise OutputError("output", "the name of a file", repr(str(path)))
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        raise OutputError(
            str(path), "a name that can be written", error.strerror or error
        ) from None
    if is_folder:
        raise OutputError(str(path), "the name of a file", "a folder")
    if exists and not force:
        raise OutputError(str(path), "a new file, or --force to replace it", "one that exists")
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(str(path), "a file in a folder that exists", f"no folder {folder}")
    try:
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=".lstmmusic-")
    except OSError as error:
        raise OutputError(
            str(path), "a file in a folder that can be written", error.strerror or error
        ) from None
    os.close(descriptor)
    os.unlink(name)


def write_bytes(path: Path, data: bytes, force: bool = False) -> None:
    """Writes a file by renaming, so that a crash or a full disk leaves the old one or none.

    Raises:
        OutputError: As `check_output`, or the disk is full.
    """
    write_together({path: data}, force)


def write_together(contents: Mapping[Path, bytes], force: bool = False) -> None:
    """Writes several files as `write_bytes` does, all or none.

    All are on disk under other names before the first is renamed; where one cannot be renamed,
    those before it are as they were (a replaced one where the file system has hard links).

    Raises:
        OutputError: As `write_bytes`, of the first that cannot be written.
    """
    for path in contents:
        check_output(path, force)
    names: dict[Path, str] = {}
    done: list[Path] = []
    try:
        for path, data in contents.items():
            names[path] = _temporary(path, data)
        for path, name in names.items():
            _rename(name, path, force, keep=len(names) > 1)
            done.append(path)
    except BaseException:
        for path in done:
            with contextlib.suppress(OSError):
                if os.path.exists(names[path] + _OLD):
                    os.replace(names[path] + _OLD, path)
                else:
                    path.unlink()
        raise
    finally:
        for name in names.values():
            for left in (name, name + _OLD):
                if os.path.exists(left):
                    os.unlink(left)


def _temporary(path: Path, data: bytes) -> str:
    """The name of a file beside `path` that holds the data, on disk and with the usual rights."""
    name = ""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".lstmmusic-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
    except BaseException as error:
        if name:
            os.unlink(name)
        if isinstance(error, OSError):
            received = error.strerror or error
            raise OutputError(str(path), "room to write", received) from None
        raise
    return name


def _rename(name: str, path: Path, force: bool, keep: bool) -> None:
    """Renames; keeps what is replaced under the name with `_OLD`, if asked to and possible."""
    try:
        if not force:
            _rename_new(name, path)
            return
        if keep:
            with contextlib.suppress(OSError):
                os.link(path, name + _OLD)
        os.replace(name, path)
    except OSError as error:
        raise OutputError(str(path), "room to write", error.strerror or error) from None


def _rename_new(name: str, path: Path) -> None:
    """Renames unless the target has appeared meanwhile (where the file system can tell)."""
    try:
        os.link(name, path)
    except FileExistsError:
        raise OutputError(
            str(path), "a new file, or --force to replace it", "one that exists"
        ) from None
    except OSError:  # no hard links on this file system
        os.replace(name, path)
    else:
        os.unlink(name)
