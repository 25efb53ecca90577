"""Melody networks that lack one thing, or remember by other means: what the figures stand beside.

Those that lack something are the network of the model with that part of its inputs silenced. The
others have a layer of Keras in place of the LSTM, of about as many weights, and the same heads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from lstmmusic.encoding.melody_features import (
    N_BINS,
    N_HEARD,
    N_INTERVALS,
    N_PITCH_CUE,
    N_PLACE,
    NO_ROOT,
    STYLES,
)
from lstmmusic.fitting.recipe import Network
from lstmmusic.models import MelodyNetwork, StoredNetwork

Inputs = dict[str, Any]

# Where `MelodyMemory` has what it tells.
_DEGREE = slice(N_INTERVALS + 1, N_INTERVALS + 13)
_CHORD_DEGREE = slice(_DEGREE.stop, _DEGREE.stop + 12)
_MODE = slice(_CHORD_DEGREE.stop + 1 + 2 * N_BINS + N_PLACE + len(STYLES), N_HEARD - 1)
_TONES = slice(N_PLACE, N_PLACE + 12)
_SOON = slice(_TONES.stop, _TONES.stop + 12)
_LOOKBACK = slice(_SOON.stop + N_BINS, N_PITCH_CUE)


def _without(features: Any, *places: slice) -> Any:
    """The features with zeros there."""
    kept = np.ones(features.shape[-1], np.float32)
    for place in places:
        kept[place] = 0
    return features * kept


def without_chords(inputs: Inputs) -> Inputs:
    """No chord stands anywhere."""
    none = np.zeros(25, np.float32)
    none[24] = 1
    return {
        **inputs,
        "heard": _without(inputs["heard"], _CHORD_DEGREE),
        "pitch_cue": _without(inputs["pitch_cue"], _TONES, _SOON),
        "root": ops.full_like(inputs["root"], NO_ROOT),
        "degrees": _without(inputs["degrees"], slice(12, 25)) + none,
    }


def without_lookback(inputs: Inputs) -> Inputs:
    """There was no note four bars ago."""
    rhythm, pitch = np.zeros(N_BINS + 1, np.float32), np.zeros(N_PITCH_CUE, np.float32)
    rhythm[-1] = 1
    pitch[_LOOKBACK.start + 12] = 1
    return {
        **inputs,
        "rhythm_cue": inputs["rhythm_cue"] * 0 + rhythm,
        "pitch_cue": _without(inputs["pitch_cue"], _LOOKBACK) + pitch,
        "looked_back": ops.full_like(inputs["looked_back"], -1),
    }


def without_key(inputs: Inputs) -> Inputs:
    """No degrees of a key; chord tones are told from the root of the chord up.

    What the pitch head makes of the degree is left, see `Keyless`.
    """
    cue = inputs["pitch_cue"]
    root: Any = ops.where(inputs["root"] == NO_ROOT, 0, inputs["root"])
    order = (np.arange(12) + root) % 12
    tones = [ops.take_along_axis(cue[..., place], order, axis=-1) for place in (_TONES, _SOON)]
    looked_back = cue[..., _LOOKBACK]
    looked_back = _without(looked_back, slice(0, 12))
    between = cue[..., _SOON.stop : _LOOKBACK.start]
    return {
        **inputs,
        "heard": _without(inputs["heard"], _DEGREE, _MODE),
        "pitch_cue": ops.concatenate([cue[..., :N_PLACE], *tones, between, looked_back], axis=-1),
        "degrees": _without(inputs["degrees"], slice(0, 12)),
    }


class Chordless(MelodyNetwork):
    """A melody network that is told no chords."""

    def call(self, inputs: Inputs, training: bool = False) -> dict[str, Any]:
        """Logits by choice."""
        return super().call(without_chords(inputs), training)


class Forgetful(MelodyNetwork):
    """A melody network that is told nothing of four bars ago."""

    def call(self, inputs: Inputs, training: bool = False) -> dict[str, Any]:
        """Logits by choice."""
        return super().call(without_lookback(inputs), training)


class Keyless(MelodyNetwork):
    """A melody network that is told no key, and whose degree head says nothing."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for name in ("degree/kernel", "degree/bias"):
            self.heads[name].assign(ops.zeros_like(self.heads[name]))
            self.heads[name].trainable = False

    def call(self, inputs: Inputs, training: bool = False) -> dict[str, Any]:
        """Logits by choice."""
        return super().call(without_key(inputs), training)


class _OtherBody(MelodyNetwork):
    """A melody network whose memory is a layer of Keras; it cannot be stored to be played."""

    def stored_weights(self) -> dict[str, np.ndarray]:
        """All weights, for the run folder."""
        found = {f"body/{k}": np.asarray(v) for k, v in enumerate(self.lstm.weights)}
        return {**found, **{name: np.asarray(v) for name, v in self.heads.items()}}

    def load_stored_weights(self, weights: dict[str, np.ndarray]) -> None:
        """Sets the weights from what `stored_weights` gave."""
        for k, variable in enumerate(self.lstm.weights):
            variable.assign(weights[f"body/{k}"])
        for name, variable in self.heads.items():
            variable.assign(weights[name])


class GRUMelody(_OtherBody):
    """With a GRU."""

    def _body(self, units: int, seed: int, peepholes: bool) -> keras.Layer:
        start: Any = keras.initializers.GlorotUniform(seed)
        start_recurrent: Any = keras.initializers.Orthogonal(seed=seed + 1)
        return keras.layers.GRU(
            units,
            return_sequences=True,
            kernel_initializer=start,
            recurrent_initializer=start_recurrent,
        )


class TransformerMelody(_OtherBody):
    """With causal self-attention over the window."""

    def _body(self, units: int, seed: int, peepholes: bool) -> keras.Layer:
        return CausalAttention(units, seed)


class CausalAttention(keras.layers.Layer):
    """Two blocks of attention to what came before, each note's own place in the window learnt.

    Args:
        units: Width, a multiple of `HEADS`.
        seed: Of the weights.

    References:
        Vaswani et al. (2017), "Attention is all you need"; norms first, as Xiong et al. (2020).
    """

    HEADS, BLOCKS, LONGEST, DROPOUT = 4, 2, 128, 0.1

    def __init__(self, units: int, seed: int) -> None:
        super().__init__()
        seeds = iter(range(seed * 100, seed * 100 + 100))

        def dense(n: int, activation: str | None = None) -> keras.layers.Dense:
            start: Any = keras.initializers.GlorotUniform(next(seeds))
            return keras.layers.Dense(n, activation, kernel_initializer=start)

        def attention() -> keras.layers.MultiHeadAttention:
            start: Any = keras.initializers.GlorotUniform(next(seeds))
            return keras.layers.MultiHeadAttention(
                self.HEADS,
                units // self.HEADS,
                dropout=self.DROPOUT,
                kernel_initializer=start,
                seed=next(seeds),
            )

        self.units = units
        self.first = dense(units)
        self.places = self.add_weight(
            shape=(self.LONGEST, units),
            initializer=keras.initializers.RandomNormal(stddev=0.1, seed=next(seeds)),
        )
        self.attend = [attention() for _ in range(self.BLOCKS)]
        self.wide = [dense(2 * units, "gelu") for _ in range(self.BLOCKS)]
        self.narrow = [dense(units) for _ in range(self.BLOCKS)]
        self.norms = [keras.layers.LayerNormalization() for _ in range(2 * self.BLOCKS + 1)]

    def build(self, input_shape: Any) -> None:
        """Makes the weights."""
        inner = (*input_shape[:-1], self.units)
        self.first.build(input_shape)
        for attend, wide, narrow in zip(self.attend, self.wide, self.narrow, strict=True):
            attend.build(inner, inner)
            wide.build(inner)
            narrow.build((*inner[:-1], 2 * self.units))
        for norm in self.norms:
            norm.build(inner)

    def call(self, sequences: Any, training: bool = False) -> Any:
        """(batch, time, features) -> (batch, time, units)."""
        x = self.first(sequences) + self.places[: sequences.shape[1]]
        for k in range(self.BLOCKS):
            seen = self.norms[2 * k](x)
            x = x + self.attend[k](seen, seen, use_causal_mask=True, training=training)
            x = x + self.narrow[k](self.wide[k](self.norms[2 * k + 1](x)))
        return self.norms[-1](x)


def gru_units(units: int) -> int:
    """Cells of a GRU with as many weights as a peephole LSTM of so many.

    Example:
        >>> gru_units(192)
        229
    """
    n_weights = 4 * units * (N_HEARD + units + 1) + 3 * units
    half = (N_HEARD + 2) / 2
    return round((half**2 + n_weights / 3) ** 0.5 - half)


def attention_units(units: int) -> int:
    """Width of `CausalAttention` with about as many weights as a peephole LSTM of so many.

    Example:
        >>> attention_units(192)
        112
    """
    n_weights = 4 * units * (N_HEARD + units + 1) + 3 * units
    blocks, heads = CausalAttention.BLOCKS, CausalAttention.HEADS
    half = (N_HEARD + CausalAttention.LONGEST) / (16 * blocks)
    width = (half**2 + n_weights / (8 * blocks)) ** 0.5 - half
    return round(width / heads) * heads


def made(
    kind: type[MelodyNetwork], sized: Callable[[int], int] = lambda units: units
) -> Callable[[Network, int], StoredNetwork]:
    """What makes a network of that kind from options and a seed, as `train_melody` takes it."""

    def make(options: Network, seed: int) -> StoredNetwork:
        units = sized(options.units)
        return kind(units, options.input_dropout, options.dropout, seed, options.peepholes)

    return make
