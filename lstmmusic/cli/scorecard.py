"""`lstmmusic scorecard`: twelve numbers about a piece, or about all pieces of a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lstmmusic.cli.output import print_json
from lstmmusic.errors import InputError

_MARKS = {True: "in", False: "OUT", None: ""}


def scorecard(
    music: Annotated[
        Path,
        typer.Argument(help="A MIDI, MusicXML or ABC file, or a folder.", metavar="FILE_OR_FOLDER"),
    ],
    reference: Annotated[
        Path | None,
        typer.Option(
            help="What to compare with: a corpus, or a folder of music; else the shipped tunes.",
            metavar="C.parquet",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score music beside the range of music by people."""
    # Imported here, so that other commands start as fast as they did.
    from lstmmusic.evaluation import scorecard as score

    if not music.exists():
        raise InputError(str(music), "a file of music, or a folder", "nothing there")
    card = score(music, reference)
    report = {"music": str(music), **card}
    print(describe(report), file=sys.stderr)
    if as_json:
        print_json(report)


def describe(report: dict[str, Any]) -> str:
    """The scorecard as a table for people."""
    from lstmmusic.evaluation import MEASURES

    human, made_from = report["human"], report["reference"]
    lines = [_heading(report)]
    lines.append(f"{'':4}{'':46}{'here':>9}  {'10 % to 90 %':>16}")
    for row in MEASURES:
        band = human.get(row.key)
        value = _shown(report[row.key], row.digits)
        lines.append(_line(row.row, row.title, value, band, row.digits, row.unit))
    matches = report["distribution_match"]
    band = human.get("distribution_overlap")
    title = "overlap with the reference in nine features"
    lines.append(_line(11, title, _shown(matches["overlap"], 3), band, 3, ""))
    if matches["worst"]:
        worst = f"the worst of them: {matches['worst'].replace('_', ' ')}"
        lines.append(_line(11, worst, _shown(matches["overlap_worst"], 3), None, 3, ""))
        lines.append(
            f"{'':4}one half of the reference reaches {_shown(matches['ceiling'], 3)} with the "
            f"other, its notes dealt out anew {_shown(matches['floor'], 3)}"
        )
    lines.extend(_originality(report["originality"]))
    lines.append(
        f"compared with {made_from['title']}: {made_from['pieces']} pieces, "
        f"{made_from['performances']} of them performed"
    )
    lines.extend(f"skipped {row['file']}: {row['reason']}" for row in report["skipped"])
    return "\n".join(lines)


def _heading(report: dict[str, Any]) -> str:
    pieces = report["pieces"]
    if len(pieces) != 1:
        return f"{report['music']}: {len(pieces)} pieces, means over them"
    facts = pieces[0]
    form = "no chords" if not facts["harmony"] else f"{facts['form']} form, {facts['harmony']}"
    key = f"in {facts['key']}, " if facts["key"] else ""
    return f"{report['music']}: {facts['bars']} bars, {facts['notes']} notes, {key}{form}"


def _line(
    row: int, title: str, value: str, band: dict[str, Any] | None, digits: int, unit: str
) -> str:
    shown, mark = "", ""
    if band is not None:
        shown = f"{_shown(band['low'], digits)} to {_shown(band['high'], digits)}"
        mark = _MARKS[band["inside"]]
        if "inside_share" in band:
            mark += f" ({band['inside_share']:.0%} of pieces in)"
    return f"{row:>2}  {title:46}{value:>9}  {shown:>16}  {unit:11}{mark}".rstrip()


def _shown(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:z.{digits}f}"


def _originality(found: dict[str, Any]) -> list[str]:
    lines = []
    for n in ("8", "12"):
        limit, value = found["limits"][n], found["shares"][n]
        mark = _MARKS[None if value is None else value <= limit]
        title = f"runs of {n} intervals that are in the reference"
        shown = f"to {_shown(limit, 3)}"
        lines.append(f"12  {title:46}{_shown(value, 3):>9}  {shown:>16}  {'':11}{mark}".rstrip())
    for key, what in (("longest_run", ""), ("longest_run_same_rhythm", " with its rhythm")):
        run = found[key]
        if run:
            lines.append(
                f"12  longest run{what}: {run['notes']} notes from bar {run['bar_here']}, "
                f"as in {run['piece']}, bar {run['bar']}"
            )
    if found["light"]:
        lines.append(f"12  originality: {found['light']}")
    return lines
