"""Learning to count in whole steps: under noise, and with weights that grow.

Noise drives gates and cell inputs to the ends of their range; multiplying their weights then makes
of what is nearly a whole step one to the last bit, so that a count of a thousand is as exact as one
of ten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from lstmmusic.layers import PeepholeLSTMCell
from lstmmusic.tasks._disturbed import DisturbedCell
from lstmmusic.tasks._training import GradientLearner, Metrics, State
from lstmmusic.tasks.task import WEIGHTS


def disturbed_layers(
    variant: str,
    seed: int,
    n_inputs: int,
    n_outputs: int,
    units: int,
    forget_bias: float,
    output_activation: str,
) -> list[keras.layers.Layer]:
    """As `_networks.layers_of`: an LSTM that forgets nothing, disturbed, and an output layer.

    Its inputs have 2 · units columns more, for the noise.
    """
    seeds = np.random.default_rng([seed, WEIGHTS]).integers(2**31, size=3).tolist()
    glorot: Any = keras.initializers.GlorotUniform
    cell = PeepholeLSTMCell(
        units,
        forget_gate=False,
        peepholes=False,
        kernel_initializer=glorot(seed=seeds[0]),
        recurrent_initializer=keras.initializers.Orthogonal(seed=seeds[1]),
    )
    layer = keras.layers.RNN(DisturbedCell(cell, n_inputs), return_sequences=True)
    top = keras.layers.Dense(
        n_outputs, activation=output_activation, kernel_initializer=glorot(seed=seeds[2])
    )
    layer.build((None, None, n_inputs + 2 * units))
    top.build((None, None, units))
    return [layer, top]


class AllRight:
    """Stops a network after so many updates, hardened, when all training strings are right.

    Args:
        inputs: Shape (strings, time, features), without noise.
        targets: Shape (strings, time, outputs).
        n: Networks.
        settings: `CountingSettings`.
        are_right: (targets, outputs) -> (..., strings).
        harder_times: How often a network is hardened.
    """

    def __init__(
        self,
        inputs: np.ndarray,
        targets: np.ndarray,
        n: int,
        settings: Any,
        are_right: Callable[[np.ndarray, np.ndarray], np.ndarray],
        harder_times: int,
    ) -> None:
        self._inputs, self._targets, self._settings = inputs, targets, settings
        self._are_right, self._harder_times = are_right, harder_times
        self._rounds, self._were_right = np.zeros(1), np.zeros(n, bool)
        self._hardened = np.zeros(n, np.int64)

    @property
    def noise(self) -> float:
        """Its standard deviation in this round."""
        n_updates = self._rounds[0] * self._settings.round_updates
        return self._settings.noise * min(1.0, n_updates / self._settings.noise_updates)

    def seen(self, index: int, strings: Any, outputs: np.ndarray) -> None:
        pass

    def met(self, predict: Any) -> tuple[np.ndarray, Metrics]:
        n = len(self._hardened)
        outputs = predict(np.broadcast_to(self._inputs, (n, *self._inputs.shape)))
        right = self._are_right(self._targets[None], outputs)
        self._rounds = self._rounds + 1
        self._were_right = self._were_right | right.all(axis=1)
        is_over = self._rounds[0] * self._settings.round_updates >= self._settings.least_updates
        is_hard = self._hardened == self._harder_times
        return right.all(axis=1) & is_hard & is_over, {"train_right": right.mean(axis=1)}

    def factors(self, active: np.ndarray) -> np.ndarray:
        """What the weights of each network are multiplied by after the round."""
        soft = active & self._were_right & (self._hardened < self._harder_times)
        self._hardened = self._hardened + soft
        return np.where(soft, self._settings.harder_by, 1.0)

    def paces(self) -> np.ndarray:
        return np.ones(len(self._hardened))

    def state(self) -> State:
        return {
            "rounds": self._rounds,
            "were_right": self._were_right,
            "hardened": self._hardened,
        }

    def restore(self, state: State) -> None:
        self._rounds, self._were_right = state["rounds"].copy(), state["were_right"].copy()
        self._hardened = state["hardened"].copy()


class HardeningLearner(GradientLearner):
    """Multiplies the weights to input gates and cells by what an `AllRight` says.

    The networks are of `disturbed_layers`; for others the rule is told to harden 0 times.
    """

    def learn(self, n_round: int, active: np.ndarray) -> tuple[np.ndarray, Metrics]:
        """One round; see `Learner`."""
        rule: Any = self._rule
        met, metrics = super().learn(n_round, active)
        factors = rule.factors(active & ~met)
        if (factors != 1).any():
            layer = self._networks.layers[0]
            n_units = layer.copies[0].cell.cell.units
            # Net inputs lie side by side as input gates, cells, output gates.
            column = np.where(np.arange(3 * n_units) < 2 * n_units, factors[:, None], 1.0)
            for weight in layer.trainable_variables:
                rows = column if len(weight.shape) == 2 else column[:, None, :]
                weight.assign(np.asarray(weight.value) * rows)
        return met, metrics
