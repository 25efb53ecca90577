"""An LSTM that learns under noise: its input gates and cell inputs are disturbed at every step."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from lstmmusic.layers import PeepholeLSTMCell


class DisturbedCell(keras.layers.Layer):
    """A cell whose inputs bring along what is added to the net inputs of input gates and cells.

    What is drawn outside reaches the net inputs as it is, by no weight that could shrink. What
    learns to answer right all the same has net inputs far beyond the noise: gates that stand open
    or shut, and cells that count in whole steps.

    Args:
        cell: Has an input gate and no peephole there; not built.
        n_features: Inputs of the cell; 2 · units columns of noise follow them, for the input gates
            and for the cells.

    Call args:
        inputs: Shape (batch, n_features + 2 · units).
        states: Of the cell.
    """

    def __init__(self, cell: PeepholeLSTMCell, n_features: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cell, self.n_features = cell, n_features
        self.state_size, self.output_size = cell.state_size, cell.output_size

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.cell.build((input_shape[0], self.n_features))
        self.built = True

    def call(self, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        cell, n = self.cell, self.cell.units
        split: Any = ops.split(inputs, [self.n_features, self.n_features + n], axis=-1)
        x, to_gates, to_cells = split
        net: Any = cell.net(x, *states[:1])
        noise = {"i": to_gates, "c": to_cells}
        parts = [noise.get(kind, ops.zeros_like(to_gates)) for kind in cell.sizes]
        y, c, _ = cell.turn(net + ops.concatenate(parts, axis=-1), states[1])
        return y, [y, c]

    def get_config(self) -> dict[str, Any]:
        cell = self.cell.get_config()
        return {**super().get_config(), "cell": cell, "n_features": self.n_features}
