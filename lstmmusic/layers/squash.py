"""The squashing functions of the papers that Keras lacks, and the slopes of them all.

Slopes are told from the squashed value, as the papers write them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import ops

from lstmmusic.errors import InputError
from lstmmusic.step import sigmoid


@keras.saving.register_keras_serializable(package="lstmmusic")
def sigmoid_pm1(x: Any) -> Any:
    """2σ(x) - 1, in (-1, 1): the h of 1997."""
    return SQUASHES["sigmoid_pm1"].value(ops, x)


@keras.saving.register_keras_serializable(package="lstmmusic")
def sigmoid_pm2(x: Any) -> Any:
    """4σ(x) - 2, in (-2, 2): the g of 1997."""
    return SQUASHES["sigmoid_pm2"].value(ops, x)


class Squashing(NamedTuple):
    """A squashing function, and its slope as a function of its value; for any array library.

    Attributes:
        value: (NumPy or `keras.ops`, net inputs) -> values.
        slope: (NumPy or `keras.ops`, values) -> slopes.
    """

    value: Callable[[Any, Any], Any]
    slope: Callable[[Any, Any], Any]


SQUASHES: dict[str, Squashing] = {
    "tanh": Squashing(lambda xp, x: xp.tanh(x), lambda xp, y: 1 - y**2),
    "sigmoid": Squashing(sigmoid, lambda xp, y: y * (1 - y)),
    "linear": Squashing(lambda xp, x: x, lambda xp, y: xp.ones_like(y)),
    "sigmoid_pm1": Squashing(lambda xp, x: xp.tanh(0.5 * x), lambda xp, y: (1 - y**2) / 2),
    "sigmoid_pm2": Squashing(lambda xp, x: 2 * xp.tanh(0.5 * x), lambda xp, y: 1 - y**2 / 4),
}


def squash_of(activation: Any) -> Squashing:
    """The function and slope for a Keras activation.

    Raises:
        InputError: An activation that is not one of `SQUASHES`.

    Example:
        >>> import numpy as np
        >>> pm2 = squash_of(sigmoid_pm2)
        >>> float(pm2.slope(np, pm2.value(np, np.array(0.0))))
        1.0
    """
    name = getattr(activation, "__name__", str(activation))
    if name not in SQUASHES:
        raise InputError("activation", "one of " + ", ".join(SQUASHES), name)
    return SQUASHES[name]
