"""Measuring how errors flow back through a recurrent layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lstmmusic.tasks._training import Metrics, State
from lstmmusic.tasks.task import TRAINING


def errors_back(layer: Any, inputs: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """How long the error is that arrives at the outputs of earlier steps.

    Every output has something added to it that is zero; the slope by it is what arrives there.

    Args:
        layer: Recurrent, built.
        inputs: Shape (batch, time, features); the error is at the last step.
        direction: dE(t)/dh(t), shape (batch, outputs of the layer).

    Returns:
        |dE(t)/dh(t - q)| for q = 1, 2, ..., (batch, time - 1).
    """
    import tensorflow as tf

    cell, n_steps = layer.cell, inputs.shape[1]
    dtype = cell.compute_dtype
    x, asked = tf.constant(inputs, dtype), tf.constant(direction, dtype)
    added = [tf.zeros_like(asked) for _ in range(n_steps - 1)]
    states = list(layer.get_initial_state(len(inputs)))
    with tf.GradientTape() as tape:
        tape.watch(added)
        for t in range(n_steps - 1):
            _, states = cell(x[:, t], states)
            states = [states[0] + added[t], *states[1:]]
        output, _ = cell(x[:, -1], states)
        error = tf.reduce_sum(output * asked)
    found: Any = tape.gradient(error, added, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return np.linalg.norm(np.stack([np.asarray(g) for g in found[::-1]], axis=1), axis=-1)


class FlowMeter:
    """A learner that learns nothing: it measures a few sequences a round.

    Args:
        layers: One a network.
        seeds: The same.
        settings: `FlowSettings`.
    """

    def __init__(self, layers: Sequence[Any], seeds: Sequence[int], settings: Any) -> None:
        self.steps_per_round = settings.batch_sequences
        self._layers, self._seeds, self._settings = layers, seeds, settings
        self._sums = np.zeros((len(layers), settings.lags))
        self._counts = np.zeros(len(layers))

    def learn(self, n_round: int, active: np.ndarray) -> tuple[np.ndarray, Metrics]:
        """One round; see `Learner`."""
        settings, n = self._settings, self.steps_per_round
        for k in np.flatnonzero(active).tolist():
            rng = np.random.default_rng([self._seeds[k], TRAINING, n_round])
            inputs = rng.normal(size=(n, settings.lags + 1, settings.features))
            direction = rng.normal(size=(n, settings.units))
            direction /= np.linalg.norm(direction, axis=1, keepdims=True)
            self._sums[k] += errors_back(self._layers[k], inputs, direction).sum(axis=0)
            self._counts[k] += n
        return self._counts >= settings.sequences, {"sequences": self._counts.copy()}

    def state(self) -> State:
        """What has been measured."""
        return {"sums": self._sums, "counts": self._counts}

    def restore(self, state: State) -> None:
        """Goes on from a kept state."""
        self._sums, self._counts = state["sums"].copy(), state["counts"].copy()

    def solver(self, index: int) -> Callable[[np.ndarray], np.ndarray]:
        """Anything of shape (1, lags, 1) -> the mean error that arrives at each lag."""
        flow = self._sums[index] / max(self._counts[index], 1)
        return lambda inputs: flow[None, :, None] * np.ones(inputs.shape)
