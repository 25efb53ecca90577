"""What a variant is not told does not change what it tells; the others see nothing to come."""

from dataclasses import replace

import numpy as np
import pytest

from lstmmusic.models import MelodyNetwork, Tune, melody_example
from lstmmusic.score import Key, Timed
from tests.tunes import some_tunes
from training import melody_variants as variants

pytestmark = pytest.mark.keras

UNITS = 8


@pytest.fixture(scope="module")
def tune(twelve_bar):
    return some_tunes(twelve_bar)[0]


@pytest.fixture(scope="module")
def example(tune):
    return melody_example([tune])


def told(network, inputs):
    found = network({name: array[None] for name, array in inputs.items()}, training=False)
    return {name: np.asarray(logits)[0] for name, logits in found.items()}


def shaken(network):
    """Every weight of its heads different from what it was at the start, as after a training."""
    rng = np.random.default_rng(0)
    for variable in network.heads.values():
        if variable.trainable:
            variable.assign(rng.normal(0, 0.5, variable.shape))
    return network


def heard_differently(kind, example, other, first=0):
    """Whether a network of that kind tells the two apart, from a note on."""
    network = shaken(kind(UNITS, seed=1))
    one, two = told(network, example[0]), told(network, other[0])
    return any(np.abs(one[name] - two[name])[first:].max() > 1e-5 for name in one)


def test_other_chords_change_nothing_for_who_is_told_none(tune, example):
    chords = [Timed(onset, chord.transpose(3)) for onset, chord in tune.score.chords]
    other = melody_example([Tune.of("", replace(tune.score, chords=chords), tune.form, tune.style)])
    assert not heard_differently(variants.Chordless, example, other)
    assert heard_differently(variants.Forgetful, example, other)
    assert heard_differently(MelodyNetwork, example, other)


def test_another_line_four_bars_ago_changes_nothing_for_who_is_told_none(example):
    inputs = {**example[0]}
    cue = inputs["pitch_cue"].copy()
    cue[:, variants._LOOKBACK] = np.random.default_rng(0).random(cue[:, variants._LOOKBACK].shape)
    inputs |= {
        "looked_back": inputs["last"] + 1,
        "rhythm_cue": np.roll(inputs["rhythm_cue"], 1, axis=1),
        "pitch_cue": cue,
    }
    other = (inputs, example[1])
    assert not heard_differently(variants.Forgetful, example, other)
    assert heard_differently(variants.Chordless, example, other)
    assert heard_differently(MelodyNetwork, example, other)


def test_another_name_of_the_key_changes_nothing_for_who_is_told_none(tune, example):
    """The same notes and chords; the first interval alone is measured from the tonic."""
    key = tune.score.key or Key("C")
    other_key = Timed(0.0, Key(key.transpose(5).tonic, key.mode))
    score = replace(tune.score, keys=[other_key])
    other = melody_example([Tune.of("", score, tune.form, tune.style)])
    one, two = (variants.without_key(found[0]) for found in (example, other))
    for name in ("heard", "pitch_cue", "degrees", "rhythm_cue", "last", "looked_back"):
        np.testing.assert_array_equal(np.asarray(one[name])[2:], np.asarray(two[name])[2:])
    roots = [(found["tonic"] + found["root"]) % 12 for found in (one, two)]
    np.testing.assert_array_equal(*roots)
    for name in ("heard", "last"):
        other[0][name][:2] = example[0][name][:2]
    assert not heard_differently(variants.Keyless, example, other, first=1)
    assert heard_differently(MelodyNetwork, example, other, first=1)


@pytest.mark.parametrize("kind", [variants.GRUMelody, variants.TransformerMelody])
def test_what_comes_changes_nothing_that_was_told(example, kind):
    network = shaken(kind(UNITS, seed=1))
    later = {**example[0], "heard": example[0]["heard"].copy()}
    later["heard"][10:] += 1
    one, two = told(network, example[0]), told(network, later)
    for name in one:
        np.testing.assert_allclose(one[name][:10], two[name][:10], rtol=1e-5, atol=1e-5)
        assert np.abs(one[name][10:] - two[name][10:]).max() > 1e-3


@pytest.mark.parametrize(
    ("kind", "sized"),
    [
        (variants.GRUMelody, variants.gru_units),
        (variants.TransformerMelody, variants.attention_units),
    ],
)
def test_other_bodies_are_of_the_same_size(kind, sized):
    ours = sum(np.size(weight) for weight in MelodyNetwork(192).lstm.weights)
    theirs = sum(np.size(weight) for weight in kind(sized(192)).lstm.weights)
    assert theirs == pytest.approx(ours, rel=0.04)


@pytest.mark.parametrize("kind", [variants.GRUMelody, variants.TransformerMelody])
def test_weights_go_round_and_depend_on_the_seed(example, kind):
    one, same, other = (kind(UNITS, seed=seed) for seed in (1, 1, 2))
    expected = told(one, example[0])
    for name, logits in told(same, example[0]).items():
        np.testing.assert_allclose(logits, expected[name], atol=1e-6)
    assert np.abs(told(other, example[0])["pitch"] - expected["pitch"]).max() > 1e-3
    other.load_stored_weights(one.stored_weights())
    for name, logits in told(other, example[0]).items():
        np.testing.assert_allclose(logits, expected[name], atol=1e-6)


def test_peepholes_and_dropout_are_as_asked():
    from lstmmusic.fitting.loop import Schedule
    from lstmmusic.fitting.recipe import Network

    options = Network(8, 1, 8, Schedule(1, 1), 0.2, 0.3, peepholes=False)
    network = variants.made(variants.Chordless)(options, 0)
    assert network.lstm.cell.peephole_kernel is None
    assert (network.input_dropout.rate, network.dropout.rate) == (0.2, 0.3)
    assert variants.made(variants.GRUMelody, lambda n: n + 1)(options, 0).lstm.units == 9
