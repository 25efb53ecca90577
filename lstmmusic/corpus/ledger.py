"""What is known of every file while a corpus is made of a folder; on disk, whatever their number.

The tables of a ledger are written once, each by one step of `build`, and what became of a file
follows from them. A ledger is a temporary database of SQLite's: it ends with its process, and a
build that goes on after an interruption makes another one from the folder and the shards.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from lstmmusic.corpus.items import Ignored, Item
from lstmmusic.corpus.report import DUPLICATE, SKIPPED, Row

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE seen (file TEXT, path BLOB, member INTEGER, tune INTEGER, sha256 TEXT, refusal TEXT);
CREATE INDEX seen_by_file ON seen (file);
CREATE TABLE ignored (file TEXT, reason TEXT);
CREATE TABLE item (
    file TEXT PRIMARY KEY, path BLOB, member INTEGER, tune INTEGER, sha256 TEXT, refusal TEXT
) WITHOUT ROWID;
CREATE TABLE wanted (
    sha256 TEXT, suffix TEXT, override TEXT, file TEXT UNIQUE,
    PRIMARY KEY (sha256, suffix, override)
);
CREATE TABLE copy (file TEXT PRIMARY KEY, original TEXT) WITHOUT ROWID;
CREATE TABLE result (
    file TEXT PRIMARY KEY, status TEXT, reason TEXT, kind TEXT, found TEXT
) WITHOUT ROWID;
CREATE TABLE piece (
    place INTEGER PRIMARY KEY, file TEXT UNIQUE, performer TEXT, performer_key TEXT, tune TEXT
);
CREATE TABLE near (place INTEGER PRIMARY KEY, original INTEGER);
CREATE TABLE side (place INTEGER PRIMARY KEY, "group" INTEGER, split TEXT);
CREATE TABLE grams (place INTEGER PRIMARY KEY, data BLOB);
CREATE TABLE sketch (number INTEGER, block INTEGER, data BLOB, PRIMARY KEY (number, block));
BEGIN;
"""
_ITEM = "item.file, item.path, item.member, item.tune, item.sha256, item.refusal"
# Every file with what was made of it, or of the file that it is a copy of.
_ROWS = """
SELECT item.file, copy.original, result.status, result.reason, result.kind, result.found,
    side.split, piece.tune, near_piece.file
FROM item
LEFT JOIN copy ON copy.file = item.file
JOIN result ON result.file = coalesce(copy.original, item.file)
LEFT JOIN piece ON piece.file = result.file
LEFT JOIN side ON side.place = piece.place
LEFT JOIN near ON near.place = piece.place
LEFT JOIN piece AS near_piece ON near_piece.place = near.original
ORDER BY item.file
"""


class Placed(NamedTuple):
    """Where a piece belongs in the corpus: the columns of `PLACED`."""

    performer: str
    tune: str
    group: int
    split: str


class Ledger:
    """A place on disk for what is known of every file.

    Example:
        >>> with Ledger() as ledger:
        ...     ledger.add([Item("b.mid", "b.mid"), Ignored("c.txt", "not music")])
        ...     ledger.add([Item("a.mid", "a.mid")])
        ...     [item.file for item in ledger.items()], ledger.ignored()
        (['a.mid', 'b.mid'], [Ignored(file='c.txt', reason='not music')])
    """

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.executescript(_TABLES)

    def add(self, found: Iterable[Item | Ignored]) -> None:
        """What a folder holds, in any order.

        A second item of one name (an archive may hold two such files) is given another name.
        """
        for entry in found:
            if isinstance(entry, Ignored):
                self._do("INSERT INTO ignored VALUES (?, ?)", entry)
            else:
                path = os.fsencode(entry.path)
                row = (entry.file, path, entry.member, entry.tune, entry.sha256, entry.refusal)
                self._do("INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?)", row)
        twice = "SELECT file FROM seen GROUP BY file HAVING count(*) > 1 ORDER BY file"
        same = "SELECT rowid FROM seen WHERE file = ? ORDER BY path, member, tune"
        for (file,) in self._do(twice).fetchall():
            for (row,) in self._do(same, (file,)).fetchall()[1:]:
                self._do("UPDATE seen SET file = ? WHERE rowid = ?", (self._other_name(file), row))
        self._do("INSERT INTO item SELECT * FROM seen ORDER BY file")
        self._do("DELETE FROM seen")

    def _other_name(self, file: str) -> str:
        stem, suffix = os.path.splitext(file)
        name, number = file, 1
        while self._do("SELECT 1 FROM seen WHERE file = ?", (name,)).fetchone():
            number += 1
            name = f"{stem} ({number}){suffix}"
        return name

    def items(self) -> Iterator[Item]:
        """All that was found, by name."""
        return self._items("")

    def ignored(self) -> list[Ignored]:
        """What is no music, by name."""
        return [Ignored(*row) for row in self._do("SELECT * FROM ignored ORDER BY file, reason")]

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return self._do(f"SELECT count(*) FROM {table}").fetchone()[0]

    def want(self, item: Item, override: str) -> None:
        """An item is to be read, unless one before it is the same.

        Args:
            item: With a checksum.
            override: What people say of it, in words.
        """
        key = (item.sha256, item.suffix, override)
        if self._do("INSERT OR IGNORE INTO wanted VALUES (?, ?, ?, ?)", (*key, item.file)).rowcount:
            return
        same = "SELECT file FROM wanted WHERE sha256 = ? AND suffix = ? AND override = ?"
        self._do("INSERT INTO copy VALUES (?, ?)", (item.file, *self._do(same, key).fetchone()))

    def wanted(self) -> Iterator[Item]:
        """What is to be read, by name."""
        return self._items("JOIN wanted ON wanted.file = item.file")

    def add_result(self, row: Row) -> None:
        """What was made of a file by itself."""
        found = json.dumps(row.found, ensure_ascii=False)
        values = (row.file, row.status, row.reason, row.kind, found)
        self._do("INSERT INTO result VALUES (?, ?, ?, ?, ?)", values)

    def add_piece(self, file: str, performer: str, performer_key: str, tune: str) -> None:
        """A file that can be used is the next piece: its place is their number so far."""
        values = (file, performer, performer_key, tune)
        self._do(
            "INSERT INTO piece SELECT coalesce(max(place) + 1, 0), ?, ?, ?, ? FROM piece", values
        )

    def add_near(self, place: int, original: int) -> None:
        """A piece is nearly the same as another one, which is kept."""
        self._do("INSERT INTO near VALUES (?, ?)", (place, original))

    def kept(self) -> np.ndarray:
        """The places of the pieces that are nearly the same as none, rising."""
        return self._numbers("place FROM piece WHERE place NOT IN (SELECT place FROM near)")

    def numbered(self, column: str) -> np.ndarray:
        """What stands in a column, of the pieces that are kept: a number for each different text.

        0 for none; shape (kept pieces,).
        """
        rank = f"CASE {column} WHEN '' THEN 0 ELSE dense_rank() OVER (ORDER BY {column}) END"
        which = "piece WHERE place NOT IN (SELECT place FROM near) ORDER BY place"
        return self._numbers(f"{rank} FROM {which}")

    def add_sides(self, sides: Iterable[tuple[int, int, str]]) -> None:
        """Place, group and split of the pieces that are kept."""
        self._base.executemany("INSERT INTO side VALUES (?, ?, ?)", sides)

    def places(self, first: int, count: int) -> list[Placed | None]:
        """Where some pieces one after another belong; None where one is not kept."""
        found = self._do(
            'SELECT performer, tune, "group", split FROM piece LEFT JOIN side USING (place) '
            "WHERE place >= ? AND place < ? ORDER BY place",
            (first, first + count),
        )
        return [None if row[-1] is None else Placed(*row) for row in found]

    def add_grams(self, first: int, grams: Iterable[np.ndarray]) -> None:
        """Keeps the grams of some pieces one after another."""
        rows = ((first + count, array.tobytes()) for count, array in enumerate(grams))
        self._base.executemany("INSERT INTO grams VALUES (?, ?)", rows)

    def grams(self, place: int, dtype: np.dtype) -> np.ndarray:
        """Of one piece."""
        (data,) = self._do("SELECT data FROM grams WHERE place = ?", (place,)).fetchone()
        return np.frombuffer(data, dtype)

    def add_sketches(self, block: int, sketches: np.ndarray) -> None:
        """Keeps sketches, number by number; shape (numbers, pieces)."""
        rows = ((number, block, row.tobytes()) for number, row in enumerate(sketches))
        self._base.executemany("INSERT INTO sketch VALUES (?, ?, ?)", rows)

    def sketches(self, number: int, dtype: np.dtype) -> np.ndarray:
        """One number of every sketch; shape (pieces,)."""
        found = self._do("SELECT data FROM sketch WHERE number = ? ORDER BY block", (number,))
        return np.frombuffer(b"".join(data for (data,) in found), dtype)

    def rows(self) -> Collection[Row]:
        """What was made of every file, by name."""
        return _Rows(self)

    def close(self) -> None:
        """Frees the disk."""
        self._base.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _do(self, words: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self._base.execute(words, values)

    def _items(self, which: str) -> Iterator[Item]:
        for file, path, *rest in self._do(f"SELECT {_ITEM} FROM item {which} ORDER BY item.file"):
            yield Item(file, os.fsdecode(path), *rest)

    def _numbers(self, what: str) -> np.ndarray:
        return np.fromiter((number for (number,) in self._do(f"SELECT {what}")), np.int64)


class _Rows(Collection[Row]):
    """The rows of a ledger, read each time they are asked for."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __len__(self) -> int:
        return self._ledger.count("item")

    def __contains__(self, row: object) -> bool:
        return any(row == other for other in self)

    def __iter__(self) -> Iterator[Row]:
        for row in self._ledger._do(_ROWS):
            file, original, status, reason, kind, found, split, tune, near = row
            if original is not None and status == SKIPPED:
                yield Row(file, SKIPPED, reason, kind)
            elif original is not None:
                yield Row(file, DUPLICATE, f"the same as {near or original}", "the same bytes")
            elif near is not None:
                yield Row(file, DUPLICATE, f"nearly {near}", "nearly the same music")
            elif split is None:
                yield Row(file, status, reason, kind)
            else:
                yield Row(file, status, reason, kind, split, tune, json.loads(found))
