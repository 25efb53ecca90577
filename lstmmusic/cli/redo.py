"""`lstmmusic redo`: other notes in some bars of a piece, everything else as it was."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

from lstmmusic.cli.output import Files, check_files, print_json
from lstmmusic.generation import Settings, parse_bars
from lstmmusic.generation import redo as play_anew
from lstmmusic.io import load_untrusted
from lstmmusic.player import DEFAULT_MODEL


def redo(
    music: Annotated[Path, typer.Argument(help="A piece with a melody.", metavar="F.mid")],
    bars: Annotated[
        str, typer.Option(help="Such as 9-10, through all choruses; 0 is a pickup.", metavar="A-B")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Else F-redo.mid beside it.", metavar="G.mid"),
    ] = None,
    temperature: Annotated[
        float, typer.Option(help="0: the likeliest; 1: as learnt; more: wilder.")
    ] = Settings.temperature,
    top_p: Annotated[
        float, typer.Option(help="Keep the likeliest choices of this probability together.")
    ] = Settings.top_p,
    top_k: Annotated[int, typer.Option(help="Keep so many of the likeliest; 0: all.")] = 0,
    density: Annotated[float | None, typer.Option(help="Notes a bar; else the piece's.")] = None,
    note_range: Annotated[
        str | None, typer.Option("--range", help="Lowest and highest note; else the melody's.")
    ] = None,
    bends: Annotated[
        float, typer.Option(help="Share of the new notes that bend where it suits, 0 to 1.")
    ] = 0.0,
    style: Annotated[str | None, typer.Option(help="Else by metre and swing.")] = None,
    swing: Annotated[float | None, typer.Option(help="Else as the piece is played.")] = None,
    key: Annotated[str | None, typer.Option(help="Of a piece that names none.")] = None,
    model: Annotated[
        str, typer.Option(help="By its name (see `models`), or its folder.")
    ] = DEFAULT_MODEL,
    musicxml: Annotated[
        Path | None, typer.Option(help="Write a score, too.", metavar="F.musicxml")
    ] = None,
    wav: Annotated[
        Path | None, typer.Option(help="Write the sound, too (.wav, .flac, .ogg).", metavar="F.wav")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="The same seed gives the same music; shown if not given.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Play other notes in some bars of a piece; all else stays on its tick."""
    settings = Settings(
        model=model,
        key=key,
        style=style,
        swing=swing,
        temperature=temperature,
        top_p=top_p,
        top_k=top_k,
        density=density,
        range=note_range,
        bends=bends,
        seed=secrets.randbelow(2**31) if seed is None else seed,
    )
    span = parse_bars(bars)
    target = output or music.with_name(f"{music.stem}-redo.mid")
    files = Files(target, musicxml, wav)
    check_files([files], force)
    result = play_anew(load_untrusted(music), span, settings)
    report = {**result.report, **files.write(result, force)}
    print(
        f"{target}: bar {report['redone']} of {report['bars']} in {report['key']} played anew, "
        f"{report['new_notes']} notes by the model {report['model']}, seed {report['seed']}",
        file=sys.stderr,
    )
    if as_json:
        print_json(report)
