"""One piece of music that is to be read, wherever it lies: its name, and its bytes.

Archives are read in memory and write nothing; what a file claims to be long or small is checked
before it is believed.
"""

from __future__ import annotations

import lzma
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from lstmmusic.errors import InputError
from lstmmusic.io import MAX_BYTES, read_bytes, split_abc

MAX_MEMBERS = 100_000
MAX_ARCHIVE_BYTES = 4 * 2**30
MAX_RATIO = 200  # music is packed 10 to 50 times smaller; a bomb a thousand times
_SMALL_BYTES = 2**20  # whatever its ratio, no bomb
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of music to be read, or a file that cannot be.

    Attributes:
        file: Name relative to the folder, fit to print: `set.zip/tune.mid`, `book.abc#2`.
        path: The file on disk.
        member: Place in the list of the archive's members; None outside archives.
        tune: Place in an ABC file of several tunes; None elsewhere.
        sha256: Checksum of the piece's bytes; empty where `refusal` says why there are none.
        refusal: Why it cannot be read, in words; else empty.
    """

    file: str
    path: str
    member: int | None = None
    tune: int | None = None
    sha256: str = ""
    refusal: str = ""

    @property
    def suffix(self) -> str:
        """The ending of its name, in small letters."""
        return suffix_of(self.file.rpartition("#")[0] if self.tune is not None else self.file)


class Ignored(NamedTuple):
    """A file that is not counted, and why."""

    file: str
    reason: str


def suffix_of(name: str) -> str:
    """The ending of a name, with its dot, in small letters."""
    return os.path.splitext(name)[1].lower()


def printable(name: str) -> str:
    r"""A name fit to print and to store: what is not text or not visible is escaped.

    Example:
        >>> printable("blues\udcff\n.mid")
        'blues\\udcff\\n.mid'
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in name
    )


class Source:
    """Reads the bytes of items; the archive that it has read last stays open."""

    def __init__(self) -> None:
        self._path = ""
        self._archive: zipfile.ZipFile | None = None

    def read(self, item: Item) -> bytes:
        """The bytes of an item.

        Raises:
            InputError: They cannot be read.
        """
        if item.member is None:
            data = read_bytes(Path(item.path))
        else:
            data = self.read_member(self.archive(item.path), item.member)
        return data if item.tune is None else split_abc(data)[item.tune]

    def archive(self, path: str) -> zipfile.ZipFile:
        """An archive, opened.

        Raises:
            InputError: It is none, or beyond the limits.
        """
        if self._archive is None or self._path != path:
            self.close()
            try:
                self._archive, self._path = zipfile.ZipFile(path), path
            except _DAMAGE as error:
                raise InputError(path, "a zip archive", f"damage ({error})") from None
            self._check(path, self._archive.infolist())
        return self._archive

    def read_member(self, archive: zipfile.ZipFile, index: int) -> bytes:
        """The bytes of a member.

        Raises:
            InputError: It is damaged, encrypted, or beyond the limits.
        """
        info = archive.infolist()[index]
        if info.flag_bits & 1:
            raise InputError(info.filename, "a file without a password", "an encrypted one")
        if info.file_size > max(_SMALL_BYTES, info.compress_size * MAX_RATIO):
            found = f"{info.file_size / max(info.compress_size, 1):,.0f}"
            raise InputError(info.filename, f"data packed at most {MAX_RATIO} times", found)
        if info.file_size > MAX_BYTES:
            raise InputError(info.filename, f"at most {MAX_BYTES // 2**20} MiB", "a larger file")
        try:
            with archive.open(info) as file:
                return file.read(MAX_BYTES)
        except _DAMAGE as error:
            raise InputError(info.filename, "a file that can be unpacked", error) from None

    def close(self) -> None:
        """Closes the archive."""
        if self._archive is not None:
            self._archive.close()
        self._archive, self._path = None, ""

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check(self, path: str, members: list[zipfile.ZipInfo]) -> None:
        total = sum(info.file_size for info in members)
        try:
            if len(members) > MAX_MEMBERS:
                raise InputError(path, f"at most {MAX_MEMBERS:,} members", f"{len(members):,}")
            if total > MAX_ARCHIVE_BYTES:
                limit = f"at most {MAX_ARCHIVE_BYTES // 2**30} GiB unpacked"
                raise InputError(path, limit, f"{total / 2**30:,.0f}")
        except InputError:
            self.close()
            raise
