"""The LSTM's one step, in the letters of the papers, over an array namespace.

`xp` is NumPy (the player) or `keras.ops` (the layers): the equations stand here once.

    i = σ(W_i x + U_i h' + p_i c' + b_i)      input gate, sees the old cell
    f = σ(W_f x + U_f h' + p_f c' + b_f)      forget gate, sees the old cell
    c = f c' + i g(W_c x + U_c h' + b_c)      the cell (constant error carousel)
    o = σ(W_o x + U_o h' + p_o c  + b_o)      output gate, sees the new cell
    h = o g(c)

with h', c' the state before the step, p the peepholes, g = tanh unless said otherwise, and the
four blocks of a kernel in Keras' order i, f, c, o.

References:
    Gers, Schraudolph, Schmidhuber (2002), "Learning precise timing with LSTM recurrent networks",
    JMLR 3, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def sigmoid(xp: Any, x: Any) -> Any:
    """1 / (1 + exp(-x)), written so that it neither overflows nor needs a library."""
    return 0.5 * xp.tanh(0.5 * x) + 0.5


def step(
    xp: Any,
    z: Any,
    c_prev: Any,
    peephole: Any = None,
    g: Callable[[Any], Any] | None = None,
    gate: Callable[[Any], Any] | None = None,
) -> tuple[Any, Any]:
    """One step from the net inputs.

    Args:
        xp: NumPy or `keras.ops`.
        z: W x + U h' + b for i, f, c, o side by side, shape (..., 4 x units).
        c_prev: The cells before the step, shape (..., units).
        peephole: p_i, p_f, p_o, shape (3, units); None for an LSTM without peepholes.
        g: Squashes cell inputs and cells; None for tanh.
        gate: Squashes the gates; None for σ.

    Returns:
        The new outputs h and cells c, each of shape (..., units).

    Example:
        >>> import numpy as np
        >>> h, c = step(np, np.zeros(4), c_prev=np.ones(1))  # all gates half open
        >>> float(c[0]), round(float(h[0]), 4)
        (0.5, 0.2311)
    """
    squash: Callable[[Any], Any] = g or xp.tanh
    open_: Callable[[Any], Any] = gate or (lambda x: sigmoid(xp, x))
    z_i, z_f, z_c, z_o = xp.split(z, 4, axis=-1)
    if peephole is not None:
        z_i = z_i + peephole[0] * c_prev
        z_f = z_f + peephole[1] * c_prev
    c = open_(z_f) * c_prev + open_(z_i) * squash(z_c)
    if peephole is not None:
        z_o = z_o + peephole[2] * c
    return open_(z_o) * squash(c), c
