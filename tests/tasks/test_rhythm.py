"""A pattern that is kept, and heard as it was kept."""

import numpy as np
import pytest

from lstmmusic.generation.band import FEELS
from lstmmusic.io import load, save
from lstmmusic.tasks import task_named
from lstmmusic.tasks.rhythm import RhythmSettings, as_score, band_pattern, blunt_pattern

NAMES = ("rhythm_straight_1", "rhythm_slow_1")


@pytest.mark.parametrize("style", list(FEELS))
def test_a_bar_has_the_strokes_of_the_style(style):
    """The slow twin: every stroke of the table in its place, and no other."""
    pattern = band_pattern(style, 1)
    found = {
        (round(step * pattern.step_quarters * 12), pattern.pitches[k], velocity)
        for step, row in enumerate(pattern.velocities.tolist())
        for k, velocity in enumerate(row)
        if velocity
    }
    assert found == set(FEELS[style].drums)


def test_four_bars_end_with_the_fill():
    pattern = band_pattern("jump", 4)
    bar = band_pattern("jump", 1).strokes
    assert pattern.strokes.shape == (32, bar.shape[1])
    np.testing.assert_array_equal(pattern.strokes[:24], np.tile(bar, (3, 1)))
    snare = pattern.pitches.index(38)
    assert np.flatnonzero(pattern.strokes[24:, snare]).tolist() == [2, 6, 7]


@pytest.mark.parametrize("name", NAMES)
def test_the_sharpest_pattern_is_nearly_the_pattern(name):
    settings = task_named(name).presets["paper"].settings
    strokes = settings.pattern.strokes
    turn = (len(strokes) / 2 / np.pi) ** 2
    n = 3 * len(strokes)
    errors = [
        np.abs(blunt_pattern(strokes, n, s * turn) - np.tile(strokes, (3, 1))).max()
        for s in (1.0, 2.0, settings.sharpest)
    ]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] + settings.polished_below < settings.valid_below < settings.error_below


@pytest.mark.parametrize("name", NAMES)
def test_one_stroke_that_is_missed_ends_it(name):
    task = task_named(name)
    settings = task.presets["quick"].settings
    oracle = task.oracle(settings)
    for size, bars in ((0.48, 500), (0.5, 7), (np.nan, 7)):

        def misses(inputs, size=size):
            outputs = oracle(inputs).copy()
            outputs[0, 7 * len(settings.pattern.strokes), 0] -= size
            return outputs

        found = task.test(settings, 0, misses)
        assert (found.solved, found.metrics["bars"]) == (bars == 500, bars)


def test_what_is_written_is_what_was_played(tmp_path):
    settings = RhythmSettings("straight")
    pattern = settings.pattern
    outputs = np.tile(pattern.strokes, (3, 1))
    outputs[9, 0] = 0.6  # a kick that the pattern does not have
    score = as_score(settings, outputs)
    save(score, tmp_path / "played.mid")
    (part,) = load(tmp_path / "played.mid").parts
    assert part.is_drum
    found = {(note.onset_quarters, note.pitch) for note in part}
    expected = {
        (t * pattern.step_quarters, pattern.pitches[k]) for t, k in np.argwhere(outputs > 0.5)
    }
    assert found == expected
    assert score.length_quarters == 12
    assert {note.velocity for note in part if note.pitch == 36} == {90}
