"""`lstmmusic render`: a file of music to sound."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lstmmusic.cli.output import print_json
from lstmmusic.io import load_untrusted
from lstmmusic.io.sound import check_save_sound, save_sound


def render(
    music: Annotated[Path, typer.Argument(help="A MIDI, MusicXML or ABC file.", metavar="F.mid")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A .wav, .flac or .ogg file.", metavar="F.wav")
    ],
    soundfont: Annotated[
        str | None, typer.Option(help="A .sf2 or .sf3 file; else the one that is found.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Render a piece to sound."""
    check_save_sound(output, soundfont, force)
    score = load_untrusted(music)
    found = save_sound(score, output, soundfont, force)
    report = {"file": str(output), "music": str(music), **found}
    print(
        f"{output}: {found['seconds']:.1f} s of sound, {found['sample_rate']} samples a second, "
        f"peak {found['peak']:.2f}, with {found['soundfont']}",
        file=sys.stderr,
    )
    if as_json:
        print_json(report)
