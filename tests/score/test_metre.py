import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.errors import InputError
from lstmmusic.score import Metre, Score, Timed
from lstmmusic.score.metre import bar_starts
from tests.strategies import metre_changes, metres

COMMON, WALTZ, SLOW = Metre(4, 4), Metre(3, 4), Metre(12, 8)


@pytest.mark.parametrize(
    ("text", "bar_quarters", "beat_quarters", "n_beats"),
    [
        ("4/4", 4, 1, 4),
        ("3/4", 3, 1, 3),
        ("2/2", 4, 2, 2),
        ("5/4", 5, 1, 5),
        ("6/8", 3, 1.5, 2),
        ("9/8", 4.5, 1.5, 3),
        ("12/8", 6, 1.5, 4),
        ("3/8", 1.5, 0.5, 3),
        ("7/8", 3.5, 0.5, 7),
        ("6/4", 6, 1, 6),
        ("6/16", 1.5, 0.75, 2),
        (" 4 / 4 ", 4, 1, 4),
    ],
)
def test_a_metre_has_its_felt_beats(text, bar_quarters, beat_quarters, n_beats):
    metre = Metre.parse(text)
    assert (metre.bar_quarters, metre.beat_quarters) == (bar_quarters, beat_quarters)
    assert metre.n_beats == n_beats


@given(metres)
def test_beats_fill_the_bar(metre):
    assert metre.n_beats * metre.beat_quarters == metre.bar_quarters
    assert Metre.parse(str(metre)) == metre


@pytest.mark.parametrize("text", ["", "4", "4/3", "0/4", "65/4", "4/128", "-4/4", "4/4/4", "C"])
def test_other_texts_are_no_metres(text):
    with pytest.raises(InputError, match=r"^metre: expected a metre such as 4/4 or 12/8, got"):
        Metre.parse(text)


@pytest.mark.parametrize(
    ("changes", "pickup", "length", "starts"),
    [
        ([(0, COMMON)], 0, 12, [0, 4, 8]),
        ([(0, COMMON)], 0, 9, [0, 4, 8]),
        ([(0, COMMON)], 0, 0, []),
        ([(0, COMMON)], 1, 9, [1, 5]),
        ([(0, COMMON)], 2, 2, []),
        ([(0, SLOW)], 0.5, 12.5, [0.5, 6.5]),
        ([(0, COMMON), (8, WALTZ)], 0, 14, [0, 4, 8, 11]),
        ([(0, COMMON), (9, WALTZ)], 1, 15, [1, 5, 9, 12]),
        ([(0, COMMON), (6, WALTZ)], 0, 12, [0, 4, 6, 9]),
        ([(0, COMMON), (8, WALTZ)], 0, 6, [0, 4]),
        ([(0, COMMON), (4, WALTZ), (4 + 9, SLOW)], 0, 25, [0, 4, 7, 10, 13, 19]),
    ],
)
def test_bars_start_where_the_metre_says(changes, pickup, length, starts):
    assert bar_starts(changes, pickup, length).tolist() == starts


@given(data=st.data(), pickup=st.sampled_from([0.0, 0.25, 1.5]), n_quarters=st.integers(0, 60))
def test_every_bar_lasts_as_long_as_its_metre(data, pickup, n_quarters):
    changes = data.draw(metre_changes(pickup_quarters=pickup))
    starts = bar_starts(changes, pickup, n_quarters)
    if not len(starts):
        assert n_quarters <= pickup
        return
    assert starts[0] == pickup
    score = Score(metres=changes, pickup_quarters=pickup, length_quarters=n_quarters)
    expected = [_metre_at(changes, start).bar_quarters for start in starts]
    np.testing.assert_allclose(np.diff(starts), expected[:-1])
    assert starts[-1] < n_quarters <= starts[-1] + expected[-1]
    assert score.n_bars == len(starts)


def _metre_at(changes: list[Timed[Metre]], quarters: float) -> Metre:
    return [metre for onset, metre in changes if onset <= quarters + 1e-9][-1]
