"""Slopes carried forward in time beside finite differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmmusic.tasks._slopes import slopes
from lstmmusic.tasks._twins import Twins
from tests.tasks.small_networks import VARIANTS, network

pytestmark = pytest.mark.keras

_DISTANCE = 1e-6


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("starts", [True, False])
def test_slopes_are_what_moving_each_weight_a_little_gives(variant, starts):
    column = network(variant, n_outputs=2, starts=starts)
    rng, twins = np.random.default_rng(0), Twins(*column)
    weights = rng.normal(size=Twins.flat(*column).shape)
    inputs = rng.normal(size=(4, 6, 2))
    outputs, found = slopes(twins, weights, inputs)
    np.testing.assert_allclose(outputs, twins(weights[None], inputs)[0], atol=1e-14)
    moved = _DISTANCE * np.eye(len(weights))
    beyond, before = twins(weights + moved, inputs), twins(weights - moved, inputs)
    np.testing.assert_allclose(found, (beyond - before) / (2 * _DISTANCE), atol=1e-8)
    assert (np.abs(found).max(axis=(1, 2, 3)) > 1e-6).all()  # none is without effect


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
@settings(max_examples=10, deadline=None)
def test_outputs_do_not_depend_on_what_is_read_later(batch, n_steps, n_outputs, units):
    column = network("peephole", units=units, n_outputs=n_outputs)
    rng, twins = np.random.default_rng(batch), Twins(*column)
    weights = rng.normal(size=Twins.flat(*column).shape)
    inputs = rng.normal(size=(batch, n_steps + 2, 2))
    outputs, found = slopes(twins, weights, inputs)
    short_outputs, short = slopes(twins, weights, inputs[:, :n_steps])
    assert found.shape == (len(weights), batch, n_steps + 2, n_outputs)
    np.testing.assert_allclose(outputs[:, :n_steps], short_outputs, atol=1e-14)
    np.testing.assert_allclose(found[:, :, :n_steps], short, atol=1e-12)
