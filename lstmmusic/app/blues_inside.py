"""The inside of a generated blues while it plays: what its networks remember, beside the sound."""

from __future__ import annotations

import secrets

import streamlit as st

from lstmmusic.app.cells_view import cells_view
from lstmmusic.app.piano_roll import piano_roll
from lstmmusic.app.share import Take
from lstmmusic.app.takes import at_speed, history, play
from lstmmusic.app.text import plain
from lstmmusic.errors import InputError
from lstmmusic.generation import Settings
from lstmmusic.player import load_model
from lstmmusic.tasks.inside import CARRIED, KINDS, Inside, inside_of_piece

_EXAMPLE = Take(Settings(choruses=3, seed=7))
_MINE, _NEW = "The piece of the page Improvise", "A blues of three choruses"


def show() -> None:
    """Draws it."""
    st.write(
        "A network that plays is told little; the rest it remembers in its cells. Here it hears a "
        "blues again, and each cell is asked what goes along with what it does."
    )
    try:
        take = _choose()
        with st.spinner("Improvising"):
            piece = play(take)
        names = [
            name
            for name in ("harmony", "melody")
            if name in load_model(take.settings.model).networks
        ]
        with st.container(horizontal=True):
            network = st.segmented_control("Network", names, default=names[0], key="inside_network")
            kind = st.segmented_control(
                "Show",
                list(KINDS),
                default="c",
                format_func=lambda kind: KINDS[kind],
                key="inside_of_blues",
            )
        network, kind = network or names[0], kind or "c"
        found = _inside(take, network)
    except InputError as error:
        st.error(plain(str(error)))
        return
    if piece.silence:
        st.warning(plain(piece.silence))
    piano_roll(
        piece.score,
        lambda speed: (piece.stems, piece.silence) if speed == 1.0 else at_speed(take, speed),
        key="inside_roll",
    )
    cells_view(found, kind, piece.score, piece.written)
    roles = found.roles(kind)
    st.table(
        [
            {"Carries": name, "That is": about, KINDS[kind]: str(roles.count(name))}
            for name, about in CARRIED.items()
        ]
        + [
            {
                "Carries": "mixed",
                "That is": "none of these by itself",
                KINDS[kind]: str(roles.count("mixed")),
            }
        ],
        hide_index=True,
        border="horizontal",
    )
    st.caption(
        "A cell is said to carry what tells most of what it does, three tenths at least "
        "(omega squared). That is what goes along with what, not what is the cause. "
        "The harmony network is never told the bar of the form. "
        "The same as `lstmmusic inside`."
    )


def _choose() -> Take:
    mine = history().now
    ways = [_MINE, _NEW] if mine is not None else [_NEW]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = st.segmented_control("Piece", ways, default=ways[0], key="inside_piece")
        if way != _MINE and st.button("Another one"):
            seed = secrets.randbelow(2**31)
            st.session_state["inside_take"] = Take(Settings(choruses=3, seed=seed))
    if way == _MINE and mine is not None:
        if mine.settings.choruses in (None, 1):
            st.caption(
                "It has one chorus: there the bar of the form and time that goes by are the same. "
                "Of two choruses or more the network tells more."
            )
        return mine
    return st.session_state.get("inside_take", _EXAMPLE)


@st.cache_resource(max_entries=8, show_spinner=False)
def _inside(take: Take, network: str) -> Inside:
    return inside_of_piece(play(take).score, network, take.settings.model)
