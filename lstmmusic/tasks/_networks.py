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
_RNN_RANGE = 0.2
ONLINE_RNNS = ("elman", "rtrl")

# Variant -> what sets it apart from a `PeepholeLSTM` with all its gates.
_ABLATIONS: dict[str, dict[str, Any]] = {
    "peephole": {},
    "no_peepholes": {"peepholes": False},
    "no_forget": {"forget_gate": False},
}


@dataclass(frozen=True)
class Original:
    """A network of 1997: no forget gates, no peepholes.

    Attributes:
        blocks: Memory blocks.
        cells_per_block: Cells that share their gates.
        biased: Kinds of units that have a bias.
        has_output_bias: True where output units have one, too.
        weight_range: All weights start within plus and minus this, uniformly, and so do biases
            that are not named.
        input_gate_bias: One a block; None: as the weights.
        output_gate_bias: The same.
        is_plain: True for the smallest of them: g is σ, h and output gates are absent, and gates
            do not see gates.
    """

    blocks: int
    cells_per_block: int
    biased: tuple[str, ...]
    has_output_bias: bool
    weight_range: float
    input_gate_bias: tuple[float, ...] | None = None
    output_gate_bias: tuple[float, ...] | None = None
    is_plain: bool = False


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
    shortcut: bool = False,
    output_bias: float = 0.0,
) -> list[keras.layers.Layer]:
    """A hidden layer that returns sequences, and an output layer; both built.

    Args:
        variant: `peephole`, `no_peepholes`, `no_forget` (with peepholes), `keras_lstm`, `rnn`;
            `lstm1997` and `online1997` are `original`; `elman` and `rtrl` are plain networks of
            logistic units, for `OnlineRNN`.
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
        shortcut: True where the outputs see the inputs, too.
        output_bias: Where the biases of outputs start, in all variants but those of 1997.
    """
    seeds = np.random.default_rng([seed, WEIGHTS]).integers(2**31, size=6).tolist()
    glorot, uniform = keras.initializers.GlorotUniform, keras.initializers.RandomUniform
    head: dict[str, Any] = {"kernel_initializer": glorot(seed=seeds[0]), "dtype": dtype}
    head["bias_initializer"] = keras.initializers.Constant(output_bias)
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
    elif variant in ONLINE_RNNS:
        within = [uniform(-_RNN_RANGE, _RNN_RANGE, seed=number) for number in seeds]
        hidden |= {"kernel_initializer": within[1], "recurrent_initializer": within[2]}
        layer = keras.layers.SimpleRNN(units, "sigmoid", **hidden)
        head["kernel_initializer"] = within[0]
    elif original is None:
        raise InputError("variant", "one with a network of its own", repr(variant))
    else:
        spread = original.weight_range
        within = [uniform(-spread, spread, seed=number) for number in seeds]
        layer = PeepholeLSTM(
            original.blocks * original.cells_per_block,
            dtype=dtype,
            activation="sigmoid" if original.is_plain else sigmoid_pm2,
            output_activation="linear" if original.is_plain else sigmoid_pm1,
            cells_per_block=original.cells_per_block,
            peepholes=False,
            forget_gate=False,
            output_gate=not original.is_plain,
            gate_feedback=not original.is_plain,
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
            "dtype": dtype,
        }
    top = keras.layers.Dense(n_outputs, activation=output_activation, **head)
    layer.build((None, None, n_inputs))
    if variant == "keras_lstm":
        bias = np.zeros(4 * units, np.float32)
        bias[:units], bias[units : 2 * units] = input_bias, forget_bias
        layer.cell.bias.assign(bias)
    n_seen = layer.compute_output_shape((1, 1, n_inputs))[-1] + shortcut * n_inputs
    top.build((None, None, n_seen))
    return [layer, top]


class Networks:
    """Networks of one shape, side by side: compiled once for all of them.

    Args:
        columns: For each network its layers, built, the first hears the inputs.
        shortcut: True where the last layer hears the inputs, too, after what the others give.

    Call args:
        inputs: Shape (networks, batch, time, features).
        only: Which networks, by number, if not all: the first axis is theirs.

    Returns:
        Shape (networks, batch, time, outputs).
    """

    def __init__(
        self, columns: Sequence[Sequence[keras.layers.Layer]], shortcut: bool = False
    ) -> None:
        import tensorflow as tf

        self.n, self._shortcut = len(columns), shortcut
        self.layers = [SideBySide(list(copies)) for copies in zip(*columns, strict=True)]
        self._predict = tf.function(self.__call__, jit_compile=True, autograph=False)

    def __call__(self, inputs: Any, only: Any = None) -> Any:
        import tensorflow as tf

        y, last = inputs, self.layers[-1]
        for layer in self.layers[:-1]:
            y = layer(y, only=only)
        return last(tf.concat([y, inputs], -1) if self._shortcut else y, only=only)

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
        """One network alone."""
        return OneOf(self, index)


class OneOf:
    """One of networks side by side, as the success tests take it.

    Args:
        networks: All of them.
        index: Which.
    """

    def __init__(self, networks: Networks, index: int) -> None:
        self._networks, self._index = networks, index

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Inputs (batch, time, features) -> outputs (batch, time, outputs)."""
        found, networks = [], self._networks
        for start in range(0, len(inputs), _TEST_BATCH):
            part = inputs[start : start + _TEST_BATCH]
            full = np.zeros((_TEST_BATCH, *part.shape[1:]), np.float32)
            full[: len(part)] = part
            outputs = networks.predict(np.broadcast_to(full, (networks.n, *full.shape)))
            found.append(outputs[self._index, : len(part)])
        return np.concatenate(found)

    def layer(self) -> Any:
        """The hidden layer, to look inside."""
        hidden = self._networks.layers[0]
        hidden.write_back()
        return hidden.copies[self._index]
