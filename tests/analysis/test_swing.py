"""Where swung notes come from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.analysis.swing import estimate_swing, off_beats, swing_steps, unswing, unswung

SWINGS = st.floats(0.52, 0.74)


@given(
    swing=SWINGS,
    steps=st.lists(st.sampled_from([0, 6, 12, 18, 24, 30, 36, 42]), min_size=1, unique=True),
)
def test_unswing_undoes_swing(swing, steps):
    onsets = sorted(steps)
    played = swing_steps(onsets, onsets, swing)
    np.testing.assert_allclose(unswing(played, played, swing) * 12, onsets, atol=1e-9)


@given(swing=SWINGS, share=st.floats(0, 1))
def test_the_first_half_shrinks_and_the_second_stretches(swing, share):
    found = float(unswung(np.array(share), swing))
    assert found <= share + 1e-12
    assert (found <= 0.5 + 1e-12) == (share <= swing + 1e-12)


def test_triplets_stay_where_they_are():
    beats = np.array([0, 1 / 3, 2 / 3])
    np.testing.assert_allclose(unswing(beats, beats, 2 / 3), beats)


def test_too_few_beats_tell_no_swing():
    assert estimate_swing(np.array([0.0, 0.66, 1.0, 1.66])) is None


def test_no_notes_tell_no_swing():
    assert estimate_swing(np.array([])) is None


@given(swing=SWINGS, later=st.integers(-40, 40))
def test_swing_is_the_same_wherever_the_piece_begins(swing, later):
    onsets = np.concatenate([[beat, beat + swing] for beat in range(5)])
    assert estimate_swing(onsets + later) == pytest.approx(swing)


@given(swing=SWINGS, lag=st.floats(-0.08, 0.12))
def test_a_player_who_lags_swings_the_same(swing, lag):
    onsets = np.concatenate([[beat, beat + swing] for beat in range(6)])
    assert estimate_swing(onsets + lag) == pytest.approx(swing)


def test_only_a_lone_note_between_two_beats_counts():
    """Not the beat of three, nor what begins late, ends nowhere, or is far from two eighths."""
    onsets = [0, 0.6, 1, 1.3, 1.6, 2.4, 2.7, 3, 3.2, 4, 4.7, 5, 6, 6.6]
    np.testing.assert_allclose(off_beats(np.array(onsets)), [0.6, 0.7])


def test_a_note_a_little_before_the_beat_belongs_to_it():
    np.testing.assert_allclose(off_beats(np.array([0.97, 1.62, 1.97])), [0.65])
