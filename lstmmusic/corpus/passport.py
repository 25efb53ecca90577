"""Data with a passport: a folder of music and a `dataset.toml` that says where it comes from.

The passport holds title, origin, licence and citation, and for every file its checksum, form,
style and split. Nothing is read whose checksum differs from it.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lstmmusic.errors import InputError
from lstmmusic.io import load, read_bytes
from lstmmusic.score import Score

PASSPORT = "dataset.toml"
SPLITS = ("train", "validation")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a data set.

    Attributes:
        file: Name within the folder.
        sha256: Checksum of its bytes.
        form: Name of its chord form.
        style: Name of its rhythmic style.
        split: `train` or `validation`.
    """

    file: str
    sha256: str
    form: str
    style: str
    split: str


@dataclass(frozen=True, slots=True)
class Passport:
    """What is known about a data set.

    Attributes:
        folder: Where it lies.
        title, origin, licence, citation: For people.
        sha256: Checksum of the passport itself.
        entries: Its files, by name.
    """

    folder: Path
    title: str
    origin: str
    licence: str
    citation: str
    sha256: str
    entries: tuple[Entry, ...]

    def scores(self, split: str | None = None) -> Iterator[tuple[Entry, Score]]:
        """The pieces, in the order of their names.

        Args:
            split: One of `SPLITS`; None for all.

        Raises:
            InputError: A file is missing, or is not the one that the passport describes.
        """
        for entry in self.entries:
            if split in (None, entry.split):
                path = self.folder / entry.file
                if hashlib.sha256(read_bytes(path)).hexdigest() != entry.sha256:
                    raise InputError(str(path), "the checksum in its passport", "another")
                yield entry, load(path)


def read_passport(folder: str | Path) -> Passport:
    """Reads the passport of a data set.

    Raises:
        InputError: There is none, or something is missing in it.
    """
    path = Path(folder) / PASSPORT
    data = read_bytes(path)
    try:
        table = tomllib.loads(data.decode())
        entries = tuple(
            Entry(row["file"], row["sha256"], row["form"], row["style"], row["split"])
            for row in table["files"]
        )
        title, origin = str(table["title"]), str(table["origin"])
        licence, citation = str(table["licence"]), str(table["citation"])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(str(path), "a passport in TOML", error) from None
    except KeyError as error:
        raise InputError(str(path), f"an entry {error}", "none") from None
    digest = hashlib.sha256(data).hexdigest()
    return Passport(Path(folder), title, origin, licence, citation, digest, entries)
