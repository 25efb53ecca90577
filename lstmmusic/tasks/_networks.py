"""The networks of the experiments: layers by variant, whose first weights a seed alone fixes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.layers import PeepholeLSTM, SideBySide, sigmoid_pm1, sigmoid_pm2
from lstmmusic.tasks.task import WEIGHTS

_TEST_BATCH = 256

# Variant -> what sets it apart from a `PeepholeLSTM` with all its gates.
_ABLATIONS: dict[str, dict[str, Any]] = {
    "peephole": {},
    "no_peepholes": {"peepholes": False},
    "no_forget": {"forget_gate": False},
}


@dataclass(frozen=True)
class Original:
    """A network of 1997: no forget gates, no peepholes, gates see gates.

    Attributes:
        blocks: Memory blocks.
        cells_per_block: Cells that share their gates.
        biased: Kinds of units that have a bias.
        has_output_bias: True where output units have one, too.
        weight_range: All weights start within plus and minus this, uniformly, and so do biases
            that are not named.
        input_gate_bias: One a block; None: as the weights.
        output_gate_bias: The same.
    """

    blocks: int
    cells_per_block: int
    biased: tuple[str, ...]
    has_output_bias: bool
    weight_range: float
    input_gate_bias: tuple[float, ...] | None = None
    output_gate_bias: tuple[float, ...] | None = None


def layers_of(
    variant: str,
    seed: int,
    n_inputs: int,
    n_outputs: int,
    units: int,
    original: Original | None = None,
    forget_bias: float | Sequence[float] = 1.0,
    input_bias: float = 0.0,
    output_activation: str | None = None,
    learn_initial_state: bool = False,
    dtype: str | None = None,
) -> list[keras.layers.Layer]:
    """A hidden layer that returns sequences, and an output layer; both built.

    Args:
        variant: `peephole`, `no_peepholes`, `no_forget` (with peepholes), `keras_lstm`, `rnn`;
            `lstm1997` and `online1997` are `original`.
        seed: Fixes all weights.
        n_inputs: Features of a step.
        n_outputs: Outputs of a step.
        units: Of the hidden layer; `original` has its own number.
        original: The published network of 1997, where it is among the variants.
        forget_bias: Where the biases of forget gates start, one or one a unit, in all that have
            them but `original`.
        input_bias: The same for input gates.
        output_activation: Of the output layer; None for none.
        learn_initial_state: As in `PeepholeLSTM`, for those variants that are one.
        dtype: Of all layers; None for Keras' own.
    """
    seeds = np.random.default_rng([seed, WEIGHTS]).integers(2**31, size=6).tolist()
    glorot, uniform = keras.initializers.GlorotUniform, keras.initializers.RandomUniform
    head: dict[str, Any] = {"kernel_initializer": glorot(seed=seeds[0]), "dtype": dtype}
    hidden: dict[str, Any] = {
        "dtype": dtype,
        "return_sequences": True,
        "kernel_initializer": glorot(seed=seeds[1]),
        "recurrent_initializer": keras.initializers.Orthogonal(seed=seeds[2]),
    }
    layer: Any
    if variant in _ABLATIONS:
        hidden["peephole_initializer"] = glorot(seed=seeds[3])
        hidden |= {"forget_gate_bias": forget_bias, "input_gate_bias": input_bias}
        hidden["learn_initial_state"] = learn_initial_state
        layer = PeepholeLSTM(units, **hidden, **_ABLATIONS[variant])
    elif variant == "keras_lstm":
        layer = keras.layers.LSTM(units, **hidden)
    elif variant == "rnn":
        layer = keras.layers.SimpleRNN(units, **hidden)
    elif original is None:
        raise InputError("variant", "one with a network of its own", repr(variant))
    else:
        spread = original.weight_range
        within = [uniform(-spread, spread, seed=number) for number in seeds]
        layer = PeepholeLSTM(
            original.blocks * original.cells_per_block,
            activation=sigmoid_pm2,
            output_activation=sigmoid_pm1,
            cells_per_block=original.cells_per_block,
            peepholes=False,
            forget_gate=False,
            gate_feedback=True,
            biased=original.biased,
            input_gate_bias=original.input_gate_bias,
            output_gate_bias=original.output_gate_bias,
            return_sequences=True,
            kernel_initializer=within[1],
            recurrent_initializer=within[2],
            bias_initializer=within[4],
        )
        head = {
            "kernel_initializer": within[0],
            "bias_initializer": within[5],
            "use_bias": original.has_output_bias,
        }
    top = keras.layers.Dense(n_outputs, activation=output_activation, **head)
    layer.build((None, None, n_inputs))
    if variant == "keras_lstm":
        bias = np.zeros(4 * units, np.float32)
        bias[:units], bias[units : 2 * units] = input_bias, forget_bias
        layer.cell.bias.assign(bias)
    top.build((None, None, layer.compute_output_shape((1, 1, n_inputs))[-1]))
    return [layer, top]


class Networks:
    """Networks of one shape, side by side: compiled once for all of them.

    Args:
        columns: For each network its layers, built, the first hears the inputs.

    Call args:
        inputs: Shape (networks, batch, time, features).

    Returns:
        Shape (networks, batch, time, outputs).
    """

    def __init__(self, columns: Sequence[Sequence[keras.layers.Layer]]) -> None:
        import tensorflow as tf

        self.n = len(columns)
        self.layers = [SideBySide(list(copies)) for copies in zip(*columns, strict=True)]
        self._predict = tf.function(self.__call__, jit_compile=True, autograph=False)

    def __call__(self, inputs: Any) -> Any:
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    @property
    def weights(self) -> list[Any]:
        """Variables, each (networks, ...)."""
        return [weight for layer in self.layers for weight in layer.trainable_variables]

    @property
    def parts(self) -> list[list[Any]]:
        """`weights` by what learns together; errors of one part do not reach another."""
        return [self.weights]

    def read(self) -> None:
        """Takes the weights of the layers that it was made of, where they have changed since."""
        for layer in self.layers:
            for row, weight in enumerate(layer.trainable_variables):
                rows = [np.asarray(copy.trainable_variables[row].value) for copy in layer.copies]
                weight.assign(np.stack(rows))

    def rows(self) -> np.ndarray:
        """All weights of each network side by side, (networks, weights)."""
        parts = [np.asarray(weight.value).reshape(self.n, -1) for weight in self.weights]
        return np.concatenate(parts, axis=1)

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Inputs (networks, batch, time, features) -> outputs (networks, batch, time, outputs)."""
        return np.asarray(self._predict(inputs.astype(np.float32)))

    def solver(self, index: int) -> Callable[..., np.ndarray]:
        """One network alone: inputs (batch, time, features) -> outputs (batch, time, outputs)."""

        def solve(inputs: np.ndarray) -> np.ndarray:
            found = []
            for start in range(0, len(inputs), _TEST_BATCH):
                part = inputs[start : start + _TEST_BATCH]
                full = np.zeros((_TEST_BATCH, *part.shape[1:]), np.float32)
                full[: len(part)] = part
                outputs = self.predict(np.broadcast_to(full, (self.n, *full.shape)))
                found.append(outputs[index, : len(part)])
            return np.concatenate(found)

        return solve
