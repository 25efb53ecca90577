"""Blues forms: twelve bars and their relatives, in every key.

A form is written in Roman numerals, upper case for a major third, lower case for a minor one.
A bare I, IV, V and every other bare upper-case numeral is a dominant seventh, a bare lower-case
numeral a minor seventh; `dim` is a diminished seventh, `ø` half-diminished.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lstmmusic.errors import InputError
from lstmmusic.score.chart import Bar
from lstmmusic.score.chord import Chord
from lstmmusic.score.key import Key

_NUMERAL = re.compile(r"(b|#)?(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(.*)")
_DEGREES = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_SUFFIXES = {"dim": "dim7", "ø": "m7b5", "7": "7", "maj7": "maj7"}


@dataclass(frozen=True)
class Form:
    """A chord form.

    Args:
        name: As the command line and the app call it.
        chart: Roman numerals; bars parted by `|`, two numerals in one bar share it.
        ending: What replaces the last bars of the last chorus, so that it ends on the tonic.
        mode: `major` or `minor`.

    Example:
        >>> from lstmmusic.score.chart import format_chart
        >>> format_chart(FORMS["eight-bar"].bars(Key("C"), last=False))
        '| C7 | G7 | F7 | F7 | C7 | G7 | C7 | G7 |'
    """

    name: str
    chart: str
    ending: str = "I"
    mode: str = "major"

    @property
    def n_bars(self) -> int:
        """Bars in one chorus."""
        return self.chart.count("|") + 1

    def key(self, key: Key) -> Key:
        """The key in which the form is played: a minor form takes the tonic's minor."""
        return Key(key.tonic, self.mode)

    def bars(self, key: Key, last: bool = True) -> tuple[Bar, ...]:
        """The chords of one chorus.

        Args:
            key: Its tonic counts; the mode is the form's.
            last: True for the chorus that ends the piece; inner ones turn round as the chart says.
        """
        cells = [cell.split() for cell in self.chart.split("|")]
        if last:
            ending = [cell.split() for cell in self.ending.split("|")]
            cells = cells[: -len(ending)] + ending
        key = self.key(key)
        return tuple(tuple(_chord(numeral, key) for numeral in cell) for cell in cells)

    def chart_for(self, key: Key, n_choruses: int) -> tuple[Bar, ...]:
        """The chords of several choruses, the last one ending on the tonic."""
        inner = self.bars(key, last=False) * (n_choruses - 1)
        return inner + self.bars(key)


def _chord(numeral: str, key: Key) -> Chord:
    match = _NUMERAL.fullmatch(numeral)
    if match is None:
        raise ValueError(f"not a Roman numeral: {numeral!r}")
    accidental, degree, suffix = match.groups()
    shift = {"b": -1, "#": 1, None: 0}[accidental]
    pitch_class = (key.pitch_class + _DEGREES[degree.upper()] + shift) % 12
    quality = _SUFFIXES[suffix] if suffix else ("7" if degree.isupper() else "m7")
    return Chord(key.chord_root_name(pitch_class, rising=accidental == "#"), quality)


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form("standard", "I|I|I|I|IV|IV|I|I|V|IV|I|V"),
        Form("quick-change", "I|IV|I|I|IV|IV|I|I|V|IV|I|V"),
        Form("jazz", "I|IV|I|v I|IV|#IVdim|I|VI|ii|V|I VI|ii V", ending="I|I"),
        Form(
            "bird",
            "Imaj7|viiø III|vi II|v I|IV|iv bVII|iii VI|biii bVI|ii|V|Imaj7 VI|ii V",
            ending="Imaj7|Imaj7",
        ),
        Form("minor", "i|i|i|i|iv|iv|i|i|bVI|V|i|i", ending="i", mode="minor"),
        Form("eight-bar", "I|V|IV|IV|I|V|I|V"),
        Form("sixteen-bar", "I|I|I|I|I|I|I|I|IV|IV|I|I|V|IV|I|V"),
    )
}


def form_named(name: str) -> Form:
    """The form of that name.

    Raises:
        InputError: There is none.
    """
    if name not in FORMS:
        raise InputError("form", "one of " + ", ".join(FORMS), repr(name))
    return FORMS[name]
