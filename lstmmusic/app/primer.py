"""The primer of a piece: a file, notes that are clicked or typed, for the network to go on from.

It is kept as text, so that it travels in the link: the melody with its chords, as a MIDI file.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass, replace

import streamlit as st

from lstmmusic.app.note_grid import Clicked, note_grid, phrase_of
from lstmmusic.app.text import plain
from lstmmusic.encoding import melody_part
from lstmmusic.errors import InputError
from lstmmusic.generation import Settings, as_typed, typed_phrase
from lstmmusic.generation.typed import MAX_CHARACTERS
from lstmmusic.io import READERS, format_midi
from lstmmusic.io.untrusted import parse_untrusted
from lstmmusic.score import Metre, Score

MAX_MIB = 20
_MAX_BYTES = 2**20  # of a primer's MIDI file: a melody is a few kilobytes
_NONE, _KEPT, _FILE = "None", "The one of this piece", "A file"
_CLICKED, _TYPED = "Notes that I click", "Notes that I type"
_METRES = {"4/4": Metre(4, 4), "12/8 (slow)": Metre(12, 8)}


@dataclass(frozen=True)
class Asked:
    """What the piece is to go on from.

    Attributes:
        text: Of the primer, as `as_text` writes it.
        notes: Or these, clicked in that metre.
        metre: Of the clicked notes.
        abc: Or these, typed.
        keep: They open the piece.
        error: Why there is none, in words.
    """

    text: str = ""
    notes: tuple[Clicked, ...] = ()
    metre: Metre = _METRES["4/4"]
    abc: str = ""
    keep: bool = False
    error: str = ""

    @property
    def is_file(self) -> bool:
        """It brings key, tempo and swing of its own."""
        return bool(self.text)

    def settled(self, settings: Settings) -> tuple[Settings, str]:
        """Settings and primer of a piece that goes on from this.

        Raises:
            InputError: There is no primer although one was chosen.
        """
        if self.error:
            raise InputError("primer", *self.error.split("\n", 1))
        if self.abc:
            settings, phrase = typed_phrase(self.abc, settings)
        elif self.notes:
            settings, phrase = as_typed(phrase_of(self.notes, self.metre), settings)
        else:
            return replace(settings, keep_primer=self.keep and bool(self.text)), self.text
        return replace(settings, keep_primer=self.keep), as_text(phrase)


def as_text(score: Score) -> str:
    """A primer as text: what `generate --primer` looks at in a piece, and no more.

    Raises:
        InputError: No melody.

    Example:
        >>> from lstmmusic.score import Note, Part
        >>> text = as_text(Score([Part([Note(0, 1, 60)])]))
        >>> from_text(text).parts[0].notes["pitch"].tolist()
        [60]
    """
    part = melody_part(score)
    if part is None:
        raise InputError("primer", "a piece with a melody", "no pitched notes")
    alone = replace(score, parts=[replace(part, controls=(), bends=())], title="", feel="")
    return base64.urlsafe_b64encode(zlib.compress(format_midi(alone), 9)).decode()


def from_text(text: str) -> Score:
    """The piece of which `as_text` made a text; read in a process of its own, as links may lie.

    Raises:
        InputError: It is none.
    """
    expected = "the text of a primer"
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.urlsafe_b64decode(text), _MAX_BYTES)
    except (binascii.Error, ValueError, zlib.error):
        raise InputError("primer", expected, repr(text[:40])) from None
    if unpacker.unconsumed_tail:
        raise InputError("primer", expected, "a longer one")
    return parse_untrusted(data, "primer.mid")


def ask(now: str, keep: bool) -> Asked:
    """Draws the choice of a primer.

    Args:
        now: The primer of the piece that is shown.
        keep: It opens that piece.
    """
    ways = [_NONE, *([_KEPT] if now else []), _CLICKED, _TYPED, _FILE]
    if st.session_state.get("primer_way") not in ways:
        st.session_state["primer_way"] = _KEPT if now else _NONE
    with st.expander("Go on from a phrase", expanded=bool(now), key="primer"):
        way = st.segmented_control(
            "Primer",
            ways,
            key="primer_way",
            help="The network hears it and goes on from its last phrase, as "
            "`lstmmusic generate --primer`.",
        )
        found = Asked(now) if way == _KEPT else Asked()
        if way == _CLICKED:
            found = _clicked()
        elif way == _TYPED:
            found = _typed()
        elif way == _FILE:
            found = _uploaded()
        if way in (None, _NONE):
            return Asked()
        kept = st.checkbox("The piece begins with it", keep if now else True, key="keep_primer")
    return replace(found, keep=kept)


def follow(text: str) -> None:
    """Another piece is shown: its primer is the one that is offered, unless it is here already."""
    if text != st.session_state.get("primer_asked", ""):
        st.session_state["primer_way"] = _KEPT if text else _NONE
        st.session_state["primer_asked"] = text


def _clicked() -> Asked:
    name = st.segmented_control(
        "Metre of the phrase", list(_METRES), default="4/4", key="grid_metre"
    )
    metre = _METRES[name or "4/4"]
    notes = note_grid(metre)
    st.caption("Two bars, a column an eighth. Off-beats swing as the style does.")
    return Asked(notes=notes, metre=metre, error="" if notes else "notes that are clicked\nnone")


def _typed() -> Asked:
    text = st.text_input(
        "Notes in ABC",
        key="primer_abc",
        placeholder="G _B c2 | z2 _e =e c4",
        max_chars=MAX_CHARACTERS,
        help="Letters are notes, small ones an octave higher; ^ is sharp, _ flat, = natural; a "
        "number is a length in eighths, z a rest. Sharps and flats of the key need no sign. As "
        "`lstmmusic generate --phrase`.",
    )
    return Asked(abc=text, error="" if text else "notes that are typed\nnone")


def _uploaded() -> Asked:
    file = st.file_uploader(
        "MIDI, MusicXML or ABC",
        [suffix.removeprefix(".") for suffix in READERS],
        max_upload_size=MAX_MIB,
        key="primer_file",
        help="Only its melody, chords, key and tempo are looked at.",
    )
    if file is None:
        return Asked(error="a file\nnone")
    try:
        with st.spinner("Reading"):
            text = _read(file.name, file.getvalue())
    except InputError as error:
        st.error(plain(str(error)))
        return Asked(error=f"{error.expected}\n{error.received}")
    return Asked(text)


@st.cache_data(max_entries=8, show_spinner=False)
def _read(name: str, data: bytes) -> str:
    return as_text(parse_untrusted(data, name))
