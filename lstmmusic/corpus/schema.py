"""The columns of a corpus, and a `Piece` as one row of them.

Version `SCHEMA_VERSION` stands in the metadata of every file; `docs/corpus.md` tells the columns.
Times are quarter notes from the start of the piece. What a later version adds, it adds as columns.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from lstmmusic.analysis import Chorus
from lstmmusic.corpus.piece import Piece
from lstmmusic.corpus.reading import PRINT, TABLES
from lstmmusic.score import Chord, Key, Metre, Part, Score, TempoMap, Timed

Value = TypeVar("Value")

SCHEMA_VERSION = 1
VERSION = importlib.metadata.version("lstmmusic")  # of the package that makes a corpus

_TEXTS = pa.list_(pa.struct([("onset_quarters", pa.float64()), ("text", pa.string())]))
_NUMBERS = {"f8": pa.float64(), "i2": pa.int16()}


def _arrays() -> list[pa.Field]:
    return [
        pa.field(f"{prefix}_{name}", pa.list_(_NUMBERS[dtype[name].str[1:]]), nullable=False)
        for prefix, dtype in TABLES.items()
        for name in dtype.names or ()
    ]


# What one file says, whatever else is in the folder.
FOUND = pa.schema(
    [
        ("file", pa.string()),
        ("sha256", pa.string()),
        ("repairs", pa.list_(pa.string())),
        ("title", pa.string()),
        ("feel", pa.string()),
        ("program", pa.int16()),
        ("melody_part", pa.int32()),
        ("melody_source", pa.string()),
        ("melody_confidence", pa.float64()),
        *_arrays(),
        ("chords", _TEXTS),
        ("chords_source", pa.string()),
        ("chords_confidence", pa.float64()),
        ("keys", _TEXTS),
        ("key_source", pa.string()),
        ("key_confidence", pa.float64()),
        ("metres", _TEXTS),
        ("metre_source", pa.string()),
        ("metre_confidence", pa.float64()),
        ("metre_is_known", pa.bool_()),
        (
            "tempos",
            pa.list_(pa.struct([("onset_quarters", pa.float64()), ("quarter_bpm", pa.float64())])),
        ),
        ("sections", _TEXTS),
        ("pickup_quarters", pa.float64()),
        ("length_quarters", pa.float64()),
        ("ticks_per_quarter", pa.int32()),
        (
            "choruses",
            pa.list_(
                pa.struct(
                    [
                        ("first_bar", pa.int32()),
                        ("n_bars", pa.int32()),
                        ("form", pa.string()),
                        ("fit", pa.float64()),
                    ]
                )
            ),
        ),
        ("swing", pa.float64()),
        ("is_performance", pa.bool_()),
    ]
)

# What tells which other files are nearly the same: kept while a corpus is made, and not in it.
KEPT = pa.schema([*FOUND, *((name, pa.list_(pa.uint64())) for name in PRINT)])

# What the whole folder says of it.
PLACED = pa.schema(
    [
        ("performer", pa.string()),
        ("tune", pa.string()),
        ("group", pa.int32()),
        ("split", pa.string()),
    ]
)
SCHEMA = pa.schema([*FOUND, *PLACED])


def table_of(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows (a value for every column) as a table."""
    columns = [pa.array([row[field.name] for row in rows], field.type) for field in schema]
    return pa.table(columns, schema=schema)


def pieces_of(batch: pa.RecordBatch | pa.Table) -> Iterator[Piece]:
    """The pieces of some rows, in their order."""
    arrays = {prefix: _rows_of_table(batch, prefix) for prefix in TABLES}
    names = {f"{prefix}_{name}" for prefix, dtype in TABLES.items() for name in dtype.names or ()}
    rows = batch.drop_columns(sorted(names)).to_pylist()
    for row, notes, controls, bends in zip(rows, *arrays.values(), strict=True):
        part = Part(notes, "melody", row["program"], controls=controls, bends=bends)
        yield _piece(row, part)


def _rows_of_table(batch: pa.RecordBatch | pa.Table, prefix: str) -> list[np.ndarray]:
    """The table of every row, cut from one that holds all of them."""
    dtype = TABLES[prefix]
    whole, ends = np.empty(0, dtype), np.zeros(batch.num_rows, int)
    for index, name in enumerate(dtype.names or ()):
        column = batch.column(f"{prefix}_{name}")
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        values = column.flatten().to_numpy(zero_copy_only=False)
        if index == 0:
            whole = np.empty(len(values), dtype)
            ends = np.cumsum(column.value_lengths().to_numpy(zero_copy_only=False))
        whole[name] = values
    return np.split(whole, ends[:-1]) if batch.num_rows else []


def _piece(row: Mapping[str, Any], part: Part) -> Piece:
    score = Score(
        parts=(part,),
        chords=_timed(row["chords"], _chord),
        metres=_timed(row["metres"], Metre.parse),
        tempo_map=TempoMap(tuple((c["onset_quarters"], c["quarter_bpm"]) for c in row["tempos"])),
        keys=_timed(row["keys"], Key.parse),
        sections=_timed(row["sections"], str),
        title=row["title"],
        feel=row["feel"],
        pickup_quarters=row["pickup_quarters"],
        length_quarters=row["length_quarters"],
        ticks_per_quarter=row["ticks_per_quarter"],
        metre_is_known=row["metre_is_known"],
    )
    return Piece(
        file=row["file"],
        score=score,
        title=row["title"],
        performer=row["performer"],
        tune=row["tune"],
        group=row["group"],
        split=row["split"],
        choruses=tuple(Chorus(**chorus) for chorus in row["choruses"]),
        swing=row["swing"],
        is_performance=row["is_performance"],
        chords_source=row["chords_source"],
        chords_confidence=row["chords_confidence"],
    )


@lru_cache(maxsize=4096)
def _chord(text: str) -> Chord:
    """A chord symbol; pieces have few different ones."""
    return Chord.parse(text)


def _timed(
    rows: Sequence[Mapping[str, Any]], parse: Callable[[str], Value]
) -> tuple[Timed[Value], ...]:
    known = {text: parse(text) for text in {row["text"] for row in rows}}
    return tuple(Timed(row["onset_quarters"], known[row["text"]]) for row in rows)
