"""The networks as Keras models: variables and dropout around `lstmmusic.player.network`.

The formulas of the heads are those of the player, run with `keras.ops`; what is added here is
only what training needs.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from lstmmusic.layers import PeepholeLSTM
from lstmmusic.player import network

Inputs = dict[str, Any]


class StoredNetwork(keras.Model):
    """A peephole LSTM with heads that the player can run.

    Args:
        kind: `harmony`, `melody` or `feel`: which inputs and heads.
        units: Cells of the LSTM.
        input_dropout: Share of inputs that are silenced in training.
        dropout: Share of the LSTM's outputs that are silenced in training.
        seed: Of the weights and the dropout.
        peepholes: False: gates do not see the cells; it is stored with peepholes of weight 0.
        n_inputs: Of the LSTM; None: as many as the player gives.
    """

    kind: str
    _head_shapes: Any

    def __init__(
        self,
        units: int,
        input_dropout: float = 0.0,
        dropout: float = 0.0,
        seed: int = 0,
        peepholes: bool = True,
        n_inputs: int | None = None,
    ) -> None:
        super().__init__(name=self.kind)
        self.lstm: Any = self._body(units, seed, peepholes)
        self.input_dropout = keras.layers.Dropout(input_dropout, seed=seed + 3)
        self.dropout = keras.layers.Dropout(dropout, seed=seed + 4)
        self.lstm.build((None, None, n_inputs or network.LSTM_INPUTS[self.kind]))
        self.heads = {
            name: self.add_weight(
                shape=shape,
                name=name.replace("/", "_"),
                initializer=keras.initializers.GlorotUniform(seed + 5 + index)
                if name.endswith("kernel")
                else "zeros",
            )
            for index, (name, shape) in enumerate(self._head_shapes(units).items())
        }

    def _body(self, units: int, seed: int, peepholes: bool) -> keras.Layer:
        """What goes from (batch, time, features) to (batch, time, units)."""
        return PeepholeLSTM(
            units,
            peepholes=peepholes,
            return_sequences=True,
            kernel_initializer=keras.initializers.GlorotUniform(seed),
            recurrent_initializer=keras.initializers.Orthogonal(seed=seed + 1),
            peephole_initializer=keras.initializers.RandomUniform(-0.1, 0.1, seed=seed + 2),
            name="lstm",
        )

    def hidden(self, heard: Any, training: bool) -> Any:
        """Outputs of the LSTM, (batch, time, units), for inputs (batch, time, features)."""
        h = self.lstm(self.input_dropout(heard, training=training), training=training)
        return self.dropout(h, training=training)

    def stored_weights(self) -> dict[str, np.ndarray]:
        """The weights as `lstmmusic.player.store_model` takes them: `layer/weight` -> float32."""
        cell = self.lstm.cell
        variables = {
            "lstm/kernel": cell.kernel,
            "lstm/recurrent_kernel": cell.recurrent_kernel,
            "lstm/bias": cell.bias,
            "lstm/peephole_kernel": np.zeros((3, cell.units))
            if cell.peephole_kernel is None
            else cell.peephole_kernel,
            **self.heads,
        }
        return {name: np.asarray(v, np.float32) for name, v in variables.items()}

    def load_stored_weights(self, weights: dict[str, np.ndarray]) -> None:
        """Sets the weights from what `stored_weights` gave."""
        cell = self.lstm.cell
        for name, variable in self.heads.items():
            variable.assign(weights[name])
        names = ["kernel", "recurrent_kernel", "bias"]
        names += [] if cell.peephole_kernel is None else ["peephole_kernel"]
        for name in names:
            getattr(cell, name).assign(weights[f"lstm/{name}"])


@keras.saving.register_keras_serializable(package="lstmmusic")
class HarmonyNetwork(StoredNetwork):
    """Predicts the next chord symbol from the ones before: form is what its cells remember.

    Call args:
        inputs: `heard` of shape (batch, time, N_HARMONY_INPUTS), of `harmony_input`.

    Returns:
        `symbol`: logits (batch, time, N_SYMBOLS).
    """

    kind = "harmony"
    _head_shapes = staticmethod(network.harmony_shapes)

    def call(self, inputs: Inputs, training: bool = False) -> dict[str, Any]:
        h = self.hidden(inputs["heard"], training)
        return {"symbol": network.symbol_logits(ops, self.heads, h)}


@keras.saving.register_keras_serializable(package="lstmmusic")
class MelodyNetwork(StoredNetwork):
    """Predicts time, pitch and duration of the next note, in this order, each given the last.

    Call args:
        inputs: Of `lstmmusic.models.examples.melody_example`, with a batch axis in front.

    Returns:
        Logits `ioi` and `duration` (batch, time, MAX_STEPS), `pitch` (batch, time, N_PITCHES).
    """

    kind = "melody"
    _head_shapes = staticmethod(network.melody_shapes)

    def call(self, inputs: Inputs, training: bool = False) -> dict[str, Any]:
        h = self.hidden(inputs["heard"], training)
        state = network.pitch_state(ops, self.heads, h, inputs["pitch_cue"])
        state = self.dropout(state, training=training)
        return {
            "ioi": network.rhythm_logits(ops, self.heads, h, inputs["rhythm_cue"]),
            "pitch": network.pitch_logits(
                ops,
                self.heads,
                state,
                inputs["last"],
                inputs["tonic"],
                inputs["root"],
                inputs["looked_back"],
            ),
            "duration": network.duration_logits(ops, self.heads, state, inputs["degrees"]),
        }


@keras.saving.register_keras_serializable(package="lstmmusic")
class FeelNetwork(StoredNetwork):
    """Predicts how late a note is, given those before it, and, given all onsets, how long.

    Call args:
        inputs: Of `lstmmusic.models.feel_examples.feel_example`, with a batch axis in front.

    Returns:
        Logits `late` (batch, time, len(LATE_CENTRES)), `ratio` (batch, time, len(RATIO_CENTRES)).
    """

    kind = "feel"
    _head_shapes = staticmethod(network.feel_shapes)

    def call(self, inputs: Inputs, training: bool = False) -> dict[str, Any]:
        heard = inputs["heard"]
        h = self.hidden(heard, training)
        return {
            "late": network.late_logits(ops, self.heads, h, heard),
            "ratio": network.ratio_logits(ops, self.heads, h, heard, inputs["length_cue"]),
        }
