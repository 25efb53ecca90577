"""Swing and the distance from the intended time, on melodies whose timing is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.analysis import find_timing

BEATS = np.arange(16.0)


def eighths(swing):
    return np.sort(np.concatenate([BEATS, BEATS + swing]))


@given(st.floats(0.5, 0.75))
def test_swing_is_that_which_was_put_on(swing):
    timing = find_timing(eighths(swing), eighths(swing) + 0.2)
    assert timing.swing == pytest.approx(swing)
    assert timing.steps.tolist() == list(range(0, 192, 6))
    np.testing.assert_allclose(timing.deviations_beats, 0, atol=1e-9)
    assert not timing.is_performance


def test_three_pairs_are_too_few():
    assert find_timing(eighths(0.6)[:7], eighths(0.6)[:7] + 0.1).swing is None
    assert find_timing(eighths(0.6)[:9], eighths(0.6)[:9] + 0.1).swing is not None


def test_triplets_among_swung_eighths_stay_where_they_are():
    onsets = np.concatenate([eighths(0.62), [16, 16 + 1 / 3, 16 + 2 / 3]])
    assert find_timing(onsets, onsets + 0.1).steps[-3:].tolist() == [192, 196, 200]


def test_in_compound_metres_thirds_are_written_out():
    timing = find_timing(eighths(2 / 3), eighths(2 / 3) + 0.1, is_compound=True)
    assert timing.steps[:4].tolist() == [0, 8, 12, 20]
    assert timing.swing == pytest.approx(2 / 3)


def test_a_player_is_told_from_a_grid_and_put_on_the_eighths_he_means():
    rng = np.random.default_rng(0)
    late = rng.uniform(0, 0.05, 32)
    timing = find_timing(eighths(0.6) + late, eighths(0.6) + late + 0.2)
    assert timing.is_performance
    assert timing.steps.tolist() == list(range(0, 192, 6))
    assert timing.deviations_beats[::2] == pytest.approx(late[::2])
    assert timing.deviations_beats.mean() == pytest.approx(late.mean(), abs=0.02)


def test_no_notes_have_no_swing():
    timing = find_timing(np.empty(0), np.empty(0))
    assert timing.swing is None
    assert not timing.is_performance


@pytest.mark.parametrize("off", [0.01, -0.01])
def test_what_a_coarse_clock_rounds_away_changes_no_step(off):
    timing = find_timing(eighths(0.5) + off, eighths(0.5) + off + 0.2)
    assert timing.steps.tolist() == list(range(0, 192, 6))
    assert not timing.is_performance
    np.testing.assert_allclose(timing.deviations_beats, off, atol=0.001)
