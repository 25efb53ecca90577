"""The squashing functions of the papers that Keras lacks, and the slopes of them all.

Slopes are told from the squashed value, as the papers write them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from lstmmusic.errors import InputError


@keras.saving.register_keras_serializable(package="lstmmusic")
def sigmoid_pm1(x: Any) -> Any:
    """2σ(x) - 1, in (-1, 1): the h of 1997."""
    return ops.tanh(0.5 * x)


@keras.saving.register_keras_serializable(package="lstmmusic")
def sigmoid_pm2(x: Any) -> Any:
    """4σ(x) - 2, in (-2, 2): the g of 1997."""
    return ops.multiply(2.0, ops.tanh(0.5 * x))


Squash = tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]

# Name -> the function in NumPy, and its slope as a function of its value.
SQUASHES: dict[str, Squash] = {
    "tanh": (np.tanh, lambda y: 1 - y**2),
    "sigmoid": (lambda x: 0.5 * np.tanh(0.5 * x) + 0.5, lambda y: y * (1 - y)),
    "linear": (lambda x: x, np.ones_like),
    "sigmoid_pm1": (lambda x: np.tanh(0.5 * x), lambda y: (1 - y**2) / 2),
    "sigmoid_pm2": (lambda x: 2 * np.tanh(0.5 * x), lambda y: 1 - y**2 / 4),
}


def squash_of(activation: Any) -> Squash:
    """The NumPy function and slope for a Keras activation.

    Raises:
        InputError: An activation that is not one of `SQUASHES`.

    Example:
        >>> function, slope = squash_of(sigmoid_pm2)
        >>> float(slope(function(np.array(0.0))))
        1.0
    """
    name = getattr(activation, "__name__", str(activation))
    if name not in SQUASHES:
        raise InputError("activation", "one of " + ", ".join(SQUASHES), name)
    return SQUASHES[name]
