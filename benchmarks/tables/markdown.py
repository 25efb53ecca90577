"""How a table is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

Row = Sequence[object] | Mapping[str | None, object]
Rows = Iterator[Row]


def table(rows: Iterable[Row]) -> str:
    """A table in Markdown: the first row holds the titles; without others there is no table.

    Wide rows may each hold their cells by title instead, and leave out what they do not tell.
    None is a cell with nothing in it.

    >>> print(table([("bar", "chord"), (1, "C7"), (2, "F7")]))
    | bar | chord |
    |---|---|
    | 1 | C7 |
    | 2 | F7 |
    >>> table([{"bar": 1, "chord": "C7"}, {"bar": 2}]).splitlines()[-1]
    '| 2 | |'
    """
    lines = list(rows)
    by_title = [row for row in lines if isinstance(row, Mapping)]
    if by_title:
        titles = list(dict.fromkeys(title for row in by_title for title in row))
        lines = [titles, *([row.get(title) for title in titles] for row in by_title)]
    if len(lines) < 2:
        return ""
    head, *others = map(_line, lines)
    return "\n".join((head, "|" + "---|" * len(lines[0]), *others))


def _line(cells: Iterable[object]) -> str:
    return "|" + "|".join(" " if cell is None else f" {cell} " for cell in cells) + "|"
