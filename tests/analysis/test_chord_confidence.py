"""The confidence of chords under a melody alone is as good as it is said to be."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.analysis import RESULTS
from benchmarks.chord_confidence import Cases, calibration_error, fit, held_out
from lstmmusic.analysis.chords import ALONE, platt, unplatt

chances = st.floats(0.01, 0.99)
LOGISTIC = (0.7, -0.4)


@given(chances, st.floats(0.2, 2), st.floats(-2, 2))
def test_what_was_believed_comes_back(believed, slope, offset):
    assert unplatt(platt(believed, slope, offset), slope, offset) == pytest.approx(believed)


@given(chances, chances)
def test_the_surer_stays_the_surer(one, other):
    less, more = sorted((one, other))
    assert platt(less, *ALONE) <= platt(more, *ALONE)


def test_the_fit_is_the_one_that_was_recorded_and_helps():
    found = json.loads(RESULTS.read_text(encoding="utf-8"))["chord_confidence"]["melody"]
    assert tuple(found["logistic"]) == ALONE
    for row in (found["blues"], found["jazz_other"]):
        assert row["error_after"] < row["error_before"]
    assert found["blues"]["error_after"] < 0.06


def made_up(seed=0, n=400):
    rng = np.random.default_rng(seed)
    believed = rng.uniform(0.05, 0.95, n)
    return Cases(np.arange(n) // 4, believed, platt(believed, *LOGISTIC))


def test_a_logistic_is_found_again_and_leaves_no_error():
    found = made_up()
    assert fit(found.believed, found.right) == pytest.approx(LOGISTIC, abs=1e-3)
    assert calibration_error(found.believed, found.right) > 0.05
    assert calibration_error(held_out(found), found.right) < 1e-3


def test_no_tune_is_judged_by_a_fit_to_itself():
    found = made_up()
    told = held_out(found)
    changed = found.right.copy()
    changed[:4] = 1 - changed[:4]  # the first tune
    again = held_out(found._replace(right=changed))
    np.testing.assert_array_equal(again[:4], told[:4])
    assert np.abs(again - told).max() > 0


def test_the_error_is_counted_by_pieces_within_steps():
    confidence, right = np.array([0.1, 0.9, 0.9, 1.0]), np.array([0.3, 1.0, 0.5, 1.0])
    # Steps of a fifth: |0.1 - 0.3| once, |2.8 - 2.5| / 3 for the three pieces of the last one.
    assert calibration_error(confidence, right) == pytest.approx((0.2 + 0.3) / 4)
