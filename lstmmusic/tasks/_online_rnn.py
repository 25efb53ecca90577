"""A plain recurrent network that learns online: by the real-time gradient, or as Elman's did.

With y = σ(W x + U y' + b), how an output depends on a weight w_jm from source s_m to unit j is

    ∂y_k/∂w_jm = σ'(net_k) (Σ_l U_kl ∂y'_l/∂w_jm + [k = j] s_m)

carried forward step by step, it is the gradient itself, and costs units³ · sources a step
(`looks_back`). Elman's network takes its last state as given: the sum is left out.

References:
    Williams, Zipser (1989), Neural Computation 1(2). Elman (1990), Cognitive Science 14(2).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from lstmmusic.layers.online import Online, State, Weights, weighted
from lstmmusic.layers.squash import squash_of


class Read(NamedTuple):
    """One step read: the outputs, (..., outputs)."""

    output: Any


class PlainGradient:
    """How a plain network reads and learns: an `OnlineRule`.

    Args:
        layer: Keras' `SimpleRNN`, built.
        head: Built output layer.
        looks_back: True for the real-time gradient, False for Elman's.
    """

    def __init__(self, layer: Any, head: Any, looks_back: bool) -> None:
        self._cell, self._head, self._looks_back = layer.cell, head, looks_back
        self.n_inputs, self.n_outputs = self._cell.kernel.shape[0], head.kernel.shape[1]
        self._squash, self._f = squash_of(layer.cell.activation), squash_of(head.activation)

    def variables(self) -> dict[str, Any]:
        """The Keras variables of the two layers."""
        return {
            "kernel": self._cell.kernel,
            "recurrent_kernel": self._cell.recurrent_kernel,
            "bias": self._cell.bias,
            "head_kernel": self._head.kernel,
            "head_bias": self._head.bias,
        }

    def start(self) -> State:
        """Before a string: outputs, and how they depend on the weights, (units, units, sources)."""
        n_inputs, n_units = self._cell.kernel.shape
        by_weight = np.zeros((n_units, n_units, n_inputs + n_units + 1))
        return {"y": np.zeros(n_units), "by_weight": by_weight}

    def read(self, xp: Any, weights: Weights, state: State, x: Any) -> tuple[State, Read]:
        """One step."""
        recurrent, before = weights["recurrent_kernel"], state["by_weight"]
        net = weighted(xp, x, weights["kernel"]) + weighted(xp, state["y"], recurrent)
        y = self._squash.value(xp, net + weights["bias"])
        sources = xp.concatenate([x, state["y"], xp.ones_like(x[..., :1])], axis=-1)
        # Its own unit alone sees a weight at once.
        by_weight = np.eye(y.shape[-1])[..., None] * sources[..., None, None, :]
        if self._looks_back:
            flat = xp.reshape(before, (*before.shape[:-2], -1))
            flat = xp.matmul(xp.swapaxes(recurrent, -1, -2), flat)
            by_weight = by_weight + xp.reshape(flat, before.shape)
        by_weight = self._squash.slope(xp, y)[..., None, None] * by_weight
        net = weighted(xp, y, weights["head_kernel"]) + weights["head_bias"]
        return {"y": y, "by_weight": by_weight}, Read(self._f.value(xp, net))

    def gradient(self, xp: Any, weights: Weights, state: State, read: Read, target: Any) -> Weights:
        """What half the squared error of a step asks of each weight."""
        y, n_inputs = state["y"], weights["kernel"].shape[-2]
        delta = self._f.slope(xp, read.output) * (read.output - target)
        back = weighted(xp, delta, xp.swapaxes(weights["head_kernel"], -1, -2))
        slopes = xp.sum(back[..., None, None] * state["by_weight"], axis=-3)
        slopes = xp.swapaxes(slopes, -1, -2)
        return {
            "kernel": slopes[..., :n_inputs, :],
            "recurrent_kernel": slopes[..., n_inputs:-1, :],
            "bias": slopes[..., -1, :],
            "head_kernel": y[..., :, None] * delta[..., None, :],
            "head_bias": delta,
        }


class OnlineRNN(Online):
    """A recurrent layer and an output layer; the arguments are those of `PlainGradient`."""

    def __init__(self, layer: Any, head: Any, looks_back: bool) -> None:
        super().__init__(PlainGradient(layer, head, looks_back))
