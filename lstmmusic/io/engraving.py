"""`Score` -> engraved pages (SVG), through MusicXML and verovio."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lstmmusic.errors import InputError, InternalError
from lstmmusic.io.notation_write import format_musicxml
from lstmmusic.score import Score

# How much higher an instrument reads than it sounds, in semitones, near the middle of the staff.
READERS_IN: Mapping[str, int] = {"C": 0, "Bb": 2, "Eb": -3}

_OPTIONS = {
    "breaks": "line",  # lines as encoded, pages as they fill
    "pageWidth": 2100,
    "pageHeight": 2970,
    "pageMarginLeft": 120,  # room for the names of sections, which stand left of their bar
    "adjustPageHeight": True,
    "adjustPageWidth": False,
    "scale": 40,
    "footer": "none",
    "header": "auto",
    "justifyVertically": False,
    "svgViewBox": True,
    "xmlIdSeed": 1,  # the same score gives the same pages
}
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # of zip archives: the same content gives the same bytes


@dataclass(frozen=True)
class LeadSheet:
    """The first part of a piece with its chord symbols, engraved.

    Attributes:
        pages: One SVG document a page.
        notes: When each note is written, in quarters from the start to where it ends, and the id
            that it has in the pages; of tied notes each.
        bars: Where each bar begins, in quarters, and its id; a pickup comes first.
        musicxml: What was engraved.
    """

    pages: tuple[str, ...]
    notes: tuple[tuple[float, float, str], ...]
    bars: tuple[tuple[float, str], ...]
    musicxml: bytes

    def file(self) -> tuple[bytes, str]:
        """The pages as one file, and the suffix of its name: of several pages an archive."""
        pages = [page.encode() for page in self.pages]
        if len(pages) == 1:
            return pages[0], ".svg"
        return format_zip({f"page-{n}.svg": page for n, page in enumerate(pages, 1)}), ".zip"


def engrave(score: Score, reader: str = "C") -> LeadSheet:
    """The first part with its chord symbols as a lead sheet, four bars a line.

    Args:
        score: The piece as it is written (a shuffle in straight eighths).
        reader: For whom: one of `READERS_IN`. A tenor saxophone is in Bb, an alto in Eb.

    Raises:
        InputError: Another reader.

    Example:
        >>> import lstmmusic
        >>> sheet = engrave(lstmmusic.improvise(seed=1).written, "Bb")
        >>> len(sheet.pages), len(sheet.bars)
        (1, 12)
    """
    import verovio

    check_reader(reader)
    title = score.title if reader == "C" else f"{score.title}, for {_name(reader)} instruments"
    parts = [part for part in score.parts if not part.is_drum][:1]
    # What an instrument is called stands in the title of a lead sheet, not before its staff.
    lead = replace(score, parts=[replace(part, name="") for part in parts], title=title)
    verovio.enableLog(0)  # what it says is for those who lay out pages, and goes past Python
    # The default path of the fonts is set for the thread that imported verovio only.
    toolkit = verovio.toolkit(False)
    toolkit.setResourcePath(str(Path(verovio.__file__).parent / "data"))
    toolkit.setOptions(_OPTIONS)
    musicxml = format_musicxml(lead, READERS_IN[reader])
    if not toolkit.loadData(musicxml.decode()):
        raise InternalError("verovio refused our MusicXML")
    pages = [toolkit.renderToSVG(page + 1) for page in range(toolkit.getPageCount())]
    notes, bars = _places(toolkit.renderToTimemap({"includeMeasures": True}))
    # Paper is white, whatever the page that shows it.
    white = [page.replace("<svg ", '<svg style="background:#fff" ', 1) for page in pages]
    return LeadSheet(tuple(white), notes, bars, musicxml)


def check_reader(reader: str) -> None:
    """Says at once that there is no such reader.

    Raises:
        InputError: Not one of `READERS_IN`.
    """
    if reader not in READERS_IN:
        raise InputError("for", "one of " + ", ".join(READERS_IN), repr(reader))


def format_zip(contents: Mapping[str, bytes]) -> bytes:
    """A zip archive of these files: the same content gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(zipfile.ZipInfo(name, _FIRST_DAY), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _name(reader: str) -> str:
    return reader.replace("b", "♭")


def _places(
    timemap: list[dict[str, Any]],
) -> tuple[tuple[tuple[float, float, str], ...], tuple[tuple[float, str], ...]]:
    """Notes and bars from verovio's table of what begins and ends when."""
    began: dict[str, float] = {}
    notes, bars = [], []
    for row in timemap:
        place = round(float(row["qstamp"]), 4)
        if "measureOn" in row:
            bars.append((place, row["measureOn"]))
        notes += [(began.pop(name), place, name) for name in row.get("off", ()) if name in began]
        began |= dict.fromkeys(row.get("on", ()), place)
    return tuple(sorted(notes)), tuple(bars)
