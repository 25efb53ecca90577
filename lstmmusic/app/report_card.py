"""The report card of a piece: its scorecard beside music by people, and how original it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lstmmusic.app.share import Take
from lstmmusic.app.takes import card
from lstmmusic.app.text import plain

_LIGHTS: dict[str, tuple[str, Any, str]] = {
    "green": (":material/check_circle:", "green", "no more is shared than tunes by people share"),
    "amber": (":material/warning:", "orange", "more is shared than nearly all tunes by people do"),
    "red": (":material/error:", "red", "much is shared: it may be heard as a copy"),
}
_OVERLAP = "distribution_overlap"
_IN, _ABOVE, _BELOW = "✓\u00a0in", "▲\u00a0above", "▼\u00a0below"  # with spaces that do not break


def show(take: Take) -> None:
    """An expander; the card is made when it is opened."""
    box = st.expander("Report card", on_change="rerun", key="report_card")
    if not box.open:
        return
    with box:
        with st.spinner("Measuring"):
            found = card(take)
        rows = rows_of(found)
        inside = sum(row["Mark"] == _IN for row in rows)
        made_from = found["reference"]
        st.markdown(
            f"**{inside} of {len(rows)} numbers** lie where eight of ten tunes by people do. One "
            "that lies outside is no fault by itself: it says where the piece is unlike them."
        )
        _originality(found["originality"])
        st.table(rows, hide_index=True, border="horizontal")
        st.caption(
            f"Compared with {plain(made_from['title'])}: {made_from['pieces']} tunes. "
            "The same as `lstmmusic scorecard`."
        )


def rows_of(found: Mapping[str, Any]) -> list[dict[str, str]]:
    """The numbers of a scorecard that have a human band, as rows for people.

    Args:
        found: As `lstmmusic.scorecard` gives it, of one piece.

    Example:
        >>> import lstmmusic
        >>> rows_of(lstmmusic.scorecard(lstmmusic.improvise(seed=1).score))[0]["Number"]
        'Bar lines with a chord of the form'
    """
    from lstmmusic.evaluation import MEASURES

    human = found["human"]
    told = [(row.key, row.title, row.unit, row.digits, found[row.key]) for row in MEASURES]
    overlap = found["distribution_match"]["overlap"]
    told.append((_OVERLAP, "overlap with the reference in nine features", "", 3, overlap))
    rows = []
    for key, title, unit, digits, value in told:
        band = human.get(key)
        if value is None or band is None:
            continue
        mark = _IN if band["inside"] else _BELOW if value < band["low"] else _ABOVE
        span = f"{band['low']:z.{digits}f} to {band['high']:z.{digits}f}"
        rows.append(
            {
                "Number": title[0].upper() + title[1:] + (f", {unit}" if unit else ""),
                "Here": f"{value:z.{digits}f}",
                "Eight of ten tunes": span,
                "Mark": mark,
            }
        )
    return rows


def _originality(found: Mapping[str, Any]) -> None:
    light = found["light"]
    if light not in _LIGHTS:
        return
    icon, colour, meaning = _LIGHTS[light]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(f"Originality: {light}", icon=icon, color=colour)
        st.markdown(meaning, width="content")
    for key, what in (
        ("longest_run", "same intervals"),
        ("longest_run_same_rhythm", "same rhythm, too"),
    ):
        run = found[key]
        if run:
            st.markdown(run_line(run, what))


def run_line(run: Mapping[str, Any], what: str) -> str:
    r"""Where a run of notes comes from, as Markdown.

    Example:
        >>> run_line({"notes": 7, "piece": "a_b.abc", "bar": 3, "bar_here": 10}, "same intervals")
        'Longest run shared (same intervals): 7 notes from bar 10, as in **a\\_b\\.abc**, bar 3.'
    """
    return (
        f"Longest run shared ({what}): {run['notes']} notes from bar {run['bar_here']}, as in "
        f"**{plain(str(run['piece']))}**, bar {run['bar']}."
    )
