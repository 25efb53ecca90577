"""Groups of outputs: what codes, modes and their merging do, beside slow twins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.clustering.labelling import Codes, Modes, merge
from lstmmusic.errors import InputError


def scatter(means, sizes, groups):
    """Sum of squares within groups of clumps of those sizes, clumps as points."""
    total = 0.0
    for group in set(groups):
        own = [k for k, found in enumerate(groups) if found == group]
        centre = sum(sizes[k] * means[k] for k in own) / sum(sizes[k] for k in own)
        total += sum(sizes[k] * ((means[k] - centre) ** 2).sum() for k in own)
    return total


@given(st.integers(0, 10**6), st.integers(2, 7))
def test_each_merger_is_the_one_that_adds_least_to_the_scatter(seed, n):
    rng = np.random.default_rng(seed)
    means, sizes = rng.normal(size=(n, 2)), rng.integers(1, 9, n)
    groups = merge(means, sizes, n - 1)
    found = scatter(means, sizes, groups.tolist())
    every = []
    for a in range(n):
        for b in range(a):
            every.append(scatter(means, sizes, [b if k == a else k for k in range(n)]))
    assert found == pytest.approx(min(every))
    assert sorted(set(groups.tolist())) == list(range(n - 1))


def test_large_groups_come_first():
    groups = merge(np.array([[0.0], [5.0], [9.0]]), np.array([1, 7, 3]), 3)
    assert groups.tolist() == [2, 0, 1]


def test_as_many_groups_as_are_apart_when_no_number_is_asked_for():
    means = np.array([[0.0, 0.0], [0.3, 0.1], [1.0, 0.0], [1.0, 1.0]])
    assert merge(means, np.array([30, 20, 40, 60]), None, apart=0.5).tolist() == [1, 1, 2, 0]
    # A group of one in a hundred is no group.
    assert merge(means, np.array([30, 20, 49, 1]), None, apart=0.5).tolist() == [0, 0, 1, 1]


def membership_of_one(groups, n_groups, y):
    """The slow twin: every code with the product of its nodes' shares."""
    z = 1 / (1 + np.exp(-y))
    shares = np.zeros(n_groups)
    for code, group in enumerate(groups):
        shares[group] += np.prod([z[i] if code >> i & 1 else 1 - z[i] for i in range(len(z))])
    return shares


def test_membership_of_codes_is_that_of_the_twin():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(50, 3)) * 3
    codes = Codes.of(y, 4)
    assert codes.n_groups == 4
    expected = [membership_of_one(codes.groups, 4, row) for row in y]
    np.testing.assert_allclose(codes.membership(y), expected, atol=1e-12)


def test_codes_are_groups_where_there_are_as_many():
    bits = np.array([[-1, -1], [-1, 1], [1, 1]])[np.arange(30) % 3]
    codes = Codes.of(9.0 * bits, 3)
    labels = codes.membership(9.0 * bits).argmax(axis=1)
    assert len({(label, at) for label, at in zip(labels.tolist(), np.arange(30) % 3)}) == 3
    # The code that no sequence had goes to one that differs in one bit.
    unseen = codes.membership(np.array([[9.0, -9.0]])).argmax()
    assert unseen in {labels[0], labels[2]}


def test_modes_are_the_clumps_of_the_outputs():
    rng = np.random.default_rng(0)
    truth = rng.permutation(300) % 3
    y = np.array([[0, 1.4], [1.2, -0.7], [-1.2, -0.7]])[truth] + 0.2 * rng.normal(size=(300, 2))
    for asked in (3, None):
        modes = Modes.of(y, asked, rng)
        assert modes.n_groups == 3
        labels = modes.membership(y).argmax(axis=1)
        assert len(set(zip(labels.tolist(), truth.tolist(), strict=True))) == 3


def test_outputs_that_are_all_alike_are_one_group():
    rng = np.random.default_rng(0)
    for found in (Codes.of(np.ones((9, 2)), 3), Modes.of(np.ones((9, 2)), 3, rng)):
        assert found.n_groups == 1
        assert found.membership(np.ones((2, 2))).tolist() == [[1], [1]]


def test_too_many_nodes_for_a_code_are_one_input_error():
    with pytest.raises(InputError, match=r"^nodes: expected 1 to 10 binary nodes, got 11$"):
        Codes.of(np.zeros((4, 11)), 2)
