"""Chords on a coarse clock: the symbols that the harmony network predicts.

The clock ticks in half-bars: on a finer one the form drifts within a chorus. A symbol is the
degree of the root above the tonic and the family of the quality, so all keys look the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.score import NO_CHORD, Chord, Key, Quality, Score, Timed

FAMILIES = ("7", "m7", "maj7", "m7b5", "dim7", "", "m", "sus4")
SILENT = 12 * len(FAMILIES)
N_SYMBOLS = SILENT + 1


def family_of(quality: Quality) -> str:
    """The family a quality belongs to, by its third, fifth and seventh.

    Example:
        >>> from lstmmusic.score import parse_quality
        >>> [family_of(parse_quality(text)) for text in ("13b9", "m9", "6", "ø", "7sus4", "dim")]
        ['7', 'm7', '', 'm7b5', 'sus4', 'dim7']
    """
    has = set(quality.intervals).__contains__
    if has(4):
        return "7" if has(10) else "maj7" if has(11) else ""
    if has(3):
        if has(6) and not has(7):
            return "m7b5" if has(10) else "dim7"
        return "m7" if has(10) else "m"
    return "sus4" if has(5) or has(2) else ""


def symbol_of(chord: Chord, tonic: int) -> int:
    """Chord to symbol: degree of the root above the tonic (0-11) and family, or `SILENT`."""
    root = chord.root_pitch_class
    if root is None:
        return SILENT
    return (root - tonic) % 12 * len(FAMILIES) + FAMILIES.index(family_of(chord.kind))


def chord_of(symbol: int, key: Key) -> Chord:
    """Symbol to chord, spelt in the key: undoes `symbol_of` up to the family."""
    if symbol == SILENT:
        return NO_CHORD
    degree, family = divmod(symbol, len(FAMILIES))
    quality = FAMILIES[family]
    root = key.chord_root_name((key.pitch_class + degree) % 12, rising=quality == "dim7")
    return Chord(root, quality)


@dataclass(frozen=True)
class HarmonyClock:
    """Chord symbols, a fixed number of times in every bar.

    The array has shape (bars x `steps_per_bar`,), int64, values 0 to `N_SYMBOLS` - 1. The pickup
    is not encoded. A score without a key is read in C.

    Args:
        steps_per_bar: 2 = half-bars.

    Example:
        >>> from lstmmusic.score import Key, Metre, Score, Timed, form_named, place_chart
        >>> bars = form_named("standard").bars(Key("F"))
        >>> score = Score(
        ...     chords=place_chart(bars, Metre()), keys=[Timed(0.0, Key("F"))], length_quarters=48
        ... )
        >>> HarmonyClock().encode(score)[[0, 8, 16]].tolist()  # I, IV, V
        [0, 40, 56]
    """

    steps_per_bar: int = 2

    def quantise(self, score: Score) -> Score:
        """The chord families that hold at each tick, written at bar lines and changes."""
        return self.decode(self.encode(score), score)

    def encode(self, score: Score) -> np.ndarray:
        """Shape (bars x steps_per_bar,), int64."""
        tonic = (score.key or Key("C")).pitch_class
        symbols = [symbol_of(score.chord_at(onset), tonic) for onset in self._onsets(score)]
        return np.array(symbols, np.int64)

    def decode(self, array: np.ndarray, frame: Score) -> Score:
        """The chords of the array; everything else is the frame's.

        Raises:
            InputError: The array has not `steps_per_bar` symbols for each bar of the frame.
        """
        onsets = self._onsets(frame)
        if array.shape != (len(onsets),):
            raise InputError("array", f"{len(onsets)} symbols", array.shape)
        key = frame.key or Key("C")
        chords: list[Timed[Chord]] = []
        for tick, (onset, symbol) in enumerate(zip(onsets, array.tolist(), strict=True)):
            if tick % self.steps_per_bar == 0 or symbol != array[tick - 1]:
                chords.append(Timed(float(onset), chord_of(symbol, key)))
        return replace(frame, chords=chords)

    def _onsets(self, score: Score) -> np.ndarray:
        bars = score.bar_starts
        if not len(bars):
            return np.empty(0)
        lengths = np.diff(np.append(bars, bars[-1] + score.metres[-1].value.bar_quarters))
        parts = np.arange(self.steps_per_bar) / self.steps_per_bar
        return (bars[:, None] + lengths[:, None] * parts).ravel()
