"""Swing, and how far from the intended time notes are played.

*Swing* is the share of a felt beat that passes before its off-beat eighth, 0.5 straight; the
*beat-upbeat ratio* is the same as long over short, r = share / (1 - share).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmmusic.analysis.swing import STRAIGHT, unswung
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT

MIN_PAIRS = 4  # fewer say nothing about swing

_BEFORE = 0.15  # of a beat: so early a note still belongs to the beat
_ON_BEAT = 0.2
_OFF_BEAT = (0.4, 1 - _BEFORE)
_NEAR_THIRD = 0.06
_ON_GRID = 0.012  # of a beat: what a coarse clock of ticks rounds away
_QUANTISED = 0.9

# How players divide a beat, in steps, and what a finer division costs for every note, in beats: so
# much must it be nearer.
_DIVISIONS = (((0, 6), 0.0), ((0, 4, 8), 0.03), ((0, 3, 6, 9), 0.05))
_TWICE = 0.25  # two notes at one place


class Timing(NamedTuple):
    """What was found.

    Attributes:
        shares: Swing of every beat that holds an on-beat and an off-beat note alone.
        is_performance: False where nine tenths of the notes lie on the grid of twelve steps a
            beat, straight or swung.
        steps: Notated onsets, swing undone, in steps from bar 1; shape (notes,).
        end_steps: Likewise where notes end.
        deviations_beats: Played less intended onset; shape (notes,).
    """

    shares: np.ndarray
    is_performance: bool
    steps: np.ndarray
    end_steps: np.ndarray
    deviations_beats: np.ndarray

    @property
    def swing(self) -> float | None:
        """The median share; None where fewer than `MIN_PAIRS` beats tell."""
        return float(np.median(self.shares)) if len(self.shares) >= MIN_PAIRS else None


def find_timing(
    onsets_beats: np.ndarray, ends_beats: np.ndarray, is_compound: bool = False
) -> Timing:
    """Measures swing and finds where notes are meant to be.

    The intended place of a note in a quantised melody is the nearest of twelve steps, swung as the
    melody is. In a played one it is the nearest place of the division (two swung eighths, three,
    four) that explains the notes of its beat best.

    Args:
        onsets_beats: Where notes start, rising, in felt beats.
        ends_beats: Where they stop.
        is_compound: True in 12/8, where the thirds of a beat are written out.

    Example:
        >>> played = np.array([0, 0.62, 1, 1.62, 2, 2.62, 3, 3.62])
        >>> timing = find_timing(played, played + 0.3)
        >>> round(timing.swing, 2), timing.steps.tolist(), timing.is_performance
        (0.62, [0, 6, 12, 18, 24, 30, 36, 42], False)
    """
    shares = swing_shares(onsets_beats)
    swing = float(np.median(shares)) if len(shares) >= MIN_PAIRS else STRAIGHT
    swing = STRAIGHT if is_compound else float(np.clip(swing, 0.4, 0.8))
    thirds = _triplet_beats(onsets_beats) if swing != STRAIGHT else np.empty(0, int)
    steps = _snap(_unswung(onsets_beats, swing, thirds))
    end_steps = _snap(_unswung(ends_beats, swing, thirds))
    deviations = onsets_beats - _swung(steps, swing, thirds)
    on_grid = np.abs(deviations) < _ON_GRID
    is_performance = bool(len(on_grid) and on_grid.mean() < _QUANTISED)
    if is_performance:
        steps, deviations = _divided(onsets_beats, swing)
        end_steps = np.maximum(end_steps, steps + 1)
        end_steps[:-1] = np.minimum(end_steps[:-1], np.maximum(steps[1:], steps[:-1] + 1))
    return Timing(shares, is_performance, steps, end_steps, deviations)


def swing_shares(onsets_beats: np.ndarray) -> np.ndarray:
    """Swing of every beat with two notes, one on it and one off it; shape (pairs,).

    Both eighths are measured as played: from the first note to the second, and on to the note on
    the next beat, or to that beat itself where none is played there.

    Example:
        >>> swing_shares(np.array([0, 2 / 3, 1.0, 1.25, 1.5, 1.75])).round(3).tolist()
        [0.667]

    References:
        Benadon (2006), "Slicing the beat: jazz eighth-notes as expressive microrhythm".
    """
    beats = np.floor(onsets_beats + _BEFORE).astype(int)
    phases = onsets_beats - beats
    firsts = np.flatnonzero(np.diff(beats, prepend=-(10**9)) > 0)
    counts = np.diff(firsts, append=len(beats))
    first = firsts[counts == 2]
    second = first + 1
    is_pair = (
        (phases[first] < _ON_BEAT)
        & (phases[second] >= _OFF_BEAT[0])
        & (phases[second] < _OFF_BEAT[1])
    )
    first, second = first[is_pair], second[is_pair]
    following = np.minimum(second + 1, len(beats) - 1)
    next_beat = (beats[first] + 1).astype(float)
    is_played = (beats[following] == beats[first] + 1) & (phases[following] < _ON_BEAT)
    next_beat = np.where(is_played, onsets_beats[following], next_beat)
    start = onsets_beats[first]
    return (onsets_beats[second] - start) / (next_beat - start)


def _triplet_beats(onsets_beats: np.ndarray) -> np.ndarray:
    """Beats in which a note starts on the first third: they are played as written."""
    return np.unique(np.floor(onsets_beats[np.abs(onsets_beats % 1 - 1 / 3) < _NEAR_THIRD]))


def _snap(beats: np.ndarray) -> np.ndarray:
    return np.floor(beats * STEPS_PER_BEAT + 0.5 + 1e-9).astype(np.int64)


def _unswung(places: np.ndarray, swing: float, straight_beats: np.ndarray) -> np.ndarray:
    beats = np.floor(places + _ON_GRID)
    share = places - beats
    return beats + np.where(np.isin(beats, straight_beats), share, unswung(share, swing))


def _swung(steps: np.ndarray, swing: float, straight_beats: np.ndarray) -> np.ndarray:
    beats, step = np.divmod(steps, STEPS_PER_BEAT)
    share = step / STEPS_PER_BEAT
    late = swing + (share - 0.5) * 2 * (1 - swing)
    uneven = np.where(share <= 0.5, share * 2 * swing, late)
    return beats + np.where(np.isin(beats, straight_beats), share, uneven)


def _divided(onsets_beats: np.ndarray, swing: float) -> tuple[np.ndarray, np.ndarray]:
    """Steps and deviations of played notes, beat by beat."""
    steps = np.empty(len(onsets_beats), np.int64)
    deviations = np.empty(len(onsets_beats))
    beats = np.floor(onsets_beats + _BEFORE).astype(int)
    for beat in np.unique(beats):
        inside = beats == beat
        phases = onsets_beats[inside] - beat
        best = np.inf
        for division, cost in _DIVISIONS:
            notated = np.array([*division, STEPS_PER_BEAT])
            places = notated / STEPS_PER_BEAT
            if len(division) == 2:
                places = np.array([0.0, swing, 1.0])
            distances = phases[:, None] - places
            nearest = np.abs(distances).argmin(axis=1)
            found = distances[np.arange(len(phases)), nearest]
            twice = len(phases) - len(np.unique(nearest))
            price = np.abs(found).sum() + cost * len(phases) + _TWICE * twice
            if price < best - 1e-12:
                best = price
                steps[inside] = beat * STEPS_PER_BEAT + notated[nearest]
                deviations[inside] = found
    return steps, deviations
