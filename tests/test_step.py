"""`lstmmusic.step` against hand-worked numbers and against the twin."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.step import sigmoid, step
from tests import reference

SEEDS = st.integers(0, 2**32 - 1)


def logistic(x):
    return 1 / (1 + math.exp(-x))


@given(seed=SEEDS, units=st.integers(1, 5), features=st.integers(1, 4), peepholes=st.booleans())
def test_step_equals_the_twin(seed, units, features, peepholes):
    rng = np.random.default_rng(seed)
    weights = reference.random_weights(rng, features, units, peepholes)
    x, h_prev, c_prev = rng.normal(size=features), rng.normal(size=units), rng.normal(size=units)
    expected_h, expected_c = reference.lstm_step(weights, x, h_prev, c_prev)
    z = x @ weights.kernel + h_prev @ weights.recurrent_kernel + weights.bias
    h, c = step(np, z, c_prev, weights.peephole)
    np.testing.assert_allclose(h, expected_h, rtol=0, atol=1e-14)
    np.testing.assert_allclose(c, expected_c, rtol=0, atol=1e-14)


# One unit; all net inputs are 0 but that of the cell, whose squashed input is A; the old cell is
# C. Without peepholes every gate is half open.
A, C, P = math.tanh(0.8), 1.5, 0.9


@pytest.mark.parametrize(
    ("peephole", "c", "output_gate"),
    [
        ([0, 0, 0], 0.5 * C + 0.5 * A, 0.5),
        ([P, 0, 0], 0.5 * C + logistic(P * C) * A, 0.5),
        ([0, P, 0], logistic(P * C) * C + 0.5 * A, 0.5),
        ([0, 0, P], 0.5 * C + 0.5 * A, logistic(P * (0.5 * C + 0.5 * A))),
    ],
    ids=["none", "input gate", "forget gate", "output gate"],
)
def test_each_peephole_acts_on_its_own_gate_only(peephole, c, output_gate):
    z = np.array([0.0, 0.0, 0.8, 0.0])
    h, found = step(np, z, np.array([C]), np.array(peephole, float)[:, None])
    assert found[0] == pytest.approx(c, abs=1e-15)
    assert h[0] == pytest.approx(output_gate * math.tanh(c), abs=1e-15)


def test_output_gate_sees_the_new_cell():
    """The old cell is 0, so that a gate that saw it would stay half open."""
    z = np.array([50.0, 0.0, 50.0, 0.0])  # the new cell is 1
    h, c = step(np, z, np.zeros(1), np.array([[0.0], [0.0], [2.0]]))
    assert c[0] == pytest.approx(1, abs=1e-12)
    assert h[0] == pytest.approx(logistic(2) * math.tanh(1), abs=1e-12)


def test_input_and_forget_gate_see_the_old_cell():
    """What they see cancels their net input, so that they are half open: no other cell does."""
    z = np.array([0.0, -2.0 * C, 0.0, 0.0])
    _, c = step(np, z, np.array([C]), np.array([[0.0], [2.0], [0.0]]))
    assert c[0] == pytest.approx(0.5 * C, abs=1e-15)
    _, c = step(np, np.array([-2.0 * C, -50.0, 50.0, 0.0]), np.array([C]), np.full((3, 1), 2.0))
    assert c[0] == pytest.approx(0.5, abs=1e-12)


def test_a_gate_sees_the_cell_of_its_own_unit_only():
    rng = np.random.default_rng(0)
    z, peephole = rng.normal(size=12), rng.normal(size=(3, 3))
    before = step(np, z, np.array([0.3, -0.4, 0.5]), peephole)
    after = step(np, z, np.array([0.3, 7.0, 0.5]), peephole)
    for old, new in zip(before, after, strict=True):
        assert old[1] != new[1]
        np.testing.assert_array_equal(old[[0, 2]], new[[0, 2]])


@given(seed=SEEDS, units=st.integers(1, 4))
def test_peepholes_of_zero_are_no_peepholes(seed, units):
    rng = np.random.default_rng(seed)
    z, c_prev = rng.normal(size=4 * units), rng.normal(size=units)
    with_zeros = step(np, z, c_prev, np.zeros((3, units)))
    np.testing.assert_array_equal(with_zeros, step(np, z, c_prev))


@given(seed=SEEDS, batch=st.integers(1, 4), units=st.integers(1, 3))
def test_rows_of_a_batch_do_not_meet(seed, batch, units):
    rng = np.random.default_rng(seed)
    z, c_prev = rng.normal(size=(batch, 4 * units)), rng.normal(size=(batch, units))
    peephole = rng.normal(size=(3, units))
    h, c = step(np, z, c_prev, peephole)
    for row in range(batch):
        alone = step(np, z[row], c_prev[row], peephole)
        np.testing.assert_allclose((h[row], c[row]), alone, rtol=0, atol=1e-15)


def test_other_squashing_functions_are_used_where_asked():
    z, c_prev = np.array([0.5, 0.25, 3.0, 0.5]), np.array([2.0])
    h, c = step(np, z, c_prev, g=lambda x: 10 * x, gate=lambda x: x)
    assert c[0] == 0.25 * 2 + 0.5 * 30
    assert h[0] == 0.5 * 10 * 15.5


@given(st.floats(-700, 700))
def test_sigmoid_is_the_logistic_function(x):
    assert sigmoid(np, x) == pytest.approx(reference.logistic(x), abs=1e-15)


@pytest.mark.parametrize(("x", "expected"), [(-1e300, 0.0), (0.0, 0.5), (1e300, 1.0)])
def test_sigmoid_never_overflows(x, expected):
    assert sigmoid(np, np.float64(x)) == expected
