"""What the feel network is told, and what must not be told."""

import numpy as np
import pytest

from lstmmusic.encoding import FeelSetting, feel_cues
from lstmmusic.encoding.feel_features import (
    N_FEEL_CUE,
    N_LENGTH_CUE,
    N_PLAYED,
    deviations,
    length_cues,
    played_cue,
)
from lstmmusic.score import Metre

FOUR = FeelSetting(120.0, Metre(4, 4))
WRITTEN = np.array([[0, 6, 60], [6, 6, 62], [12, 4, 64], [16, 4, 65], [20, 28, 67], [60, 12, 60]])


def test_the_numbers_of_inputs_are_those_that_are_named():
    assert feel_cues(WRITTEN, FOUR).shape == (6, N_FEEL_CUE)
    assert length_cues(WRITTEN, np.zeros(6), FOUR.metre).shape == (6, N_LENGTH_CUE)
    assert played_cue(np.zeros(3)).shape == (3, N_PLAYED)
    assert len(feel_cues(WRITTEN[:0], FOUR)) == len(
        length_cues(WRITTEN[:0], np.zeros(0), FOUR.metre)
    )


def test_how_long_notes_last_is_not_told_before_they_start():
    """A note held until the next one would tell how late that one is."""
    other = WRITTEN.copy()
    other[:, 1] = 1
    np.testing.assert_array_equal(feel_cues(other, FOUR), feel_cues(WRITTEN, FOUR))
    assert (
        length_cues(other, np.zeros(6), FOUR.metre) != length_cues(WRITTEN, np.zeros(6), FOUR.metre)
    ).any()


def test_bars_and_keys_later_are_told_the_same():
    """But for the register."""
    moved = WRITTEN + np.array([96, 0, 5])
    told, again = feel_cues(WRITTEN, FOUR), feel_cues(moved, FOUR)
    differing = np.flatnonzero((told != again).any(axis=0))
    assert len(differing) == 1


@pytest.mark.parametrize(
    "change", [FeelSetting(60.0, Metre(4, 4)), FeelSetting(120.0, Metre(3, 4))]
)
def test_tempo_and_metre_are_told(change):
    assert (feel_cues(WRITTEN, change) != feel_cues(WRITTEN, FOUR)).any()


def test_deviations_are_in_beats_and_octaves():
    late, ratio = deviations(np.array([[0, 6, 60, 48, 240], [6, 6, 60, -96, 960]]))
    assert late.tolist() == [0.05, -0.1]
    assert ratio.tolist() == [-1.0, 1.0]
