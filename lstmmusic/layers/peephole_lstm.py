"""The LSTM family for Keras 3: gates that see their cells, blocks of cells, gates that are absent.

`PeepholeLSTMCell` knows one step (`lstmmusic.step`), `PeepholeLSTM` loops it over time. Both take
what `keras.layers.LSTMCell` and `keras.layers.LSTM` take, in the same order with the same
defaults; what is ours comes after, by keyword. Without peepholes, the rest left alone, they equal
Keras' own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from lstmmusic.errors import InputError
from lstmmusic.step import Activations, Blocks, activations, by_kind

GATE_LETTERS = {"input": "i", "forget": "f", "output": "o"}
KINDS = ("input", "forget", "cell", "output", "ordinary")
_LETTER = {**GATE_LETTERS, "cell": "c", "ordinary": "u"}


@keras.saving.register_keras_serializable(package="lstmmusic")
class PeepholeLSTMCell(keras.layers.LSTMCell):
    """One step of an LSTM.

    The equations stand in `lstmmusic.step`. Kernels hold the net inputs side by side in the order
    input gates, forget gates, cells, output gates, ordinary units.

    Args:
        units: Number of cells.
        activation: As all up to `seed`, see `keras.layers.LSTMCell`; squashes the cells' inputs.
        peepholes: True: every gate sees the cells of its block; or those that do, of `input`,
            `forget`, `output`; False or (): none.
        cells_per_block: Cells that share their gates; `units` is the number of cells.
        input_gate: False: no such gate, it stands open.
        forget_gate: False: none; cells keep what they hold (the LSTM of 1997).
        output_gate: False: no such gate, it stands open.
        output_activation: Squashes the cells on their way out; None: `activation`.
        ordinary_units: Ordinary units beside the blocks; their outputs come after the cells'.
        ordinary_activation: Of the ordinary units.
        gate_feedback: Gates see the gates of the step before, and so do cells (1997).
        biased: Kinds of units that have a bias, of `input`, `forget`, `cell`, `output`,
            `ordinary`; None: all. `use_bias=False` leaves none.
        input_gate_bias: Where the biases of the input gates start: one number, or one a block;
            None: as `bias_initializer` says.
        forget_gate_bias: The same; None: 1 with `unit_forget_bias`.
        output_gate_bias: The same.
        peephole_initializer: For the weights from cells to gates, one row of `units` a gate that
            sees (input, forget, output).
        peephole_regularizer: For the same.
        peephole_constraint: For the same.
        **kwargs: As `keras.layers.LSTMCell`. `implementation` has no effect: one form serves all.

    Call args:
        inputs: Shape (batch, features).
        states: [y, c], and the gates with `gate_feedback`; each (batch, size).
        training: True lets dropout act.

    Returns:
        y of shape (batch, units + ordinary_units), and the new states.

    Raises:
        InputError: Units that are not a multiple of `cells_per_block`, unknown names of gates,
            negative `ordinary_units`, a bias schedule of another length.

    References:
        Gers, Schraudolph, Schmidhuber (2002), JMLR 3, section 3; for the variants see
        `lstmmusic.step`.
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        *,
        peepholes: bool | Sequence[str] = True,
        cells_per_block: int = 1,
        input_gate: bool = True,
        forget_gate: bool = True,
        output_gate: bool = True,
        output_activation: Any = None,
        ordinary_units: int = 0,
        ordinary_activation: Any = "sigmoid",
        gate_feedback: bool = False,
        biased: Sequence[str] | None = None,
        input_gate_bias: float | Sequence[float] | None = None,
        forget_gate_bias: float | Sequence[float] | None = None,
        output_gate_bias: float | Sequence[float] | None = None,
        peephole_initializer: Any = "glorot_uniform",
        peephole_regularizer: Any = None,
        peephole_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            unit_forget_bias=unit_forget_bias,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            **kwargs,
        )
        # One dropout mask for all kinds of units, as Keras' own fused form has it.
        self.implementation = 2
        self.dropout_mask_count = None
        if cells_per_block < 1 or units % cells_per_block:
            received = f"{units} units in blocks of {cells_per_block}"
            raise InputError("cells_per_block", "a divisor of units", received)
        self.cells_per_block = cells_per_block
        self.input_gate, self.forget_gate, self.output_gate = input_gate, forget_gate, output_gate
        existing = {"input": input_gate, "forget": forget_gate, "output": output_gate}
        gates = [name for name, exists in existing.items() if exists]
        self.peepholes = peepholes if isinstance(peepholes, bool) else tuple(peepholes)
        seeing = gates if peepholes is True else list(peepholes or ())
        if not set(seeing) <= set(gates):
            raise InputError("peepholes", "some of " + ", ".join(gates), peepholes)
        self.blocks = Blocks(
            cells_per_block,
            tuple(GATE_LETTERS[name] for name in gates),
            tuple(GATE_LETTERS[name] for name in gates if name in seeing),
        )
        self.output_activation = (
            None if output_activation is None else keras.activations.get(output_activation)
        )
        if ordinary_units < 0:
            raise InputError("ordinary_units", "0 or more", ordinary_units)
        self.ordinary_units = ordinary_units
        self.ordinary_activation = keras.activations.get(ordinary_activation)
        self.gate_feedback = gate_feedback
        self.biased = None if biased is None else tuple(biased)
        if biased is not None and not set(biased) <= set(KINDS):
            raise InputError("biased", "some of " + ", ".join(KINDS), biased)
        self.input_gate_bias = _schedule("input_gate_bias", input_gate_bias, self.n_blocks)
        self.forget_gate_bias = _schedule("forget_gate_bias", forget_gate_bias, self.n_blocks)
        self.output_gate_bias = _schedule("output_gate_bias", output_gate_bias, self.n_blocks)
        self.peephole_initializer = keras.initializers.get(peephole_initializer)
        self.peephole_regularizer = keras.regularizers.get(peephole_regularizer)
        self.peephole_constraint = keras.constraints.get(peephole_constraint)
        self.peephole_kernel = None
        self.output_size = units + ordinary_units
        self.state_size = [self.output_size, units]
        if gate_feedback:
            self.state_size.append(len(gates) * self.n_blocks)

    @property
    def n_blocks(self) -> int:
        """Memory blocks: units / cells_per_block."""
        return self.units // self.cells_per_block

    @property
    def sizes(self) -> dict[str, int]:
        """Net inputs of each kind, by letter, in the order of the kernels' columns."""
        sizes = self.blocks.sizes(self.units)
        return {**sizes, "u": self.ordinary_units} if self.ordinary_units else sizes

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        columns = sum(self.sizes.values())
        self.kernel = self.add_weight(
            shape=(input_shape[-1], columns),
            name="kernel",
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        sources = self.output_size + (self.state_size[2] if self.gate_feedback else 0)
        self.recurrent_kernel = self.add_weight(
            shape=(sources, columns),
            name="recurrent_kernel",
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias and self.biased_sizes:
            self.bias = self.add_weight(
                shape=(sum(self.biased_sizes.values()),),
                name="bias",
                initializer=self._initial_bias,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        if self.blocks.peepholes:
            self.peephole_kernel = self.add_weight(
                shape=(len(self.blocks.peepholes), self.units),
                name="peephole_kernel",
                initializer=self.peephole_initializer,
                regularizer=self.peephole_regularizer,
                constraint=self.peephole_constraint,
            )
        self.built = True

    @property
    def biased_sizes(self) -> dict[str, int]:
        """Those of `sizes` whose units have a bias, in the order of the bias."""
        letters = {_LETTER[kind] for kind in (KINDS if self.biased is None else self.biased)}
        return {kind: size for kind, size in self.sizes.items() if kind in letters}

    def _initial_bias(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        forget = self.forget_gate_bias
        if forget is None and self.unit_forget_bias:
            forget = [1.0] * self.n_blocks
        usual: Any = self.bias_initializer
        starts = {"i": self.input_gate_bias, "f": forget, "o": self.output_gate_bias}
        pieces = []
        for kind, size in self.biased_sizes.items():
            start = starts.get(kind)
            if start is None:
                pieces.append(usual((size,), dtype=dtype))
            else:
                pieces.append(ops.convert_to_tensor(start, dtype=dtype))
        return ops.concatenate(pieces, axis=0)

    def spread_bias(self) -> Any:
        """The bias with zeros for the kinds that have none."""
        bias: Any = self.bias
        if self.biased_sizes == self.sizes:
            return bias
        pieces, start = [], 0
        for kind, size in self.sizes.items():
            if kind in self.biased_sizes:
                pieces.append(bias[start : start + size])
                start += size
            else:
                pieces.append(ops.zeros((size,), self.compute_dtype))
        return ops.concatenate(pieces, axis=0)

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        y_prev, c_prev, *gates_prev = states
        if training and 0.0 < self.dropout < 1.0:
            inputs = inputs * self.get_dropout_mask(inputs)
        if training and 0.0 < self.recurrent_dropout < 1.0:
            y_prev = y_prev * self.get_recurrent_dropout_mask(y_prev)
        sources, c, _ = self.turn(self.net(inputs, y_prev, *gates_prev), c_prev)
        y, *gates = self.outputs_and_gates(sources)
        return y, [y, c, *gates]

    def net(self, inputs: Any, *sources: Any) -> Any:
        """Net inputs side by side, shape (batch, sum of `sizes`), without what peepholes add.

        Args:
            inputs: Shape (batch, features).
            *sources: Outputs before, shape (batch, units + ordinary_units), and the gates before
                with `gate_feedback`.
        """
        seen = _side_by_side(sources)
        z: Any = ops.add(ops.matmul(inputs, self.kernel), ops.matmul(seen, self.recurrent_kernel))
        return z if self.bias is None else ops.add(z, self.spread_bias())

    def turn(
        self, net: Any, c_prev: Any, peephole: Any = None, gate: Any = None
    ) -> tuple[Any, Any, Activations]:
        """What one step makes of the net inputs.

        Args:
            net: Of `net`, or a dict of its parts by their letter.
            c_prev: Cells before, shape (batch, units).
            peephole: In place of `peephole_kernel`.
            gate: In place of `recurrent_activation`.

        Returns:
            What the next step sees (the outputs, and the gates with `gate_feedback`), the cells,
            and all that happened.
        """
        net = net if isinstance(net, dict) else by_kind(net, self.sizes)
        found = activations(
            ops,
            net,
            c_prev,
            self.peephole_kernel if peephole is None else peephole,
            self.blocks,
            g=self.activation,
            h=self.output_activation,
            gate=gate or self.recurrent_activation,
        )
        sources = [found.y]
        if self.ordinary_units:
            sources.append(self.ordinary_activation(net["u"]))
        if self.gate_feedback:
            sources += [gate for gate in (found.i, found.f, found.o) if gate is not None]
        return _side_by_side(sources), found.c, found

    def outputs_and_gates(self, sources: Any) -> list[Any]:
        """What the next step sees, as the states that Keras knows: outputs, and gates if fed back.

        Args:
            sources: Of `turn`, shape (..., outputs and gates).
        """
        if not self.gate_feedback:
            return [sources]
        return [sources[..., : self.output_size], sources[..., self.output_size :]]

    def get_config(self) -> dict[str, Any]:
        squash = self.output_activation
        return {
            **super().get_config(),
            "peepholes": self.peepholes,
            "cells_per_block": self.cells_per_block,
            "input_gate": self.input_gate,
            "forget_gate": self.forget_gate,
            "output_gate": self.output_gate,
            "output_activation": None if squash is None else keras.activations.serialize(squash),
            "ordinary_units": self.ordinary_units,
            "ordinary_activation": keras.activations.serialize(self.ordinary_activation),
            "gate_feedback": self.gate_feedback,
            "biased": self.biased,
            "input_gate_bias": self.input_gate_bias,
            "forget_gate_bias": self.forget_gate_bias,
            "output_gate_bias": self.output_gate_bias,
            "peephole_initializer": keras.initializers.serialize(self.peephole_initializer),
            "peephole_regularizer": keras.regularizers.serialize(self.peephole_regularizer),
            "peephole_constraint": keras.constraints.serialize(self.peephole_constraint),
        }

    @classmethod
    def from_tfa(cls, config: dict[str, Any]) -> PeepholeLSTMCell:
        """The cell for a config of `tensorflow_addons.rnn.PeepholeLSTMCell`.

        Its weights fit in this order: kernel, recurrent kernel, then here the bias and the three
        peephole vectors as rows of one kernel, `numpy.stack([input, forget, output])`.

        Example:
            >>> PeepholeLSTMCell.from_tfa({"name": "cell", "units": 4, "implementation": 1}).units
            4
        """
        return cls(**{name: value for name, value in config.items() if name != "implementation"})


def _side_by_side(arrays: Sequence[Any]) -> Any:
    return arrays[0] if len(arrays) == 1 else ops.concatenate(arrays, axis=-1)


def _schedule(
    name: str, value: float | Sequence[float] | None, n_blocks: int
) -> list[float] | None:
    """One bias a block."""
    if value is None:
        return None
    numbers = np.atleast_1d(np.asarray(value, float))
    if numbers.shape not in ((1,), (n_blocks,)):
        raise InputError(name, f"one number, or one for each of {n_blocks} blocks", value)
    return np.broadcast_to(numbers, (n_blocks,)).tolist()


@keras.saving.register_keras_serializable(package="lstmmusic")
class PeepholeLSTM(keras.layers.RNN):
    """The LSTM family over whole sequences.

    Args:
        units: Number of cells.
        activation: As all up to `use_cudnn`, see `keras.layers.LSTM`.
        use_cudnn: Of the fast loop, as Keras has it of cuDNN's: "auto": where it can; False:
            never; True: an error where it cannot. Here it is `lstmmusic.layers.fast_loop`, the
            same numbers in about half the time; it needs the TensorFlow backend, a model or a
            function that runs as a graph (`fit`, `predict`, `tf.function`), a known number of
            steps, float32 or float64, and no recurrent dropout while training.
        peepholes: As all up to `peephole_constraint`, see `PeepholeLSTMCell`.
        learn_initial_state: True: the state before the first step is a weight for each unit, the
            same for every sequence, `initial_weights`; it starts at zeros.
        **kwargs: As every Keras layer.

    Call args:
        sequences: Shape (batch, time, features).
        initial_state: [y, c], and the gates with `gate_feedback`; each (batch, size). None: what
            was learnt with `learn_initial_state`, otherwise zeros.
        mask: Shape (batch, time); a False step repeats the output before and keeps the state.
        training: True lets dropout act.

    Returns:
        Shape (batch, units + ordinary_units), or with `return_sequences` (batch, time, the same);
        with `return_state` also the states.

    Raises:
        InputError: As `PeepholeLSTMCell`; `learn_initial_state` together with `stateful`.

    Example:
        >>> import keras
        >>> layer = PeepholeLSTM(8, return_sequences=True)
        >>> layer(keras.ops.ones((2, 5, 3))).shape
        TensorShape([2, 5, 8])
        >>> layer.count_params()  # 4 x 8 x (3 + 8 + 1), and 3 x 8 peepholes
        408

    References:
        As `PeepholeLSTMCell`.
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: bool | str = "auto",
        *,
        peepholes: bool | Sequence[str] = True,
        cells_per_block: int = 1,
        input_gate: bool = True,
        forget_gate: bool = True,
        output_gate: bool = True,
        output_activation: Any = None,
        ordinary_units: int = 0,
        ordinary_activation: Any = "sigmoid",
        gate_feedback: bool = False,
        biased: Sequence[str] | None = None,
        input_gate_bias: float | Sequence[float] | None = None,
        forget_gate_bias: float | Sequence[float] | None = None,
        output_gate_bias: float | Sequence[float] | None = None,
        peephole_initializer: Any = "glorot_uniform",
        peephole_regularizer: Any = None,
        peephole_constraint: Any = None,
        learn_initial_state: bool = False,
        **kwargs: Any,
    ) -> None:
        if learn_initial_state and stateful:
            raise InputError("learn_initial_state", "False in a stateful layer", True)
        cell = PeepholeLSTMCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            unit_forget_bias=unit_forget_bias,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            peepholes=peepholes,
            cells_per_block=cells_per_block,
            input_gate=input_gate,
            forget_gate=forget_gate,
            output_gate=output_gate,
            output_activation=output_activation,
            ordinary_units=ordinary_units,
            ordinary_activation=ordinary_activation,
            gate_feedback=gate_feedback,
            biased=biased,
            input_gate_bias=input_gate_bias,
            forget_gate_bias=forget_gate_bias,
            output_gate_bias=output_gate_bias,
            peephole_initializer=peephole_initializer,
            peephole_regularizer=peephole_regularizer,
            peephole_constraint=peephole_constraint,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name="peephole_lstm_cell",
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.input_spec = keras.layers.InputSpec(ndim=3)
        self.use_cudnn = use_cudnn
        self._fast_loop = None
        self.learn_initial_state = learn_initial_state
        self.initial_weights = []

    def build(
        self, sequences_shape: tuple[int | None, ...], initial_state_shape: Any = None
    ) -> None:
        super().build(sequences_shape, initial_state_shape)
        if self.learn_initial_state:
            names = ("initial_y", "initial_c", "initial_gates")
            self.initial_weights = [
                self.add_weight(shape=(size,), name=name, initializer="zeros")
                for name, size in zip(names, self.state_size, strict=False)
            ]

    def get_initial_state(self, batch_size: Any) -> list[Any]:
        states = super().get_initial_state(batch_size)
        if not self.learn_initial_state:
            return states
        learnt = zip(states, self.initial_weights, strict=True)
        return [zeros + ops.cast(weight, zeros.dtype) for zeros, weight in learnt]

    def inner_loop(
        self, sequences: Any, initial_state: list[Any], mask: Any, training: bool = False
    ) -> tuple[Any, Any, list[Any]]:
        obstacle = (
            "use_cudnn=False" if self.use_cudnn is False else self._obstacle(sequences, training)
        )
        if obstacle is None:
            return self._fast_inner_loop(sequences, initial_state, mask, training)
        if self.use_cudnn is True:
            raise InputError("use_cudnn", "'auto', for the fast loop cannot run here", obstacle)
        return super().inner_loop(sequences, initial_state, mask, training)

    def _obstacle(self, sequences: Any, training: bool) -> str | None:
        """What keeps the fast loop from running; None for nothing."""
        if keras.backend.backend() != "tensorflow":
            return f"the {keras.backend.backend()} backend"
        import tensorflow as tf

        cell: Any = self.cell
        if tf.executing_eagerly():
            return "eager execution"
        if not sequences.shape[1]:
            return f"{sequences.shape[1]} steps"
        if cell.compute_dtype not in ("float32", "float64"):
            return str(cell.compute_dtype)
        if self.unroll:
            return "unroll=True"
        return "recurrent dropout" if training and cell.recurrent_dropout else None

    def _fast_inner_loop(
        self, sequences: Any, initial_state: list[Any], mask: Any, training: bool
    ) -> tuple[Any, Any, list[Any]]:
        from lstmmusic.layers.fast_loop import FastLoop

        cell: Any = self.cell
        if self._fast_loop is None:
            self._fast_loop = FastLoop(cell)
        y, c, *gates = initial_state
        if training and cell.dropout:
            sequences = sequences * ops.expand_dims(cell.get_dropout_mask(sequences[:, 0]), axis=1)
        if self.go_backwards:
            sequences = ops.flip(sequences, axis=1)
            mask = None if mask is None else ops.flip(mask, axis=1)
        seen, cells = self._fast_loop(sequences, _side_by_side([y, *gates]), c, mask, training)
        last_y, *last_gates = cell.outputs_and_gates(seen[-1])
        outputs = ops.transpose(cell.outputs_and_gates(seen)[0], (1, 0, 2))
        if mask is not None:
            # Keras gives zeros until the first step that is not masked, and last what comes last.
            so_far: Any = ops.cumsum(mask, axis=1)
            began = mask if self.zero_output_for_mask else so_far > 0
            outputs = ops.where(ops.expand_dims(began, -1), outputs, ops.zeros_like(outputs))
        return outputs[:, -1], outputs, [last_y, cells, *last_gates]

    def __getattr__(self, name: str) -> Any:
        """What was asked of the cell (`units`, `activation`, ...) is known of the layer, too."""
        if not name.startswith("_") and name != "cell" and name in self.cell.get_config():
            return getattr(self.cell, name)
        # On PyTorch a layer is a module, whose parts are found in this way.
        inherited = getattr(super(), "__getattr__", None)
        if inherited is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return inherited(name)

    def get_config(self) -> dict[str, Any]:
        base = super().get_config()
        del base["cell"]
        cell = self.cell.get_config()
        for name in ("name", "dtype", "trainable"):
            del cell[name]
        regularizer = keras.regularizers.serialize(self.activity_regularizer)
        return {
            **base,
            **cell,
            "activity_regularizer": regularizer,
            "use_cudnn": self.use_cudnn,
            "learn_initial_state": self.learn_initial_state,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> PeepholeLSTM:
        return cls(**config)
