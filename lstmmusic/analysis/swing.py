"""Swing: where the off-beat eighth lies within the beat, heard, taken off and put on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT

STRAIGHT, TRIPLET = 0.5, 2 / 3
LOWEST, HIGHEST = 0.5, 0.75

MIN_PAIRS = 4  # fewer swung beats than that say nothing
_NEAR = 0.06  # of a beat
_HALF = STEPS_PER_BEAT // 2
_THIRDS = (STEPS_PER_BEAT // 3, 2 * STEPS_PER_BEAT // 3)
# How far a note on the beat may lie before and behind it, and what is still two eighths.
_EARLY, _LATE = 0.1, 0.3
_SHORTEST, _LONGEST = 0.3, 0.85


def off_beats(onsets_beats: np.ndarray) -> np.ndarray:
    """How long the on-beat lasts in every beat that tells.

    Such a beat has one note on it and one after it, and then comes the next beat's. Counted from
    note to note: a player who lies behind the beat does so on all three.

    Args:
        onsets_beats: Where notes start, in felt beats.

    Returns:
        One share of the beat for each such beat, in order.

    Example:
        >>> off_beats(np.array([0, 0.62, 1, 1.25, 1.5, 2.1, 2.7, 3.1])).round(2).tolist()
        [0.62, 0.6]
    """
    onsets = np.sort(np.asarray(onsets_beats, float)) + _EARLY
    beats, first, count = np.unique(np.floor(onsets), return_index=True, return_counts=True)
    tells = (count == 2) & (first + 2 < len(onsets))
    beats, first = beats[tells] + _EARLY, first[tells]
    on_beat, length = onsets[first] - beats, onsets[first + 2] - onsets[first]
    share = (onsets[first + 1] - onsets[first]) / length
    tells = (on_beat < _LATE) & (np.abs(length - 1) < _LATE - _EARLY)
    return share[tells & (share >= _SHORTEST) & (share <= _LONGEST)]


def estimate_swing(onsets_beats: np.ndarray) -> float | None:
    """The swing that notes are played with: the median share of the on-beat eighth.

    Args:
        onsets_beats: Where notes start, in felt beats.

    Returns:
        Share of the beat; None where fewer than four beats tell.

    Example:
        >>> round(estimate_swing(np.array([0, 0.62, 1, 1.62, 2, 2.62, 3, 3.62, 4])), 2)
        0.62
    """
    places = off_beats(onsets_beats)
    if len(places) < MIN_PAIRS:
        return None
    return float(np.clip(np.median(places), LOWEST, HIGHEST))


def unswung(share: np.ndarray, swing: float) -> np.ndarray:
    """Places within the beat (0 to 1) as they are written, given those that are swung."""
    return np.where(share <= swing, share / swing / 2, 0.5 + (share - swing) / (1 - swing) / 2)


def unswing(onsets_beats: np.ndarray, places_beats: np.ndarray, swing: float) -> np.ndarray:
    """Moves swung places back to where they are written.

    A beat in which a note starts on its first third is a triplet, and stays.

    Args:
        onsets_beats: Where notes start, in felt beats.
        places_beats: What to move, in felt beats: the same onsets, or where notes end.
        swing: Share of the beat taken by the on-beat eighth.

    Example:
        >>> unswing(np.array([0.0, 0.7]), np.array([0.7, 1.0]), 0.7).round(3).tolist()
        [0.5, 1.0]
    """
    triplets = {int(np.floor(onset)) for onset in onsets_beats if abs(onset % 1 - 1 / 3) < _NEAR}
    beats = np.floor(places_beats)
    share = places_beats - beats
    stays = np.array([int(beat) in triplets for beat in beats], bool)
    return beats + np.where(stays, share, unswung(share, swing))


def swing_steps(onsets: Sequence[int], places: Sequence[int], swing: float) -> np.ndarray:
    """Moves places on the grid so that the off-beat eighth takes its swung place.

    Within a beat the first half stretches to `swing` of the beat and the second shrinks. A beat in
    which a note starts on a triplet is played as it is written. `unswing` undoes it.

    Args:
        onsets: Where notes start, in steps (`STEPS_PER_BEAT` to the beat).
        places: What to move, in steps: the same onsets, or where notes end.
        swing: Share of the beat taken by the on-beat eighth.

    Returns:
        The places in beats, float, in the order given.

    Example:
        >>> swing_steps([0, 6, 12, 16], [0, 6, 12, 16], 0.75).round(3).tolist()
        [0.0, 0.75, 1.0, 1.333]
    """
    triplet_beats = {step // STEPS_PER_BEAT for step in onsets if step % STEPS_PER_BEAT in _THIRDS}
    moved = []
    for place in places:
        beat, step = divmod(place, STEPS_PER_BEAT)
        if beat in triplet_beats:
            share = step / STEPS_PER_BEAT
        elif step <= _HALF:
            share = step / _HALF * swing
        else:
            share = swing + (step - _HALF) / _HALF * (1 - swing)
        moved.append(beat + share)
    return np.array(moved)
