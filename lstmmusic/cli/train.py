"""`lstmmusic train`: a model from a folder of music, or from a corpus."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from lstmmusic.cli.output import check_run, print_json
from lstmmusic.cli.quiet import load_keras
from lstmmusic.errors import InputError
from lstmmusic.player import model_folder

SECONDS_BETWEEN_LINES = 5.0
RUN = "run"  # of `lstmmusic.fitting`, which takes seconds to load


def train(
    music: Annotated[
        Path,
        typer.Argument(
            help="A corpus (.parquet), or a folder of music.", metavar="CORPUS_OR_FOLDER"
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            help="The model: a name, to be found by it, or a path.",
            metavar="MODEL",
        ),
    ],
    recipe: Annotated[
        Path | None,
        typer.Option(help="Sizes and schedules; else by the number of notes.", metavar="R.toml"),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="At most so many; else as the recipe says.")
    ] = None,
    start_from: Annotated[
        str | None, typer.Option("--from", help="Go on from this model.", metavar="M")
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            help="Only pieces of this performer, folder or group number, or LABELS.csv:NUMBER, "
            "a group that `cluster` has found."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a training that was stopped.")
    ] = False,
    sample_every: Annotated[
        int, typer.Option(min=0, help="Epochs between two samples of what it plays; 0: none.")
    ] = 5,
    seed: Annotated[int | None, typer.Option(help="Else the recipe's.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing model.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train a model on your own music."""
    if not music.exists():  # before what takes seconds to load
        raise InputError(str(music), "a corpus (.parquet) or a folder of music", "no such file")
    if not output:
        raise InputError("output", "the name or the folder of a model", "''")
    folder = model_folder(output)
    if resume:
        check_run(folder / RUN)
    load_keras()
    from lstmmusic.fitting import train_model  # seconds, that only who trains has to wait

    try:
        trained = train_model(
            music,
            folder,
            recipe=recipe,
            epochs=epochs,
            start_from=start_from,
            group=group,
            resume=resume,
            seed=seed,
            sample_every=sample_every,
            progress=_shown(),
            force=force,
        )
    except KeyboardInterrupt:
        if (folder / RUN).is_dir():  # else it had not begun
            print(
                f"{folder}: what has been learnt is kept; the same command with --resume goes on",
                file=sys.stderr,
            )
        raise
    report = trained.report()
    print(describe(report), file=sys.stderr)
    if as_json:
        print_json(report)


def describe(report: Mapping[str, Any]) -> str:
    """What came out, for people."""
    notes = report["notes"]
    lines = [
        f"{report['model']}: {report['epochs']} epochs in {report['seconds']:g} s (recipe "
        f"{report['recipe']}, seed {report['seed']}), best after {report['best_epoch']}; "
        f"melody{' and harmony' if report['harmony'] else ', no harmony network'}; "
        f"knows {', '.join(report['knows'])}",
        f"bits a note: {report['bits_per_note']:.2f} on {notes['train']:,} notes it learnt from, "
        f"{report['val_bits_per_note']:.2f} on {notes['validation']:,} that chose the epoch "
        f"(n-gram {report['ngram_bits_per_note']:.2f})",
    ]
    if report["test_bits_per_note"] is not None:
        lines[-1] += (
            f", {report['test_bits_per_note']:.2f} on {notes['test']:,} of the test "
            f"(n-gram {report['ngram_test_bits_per_note']:.2f})"
        )
    return "\n".join([*lines, *report["warnings"]])


def _shown() -> Callable[[Mapping[str, Any]], None]:
    """Warnings once; a line of progress every few seconds where no bar is drawn."""
    last = 0.0
    warned = False

    def show(state: Mapping[str, Any]) -> None:
        nonlocal last, warned
        if state.get("warning") and not warned:
            warned = True
            print(state["warning"], file=sys.stderr, flush=True)
        if time.monotonic() - last < SECONDS_BETWEEN_LINES:
            return
        if "files" in state:
            print(f"{state['files']:,} of {state['of']:,} files", file=sys.stderr, flush=True)
        elif not sys.stderr.isatty():
            bits = [f"{k.replace('_', ' ')} {v:.2f}" for k, v in state.items() if "bits" in k]
            left = state["seconds_left"]
            more = "" if left is None else f"; at most {left:.0f} s left"
            print(
                f"{state['network']}: epoch {state['epoch']} of {state['epochs']}, "
                f"{', '.join(bits)}{more}",
                file=sys.stderr,
                flush=True,
            )
        last = time.monotonic()

    return show
