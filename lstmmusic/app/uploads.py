"""What a browser has sent: packed into archives, under names of ours, to be read elsewhere."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath

from lstmmusic.corpus.items import printable
from lstmmusic.errors import InputError
from lstmmusic.io import READERS

TYPES = [*(suffix.removeprefix(".") for suffix in READERS), "zip"]
MAX_FILES = 2000
MAX_MIB = 200
_MEMBERS = "music/files.zip"


def packed(files: Sequence[tuple[str, bytes]]) -> tuple[dict[str, bytes], str]:
    """What is stored of uploads: no name of theirs is ever the name of a file on disk.

    Args:
        files: Name and content of each.

    Returns:
        Name -> content of what is to be written, and which of it is the music: an archive of the
        single files, under their names as far as they can be printed; or a folder of archives.

    Raises:
        InputError: There are none, or too many.

    Example:
        >>> content, music = packed([("../a.mid", b"MThd"), ("a.mid", b"MThd")])
        >>> music, list(content)
        ('music/files.zip', ['music/files.zip'])
        >>> zipfile.ZipFile(io.BytesIO(content[music])).namelist()
        ['a.mid', 'a (2).mid']
    """
    if not files:
        raise InputError("files", "at least one", "none")
    size = sum(len(data) for _, data in files)
    if len(files) > MAX_FILES or size > MAX_MIB * 2**20:
        expected = f"at most {MAX_FILES:,} and {MAX_MIB} MiB"
        raise InputError("files", expected, f"{len(files):,} and {size / 2**20:,.0f} MiB")
    archives = [data for name, data in files if name.lower().endswith(".zip")]
    others = [(name, data) for name, data in files if not name.lower().endswith(".zip")]
    content = {f"music/archive-{k + 1}.zip": data for k, data in enumerate(archives)}
    if others:
        content[_MEMBERS] = _archive(others)
    return content, next(iter(content)) if len(content) == 1 else "music"


def _archive(files: Sequence[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    taken: set[str] = set()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files:
            path = PurePosixPath(printable(name.replace("\\", "/")).rpartition("/")[2][-120:])
            shown, number = str(path), 1
            while shown in taken:
                number += 1
                shown = f"{path.stem} ({number}){path.suffix}"
            taken.add(shown)
            archive.writestr(shown, data)
    return buffer.getvalue()
