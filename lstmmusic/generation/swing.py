"""Swing: where the off-beat eighth lies within the beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.errors import InputError

STRAIGHT, TRIPLET = 0.5, 2 / 3
LOWEST, HIGHEST = 0.5, 0.75

# What a style swings when nothing else is asked for; 12/8 writes its triplets out.
STYLE_SWING = {"shuffle": TRIPLET, "jump": 0.62, "straight": STRAIGHT, "slow": TRIPLET}

_MIN_PAIRS = 4  # fewer swung beats than that say nothing
_NEAR = 0.06  # of a beat
_HALF = STEPS_PER_BEAT // 2
_THIRDS = (STEPS_PER_BEAT // 3, 2 * STEPS_PER_BEAT // 3)


def check_swing(swing: float) -> float:
    """The share, if it is one.

    Raises:
        InputError: Outside 0.5 (straight) to 0.75.
    """
    if not LOWEST <= swing <= HIGHEST:
        raise InputError("swing", "0.5 (straight) to 0.75; 0.667 is a triplet", swing)
    return swing


def swing_steps(onsets: Sequence[int], places: Sequence[int], swing: float) -> np.ndarray:
    """Moves places on the grid so that the off-beat eighth takes its swung place.

    Within a beat the first half stretches to `swing` of the beat and the second shrinks. A beat in
    which a note starts on a triplet is played as it is written.

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


def estimate_swing(onsets_beats: np.ndarray) -> float | None:
    """The swing that notes are played with: the median place of a lone off-beat after a beat.

    Args:
        onsets_beats: Where notes start, in felt beats.

    Returns:
        Share of the beat; None where fewer than four beats tell.

    Example:
        >>> round(estimate_swing(np.array([0, 0.62, 1, 1.62, 2, 2.62, 3, 3.62])), 2)
        0.62
    """
    by_beat: dict[int, list[float]] = {}
    for onset in np.asarray(onsets_beats, float) + _NEAR:  # a note may come a little early
        by_beat.setdefault(int(np.floor(onset)), []).append(onset % 1 - _NEAR)
    places = [
        later
        for first, later in (sorted(found) for found in by_beat.values() if len(found) == 2)
        if first < 2 * _NEAR and LOWEST - _NEAR <= later <= HIGHEST + _NEAR
    ]
    if len(places) < _MIN_PAIRS:
        return None
    return float(np.clip(np.median(places), LOWEST, HIGHEST))


def unswing(onsets_beats: np.ndarray, places_beats: np.ndarray, swing: float) -> np.ndarray:
    """Undoes `swing_steps`: moves swung places back to where they are written.

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
    straight = np.where(share <= swing, share / swing / 2, 0.5 + (share - swing) / (1 - swing) / 2)
    stays = np.array([int(beat) in triplets for beat in beats], bool)
    return beats + np.where(stays, share, straight)
