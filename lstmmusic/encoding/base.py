"""What every encoding keeps: one object goes both ways, so that the directions cannot drift apart.

The law, tested for every member: `decode(encode(score), frame) == quantise(score)`, where the
frame is the score itself; it gives back what the array does not hold (tempo, key, names).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from lstmmusic.score import Score


class Encoding(Protocol):
    """Score <-> array."""

    def quantise(self, score: Score) -> Score:
        """The score as the array can hold it."""
        ...

    def encode(self, score: Score) -> np.ndarray:
        """The array; its first axis is time."""
        ...

    def decode(self, array: np.ndarray, frame: Score) -> Score:
        """The score in the array; everything that the array does not hold is the frame's."""
        ...


def snap(quarters: np.ndarray | float, step_quarters: float) -> np.ndarray:
    """Nearest step of a grid, as whole numbers; halves go up, so that neighbours never swap.

    Example:
        >>> snap(np.array([0.0, 0.34, 0.49]), 1 / 12).tolist()
        [0, 4, 6]
    """
    return np.floor(np.asarray(quarters) / step_quarters + 0.5 + 1e-9).astype(np.int64)
