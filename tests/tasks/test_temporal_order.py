"""Temporal order, read symbol by symbol."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.tasks import task_named
from lstmmusic.tasks.temporal_order import (
    PLACES,
    SYMBOLS,
    OrderSettings,
    class_of,
    order_strings,
    order_symbols,
)

counts = pytest.mark.parametrize("n_telling", [2, 3])


@counts
@given(seed=st.integers(0, 10**6))
def test_the_class_is_the_order_of_x_and_y(n_telling, seed):
    settings = OrderSettings(n_telling)
    drawn = order_symbols(settings, np.random.default_rng(seed), 5)
    strings = order_strings(settings, np.random.default_rng(seed), 5)
    for row, (symbols, n, number) in enumerate(zip(*drawn, strict=True)):
        string = "".join(SYMBOLS[k] for k in symbols[:n])
        assert 100 <= len(string) <= 110
        assert (symbols[n:] == -1).all()
        assert string[0] == "E"
        assert string[-1] == "B"
        told = [(t, symbol) for t, symbol in enumerate(string) if symbol in "XY"]
        for (t, _), (first, last) in zip(told, PLACES[n_telling], strict=True):
            assert first <= t <= last
        assert set(string[1:-1]) <= set("abcdXY")
        assert f"{number:0{n_telling}b}" == "".join("01"[symbol == "Y"] for _, symbol in told)
        x, y, w = (part[row] for part in strings)
        assert np.flatnonzero(w).tolist() == [n - 1]
        assert (y.sum(), y[n - 1].argmax()) == (1, number)
        assert [SYMBOLS[k] for k in x[:n].argmax(axis=1)] == list(string)
        assert not x[n:].any()
        assert class_of(x, n_telling)[n - 1] == number


@counts
def test_all_orders_come_alike(n_telling):
    classes = order_symbols(OrderSettings(n_telling), np.random.default_rng(0), 8000)[2]
    shares = np.bincount(classes, minlength=2**n_telling) / 8000
    np.testing.assert_allclose(shares, 1 / 2**n_telling, atol=0.02)


@counts
def test_one_output_off_by_the_limit_is_wrong(n_telling):
    task = task_named(f"temporal_order_{n_telling}")
    settings = task.presets["quick"].settings
    oracle = task.oracle(settings)
    for shift, solved in ((0.29, True), (0.31, False), (np.nan, False)):

        def off(inputs, shift=shift):
            outputs = oracle(inputs).astype(float)
            outputs[:, :, -1] += shift
            return outputs

        assert task.test(settings, 0, off).solved == solved
