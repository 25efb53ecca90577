"""What was found about a piece, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from lstmmusic.score import Chord, Key, Score, Timed

Value = TypeVar("Value")


class Found(NamedTuple, Generic[Value]):
    """A finding.

    Attributes:
        value: What was found.
        confidence: 0 (a guess) to 1 (the file says so).
        source: Where it comes from: `written` in the file, `played` by a part, or `inferred`.
    """

    value: Value
    confidence: float
    source: str


class Chorus(NamedTuple):
    """Once through a form.

    Attributes:
        first_bar: Counted from 1.
        n_bars: Length.
        form: Its name in `FORMS`.
        fit: Share of its bars whose chord is what the form has there, 0 to 1.
    """

    first_bar: int
    n_bars: int
    form: str
    fit: float


@dataclass(frozen=True)
class Feel:
    """How the melody lies in time.

    Attributes:
        is_performance: True where notes lie off the grid as a player's do; False where the file is
            quantised (straight, or swung by one ratio).
        swing: Share of the beat taken by the on-beat eighth; None where too few pairs tell.
        swing_pairs: On how many beats that rests.
        deviation_beats: Root mean square of the onsets' distances from the grid, in felt beats.
    """

    is_performance: bool
    swing: float | None
    swing_pairs: int
    deviation_beats: float


@dataclass(frozen=True)
class Analysis:
    """All that was found about a piece.

    Attributes:
        score: The piece with what was found put in: one melody part (`melody`) first, then the
            others; chords, keys, metres, bar lines. Time is unchanged but where `placed` says so.
        melody: Which part of the file carries the melody, counted from 0.
        key, metre: What they say.
        chords: Empty where nothing tells (a melody alone of few notes).
        feel: How the melody lies in time.
        choruses: Times through a known form, in order, not overlapping.
        repairs: What had to be mended, in words for people.
    """

    score: Score
    melody: Found[int]
    key: Found[Key]
    metre: Found[str]
    chords: Found[tuple[Timed[Chord], ...]]
    feel: Feel
    choruses: tuple[Chorus, ...]
    repairs: tuple[str, ...] = ()
