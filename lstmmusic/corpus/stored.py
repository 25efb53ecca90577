"""A corpus on disk: one Parquet file, read piece by piece."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lstmmusic.corpus.piece import Piece
from lstmmusic.corpus.schema import SCHEMA, SCHEMA_VERSION, pieces_of
from lstmmusic.errors import InputError, OutputError

VERSION_KEY, SEED_KEY, MADE_BY_KEY = "lstmmusic.schema", "lstmmusic.seed", "lstmmusic.version"
SPLITS = ("train", "validation", "test")
_PIECES_AT_ONCE = 256
_ROW_GROUP_BYTES = 2 * 2**20


@dataclass(frozen=True, slots=True)
class Corpus:
    """The pieces of a folder, as `build` keeps them.

    Attributes:
        path: The Parquet file.
        n_pieces: How many it holds.
        seed: The seed of its splits.
        version: The version of this package that made it.

    Example:
        >>> import lstmmusic, pathlib, tempfile
        >>> from lstmmusic.corpus import Corpus, build
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> notes = [lstmmusic.Note(i / 2, 0.5, 60 + i % 12) for i in range(64)]
        >>> score = lstmmusic.Score([lstmmusic.Part(notes, "melody")])
        >>> lstmmusic.save(score, folder / "tune.mid")
        >>> report = build(folder, folder / "corpus.parquet", workers=1)
        >>> [piece.file for piece in Corpus.read(report.corpus).pieces()]
        ['tune.mid']
    """

    path: Path
    n_pieces: int
    seed: int
    version: str

    @classmethod
    def read(cls, path: str | Path) -> Corpus:
        """Opens a corpus.

        Raises:
            InputError: It is none, or a later version made it.
        """
        path = Path(path)
        try:
            with pq.ParquetFile(path) as file:
                n_pieces = file.metadata.num_rows
                words = {
                    key.decode(): value.decode()
                    for key, value in (file.schema_arrow.metadata or {}).items()
                    if key.startswith(b"lstmmusic.")
                }
                names = set(file.schema_arrow.names)
        except FileNotFoundError:
            raise InputError(str(path), "a corpus", "no such file") from None
        except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
            found = str(error).strip().splitlines() or [type(error).__name__]
            raise InputError(str(path), "a corpus (.parquet)", found[0]) from None
        if not words.get(VERSION_KEY, "").isdigit():
            raise InputError(str(path), "a corpus of ours", "a Parquet file without its marks")
        if int(words[VERSION_KEY]) > SCHEMA_VERSION or not set(SCHEMA.names) <= names:
            raise InputError(str(path), f"a corpus of version {SCHEMA_VERSION}", words[VERSION_KEY])
        return cls(path, n_pieces, int(words[SEED_KEY]), words[MADE_BY_KEY])

    def pieces(self, split: str | None = None) -> Iterator[Piece]:
        """The pieces, by name; a few at a time are in memory.

        Args:
            split: One of `SPLITS`; None for all.

        Raises:
            InputError: Not a split, or the file is damaged.
        """
        if split is not None and split not in SPLITS:
            raise InputError("split", "one of " + ", ".join(SPLITS), repr(split))
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(_PIECES_AT_ONCE, columns=SCHEMA.names):
                    if split is not None:
                        here = [name == split for name in batch.column("split").to_pylist()]
                        batch = batch.filter(pa.array(here, pa.bool_()))
                    yield from pieces_of(batch)
        except (OSError, pa.ArrowException) as error:
            raise InputError(str(self.path), "a whole corpus", error) from None


def write(path: Path, batches: Iterator[pa.RecordBatch], seed: int, version: str) -> None:
    """Writes batches of `SCHEMA` as they come; the same ones give the same bytes.

    Raises:
        OutputError: No room to write.
    """
    words = {VERSION_KEY: str(SCHEMA_VERSION), SEED_KEY: str(seed), MADE_BY_KEY: version}
    try:
        with (
            path.open("wb") as file,
            pq.ParquetWriter(file, SCHEMA.with_metadata(words), compression="zstd") as writer,
        ):
            for rows in _row_groups(batches):
                writer.write_table(rows)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(str(path), "room to write", error.strerror or error) from None


def _row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """As many batches at a time as fill a row group: what a writer keeps of each is not little."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(one.nbytes for one in held) >= _ROW_GROUP_BYTES:
            yield pa.Table.from_batches(held).combine_chunks()
            held = []
    if held:
        yield pa.Table.from_batches(held).combine_chunks()
