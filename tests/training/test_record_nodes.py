"""What is kept of nodes: bits of a factor, each node for another one, and what two share."""

import numpy as np
import pytest

from training.record_nodes import told


def test_a_node_that_is_a_factor_tells_one_bit_of_it():
    values = np.arange(64)[:, None] >> np.arange(3) & 1
    y = (2.0 * values - 1)[:, [2, 0, 1]]  # in another order
    found = told(y, values)
    assert found["bits"] == [1, 1, 1]
    assert found["by_node"] == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert found["correlation"] == pytest.approx(0, abs=1e-6)


def test_one_node_is_taken_for_one_factor_alone():
    values = np.arange(64)[:, None] >> np.arange(2) & 1
    both_the_first = np.repeat(2.0 * values[:, :1] - 1, 2, axis=1)
    found = told(both_the_first, values)
    assert sorted(found["bits"]) == [0, 1]
    assert found["correlation"] == pytest.approx(1)


def test_one_node_shares_with_none():
    values = np.arange(16)[:, None] & 1
    found = told(2.0 * values - 1, values)
    assert found["bits"] == [1]
    assert found["correlation"] == 0
