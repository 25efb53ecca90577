"""Variations of a piece, the best scorecard first, to choose one to hear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lstmmusic.app.share import Take
from lstmmusic.app.takes import MAX_VARIATIONS, variations, with_seed


def show(take: Take) -> Take | None:
    """An expander with the variations; the one that was chosen to be heard just now.

    Raises:
        InputError: A seed that is none.
    """
    chosen = None
    with st.expander("Variations", key="variations"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            count = st.number_input(
                "Number of variations",
                2,
                MAX_VARIATIONS,
                4,
                width=220,
                help="With the same settings and the seeds that follow, as `generate --variations "
                "N --rank`.",
            )
            if st.button("Play variations"):
                st.session_state["varied"] = (with_seed(take, take.settings.seed), int(count))
        of, count = st.session_state.get("varied", (None, 0))
        if of is None:
            st.caption("The most original and the most like music by people come first.")
            return None
        with st.spinner("Improvising"):
            reports = variations(of, count)
        for place, report in enumerate(reports, 1):
            variation = with_seed(of, report["seed"])
            is_now = take == variation
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(_line(place, report), width="stretch")
                if st.button(
                    "Shown" if is_now else "Hear",
                    key=f"hear_{place}",
                    disabled=is_now,
                    help=f"Variation {place}, seed {report['seed']}",
                ):
                    chosen = variation
    return chosen


def _line(place: int, report: Mapping[str, Any]) -> str:
    rank = report["rank"]
    return (
        f"**{place}.** Seed {report['seed']}: originality {rank['originality'] or 'not told'}, "
        f"{rank['inside']:.0%} of the numbers as in music by people, {report['notes']} notes"
    )
