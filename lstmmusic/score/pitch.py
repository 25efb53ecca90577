"""Pitch classes, note names and the line of fifths.

`pitch` is a MIDI number (60 = middle C), `pitch_class` is 0-11 with C = 0. A note *name* is a
letter with any number of `#` or `b`. Its place on the line of fifths (... Bb F C G D ..., C = 0)
says how it is spelt; adding fifths transposes spelling and sound at once.
"""

from __future__ import annotations

import re

_LETTERS_BY_FIFTHS = "FCGDAEB"
_NAME = re.compile(r"([A-G])(b*|#*)")

# What players write for a pitch class where no key says otherwise: the flat side.
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")


def fifths_of(name: str) -> int:
    """Place of a note name on the line of fifths, C = 0.

    Raises:
        ValueError: The name is not a letter A-G with sharps or flats.

    Example:
        >>> [fifths_of(name) for name in ("F", "C", "G", "Bb", "F#")]
        [-1, 0, 1, -2, 6]
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"not a note name: {name!r}")
    letter, accidentals = match.groups()
    shift = len(accidentals) * (1 if "#" in accidentals else -1)
    return _LETTERS_BY_FIFTHS.index(letter) - 1 + 7 * shift


def name_of(fifths: int) -> str:
    """Note name at a place on the line of fifths: the inverse of `fifths_of`."""
    shift, index = divmod(fifths + 1, 7)
    return _LETTERS_BY_FIFTHS[index] + ("#" * shift if shift > 0 else "b" * -shift)


def pitch_class_of(name: str) -> int:
    """Pitch class of a note name.

    Example:
        >>> pitch_class_of("Bb"), pitch_class_of("A#")
        (10, 10)
    """
    return fifths_of(name) * 7 % 12


def plain_name(fifths: int) -> str:
    """The name at `fifths` as players would write it: one accidental at most, no Cb, Fb, E#, B#.

    Example:
        >>> plain_name(fifths_of("Cb")), plain_name(fifths_of("Ebb")), plain_name(fifths_of("F#"))
        ('B', 'D', 'F#')
    """
    while fifths < fifths_of("Gb"):
        fifths += 12
    while fifths > fifths_of("A#"):
        fifths -= 12
    return name_of(fifths)
