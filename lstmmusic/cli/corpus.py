"""`lstmmusic corpus`: a folder of music to one file to learn from, and a report on every file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from lstmmusic.cli.output import print_json

SECONDS_BETWEEN_LINES = 5.0


def corpus(
    folder: Annotated[Path, typer.Argument(help="A folder, or one zip archive.", metavar="FOLDER")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write.", metavar="C.parquet")
    ],
    workers: Annotated[
        int | None, typer.Option(help="How many processes read; else one a processor.")
    ] = None,
    engine: Annotated[str, typer.Option(help="local, or dask (the extra `scale`).")] = "local",
    melody: Annotated[
        str | None,
        typer.Option(help="The part with the melody: its name, or its number from 1 on."),
    ] = None,
    overrides: Annotated[
        Path | None,
        typer.Option(help="What holds for which files (docs/corpus.md).", metavar="F.toml"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides which tunes are held out.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Read a folder of music, report on every file, and keep what can be learnt from."""
    from lstmmusic.corpus import Overrides, build, read_overrides  # Parquet only where it is used

    known = read_overrides(overrides) if overrides else Overrides()
    if melody is not None:
        known = known.with_melody(melody)
    try:
        report = build(folder, output, workers, engine, known, seed, _shown(), force)
    except KeyboardInterrupt:
        print("what has been read is kept: the same command goes on from there", file=sys.stderr)
        raise
    print(report.describe(), file=sys.stderr)
    if as_json:
        print_json(report.summary())


def _shown() -> Callable[[int, int], None]:
    """A line of progress every few seconds, with the time left."""
    begun = last = time.monotonic()
    first: int | None = None

    def show(done: int, total: int) -> None:
        nonlocal last, first
        now = time.monotonic()
        first = done if first is None else first
        if now - last < SECONDS_BETWEEN_LINES or done == first:
            return
        last = now
        left = (now - begun) * (total - done) / (done - first)
        print(f"{done:,} of {total:,} files, {_time(left)} left", file=sys.stderr, flush=True)

    return show


def _time(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
