"""LSTM for Keras 3 whose gates see their cells.

`PeepholeLSTMCell` knows one step (`lstmmusic.step`), `PeepholeLSTM` loops it over time. Both take
what `keras.layers.LSTMCell` and `keras.layers.LSTM` take, in the same order with the same
defaults; what is ours comes after, by keyword. Without peepholes they equal Keras' own.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from lstmmusic.step import step


@keras.saving.register_keras_serializable(package="lstmmusic")
class PeepholeLSTMCell(keras.layers.LSTMCell):
    """One step of an LSTM with peepholes.

    Input and forget gate see the old cell, the output gate sees the new one; a gate sees only the
    cell of its own unit. The equations stand in `lstmmusic.step`.

    Args:
        units: Number of cells.
        activation: As all up to `seed`, see `keras.layers.LSTMCell`.
        peepholes: False gives `keras.layers.LSTMCell`.
        peephole_initializer: For the weights from cells to gates, shape (3, units): i, f, o.
        peephole_regularizer: For the same.
        peephole_constraint: For the same.
        **kwargs: As `keras.layers.LSTMCell`. `implementation` has no effect: one form serves all.

    Call args:
        inputs: Shape (batch, features).
        states: [h, c], each (batch, units).
        training: True lets dropout act.

    Returns:
        h of shape (batch, units), and the new states [h, c].

    References:
        Gers, Schraudolph, Schmidhuber (2002), JMLR 3, section 3.
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
        peepholes: bool = True,
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
        # One dropout mask for all four blocks, as Keras' own fused form has it.
        self.implementation = 2
        self.dropout_mask_count = None
        self.peepholes = peepholes
        self.peephole_initializer = keras.initializers.get(peephole_initializer)
        self.peephole_regularizer = keras.regularizers.get(peephole_regularizer)
        self.peephole_constraint = keras.constraints.get(peephole_constraint)
        self.peephole_kernel = None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        if self.peepholes:
            self.peephole_kernel = self.add_weight(
                shape=(3, self.units),
                name="peephole_kernel",
                initializer=self.peephole_initializer,
                regularizer=self.peephole_regularizer,
                constraint=self.peephole_constraint,
            )

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        h_prev, c_prev = states
        if training and 0.0 < self.dropout < 1.0:
            inputs = inputs * self.get_dropout_mask(inputs)
        if training and 0.0 < self.recurrent_dropout < 1.0:
            h_prev = h_prev * self.get_recurrent_dropout_mask(h_prev)
        z = ops.add(ops.matmul(inputs, self.kernel), ops.matmul(h_prev, self.recurrent_kernel))
        if self.use_bias:
            z = ops.add(z, self.bias)
        peephole = self.peephole_kernel
        h, c = step(ops, z, c_prev, peephole, g=self.activation, gate=self.recurrent_activation)
        return h, [h, c]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "peepholes": self.peepholes,
            "peephole_initializer": keras.initializers.serialize(self.peephole_initializer),
            "peephole_regularizer": keras.regularizers.serialize(self.peephole_regularizer),
            "peephole_constraint": keras.constraints.serialize(self.peephole_constraint),
        }


@keras.saving.register_keras_serializable(package="lstmmusic")
class PeepholeLSTM(keras.layers.RNN):
    """LSTM with peepholes over whole sequences.

    Args:
        units: Number of cells.
        activation: As all up to `use_cudnn`, see `keras.layers.LSTM`.
        use_cudnn: Accepted for the signature's sake; cuDNN has no peepholes and is never used.
        peepholes: False gives `keras.layers.LSTM`.
        peephole_initializer: For the weights from cells to gates, shape (3, units): i, f, o.
        peephole_regularizer: For the same.
        peephole_constraint: For the same.
        **kwargs: As every Keras layer.

    Call args:
        sequences: Shape (batch, time, features).
        initial_state: [h, c], each (batch, units); zeros when None.
        mask: Shape (batch, time); a False step repeats the output before and keeps the state.
        training: True lets dropout act.

    Returns:
        Shape (batch, units), or (batch, time, units) with `return_sequences`; with `return_state`
        also h and c.

    Example:
        >>> import keras
        >>> layer = PeepholeLSTM(8, return_sequences=True)
        >>> layer(keras.ops.ones((2, 5, 3))).shape
        TensorShape([2, 5, 8])
        >>> layer.count_params()  # 4 x 8 x (3 + 8 + 1), and 3 x 8 peepholes
        408

    References:
        Gers, Schraudolph, Schmidhuber (2002), JMLR 3, section 3.
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
        peepholes: bool = True,
        peephole_initializer: Any = "glorot_uniform",
        peephole_regularizer: Any = None,
        peephole_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
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

    @property
    def units(self) -> int:
        """Number of cells."""
        return self.cell.units

    def get_config(self) -> dict[str, Any]:
        base = super().get_config()
        del base["cell"]
        cell = self.cell.get_config()
        for name in ("name", "dtype", "trainable"):
            del cell[name]
        regularizer = keras.regularizers.serialize(self.activity_regularizer)
        return {**base, **cell, "activity_regularizer": regularizer, "use_cudnn": self.use_cudnn}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> PeepholeLSTM:
        return cls(**config)
