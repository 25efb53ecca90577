"""A plain recurrent network that learns online: by the real-time gradient, or as Elman's did.

With y = σ(W x + U y' + b), how an output depends on a weight w_jm from source s_m to unit j is

    ∂y_k/∂w_jm = σ'(net_k) (Σ_l U_kl ∂y'_l/∂w_jm + [k = j] s_m)

carried forward step by step, it is the gradient itself, and costs units³ · sources a step
(`looks_back`). Elman's network takes its last state as given: the sum is left out.

References:
    Williams, Zipser (1989), Neural Computation 1(2). Elman (1990), Cognitive Science 14(2).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lstmmusic.layers import OnlineStep
from lstmmusic.layers.squash import squash_of


class OnlineRNN:
    """A recurrent layer and an output layer, with the methods of `OnlineLSTM`.

    Args:
        layer: Keras' `SimpleRNN`, built; its weights are copied, see `write_back`.
        head: Built output layer.
        looks_back: True for the real-time gradient, False for Elman's.
    """

    def __init__(self, layer: Any, head: Any, looks_back: bool) -> None:
        self._cell, self._head, self._looks_back = layer.cell, head, looks_back
        self._squash, self._slope = squash_of(layer.cell.activation)
        self._f, self._f_slope = squash_of(head.activation)
        self._of_keras = {
            "kernel": layer.cell.kernel,
            "recurrent_kernel": layer.cell.recurrent_kernel,
            "bias": layer.cell.bias,
            "head_kernel": head.kernel,
            "head_bias": head.bias,
        }
        self.weights = {
            name: np.asarray(variable.value, np.float64).copy()
            for name, variable in self._of_keras.items()
        }
        self.reset()

    @property
    def y(self) -> np.ndarray:
        """Outputs of the hidden layer, shape (units,)."""
        return self._y

    def reset(self) -> None:
        """Forgets the string."""
        n_inputs, n_units = self.weights["kernel"].shape
        self._y = np.zeros(n_units)
        self._by_weight = np.zeros((n_units, n_units, n_inputs + n_units + 1))

    def step(self, x: np.ndarray, target: np.ndarray | None = None) -> OnlineStep:
        """Reads one input and, where there is a target, gives the gradient of the error there.

        Args:
            x: Shape (features,).
            target: Shape (outputs,); None where nothing is asked.
        """
        weights, n = self.weights, len(self._y)
        net = x @ weights["kernel"] + self._y @ weights["recurrent_kernel"] + weights["bias"]
        sources = np.concatenate([x, self._y, [1.0]])
        if self._looks_back:
            before = self._by_weight.reshape(n, -1)
            by_weight = (weights["recurrent_kernel"].T @ before).reshape(self._by_weight.shape)
        else:
            by_weight = np.zeros_like(self._by_weight)
        by_weight[np.arange(n), np.arange(n)] += sources
        self._y = self._squash(net)
        self._by_weight = self._slope(self._y)[:, None, None] * by_weight
        output = self._f(self._y @ weights["head_kernel"] + weights["head_bias"])
        if target is None:
            return OnlineStep(output, None)
        delta = self._f_slope(output) * (output - target)
        back = weights["head_kernel"] @ delta
        slopes = (back @ self._by_weight.reshape(n, -1)).reshape(n, -1).T
        n_inputs = len(x)
        gradient = {
            "kernel": slopes[:n_inputs],
            "recurrent_kernel": slopes[n_inputs:-1],
            "bias": slopes[-1],
            "head_kernel": np.outer(self._y, delta),
            "head_bias": delta,
        }
        return OnlineStep(output, gradient)

    def descend(self, gradient: dict[str, np.ndarray], learning_rate: float) -> None:
        """Changes the weights against a gradient."""
        for name, slope in gradient.items():
            self.weights[name] -= learning_rate * slope

    def write_back(self) -> None:
        """Gives the weights to the Keras layers that they came from."""
        for name, variable in self._of_keras.items():
            variable.assign(self.weights[name])
