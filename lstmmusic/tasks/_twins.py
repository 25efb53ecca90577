"""Small networks in NumPy, many sets of weights side by side."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from lstmmusic.layers import PeepholeLSTM
from lstmmusic.step import Blocks, step
from lstmmusic.tasks._disturbed import DisturbedCell


class Twins:
    """A network of two layers, as a function of all its weights, for many sets of them at once.

    In NumPy, step by step (`lstmmusic.step`): nothing is compiled, so that streams may have any
    length.

    Args:
        layer: A `PeepholeLSTM` without blocks and fed-back gates, Keras' `LSTM` or `SimpleRNN`, or
            an RNN of a `DisturbedCell`, here without noise; built.
        head: A dense layer, built; its activation is left out.
    """

    def __init__(self, layer: Any, head: Any) -> None:
        variables = [*layer.trainable_variables, *head.trainable_variables]
        self._shapes = [tuple(variable.shape) for variable in variables]
        self._ends = np.cumsum([int(np.prod(shape)) for shape in self._shapes])
        self.names = [variable.name for variable in layer.trainable_variables]
        self.has_cells = not isinstance(layer, keras.layers.SimpleRNN)
        self._layer = layer
        cell = layer.cell.cell if isinstance(layer.cell, DisturbedCell) else layer.cell
        self.blocks = getattr(cell, "blocks", Blocks(peepholes=()))
        self.units = cell.units

    @staticmethod
    def flat(layer: Any, head: Any) -> np.ndarray:
        """All weights of a network, (weights,)."""
        variables = [*layer.trainable_variables, *head.trainable_variables]
        return np.concatenate([np.asarray(variable.value).ravel() for variable in variables])

    def shaped(self, weights: np.ndarray) -> list[np.ndarray]:
        """(n, weights) -> each weight of the layer and of the head, (n, ...)."""
        parts = np.split(weights, self._ends[:-1], axis=1)
        return [
            part.reshape(len(weights), *shape)
            for part, shape in zip(parts, self._shapes, strict=True)
        ]

    def __call__(self, weights: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """What the networks answer.

        Args:
            weights: Shape (n, weights).
            inputs: Shape (batch, time, features).

        Returns:
            Shape (n, batch, time, outputs).
        """
        return self.run(weights, inputs)[0]

    def run(
        self, weights: np.ndarray, inputs: np.ndarray, states: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """What the networks answer, and the states that they end in, to go on from.

        Args:
            weights: Shape (n, weights).
            inputs: Shape (batch, time, features).
            states: Shape (2, n, batch, units); None where streams begin.
        """
        *of_layer, head, head_bias = self.shaped(weights)
        known = dict(zip(self.names, of_layer, strict=True))
        n, (batch, n_steps, _) = len(weights), inputs.shape
        if states is None:
            states = np.zeros((2, n, batch, self.units))
            if "initial_y" in known:
                states[0], states[1] = known["initial_y"][:, None], known["initial_c"][:, None]
        y, c = states
        kernel, recurrent = known["kernel"], known["recurrent_kernel"]
        bias = known["bias"][:, None]
        peephole = None
        if self.blocks.peepholes:
            peephole = known["peephole_kernel"].transpose(1, 0, 2)[:, :, None]
        heard: Any = inputs.any(axis=(0, 2))
        hidden = np.empty((n_steps, n, batch, self.units))
        with np.errstate(over="ignore", invalid="ignore"):
            for t in range(n_steps):
                net = y @ recurrent + bias
                if heard[t]:
                    net += inputs[:, t] @ kernel
                if self.has_cells:
                    y, c = step(np, net, c, peephole, self.blocks)
                else:
                    y = np.tanh(net)
                hidden[t] = y
            outputs = np.moveaxis(hidden @ head, 0, 2) + head_bias[:, None, None]
        return outputs, np.stack([y, c])

    def layer(self, weights: np.ndarray) -> Any:
        """The hidden layer with these weights, (weights,), without noise: to look inside."""
        config = self._layer.get_config()
        if isinstance(self._layer.cell, DisturbedCell):
            config = {**self._layer.cell.cell.get_config(), "return_sequences": True}
            del config["name"]
            kind: Any = PeepholeLSTM
        else:
            kind = type(self._layer)
        found = kind.from_config(config)
        shaped = dict(zip(self.names, self.shaped(weights[None]), strict=False))
        found.build((None, None, shaped["kernel"].shape[1]))
        for variable in found.trainable_variables:
            variable.assign(shaped[variable.name][0])
        return found


class TwinSolver:
    """One network as the success tests take it.

    Args:
        twins: Networks of its shape.
        weights: Its own, (weights,).
    """

    def __init__(self, twins: Twins, weights: np.ndarray) -> None:
        self._twins, self._weights = twins, weights

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Inputs (batch, time, features) -> outputs (batch, time, outputs)."""
        return self._twins(self._weights[None], inputs)[0]

    def layer(self) -> Any:
        """The hidden layer."""
        return self._twins.layer(self._weights)


class StreamSolver(TwinSolver):
    """One network that reads streams piece by piece; its outputs are logistic units.

    Args:
        twins: Networks of its shape.
        weights: Its own, (weights,).
    """

    def __init__(self, twins: Twins, weights: np.ndarray) -> None:
        super().__init__(twins, weights)
        self._states: np.ndarray | None = None

    def __call__(self, inputs: np.ndarray, begins: bool = True) -> np.ndarray:
        """Inputs (batch, time, features) -> outputs (batch, time, outputs).

        Args:
            inputs: A piece of streams.
            begins: False where it goes on from the last.
        """
        states = None if begins else self._states
        outputs, self._states = self._twins.run(self._weights[None], inputs, states)
        return 0.5 * np.tanh(0.5 * outputs[0]) + 0.5
