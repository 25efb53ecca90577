"""Does the harmony keep its form? Every bar line's chord against one blues form.

A chord counts by its *function*: the degree of its root and its third (major, minor, or
diminished), so that C7, C9 and C6 are one and Cm7 is another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lstmmusic.encoding.harmony_clock import family_of
from lstmmusic.evaluation.line import EARLY_BEATS, Line
from lstmmusic.evaluation.sounding_chords import sounding_chords
from lstmmusic.score import FORMS, Chord, Form, Key, Score, Timed

MAJOR, MINOR, DIMINISHED = range(3)
SILENT = -1
_SHORTEST = max(12, min(form.n_bars for form in FORMS.values()))
_CHORUS = re.compile(r"chorus\s*[= ]\s*0*[1-9]", re.IGNORECASE)  # 0 is what comes before
_CLASSES = {"m7": MINOR, "m": MINOR, "m7b5": MINOR, "dim7": DIMINISHED}


class Harmony(NamedTuple):
    """The chords of a piece.

    Attributes:
        source: `sounding` where a part plays them, `symbols` where they are only written, or
            empty where there are none.
        at_bars: The chord on every bar line, by `source`.
        symbols: Chords for the melody: those written, else those sounding.
    """

    source: str
    at_bars: tuple[Chord, ...]
    symbols: Sequence[Timed[Chord]]


class FormFit(NamedTuple):
    """How a piece keeps its form.

    Attributes:
        form: The form of `FORMS` that chorus 1 fits best; every chorus is held against it alone.
        tonic: Pitch class on which it stands.
        first_bar: Where chorus 1 begins, bars counted from 0.
        accuracy: Share of bars that have a chord of the form, 0 to 1.
        by_chance: The same if the piece's bars came in any order.
        by_chorus: The share of every whole chorus (of the one that is there, if none is whole).
        distinct: How many of these choruses differ.
    """

    form: Form
    tonic: int
    first_bar: int
    accuracy: float
    by_chance: float
    by_chorus: tuple[float, ...]
    distinct: int

    @property
    def drift(self) -> float | None:
        """Change of accuracy from chorus to chorus (least squares); None with less than two."""
        if len(self.by_chorus) < 2:
            return None
        return float(np.polyfit(np.arange(len(self.by_chorus)), self.by_chorus, 1)[0])


def read_harmony(score: Score) -> Harmony:
    """The chords that sound, or else those that are written."""
    played = sounding_chords(score)
    starts = score.bar_starts
    if played:
        placed = tuple(Timed(float(a), chord) for a, chord in zip(starts, played, strict=True))
        return Harmony("sounding", played, score.chords or placed)
    if not score.chords:
        return Harmony("", (), ())
    late = EARLY_BEATS * score.metre.beat_quarters
    return Harmony("symbols", tuple(score.chord_at(a + late) for a in starts), score.chords)


def function_of(chord: Chord, tonic: int) -> int:
    """Degree of the root times three, and the third; `SILENT` for no chord.

    Example:
        >>> [function_of(Chord.parse(name), 0) for name in ("C7", "C6", "Cm7", "Bm7b5", "F#dim7")]
        [0, 0, 1, 34, 20]
    """
    root = chord.root_pitch_class
    if root is None:
        return SILENT
    return (root - tonic) % 12 * 3 + _CLASSES.get(family_of(chord.kind), MAJOR)


def fit_form(score: Score, harmony: Harmony) -> FormFit | None:
    """Finds the one form of a piece and holds all of its choruses against it.

    Chorus 1 begins where a section says so, else in bar 1; from there on the form is counted
    bar by bar, so that a chord that comes a bar late is wrong for ever after. On the bar lines of
    a last bar the ending of the form is right, too.

    Args:
        score: Its key says the tonic; without one, all twelve are tried.
        harmony: Of the same piece.

    Returns:
        None where there are no chords.
    """
    first = first_chorus_bar(score)
    chords = harmony.at_bars[first:]
    if not any(chord.root for chord in chords):
        return None
    tonics = range(12) if score.key is None else (score.key.pitch_class,)
    best: tuple[tuple[float, bool], Form, int] | None = None
    for tonic in tonics:
        functions = np.array([function_of(chord, tonic) for chord in chords])
        for form in FORMS.values():
            if form.n_bars > max(len(chords), _SHORTEST):
                continue  # a piece shorter than all forms is held against their beginnings
            opening = functions[: form.n_bars]
            is_right = _allowed(form.name)[np.arange(len(opening)), opening]
            rank = (float(is_right.mean()), len(chords) % form.n_bars == 0)
            if best is None or rank > best[0]:
                best = (rank, form, tonic)
    assert best is not None
    return _fitted(best[1], best[2], first, chords)


def first_chorus_bar(score: Score) -> int:
    """The bar, counted from 0, in which the first section named a chorus begins; else 0."""
    for onset, name in score.sections:
        if _CHORUS.search(name):
            return max(score.bar_at(onset) - 1, 0)
    return 0


@lru_cache
def _allowed(name: str) -> np.ndarray:
    """Which functions a form has on each bar line; shape (bars, functions + silence)."""
    form = FORMS[name]
    found = np.zeros((form.n_bars, 37), bool)
    for last in (False, True):
        for bar, chords in enumerate(form.bars(Key("C"), last=last)):
            found[bar, function_of(chords[0], 0)] = True
    return found


def _fitted(form: Form, tonic: int, first_bar: int, chords: tuple[Chord, ...]) -> FormFit:
    functions = np.array([function_of(chord, tonic) for chord in chords])
    allowed = _allowed(form.name)
    places = np.arange(len(functions)) % form.n_bars
    is_right = allowed[places, functions]
    n_whole = len(functions) // form.n_bars
    count = n_whole * form.n_bars
    choruses = is_right[:count].reshape(n_whole, form.n_bars) if n_whole else is_right[None]
    chorus_functions = functions[:count].reshape(n_whole, form.n_bars) if n_whole else functions
    return FormFit(
        form,
        tonic,
        first_bar,
        float(is_right.mean()),
        float(allowed[places][:, functions].mean()),
        tuple(choruses.mean(axis=1).tolist()),
        len(np.unique(np.atleast_2d(chorus_functions), axis=0)),
    )


def chord_tones(chord: Chord) -> tuple[int, ...]:
    """Pitch classes of root, third (or what is in its place), fifth and seventh (or sixth).

    Example:
        >>> [chord_tones(Chord.parse(name)) for name in ("C7#9", "C9sus4", "C6", "Cdim7")]
        [(0, 4, 7, 10), (0, 5, 7, 10), (0, 4, 7, 9), (0, 3, 6, 9)]
    """
    root = chord.root_pitch_class
    if root is None:
        return ()
    intervals = chord.kind.intervals
    groups = ((0,), (4, 3, 5, 2), (7, 6, 8), (10, 11, 9))
    found = (next((i for i in group if i in intervals), None) for group in groups)
    return tuple((root + interval) % 12 for interval in found if interval is not None)


def chord_of_notes(line: Line, harmony: Harmony) -> np.ndarray:
    """Index of the chord in `harmony.symbols` under every note; -1 before the first."""
    onsets = np.array([onset for onset, _ in harmony.symbols])
    early = line.onsets_quarters + EARLY_BEATS * line.beat_quarters
    return np.searchsorted(onsets, early, side="right") - 1
