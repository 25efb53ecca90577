"""The first page: ask for a blues, hear it, see it, take it away."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from lstmmusic.app.job_view import is_local
from lstmmusic.app.piano_roll import piano_roll
from lstmmusic.app.share import MAX_LENGTH, from_query, to_link, to_query
from lstmmusic.app.sounding import stems_of
from lstmmusic.app.text import plain
from lstmmusic.encoding import STYLES
from lstmmusic.errors import ChordError, InputError
from lstmmusic.generation import INSTRUMENTS, STYLE_SWING, STYLE_TEMPO, Settings, improvise
from lstmmusic.generation.settings import MAX_CHORUSES
from lstmmusic.io import format_midi
from lstmmusic.io.engraving import engrave
from lstmmusic.io.notation_write import format_musicxml
from lstmmusic.io.sound import format_sound
from lstmmusic.io.sound import render as render_sound
from lstmmusic.player import DEFAULT_MODEL, shipped_models, user_models
from lstmmusic.score import FORMS, Key, Score, parse_chart

_KEYS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_USUAL, _TYPED, _NETWORK = "As usual in the key", "Typed chords", "Chords by the network"
_EXAMPLE = "| C7 | F7 | C7 | Gm7 C7 | F7 | F#dim7 | C7 | A7 | Dm7 | G7 | C7 A7 | Dm7 G7 |"


@dataclass(frozen=True)
class _Piece:
    """One piece in all the shapes the page needs, but for what is made on demand."""

    score: Score
    written: Score
    report: dict
    midi: bytes
    stems: tuple[bytes, ...]
    silence: str


@st.cache_resource(max_entries=16, show_spinner=False)
def _play(settings: Settings) -> _Piece:
    """The same settings are not played twice."""
    found = improvise(settings)
    sounds, silence = stems_of(found.score)
    midi = format_midi(found.score)
    return _Piece(found.score, found.written, found.report, midi, sounds, silence)


@st.cache_data(max_entries=16, show_spinner=False)
def _pages(settings: Settings) -> list[str]:
    """The engraved score."""
    return engrave(_play(settings).written)


def render() -> None:
    """Draws the page."""
    st.set_page_config("Improvise a blues", layout="wide")
    st.title("Improvise a blues")
    try:
        linked = from_query(st.query_params.to_dict(), _models(DEFAULT_MODEL))
    except InputError as error:
        linked = None
        st.error(f"The link asks for something that cannot be done. {plain(str(error))}")
    settings = _ask(linked)
    if settings is None:
        st.info("Choose a form and a key, then press **Improvise**. Everything has a usual value.")
        return
    try:
        with st.spinner("Improvising"):
            piece = _play(settings)
    except InputError as error:
        st.error(plain(str(error)))
        return
    st.query_params.from_dict(to_query(settings))
    _show(settings, piece, autoplay=st.session_state.pop("autoplay", False))


def _ask(linked: Settings | None) -> Settings | None:
    """The form. What was asked last; else what the link asks for; None before the first press."""
    usual = st.session_state.get("settings") or linked or Settings()
    with st.form("ask"):
        models = _models(usual.model)
        if st.session_state.get("model") not in models:
            st.session_state["model"] = usual.model
        # One choice is none; what was trained here is offered beside what is shipped.
        model = DEFAULT_MODEL
        if len(models) > 1:
            model = st.selectbox(
                "Model", list(models), key="model", format_func=lambda name: models[name]
            )
        left, middle, right = st.columns(3)
        forms = [_USUAL, *FORMS, _TYPED, _NETWORK]
        form = left.selectbox("Form", forms, index=forms.index(_form_name(usual)))
        tonic = _KEYS.index(_tonic(usual))
        key = middle.selectbox("Key", _KEYS, index=tonic)
        minor = usual.key is not None and Key.parse(usual.key).is_minor
        style = right.selectbox("Style", STYLES, index=STYLES.index(usual.style or "shuffle"))
        chords = st.text_input(
            "Chords, for the form 'Typed chords'", usual.chords or _EXAMPLE, max_chars=MAX_LENGTH
        )
        left, middle, right = st.columns(3)
        tempo = left.number_input(
            "Tempo in beats a minute",
            20,
            400,
            int(usual.tempo) if usual.tempo else None,
            placeholder="as usual in the style",
            help=_usual(STYLE_TEMPO),
        )
        swing = middle.number_input(
            "Swing",
            0.5,
            0.75,
            usual.asked_swing,
            0.01,
            format="%.3f",
            placeholder="as usual in the style",
            help="Share of the beat before the off-beat: 0.5 straight, 0.667 a triplet. "
            f"As usual: {_usual(STYLE_SWING)}.",
        )
        choruses = right.number_input("Choruses", 1, MAX_CHORUSES, usual.choruses or 1)
        left, middle, right = st.columns(3)
        instruments = list(INSTRUMENTS)
        instrument = left.selectbox(
            "Instrument", instruments, index=instruments.index(_instrument(usual))
        )
        temperature = middle.slider(
            "Temperature",
            0.0,
            2.0,
            usual.temperature,
            0.05,
            help="0: the likeliest notes; 1: as learnt; more: wilder.",
        )
        seed = right.text_input(
            "Seed",
            "",
            placeholder="a new one each time",
            help="The same seed and settings give the same music.",
            max_chars=10,
        )
        left, middle, right = st.columns(3)
        is_minor = left.checkbox("Minor key", minor)
        band = middle.checkbox("Band (from rules)", usual.band)
        counted = right.checkbox("Count-in", usual.count_in)
        pressed = st.form_submit_button("Improvise", type="primary")
    if not pressed:
        return st.session_state.get("settings", linked)
    st.session_state.settings = None
    try:
        if form == _TYPED:
            parse_chart(chords)
        st.session_state.settings = Settings(
            model=model,
            form=form if form in FORMS else None,
            chords=chords if form == _TYPED else None,
            harmony="model" if form == _NETWORK else "imposed",
            key=key + ("m" if is_minor else ""),
            tempo=float(tempo) if tempo else None,
            style=style,
            swing=swing,
            choruses=int(choruses),
            temperature=temperature,
            instrument=instrument,
            band=band,
            count_in=counted,
            seed=_seed(seed),
        )
        st.session_state.autoplay = True
    except ChordError as error:
        st.error(plain(str(error)))
        st.code(f"{chords}\n{' ' * (error.column - 1)}^", language=None)
    except InputError as error:
        st.error(plain(str(error)))
    return st.session_state.settings


def _models(chosen: str) -> dict[str, str]:
    """Name or folder -> what it is called: shipped, the user's, and the one that is chosen."""
    names = [*shipped_models(), *(user_models() if is_local() else ())]
    found = {name: name for name in names}
    asked = st.session_state.get("model") or chosen
    for folder in (chosen, asked):  # one that was trained on uploads has a folder of its own
        found.setdefault(folder, Path(folder).name)
    return found


def _form_name(settings: Settings) -> str:
    if settings.chords is not None:
        return _TYPED
    return _NETWORK if settings.harmony == "model" else settings.form or _USUAL


def _tonic(settings: Settings) -> str:
    """The name in the list for the tonic of a key."""
    return _KEYS[Key.parse(settings.key or "C").pitch_class]


def _instrument(settings: Settings) -> str:
    return settings.instrument if settings.instrument in INSTRUMENTS else Settings.instrument


def _usual(table: dict[str, float]) -> str:
    return ", ".join(f"{style} {value:.3g}" for style, value in table.items())


def _seed(text: str) -> int:
    text = text.strip()
    if not text:
        return secrets.randbelow(2**31)
    if not (text.isascii() and text.isdecimal()):
        raise InputError("seed", "a whole number from 0 to 4294967295", repr(text))
    return int(text)


def _show(settings: Settings, piece: _Piece, autoplay: bool) -> None:
    report = piece.report
    source = "by the network" if report["harmony"] == "model" else "imposed"
    st.caption(
        f"{report['bars']} bars in {report['key']}, {report['metre']} at {report['tempo']:g} beats "
        f"a minute, swing {report['swing']:g}, seed {report['seed']}. Chords {source}; melody by "
        f"the model {report['model']}; velocities and band by rules."
    )
    if piece.silence:
        st.warning(plain(piece.silence))
    piano_roll(piece.score, piece.stems, silence="no sound here", autoplay=autoplay)
    _offer(settings, piece)
    with st.expander("Score", expanded=True):
        for page in _pages(settings):
            st.image(page, width="stretch")


def _offer(settings: Settings, piece: _Piece) -> None:
    name = f"blues-{piece.report['key'].replace('#', 'sharp')}-{piece.report['seed']}"
    columns = st.columns(4)
    # Functions, so that a file is made when it is asked for.
    files = [
        ("MIDI", lambda: piece.midi, "mid", "audio/midi"),
        (
            "MusicXML",
            lambda: format_musicxml(piece.written),
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
        to_link(settings),
        width="stretch",
        help="The address of this page brings the same piece back.",
    )
