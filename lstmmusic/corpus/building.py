"""A folder of music -> a corpus: every file read, analysed, and accounted for."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from lstmmusic.analysis import Fingerprint
from lstmmusic.corpus import stored
from lstmmusic.corpus.engines import ENGINES, default_workers
from lstmmusic.corpus.items import Item
from lstmmusic.corpus.joining import Placed, join
from lstmmusic.corpus.overrides import Override, Overrides, read_overrides
from lstmmusic.corpus.report import (
    DUPLICATE,
    REPAIRED,
    SKIPPED,
    USED,
    Report,
    Row,
    count_files,
    repair_kind,
    report_paths,
)
from lstmmusic.corpus.report_page import as_html
from lstmmusic.corpus.scan import Scan, scan
from lstmmusic.corpus.schema import PLACED, SCHEMA, VERSION, table_of
from lstmmusic.corpus.shards import Shard, cut, read_fingerprints, read_results, read_rows
from lstmmusic.errors import InputError, OutputError
from lstmmusic.io import READERS, check_output, write_bytes

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
    found = scan(folder, frozenset(Path(os.path.abspath(path)) for path in ours))
    if not found.items:
        others = f"{count_files(len(found.ignored))} of other kinds" if found.ignored else "none"
        raise InputError(str(folder), "a folder with music (" + " ".join(READERS) + ")", others)
    plan = _plan(found, overrides)
    _read(plan, work, workers, engine, progress)
    report, places = _account(plan, found, overrides, work, out, seed)
    _publish(report, plan, places, work, out, seed)
    if not report.corpus:
        none = f"none in {count_files(len(report.rows))}; see {report.page}"
        raise InputError(str(folder), "music that can be used", none)
    return report


@dataclass
class _Plan:
    """What is to be read, and what is known without reading.

    Attributes:
        shards: The items to be read.
        rows: What is settled already, by file.
        copies: Files with the same bytes as one before, and that one.
    """

    shards: list[Shard] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)


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


def _plan(found: Scan, overrides: Overrides) -> _Plan:
    plan = _Plan()
    first: dict[tuple[str, str, Override], str] = {}
    wanted: list[tuple[Item, Override]] = []
    for item in found.items:
        override = overrides.of(item.file)
        key = (item.sha256, item.suffix, override)
        if override.exclude:
            reason = "left out by the overrides"
            plan.rows[item.file] = Row(item.file, SKIPPED, reason, reason)
        elif item.refusal:
            kind = item.refusal.partition(", got ")[0]
            plan.rows[item.file] = Row(item.file, SKIPPED, item.refusal, kind)
        elif key in first:
            plan.copies[item.file] = first[key]
        else:
            first[key] = item.file
            wanted.append((item, override))
    plan.shards = cut(wanted)
    return plan


def _read(plan: _Plan, work: Path, workers: int, engine: str, progress: Progress | None) -> None:
    """Makes every shard that is not there yet."""
    try:
        work.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(str(work), "a folder for work", error.strerror or error) from None
    done = len(plan.rows) + len(plan.copies)
    total = done + sum(len(shard.items) for shard in plan.shards)
    if progress:
        progress(done, total)
    for shard in ENGINES[engine](plan.shards, work, workers):
        done += len(shard.items)
        if progress:
            progress(done, total)


def _account(
    plan: _Plan, found: Scan, overrides: Overrides, work: Path, out: Path, seed: int
) -> tuple[Report, dict[str, Placed]]:
    """The report, and the place of every piece that is kept."""
    rows = dict(plan.rows)
    titles: dict[str, str] = {}
    fingerprints: list[Fingerprint] = []
    for shard in plan.shards:
        fingerprints += read_fingerprints(shard.path(work))
        for result in read_results(shard.path(work)):
            file = result["file"]
            if "reason" in result:
                rows[file] = Row(file, SKIPPED, result["reason"], result["kind"])
            else:
                titles[file] = result["title"]
                rows[file] = _kept(file, result)
    places, near, note = join(titles, fingerprints, seed)
    for file in titles:
        if file in near:
            rows[file] = Row(file, DUPLICATE, f"nearly {near[file]}", "nearly the same music")
        else:
            rows[file] = replace(rows[file], split=places[file].split, tune=places[file].tune)
    for file, original in plan.copies.items():
        row = rows[original]
        if row.status == SKIPPED:
            rows[file] = Row(file, SKIPPED, row.reason, row.kind)
        else:
            original = near.get(original, original)
            rows[file] = Row(file, DUPLICATE, f"the same as {original}", "the same bytes")
    report = Report(
        str(out) if places else "",
        tuple(rows[item.file] for item in found.items),
        tuple(found.ignored),
        tuple(overrides.unknown(item.file for item in found.items)),
        str(report_paths(out)["html"]),
        note,
    )
    return report, places


def _kept(file: str, result: dict[str, Any]) -> Row:
    """What is used, wherever it belongs."""
    repairs = result["repairs"]
    status, how = (REPAIRED, "; ".join(repairs)) if repairs else (USED, "")
    kind = repair_kind(repairs[0]) if repairs else ""
    # The same few words in every file are kept once.
    shown = {
        sys.intern(name): sys.intern(value) if isinstance(value, str) else value
        for name, value in result["shown"].items()
    }
    return Row(file, status, how, kind, found=shown)


def _publish(
    report: Report, plan: _Plan, places: dict[str, Placed], work: Path, out: Path, seed: int
) -> None:
    """Writes corpus and report, each by renaming; then the work is done."""
    if report.corpus:
        path = work / out.name
        stored.write(path, _batches(plan.shards, places, work), seed, VERSION)
        os.replace(path, out)
    contents = {"csv": report.as_csv, "json": report.as_json, "html": lambda: as_html(report)}
    for kind, path in report_paths(out).items():
        write_bytes(path, contents[kind](), force=True)
    shutil.rmtree(work, ignore_errors=True)


def _batches(
    shards: Sequence[Shard], places: dict[str, Placed], work: Path
) -> Iterator[pa.RecordBatch]:
    """The pieces that are kept, with their places, in the order of their names."""
    for shard in shards:
        for batch in read_rows(shard.path(work)):
            files = batch.column("file").to_pylist()
            kept = batch.filter(pa.array([file in places for file in files]))
            rows = [places[file]._asdict() for file in kept.column("file").to_pylist()]
            if rows:
                placed = table_of(rows, PLACED)
                columns = [*kept.columns, *(c.combine_chunks() for c in placed.columns)]
                yield pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
