"""Chord qualities <-> MusicXML's <kind> and <degree>s, as music21 holds them."""

from __future__ import annotations

import re
from typing import Any

from lstmmusic.errors import ChordError
from lstmmusic.score import Chord, parse_quality

_QUALITY = re.compile(
    r"(mmaj|maj|m|dimmaj|dim|aug|)(69|6|7|9|11|13|5|)(sus[24]|)(add9|)((?:[b#](?:5|9|11|13))*|alt)"
)

_SIGN = {-1: "b", 0: "", 1: "#"}

_KINDS = {
    "": "major",
    "m": "minor",
    "7": "dominant-seventh",
    "maj7": "major-seventh",
    "m7": "minor-seventh",
    "m7b5": "half-diminished-seventh",
    "dim": "diminished",
    "dim7": "diminished-seventh",
    "aug": "augmented",
    "7#5": "augmented-seventh",
    "6": "major-sixth",
    "m6": "minor-sixth",
    "mmaj7": "minor-major-seventh",
    "9": "dominant-ninth",
    "maj9": "major-ninth",
    "maj11": "major-11th",
    "m9": "minor-ninth",
    "11": "dominant-11th",
    "m11": "minor-11th",
    "13": "dominant-13th",
    "maj13": "major-13th",
    "m13": "minor-13th",
    "sus4": "suspended-fourth",
    "sus2": "suspended-second",
    "5": "power",
}


def chord_of(symbol: Any) -> Chord | None:
    """Our chord for music21's; None where it has no root."""
    try:
        root = symbol.root().name.replace("-", "b")
        bass = symbol.bass().name.replace("-", "b")
    except (AttributeError, TypeError):
        return None
    bases = [quality for quality, kind in _KINDS.items() if kind == symbol.chordKind]
    if bases:
        qualities = [_quality(symbol, bases[0]), bases[0]]
    else:
        tones = {(pitch.pitchClass - symbol.root().pitchClass) % 12 for pitch in symbol.pitches}
        qualities = [name for name in _KINDS if set(parse_quality(name).intervals) == tones]
    qualities.append("m" if symbol.semitonesFromChordStep(3) == 3 else "")
    for quality in qualities:
        try:
            return Chord(root, quality, bass)
        except ChordError:
            continue
    return None


def _quality(symbol: Any, base: str) -> str:
    """The text after the root that says what <kind> (`base`) and <degree>s say."""
    added = [
        (change.degree, change.interval.semitones if change.interval else 0)
        for change in symbol.chordStepModifications
        if change.modType != "subtract"  # an omitted fifth makes no other chord
    ]
    if base.startswith("sus") and (7, -1) in added:
        number = max(degree for degree, semitones in added if semitones == 0 or degree == 7)
        base, added = f"{number}{base}", [change for change in added if change[1] and change[0] > 7]
    for degree in (13, 11, 9):
        if (degree, 0) in added and base.endswith("7"):
            base = base[:-1] + str(degree)
            added = [change for change in added if change[1] or change[0] > degree]
    if (9, 0) in added:
        added.remove((9, 0))
        base = base + "9" if base.endswith("6") else base + "add9"
    return base + "".join(f"{_SIGN.get(sign, '?')}{degree}" for degree, sign in sorted(added))


def kind_of(quality: str) -> tuple[str, list[tuple[str, int, int]]]:
    """MusicXML's <kind> and <degree>s (type, degree, semitones) for the text after the root."""
    match = _QUALITY.fullmatch(quality)
    base, number, sus, added, altered = match.groups() if match else ("", "", "", "", "")
    degrees: list[tuple[str, int, int]] = []
    if altered == "alt":
        altered = "#5b9#9"
    if base == "dimmaj":
        base, number = "dim", ""  # MusicXML has no kind for it
    if sus:
        base = sus
        ninth = () if re.search("[b#]9", altered) else (9,)
        upper = {"": (), "7": (7,), "9": (7, *ninth), "13": (7, *ninth, 13)}[number]
        degrees += [("add", degree, -1 if degree == 7 else 0) for degree in upper]
    elif number == "69":
        base += "6"
        degrees.append(("add", 9, 0))
    elif number == "13" and ("b9" in altered or "#9" in altered):
        base += "7"
        degrees.append(("add", 13, 0))
    elif number in {"9", "11", "13"} and base + number not in _KINDS:
        base += "7"
        upper = {"9": (9,), "11": (9, 11), "13": (9, 13)}[number]
        degrees += [("add", degree, 0) for degree in upper]
    else:
        base += number
    if base == "7" and altered.startswith("#5"):
        base, altered = "7#5", altered[2:]
    if base == "m7" and altered.startswith("b5"):
        base, altered = "m7b5", altered[2:]
    if added:
        degrees.append(("add", 9, 0))
    for sign, degree in re.findall(r"([b#])(\d+)", altered):
        degrees.append(("alter" if degree == "5" else "add", int(degree), -1 if sign == "b" else 1))
    return _KINDS.get(base, "major"), degrees
