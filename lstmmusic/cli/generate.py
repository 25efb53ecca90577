"""`lstmmusic generate`: a blues, as MIDI and, if asked, MusicXML."""

from __future__ import annotations

import secrets
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from lstmmusic.cli.output import Files, check_files, print_json
from lstmmusic.errors import InputError
from lstmmusic.evaluation import Reference
from lstmmusic.generation import (
    ENDINGS,
    INSTRUMENTS,
    TURNAROUNDS,
    Settings,
    improvise,
    improvise_like,
    improvise_original,
    parse_swing,
    ranked,
    typed_phrase,
)
from lstmmusic.generation.original import HEARD
from lstmmusic.io import load_untrusted
from lstmmusic.player import DEFAULT_MODEL
from lstmmusic.score import FORMS

SHOWN_BARS = 24


def generate(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The MIDI file to write.", metavar="F.mid")
    ] = Path("blues.mid"),
    model: Annotated[
        str, typer.Option(help="By its name (see `models`), or its folder.")
    ] = DEFAULT_MODEL,
    form: Annotated[str | None, typer.Option(help="One of " + ", ".join(FORMS) + ".")] = None,
    chords: Annotated[
        str | None, typer.Option(help="Chords instead of a form: '| C7 | F7 | C7 | Gm7 C7 |'.")
    ] = None,
    harmony: Annotated[
        str | None, typer.Option(help="`model`: the network plays the chords, too.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="Such as C, Bb, F#, Am.")] = None,
    tempo: Annotated[float | None, typer.Option(help="Felt beats a minute, 20 to 400.")] = None,
    metre: Annotated[
        str | None, typer.Option(help="4/4, 12/8, or another that the model knows.")
    ] = None,
    style: Annotated[str | None, typer.Option(help="shuffle, jump, straight or slow.")] = None,
    swing: Annotated[
        str | None,
        typer.Option(
            help="Share of the beat before the off-beat, 0.5 to 0.75; `learned`: the melody as "
            "players do that the model has heard.",
            metavar="SHARE|learned",
        ),
    ] = None,
    choruses: Annotated[int | None, typer.Option(help="How often to play the form.")] = None,
    bars: Annotated[int | None, typer.Option(help="Length in bars instead.")] = None,
    temperature: Annotated[
        float, typer.Option(help="0: the likeliest; 1: as learnt; more: wilder.")
    ] = Settings.temperature,
    top_p: Annotated[
        float, typer.Option(help="Keep the likeliest choices of this probability together.")
    ] = Settings.top_p,
    top_k: Annotated[int, typer.Option(help="Keep so many of the likeliest; 0: all.")] = 0,
    density: Annotated[float | None, typer.Option(help="Notes a bar to aim at.")] = None,
    note_range: Annotated[
        str | None, typer.Option("--range", help="Lowest and highest note: A3-D6.")
    ] = None,
    answer: Annotated[
        float | None,
        typer.Option(help="How like line one line two is, 0 to 1: AAB; else by the model."),
    ] = None,
    ending: Annotated[
        str | None, typer.Option(help="One of " + ", ".join(ENDINGS) + "; else the last chord.")
    ] = None,
    turnaround: Annotated[
        str | None, typer.Option(help="Of inner choruses: one of " + ", ".join(TURNAROUNDS) + ".")
    ] = None,
    stop_time: Annotated[
        str | None,
        typer.Option(help="Choruses in whose first line the band strikes beat one: 2, 1-3, all."),
    ] = None,
    pickup: Annotated[int, typer.Option(help="Beats before bar 1 for the melody to begin in.")] = 0,
    instrument: Annotated[
        str, typer.Option(help="A programme 0-127, or " + ", ".join(INSTRUMENTS) + ".")
    ] = Settings.instrument,
    bends: Annotated[
        float, typer.Option(help="Share of the suitable notes to scoop or curl, 0 to 1.")
    ] = Settings.bends,
    band: Annotated[bool, typer.Option(help="Bass, piano and drums from rules.")] = True,
    count_in: Annotated[bool, typer.Option(help="The drums count a bar in.")] = False,
    primer: Annotated[
        Path | None, typer.Option(help="Go on from the last phrase of this file.", metavar="F.mid")
    ] = None,
    phrase: Annotated[
        str | None,
        typer.Option(help="Go on from notes in ABC: 'G _B c2 | z2 _e =e c4'.", metavar="ABC"),
    ] = None,
    keep_primer: Annotated[
        bool, typer.Option("--keep-primer", help="Begin with the primer's phrase.")
    ] = False,
    like: Annotated[
        Path | None,
        typer.Option(
            help="More like this music: a folder (as `cluster --sort-into` makes them) or corpus.",
            metavar="GROUP",
        ),
    ] = None,
    original: Annotated[
        str | None,
        typer.Option(
            help="Other seeds until no more is shared with this music than people share: `model` "
            "(what it heard), a folder or corpus.",
            metavar="model|MUSIC",
        ),
    ] = None,
    variations: Annotated[
        int, typer.Option(min=1, max=100, help="Write so many, with seeds one apart.")
    ] = 1,
    rank: Annotated[
        bool, typer.Option("--rank", help="Number the variations from the best scorecard on.")
    ] = False,
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
    """Improvise a blues and write it as MIDI."""
    first_seed = secrets.randbelow(2**31) if seed is None else seed
    settings = Settings(
        model=model,
        form=form,
        chords=chords,
        harmony=harmony or Settings.harmony,
        key=key,
        tempo=tempo,
        metre=metre,
        style=style,
        swing=parse_swing(swing),
        choruses=choruses,
        bars=bars,
        temperature=temperature,
        top_p=top_p,
        top_k=top_k,
        density=density,
        range=note_range,
        answer=answer,
        ending=ending,
        turnaround=turnaround,
        stop_time=stop_time,
        pickup=pickup,
        instrument=instrument,
        bends=bends,
        band=band,
        count_in=count_in,
        keep_primer=keep_primer,
        seed=first_seed,
    )
    if primer and phrase:
        raise InputError("phrase", "either this or primer", "both")
    if like and original:
        raise InputError("original", "either this or like", "both")
    opening = load_untrusted(primer) if primer else None
    if phrase is not None:
        settings, opening = typed_phrase(phrase, settings)
    wanted = [replace(settings, seed=first_seed + index) for index in range(variations)]
    targets = [
        Files(
            numbered(output, index),
            numbered(musicxml, index) if musicxml else None,
            numbered(wav, index) if wav else None,
        )
        for index in range(variations)
    ]
    check_files(targets, force)
    if like is not None:
        group = Reference.read(like)
        pieces = (improvise_like(group, one, primer=opening) for one in wanted)
    elif original is not None:
        heard = original if original == HEARD else Reference.read(original)
        pieces = (improvise_original(heard, one, primer=opening) for one in wanted)
    else:
        pieces = (improvise(one, primer=opening) for one in wanted)
    reports = []
    for files, piece in zip(targets, ranked(pieces) if rank else pieces, strict=True):
        reports.append({**piece.report, **files.write(piece, force)})
        print(describe(reports[-1]), file=sys.stderr)
    if as_json:
        shown = reports[0] if len(reports) == 1 else {**reports[0], "variations": reports}
        print_json(shown)


def numbered(path: Path, index: int) -> Path:
    """The name of a variation: `blues.mid`, `blues-2.mid`, `blues-3.mid`."""
    return path if index == 0 else path.with_stem(f"{path.stem}-{index + 1}")


def describe(report: dict[str, Any]) -> str:
    """What was done, for people."""
    source = "played by the network" if report["harmony"] == "model" else "imposed"
    form = f"{report['form']} form, " if report["form"] else ""
    parts = ", ".join(report["parts"])
    bars = report["chords"].strip("| ").split(" | ")
    more = f" ... {len(bars) - SHOWN_BARS} more" if len(bars) > SHOWN_BARS else ""
    chords = "| " + " | ".join(bars[:SHOWN_BARS]) + " |" + more
    kind = " of blues" if report["form"] or set(bars) != {"N.C."} else ""
    return (
        f"{report['file']}: {_count(report['bars'], 'bar')}{kind} in {report['key']}, {form}"
        f"{report['metre']} at {report['tempo']:g} beats a minute, {_swing(report)}; "
        f"{_count(report['notes'], 'note')} of melody by the model {report['model']}, "
        f"seed {report['seed']}\n"
        f"chords ({source}): {chords}\n"
        f"parts: {parts}{_likeness(report.get('like'))}{_originality(report.get('original'))}"
    )


def _likeness(told: dict[str, Any] | None) -> str:
    if told is None:
        return ""
    shown = [
        "too short to tell" if x is None else f"{x:.2f}" for x in (told["overlap"], told["without"])
    ]
    return (
        f"\nlike {told['group']} ({_count(told['pieces'], 'piece')}): overlap {shown[0]}, "
        f"without it {shown[1]}"
    )


def _originality(told: dict[str, Any] | None) -> str:
    if told is None:
        return ""
    tries = _count(told["tries"], "piece")
    said = {
        "green": "no more is shared than people share",
        "amber": "more is shared than 95 of 100 people's pieces share",
        "red": "as much is shared as by a copy",
    }
    return f"\noriginality beside {told['music']}: {said[told['light']]} ({tries} tried)"


def _swing(report: dict[str, Any]) -> str:
    if report["feel"] == "learned":
        return f"melody with a learned feel, band with swing {report['swing']:g}"
    return f"swing {report['swing']:g}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")
