"""Streams without resets: what comes next, followed string by string."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.tasks import task_named
from lstmmusic.tasks.continual import OrderStreams, order_streams, reber_streams
from lstmmusic.tasks.grammars import EMBEDDED_REBER, SYMBOLS, legal_successors
from lstmmusic.tasks.temporal_order import SYMBOLS as ORDER_SYMBOLS

seeds = st.integers(0, 10**6)
STRING = re.compile(r"B([TP])B.*?E\1E")


@given(seeds)
def test_a_stream_is_strings_of_the_grammar_and_what_may_follow(seed):
    """The slow twin: cut into strings, each asked of `legal_successors`."""
    rng = np.random.default_rng(seed)
    inputs, legal, _ = reber_streams(rng, np.zeros(2, np.int64), 60)
    for stream, allowed in zip(inputs, legal, strict=True):
        text = "".join(SYMBOLS[k] for k in stream.argmax(axis=-1))
        expected, start = [], 0
        while found := STRING.match(text, start):
            expected += [*legal_successors(EMBEDDED_REBER, found[0]), "B"]
            start = found.end()
        assert start > 0
        for t, symbols in enumerate(expected):
            assert {SYMBOLS[k] for k in np.flatnonzero(allowed[t])} == set(symbols)
        for t in range(59):  # the last string, too, goes on with what may come
            assert text[t + 1] in {SYMBOLS[k] for k in np.flatnonzero(allowed[t])}


def test_a_stream_goes_on_where_the_last_piece_ended():
    rng = np.random.default_rng(0)
    _, legal, state = reber_streams(rng, np.zeros(50, np.int64), 17)
    inputs, _, _ = reber_streams(rng, state, 1)
    assert (legal[:, -1] * inputs[:, 0]).sum(axis=-1).tolist() == [1] * 50


def test_branches_are_taken_as_often_as_is_asked_for():
    start = np.zeros(200, np.int64)
    for share in (0.1, 0.5):
        inputs, _, _ = reber_streams(np.random.default_rng(0), start, 2, np.full((200, 30), share))
        second = inputs[:, 1].argmax(axis=-1) == SYMBOLS.index("P")
        assert second.mean() == pytest.approx(share, abs=0.08)


@given(seeds)
def test_strings_of_temporal_order_follow_each_other(seed):
    settings = OrderStreams(shorter_by=10)
    inputs, targets, weights = order_streams(settings, np.random.default_rng(seed), 2, 4)
    for x, y, w in zip(inputs, targets, weights, strict=True):
        n = int(x.any(axis=1).sum())
        text = "".join(ORDER_SYMBOLS[k] for k in x[:n].argmax(axis=1))
        assert not x[n:].any()
        strings = re.findall(r"E[^EB]*B", text)
        assert "".join(strings) == text
        ends = np.cumsum([len(string) for string in strings]) - 1
        assert np.flatnonzero(w).tolist() == ends.tolist()
        for end, string in zip(ends, strings, strict=True):
            order = re.sub("[^XY]", "", string).replace("X", "0").replace("Y", "1")
            assert y[end].argmax() == int(order, 2)


@pytest.mark.parametrize("name", ["continual_embedded_reber", "continual_temporal_order"])
def test_one_error_ends_a_stream(name):
    task = task_named(name)
    settings = task.presets["quick"].settings
    oracle = task.oracle(settings)
    limit = settings.right_below
    for size, solved in ((0.99 * limit, True), (1.01 * limit, False), (np.nan, False)):

        def slips(inputs, begins, size=size):
            outputs = oracle(inputs, begins).astype(float)
            outputs[3, :, 2] += np.where(outputs[3, :, 2] > 0.5, -size, size)
            return outputs

        found = task.test(settings, 0, slips)
        assert found.solved == solved
        if not solved:
            assert found.metrics["streams_right"] == settings.test_streams - 1
            others = (settings.test_streams - 1) * settings.test_units / settings.test_streams
            assert found.metrics["mean_right"] == pytest.approx(others)
