"""The files that a piece is written to: looked at before any work, written when it is done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstmmusic.errors import InputError
from lstmmusic.generation import Improvisation
from lstmmusic.io import check_save, format_score, write_together
from lstmmusic.io.sound import FORMATS, check_save_sound, format_sound, render


@dataclass(frozen=True)
class Files:
    """Where one piece goes.

    Attributes:
        midi: The piece as it sounds.
        musicxml: As it is written; None for none.
        wav: Its sound; None for none.
    """

    midi: Path
    musicxml: Path | None = None
    wav: Path | None = None

    def write(self, piece: Improvisation, force: bool) -> dict[str, str]:
        """Writes all of them or none; the names, for the report."""
        contents = {self.midi: format_score(piece.score, self.midi)}
        names = {"file": str(self.midi)}
        if self.musicxml:
            contents[self.musicxml] = format_score(piece.written, self.musicxml)
            names["musicxml"] = str(self.musicxml)
        if self.wav:
            contents[self.wav] = format_sound(render(piece.score), FORMATS[self.wav.suffix.lower()])
            names["wav"] = str(self.wav)
        write_together(contents, force)
        return names


def check_files(wanted: Sequence[Files], force: bool) -> None:
    """Says at once what could not be written, so that no work is lost.

    Raises:
        InputError: A suffix that is none of ours, one name twice, or a file that may not be
            replaced.
    """
    if not all(path.name for files in wanted for path in (files.midi, files.musicxml) if path):
        raise InputError("output", "the name of a file", "none")
    for files in wanted:
        name = files.musicxml
        if name and name.suffix.lower() not in (".musicxml", ".xml"):
            raise InputError(str(name), "a name that ends in .musicxml .xml", repr(name.suffix))
    paths = [p for files in wanted for p in (files.midi, files.musicxml, files.wav) if p]
    if len(set(paths)) < len(paths):
        raise InputError("output", "another name for every file", "one name twice")
    for files in wanted:
        check_save(files.midi, force)
    for files in wanted:
        if files.musicxml:
            check_save(files.musicxml, force)
    for files in wanted:
        if files.wav:
            check_save_sound(files.wav, force=force)


def check_run(run: Path) -> None:
    """Says at once that there is no run to go on with.

    Raises:
        InputError: The folder holds none.
    """
    if not (run / "config.json").is_file():
        expected = f"a run folder to go on from in {run}"
        raise InputError("resume", expected, "none (without --resume a new run begins)")


def print_json(report: Mapping[str, Any]) -> None:
    """One JSON object on stdout; a file name that is no text is escaped, not written raw."""
    text = json.dumps(report, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(report)
    print(text)
