"""The report as one HTML page: no scripts, nothing fetched, every name from outside escaped."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from lstmmusic.corpus.report import DUPLICATE, FOUND_NAMES, REPAIRED, SKIPPED, USED, Report, Row

MAX_ROWS = 2000
_SHOWN_FIRST = (SKIPPED, DUPLICATE, REPAIRED, USED)
_BAR_PIXELS, _ROW_PIXELS, _LABEL_PIXELS = 220, 18, 110

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem;
  padding: 0 1rem; color: #222; background: #fff }
table { border-collapse: collapse; font-size: 13px } td, th { text-align: left;
  padding: .2rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top;
  overflow-wrap: anywhere }
.plots { display: flex; flex-wrap: wrap; gap: 1.5rem } .number { text-align: right }
svg text { font: 12px system-ui, sans-serif; fill: #222 } svg rect { fill: #3b6ea5 }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #161616 }
  td, th { border-color: #444 } svg text { fill: #ddd } }
"""


def as_html(report: Report) -> bytes:
    """The page.

    Example:
        >>> from lstmmusic.corpus.report import Report, Row
        >>> page = as_html(Report("", (Row("<b>.mid", "skipped", "too short"),)))
        >>> b"<td>&lt;b&gt;.mid</td>" in page
        True
    """
    numbers = report.summary()
    counts = "".join(
        f"<tr><th>{name}</th><td class='number'>{numbers[name]:,}</td></tr>"
        for name in (
            *("files", "used", "repaired", "skipped", "duplicates", "ignored"),
            *("tunes", "choruses", "notes"),
        )
    )
    reasons = "".join(
        f"<tr><td class='number'>{count:,}</td><td>{status}</td><td>{escape(kind)}</td>"
        f"<td>{escape(example)}</td></tr>"
        for status, kind, count, example in report.reasons()
    )
    advice = "".join(f"<li>{escape(words)}</li>" for words in report.advice())
    found = distributions(report.kept) if report.n_kept else {}
    plots = "".join(_bars(what, pairs) for what, pairs in found.items())
    title = escape(f"Corpus {report.corpus}" if report.corpus else "No corpus")
    sections = [
        f"<h1>{title}</h1><table>{counts}</table>",
        f"<h2>What would help</h2><ul>{advice}</ul>" if advice else "",
        f"<h2>What was found</h2><div class='plots'>{plots}</div>" if report.n_kept else "",
        f"<h2>Why</h2><table><tr><th>files</th><th></th><th>reason</th><th>such as</th></tr>"
        f"{reasons}</table>"
        if reasons
        else "",
        _files(report),
    ]
    head = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>"
    )
    return (head + "".join(sections) + "</body></html>\n").encode()


def _files(report: Report) -> str:
    """A table of the files, those with something to say first."""
    order = {status: index for index, status in enumerate(_SHOWN_FIRST)}
    rows = heapq.nsmallest(MAX_ROWS, report.rows, lambda row: (order[row.status], row.file))
    head = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in FOUND_NAMES)
    body = "".join(_row(row) for row in rows)
    more = len(report.rows) - MAX_ROWS
    note = f"<p>{more:,} more files stand in the tables beside this page.</p>" if more > 0 else ""
    ignored = "".join(
        f"<tr><td>{escape(file)}</td><td>{escape(reason)}</td></tr>"
        for file, reason in report.ignored[:MAX_ROWS]
    )
    return (
        "<h2>Every file</h2><table><tr><th>file</th><th>status</th><th>reason</th><th>split</th>"
        f"{head}</tr>{body}</table>{note}"
        + (f"<h2>Ignored</h2><table>{ignored}</table>" if ignored else "")
    )


def _row(row: Row) -> str:
    cells = [row.file, row.status, row.reason, row.split]
    for name in FOUND_NAMES:
        value = row.found.get(name)
        listed = ", ".join(value) if isinstance(value, list) else value
        cells.append("" if listed is None else str(listed))
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def distributions(kept: Iterable[Row]) -> dict[str, list[tuple[str, int]]]:
    """How often what was found in the files of a corpus.

    Args:
        kept: The files that are in it.

    Returns:
        Title with its unit -> value or range of values, and how many files have it.
    """
    counts: dict[str, Counter[Any]] = {title: Counter() for title in _PLOTS}
    for row in kept:
        for title, (values_of, _) in _PLOTS.items():
            counts[title].update(values_of(row.found))
    return {title: ordered(counts[title]) for title, (_, ordered) in _PLOTS.items()}


def _step(value: float, width: float) -> int:
    return math.floor(value / width + 1e-9)


def _histogram(width: float) -> Callable[[Counter[int]], list[tuple[str, int]]]:
    """How many values lie in each step of that width, from the least to the greatest."""

    def ordered(counts: Counter[int]) -> list[tuple[str, int]]:
        steps = range(min(counts), max(counts) + 1) if counts else ()
        return [(f"{step * width:g}-{(step + 1) * width:g}", counts[step]) for step in steps[:40]]

    return ordered


def _doublings(counts: Counter[int]) -> list[tuple[str, int]]:
    """As `_histogram`, each step (a number of bits) twice as wide as the one before."""
    steps = range(min(counts), max(counts) + 1) if counts else ()
    return [(f"{1 << step - 1:,}-{(1 << step) - 1:,}", counts[step]) for step in steps if step]


# Title with its unit -> what counts of what was found in a file, and in which order it is told.
_TEMPO, _SWING = 20, 0.05
_PLOTS: dict[str, tuple[Callable[[dict[str, Any]], Iterable[Any]], Callable[[Counter], list]]] = {
    "Keys": (lambda found: [found["key"]], lambda counts: counts.most_common(24)),
    "Beats a minute": (lambda found: [_step(found["tempo"], _TEMPO)], _histogram(_TEMPO)),
    "Swing (share of the on-beat eighth)": (
        lambda found: [] if found["swing"] is None else [_step(found["swing"], _SWING)],
        _histogram(_SWING),
    ),
    "Forms (files)": (lambda found: found["forms"], Counter.most_common),
    "Bars": (lambda found: [found["bars"].bit_length()], _doublings),
    "Notes of melody": (lambda found: [found["notes"].bit_length()], _doublings),
    "Chords": (lambda found: [found["chords"] or "none"], Counter.most_common),
}


def _bars(title: str, pairs: Sequence[tuple[str, int]]) -> str:
    """A bar chart as SVG."""
    if not pairs:
        return ""
    most = max(count for _, count in pairs) or 1
    rows = []
    for index, (label, count) in enumerate(pairs):
        top = index * _ROW_PIXELS
        width = round(_BAR_PIXELS * count / most, 1)
        rows.append(
            f'<text x="{_LABEL_PIXELS - 6}" y="{top + 13}" text-anchor="end">{escape(label)}</text>'
            f'<rect x="{_LABEL_PIXELS}" y="{top + 2}" width="{width}" height="{_ROW_PIXELS - 4}"/>'
            f'<text x="{_LABEL_PIXELS + width + 5}" y="{top + 13}">{count:,}</text>'
        )
    size = (_LABEL_PIXELS + _BAR_PIXELS + 60, len(pairs) * _ROW_PIXELS)
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg width="{size[0]}" height="{size[1]}" role="img" aria-label="{escape(title)}">'
        + "".join(rows)
        + "</svg></figure>"
    )
