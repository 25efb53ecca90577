"""The first page: ask for a blues, hear it, see it, change it, take it away."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from lstmmusic.app import controls, favourites, report_card, variations_view
from lstmmusic.app.job_view import is_local
from lstmmusic.app.piano_roll import piano_roll
from lstmmusic.app.share import MAX_REDONE, Redone, Take, from_query, to_link, to_query
from lstmmusic.app.takes import History, Piece, history, pages, play
from lstmmusic.app.text import plain
from lstmmusic.errors import ChordError, InputError
from lstmmusic.generation import Settings
from lstmmusic.io.notation_write import format_musicxml
from lstmmusic.io.sound import format_sound
from lstmmusic.io.sound import render as render_sound
from lstmmusic.player import DEFAULT_MODEL, shipped_models, user_models

# How much higher an instrument reads than it sounds, in semitones, near the middle of the staff.
_READERS = {"Concert pitch": 0, "B♭ instruments": 2, "E♭ instruments": -3}


def render() -> None:
    """Draws the page."""
    st.set_page_config("Improvise a blues", layout="wide")
    st.title("Improvise a blues")
    past = history()
    take = past.now or _linked()
    autoplay = st.session_state.pop("autoplay", False)
    try:
        usual = take.settings if take else Settings()
        usual = replace(usual, model=_model(take, usual.model))
        asked = controls.ask(usual, controls.Known.of(usual.model))
        if asked is not None:
            take, autoplay = Take(asked), True
        if take is None:
            st.info(
                "Choose a form and a key, then press **Improvise**. Everything has a usual value."
            )
            return
        with st.spinner("Improvising"):
            piece = play(take)
    except InputError as error:
        _refuse(error, take.settings.chords if take else None)
        return
    past.add(take)
    st.query_params.from_dict(to_query(take))
    _show(take, piece, past, autoplay)


def _linked() -> Take | None:
    """What the link asks for."""
    try:
        return from_query(st.query_params.to_dict(), _models(DEFAULT_MODEL))
    except InputError as error:
        st.error(f"The link asks for something that cannot be done. {plain(str(error))}")
        return None


def _refuse(error: InputError, chords: str | None = None) -> None:
    st.error(plain(str(error)))
    if isinstance(error, ChordError) and chords:
        st.code(f"{chords}\n{' ' * (error.column - 1)}^", language=None)


def _model(take: Take | None, usual: str) -> str:
    """The model that is chosen. It stands above the form, which depends on what it knows."""
    if take is not None and st.session_state.get("followed") != take:  # gone to another piece
        st.session_state["model"] = usual
        st.session_state["followed"] = take
    models = _models(usual)
    if st.session_state.get("model") not in models:
        st.session_state["model"] = usual
    if len(models) == 1:  # one choice is none
        return DEFAULT_MODEL
    return st.selectbox(
        "Model", list(models), key="model", format_func=lambda name: models[name], width=400
    )


def _models(chosen: str) -> dict[str, str]:
    """Name or folder -> what it is called: shipped, the user's, and the one that is chosen."""
    names = [*shipped_models(), *(user_models() if is_local() else ())]
    found = {name: name for name in names}
    asked = st.session_state.get("model") or chosen
    for folder in (chosen, asked):  # one that was trained on uploads has a folder of its own
        found.setdefault(folder, Path(folder).name)
    return found


def _show(take: Take, piece: Piece, past: History, autoplay: bool) -> None:
    report = piece.report
    source = "by the network" if report["harmony"] == "model" else "imposed"
    bars = ", ".join(str(row) for row in take.redone)
    swing = f"swing {report['swing']:g}"
    if report["feel"] == "learned":
        swing = f"melody with a learned feel, band with {swing}"
    st.caption(
        f"{report['bars']} bars in {report['key']}, {report['metre']} at {report['tempo']:g} beats "
        f"a minute, {swing}, seed {report['seed']}. Chords {source}; melody by "
        f"the model {plain(report['model'])}; velocities and band by rules."
        + (f" Other notes in bars {bars}." if bars else "")
    )
    if piece.silence:
        st.warning(plain(piece.silence))
    piano_roll(piece.score, piece.stems, silence="no sound here", autoplay=autoplay)
    chosen = _tried(_change, take, piece, past)
    _offer(take, piece)
    report_card.show(take)
    chosen = _tried(variations_view.show, take) or chosen
    if is_local():
        chosen = _tried(favourites.show, take, _models(take.settings.model)) or chosen
    if chosen is not None:
        past.add(chosen)
        st.session_state["autoplay"] = True
        st.rerun()
    _score(take)


def _tried(draw: Callable[..., Take | None], *about: Any) -> Take | None:
    """The piece that a part of the page turns to; one line where it refuses."""
    try:
        return draw(*about)
    except InputError as error:
        _refuse(error)
        return None


def _change(take: Take, piece: Piece, past: History) -> Take | None:
    """Other notes in some bars, and the way back; the piece that has them, if asked for."""
    n_bars = piece.score.n_bars
    lowest = 0 if take.settings.pickup else 1
    usual = (9, 10) if n_bars >= 10 else (1, 1)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = st.number_input("From bar", lowest, n_bars, usual[0], width=130)
        last = st.number_input("To bar", lowest, n_bars, usual[1], width=130)
        pressed = st.button(
            "Other notes",
            icon=":material/casino:",
            help="The network plays these bars anew and leads into what follows; all else stays.",
        )
        for label, has, go, icon in (
            ("Undo", past.has_earlier, past.back, ":material/undo:"),
            ("Redo", past.has_later, past.forward, ":material/redo:"),
        ):
            st.button(label, icon=icon, disabled=not has, on_click=go)
    if not pressed:
        return None
    if len(take.redone) >= MAX_REDONE:
        raise InputError("bars", f"at most {MAX_REDONE} changes of a piece", "one more")
    row = Redone(int(first), int(last), secrets.randbelow(2**31))
    changed = replace(take, redone=(*take.redone, row))
    with st.spinner("Improvising"):
        play(changed)  # before it is shown: these bars may be refused
    return changed


def _offer(take: Take, piece: Piece) -> None:
    name = f"blues-{piece.report['key'].replace('#', 'sharp')}-{piece.report['seed']}"
    columns = st.columns(4)
    higher = _READERS[st.session_state.get("reader") or "Concert pitch"]
    # Functions, so that a file is made when it is asked for.
    files = [
        ("MIDI", lambda: piece.midi, "mid", "audio/midi"),
        (
            "MusicXML",
            lambda: format_musicxml(piece.written, higher),
            "musicxml",
            "application/vnd.recordare.musicxml+xml",
        ),
        ("WAV", lambda: format_sound(render_sound(piece.score)), "wav", "audio/wav"),
    ]
    for column, (label, make, suffix, mime) in zip(columns, files, strict=False):
        column.download_button(
            f"Download {label}",
            make,
            f"{name}.{suffix}",
            mime,
            on_click="ignore",
            disabled=suffix == "wav" and bool(piece.silence),
            width="stretch",
            key=f"download_{suffix}",
        )
    columns[3].link_button(
        "Link to this piece",
        to_link(take),
        width="stretch",
        help="The address of this page brings the same piece back, with the bars that were played "
        "anew.",
    )


def _score(take: Take) -> None:
    with st.expander("Score", expanded=True):
        reader = st.segmented_control(
            "Written for",
            list(_READERS),
            default="Concert pitch",
            key="reader",
            help="The score and the MusicXML file.",
        )
        for page in pages(take, _READERS[reader or "Concert pitch"]):
            st.image(page, width="stretch")
