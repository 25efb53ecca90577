"""Chord symbols as players write them: `C7`, `Bbm7`, `F#dim7`, `C/E`, `N.C.`.

A *quality* is what follows the root. Many spellings mean the same (`Cm7b5`, `C-7b5`, `Cø`); each
is read into one canonical symbol, so that two chords are equal when they are the same chord.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from lstmmusic.errors import ChordError
from lstmmusic.score.key import Key
from lstmmusic.score.pitch import FLAT_NAMES, pitch_class_of

_CHORD = re.compile(r"([A-G])([b#♭♯]*)([^/\s]*(?:6/9[^/\s]*)?)(?:/([A-G][b#♭♯]*))?")
_NO_CHORD = frozenset({"N.C.", "NC", "N.C", "n.c.", "nc", "N", "-"})
_ACCIDENTALS = str.maketrans({"♭": "b", "♯": "#"})

_TOKEN = re.compile(
    r"maj|min|dim|aug|sus4|sus2|sus|add|alt|6/9|69|13|11|ma(?!d)|mi|[mMj^Δo°øh+\-b#245679]"
)
_WEIMAR = re.compile(r"(7|6)(9[b#]?)?(11#?)?(13b?)?$")  # 79b13: 7, b9, 13
_MINOR, _DIMINISHED, _AUGMENTED = {"m", "min", "mi", "-"}, {"dim", "o", "°"}, {"aug", "+"}
_MAJOR_SEVENTH = {"maj", "ma", "M", "j", "^", "Δ"}
_SIGNS = {"b": "b", "#": "#", "+": "#", "-": "b"}
_ALTERATIONS = {"b5": 6, "#5": 8, "b9": 1, "#9": 3, "#11": 6, "b13": 8}
_EXTENSIONS = {"9": (2,), "11": (2, 5), "13": (2, 9), "69": (2,), "add9": (2,)}


@dataclass(frozen=True, slots=True)
class Quality:
    """A chord without its root.

    Attributes:
        symbol: Canonical text after the root, empty for a major triad.
        intervals: Semitones above the root, ascending, 0-11.
    """

    symbol: str
    intervals: tuple[int, ...]

    @property
    def is_minor(self) -> bool:
        """True where the third is minor."""
        return 3 in self.intervals and 4 not in self.intervals

    @property
    def is_diminished(self) -> bool:
        """True for diminished triads and sevenths (not half-diminished)."""
        return self.symbol.startswith("dim")


@lru_cache(maxsize=1024)
def parse_quality(text: str) -> Quality:
    """Reads what follows the root of a chord symbol.

    Raises:
        ValueError: Some part of the text has no meaning in a chord symbol.

    Example:
        >>> parse_quality("-7b5") == parse_quality("ø") == parse_quality("m7(b5)")
        True
        >>> parse_quality("7#9").intervals
        (0, 3, 4, 7, 10)
    """
    compact = re.sub(r"[(),\s]", "", text.translate(_ACCIDENTALS))
    tokens = _tokens(compact)
    third, fifth, number, major_seventh, sus = 4, 7, "", False, ""
    altered: set[str] = set()
    added = False
    first = True
    while tokens:
        token, is_first, first = tokens.pop(0), first, False
        if token in _MINOR and third == 4 and not number:
            third = 3
        elif token in _DIMINISHED and not number:
            third, fifth = 3, 6
        elif token in {"ø", "h"} and not number:
            third, number = 3, "7"
            altered.add("b5")
            if tokens[:1] == ["7"]:
                tokens.pop(0)
        elif token in _AUGMENTED and (is_first or token == "aug") and not number:
            fifth = 8
        elif token in _MAJOR_SEVENTH and not number:
            major_seventh = token not in {"maj", "ma", "M"} or bool(tokens)
            if major_seventh and not (tokens and tokens[0] in {"7", "9", "11", "13"}):
                number = "7"
        elif token in {"sus", "sus4", "sus2"} and not sus:
            sus = "sus2" if token == "sus2" else "sus4"
        elif token == "alt":
            number, altered = number or "7", altered | {"alt"}
        elif token == "add" and tokens[:1] in (["9"], ["2"]):
            tokens.pop(0)
            added = True
        elif token in _SIGNS and tokens and _SIGNS[token] + tokens[0] in _ALTERATIONS:
            altered.add(_SIGNS[token] + tokens.pop(0))
        elif token in {"5", "6", "6/9", "69", "7", "9", "11", "13"} and not number:
            number = "69" if token == "6/9" else token
        else:
            raise ValueError(f"{token!r} has no meaning in the chord quality {text!r}")
    if number == "5" and (third, fifth) != (4, 7):
        raise ValueError(f"not a chord quality: {text!r}")
    return _build(third, fifth, number, major_seventh, sus, added, altered)


def _tokens(compact: str) -> list[str]:
    weimar = _WEIMAR.search(compact)
    if weimar and any(weimar.groups()[1:]) and (weimar[1] == "7" or compact[-1] in "b#"):
        parts = [part for part in weimar.groups()[1:] if part]
        plain = [part for part in parts if part[-1] not in "b#"]
        signed = [part[-1] + part[:-1] for part in parts if part[-1] in "b#"]
        if weimar[1] == "6":
            number = "69" if "9" in plain else "6"
        else:
            number = plain[-1] if plain else "7"
        compact = compact[: weimar.start()] + number + "".join(signed)
    tokens = _TOKEN.findall(compact)
    if "".join(tokens) != compact:
        raise ValueError(f"not a chord quality: {compact!r}")
    return tokens


def _build(
    third: int,
    fifth: int,
    number: str,
    major_seventh: bool,
    sus: str,
    added: bool,
    altered: set[str],
) -> Quality:
    if number == "5":
        return Quality("5", (0, 7))
    if "alt" in altered:
        return Quality("7alt", (0, 1, 3, 4, 8, 10))
    diminished = (third, fifth) == (3, 6) and "b5" not in altered
    if third == 3 and number == "7" and altered == {"b5"}:
        fifth = 6
    if "b5" in altered:
        fifth = 6
    if "#5" in altered:
        fifth = 8
    intervals = {0, fifth}
    intervals.add({"": third, "sus4": 5, "sus2": 2}[sus])
    if number in {"6", "69"}:
        intervals.add(9)
    elif number:
        intervals.add(11 if major_seventh else 9 if diminished else 10)
    extensions = set(_EXTENSIONS.get("add9" if added else number, ()))
    if altered & {"b9", "#9"}:
        extensions.discard(2)
    if "#11" in altered:
        extensions.discard(5)
    intervals.update(extensions)
    intervals.update(_ALTERATIONS[name] for name in altered)
    if third == 3 and fifth == 6 and not diminished:
        altered = altered | {"b5"}
    if fifth == 8 and number:
        altered = altered | {"#5"}
    prefix = "dim" if diminished else "m" if third == 3 else ""
    if fifth == 8 and not number:
        prefix = "aug" if third == 4 else "m#5"
        altered = altered - {"#5"}
    symbol = prefix + ("maj" if major_seventh and number else "") + number + sus
    symbol += "add9" if added else ""
    symbol += "".join(name for name in _ALTERATIONS if name in altered)
    return Quality(symbol, tuple(sorted(interval % 12 for interval in intervals)))


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord symbol.

    Args:
        root: Note name, empty for "no chord".
        quality: What follows the root; read into its canonical form.
        bass: Note name under a slash, empty when the root is the bass.

    Raises:
        ChordError: The text is not a chord symbol.

    Example:
        >>> chord = Chord.parse("Bb-7/F")
        >>> str(chord), chord.pitch_classes, chord.bass_pitch_class
        ('Bbm7/F', (10, 1, 5, 8), 5)
        >>> str(Chord.parse("nc"))
        'N.C.'
    """

    root: str = ""
    quality: str = ""
    bass: str = ""

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "quality", parse_quality(self.quality).symbol)
            for name in filter(None, (self.root, self.bass)):
                pitch_class_of(name)
        except ValueError:
            raise ChordError(f"{self.root}{self.quality}") from None
        if self.bass == self.root:
            object.__setattr__(self, "bass", "")

    @classmethod
    def parse(cls, text: str, bar: int = 1, column: int = 1) -> Chord:
        """Reads one chord symbol; `bar` and `column` only place the error message."""
        if text in _NO_CHORD:
            return NO_CHORD
        match = _CHORD.fullmatch(text)
        if match is None:
            raise ChordError(text, bar, column)
        letter, accidentals, quality, bass = match.groups()
        root = letter + accidentals.translate(_ACCIDENTALS)
        if len(accidentals) > 2 or len(set(root[1:])) > 1:
            raise ChordError(text, bar, column)
        try:
            symbol = parse_quality(quality).symbol
            return cls(root, symbol, (bass or "").translate(_ACCIDENTALS))
        except ValueError:
            raise ChordError(text, bar, column) from None

    @property
    def is_silent(self) -> bool:
        """True for "no chord"."""
        return not self.root

    @property
    def root_pitch_class(self) -> int | None:
        """Pitch class of the root; None for "no chord"."""
        return pitch_class_of(self.root) if self.root else None

    @property
    def bass_pitch_class(self) -> int | None:
        """Pitch class of the lowest note; None for "no chord"."""
        return pitch_class_of(self.bass) if self.bass else self.root_pitch_class

    @property
    def kind(self) -> Quality:
        """The quality with its intervals."""
        return parse_quality(self.quality)

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes of the chord tones, root first; empty for "no chord"."""
        root = self.root_pitch_class
        if root is None:
            return ()
        return tuple((root + interval) % 12 for interval in self.kind.intervals)

    def spelt_in(self, key: Key | None) -> Chord:
        """The same chord, its root and bass named as players name them in that key."""
        return self.transpose(0, key)

    def transpose(self, semitones: int, key: Key | None = None) -> Chord:
        """The chord that many semitones higher.

        Args:
            semitones: Up when positive.
            key: The key of arrival, which decides the spelling; None spells on the flat side.
        """
        root, bass = self.root_pitch_class, self.bass_pitch_class
        if root is None or bass is None:
            return self
        return Chord(
            _root_name((root + semitones) % 12, key, self.kind.is_diminished),
            self.quality,
            _root_name((bass + semitones) % 12, key, False),
        )

    def __str__(self) -> str:
        if not self.root:
            return "N.C."
        return f"{self.root}{self.quality}" + (f"/{self.bass}" if self.bass else "")


def _root_name(pitch_class: int, key: Key | None, rising: bool) -> str:
    return FLAT_NAMES[pitch_class] if key is None else key.chord_root_name(pitch_class, rising)


NO_CHORD = Chord()
