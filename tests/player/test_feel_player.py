"""Performing a written melody."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.encoding import FeelSetting
from lstmmusic.player.feel_player import FeelPlayer, perform
from lstmmusic.player.network import LATE_CENTRES, N_BELLS, bell_logits
from lstmmusic.score import Metre
from tests.tiny_model import tiny_weights

SETTING = FeelSetting(140.0, Metre(4, 4))
GAPS = st.lists(st.sampled_from([1, 2, 3, 4, 6, 12, 30]), min_size=1, max_size=12)


def melody(gaps):
    onsets = np.cumsum(gaps) - gaps[0]
    return np.column_stack([onsets, gaps, np.full(len(gaps), 65)])


@given(gaps=GAPS, seed=st.integers(0, 50))
def test_notes_keep_their_order_and_never_overlap(gaps, seed):
    written = melody(gaps)
    weights = tiny_weights("feel", seed, spread=1.0)
    events = perform(weights, written, SETTING, np.random.default_rng(seed))
    np.testing.assert_array_equal(events[:, :3], written)
    starts = events[:, 0] * 80 + events[:, 3]
    assert (np.diff(starts) > 0).all()
    assert (events[:, 4] > 0).all()
    assert (starts[:-1] + events[:-1, 4] <= starts[1:]).all()


def test_the_same_random_numbers_play_the_same():
    weights, written = tiny_weights("feel", spread=0.1), melody([6] * 40)
    first, again, other = (
        perform(weights, written, SETTING, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_what_was_played_is_heard():
    """The same note is expected elsewhere when the one before it was late."""
    weights, written = tiny_weights("feel", 4, spread=0.5), melody([6, 6])
    found = []
    for late in (0.0, 0.2):
        player = FeelPlayer(weights, written, SETTING)
        player.expect()
        player.hear(late)
        found.append(player.expect())
    assert found[0] != found[1]


def test_nothing_to_play_is_nothing_played():
    assert perform(
        tiny_weights("feel"), melody([6])[:0], SETTING, np.random.default_rng(0)
    ).shape == (0, 5)


@given(seed=st.integers(0, 100))
def test_bells_in_bins_are_a_mixture_of_normal_densities(seed):
    """Against the densities written out, normalised over the bins."""
    rng = np.random.default_rng(seed)
    bells, unit = rng.normal(0, 0.7, 3 * N_BELLS), 0.08
    weight, mean, width = bells.reshape(3, N_BELLS)
    density = np.zeros(len(LATE_CENTRES))
    for k in range(N_BELLS):
        m = unit * (mean[k] - 1.5 + 3 * k / (N_BELLS - 1))
        s = unit * np.exp(width[k])
        share = np.exp(weight[k]) / np.exp(weight).sum()
        density += share * np.exp(-((LATE_CENTRES - m) ** 2) / (2 * s * s)) / s
    logits = bell_logits(np, bells, LATE_CENTRES, unit)
    probs = np.exp(logits - logits.max())
    np.testing.assert_allclose(probs / probs.sum(), density / density.sum(), rtol=1e-5, atol=1e-9)


def test_drawn_deviations_have_the_spread_of_the_bells():
    """With heads of weight 0 every note is drawn from the same bells, whose spread is known."""
    weights = {name: np.zeros_like(w) for name, w in tiny_weights("feel").items()}
    written = melody([12] * 3000)
    late = perform(weights, written, SETTING, np.random.default_rng(0))[:, 3] / 960
    logits = bell_logits(np, np.zeros(3 * N_BELLS), LATE_CENTRES, 0.08)
    probs = np.exp(logits) / np.exp(logits).sum()
    assert late.std() == pytest.approx(np.sqrt(probs @ LATE_CENTRES**2), rel=0.03)
    assert abs(np.corrcoef(late[:-1], late[1:])[0, 1]) < 0.05
