"""A grid on which a phrase is put down note by note, as a Streamlit component."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st
from streamlit.components.v2 import component

from lstmmusic.score import Metre, Note, Part, Score, Timed

LOWEST, HIGHEST = 55, 81  # G3 to A5
N_BARS = 2

_FOLDER = Path(__file__).parent

_component = component(
    "lstmmusic_note_grid",
    html='<div class="grid" role="grid" aria-label="Notes of your phrase"></div>'
    '<div class="told" role="status"></div>',
    css=(_FOLDER / "note_grid.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "note_grid.js").read_text(encoding="utf-8"),
)


class Clicked(NamedTuple):
    """A note on the grid: its first column, how many it lasts, and its pitch."""

    column: int
    length: int
    pitch: int


def note_grid(metre: Metre, key: str = "note_grid") -> tuple[Clicked, ...]:
    """Draws the grid: two bars, a column an eighth.

    Args:
        metre: 4/4 or another; it says how many columns there are.
        key: Keeps what was put down over reruns of the page.

    Returns:
        The notes, in their order.
    """
    data = {
        "columns": columns_of(metre),
        "columns_per_bar": columns_of(metre) // N_BARS,
        "columns_per_beat": columns_of(metre) // N_BARS // metre.n_beats,
        "lowest": LOWEST,
        "highest": HIGHEST,
    }
    _component(data=data, key=key, on_notes_change=lambda: None)
    return clicked_notes(st.session_state.get(key), columns_of(metre))


def columns_of(metre: Metre) -> int:
    """Eighths in the bars of the grid."""
    return round(N_BARS * metre.bar_quarters * 2)


def clicked_notes(state: Any, n_columns: int) -> tuple[Clicked, ...]:
    """What the browser says was put down; nothing where that cannot be.

    Example:
        >>> clicked_notes({"notes": [[2, 2, 63], [0, 1, 60]]}, 16)
        (Clicked(column=0, length=1, pitch=60), Clicked(column=2, length=2, pitch=63))
        >>> clicked_notes({"notes": [[0, 99, 60]]}, 16)
        ()
    """
    rows = state.get("notes") if hasattr(state, "get") else None
    found = []
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, list) or len(row) != 3 or not all(isinstance(n, int) for n in row):
            return ()
        found.append(Clicked(*row))
    found.sort()
    starts = [note.column for note in found]
    ends = [note.column + note.length for note in found]
    is_line = all(end <= start for end, start in zip(ends, [*starts[1:], n_columns]))
    is_inside = all(n.column >= 0 and n.length >= 1 and LOWEST <= n.pitch <= HIGHEST for n in found)
    return tuple(found) if is_line and is_inside else ()


def phrase_of(notes: Sequence[Clicked], metre: Metre) -> Score:
    """A clicked phrase as a piece, written straight; it names no key and no tempo.

    Args:
        notes: Of the grid.
        metre: That the grid had.
    """
    rows = [Note(note.column / 2, note.length / 2, note.pitch) for note in notes]
    return Score([Part(rows, "melody")], metres=[Timed(0.0, metre)])
