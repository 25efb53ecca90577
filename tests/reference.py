"""Twins: the peephole LSTM as the papers print it, one unit and one step at a time, in float64.

Written from the equations and for reading; nothing of the package is used. A memory block holds
one cell here, as in the package. Net inputs are sums over inputs, outputs of the step before, and
a bias; the gates add what they see of the cell through their peepholes:

    y_in     = f(net_in + w_in,c s_c(t-1))
    y_forget = f(net_forget + w_forget,c s_c(t-1))
    s_c(t)   = y_forget s_c(t-1) + y_in g(net_c)
    y_out    = f(net_out + w_out,c s_c(t))
    y_c      = y_out g(s_c(t))

f is the logistic function; g, for cell inputs and cells, is tanh.

References:
    Gers, Schraudolph, Schmidhuber (2002), "Learning precise timing with LSTM recurrent networks",
    JMLR 3, section 3 (equations 1 to 7).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Where Keras puts what belongs to input gate, forget gate, cell and output gate.
BLOCKS = ("in", "forget", "c", "out")
PEEPHOLES = ("in", "forget", "out")


@dataclass
class Weights:
    """Weights as Keras stores them; without peepholes that table is None."""

    kernel: np.ndarray  # (features, 4 x units)
    recurrent_kernel: np.ndarray  # (units, 4 x units)
    bias: np.ndarray  # (4 x units,)
    peephole: np.ndarray | None = None  # (3, units)

    def arrays(self) -> dict[str, np.ndarray]:
        return {name: array for name, array in vars(self).items() if array is not None}


def random_weights(
    rng: np.random.Generator, features: int, units: int, peepholes: bool = True
) -> Weights:
    return Weights(
        rng.normal(0, 0.8, (features, 4 * units)),
        rng.normal(0, 0.8, (units, 4 * units)),
        rng.normal(0, 0.5, 4 * units),
        rng.normal(0, 1.0, (3, units)) if peepholes else None,
    )


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def lstm_step(
    weights: Weights, x: np.ndarray, y_prev: np.ndarray, s_prev: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Outputs y and cells s after one input."""
    units = len(s_prev)

    def net(block: str, unit: int) -> float:
        column = BLOCKS.index(block) * units + unit
        from_inputs = float(np.dot(x, weights.kernel[:, column]))
        from_outputs = float(np.dot(y_prev, weights.recurrent_kernel[:, column]))
        return from_inputs + from_outputs + float(weights.bias[column])

    def seen(block: str, unit: int, cell: float) -> float:
        if weights.peephole is None:
            return 0.0
        return float(weights.peephole[PEEPHOLES.index(block), unit]) * cell

    y, s = np.empty(units), np.empty(units)
    for unit in range(units):
        old = float(s_prev[unit])
        y_in = logistic(net("in", unit) + seen("in", unit, old))
        y_forget = logistic(net("forget", unit) + seen("forget", unit, old))
        new = y_forget * old + y_in * math.tanh(net("c", unit))
        y_out = logistic(net("out", unit) + seen("out", unit, new))
        s[unit] = new
        y[unit] = y_out * math.tanh(new)
    return y, s


def lstm_sequence(
    weights: Weights,
    inputs: np.ndarray,
    y: np.ndarray | None = None,
    s: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outputs (time, units) for inputs (time, features), and the last y and s."""
    units = weights.recurrent_kernel.shape[0]
    y = np.zeros(units) if y is None else y
    s = np.zeros(units) if s is None else s
    outputs = []
    for x in inputs:
        y, s = lstm_step(weights, x, y, s)
        outputs.append(y)
    return np.array(outputs), y, s


def lstm_batch(weights: Weights, inputs: np.ndarray) -> np.ndarray:
    """Outputs (batch, time, units) for inputs (batch, time, features)."""
    return np.array([lstm_sequence(weights, sequence)[0] for sequence in inputs])


def slope(function: Callable[[], float], array: np.ndarray, reach: float = 1e-5) -> np.ndarray:
    """Central finite differences of a function of no arguments that reads the array."""
    result = np.empty_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + reach
        above = function()
        array[place] = kept - reach
        below = function()
        array[place] = kept
        result[place] = (above - below) / (2 * reach)
    return result
