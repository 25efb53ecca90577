"""A folder of music -> a corpus: every file read, analysed, and accounted for."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from lstmmusic.corpus import stored
from lstmmusic.corpus.engines import ENGINES, default_workers
from lstmmusic.corpus.joining import join, name_piece
from lstmmusic.corpus.ledger import Ledger
from lstmmusic.corpus.overrides import Overrides, read_overrides
from lstmmusic.corpus.report import (
    REPAIRED,
    SKIPPED,
    USED,
    Report,
    Row,
    WrittenRows,
    count_files,
    repair_kind,
    report_paths,
)
from lstmmusic.corpus.report_page import as_html
from lstmmusic.corpus.scan import walk
from lstmmusic.corpus.schema import PLACED, SCHEMA, VERSION, table_of
from lstmmusic.corpus.shards import Shard, cut, read_results, read_rows
from lstmmusic.corpus.sketches import KeptFingerprints
from lstmmusic.errors import InputError, OutputError
from lstmmusic.io import READERS, check_output

SUFFIX = ".parquet"
MAX_WORKERS = 256

Progress = Callable[[int, int], None]


def build(
    folder: str | Path,
    out: str | Path,
    workers: int | None = None,
    engine: str = "local",
    overrides: Overrides | str | Path | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    force: bool = False,
) -> Report:
    """Makes a corpus of a folder of music.

    Every file is read and analysed in a process of its own, so that none can end the build; each
    ends as used, repaired, skipped or duplicate, with the reason in the report. The same folder,
    overrides, seed and version give the same bytes, whatever the number of workers or the engine.
    A build that was interrupted goes on where it stopped.

    Args:
        folder: Read with all folders and zip archives in it; or one zip archive.
        out: The Parquet file to write; the report is written beside it.
        workers: How many processes read; None for one a processor.
        engine: `local`, or `dask` (needs the extra `scale`).
        overrides: What people know better, or the TOML file that says so.
        seed: Decides which tunes are for training, validation and test.
        progress: Called with how many files are done, and of how many.
        force: Replace existing files.

    Raises:
        InputError: An argument is not what it must be; there is no music in the folder; or none
            that can be used (then there is a report all the same).
        OutputError: The corpus or its report exists (without `force`) or cannot be written.
    """
    out, folder = Path(out), Path(folder)
    workers = _check(out, workers, engine, seed, force)
    work = out.with_name(out.name + ".work")
    if not isinstance(overrides, Overrides):
        overrides = Overrides() if overrides is None else read_overrides(overrides)
    ours = [out, work, *report_paths(out).values()]
    try:
        with Ledger() as ledger:
            ledger.add(walk(folder, frozenset(Path(os.path.abspath(path)) for path in ours)))
            _plan(ledger, folder, overrides)
            _read(ledger, overrides, work, workers, engine, progress)
            note = _account(ledger, overrides, work, seed)
            report = _publish(ledger, overrides, note, work, out, seed)
    except sqlite3.OperationalError as error:
        raise OutputError("temporary files", "room to write", error) from None
    if not report.corpus:
        none = f"none in {count_files(len(report.rows))}; see {report.page}"
        raise InputError(str(folder), "music that can be used", none)
    return report


def _check(out: Path, workers: int | None, engine: str, seed: int, force: bool) -> int:
    if not out.name:
        raise InputError("output", f"a name that ends in {SUFFIX}", "none")
    if out.suffix.lower() != SUFFIX:
        raise InputError(str(out), f"a name that ends in {SUFFIX}", repr(out.suffix))
    if engine not in ENGINES:
        raise InputError("engine", "one of " + ", ".join(ENGINES), repr(engine))
    if workers is not None and not 1 <= workers <= MAX_WORKERS:
        raise InputError("workers", f"1 to {MAX_WORKERS}", workers)
    if not 0 <= seed < 2**32:
        raise InputError("seed", f"0 to {2**32 - 1}", seed)
    for path in (out, *report_paths(out).values()):
        check_output(path, force)
    return default_workers() if workers is None else workers


def _plan(ledger: Ledger, folder: Path, overrides: Overrides) -> None:
    """What is to be read, and what is known without reading."""
    if not ledger.count("item"):
        n_ignored = ledger.count("ignored")
        others = f"{count_files(n_ignored)} of other kinds" if n_ignored else "none"
        raise InputError(str(folder), "a folder with music (" + " ".join(READERS) + ")", others)
    for item in ledger.items():
        override = overrides.of(item.file)
        if override.exclude:
            reason = "left out by the overrides"
            ledger.add_result(Row(item.file, SKIPPED, reason, reason))
        elif item.refusal:
            kind = item.refusal.partition(", got ")[0]
            ledger.add_result(Row(item.file, SKIPPED, item.refusal, kind))
        else:
            ledger.want(item, repr(override))


def _shards(ledger: Ledger, overrides: Overrides) -> Iterator[Shard]:
    """What is to be read, some items at a time."""
    return cut((item, overrides.of(item.file)) for item in ledger.wanted())


def _read(
    ledger: Ledger,
    overrides: Overrides,
    work: Path,
    workers: int,
    engine: str,
    progress: Progress | None,
) -> None:
    """Makes every shard that is not there yet."""
    try:
        work.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(str(work), "a folder for work", error.strerror or error) from None
    total = ledger.count("item")
    done = total - ledger.count("wanted")
    if progress:
        progress(done, total)
    for shard in ENGINES[engine](_shards(ledger, overrides), work, workers):
        done += len(shard.items)
        if progress:
            progress(done, total)


def _account(ledger: Ledger, overrides: Overrides, work: Path, seed: int) -> str:
    """What was made of every file, and the place of every piece that is kept.

    Returns:
        What had to be given up, in words; empty where nothing.
    """
    fingerprints = KeptFingerprints(ledger)
    for shard in _shards(ledger, overrides):
        path = shard.path(work)
        fingerprints.add(path)
        for result in read_results(path):
            file = result["file"]
            if "reason" in result:
                ledger.add_result(Row(file, SKIPPED, result["reason"], result["kind"]))
            else:
                ledger.add_result(_kept(file, result))
                ledger.add_piece(file, *name_piece(file, result["title"]))
    return join(ledger, fingerprints, seed)


def _kept(file: str, result: dict[str, Any]) -> Row:
    """What is used, wherever it belongs."""
    repairs = result["repairs"]
    status, how = (REPAIRED, "; ".join(repairs)) if repairs else (USED, "")
    kind = repair_kind(repairs[0]) if repairs else ""
    return Row(file, status, how, kind, found=result["shown"])


def _publish(
    ledger: Ledger, overrides: Overrides, note: str, work: Path, out: Path, seed: int
) -> Report:
    """Writes corpus and report, each by renaming; then the work is done."""
    paths = report_paths(out)
    report = Report(
        str(out) if ledger.count("side") else "",
        ledger.rows(),
        tuple(ledger.ignored()),
        tuple(overrides.unknown(item.file for item in ledger.items())),
        str(paths["html"]),
        note,
    )
    if report.corpus:
        path = work / out.name
        stored.write(path, _batches(ledger, overrides, work), seed, VERSION)
        os.replace(path, out)
    for kind, lines in (
        ("csv", report.as_csv()),
        ("json", report.as_json()),
        ("html", [as_html(report)]),
    ):
        _write(work / paths[kind].name, lines)
        os.replace(work / paths[kind].name, paths[kind])
    shutil.rmtree(work, ignore_errors=True)
    return replace(report, rows=WrittenRows(paths["json"], len(report.rows)))


def _write(path: Path, lines: Iterable[bytes]) -> None:
    """A file on disk, piece by piece.

    Raises:
        OutputError: No room to write.
    """
    try:
        with path.open("wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(str(path), "room to write", error.strerror or error) from None


def _batches(ledger: Ledger, overrides: Overrides, work: Path) -> Iterator[pa.RecordBatch]:
    """The pieces that are kept, with their places, in the order of their names."""
    first = 0
    for shard in _shards(ledger, overrides):
        for batch in read_rows(shard.path(work)):
            places = ledger.places(first, batch.num_rows)
            first += batch.num_rows
            kept = batch.filter(pa.array([place is not None for place in places]))
            rows = [place._asdict() for place in places if place is not None]
            if rows:
                placed = table_of(rows, PLACED)
                columns = [*kept.columns, *(c.combine_chunks() for c in placed.columns)]
                yield pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
