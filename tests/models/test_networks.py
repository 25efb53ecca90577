"""The Keras networks and the NumPy players are the same functions of the same weights."""

import keras
import numpy as np
import pytest

from lstmmusic.encoding.harmony_clock import N_SYMBOLS
from lstmmusic.models import (
    HarmonyNetwork,
    MelodyNetwork,
    Tune,
    harmony_example,
    melody_example,
    pad_batch,
)
from lstmmusic.player import HarmonyPlayer, MelodyLimits, MelodyPlayer, load_model
from lstmmusic.player.network import LOWEST_PITCH, MAX_STEPS
from tests.tunes import WANTED, some_tunes

pytestmark = pytest.mark.keras

TUNES = pytest.mark.parametrize("index", range(len(WANTED)), ids=map("-".join, WANTED))


@pytest.fixture(scope="module")
def tunes(twelve_bar):
    return some_tunes(twelve_bar)


@pytest.fixture(scope="module")
def shipped():
    return load_model().networks


@pytest.fixture(scope="module")
def melody_network(shipped):
    weights = shipped["melody"]
    network = MelodyNetwork(len(weights["lstm/recurrent_kernel"]))
    network.load_stored_weights(weights)
    return network


@pytest.fixture(scope="module")
def harmony_network(shipped):
    weights = shipped["harmony"]
    network = HarmonyNetwork(len(weights["lstm/recurrent_kernel"]))
    network.load_stored_weights(weights)
    return network


def batch_logits(network, inputs):
    logits = network({name: array[None] for name, array in inputs.items()}, training=False)
    return {name: np.asarray(values)[0] for name, values in logits.items()}


@TUNES
def test_melody_player_equals_the_network_over_a_chorus(tunes, shipped, melody_network, index):
    """Note by note against all notes at once: inputs, state and all three heads."""
    tune = tunes[index]
    inputs, targets = melody_example([tune])
    expected = batch_logits(melody_network, inputs)
    player = MelodyPlayer(shipped["melody"], tune.setting(), MelodyLimits())
    assert len(tune.events) == len(targets["pitch"]) > 20
    for note, (onset, duration, pitch) in enumerate(tune.events.tolist()):
        pitch_logits, state = player.pitch_logits(onset)
        found = {
            "ioi": player.rhythm_logits(),
            "pitch": pitch_logits,
            "duration": player.duration_logits(state, onset, pitch),
        }
        for name, logits in found.items():
            np.testing.assert_allclose(
                logits, expected[name][note], rtol=1e-6, atol=1e-5, err_msg=f"{name} of {note}"
            )
        player.hear((onset, duration, pitch))


@TUNES
def test_harmony_player_equals_the_network_over_two_choruses(
    tunes, shipped, harmony_network, index
):
    tune = tunes[index]
    symbols = np.tile(tune.symbols, 2)
    inputs, _ = harmony_example(symbols, tune.is_minor)
    expected = batch_logits(harmony_network, inputs)["symbol"]
    player = HarmonyPlayer(shipped["harmony"], tune.is_minor)
    for tick, symbol in enumerate(symbols.tolist()):
        np.testing.assert_allclose(player.logits(), expected[tick], rtol=1e-6, atol=1e-5)
        player.hear(symbol)


@pytest.mark.parametrize("network", [HarmonyNetwork, MelodyNetwork])
def test_stored_weights_go_round(network):
    one, other = network(5, seed=1), network(5, seed=2)
    weights = one.stored_weights()
    assert any(np.abs(w - other.stored_weights()[name]).max() > 0 for name, w in weights.items())
    other.load_stored_weights(weights)
    for name, weight in other.stored_weights().items():
        np.testing.assert_array_equal(weight, weights[name])


@pytest.mark.parametrize("network", [HarmonyNetwork, MelodyNetwork])
def test_weights_depend_on_the_seed_alone(network):
    keras.utils.set_random_seed(1)
    one = network(4, seed=3).stored_weights()
    keras.utils.set_random_seed(2)
    other = network(4, seed=3).stored_weights()
    for name, weight in one.items():
        np.testing.assert_array_equal(weight, other[name])


@pytest.mark.parametrize("padding", [1, 30])
def test_padding_changes_no_logits_of_real_notes(tunes, melody_network, padding):
    example = melody_example([tunes[0]])
    n_notes = len(example[1]["pitch"])
    expected = batch_logits(melody_network, example[0])
    inputs, _, weights = pad_batch([example], n_notes + padding)
    found = melody_network(inputs, training=False)
    for name, logits in expected.items():
        padded = np.asarray(found[name])[0, :n_notes]
        np.testing.assert_allclose(padded, logits, rtol=1e-6, atol=1e-5)
        assert weights[name].sum() == n_notes


def test_padding_changes_no_loss_whatever_stands_in_it(tunes):
    """The same two choruses, padded to two lengths, the longer with noise in the padding."""
    network = HarmonyNetwork(4)
    loss = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="mean_with_sample_weight"
    )
    network.compile("sgd", {"symbol": loss})
    examples = [harmony_example(tune.symbols[: 20 + 4 * i], False) for i, tune in enumerate(tunes)]
    inputs, targets, weights = pad_batch(examples, 40)
    expected = network.evaluate(inputs, targets, sample_weight=weights, verbose=0)
    inputs, targets, weights = pad_batch(examples, 60)
    empty = weights["symbol"] == 0
    inputs["heard"][empty] = 7
    targets["symbol"][empty] = N_SYMBOLS - 1
    found = network.evaluate(inputs, targets, sample_weight=weights, verbose=0)
    assert found == pytest.approx(expected, rel=1e-5)
    logits = np.asarray(network(inputs)["symbol"], float)
    log_probs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    chosen = np.take_along_axis(log_probs, targets["symbol"][..., None], axis=-1)[..., 0]
    assert found == pytest.approx(-chosen[~empty].mean(), rel=1e-5)


def test_dropout_acts_in_training_only(tunes):
    network = MelodyNetwork(4, input_dropout=0.3, dropout=0.5)
    inputs = {name: array[None] for name, array in melody_example([tunes[0]])[0].items()}
    quiet = [np.asarray(network(inputs, training=False)["ioi"]) for _ in range(2)]
    np.testing.assert_array_equal(*quiet)
    assert np.abs(np.asarray(network(inputs, training=True)["ioi"]) - quiet[0]).max() > 1e-3


def test_heads_hear_what_happened_before(tunes, melody_network):
    """Another first note changes the logits of the last: the state carries it there."""
    tune = tunes[0]
    inputs, _ = melody_example([tune])
    expected = batch_logits(melody_network, inputs)
    inputs["heard"][1] = inputs["heard"][1][::-1]
    found = batch_logits(melody_network, inputs)
    np.testing.assert_array_equal(found["ioi"][0], expected["ioi"][0])
    assert np.abs(found["ioi"][-1] - expected["ioi"][-1]).max() > 1e-4


def test_targets_are_indices_of_the_logits(tunes):
    """Index 0 is one step, or the lowest pitch."""
    tune: Tune = tunes[0]
    _, targets = melody_example([tune])
    onsets, durations, pitches = tune.events.T
    np.testing.assert_array_equal(targets["pitch"] + LOWEST_PITCH, pitches)
    np.testing.assert_array_equal(targets["duration"] + 1, np.minimum(durations, MAX_STEPS))
    np.testing.assert_array_equal(targets["ioi"][1:] + 1, np.diff(onsets))
    assert targets["ioi"][0] + 1 == onsets[0] + 48  # counted from a bar before bar 1
