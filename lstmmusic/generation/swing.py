"""What swing can be asked for, and what a style has."""

from __future__ import annotations

from lstmmusic.analysis.swing import HIGHEST, LOWEST, STRAIGHT, TRIPLET
from lstmmusic.errors import InputError

# What a style swings when nothing else is asked for; 12/8 writes its triplets out.
STYLE_SWING = {"shuffle": TRIPLET, "jump": 0.62, "straight": STRAIGHT, "slow": TRIPLET}


def check_swing(swing: float | str) -> float:
    """The share, if it is one.

    Raises:
        InputError: No number, or outside 0.5 (straight) to 0.75.
    """
    if isinstance(swing, str) or not LOWEST <= swing <= HIGHEST:
        raise InputError("swing", "0.5 (straight) to 0.75; 0.667 is a triplet", swing)
    return swing
