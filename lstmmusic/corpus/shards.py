"""Some pieces at a time, read and kept: what an interrupted build goes on from.

A shard is a Parquet file of what was found in its items, beside the results in words. Its name is
a checksum of everything that it depends on, so that no shard is ever taken for another; it is
written by renaming, so that it is there as a whole or not at all.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lstmmusic.corpus.items import Item, Source
from lstmmusic.corpus.overrides import Override
from lstmmusic.corpus.reading import unpack
from lstmmusic.corpus.schema import FOUND, KEPT, SCHEMA_VERSION, VERSION, table_of
from lstmmusic.errors import InputError, InternalError
from lstmmusic.io import ReaderError, ReaderProcess, write_bytes

READER = "lstmmusic.corpus.reading:read_piece"
ITEMS_PER_SHARD = 64
MAX_SECONDS = 10.0
MAX_MEMORY_BYTES = 2**30
_RESULTS = b"lstmmusic.results"


@dataclass(frozen=True, slots=True)
class Shard:
    """Items that are read together, each with what people say of it."""

    items: tuple[tuple[Item, Override], ...]

    @property
    def name(self) -> str:
        """Checksum of versions, limits, and of every item: name, content, override."""
        settings = [VERSION, SCHEMA_VERSION, MAX_SECONDS, MAX_MEMORY_BYTES]
        content = [[item.file, item.sha256, asdict(override)] for item, override in self.items]
        return hashlib.sha256(json.dumps([settings, content]).encode()).hexdigest()

    def path(self, work: Path) -> Path:
        """Where it is kept."""
        return work / f"{self.name}.parquet"


def cut(items: Iterable[tuple[Item, Override]]) -> Iterator[Shard]:
    """The items, so many at a time."""
    waiting = iter(items)
    while some := tuple(islice(waiting, ITEMS_PER_SHARD)):
        yield Shard(some)


def new_reader() -> ReaderProcess:
    """A process that reads pieces, with the limits of a corpus."""
    return ReaderProcess(READER, MAX_SECONDS, MAX_MEMORY_BYTES)


def make(shard: Shard, work: Path, reader: ReaderProcess, source: Source) -> None:
    """Reads the items of a shard and keeps what was found, unless that is done already.

    Raises:
        InternalError: The process that reads does not even start.
        OutputError: No room to write.
    """
    path = shard.path(work)
    if is_whole(path):
        return
    rows: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for item, override in shard.items:
        found, content = _read(item, override, reader, source)
        row = found.pop("row", None)
        if row is not None:
            about = {"file": item.file, "sha256": item.sha256}
            rows.append({**about, **row, **unpack(content, found.pop("sizes"))})
            found["repairs"] = row["repairs"]
            found["title"] = row["title"]
        results.append({"file": item.file, **found})
    words = json.dumps(results, ensure_ascii=False).encode()
    table = table_of(rows, KEPT.with_metadata({_RESULTS: words}))
    write_bytes(path, parquet_bytes(table), force=True)


def parquet_bytes(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def is_whole(path: Path) -> bool:
    """True where a shard can be read."""
    try:
        read_results(path)
    except (OSError, ValueError, pa.ArrowException):
        return False
    return True


def read_results(path: Path) -> list[dict[str, Any]]:
    """What a shard says of its items, in their order."""
    return json.loads(pq.read_schema(path).metadata[_RESULTS])


def read_rows(path: Path) -> Iterator[pa.RecordBatch]:
    """What a shard holds of the pieces that can be used."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ITEMS_PER_SHARD, columns=FOUND.names):
            yield batch.replace_schema_metadata(None)


def _read(
    item: Item, override: Override, reader: ReaderProcess, source: Source
) -> tuple[dict[str, Any], bytes]:
    try:
        data = source.read(item)
    except InputError as error:  # it was there when the folder was listed
        reason = f"expected {error.expected}, got {error.received}"
        return {"reason": reason, "kind": f"expected {error.expected}"}, b""
    try:
        # The name decides only by its suffix; the rest may be of any length.
        return reader.ask({"name": "piece" + item.suffix, "override": asdict(override)}, data)
    except ReaderError as error:
        if not error.has_begun:
            raise InternalError(f"the process that reads files {error}") from None
        reason = _LOST[error.why]
        return {"reason": reason, "kind": reason}, b""


_LOST = {
    "slow": f"takes longer than {MAX_SECONDS:g} s",
    "memory": f"needs more than {MAX_MEMORY_BYTES // 2**30} GiB of memory",
    "crash": "crashes its reader",
}
