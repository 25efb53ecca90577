"""Swing put on: where the off-beat eighth is played within the beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstmmusic.analysis.swing import HIGHEST, LOWEST, STRAIGHT, TRIPLET
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.errors import InputError

# What a style swings when nothing else is asked for; 12/8 writes its triplets out.
STYLE_SWING = {"shuffle": TRIPLET, "jump": 0.62, "straight": STRAIGHT, "slow": TRIPLET}

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
    which a note starts on a triplet is played as it is written. `analysis.unswing` undoes it.

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
