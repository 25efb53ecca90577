"""The first page: ask for a blues, hear it, see it, change it, take it away."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from lstmmusic.app import controls, favourites, primer, report_card, variations_view
from lstmmusic.app.job_view import is_local
from lstmmusic.app.piano_roll import piano_roll
from lstmmusic.app.score_view import score_view
from lstmmusic.app.share import MAX_REDONE, Redone, Take, from_query, to_link, to_query
from lstmmusic.app.takes import History, Piece, at_speed, history, pack, play, sheet
from lstmmusic.app.text import plain
from lstmmusic.errors import ChordError, InputError
from lstmmusic.generation import Settings
from lstmmusic.io.engraving import READERS_IN
from lstmmusic.io.notation_write import format_musicxml
from lstmmusic.io.sound import format_sound
from lstmmusic.io.sound import render as render_sound
from lstmmusic.player import DEFAULT_MODEL, shipped_models, user_models

_CONCERT = "Concert pitch"
_READERS = {_CONCERT: "C", "B♭ instruments": "Bb", "E♭ instruments": "Eb"}
_HELP = {
    "lead sheet": "Melody and chord symbols, for the instruments that are chosen at the score: an "
    "image that can be printed.",
    "practice pack": "The band alone, the melody alone, slow, and in 12 keys, as MIDI; lead sheets "
    "for instruments in C, B♭ and E♭.",
}


def render() -> None:
    """Draws the page."""
    st.set_page_config("Improvise a blues", layout="wide")
    st.title("Improvise a blues")
    past = history()
    shown = past.now or _linked()
    autoplay = st.session_state.pop("autoplay", False)
    asked: Take | None = None
    try:
        asked = _asked(shown)
        if asked is not None or shown is not None:
            with st.spinner("Improvising"):
                play(asked or shown or Take(Settings()))
        shown, autoplay = asked or shown, autoplay or asked is not None
        if asked is not None:
            st.session_state["followed"] = asked  # the controls say so already
    except InputError as error:
        _refuse(error, (asked or shown or Take(Settings())).settings.chords)
        shown = past.now  # what was there before stays
        if shown is not None:
            st.caption("The piece below is the one from before.")
    else:
        if shown is None:
            st.info(
                "Choose a form and a key, then press **Improvise**. Everything has a usual value."
            )
    if shown is None:
        return
    past.add(shown)
    st.query_params.from_dict(to_query(shown))
    _show(shown, play(shown), past, autoplay)


def _asked(shown: Take | None) -> Take | None:
    """Draws what can be asked; what is asked, if the button was pressed just now.

    Raises:
        InputError: What is asked is none of that, or does not fit together.
    """
    usual = shown.settings if shown else Settings()
    usual = replace(usual, model=_model(shown, usual.model))
    known = controls.Known.of(usual.model)
    st.caption(plain(str(known)))
    now = shown.primer if shown else ""
    wanted = primer.ask(now, usual.keep_primer)
    if wanted.is_file and wanted.text != now:  # a new one speaks for itself
        usual = replace(usual, key=None, style=None, metre=None, tempo=None, swing=None)
    original = known.tells_copies and st.checkbox(
        "Only what is original",
        bool(shown and shown.original),
        key=f"ask_original_{st.session_state.get('form', 0)}",
        help="Plays on, seed after seed, until no more is shared with the music that the model has "
        "heard than people share with each other; as `lstmmusic generate --original model`.",
    )
    keys = controls.Keys(st.session_state.get("form", 0), wanted.text if wanted.is_file else "")
    settings = controls.ask(usual, known, keys)
    if settings is None:
        return None
    settings, text = wanted.settled(settings)
    st.session_state["primer_asked"] = text
    return Take(settings, primer=text, original=original)


def _linked() -> Take | None:
    """What the link asks for."""
    try:
        take = from_query(st.query_params.to_dict(), _models(DEFAULT_MODEL))
        if take is not None and take.primer:
            primer.from_text(take.primer)
        return take
    except InputError as error:
        st.error(f"The link asks for something that cannot be done. {plain(str(error))}")
        return None


def _refuse(error: InputError, chords: str | None = None) -> None:
    st.error(plain(str(error)))
    if isinstance(error, ChordError) and chords:
        st.code(f"{chords}\n{' ' * (error.column - 1)}^", language=None)


def _model(take: Take | None, usual: str) -> str:
    """The model that is chosen. It stands above the form, which depends on what it knows."""
    if take is not None:
        take = replace(take, redone=())  # other notes in some bars are asked for elsewhere
        if st.session_state.get("followed") != take:  # gone to another piece
            st.session_state["model"] = usual
            st.session_state["followed"] = take
            st.session_state["form"] = st.session_state.get("form", 0) + 1
            primer.follow(take.primer)
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
        + (" It goes on from a primer." if take.primer else "")
        + (f" Other notes in bars {bars}." if bars else "")
    )
    if piece.silence:
        st.warning(plain(piece.silence))
    piano_roll(
        piece.score,
        lambda speed: (piece.stems, piece.silence) if speed == 1.0 else at_speed(take, speed),
        autoplay=autoplay,
        on_bars=_select,
    )
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
    _score(take, piece)


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
    usual = {"from_bar": 9, "to_bar": 10} if n_bars >= 10 else {"from_bar": 1, "to_bar": 1}
    for name, bar in usual.items():
        st.session_state[name] = min(max(st.session_state.get(name, bar), lowest), n_bars)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = st.number_input("From bar", lowest, n_bars, key="from_bar", width=130)
        last = st.number_input("To bar", lowest, n_bars, key="to_bar", width=130)
        pressed = st.button(
            "Other notes",
            icon=":material/casino:",
            help="The network plays these bars anew and leads into what follows; all else stays. "
            "Bars can be selected above, over their numbers.",
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


def _select(bars: tuple[int, int] | None) -> None:
    """Bars that are selected in the piano roll are those to play anew."""
    if bars is not None:
        st.session_state["from_bar"], st.session_state["to_bar"] = bars


def _offer(take: Take, piece: Piece) -> None:
    name = f"blues-{piece.report['key'].replace('#', 'sharp')}-{piece.report['seed']}"
    reader = _READERS[st.session_state.get("reader") or _CONCERT]
    higher = READERS_IN[reader]
    written_for = "" if reader == "C" else f"-{reader}"
    # Functions, so that a file is made when it is asked for.
    files: list[tuple[str, str, str, Callable[[], bytes]]] = [
        ("MIDI", f"{name}.mid", "audio/midi", lambda: piece.midi),
        (
            "MusicXML",
            f"{name}{written_for}.musicxml",
            "application/vnd.recordare.musicxml+xml",
            lambda: format_musicxml(piece.written, higher),
        ),
        ("WAV", f"{name}.wav", "audio/wav", lambda: format_sound(render_sound(piece.score))),
    ]
    sheet_file = f"{name}{written_for}-lead-sheet.svg"
    pages = sheet(take, reader).pages
    if len(pages) == 1:
        files.append(("lead sheet", sheet_file, "image/svg+xml", lambda: pages[0].encode()))
    else:
        zipped = sheet_file.replace(".svg", ".zip")
        make = sheet(take, reader).file
        files.append(("lead sheet", zipped, "application/zip", lambda: make()[0]))
    files.append(("practice pack", f"{name}-practice.zip", "application/zip", lambda: pack(take)))
    columns = [*st.columns(3), *st.columns(3)]
    for column, (label, file_name, mime, make_file) in zip(columns, files, strict=False):
        column.download_button(
            f"Download {label}",
            make_file,
            file_name,
            mime,
            on_click="ignore",
            disabled=label == "WAV" and bool(piece.silence),
            width="stretch",
            key=f"download_{label}",
            help=_HELP.get(label),
        )
    columns[-1].link_button(
        "Link to this piece",
        to_link(take),
        width="stretch",
        disabled=not take.has_link,
        help="The address of this page brings the same piece back, with the bars that were played "
        "anew."
        if take.has_link
        else "The primer of this piece is too long for an address.",
    )


def _score(take: Take, piece: Piece) -> None:
    with st.expander("Score", expanded=True):
        reader = st.segmented_control(
            "Written for",
            list(_READERS),
            default=_CONCERT,
            key="reader",
            help="The score, the lead sheet and the MusicXML file.",
        )
        score_view(sheet(take, _READERS[reader or _CONCERT]), piece.score, piece.written)
