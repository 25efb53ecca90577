"""The files that a piece is written to: looked at before any work, written when it is done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstmmusic.errors import InputError
from lstmmusic.generation import Improvisation
from lstmmusic.io import check_save, save
from lstmmusic.io.sound import check_save_sound, save_sound


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
        """Writes them all; the names, for the report."""
        save(piece.score, self.midi, force)
        names = {"file": str(self.midi)}
        if self.musicxml:
            save(piece.written, self.musicxml, force)
            names["musicxml"] = str(self.musicxml)
        if self.wav:
            save_sound(piece.score, self.wav, force=force)
            names["wav"] = str(self.wav)
        return names


def check_files(wanted: Sequence[Files], force: bool) -> None:
    """Says at once what could not be written, so that no work is lost.

    Raises:
        InputError: A suffix that is none of ours, one name twice, or a file that may not be
            replaced.
    """
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


def print_json(report: Mapping[str, Any]) -> None:
    """One JSON object on stdout; a file name that is no text is escaped, not written raw."""
    text = json.dumps(report, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(report)
    print(text)
