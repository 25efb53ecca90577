"""Leaning towards another line, forks, and how likely a note is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.encoding import MelodySetting
from lstmmusic.player import Echo, MelodyLimits, MelodyPlayer, Sampling
from lstmmusic.player.network import HIGHEST_PITCH, LOWEST_PITCH, MAX_STEPS
from lstmmusic.player.sampling import Lean
from lstmmusic.score import Key, Metre, form_named
from tests.tiny_model import tiny_weights

SEEDS = st.integers(0, 10_000)
SETTING = MelodySetting(form_named("standard").bars(Key("C")), Key("C"), Metre())


def player(seed, events=((0, 12, 60), (12, 6, 64))):
    found = MelodyPlayer(tiny_weights("melody", seed, spread=0.3), SETTING, MelodyLimits())
    for event in events:
        found.hear(event)
    return found


def test_a_lean_of_a_share_takes_its_choice_that_often_more():
    logits = np.log([0.7, 0.2, 0.1])
    lean = Lean(0.4, np.array([0.0, 0.0, 1.0]))
    rng = np.random.default_rng(1)
    counts = np.bincount([Sampling().choose(logits, rng, lean=lean) for _ in range(20_000)])
    np.testing.assert_allclose(counts / counts.sum(), [0.42, 0.12, 0.46], atol=0.012)


@pytest.mark.parametrize(("share", "expected"), [(0.3, 0), (0.7, 2)])
def test_at_temperature_zero_the_likeliest_of_the_mixture_is_taken(share, expected):
    lean = Lean(share, np.array([0.0, 0.0, 1.0]))
    rng, counter = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(20):
        chosen = Sampling(temperature=0).choose(np.log([0.7, 0.2, 0.1]), rng, lean=lean)
        assert chosen == expected
    counter.random(20)
    assert rng.bit_generator.state == counter.bit_generator.state


@given(SEEDS, st.integers(24, 96), st.integers(1, 24), st.integers(LOWEST_PITCH, HIGHEST_PITCH))
def test_a_whole_echo_is_played_as_it_is(seed, onset, duration, pitch):
    found = player(seed)
    found.limits = MelodyLimits(LOWEST_PITCH, HIGHEST_PITCH)
    echo = Echo(1.0, (onset, duration, pitch), onset)
    rng = np.random.default_rng(seed)
    assert found.next_onset(Sampling(), rng, echo=echo) == onset
    assert found.play(onset, Sampling(), rng, echo=echo) == (onset, duration, pitch)


@given(SEEDS, st.integers(20, 150))
def test_a_whole_echo_of_a_rest_rests(seed, rests_until):
    echo = Echo(1.0, None, rests_until)
    rng = np.random.default_rng(seed)
    assert player(seed).next_onset(Sampling(), rng, echo=echo) >= rests_until


@given(SEEDS, st.integers(0, 17))
def test_an_echo_that_the_last_note_covers_is_not_played(seed, onset):
    echo = Echo(1.0, (onset, 6, 60), onset)
    found = player(seed).next_onset(Sampling(), np.random.default_rng(seed), echo=echo)
    assert found >= 18


@given(SEEDS, st.integers(18, 60), st.integers(0, 20))
def test_the_latest_onset_is_kept(seed, earliest, room):
    rng = np.random.default_rng(seed)
    onset = player(seed).next_onset(Sampling(), rng, earliest, earliest + room)
    assert earliest <= onset <= earliest + room


@given(SEEDS, st.integers(1, 24), st.integers(0, 12))
def test_the_shortest_duration_is_kept(seed, shortest, room):
    longest = shortest + room
    rng = np.random.default_rng(seed)
    _, found, _ = player(seed).play(24, Sampling(), rng, longest=longest, shortest=shortest)
    assert shortest <= found <= longest


@given(SEEDS)
def test_a_fork_hears_for_itself(seed):
    one = player(seed)
    twin, untouched = one.fork(), player(seed)
    np.testing.assert_array_equal(twin.rhythm_logits(), one.rhythm_logits())
    twin.hear((24, 12, 67))
    np.testing.assert_array_equal(one.rhythm_logits(), untouched.rhythm_logits())
    assert one.memory.events == untouched.memory.events
    one.hear((24, 12, 67))
    np.testing.assert_array_equal(twin.rhythm_logits(), one.rhythm_logits())


def test_the_likelihoods_of_all_notes_add_up_to_one():
    """Over pitches and durations at one onset: to the chance of that onset."""
    found = player(3)
    onset = 24
    joint = [
        found.log_likelihood((onset, duration, pitch))
        for pitch in range(LOWEST_PITCH, HIGHEST_PITCH + 1)
        for duration in range(1, MAX_STEPS + 1)
    ]
    logits = found.rhythm_logits().astype(float)
    chance = np.exp(logits) / np.exp(logits).sum()
    assert np.exp(joint).sum() == pytest.approx(chance[onset - 12 - 1], rel=1e-5)


@pytest.mark.parametrize("event", [(12, 6, 60), (24, 6, 20), (24, 193, 60), (12 + 193, 6, 60)])
def test_what_the_network_cannot_play_has_no_likelihood(event):
    assert player(1).log_likelihood(event) == -np.inf
