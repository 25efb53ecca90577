"""The networks as functions of their weights, over an array namespace.

`lstmmusic.models` trains them with `xp = keras.ops`, the player runs them with `xp = numpy`: the
same lines. Weights are a flat dictionary, `layer/weight`, as they are stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstmmusic.encoding.feel_features import MAX_LATE_BEATS, N_FEEL_CUE, N_LENGTH_CUE, N_PLAYED
from lstmmusic.encoding.harmony_clock import N_SYMBOLS
from lstmmusic.encoding.melody_features import N_HEARD, N_PITCH_CUE, N_RHYTHM_CUE, NO_ROOT

Weights = Mapping[str, Any]

LOWEST_PITCH, HIGHEST_PITCH = 24, 108
N_PITCHES = HIGHEST_PITCH - LOWEST_PITCH + 1
MAX_LEAP = 16  # wider leaps share one logit on each side
N_LEAPS = 2 * MAX_LEAP + 1
MAX_STEPS = 192
HIDDEN_UNITS = 64
STEPS_PER_BAR = 2  # of the harmony: half-bars
N_HARMONY_INPUTS = N_SYMBOLS + STEPS_PER_BAR + 1  # previous symbol, place in the bar, mode

# How late a note is (beats) and its length as played to that as written (log2), in narrow bins.
LATE_CENTRES = np.linspace(-MAX_LATE_BEATS, MAX_LATE_BEATS, 97).astype(np.float32)
RATIO_CENTRES = np.linspace(-2, 2, 65).astype(np.float32)
N_BELLS = 5
_LATE_UNIT, _RATIO_UNIT = 0.08, 0.3  # about the spread of either among players


def dense(xp: Any, weights: Weights, name: str, x: Any) -> Any:
    """X W + b."""
    return xp.matmul(x, weights[f"{name}/kernel"]) + weights[f"{name}/bias"]


def harmony_shapes(units: int) -> dict[str, tuple[int, ...]]:
    """Shapes of the harmony network's weights outside the LSTM."""
    return {"symbol/kernel": (units, N_SYMBOLS), "symbol/bias": (N_SYMBOLS,)}


def melody_shapes(units: int) -> dict[str, tuple[int, ...]]:
    """Shapes of the melody network's weights outside the LSTM."""
    sizes = {
        "rhythm_hidden": (units + N_RHYTHM_CUE, HIDDEN_UNITS),
        "rhythm": (HIDDEN_UNITS, MAX_STEPS),
        "pitch_hidden": (units + N_PITCH_CUE, HIDDEN_UNITS),
        "leap": (HIDDEN_UNITS, N_LEAPS),
        "degree": (HIDDEN_UNITS, 12),
        "chord_degree": (HIDDEN_UNITS, 13),
        "register": (HIDDEN_UNITS, 2),
        "copy": (HIDDEN_UNITS, 1),
        "duration_hidden": (HIDDEN_UNITS + 25, HIDDEN_UNITS),
        "duration": (HIDDEN_UNITS, MAX_STEPS),
    }
    kernels = {f"{name}/kernel": size for name, size in sizes.items()}
    return {**kernels, **{f"{name}/bias": size[-1:] for name, size in sizes.items()}}


def feel_shapes(units: int) -> dict[str, tuple[int, ...]]:
    """Shapes of the feel network's weights outside the LSTM."""
    seen = units + N_FEEL_CUE + N_PLAYED
    sizes = {
        "late": (seen, 3 * N_BELLS),
        "ratio_hidden": (seen + N_LENGTH_CUE, HIDDEN_UNITS),
        "ratio": (HIDDEN_UNITS, 3 * N_BELLS),
    }
    kernels = {f"{name}/kernel": size for name, size in sizes.items()}
    return {**kernels, **{f"{name}/bias": size[-1:] for name, size in sizes.items()}}


HEAD_SHAPES = {"harmony": harmony_shapes, "melody": melody_shapes, "feel": feel_shapes}
LSTM_INPUTS = {
    "harmony": N_HARMONY_INPUTS,
    "melody": N_HEARD,
    "feel": N_FEEL_CUE + N_PLAYED,
}


def harmony_input(
    previous: int, tick: int, is_minor: bool, steps_per_bar: int = STEPS_PER_BAR
) -> np.ndarray:
    """What the harmony network sees: its last symbol, the place within the bar, the mode.

    Args:
        previous: Symbol; -1 before the first.
        tick: Of its clock, from 0 on.
        is_minor: The mode.
        steps_per_bar: Of its clock.
    """
    x = np.zeros(N_SYMBOLS + steps_per_bar + 1, np.float32)
    if previous >= 0:
        x[previous] = 1
    x[N_SYMBOLS + tick % steps_per_bar] = 1
    x[-1] = is_minor
    return x


def symbol_logits(xp: Any, weights: Weights, h: Any) -> Any:
    """Logits of the next chord symbol."""
    return dense(xp, weights, "symbol", h)


def rhythm_logits(xp: Any, weights: Weights, h: Any, cue: Any) -> Any:
    """Logits of the steps to the next onset: index 0 is one step."""
    hidden = xp.tanh(dense(xp, weights, "rhythm_hidden", xp.concatenate([h, cue], axis=-1)))
    return dense(xp, weights, "rhythm", hidden)


def pitch_state(xp: Any, weights: Weights, h: Any, cue: Any) -> Any:
    """What the pitch and duration heads read, at the place of the new note."""
    return xp.tanh(dense(xp, weights, "pitch_hidden", xp.concatenate([h, cue], axis=-1)))


def pitch_logits(
    xp: Any, weights: Weights, state: Any, last: Any, tonic: Any, root: Any, looked_back: Any
) -> Any:
    """Logits of the pitches `LOWEST_PITCH` to `HIGHEST_PITCH`.

    A sum of what speaks for the leap, for the degree of the key, for the degree of the chord, for
    the register, and for the note of four bars ago: transposing everything changes nothing but
    the register.

    Args:
        xp: NumPy or `keras.ops`.
        weights: Of the melody network.
        state: Of `pitch_state`, shape (..., HIDDEN_UNITS).
        last: Pitch before, shape (..., 1), integers.
        tonic: Pitch class of the key, shape (..., 1).
        root: Degree of the chord root above the tonic, or `NO_ROOT`, shape (..., 1).
        looked_back: Pitch four bars ago, or -1, shape (..., 1).
    """
    pitches = np.arange(LOWEST_PITCH, HIGHEST_PITCH + 1)
    leap = xp.clip(pitches - last, -MAX_LEAP, MAX_LEAP) + MAX_LEAP
    degree = (pitches - tonic) % 12
    chord_degree = xp.where(root == NO_ROOT, 12, (pitches - tonic - root) % 12)
    height = (pitches.astype(np.float32) - 66) / 12
    register = dense(xp, weights, "register", state)
    return (
        xp.take_along_axis(dense(xp, weights, "leap", state), leap, axis=-1)
        + xp.take_along_axis(dense(xp, weights, "degree", state), degree, axis=-1)
        + xp.take_along_axis(dense(xp, weights, "chord_degree", state), chord_degree, axis=-1)
        + register[..., 0:1] * height
        + register[..., 1:2] * height**2
        + xp.where(pitches == looked_back, dense(xp, weights, "copy", state), 0.0)
    )


def duration_logits(xp: Any, weights: Weights, state: Any, degrees: Any) -> Any:
    """Logits of the duration in steps: index 0 is one step.

    Args:
        xp: NumPy or `keras.ops`.
        weights: Of the melody network.
        state: Of `pitch_state`.
        degrees: Of `note_degrees`, for the pitch that was chosen.
    """
    joined = xp.concatenate([state, degrees], axis=-1)
    return dense(xp, weights, "duration", xp.tanh(dense(xp, weights, "duration_hidden", joined)))


def note_degrees(pitch: int, tonic: int, root: int) -> np.ndarray:
    """Degree of a note in the key and in the chord, as 12 + 12 flags and one for "no chord"."""
    flags = np.zeros(25, np.float32)
    flags[(pitch - tonic) % 12] = 1
    flags[24 if root == NO_ROOT else 12 + (pitch - tonic - root) % 12] = 1
    return flags


def late_logits(xp: Any, weights: Weights, h: Any, heard: Any) -> Any:
    """Logits of how late the note is: one for each of `LATE_CENTRES`.

    Args:
        xp: NumPy or `keras.ops`.
        weights: Of the feel network.
        h: Of the LSTM, shape (..., units).
        heard: What the LSTM was given, shape (..., N_FEEL_CUE + N_PLAYED).
    """
    bells = dense(xp, weights, "late", xp.concatenate([h, heard], axis=-1))
    return bell_logits(xp, bells, LATE_CENTRES, _LATE_UNIT)


def ratio_logits(xp: Any, weights: Weights, h: Any, heard: Any, length_cue: Any) -> Any:
    """Logits of the note's length as played to that as written: one each of `RATIO_CENTRES`.

    Args:
        xp: NumPy or `keras.ops`.
        weights: Of the feel network.
        h: Of the LSTM.
        heard: What the LSTM was given.
        length_cue: Of `length_cues`, shape (..., N_LENGTH_CUE).
    """
    seen = xp.concatenate([h, heard, length_cue], axis=-1)
    bells = dense(xp, weights, "ratio", xp.tanh(dense(xp, weights, "ratio_hidden", seen)))
    return bell_logits(xp, bells, RATIO_CENTRES, _RATIO_UNIT)


def bell_logits(xp: Any, bells: Any, centres: np.ndarray, unit: float) -> Any:
    """A mixture of bells (normal densities) as logits of narrow bins.

        logit_b = log sum_k exp(w_k - z_kb^2 / 2) / s_k,   z_kb = (x_b - m_k) / s_k

    So a value is a choice like any other, and few weights tell the shape of its distribution.

    Args:
        xp: NumPy or `keras.ops`.
        bells: N_BELLS weights w, then as many means, then widths, before they are scaled; shape
            (..., 3 N_BELLS).
        centres: x of the bins.
        unit: About the spread of the values: scales means and widths.

    References:
        Bishop (1994), "Mixture density networks"; Salimans et al. (2017), "PixelCNN++", section 2.1
        (the mixture, made discrete).
    """
    weight, mean, width = (bells[..., k * N_BELLS : (k + 1) * N_BELLS] for k in range(3))
    rest = np.linspace(-1.5, 1.5, N_BELLS).astype(np.float32)  # bells apart before learning
    m, log_s = unit * (rest + mean), xp.clip(width, -2.5, 2.5)
    s = unit * xp.exp(log_s)
    z = (centres - m[..., None]) / s[..., None]
    score = (weight - log_s)[..., None] - 0.5 * z * z
    top = xp.max(score, axis=-2, keepdims=True)
    return xp.log(xp.sum(xp.exp(score - top), axis=-2)) + top[..., 0, :]
