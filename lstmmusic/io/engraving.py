"""`Score` -> engraved pages (SVG), through MusicXML and verovio."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lstmmusic.errors import InternalError
from lstmmusic.io.notation_write import format_musicxml
from lstmmusic.score import Score

_OPTIONS = {
    "breaks": "encoded",
    "pageWidth": 2100,
    "pageHeight": 2970,
    "adjustPageHeight": True,
    "adjustPageWidth": False,
    "scale": 40,
    "footer": "none",
    "header": "auto",
    "justifyVertically": False,
    "svgViewBox": True,
    "xmlIdSeed": 1,  # the same score gives the same pages
}


def engrave(score: Score) -> list[str]:
    """The first part with its chord symbols as a lead sheet, four bars a line.

    Args:
        score: The piece as it is written (a shuffle in straight eighths).

    Returns:
        One SVG document a page.
    """
    import verovio

    lead = replace(score, parts=[part for part in score.parts if not part.is_drum][:1])
    # The default path of the fonts is set for the thread that imported verovio only.
    toolkit = verovio.toolkit(False)
    toolkit.setResourcePath(str(Path(verovio.__file__).parent / "data"))
    toolkit.setOptions(_OPTIONS)
    if not toolkit.loadData(format_musicxml(lead).decode()):
        raise InternalError("verovio refused our MusicXML")
    pages = [toolkit.renderToSVG(page + 1) for page in range(toolkit.getPageCount())]
    # Paper is white, whatever the page that shows it.
    return [page.replace("<svg ", '<svg style="background:#fff" ', 1) for page in pages]
