"""What people know better than the analysis: which part is the melody, which files to leave out.

A TOML file has a table for every pattern of file names; where several match, the last one wins,
key by key:

    ["live/*.mid"]
    melody = "Lead"      # the part's name, or its number counted from 1
    metre = "12/8"

    ["live/broken*.mid"]
    exclude = true
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from lstmmusic.errors import InputError
from lstmmusic.io import read_bytes
from lstmmusic.score import Key, Metre


@dataclass(frozen=True, slots=True)
class Override:
    """What holds for a file whatever the analysis would say.

    Attributes:
        melody: Name of the part that carries the melody, or its number counted from 1.
        exclude: Leave the file out.
        key: As in `Bb` or `Am`.
        metre: As in `12/8`; its bars are counted from the start of the piece.
    """

    melody: str | int | None = None
    exclude: bool = False
    key: str | None = None
    metre: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.melody, bool) or not isinstance(self.melody, str | int | None):
            raise InputError("melody", "the name of a part or its number", repr(self.melody))
        if isinstance(self.melody, int) and self.melody < 1:
            raise InputError("melody", "the number of a part, from 1 on", self.melody)
        if not isinstance(self.exclude, bool):
            raise InputError("exclude", "true or false", repr(self.exclude))
        if self.key is not None:
            Key.parse(str(self.key))
        if self.metre is not None:
            Metre.parse(str(self.metre))


@dataclass(frozen=True, slots=True)
class Overrides:
    """Overrides by patterns of file names, as in `live/*.mid`.

    Attributes:
        rows: Patterns and what holds for the files that match, later ones winning.

    Example:
        >>> found = Overrides((("*", Override(melody="Lead")), ("b*", Override(key="Bb"))))
        >>> found.of("blues.mid")
        Override(melody='Lead', exclude=False, key='Bb', metre=None)
        >>> found.unknown(["a.mid"])
        ['b*']
    """

    rows: tuple[tuple[str, Override], ...] = ()

    def of(self, file: str) -> Override:
        """What holds for a file, named relative to the folder."""
        found = Override()
        for pattern, override in self.rows:
            if fnmatchcase(file, pattern):
                said = {name: value for name, value in asdict(override).items() if value}
                found = replace(found, **said)
        return found

    def unknown(self, files: Iterable[str]) -> list[str]:
        """The patterns that match none of the files."""
        left = [pattern for pattern, _ in self.rows]
        for file in files:
            left = [pattern for pattern in left if not fnmatchcase(file, pattern)]
            if not left:
                break
        return left

    def with_melody(self, melody: str | int) -> Overrides:
        """The same, with a melody part for every file that names no other."""
        return Overrides((("*", Override(melody=melody)), *self.rows))


def read_overrides(path: str | Path) -> Overrides:
    """Reads a TOML file of overrides.

    Raises:
        InputError: Not TOML, or an entry that is not known or not what it must be.
    """
    path = Path(path)
    try:
        table = tomllib.loads(read_bytes(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(str(path), "overrides in TOML", error) from None
    return Overrides(tuple((name, _override(path, name, row)) for name, row in table.items()))


def _override(path: Path, pattern: str, row: Any) -> Override:
    known = [field.name for field in fields(Override)]
    expected = f"a table with {', '.join(known)} for every pattern"
    if not isinstance(row, dict):
        raise InputError(f"{path}, {pattern!r}", expected, repr(row))
    for name in row:
        if name not in known:
            raise InputError(f"{path}, {pattern!r}", expected, repr(name))
    try:
        return Override(**row)
    except InputError as error:
        raise InputError(
            f"{path}, {pattern!r}, {error.argument}", error.expected, error.received
        ) from None
