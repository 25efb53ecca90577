"""The feel network in Keras and its NumPy player are the same functions of the same weights."""

import numpy as np
import pytest

from lstmmusic.encoding import FeelEvents, FeelSetting
from lstmmusic.encoding.feel_features import length_cues
from lstmmusic.models import FeelNetwork, Performance, feel_example
from lstmmusic.models.feel_examples import nearest
from lstmmusic.player import network
from lstmmusic.player.feel_player import FeelPlayer
from lstmmusic.player.network import LATE_CENTRES
from lstmmusic.score import Metre
from tests.tiny_model import tiny_weights

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def played():
    rng = np.random.default_rng(5)
    onsets = np.cumsum(rng.choice([3, 4, 6, 12], 60))
    written = np.column_stack([onsets, np.full(60, 3), rng.integers(55, 80, 60)])
    starts = onsets / 12 + rng.normal(0.04, 0.05, 60)
    events = FeelEvents.joined(written, starts, starts + rng.uniform(0.1, 0.4, 60))
    return Performance("x", "", events, FeelSetting(132.0, Metre(4, 4)))


def test_the_player_equals_the_network_over_a_performance(played):
    weights = tiny_weights("feel", 2, units=7, spread=0.3)
    keras_network = FeelNetwork(7)
    keras_network.load_stored_weights(weights)
    inputs, _ = feel_example(played)
    batch = {name: array[None] for name, array in inputs.items()}
    expected = {k: np.asarray(v)[0] for k, v in keras_network(batch, training=False).items()}
    late, ratio = played.deviations
    player = FeelPlayer(weights, played.events[:, :3], played.setting)
    cues = length_cues(played.events[:, :3], late, played.setting.metre)
    for note in range(len(played)):
        found = player.late_logits()
        np.testing.assert_allclose(found, expected["late"][note], rtol=1e-5, atol=1e-4)
        player.hear(late[note])
        cues[note, -1] = ratio[note - 1] if note else 0.0
        found = network.ratio_logits(
            np, weights, player.outputs[note], player.heard[note], cues[note]
        )
        np.testing.assert_allclose(found, expected["ratio"][note], rtol=1e-5, atol=1e-4)


def test_how_late_a_note_is_is_told_to_no_note_up_to_it(played):
    """Changing the last note's time changes neither its inputs nor any before."""
    events = played.events.copy()
    events[-1, 3] += 100
    events[-1, 4] += 50
    other = Performance("x", "", events, played.setting)
    heard, changed = (feel_example(x)[0]["heard"] for x in (played, other))
    np.testing.assert_array_equal(heard, changed)
    assert feel_example(played)[1]["late"][-1] != feel_example(other)[1]["late"][-1]


def test_the_length_of_a_note_is_told_to_no_onset(played):
    events = played.events.copy()
    events[:, [1, 4]] = 7
    other = Performance("x", "", events, played.setting)
    heard, changed = (feel_example(x)[0]["heard"] for x in (played, other))
    np.testing.assert_array_equal(heard, changed)


def test_unheard_feedback_is_silence(played):
    heard = feel_example(played, hears_itself=False)[0]["heard"]
    assert (heard[:, -2:] == 0).all()
    assert (feel_example(played)[0]["heard"][1:, -2] != 0).any()


def test_what_lies_outside_the_bins_is_in_the_last():
    found = nearest(LATE_CENTRES, np.array([-3.0, 0.0, 0.004, 9.0]))
    assert found.tolist() == [0, 48, 48, 96]
