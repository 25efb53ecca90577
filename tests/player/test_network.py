"""The heads as functions of their weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.encoding.melody_features import NO_ROOT
from lstmmusic.player import network
from lstmmusic.player.network import HIGHEST_PITCH, LOWEST_PITCH, MAX_LEAP, N_PITCHES
from tests.tiny_model import tiny_weights

SEEDS = st.integers(0, 10_000)
PITCHES = np.arange(LOWEST_PITCH, HIGHEST_PITCH + 1)


def state(seed):
    return np.random.default_rng(seed).normal(size=network.HIDDEN_UNITS)


def pitch_logits(weights, state, last, tonic, root, looked_back):
    arrays = (np.array([value]) for value in (last, tonic, root, looked_back))
    return network.pitch_logits(np, weights, state, *arrays)


def head(weights, state, name):
    return state @ weights[f"{name}/kernel"] + weights[f"{name}/bias"]


@given(
    seed=SEEDS,
    last=st.integers(24, 108),
    tonic=st.integers(0, 11),
    root=st.integers(0, NO_ROOT),
    looked_back=st.one_of(st.just(-1), st.integers(24, 108)),
)
def test_pitch_logits_are_the_sum_of_their_heads(seed, last, tonic, root, looked_back):
    """Pitch by pitch, as the docstring says it."""
    weights, h = tiny_weights("melody", seed), state(seed)
    found = pitch_logits(weights, h, last, tonic, root, looked_back)
    names = ("leap", "degree", "chord_degree", "register", "copy")
    leap, degree, chord_degree, register, copy = (head(weights, h, name) for name in names)
    for pitch, logit in zip(PITCHES.tolist(), found, strict=True):
        height = (pitch - 66) / 12
        expected = (
            leap[max(-MAX_LEAP, min(MAX_LEAP, pitch - last)) + MAX_LEAP]
            + degree[(pitch - tonic) % 12]
            + chord_degree[12 if root == NO_ROOT else (pitch - tonic - root) % 12]
            + register[0] * height
            + register[1] * height**2
            + (copy[0] if pitch == looked_back else 0)
        )
        assert logit == pytest.approx(expected, rel=1e-5, abs=1e-4)


@given(seed=SEEDS, semitones=st.integers(1, 11), root=st.integers(0, NO_ROOT))
def test_transposing_everything_moves_the_logits_but_for_the_register(seed, semitones, root):
    weights, h = tiny_weights("melody", seed), state(seed)
    weights["register/kernel"][:] = 0
    weights["register/bias"][:] = 0
    before = pitch_logits(weights, h, 60, 0, root, 64)
    after = pitch_logits(weights, h, 60 + semitones, semitones, root, 64 + semitones)
    np.testing.assert_allclose(after[semitones:], before[: N_PITCHES - semitones], atol=1e-5)


def test_harmony_input_is_one_symbol_one_half_and_the_mode():
    found = network.harmony_input(previous=5, tick=1, is_minor=True)
    assert np.flatnonzero(found).tolist() == [5, network.N_SYMBOLS + 1, network.N_SYMBOLS + 2]
    start = network.harmony_input(previous=-1, tick=0, is_minor=False)
    assert np.flatnonzero(start).tolist() == [network.N_SYMBOLS]


@pytest.mark.parametrize(
    ("pitch", "tonic", "root", "expected"),
    [(60, 0, 0, [0, 12]), (61, 10, 5, [3, 12 + 10]), (70, 3, NO_ROOT, [7, 24])],
)
def test_note_degrees_are_of_the_key_and_of_the_chord(pitch, tonic, root, expected):
    assert np.flatnonzero(network.note_degrees(pitch, tonic, root)).tolist() == expected


@given(seed=SEEDS)
def test_rhythm_and_duration_read_their_cues(seed):
    weights = tiny_weights("melody", seed)
    rng = np.random.default_rng(seed)
    h, cue = rng.normal(size=4), rng.normal(size=network.N_RHYTHM_CUE)
    hidden = np.tanh(head(weights, np.concatenate([h, cue]), "rhythm_hidden"))
    expected = head(weights, hidden, "rhythm")
    np.testing.assert_allclose(network.rhythm_logits(np, weights, h, cue), expected, atol=1e-5)
    degrees = network.note_degrees(64, 0, 0)
    hidden = np.tanh(head(weights, np.concatenate([state(seed), degrees]), "duration_hidden"))
    expected = head(weights, hidden, "duration")
    found = network.duration_logits(np, weights, state(seed), degrees)
    np.testing.assert_allclose(found, expected, atol=1e-5)
