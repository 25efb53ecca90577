"""What can be asked of an improvisation, as a form: the usual few in view, the rest below."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from lstmmusic.app.share import MAX_LENGTH
from lstmmusic.app.text import plain
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
from lstmmusic.generation.plan import usual_of
from lstmmusic.generation.settings import MAX_BARS, MAX_CHORUSES, MAX_PICKUP
from lstmmusic.player import DEFAULT_MODEL, StoredModel, model_folder, read_card, shipped_models
from lstmmusic.score import FORMS, Key, Metre

_KEYS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_USUAL, _TYPED, _NETWORK = "As usual in the key", "Typed chords", "Chords by the network"
_OWN, _OF_MODEL = "As in the primer", "As usual in the model"
_EXAMPLE = "| C7 | F7 | C7 | Gm7 C7 | F7 | F#dim7 | C7 | A7 | Dm7 | G7 | C7 A7 | Dm7 G7 |"
_ENDINGS = {
    "": "The last chord, held",
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
        style: That it plays where none is asked for.
        tempo: Felt beats a minute, in that style.
        swing: The same; of the band alone where the feel is usual.
        tells_copies: The music that it heard is at hand, to look for copies in.
    """

    metres: tuple[str, ...] = ()
    has_harmony: bool = True
    has_feel: bool = False
    feel_is_usual: bool = False
    answer: float = 0.0
    style: str = "shuffle"
    tempo: float = STYLE_TEMPO["shuffle"]
    swing: float = STYLE_SWING["shuffle"]
    tells_copies: bool = False

    @classmethod
    def of(cls, model: str) -> Known:
        """From the card of a model; the usual where it cannot be read, which playing then tells."""
        try:
            card = read_card(shipped_models().get(model) or model_folder(model))
            networks, metres = card["networks"], tuple(card["knows"]["metres"])
            usual = card["knows"].get("usual", {}).values()
            feel_is_usual = any(row.get("feel") == LEARNED for row in usual)
            answer = float(card["knows"].get("answer", 0.0))
            usually = usual_of(
                Settings(),
                StoredModel(model, card, {}),
                Metre() if str(Metre()) in metres else Metre.parse(metres[0]),
            )
        except (InputError, IndexError, KeyError, TypeError, ValueError):
            return cls()
        has_harmony, has_feel = "harmony" in networks, "feel" in networks
        plays = (usually.style, usually.tempo, usually.swing)
        copies = model == DEFAULT_MODEL
        return cls(metres, has_harmony, has_feel, feel_is_usual, answer, *plays, copies)

    @property
    def tempos(self) -> dict[str, float]:
        """Style -> felt beats a minute, as usual."""
        return {**STYLE_TEMPO, self.style: self.tempo}

    @property
    def swings(self) -> dict[str, float]:
        """Style -> share of the beat, as usual."""
        return {**STYLE_SWING, self.style: self.swing}

    def __str__(self) -> str:
        """What it plays where nothing is asked, for people."""
        swing = f"swing {self.swing:.3g}"
        if self.feel_is_usual:
            swing = f"the melody in time as players place it, the band with {swing}"
        return f"As usual it plays {self.style}, {self.tempo:g} beats a minute; {swing}."


class Keys:
    """Names of the controls: a control keeps its value as long as it keeps its name.

    Those that a primer of its own kind speaks for get other names with another primer.

    Args:
        piece: Number of the piece that the form began with.
        own: A primer that brings a key, a style and a tempo, as text; empty for none.
    """

    def __init__(self, piece: int, own: str) -> None:
        self.piece, self.own = piece, own

    def of(self, name: str) -> str:
        """Of any control."""
        return f"ask_{name}_{self.piece}"

    def of_own(self, name: str) -> str:
        """Of one that a primer speaks for."""
        return f"{self.of(name)}_{zlib.crc32(self.own.encode()):08x}" if self.own else self.of(name)


def ask(usual: Settings, known: Known, keys: Keys) -> Settings | None:
    """Draws the form.

    Another model changes what is as usual, never what someone has chosen: controls that are left
    as they are say "as usual", and the others keep their values.

    Args:
        usual: What stands in it at first.
        known: What the model can be asked for.
        keys: Other ones draw another form.

    Returns:
        What is asked, if the button was pressed just now.

    Raises:
        InputError: What is asked is none of that, or does not fit together.
    """
    if usual.metre is not None and known.metres and usual.metre not in known.metres:
        st.caption(
            f"The piece below is in {plain(usual.metre)}; this model knows "
            f"{', '.join(known.metres)} alone."
        )
    with st.form("ask"):
        few = _few(usual, known, keys)
        with st.expander("More", expanded=_asks_more(usual)):
            more = _more(usual, known, keys)
        pressed = st.form_submit_button("Improvise", type="primary")
    return _settings(usual.model, few, more) if pressed else None


def _few(usual: Settings, known: Known, keys: Keys) -> dict[str, Any]:
    left, middle, right = st.columns(3)
    forms = [_USUAL, *FORMS, _TYPED, *([_NETWORK] if known.has_harmony else [])]
    now = _form_name(usual)
    key = Key.parse(usual.key or "C")
    tonics: list[str] = [*([_OWN] if keys.own else []), *_KEYS]
    styles: list[str] = [_OWN if keys.own else _OF_MODEL, *STYLES]
    style = usual.style or known.style
    chosen = usual.key is not None or not keys.own
    found: dict[str, Any] = {
        "form": left.selectbox(
            "Form", forms, forms.index(now) if now in forms else 0, key=keys.of("form")
        ),
        "key": middle.selectbox(
            "Key",
            tonics,
            tonics.index(_tonic(key)) if chosen else 0,
            key=keys.of_own("key"),
        ),
        "style": right.selectbox(
            "Style",
            styles,
            styles.index(usual.style) if usual.style else 0,
            key=keys.of_own("style"),
        ),
        "chords": st.text_input(
            "Chords, for the form 'Typed chords'",
            usual.chords or _EXAMPLE,
            max_chars=MAX_LENGTH,
            key=keys.of("chords"),
        ),
    }
    left, middle, right = st.columns(3)
    found["tempo"] = _optional(
        left,
        "Tempo in beats a minute",
        (20, 400),
        int(usual.tempo) if usual.tempo else None,
        placeholder="as in the primer"
        if keys.own
        else f"usual in {style}: {known.tempos[style]:g}",
        help=f"As usual: {_by_style(known.tempos)}.",
        key=keys.of_own("tempo"),
    )
    found["swing"] = _optional(
        middle,
        "Swing",
        (0.5, 0.75),
        usual.asked_swing,
        step=0.01,
        format="%.3f",
        placeholder="as in the primer" if keys.own else _usual_swing(known, style),
        help="Share of the beat before the off-beat: 0.5 straight, 0.667 a triplet. "
        f"As usual: {_by_style(known.swings)}.",
        key=keys.of_own("swing"),
    )
    found["choruses"] = right.number_input(
        "Choruses", 1, MAX_CHORUSES, usual.choruses or 1, key=keys.of("choruses")
    )
    left, middle, right = st.columns(3)
    instruments = list(dict.fromkeys([*INSTRUMENTS, usual.instrument]))
    found["instrument"] = left.selectbox(
        "Instrument", instruments, instruments.index(usual.instrument), key=keys.of("instrument")
    )
    found["temperature"] = middle.slider(
        "Temperature",
        0.0,
        2.0,
        min(usual.temperature, 2.0),
        0.05,
        help="0: the likeliest notes; 1: as learnt; more: wilder.",
        key=keys.of("temperature"),
    )
    found["seed"] = right.text_input(
        "Seed",
        "",
        placeholder="a new one each time",
        help="The same seed and settings give the same music.",
        max_chars=10,
    )
    left, middle, right = st.columns(3)
    found["is_minor"] = left.checkbox("Minor key", key.is_minor, key=keys.of_own("minor"))
    found["band"] = middle.checkbox("Band (from rules)", usual.band, key=keys.of("band"))
    found["count_in"] = right.checkbox("Count-in", usual.count_in, key=keys.of("count_in"))
    return found


def _optional(
    column: Any, label: str, span: tuple[Any, Any], now: float | None, *, key: str, **more: Any
) -> Any:
    """A number that may be left out.

    What stands in it at first is not its default: to that it would go back once it is emptied.
    """
    st.session_state.setdefault(key, now)
    return column.number_input(label, *span, value=None, key=key, **more)


def _usual_swing(known: Known, style: str) -> str:
    if known.feel_is_usual and style == known.style:
        return "as the players placed it"
    return f"usual in {style}: {known.swings[style]:.3g}"


def _more(usual: Settings, known: Known, keys: Keys) -> dict[str, Any]:
    found: dict[str, Any] = {}
    st.markdown("**Shape**")
    left, middle, right = st.columns(3)
    found["bars"] = _optional(
        left,
        "Bars",
        (1, MAX_BARS),
        usual.bars,
        placeholder="as many as the choruses have",
        help="The length in bars. It goes before the number of choruses.",
        key=keys.of("bars"),
    )
    metre = None
    if len(known.metres) > 1:
        metres = ["", *known.metres]
        metre = middle.selectbox(
            "Metre",
            metres,
            metres.index(usual.metre) if usual.metre in metres else 0,
            format_func=lambda name: name or "As usual in the style",
            help="Those that the model knows.",
            key=keys.of_own("metre"),
        )
    found["metre"] = metre
    found["pickup"] = right.number_input(
        "Pickup in felt beats",
        0,
        MAX_PICKUP,
        usual.pickup,
        help="The melody begins so many beats before bar 1; less than a bar.",
        key=keys.of("pickup"),
    )
    left, middle, right = st.columns(3)
    endings = ["", *ENDINGS]
    found["ending"] = left.selectbox(
        "Ending",
        endings,
        endings.index(usual.ending or ""),
        format_func=lambda name: _ENDINGS[name],
        key=keys.of("ending"),
    )
    turns = ["", *TURNAROUNDS]
    found["turnaround"] = middle.selectbox(
        "Turnaround",
        turns,
        turns.index(usual.turnaround or ""),
        format_func=lambda name: f"{name}: {TURNAROUNDS[name]}" if name else "As in the form",
        help="The last two bars of every chorus but the last.",
        key=keys.of("turnaround"),
    )
    found["stop_time"] = right.text_input(
        "Stop-time choruses",
        usual.stop_time or "",
        placeholder="none",
        max_chars=40,
        help="In the first line of these choruses the band strikes beat one alone: 1, 2-3 or all.",
        key=keys.of("stop_time"),
    )
    st.markdown("**Melody**")
    left, middle, right = st.columns(3)
    found["answer"] = _optional(
        left,
        "Answer",
        (0.0, 1.0),
        None if usual.answer is None else float(usual.answer),
        step=0.05,
        placeholder=f"usual in the model: {known.answer:g}",
        help="How like line one (bars 1 to 4) line two is: 0 leaves all to the network, 1 repeats "
        "its rhythm exactly.",
        key=keys.of("answer"),
    )
    found["bends"] = middle.slider(
        "Bends",
        0.0,
        1.0,
        float(usual.bends),
        0.05,
        help="Share of the suitable notes that are scooped or curled, by rules; not on keyboards.",
        key=keys.of("bends"),
    )
    found["range"] = right.text_input(
        "Range",
        usual.range or "",
        placeholder="as usual in the model",
        max_chars=20,
        help="The lowest and the highest note, an octave apart at least: A3-D6, or 57-86.",
        key=keys.of("range"),
    )
    left, middle, right = st.columns(3)
    found["density"] = _optional(
        left,
        "Density in notes a bar",
        (0.5, 16.0),
        None if usual.density is None else float(usual.density),
        step=0.5,
        placeholder="as usual in the style",
        help="What the melody aims at.",
        key=keys.of("density"),
    )
    found["top_p"] = middle.number_input(
        "Top-p",
        0.01,
        1.0,
        min(max(usual.top_p, 0.01), 1.0),
        0.01,
        help="The likeliest choices that have this probability together are kept; 1 keeps all.",
        key=keys.of("top_p"),
    )
    found["top_k"] = right.number_input(
        "Top-k",
        0,
        _MOST_NOTES,
        min(max(usual.top_k, 0), _MOST_NOTES),
        help="So many of the likeliest choices are kept; 0 keeps all.",
        key=keys.of("top_k"),
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
        key=keys.of("learned"),
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
        metre=more["metre"] or None,
        style=few["style"] if few["style"] in STYLES else None,
        swing=LEARNED if more["learned"] else swing,
        choruses=None if more["bars"] else int(few["choruses"]),
        bars=int(more["bars"]) if more["bars"] else None,
        temperature=few["temperature"],
        top_p=more["top_p"],
        top_k=int(more["top_k"]),
        density=more["density"],
        range=more["range"].strip() or None,
        answer=more["answer"],
        ending=more["ending"] or None,
        turnaround=more["turnaround"] or None,
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
