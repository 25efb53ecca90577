"""The first page: ask for a blues, see what came, take it away."""

from __future__ import annotations

import secrets

import streamlit as st

from lstmmusic.app.text import plain
from lstmmusic.encoding import STYLES
from lstmmusic.errors import InputError
from lstmmusic.generation import INSTRUMENTS, STYLE_SWING, STYLE_TEMPO, Settings, improvise
from lstmmusic.io import format_midi
from lstmmusic.io.notation import format_musicxml
from lstmmusic.score import FORMS

_KEYS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_TYPED, _NETWORK = "typed chords", "played by the network"


@st.cache_data(max_entries=32, show_spinner=False)
def _play(settings: Settings) -> tuple[dict, bytes, bytes]:
    """Report, MIDI and MusicXML of a piece; the same settings are not played twice."""
    found = improvise(settings)
    return found.report, format_midi(found.score), format_musicxml(found.score)


def render() -> None:
    """Draws the page."""
    st.title("Improvise a blues")
    settings = _ask()
    if settings is None:
        st.info("Choose a form and a key, then press Improvise.")
        return
    try:
        with st.spinner("Improvising"):
            report, midi, musicxml = _play(settings)
    except InputError as error:
        st.error(plain(str(error)))
        return
    _show(report, midi, musicxml)


def _ask() -> Settings | None:
    """The form; what was asked last, None before the first press."""
    with st.form("settings"):
        left, middle, right = st.columns(3)
        form = left.selectbox("Form", [*FORMS, _TYPED, _NETWORK], key="form")
        key = middle.selectbox("Key", _KEYS, key="key")
        style = right.selectbox("Style", STYLES, key="style")
        chords = st.text_input(
            "Chords", "| C7 | F7 | C7 | Gm7 C7 |", help="Used with the form 'typed chords'."
        )
        left, middle, right = st.columns(3)
        tempo = left.number_input(
            "Tempo (beats a minute, 0 = by style)", 0, 400, 0, help=_usual(STYLE_TEMPO)
        )
        swing = middle.number_input(
            "Swing (0 = by style)", 0.0, 0.75, 0.0, step=0.01, help=_usual(STYLE_SWING)
        )
        choruses = right.number_input("Choruses", 1, 16, 1)
        left, middle, right = st.columns(3)
        instrument = left.selectbox("Instrument", list(INSTRUMENTS), index=12)
        temperature = middle.slider("Temperature", 0.0, 2.0, 1.0, 0.05)
        seed = right.text_input("Seed (empty = a new one)", "")
        band = st.checkbox("Bass and drums (from rules)", True)
        pressed = st.form_submit_button("Improvise", type="primary")
    if not pressed:
        return st.session_state.get("settings")
    try:
        st.session_state.settings = Settings(
            form=form if form in FORMS else None,
            chords=chords if form == _TYPED else None,
            harmony="model" if form == _NETWORK else "imposed",
            key=key,
            tempo=float(tempo) or None,
            style=style,
            swing=swing or None,
            choruses=int(choruses),
            temperature=temperature,
            instrument=instrument,
            band=band,
            seed=_seed(seed),
        )
    except InputError as error:
        st.session_state.settings = None
        st.error(plain(str(error)))
    return st.session_state.settings


def _usual(table: dict[str, float]) -> str:
    return ", ".join(f"{style}: {value:.3g}" for style, value in table.items())


def _seed(text: str) -> int:
    text = text.strip()
    if not text:
        return secrets.randbelow(2**31)
    if not text.isdecimal() or len(text) > 10:
        raise InputError("seed", "a whole number from 0 to 4294967295", repr(text))
    return int(text)


def _show(report: dict, midi: bytes, musicxml: bytes) -> None:
    source = "played by the network" if report["harmony"] == "model" else "imposed"
    columns = st.columns(4)
    columns[0].metric("Bars", report["bars"])
    columns[1].metric("Notes of melody", report["notes"])
    columns[2].metric("Seconds", f"{report['seconds']:.0f}")
    columns[3].metric("Seed", report["seed"])
    st.caption(
        f"{report['key']}, {report['metre']} at {report['tempo']:g} beats a minute, "
        f"swing {report['swing']:g}. Chords {source}. Melody by the model {report['model']}; "
        "velocities, bass and drums by rules."
    )
    st.code(report["chords"], language=None, wrap_lines=True)
    name = f"blues-{report['key']}-{report['seed']}"
    left, right = st.columns(2)
    left.download_button(
        "Download MIDI", midi, f"{name}.mid", "audio/midi", on_click="ignore", width="stretch"
    )
    right.download_button(
        "Download MusicXML",
        musicxml,
        f"{name}.musicxml",
        "application/vnd.recordare.musicxml+xml",
        on_click="ignore",
        width="stretch",
    )
