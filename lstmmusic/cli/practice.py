"""`lstmmusic lead-sheet` and `lstmmusic practice`: a piece to read from, and to practise with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lstmmusic.cli.generate import numbered
from lstmmusic.cli.output import print_json
from lstmmusic.encoding import melody_part
from lstmmusic.errors import InputError
from lstmmusic.generation.written import lead_as_written
from lstmmusic.io import check_output, load_untrusted, write_bytes, write_together
from lstmmusic.io.engraving import READERS_IN, check_reader, engrave, format_zip
from lstmmusic.io.practice import SLOW, practice_pack
from lstmmusic.io.synthesiser import require_synthesiser


def lead_sheet(
    music: Annotated[Path, typer.Argument(help="A piece with a melody.", metavar="F.mid")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="An .svg file; more pages are F-2.svg, F-3.svg."),
    ],
    reader: Annotated[
        str, typer.Option("--for", help="For instruments in " + ", ".join(READERS_IN) + ".")
    ] = "C",
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Engrave the melody of a piece and its chord symbols."""
    _check(output, ".svg", force)
    check_reader(reader)
    sheet = engrave(lead_as_written(load_untrusted(music)), reader)
    pages = {numbered(output, index): page.encode() for index, page in enumerate(sheet.pages)}
    write_together(pages, force)
    report = {
        "file": str(output),
        "music": str(music),
        "for": reader,
        "pages": [str(path) for path in pages],
        "bars": len(sheet.bars),
        "notes": len(sheet.notes),
    }
    print(
        f"{', '.join(report['pages'])}: {report['bars']} bars, {report['notes']} notes, "
        f"for instruments in {reader}",
        file=sys.stderr,
    )
    if as_json:
        print_json(report)


def practice(
    music: Annotated[Path, typer.Argument(help="A piece with a melody.", metavar="F.mid")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A .zip archive.")],
    slow: Annotated[float, typer.Option(help="Tempo of the slow one, as a share.")] = SLOW,
    with_sound: Annotated[bool, typer.Option("--sound", help="With sound (.ogg), too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Pack a piece to practise with: band alone, solo alone, slow, in 12 keys, lead sheets."""
    _check(output, ".zip", force)
    if with_sound:
        require_synthesiser()
    score = load_untrusted(music)
    written = lead_as_written(score)
    pack = practice_pack(
        score, written, melody=melody_part(score), slow=slow, with_sound=with_sound
    )
    write_bytes(output, format_zip(pack), force)
    print(f"{output}: {len(pack)} files, from full.mid to {list(pack)[-1]}", file=sys.stderr)
    if as_json:
        print_json({"file": str(output), "music": str(music), "files": list(pack)})


def _check(output: Path, suffix: str, force: bool) -> None:
    if output.suffix.lower() != suffix:
        raise InputError(str(output), f"a name that ends in {suffix}", repr(output.suffix))
    check_output(output, force)
