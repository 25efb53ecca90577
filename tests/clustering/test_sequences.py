"""Sequences in any form come out the same, and what is wrong with one is said of that one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lstmmusic.clustering.sequences import Sequences, as_items
from lstmmusic.errors import InputError

FLOATS = st.floats(-1e6, 1e6, width=32)


@given(arrays(np.float32, (3, 5, 2), elements=FLOATS))
def test_an_array_and_the_list_of_its_rows_are_the_same(array):
    for form in (list(array), array.tolist(), Sequences(array), array.astype(np.float64)):
        for item, row in zip(as_items(form), array, strict=True):
            assert item.dtype == np.float32
            np.testing.assert_array_equal(item, row)


@pytest.mark.parametrize(
    "form", [np.arange(6).reshape(2, 3), [[0, 1, 2], [3, 4, 5]], [np.arange(3), np.arange(3, 6)]]
)
def test_steps_of_one_number_need_no_second_axis(form):
    assert [item.tolist() for item in as_items(form)] == [[[0], [1], [2]], [[3], [4], [5]]]


def test_lengths_may_differ_and_one_step_is_enough():
    assert [len(item) for item in as_items([[1.0], [1.0, 2.0], np.ones((7, 1))])] == [1, 2, 7]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ([], "sequences: expected at least one, got none"),
        (np.zeros((0, 4)), "sequences: expected at least one"),
        (np.zeros(4), r"got shape \(4,\)"),
        (np.zeros((1, 2, 3, 4)), r"got shape \(1, 2, 3, 4\)"),
        (3.0, "sequences: expected a list of arrays, or one array, got float"),
        ("text", "sequences: .* got str"),
        ([[1.0], []], "sequence 2: expected at least one step"),
        ([[1.0], np.zeros((1, 1, 1))], "sequence 2: .* got shape"),
        ([[1.0], [[1.0, 2.0]]], "sequence 2: expected 1 features .* got 2"),
        ([[1.0], [1.0, np.nan]], "sequence 2: expected finite numbers .* got nan at step 2"),
        ([[np.inf]], "sequence 1: expected finite .* got inf at step 1"),
        ([[1e300]], "sequence 1: expected finite .* got 1e.300 at step 1"),
        ([["a"]], "sequence 1: expected real numbers"),
        ([[1j]], "sequence 1: expected real numbers, got complex128 values"),
        ([[[1.0], [1.0, 2.0]]], "sequence 1: expected numbers, as many at every step"),
        ([[None]], "sequence 1: expected"),
    ],
)
def test_what_is_wrong_is_said_of_the_sequence(form, words):
    with pytest.raises(InputError, match=words):
        as_items(form)


def test_an_error_calls_a_sequence_by_its_name():
    with pytest.raises(InputError, match=r"sequence 'low': expected finite"):
        Sequences([[1.0], [np.nan]], names=["high", "low"])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"names": ["a"]}, "names: expected 2"),
        ({"names": ["a", "a"]}, "names: expected another name for every sequence, got 'a' twice"),
        ({"feature_names": ["a", "b"]}, "feature_names: expected 1"),
        ({"sources": ["a"]}, "sources: expected 2"),
        ({"facts": {"pace": [1.0]}}, "facts, pace: expected 2 numbers"),
    ],
)
def test_names_are_as_many_as_what_they_name(more, words):
    with pytest.raises(InputError, match=words):
        Sequences([[1.0], [2.0]], **more)


def test_taking_some_takes_all_that_is_known_of_them():
    whole = Sequences([[1], [2], [3]], "abc", ["x"], ["p", "q", "r"], {"pace": [1, 2, 3]})
    some = whole.take([2, 0])
    assert (some.names, some.sources, some.feature_names) == (("c", "a"), ("r", "p"), ("x",))
    assert [item.item() for item in some.items] == [3, 1]
    assert some.facts["pace"].tolist() == [3, 1]
