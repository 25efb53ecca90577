"""Where swung notes go; `tests/analysis/test_swing.py` brings them back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.analysis import swing_steps
from lstmmusic.errors import InputError
from lstmmusic.generation import STYLE_SWING, check_swing

SWINGS = st.floats(0.5, 0.75)
PLACES = st.lists(st.integers(0, 200), min_size=1, max_size=30, unique=True).map(sorted)


def test_the_off_beat_eighth_takes_its_swung_place():
    assert swing_steps([0, 6, 12, 18], [0, 6, 12, 18], 0.6).tolist() == [0, 0.6, 1, 1.6]


def test_sixteenths_halve_what_the_eighths_leave():
    found = swing_steps([0, 3, 6, 9], [0, 3, 6, 9], 0.6)
    np.testing.assert_allclose(found, [0, 0.3, 0.6, 0.8])


def test_a_beat_with_a_triplet_is_played_as_written():
    """Its own off-beat too; the beats around it swing."""
    onsets = [6, 12, 16, 18, 20, 30]
    found = swing_steps(onsets, onsets, 0.7)
    np.testing.assert_allclose(found, [0.7, 1, 4 / 3, 1.5, 5 / 3, 2.7])


def test_ends_move_with_the_beat_that_they_lie_in():
    """The note that starts on a triplet straightens its beat; the end of the next does not."""
    np.testing.assert_allclose(swing_steps([4, 12], [6, 18], 0.7), [0.5, 1.7])


@given(PLACES, SWINGS)
def test_swing_keeps_the_order_and_every_beat(places, swing):
    found = swing_steps(places, places, swing)
    assert (np.diff(found) > 0).all()
    for place, moved in zip(places, found.tolist(), strict=True):
        assert int(moved + 1e-9) == place // 12
        if place % 12 == 0:
            assert moved == place // 12


@given(PLACES)
def test_straight_moves_nothing(places):
    np.testing.assert_allclose(swing_steps(places, places, 0.5), np.array(places) / 12)


@pytest.mark.parametrize("swing", [0.49, 0.76, float("nan"), -1])
def test_swing_outside_straight_to_three_quarters_is_refused(swing):
    with pytest.raises(InputError, match=r"^swing: expected 0\.5 \(straight\) to 0\.75"):
        check_swing(swing)


def test_every_style_swings_within_the_limits():
    assert {check_swing(swing) for swing in STYLE_SWING.values()} == set(STYLE_SWING.values())
