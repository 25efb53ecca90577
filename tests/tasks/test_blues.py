"""The blues study: its songs, what is measured of what is played, and the rule of the test."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.errors import InputError
from lstmmusic.score import Chord
from lstmmusic.tasks import task_named
from lstmmusic.tasks.blues import (
    CHART,
    CHORUS_STEPS,
    SEGMENTS,
    BluesSettings,
    _FormKept,
    chord_steps,
    cross_entropy,
    fed_back,
    scaling,
    segment_chord_tones,
    segment_steps,
    song,
)

SCALE = np.array([0, 2, 4, 7, 9])  # the pentatonic one; the minor one is the same, begun elsewhere
PITCH_CLASS = {"C": 0, "D": 2, "Eb": 3, "E": 4, "F": 5, "G": 7, "A": 9, "Bb": 10, "c": 0}
seeds = st.integers(0, 10**6)
both = pytest.mark.parametrize("name", ["blues_chords", "blues_melody"])


def test_every_bar_has_the_tones_of_its_chord_in_all_its_steps():
    names = [name.strip() for name in CHART.split("|")]
    assert len(names) == 12
    for bar, name in enumerate(names):
        chord = Chord.parse(name)
        tones = {(chord.root_pitch_class + step) % 12 for step in chord.kind.intervals}
        for step in chord_steps()[8 * bar : 8 * bar + 8]:
            assert set(np.flatnonzero(step).tolist()) == tones, name


def test_segments_are_four_quarters_of_one_pentatonic_scale():
    for bar, pair in enumerate(SEGMENTS):
        for number, segment in enumerate(pair):
            notes = segment.split()
            pitch_classes = {PITCH_CLASS[note] for note in notes}
            scales = [set((SCALE + tonic) % 12) for tonic in range(12)]
            assert any(pitch_classes <= scale for scale in scales), segment
            assert all(a != b for a, b in itertools.pairwise(notes)), segment
            steps = segment_steps()[bar, number]
            assert (steps.sum(axis=1) == 1).all()
            found = steps.argmax(axis=1)
            assert (found[::2] == found[1::2]).all()
            assert (found[::2] % 12).tolist() == [PITCH_CLASS[note] for note in notes]
    assert len({segment for pair in SEGMENTS for segment in pair}) == 24


def test_the_two_segments_of_a_bar_part_at_once():
    """So that a bar's first note says which it is, and all others can be told."""
    for first, second in SEGMENTS:
        assert first.split()[0] != second.split()[0]


@given(seeds, st.integers(1, 3))
def test_a_song_is_the_form_and_one_of_two_segments_in_each_bar(seed, n_choruses):
    steps = song(np.random.default_rng(seed), n_choruses)
    assert steps.shape == (96 * n_choruses, 25)
    for bar, found in enumerate(steps.reshape(-1, 8, 25)):
        assert (found[:, :12] == chord_steps()[8 * (bar % 12) : 8 * (bar % 12) + 8]).all()
        assert any((found[:, 12:] == one).all() for one in segment_steps()[bar % 12])


def test_both_segments_are_drawn_alike():
    steps = song(np.random.default_rng(1), 400).reshape(400, 12, 8, 25)
    for bar in range(12):
        is_first = (steps[:, bar, :, 12:] == segment_steps()[bar, 0]).all(axis=(1, 2))
        assert is_first.mean() == pytest.approx(0.5, abs=0.1)


def test_scaled_songs_have_mean_0_and_deviation_1():
    mean, spread = scaling()
    steps = song(np.random.default_rng(0), 2000)
    scaled = (steps - mean) / spread
    sounding = steps.any(axis=0)
    assert np.abs(scaled.mean(axis=0)).max() < 0.03
    np.testing.assert_allclose(scaled.std(axis=0)[sounding], 1, atol=0.03)
    assert (scaled[:, ~sounding] == 0).all()


def test_chord_tones_of_the_segments_counted_one_by_one():
    found = []
    for name, pair in zip(CHART.split("|"), SEGMENTS, strict=True):
        chord = Chord.parse(name.strip())
        tones = {(chord.root_pitch_class + step) % 12 for step in chord.kind.intervals}
        found += [PITCH_CLASS[note] in tones for one in pair for note in one.split()]
    assert segment_chord_tones() == pytest.approx(np.mean(found))


def test_what_is_fed_back_is_chords_above_a_half_and_one_note():
    outputs = np.zeros((2, 25))
    outputs[0, [0, 4]] = 0.6, 0.5
    outputs[0, [13, 20]] = 0.1, 0.2
    outputs[1, [12, 24]] = 0.9, 0.95
    found = fed_back(outputs)
    assert np.flatnonzero(found[0]).tolist() == [0, 20]
    assert np.flatnonzero(found[1]).tolist() == [24]
    assert np.flatnonzero(fed_back(outputs[:1, :12])).tolist() == [0]


def test_cross_entropy_of_flags_is_that_of_floats_and_a_coin_costs_ln_2():
    targets = np.array([1, 0, 1], np.uint8)
    outputs = np.array([0.5, 0.5, 0.9])
    found = cross_entropy(targets, outputs)
    np.testing.assert_allclose(found, -np.log([0.5, 0.5, 0.9]))
    np.testing.assert_allclose(found, cross_entropy(targets.astype(float), outputs))


def spoilt(task, wrong_from, wrong_to):
    """Who knows the rule, but plays nothing between two steps of the test."""
    solve = task.oracle(task.tiny.settings)

    def spoil(inputs, n_given):
        outputs = solve(inputs, n_given)
        if n_given < len(inputs):  # playing, not told
            outputs[wrong_from - 1 : wrong_to - 1, :12] = 0
        return outputs

    return spoil


@both
def test_wrong_steps_bars_and_choruses_are_counted(name):
    """Steps 88 to 103 are wrong: the last bar of chorus 1 and the first of chorus 2."""
    task = task_named(name)
    settings = BluesSettings(test_choruses=4)
    verdict = task.test(settings, 0, spoilt(task, 88, 104))
    assert not verdict.solved
    assert verdict.metrics["steps_right"] == pytest.approx(1 - 16 / 384)
    assert verdict.metrics["onsets_right"] == pytest.approx(46 / 48)
    assert verdict.metrics["onsets_right_in_chorus_1"] == 11
    assert verdict.metrics["choruses_right"] == 0
    assert verdict.metrics["chords_told"] == 1
    verdict = task.test(settings, 0, spoilt(task, 200, 201))
    assert verdict.metrics["choruses_right"] == 2
    assert not verdict.solved


@both
def test_a_bar_late_is_wrong_for_ever(name):
    task = task_named(name)
    solve = task.oracle(task.tiny.settings)
    late = lambda inputs, n_given: np.roll(solve(inputs, n_given), 8, axis=0)  # noqa: E731
    metrics = task.test(BluesSettings(test_choruses=3), 0, late).metrics
    chart = [name.strip() for name in CHART.split("|")]
    same = np.mean([a == b for a, b in zip(chart, [chart[-1], *chart[:-1]], strict=True)])
    assert metrics["onsets_right"] == pytest.approx(same, abs=0.03)


def test_bars_are_new_where_they_are_no_segment():
    task, settings = task_named("blues_melody"), BluesSettings(test_choruses=5)
    solve = task.oracle(settings)
    metrics = task.test(settings, 0, solve).metrics
    assert metrics["new_bars"] == 0
    assert metrics["distinct_bars"] == 12

    def sing(inputs, n_given):
        """A scale over everything: four bars that come again and again."""
        outputs = solve(inputs, n_given)
        outputs[:, 12:] = np.eye(13)[np.arange(1, len(outputs) + 1) // 2 % 13]
        return outputs

    metrics = task.test(settings, 0, sing).metrics
    assert metrics["new_bars"] == 1
    assert metrics["distinct_bars"] == 13
    assert task.test(settings, 0, sing).solved  # it is the chords that count


def looks(n_units, spoil, n_looks=3):
    """Which looks stop a network whose answers are those asked for, but spoilt."""
    songs = song(np.random.default_rng(3), 3)[None, None, : 96 * 2 + 1, :n_units]
    rule = _FormKept(songs, BluesSettings(error_below=0.2, melody_nats_a_bar=4.0))
    asked = songs[:, :, 1:].astype(float)
    return [bool(rule.met(lambda _: spoil(asked.copy()))[0][0]) for _ in range(n_looks)]


def test_training_stops_when_every_chord_unit_is_near_at_two_looks_in_a_row():
    near = lambda asked: np.abs(asked - 0.19)  # noqa: E731
    assert looks(12, near) == [False, True, True]

    def once_off(asked):
        asked[0, 0, 77, 5] = abs(asked[0, 0, 77, 5] - 0.21)
        return asked

    assert looks(12, once_off) == [False] * 3
    answers = iter([near, once_off, near, near])
    assert looks(12, lambda asked: next(answers)(asked), 4) == [False, False, False, True]


def test_training_goes_on_until_the_melody_is_told_well():
    """A unit on at 0.9 and twelve off at 0: 8 steps cost 0.84 nats; at 0.5, 5.5 nats."""

    def told(probability):
        def answer(asked):
            asked[..., 12:] *= probability
            return asked

        return answer

    assert looks(25, told(0.9)) == [False, True, True]
    assert looks(25, told(0.5)) == [False] * 3


def test_the_chords_stay_as_they_are_once_they_are_told_and_the_melody_goes_on():
    songs = song(np.random.default_rng(3), 3)[None, None, : 96 * 2 + 1]
    rule, asked = _FormKept(songs, BluesSettings()), songs[:, :, 1:].astype(float)
    unsure = asked.copy()
    unsure[..., 12:] = 0.3
    found = []
    for answers in (unsure, unsure, np.ones_like(asked), asked, asked):
        stops, _ = rule.met(lambda _, answers=answers: answers)
        found.append((*rule.paces()[0].tolist(), bool(stops[0])))
    assert [chords for chords, _, _ in found] == [1, 0, 0, 0, 0]
    assert [melody for _, melody, _ in found] == [1, 1, 1, 0.1, 0.1]
    assert [stops for _, _, stops in found] == [False] * 4 + [True]
    other = _FormKept(songs, BluesSettings())
    other.restore({name: array.copy() for name, array in rule.state().items()})
    assert other.met(lambda _: asked)[0].all()


def test_settings_say_what_they_cannot_be():
    with pytest.raises(InputError, match=r"error_below: expected more than 0, at most 0.5, got 1"):
        BluesSettings(error_below=1)
    with pytest.raises(InputError, match="blocks: expected a whole number from 1 on, got 0"):
        BluesSettings(blocks=0)
    assert CHORUS_STEPS == 96
