"""Bytes in and out: limits on what is read, and writing that never leaves half a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from lstmmusic.errors import InputError, OutputError

MAX_BYTES = 32 * 2**20

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
        if path.is_dir():
            raise InputError(str(path), expected, "a folder")
        if path.exists() and not path.is_file():  # a pipe would be waited for, for ever
            raise InputError(str(path), expected, "not a plain file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
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
    check_output(path, force)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".lstmmusic-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        if force:
            os.replace(name, path)
        else:
            _rename_new(name, path)
    except OSError as error:
        raise OutputError(str(path), "room to write", error.strerror or error) from None
    finally:
        if os.path.exists(name):
            os.unlink(name)


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
