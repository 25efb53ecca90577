"""Keys, and how chords and notes are spelt in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lstmmusic.errors import InputError
from lstmmusic.score.pitch import fifths_of, name_of, pitch_class_of, plain_name

MODES = ("major", "minor")

# Fifths between the tonic of a mode and that of the major key with the same signature.
_SIGNATURE_OFFSET = {"major": 0, "minor": -3}

# Degree above the tonic in semitones -> steps on the line of fifths, as blues players spell it:
# flat third, sixth and seventh, sharp fourth; diminished chords climb (#I, #II, #IV, #V).
_DEGREE_FIFTHS = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)
_RISING_FIFTHS = (0, 7, 2, 9, 4, -1, 6, 1, 8, 3, -2, 5)
# Melody notes: as above, but the flat fifth is a blue note of the fifth.
_MELODY_FIFTHS = (0, -5, 2, -3, 4, -1, -6, 1, -4, 3, -2, 5)

_KEY = re.compile(r"([A-Ga-g])([b#♭♯]?)\s*(m|min|minor|-|maj|major)?", re.IGNORECASE)
_EXPECTED = "a key such as C, Bb, F# or Am"


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic and a mode.

    Args:
        tonic: Note name, `C` or `Bb`. Tonics whose signature would need more than seven
            accidentals (`A#` major) take their other name (`Bb`).
        mode: `major` or `minor`. A blues in C is `major`: its thirds and sevenths are blue.

    Raises:
        InputError: Not a tonic or not a mode.

    Example:
        >>> Key.parse("F#m"), str(Key.parse("Bb")), Key.parse("A#").tonic
        (Key(tonic='F#', mode='minor'), 'Bb', 'Bb')
    """

    tonic: str
    mode: str = "major"

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InputError("mode", " or ".join(MODES), repr(self.mode))
        try:
            fifths = fifths_of(self.tonic)
        except ValueError:
            raise InputError("key", _EXPECTED, repr(self.tonic)) from None
        offset = _SIGNATURE_OFFSET[self.mode]
        if not -7 <= fifths + offset <= 7:
            fifths += -12 if fifths > 0 else 12
            object.__setattr__(self, "tonic", name_of(fifths))

    @classmethod
    def parse(cls, text: str) -> Key:
        """Reads `C`, `Bb`, `F#`, `Am`, also `a minor` and `Bb major`."""
        match = _KEY.fullmatch(text.strip())
        if match is None:
            raise InputError("key", _EXPECTED, repr(text))
        letter, accidental, mode = match.groups()
        minor = mode is not None and mode != "M" and mode.lower() in ("m", "min", "minor", "-")
        accidental = accidental.replace("♭", "b").replace("♯", "#").replace("B", "b")
        return cls(letter.upper() + accidental, "minor" if minor else "major")

    @classmethod
    def from_signature(cls, fifths: int, mode: str = "major") -> Key:
        """The key with that many sharps (or flats, when negative)."""
        return cls(name_of(fifths - _SIGNATURE_OFFSET[mode]), mode)

    @property
    def pitch_class(self) -> int:
        """Pitch class of the tonic."""
        return pitch_class_of(self.tonic)

    @property
    def signature(self) -> int:
        """Sharps in the key signature; flats are negative."""
        return fifths_of(self.tonic) + _SIGNATURE_OFFSET[self.mode]

    @property
    def is_minor(self) -> bool:
        """True in a minor key."""
        return self.mode == "minor"

    def transpose(self, semitones: int) -> Key:
        """The key that many semitones higher, with the fewer accidentals (Gb over F#)."""
        fifths = (fifths_of(self.tonic) + 7 * semitones) % 12
        offset = _SIGNATURE_OFFSET[self.mode]
        signature = (fifths + offset + 6) % 12 - 6
        return Key(name_of(signature - offset), self.mode)

    def semitones_to(self, other: Key) -> int:
        """The nearest way from this tonic to another, -6 to 5 semitones.

        Example:
            >>> Key("C").semitones_to(Key("A")), Key("C").semitones_to(Key("F"))
            (-3, 5)
        """
        return (other.pitch_class - self.pitch_class + 6) % 12 - 6

    def chord_root_name(self, pitch_class: int, rising: bool = False) -> str:
        """How players spell a chord root in this key.

        Args:
            pitch_class: 0-11, C = 0.
            rising: True for diminished chords, which climb: #IV, not bV.

        Example:
            >>> Key("C").chord_root_name(10), Key("Gb").chord_root_name(11)
            ('Bb', 'B')
        """
        degree = (pitch_class - self.pitch_class) % 12
        table = _RISING_FIFTHS if rising else _DEGREE_FIFTHS
        return plain_name(fifths_of(self.tonic) + table[degree])

    def note_name(self, pitch: int) -> str:
        """How a melody note is spelt in this key: flat blue notes, one accidental at most."""
        degree = (pitch - self.pitch_class) % 12
        return plain_name(fifths_of(self.tonic) + _MELODY_FIFTHS[degree])

    def __str__(self) -> str:
        return self.tonic + ("m" if self.is_minor else "")
