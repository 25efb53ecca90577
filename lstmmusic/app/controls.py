"""What can be asked of an improvisation, as a form: the usual few in view, the rest below."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from lstmmusic.app.share import MAX_LENGTH
from lstmmusic.encoding import STYLES
from lstmmusic.errors import InputError
from lstmmusic.generation import (
    ENDINGS,
    INSTRUMENTS,
    LEARNED,
    STYLE_SWING,
    STYLE_TEMPO,
    TURNAROUNDS,
    Settings,
)
from lstmmusic.generation.settings import MAX_BARS, MAX_CHORUSES, MAX_PICKUP
from lstmmusic.player import model_folder, read_card, shipped_models
from lstmmusic.score import FORMS, Key

_KEYS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_USUAL, _TYPED, _NETWORK = "As usual in the key", "Typed chords", "Chords by the network"
_OWN = "As in the primer"
_EXAMPLE = "| C7 | F7 | C7 | Gm7 C7 | F7 | F#dim7 | C7 | A7 | Dm7 | G7 | C7 A7 | Dm7 G7 |"
_ENDINGS: dict[str | None, str] = {
    None: "The last chord, held",
    "tag": "Tag: the last line once more",
    "turnaround": "Turnaround: a lick, then V-I",
    "stop": "Stop: the band is silent before the end",
}
_MOST_NOTES = 10_000  # that top-k may keep: more than any network chooses among


@dataclass(frozen=True)
class Known:
    """What a model can be asked for.

    Attributes:
        metres: That it knows.
        has_harmony: It plays chords.
        has_feel: It has heard how players place notes in time.
        feel_is_usual: It places them so wherever no swing is asked for.
        answer: How like line one line two usually is.
    """

    metres: tuple[str, ...] = ()
    has_harmony: bool = True
    has_feel: bool = False
    feel_is_usual: bool = False
    answer: float = 0.0

    @classmethod
    def of(cls, model: str) -> Known:
        """From the card of a model; the usual where it cannot be read, which playing then tells."""
        try:
            card = read_card(shipped_models().get(model) or model_folder(model))
            networks, metres = card["networks"], tuple(card["knows"]["metres"])
            usual = card["knows"].get("usual", {}).values()
            feel_is_usual = any(row.get("feel") == LEARNED for row in usual)
            answer = float(card["knows"].get("answer", 0.0))
        except (InputError, KeyError, TypeError, ValueError):
            return cls()
        return cls(metres, "harmony" in networks, "feel" in networks, feel_is_usual, answer)


def ask(usual: Settings, known: Known, has_own: bool = False) -> Settings | None:
    """Draws the form.

    Args:
        usual: What stands in it at first.
        known: What the model can be asked for.
        has_own: There is a primer with a key and a style of its own, which may be kept.

    Returns:
        What is asked, if the button was pressed just now.

    Raises:
        InputError: What is asked is none of that, or does not fit together.
    """
    with st.form("ask"):
        few = _few(usual, known, has_own)
        with st.expander("More", expanded=_asks_more(usual)):
            more = _more(usual, known)
        pressed = st.form_submit_button("Improvise", type="primary")
    return _settings(usual.model, few, more) if pressed else None


def _few(usual: Settings, known: Known, has_own: bool) -> dict[str, Any]:
    left, middle, right = st.columns(3)
    forms = [_USUAL, *FORMS, _TYPED, *([_NETWORK] if known.has_harmony else [])]
    now = _form_name(usual)
    key = Key.parse(usual.key or "C")
    keys: list[str] = [*([_OWN] if has_own else []), *_KEYS]
    styles: list[str] = [*([_OWN] if has_own else []), *STYLES]
    chosen = usual.key is not None or not has_own
    found: dict[str, Any] = {
        "form": left.selectbox("Form", forms, forms.index(now) if now in forms else 0),
        "key": middle.selectbox("Key", keys, keys.index(_tonic(key)) if chosen else 0),
        "style": right.selectbox(
            "Style", styles, styles.index(usual.style or (_OWN if has_own else "shuffle"))
        ),
        "chords": st.text_input(
            "Chords, for the form 'Typed chords'", usual.chords or _EXAMPLE, max_chars=MAX_LENGTH
        ),
    }
    left, middle, right = st.columns(3)
    found["tempo"] = left.number_input(
        "Tempo in beats a minute",
        20,
        400,
        int(usual.tempo) if usual.tempo else None,
        placeholder="as usual in the style",
        help=_by_style(STYLE_TEMPO),
    )
    found["swing"] = middle.number_input(
        "Swing",
        0.5,
        0.75,
        usual.asked_swing,
        0.01,
        format="%.3f",
        placeholder="as usual in the style",
        help="Share of the beat before the off-beat: 0.5 straight, 0.667 a triplet. "
        f"As usual: {_by_style(STYLE_SWING)}.",
    )
    found["choruses"] = right.number_input("Choruses", 1, MAX_CHORUSES, usual.choruses or 1)
    left, middle, right = st.columns(3)
    instruments = list(dict.fromkeys([*INSTRUMENTS, usual.instrument]))
    found["instrument"] = left.selectbox(
        "Instrument", instruments, instruments.index(usual.instrument)
    )
    found["temperature"] = middle.slider(
        "Temperature",
        0.0,
        2.0,
        min(usual.temperature, 2.0),
        0.05,
        help="0: the likeliest notes; 1: as learnt; more: wilder.",
    )
    found["seed"] = right.text_input(
        "Seed",
        "",
        placeholder="a new one each time",
        help="The same seed and settings give the same music.",
        max_chars=10,
    )
    left, middle, right = st.columns(3)
    found["is_minor"] = left.checkbox("Minor key", key.is_minor)
    found["band"] = middle.checkbox("Band (from rules)", usual.band)
    found["count_in"] = right.checkbox("Count-in", usual.count_in)
    return found


def _more(usual: Settings, known: Known) -> dict[str, Any]:
    found: dict[str, Any] = {}
    st.markdown("**Shape**")
    left, middle, right = st.columns(3)
    found["bars"] = left.number_input(
        "Bars",
        1,
        MAX_BARS,
        usual.bars,
        placeholder="as many as the choruses have",
        help="The length in bars. It goes before the number of choruses.",
    )
    metre = None
    if len(known.metres) > 1:
        metres = [None, *known.metres]
        metre = middle.selectbox(
            "Metre",
            metres,
            metres.index(usual.metre) if usual.metre in metres else 0,
            format_func=lambda name: name or "As usual in the style",
            help="Those that the model knows.",
        )
    found["metre"] = metre
    found["pickup"] = right.number_input(
        "Pickup in felt beats",
        0,
        MAX_PICKUP,
        usual.pickup,
        help="The melody begins so many beats before bar 1; less than a bar.",
    )
    left, middle, right = st.columns(3)
    endings = [None, *ENDINGS]
    found["ending"] = left.selectbox(
        "Ending",
        endings,
        endings.index(usual.ending),
        format_func=lambda name: _ENDINGS[name],
    )
    turns = [None, *TURNAROUNDS]
    found["turnaround"] = middle.selectbox(
        "Turnaround",
        turns,
        turns.index(usual.turnaround),
        format_func=lambda name: f"{name}: {TURNAROUNDS[name]}" if name else "As in the form",
        help="The last two bars of every chorus but the last.",
    )
    found["stop_time"] = right.text_input(
        "Stop-time choruses",
        usual.stop_time or "",
        placeholder="none",
        max_chars=40,
        help="In the first line of these choruses the band strikes beat one alone: 1, 2-3 or all.",
    )
    st.markdown("**Melody**")
    left, middle, right = st.columns(3)
    answer = left.slider(
        "Answer",
        0.0,
        1.0,
        known.answer if usual.answer is None else float(usual.answer),
        0.05,
        help="How like line one (bars 1 to 4) line two is: 0 leaves all to the network, 1 repeats "
        "its rhythm exactly.",
    )
    found["answer"] = None if answer == known.answer else answer
    found["bends"] = middle.slider(
        "Bends",
        0.0,
        1.0,
        float(usual.bends),
        0.05,
        help="Share of the suitable notes that are scooped or curled, by rules; not on keyboards.",
    )
    found["range"] = right.text_input(
        "Range",
        usual.range or "",
        placeholder="as usual in the model",
        max_chars=20,
        help="The lowest and the highest note, an octave apart at least: A3-D6, or 57-86.",
    )
    left, middle, right = st.columns(3)
    found["density"] = left.number_input(
        "Density in notes a bar",
        0.5,
        16.0,
        usual.density,
        0.5,
        placeholder="as usual in the style",
        help="What the melody aims at.",
    )
    found["top_p"] = middle.number_input(
        "Top-p",
        0.01,
        1.0,
        min(max(usual.top_p, 0.01), 1.0),
        0.01,
        help="The likeliest choices that have this probability together are kept; 1 keeps all.",
    )
    found["top_k"] = right.number_input(
        "Top-k",
        0,
        _MOST_NOTES,
        min(max(usual.top_k, 0), _MOST_NOTES),
        help="So many of the likeliest choices are kept; 0 keeps all.",
    )
    if known.feel_is_usual:
        st.caption(
            "The melody lies in time as the players did that the model has heard; "
            "with a swing asked for, by rule."
        )
    found["learned"] = (known.has_feel and not known.feel_is_usual) and st.checkbox(
        "Learned swing",
        usual.swing == LEARNED,
        help="The melody lies in time as the players did that the model has heard; the band "
        "swings as usual in the style.",
    )
    return found


def _settings(model: str, few: Mapping[str, Any], more: Mapping[str, Any]) -> Settings:
    form, swing = few["form"], few["swing"]
    if more["learned"] and swing is not None:
        raise InputError("swing", "a share or learned swing", "both")
    return Settings(
        model=model,
        form=form if form in FORMS else None,
        chords=few["chords"] if form == _TYPED else None,
        harmony="model" if form == _NETWORK else "imposed",
        key=None if few["key"] == _OWN else few["key"] + ("m" if few["is_minor"] else ""),
        tempo=float(few["tempo"]) if few["tempo"] else None,
        metre=more["metre"],
        style=None if few["style"] == _OWN else few["style"],
        swing=LEARNED if more["learned"] else swing,
        choruses=None if more["bars"] else int(few["choruses"]),
        bars=int(more["bars"]) if more["bars"] else None,
        temperature=few["temperature"],
        top_p=more["top_p"],
        top_k=int(more["top_k"]),
        density=more["density"],
        range=more["range"].strip() or None,
        answer=more["answer"],
        ending=more["ending"],
        turnaround=more["turnaround"],
        stop_time=more["stop_time"].strip() or None,
        pickup=int(more["pickup"]),
        instrument=few["instrument"],
        bends=more["bends"],
        band=few["band"],
        count_in=few["count_in"],
        seed=_seed(few["seed"]),
    )


def _asks_more(settings: Settings) -> bool:
    """True where something is asked that is not among the usual few."""
    names = ("bars", "metre", "pickup", "ending", "turnaround", "stop_time")
    names += ("answer", "bends", "range", "density", "top_p", "top_k")
    plain = replace(settings, **{name: getattr(Settings, name) for name in names})
    return plain != settings or settings.swing == LEARNED


def _form_name(settings: Settings) -> str:
    if settings.chords is not None:
        return _TYPED
    return _NETWORK if settings.harmony == "model" else settings.form or _USUAL


def _tonic(key: Key) -> str:
    """The name in the list for the tonic of a key."""
    return _KEYS[key.pitch_class]


def _by_style(table: Mapping[str, float]) -> str:
    return ", ".join(f"{style} {value:.3g}" for style, value in table.items())


def _seed(text: str) -> int:
    text = text.strip()
    if not text:
        return secrets.randbelow(2**31)
    if not (text.isascii() and text.isdecimal()):
        raise InputError("seed", "a whole number from 0 to 4294967295", repr(text))
    return int(text)
