"""What the objectives share: their outputs checked, split into views, and entropies of them."""

from __future__ import annotations

from typing import Any

import keras

from lstmmusic.errors import InputError

ops: Any = keras.ops  # whose own types say that a tensor may be None

_LEAST_SHARE = 1e-7  # below it, a share counts as this: p ln p has no slope at 0 in floats


def check_outputs(outputs: Any, least: int, views: int = 1) -> Any:
    """Outputs of a batch as a floating tensor, (..., batch, nodes).

    Raises:
        InputError: Fewer than two axes, no node, fewer rows than `least`, or not as many of one
            view as of the other.
    """
    outputs = ops.convert_to_tensor(outputs)
    if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(outputs.dtype)):
        outputs = ops.cast(outputs, keras.backend.floatx())
    shape = outputs.shape
    if len(shape) < 2 or shape[-1] == 0:
        raise InputError("outputs", "shape (..., batch, nodes)", tuple(shape))
    rows = shape[-2]
    if rows is not None and (rows < least or rows % views):
        kind = "rows" if views == 1 else "rows, one view after the other"
        raise InputError("outputs", f"{least} {kind} or more", rows)
    return outputs


def two_views(outputs: Any) -> tuple[Any, Any]:
    """The first half of the rows, and the second."""
    first, second = ops.split(outputs, 2, axis=-2)
    return first, second


def plogp(shares: Any) -> Any:
    """-p ln p of each share, 0 at p = 0."""
    return -shares * ops.log(ops.maximum(shares, _LEAST_SHARE))


def binary_entropy(share: Any) -> Any:
    """h(p) = -p ln p - (1 - p) ln(1 - p), nats."""
    return plogp(share) + plogp(1 - share)


def binary_entropy_of_logit(y: Any) -> Any:
    """h(σ(y)) = softplus(y) - y σ(y), exact where σ(y) rounds to 0 or 1."""
    magnitude = ops.abs(y)  # h is even; so written, nothing large is subtracted from its like
    return ops.softplus(-magnitude) + magnitude * ops.sigmoid(-magnitude)


def one_of(argument: str, value: Any, choices: tuple[Any, ...]) -> Any:
    """The value.

    Raises:
        InputError: It is none of the choices.
    """
    if value not in choices:
        raise InputError(argument, "one of " + ", ".join(map(str, choices)), repr(value))
    return value
