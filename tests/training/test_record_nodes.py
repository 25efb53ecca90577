"""What is kept of nodes: bits of a factor, each node for another one, and what two share."""

import numpy as np
import pytest

from training.record_nodes import best_nodes, told


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


def test_nodes_are_chosen_that_two_stretches_agree_upon_and_that_differ():
    """Node 0 is chance, 1 and 2 say the same, 3 another thing but for some noise."""
    rng = np.random.default_rng(0)
    values = np.arange(200)[:, None] >> np.arange(2) & 1
    plain = 8.0 * values - 4

    def heard():
        chance, noise = rng.choice([-4.0, 4.0], 200), rng.choice([1, 1, 1, 1, -1], 200)
        return np.stack([chance, plain[:, 0], -plain[:, 0], noise * plain[:, 1]], axis=1)

    chosen = best_nodes(heard(), heard(), 2)
    assert chosen[0] in (1, 2)
    assert chosen[1] == 3
