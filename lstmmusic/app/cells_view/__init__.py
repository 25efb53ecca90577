"""What happens in a network over a piece, as a picture that follows what is heard.

A Streamlit component: it listens to the piano roll of the same piece in the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from streamlit.components.v2 import component

from lstmmusic.app.browser_data import for_browser
from lstmmusic.app.piano_roll import piece_id
from lstmmusic.app.score_view import heard_at
from lstmmusic.score import Score
from lstmmusic.tasks.inside import CARRIED, KINDS, Inside

_LEVELS = 100  # that a value is told in: as fine as a colour is seen
_FOLDER = Path(__file__).parent

_component = component(
    "lstmmusic_cells_view",
    html=(_FOLDER / "cells_view.html").read_text(encoding="utf-8"),
    css=(_FOLDER / "cells_view.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "cells_view.js").read_text(encoding="utf-8"),
)


def cells_view(
    found: Inside, kind: str, score: Score, written: Score, key: str = "cells_view"
) -> None:
    """Shows cells or gates over a piece, sorted by what they carry.

    Args:
        found: Of the piece.
        kind: Of `KINDS`.
        score: The piece as it sounds.
        written: As it is written.
        key: Keeps the component over reruns of the page.
    """
    _component(data=for_browser(view_data(found, kind, score, written)), key=key)


def view_data(found: Inside, kind: str, score: Score, written: Score) -> dict[str, Any]:
    """What the browser gets: a row a cell, -100 to 100 of its limit, and when steps are heard."""
    values, order = getattr(found.values, kind), found.order(kind)
    roles, shares = found.roles(kind), found.shares(kind)
    # Each cell has a scale of its own: large ones would hide the others.
    limits = np.maximum(np.abs(values).max(axis=0), 1e-6)
    if kind in "ifo":
        limits = np.ones(values.shape[1])
    levels = np.rint((values / limits).T[order] * _LEVELS).astype(int)
    heard = heard_at(score, written)
    return {
        "piece": piece_id(score),
        "id": f"{found.network} {kind} {piece_id(score)}",
        "title": f"{KINDS[kind]} of the {found.network} network",
        "is_gate": kind in "ifo",
        "seconds": round(score.seconds, 4),
        "times": heard(found.onsets.tolist()),
        "bars": heard(score.bar_starts.tolist()),
        "rows": [
            {
                "unit": unit,
                "role": roles[unit],
                "limit": round(float(limits[unit]), 4),
                "told": {name: round(float(shares[name][unit]), 2) for name in CARRIED},
                "levels": row,
            }
            for unit, row in zip(order, levels.tolist())
        ],
    }
