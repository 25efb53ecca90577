"""Feel: whether notes lie on a grid or as a player sets them, how they swing, where they belong.

A quantiser that takes the nearest step of a fine grid reads a late eighth as some odd twelfth.
Here all onsets of a beat are read together: every way of dividing the beat is held against them,
and the one is taken that errs least and is likeliest for that many notes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lstmmusic.analysis.found import Feel
from lstmmusic.analysis.swing import (
    MIN_PAIRS,
    STRAIGHT,
    estimate_swing,
    off_beats,
    swing_steps,
    unswung,
)
from lstmmusic.encoding import melody_part
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.errors import InputError
from lstmmusic.score import Part, Score

_EXACT = 0.01  # of a beat: what lies so near to a place lies on it
_GRIDS = (12, 8)  # steps to the beat of written music
_COMMON = 0.1  # share of the notes at one place of the beat, written there by a fixed swing
_ON_GRID = 0.7  # share of the notes; less, and it is a performance
_MIN_NOTES = 8  # fewer tell nothing

_SWUNG = 0.54  # from here on a piece swings; below, eighths are straight and merely late
_EARLY = 0.08  # of a beat: a note so much before the beat belongs to it
_TOGETHER = 0.04  # of a beat: notes that start within it are one chord

# Divisions of the beat, and how likely each is for 1, 2, ... 8 and more onsets in it (natural
# logarithms up to a constant for each row), fitted with the two weights below to the annotated
# beats of half of the solos in Weimar Jazz Database (version 2) that are blues:
# `python -m benchmarks.analysis_tables` fits them again.
_DIVISIONS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12)
_CREDIT = np.array(
    [
        [6.9, 4.4, -1.0, 0.7, -5.9, -2.1, -3.5, -3.0, -5.1, -5.1],
        [11.6, 5.4, 2.6, 1.9, -3.5, -1.4, -4.6, -3.7, -5.5, -7.0],
        [0.0, 11.1, 4.5, 3.6, -1.8, 0.0, -4.1, -2.2, -5.4, -6.8],
        [0.0, 0.0, 5.4, 7.8, 0.6, 1.2, -3.7, -2.6, -5.4, -6.6],
        [0.0, 0.0, 0.0, 5.1, 5.4, 5.5, -3.1, -2.0, -4.2, -6.6],
        [0.0, 0.0, 0.0, 0.0, 0.0, 9.4, -0.6, 0.7, -2.6, -6.9],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.9, 3.2, -0.8, -1.5],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.8, 2.1, 1.0, -2.4],
    ]
)
_WORST = 32.0  # nats for a whole beat of the largest error in the beat
_SHIFT = 14.0  # of which so much is forgiven where all notes of the beat are shifted alike
_CLASH = 8.0  # nats for two onsets on one place
_EXACT_WORST = 1000.0  # where notes lie on a grid an error decides

# Rayleigh's statistic of the onsets' phases in the beat, its half, third and quarter, summed: 4 on
# the average where they lie anywhere.
_LEAST_PULL = 4.5


class Placed(NamedTuple):
    """Notes put where they would be written.

    Attributes:
        score: The piece, every onset and end on the twelfths of the felt beat, swing undone.
        deviations_beats: For every part an array: how late each note was, in felt beats; in the
            order of the part's notes in `score`.
        lengths_beats: Likewise, how long each note sounded.
    """

    score: Score
    deviations_beats: tuple[np.ndarray, ...]
    lengths_beats: tuple[np.ndarray, ...]


class Timing(NamedTuple):
    """How one line lies in time; arrays are of shape (notes,) but for the shares.

    Attributes:
        shares: Swing of every beat that tells (`off_beats`).
        is_performance: True where notes lie off the grid as a player's do.
        steps: Onsets as written, swing undone, in steps from bar 1.
        end_steps: Likewise where notes end.
        deviations_beats: How much later a note starts than meant: than written, swung as the line.
    """

    shares: np.ndarray
    is_performance: bool
    steps: np.ndarray
    end_steps: np.ndarray
    deviations_beats: np.ndarray

    @property
    def swing(self) -> float | None:
        """The median share; None where fewer than four beats tell."""
        return float(np.median(self.shares)) if len(self.shares) >= MIN_PAIRS else None


def find_timing(
    onsets_beats: np.ndarray, ends_beats: np.ndarray, is_compound: bool = False
) -> Timing:
    """Measures the swing of a line of single notes and finds where they are meant to be.

    Args:
        onsets_beats: Where notes start, rising, in felt beats.
        ends_beats: Where they stop.
        is_compound: True in 12/8, where the thirds of a beat are written out.

    Example:
        >>> played = np.array([0, 0.62, 1, 1.62, 2, 2.62, 3, 3.62, 4])
        >>> timing = find_timing(played, played + 0.3)
        >>> round(timing.swing, 2), timing.steps.tolist(), timing.is_performance
        (0.62, [0, 6, 12, 18, 24, 30, 36, 42, 48], False)
    """
    shares = off_beats(onsets_beats)
    swing = None if is_compound else estimate_swing(onsets_beats)
    is_performance = _is_performance(onsets_beats)
    steps, stops = _steps(onsets_beats, ends_beats, True, is_performance, swing)
    meant = swing_steps(steps.tolist(), steps.tolist(), STRAIGHT if swing is None else swing)
    return Timing(shares, is_performance, steps, stops, onsets_beats - meant)


def find_feel(score: Score) -> Feel:
    """How the melody (or, without one, the busiest drum part) lies in time.

    Example:
        >>> from lstmmusic.score import Note
        >>> onsets = [bar + place for bar in range(8) for place in (0, 0.62)]
        >>> feel = find_feel(Score([Part([Note(onset, 0.3, 60) for onset in onsets])]))
        >>> feel.is_performance, round(feel.swing, 2), feel.swing_pairs
        (False, 0.62, 7)
    """
    part = _leading_part(score)
    if part is None:
        return Feel(False, None, 0, 0.0)
    onsets = _Beats(score).of(part.notes["onset_quarters"])
    pairs = 0 if score.metre.is_compound else len(off_beats(np.unique(onsets)))
    swing = estimate_swing(np.unique(onsets)) if pairs else None
    is_performance = _is_performance(onsets)
    _, deviations = _read(onsets, part.is_monophonic, is_performance, None)
    return Feel(is_performance, swing, pairs, float(np.sqrt(np.mean(deviations**2))))


def follows_the_beat(score: Score) -> bool:
    """False where a performance was recorded without its beats: the bar lines mean nothing there.

    Such a file has one tempo throughout, and its onsets lie anywhere in the beat and in its
    halves, thirds and quarters. A piece of few notes, and what lies on a grid, is given credit.

    Example:
        >>> from lstmmusic.score import Note
        >>> onsets = np.cumsum(np.tile([0.31, 0.17, 0.44, 0.29, 0.23], 20))
        >>> follows_the_beat(Score([Part([Note(onset, 0.1, 60) for onset in onsets])]))
        False
    """
    part = _leading_part(score)
    if part is None or len(score.tempo_map.changes) > 1 or len(part) < 4 * _MIN_NOTES:
        return True
    onsets = _Beats(score).of(part.notes["onset_quarters"])
    return not _is_performance(onsets) or _pull(onsets) >= _LEAST_PULL


def on_the_grid(score: Score, feel: Feel) -> Placed:
    """Puts every note where it would be written: on the grid of `MelodyEvents`, swing undone.

    Onsets of one beat are read together, as eighths, triplets, sixteenths or finer; notes of a
    chord stay together. An end moves with the onsets around it.

    Args:
        score: Its bars must be known: see `with_bar_lines`.
        feel: Of the piece, from `find_feel`.

    Raises:
        InputError: The notes do not follow the beat (`follows_the_beat`).

    Example:
        >>> from lstmmusic.score import Note
        >>> onsets = [beat + place for beat in range(8) for place in (0, 0.62)]
        >>> played = Score([Part([Note(onset, 0.3, 60) for onset in onsets])])
        >>> placed = on_the_grid(played, find_feel(played))
        >>> placed.score.parts[0].notes["onset_quarters"][:4].tolist()
        [0.0, 0.5, 1.0, 1.5]
        >>> placed.deviations_beats[0][:2].round(2).tolist()
        [0.0, 0.12]
    """
    if not follows_the_beat(score):
        raise InputError(
            "score",
            "a performance whose beats the file knows",
            "notes that lie anywhere in the beats of its one tempo",
        )
    beats = _Beats(score)
    placed = [_placed(part, beats, feel, score.metre.is_compound) for part in score.parts]
    parts, deviations, lengths = zip(*placed, strict=True) if placed else ((), (), ())
    return Placed(replace(score, parts=parts), deviations, lengths)


class _Beats:
    """Quarters to felt beats from bar 1, and back; every metre change begins on a whole beat."""

    def __init__(self, score: Score) -> None:
        self.quarters = [score.pickup_quarters]
        self.lengths = [score.metre.beat_quarters]
        self.numbers = [0.0]
        for onset, metre in score.metres[1:]:
            n_beats = (onset - self.quarters[-1]) / self.lengths[-1]
            self.numbers.append(self.numbers[-1] + np.ceil(n_beats - 1e-6))
            self.quarters.append(onset)
            self.lengths.append(metre.beat_quarters)

    def of(self, quarters: np.ndarray) -> np.ndarray:
        """Beats at places in quarters; before bar 1 they are negative."""
        if len(self.quarters) == 1:
            return (quarters - self.quarters[0]) / self.lengths[0]
        at = np.maximum(np.searchsorted(self.quarters, quarters + 1e-9, side="right") - 1, 0)
        start, length, number = (
            np.take(x, at) for x in (self.quarters, self.lengths, self.numbers)
        )
        return number + (quarters - start) / length

    def to_quarters(self, beats: np.ndarray) -> np.ndarray:
        """The inverse of `of`."""
        if len(self.quarters) == 1:
            return self.quarters[0] + beats * self.lengths[0]
        at = np.maximum(np.searchsorted(self.numbers, beats + 1e-9, side="right") - 1, 0)
        start, length, number = (
            np.take(x, at) for x in (self.quarters, self.lengths, self.numbers)
        )
        return start + (beats - number) * length


def _leading_part(score: Score) -> Part | None:
    """The melody; else the drum part with the most notes."""
    drums = [part for part in score.parts if part.is_drum and len(part)]
    return melody_part(score) or max(drums, key=len, default=None)


def _is_performance(onsets: np.ndarray) -> bool:
    """True where too few onsets lie on a written grid or on places that come back exactly."""
    if len(onsets) < _MIN_NOTES:
        return False
    share = onsets % 1
    exact = np.zeros(len(onsets), bool)
    for grid in _GRIDS:
        exact |= np.abs(share * grid - np.round(share * grid)) <= _EXACT * grid
    place = np.round(share / _EXACT * 2).astype(int)
    common = np.bincount(place)[place] >= max(_COMMON * len(onsets), _MIN_NOTES / 2)
    return bool((exact | common).mean() < _ON_GRID)


def _pull(onsets: np.ndarray) -> float:
    """How strongly the beat and its parts pull the onsets."""
    phases = np.exp(2j * np.pi * np.multiply.outer([1, 2, 3, 4], onsets))
    return float(len(onsets) * (np.abs(phases.mean(1)) ** 2).sum())


def _placed(
    part: Part, beats: _Beats, feel: Feel, is_compound: bool
) -> tuple[Part, np.ndarray, np.ndarray]:
    if not len(part):
        return part, np.empty(0), np.empty(0)
    onsets = beats.of(part.notes["onset_quarters"])
    ends = beats.of(part.notes["onset_quarters"] + part.notes["duration_quarters"])
    swing = None if is_compound else feel.swing
    steps, stops = _steps(onsets, ends, part.is_monophonic, feel.is_performance, swing)
    starts = np.maximum(beats.to_quarters(steps / STEPS_PER_BEAT), 0.0)
    notes = part.notes.copy()
    notes["onset_quarters"] = starts
    lengths = beats.to_quarters(stops / STEPS_PER_BEAT) - starts
    notes["duration_quarters"] = np.maximum(lengths, beats.lengths[0] / STEPS_PER_BEAT)
    order = np.lexsort((notes["duration_quarters"], notes["pitch"], notes["onset_quarters"]))
    late = onsets - steps / STEPS_PER_BEAT
    return replace(part, notes=notes), late[order], (ends - onsets)[order]


def _steps(
    onsets: np.ndarray,
    ends: np.ndarray,
    is_monophonic: bool,
    is_performance: bool,
    swing: float | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Where notes start and end as written, in steps; the arguments are those of `_read`."""
    if not len(onsets):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    places, _ = _read(onsets, is_monophonic, is_performance, swing)
    steps = np.round(places * STEPS_PER_BEAT).astype(np.int64)
    if is_monophonic:  # a note that would fall on the one before it goes on the next step
        count = np.arange(len(steps))
        steps = np.maximum.accumulate(steps - count) + count
    # Ends move with the onsets: between two of them in proportion, after the last one as it does.
    behind = onsets[-1] - places[-1]
    known, at = np.unique(onsets, return_index=True)
    moved = np.where(ends > known[-1], ends - behind, np.interp(ends, known, places[at]))
    stops = np.maximum(np.round(moved * STEPS_PER_BEAT).astype(np.int64), steps + 1)
    if is_monophonic:
        stops[:-1] = np.minimum(stops[:-1], steps[1:])
    return steps, stops


def _read(
    onsets: np.ndarray, is_monophonic: bool, is_performance: bool, swing: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Written places in beats, and how late each note is by them.

    Args:
        onsets: In beats, rising.
        is_monophonic: False lets notes that start together share a place.
        is_performance: What decides between likely and near: see `_division`.
        swing: None or `STRAIGHT` leaves off-beats where they are; the lateness of a note is then
            the distance from the place where it is played, not written.
    """
    if is_monophonic:
        groups, heard = np.arange(len(onsets)), onsets
    else:
        groups = np.append(0, np.cumsum(np.diff(onsets) > _TOGETHER))
        heard = np.bincount(groups, onsets) / np.bincount(groups)
    early = _EARLY if is_performance else _EXACT
    beat = np.floor(heard + early)
    share = heard - beat
    places, cost, division = _division(share, beat, is_performance)
    if swing is not None and swing >= _SWUNG and is_performance:
        # Long and short in two thirds and one: an eighth pair as it swings.
        rows = np.cumsum(np.append(True, beat[1:] != beat[:-1])) - 1
        has_second = np.bincount(rows, (places > 0.1) & (places < 0.6))[rows] > 0
        places = np.where((division == 3) & ~has_second & (places > 0.6), STRAIGHT, places)
    elif swing is not None and swing >= _SWUNG:
        bare = np.where(share > 0, unswung(np.maximum(share, 0), swing), share)
        swung, swung_cost, _ = _division(bare, beat, is_performance, halves_only=True)
        places = np.where(swung_cost < cost, swung, places)
    written = (beat + places)[groups]
    return written, onsets - written


class _Divided(NamedTuple):
    """Every beat divided in every way; arrays of shape (divisions, onsets) or (divisions, beats).

    Attributes:
        rows: Which beat each onset is in, counted from 0.
        counts: Onsets in each beat.
        nearest: The nearest place of each onset.
        worst: The largest error in the beat, in beats.
        shift: The error that all onsets of the beat share.
        clashes: Onsets on the place of the one before.
    """

    rows: np.ndarray
    counts: np.ndarray
    nearest: np.ndarray
    worst: np.ndarray
    shift: np.ndarray
    clashes: np.ndarray


def _divided(share: np.ndarray, beat: np.ndarray, divisions: np.ndarray) -> _Divided:
    """Holds onsets, given by their share of the beat and their beat (rising), against divisions."""
    first = np.nonzero(np.append(True, beat[1:] != beat[:-1]))[0]
    counts = np.diff(np.append(first, len(beat)))
    rows = np.repeat(np.arange(len(first)), counts)
    index = np.clip(np.floor(share * divisions[:, None] + 0.5), 0, divisions[:, None] - 1)
    error = share - index / divisions[:, None]
    clash = np.zeros_like(index)
    clash[:, 1:] = (index[:, 1:] <= index[:, :-1]) & (rows[1:] == rows[:-1])
    return _Divided(
        rows,
        counts,
        index,
        np.maximum.reduceat(np.abs(error), first, axis=1),
        np.abs(np.add.reduceat(error, first, axis=1)) / counts,
        np.add.reduceat(clash, first, axis=1),
    )


def _division(
    share: np.ndarray, beat: np.ndarray, is_performance: bool, halves_only: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best division of every beat.

    Args:
        share: Where onsets lie within their beats.
        beat: Their beats, rising.
        is_performance: False where nearness decides alone and likelihood only between equals.
        halves_only: Eighths and sixteenths only.

    Returns:
        For each onset its place in the division, and the cost and the division of its beat.
    """
    divisions = np.array([2, 4] if halves_only else _DIVISIONS)
    found = _divided(share, beat, divisions)
    column = np.searchsorted(_DIVISIONS, divisions)
    credit = _CREDIT[np.minimum(found.counts, len(_CREDIT)) - 1][:, column].T
    cost = _CLASH * found.clashes
    if is_performance:
        cost += _WORST * found.worst - _SHIFT * found.shift - credit
    else:
        cost += _EXACT_WORST * np.maximum(found.worst - _EXACT, 0) - credit / 10
    chosen = cost.argmin(0)[found.rows]
    at = np.arange(len(share))
    places = found.nearest[chosen, at] / divisions[chosen]
    return places, cost.min(0)[found.rows], divisions[chosen]
