"""`lstmmusic cluster`: sequences to groups, and what sets each apart."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from lstmmusic.cli.output import print_json
from lstmmusic.errors import InputError

SECONDS_BETWEEN_LINES = 5.0


def cluster(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="A folder or files of music, a corpus, tables (CSV), arrays (.npy .npz), "
            "or example:NAME.",
            metavar="PATH...",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The labels.", metavar="LABELS.csv")
    ],
    objective: Annotated[
        str, typer.Option(help="What the network learns for (docs/clustering.md).")
    ] = "",
    clusters: Annotated[
        str, typer.Option(help="How many groups, or auto.", metavar="K|auto")
    ] = "auto",
    features: Annotated[
        str | None,
        typer.Option(help="Of music: what is told of each note.", metavar="A,B,..."),
    ] = None,
    notes: Annotated[
        int | None, typer.Option(help="Of music: how many notes from the beginning count.")
    ] = None,
    windows: Annotated[
        bool, typer.Option("--windows", help="Every so many notes are a sequence of their own.")
    ] = False,
    layout: Annotated[str, typer.Option(help="Of tables: long, wide or auto.")] = "auto",
    model: Annotated[
        Path | None, typer.Option(help="Assign to the groups of this model.", metavar="M")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Keep the model, to assign later.", metavar="M")
    ] = None,
    baselines: Annotated[
        str, typer.Option(help="quick, all, none, or names (docs/clustering.md).")
    ] = "quick",
    names: Annotated[
        str | None, typer.Option(help="Names of the groups, from group 0 on.", metavar="A,B,...")
    ] = None,
    sort_into: Annotated[
        Path | None, typer.Option(help="Copy the files into a folder a group.", metavar="DIR")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="How many processes read music; else one a processor.")
    ] = None,
    updates: Annotated[
        int | None, typer.Option(help="How long each network is trained; fewer are quicker.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same one gives the same groups.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Group sequences that are alike, without labels, and say what sets each group apart."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # stderr is for what we have to say
    from lstmmusic.clustering.run import Settings, run

    settings = Settings(
        objective=objective or None,
        clusters=_clusters(clusters),
        features=_listed(features),
        max_notes=notes,
        in_windows=windows,
        layout=layout,
        model=model,
        save=save,
        baselines=baselines if baselines in ("quick", "all", "none") else _listed(baselines) or (),
        names=_listed(names) or (),
        sort_into=sort_into,
        workers=workers,
        updates=updates,
        seed=seed,
        force=force,
    )
    report = run(paths, output, settings, _shown())
    print(report.describe(), file=sys.stderr)
    if as_json:
        print_json(report.to_json())


def _clusters(text: str) -> int | str:
    if text == "auto":
        return text
    try:
        return int(text)
    except ValueError:
        raise InputError("clusters", "a number from 1 on, or auto", repr(text)) from None


def _listed(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    return tuple(name.strip() for name in text.split(","))


def _shown() -> Callable[[str, int, int], None]:
    """A line of progress every few seconds."""
    last = time.monotonic()

    def show(what: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last < SECONDS_BETWEEN_LINES:
            return
        last = time.monotonic()
        print(f"{done:,} of {total:,} {what}", file=sys.stderr, flush=True)

    return show
