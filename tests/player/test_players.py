"""Playing step by step: the state against the twin, and what a melody may not do."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.encoding import MelodySetting
from lstmmusic.player import HarmonyPlayer, MelodyLimits, MelodyPlayer, Sampling, Thinning
from lstmmusic.player.network import MAX_STEPS
from lstmmusic.player.players import LSTMState
from lstmmusic.score import Key, Metre, form_named
from tests import reference
from tests.tiny_model import tiny_weights

SEEDS = st.integers(0, 10_000)
LENGTHS = st.sets(st.integers(1, MAX_STEPS), min_size=1, max_size=6)


def setting(key="C", metre="4/4", form="standard"):
    bars = form_named(form).bars(Key.parse(key))
    return MelodySetting(bars, Key.parse(key), Metre.parse(metre), form_bars=len(bars))


def flags(lengths):
    found = np.zeros(MAX_STEPS, bool)
    found[np.array(sorted(lengths)) - 1] = True
    return found


@given(seed=SEEDS, units=st.integers(1, 8), n_steps=st.integers(1, 20))
def test_state_equals_the_twin_over_sequences(seed, units, n_steps):
    weights = tiny_weights("harmony", seed, units, spread=0.5)
    names = ("kernel", "recurrent_kernel", "bias", "peephole_kernel")
    twin = reference.Weights(*(weights[f"lstm/{name}"].astype(float) for name in names))
    inputs = np.random.default_rng(seed).normal(size=(n_steps, len(twin.kernel)))
    inputs = inputs.astype(np.float32)
    state = LSTMState(weights)
    found = [state.feed(x) for x in inputs]
    expected, h, c = reference.lstm_sequence(twin, inputs.astype(float))
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)
    np.testing.assert_allclose((state.h, state.c), (h, c), rtol=1e-4, atol=2e-5)


@given(
    seed=SEEDS,
    low=st.integers(24, 96),
    iois=LENGTHS,
    durations=LENGTHS,
    sampling=st.builds(Sampling, st.floats(0, 3), st.floats(0.1, 1), st.integers(0, 5)),
    metre=st.sampled_from(("4/4", "12/8")),
)
def test_melody_keeps_its_range_its_lengths_and_to_one_note_at_a_time(
    seed, low, iois, durations, sampling, metre
):
    """Of any weights: a length that does not occur is taken only where no other fits."""
    limits = MelodyLimits(low, low + 12, flags(iois), flags(durations))
    player = MelodyPlayer(tiny_weights("melody", seed), setting(metre=metre), limits)
    rng = np.random.default_rng(seed)
    events = []
    for _ in range(12):
        onset = player.next_onset(sampling, rng, earliest=0)
        events.append(player.play(onset, sampling, rng))
    assert events == player.memory.events
    last, ended = -48, -47
    for onset, duration, pitch in events:
        assert low <= pitch <= low + 12
        assert onset >= ended
        assert duration in durations
        fitting = [n for n in iois if last + n >= max(ended, 0)]
        assert onset - last in fitting if fitting else onset == max(ended, 0)
        last, ended = onset, onset + duration


@given(seed=SEEDS, earliest=st.integers(0, 200))
def test_next_onset_is_not_before_the_earliest(seed, earliest):
    limits = MelodyLimits()
    player = MelodyPlayer(tiny_weights("melody", seed), setting(), limits)
    player.hear((0, 12, 60))
    onset = player.next_onset(Sampling(), np.random.default_rng(seed), earliest)
    assert onset >= max(earliest, 12)


@given(seed=SEEDS, longest=st.integers(1, 8), durations=st.sets(st.integers(1, 16), min_size=1))
def test_longest_bounds_the_duration(seed, longest, durations):
    limits = MelodyLimits(durations=flags(durations))
    player = MelodyPlayer(tiny_weights("melody", seed), setting(), limits)
    _, duration, _ = player.play(0, Sampling(), np.random.default_rng(seed), longest=longest)
    fitting = [n for n in durations if n <= longest]
    assert duration in fitting if fitting else duration == longest


@given(seed=SEEDS, key=st.sampled_from(("C", "Eb", "F#", "Am")))
def test_degrees_bound_the_pitch(seed, key):
    player = MelodyPlayer(tiny_weights("melody", seed), setting(key), MelodyLimits(57, 81))
    _, _, pitch = player.play(0, Sampling(), np.random.default_rng(seed), degrees=(0, 4, 7))
    assert (pitch - Key.parse(key).pitch_class) % 12 in (0, 4, 7)


@given(seed=SEEDS, key=st.sampled_from(("C", "Eb", "F#", "Am")))
def test_degrees_that_the_music_has_bound_the_pitch(seed, key):
    usual = np.isin(np.arange(12), (0, 3, 5))
    limits = MelodyLimits(57, 81, degrees=usual)
    player = MelodyPlayer(tiny_weights("melody", seed), setting(key), limits)
    rng, tonic = np.random.default_rng(seed), Key.parse(key).pitch_class
    pitches = [player.play(12 * n, Sampling(), rng, longest=12)[2] for n in range(6)]
    assert {(pitch - tonic) % 12 for pitch in pitches} <= {0, 3, 5}
    _, _, asked = player.play(72, Sampling(), rng, degrees=(4,))
    assert (asked - tonic) % 12 == 4  # what is asked for goes before


def test_range_wins_where_no_degree_lies_within_it():
    player = MelodyPlayer(tiny_weights("melody"), setting(), MelodyLimits(61, 63))
    _, _, pitch = player.play(0, Sampling(), np.random.default_rng(0), degrees=(0,))
    assert 61 <= pitch <= 63


def test_a_note_uses_three_random_numbers():
    """Whatever is chosen: so that one note never shifts the dice of the next."""
    player = MelodyPlayer(tiny_weights("melody"), setting(), MelodyLimits())
    rng, counter = np.random.default_rng(5), np.random.default_rng(5)
    for _ in range(8):
        player.play(player.next_onset(Sampling(), rng, 0), Sampling(), rng)
        counter.random(3)
        assert rng.bit_generator.state == counter.bit_generator.state


def test_notes_a_bar_are_kept_to():
    """Over random weights and dice the distance from what is asked is at most half as far."""
    chart = form_named("standard").bars(Key("C"))

    def notes_a_bar(asked, seed):
        limits = MelodyLimits(
            iois=flags([3, 6, 12, 24, 48]),
            durations=flags([3, 6, 12]),
            notes_per_bar=asked and (asked, asked),
        )
        long = MelodySetting(chart * 3, Key("C"), Metre(4, 4))
        player = MelodyPlayer(tiny_weights("melody", seed, spread=0.3), long, limits)
        rng = np.random.default_rng(seed)
        while (onset := player.next_onset(Sampling(), rng, earliest=0)) < long.n_steps:
            player.play(onset, Sampling(), rng)
        return len(player.memory.events) / len(long.chart)

    as_learnt = np.array([notes_a_bar(None, seed) for seed in range(8)])
    for asked in (2, 5):
        found = np.array([notes_a_bar(asked, seed) for seed in range(8)])
        off, before = (np.sqrt(np.mean((x - asked) ** 2)) for x in (found, as_learnt))
        assert off < before / 2, asked


def test_a_thinned_network_is_silent_in_the_same_places_throughout():
    weights = tiny_weights("melody", 3, spread=0.3)
    drawn = Thinning.drawn(weights, (0.25, 0.5), np.random.default_rng(1))
    assert {round(float(x), 4) for x in drawn.inputs} == {0.0, 1.3333}
    assert set(drawn.outputs.tolist()) == {0.0, 2.0}
    whole = Thinning.drawn(weights, (0.0, 0.0), np.random.default_rng(1))

    def logits(thinning, weights=weights):
        player = MelodyPlayer(weights, setting(), MelodyLimits(), thinning)
        for event in ((0, 12, 60), (12, 12, 63), (36, 6, 67)):
            player.hear(event)
        return player.rhythm_logits()

    np.testing.assert_array_equal(logits(whole), logits(None))
    kernel = weights["lstm/kernel"] * drawn.inputs[:, None]
    head = np.array(weights["rhythm_hidden/kernel"])
    pitch = np.array(weights["pitch_hidden/kernel"])
    head[: len(drawn.outputs)] *= drawn.outputs[:, None]
    pitch[: len(drawn.outputs)] *= drawn.outputs[:, None]
    cut = {"lstm/kernel": kernel, "rhythm_hidden/kernel": head, "pitch_hidden/kernel": pitch}
    np.testing.assert_allclose(logits(drawn), logits(None, {**weights, **cut}), atol=1e-5)
    assert np.abs(logits(drawn) - logits(None)).max() > 1e-3


def test_melody_hears_its_last_note_its_chords_and_four_bars_ago():
    """Each of them alone changes what comes next."""
    weights = tiny_weights("melody", 3)

    def logits(key="C", form="standard", first=60):
        player = MelodyPlayer(weights, setting(key, form=form), MelodyLimits())
        player.hear((48, 12, first))
        player.hear((96, 12, 67))
        return player.rhythm_logits(), player.pitch_logits(48 + 192)[0]

    rhythm, pitch = logits()
    other_rhythm, other_pitch = logits(first=62)
    assert np.abs(rhythm - other_rhythm).max() > 1e-4
    assert np.abs(pitch - other_pitch).max() > 1e-4
    same_rhythm, same_pitch = logits()
    np.testing.assert_array_equal(rhythm, same_rhythm)
    np.testing.assert_array_equal(pitch, same_pitch)
    _, with_other_chords = logits(form="eight-bar")
    assert np.abs(pitch - with_other_chords).max() > 1e-4


@given(seed=SEEDS)
def test_harmony_player_chooses_what_its_logits_say(seed):
    weights = tiny_weights("harmony", seed)
    player, listener = HarmonyPlayer(weights, False), HarmonyPlayer(weights, False)
    rng = np.random.default_rng(seed)
    for _ in range(8):
        expected = int(np.argmax(listener.logits()))
        assert player.next(Sampling(temperature=0), rng) == expected
        listener.hear(expected)


def test_harmony_player_hears_mode_half_and_last_symbol():
    weights = tiny_weights("harmony", 1)
    major, minor = HarmonyPlayer(weights, False), HarmonyPlayer(weights, True)
    first = major.logits()
    assert np.abs(first - minor.logits()).max() > 1e-4
    one, other = HarmonyPlayer(weights, False), HarmonyPlayer(weights, False)
    np.testing.assert_array_equal(one.logits(), other.logits())
    one.hear(0)
    other.hear(40)
    assert np.abs(one.logits() - other.logits()).max() > 1e-4
