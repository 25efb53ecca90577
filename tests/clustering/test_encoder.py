"""The network in NumPy against a slow twin, and what lengths and company do to it: nothing."""

import numpy as np
import pytest

from lstmmusic.clustering.encoder import (
    batches,
    first_weights,
    outputs,
    padded,
    read,
    scaling_of,
)
from tests.clustering.slow import slow_read

ITEMS = [
    np.random.default_rng(k).normal(size=(length, 2)) * [1, 50] + [3, 0]
    for k, length in enumerate((1, 7, 4, 12))
]


@pytest.mark.parametrize("reading", ["moments", "last"])
def test_what_is_read_is_what_the_twin_reads(reading):
    network, scaling = first_weights(2, 5, 3, seed=4, reading=reading), scaling_of(ITEMS)
    found = read(network, ITEMS, scaling, reading)[0]
    for item, row in zip(ITEMS, found, strict=True):
        steps = slow_read(network, (item - scaling.mean) / scaling.spread)
        expected = steps[-1]
        if reading == "moments":
            spread = np.sqrt(np.var(steps, axis=0) + 1e-4)
            expected = np.concatenate([np.mean(steps, axis=0), spread])
        np.testing.assert_allclose(row, expected, atol=1e-5)


def test_networks_side_by_side_read_what_each_reads_alone():
    networks = [first_weights(2, 5, 3, seed) for seed in (1, 2, 3)]
    together = type(networks[0])(*map(np.concatenate, zip(*networks, strict=True)))
    scaling = scaling_of(ITEMS)
    found = read(together, ITEMS, scaling)
    for network, row in zip(networks, found, strict=True):
        np.testing.assert_allclose(read(network, ITEMS, scaling)[0], row, atol=1e-6)
    np.testing.assert_array_equal(outputs(together, found)[1], found[1] @ together.read_kernel[1])
    assert together.take([2]).bias.tolist() == networks[2].bias.tolist()


def test_every_sequence_is_in_one_batch_with_others_of_its_length():
    items = [np.zeros((1 + k * 7 % 50, 1)) for k in range(100)]
    found = list(batches(items, 16))
    assert sorted(np.concatenate(found).tolist()) == list(range(100))
    assert all(len(rows) <= 16 for rows in found)
    longest = [max(len(items[row]) for row in rows) for rows in found]
    assert longest == sorted(longest)
    long = [np.zeros((300_000, 1))] * 3  # memory is bounded: one at a time
    assert [len(rows) for rows in batches(long)] == [1, 1, 1]


def test_features_are_scaled_to_variance_1_and_constants_to_0():
    items = [np.column_stack([item, np.full(len(item), 7.0)]) for item in ITEMS]
    scaling = scaling_of(items)
    steps = np.concatenate([scaling(item) for item in items])
    np.testing.assert_allclose(steps.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(steps.std(axis=0), [1, 1, 0], atol=1e-5)


def test_padding_is_zeros_after_the_end():
    found = padded(ITEMS)
    assert found.shape == (4, 12, 2)
    assert (found[0, 1:] == 0).all()
    np.testing.assert_array_equal(found[3], ITEMS[3].astype(np.float32))


def test_first_weights_are_those_of_their_seed():
    one, same, other = (first_weights(3, 8, 2, seed) for seed in (5, 5, 6))
    for a, b in zip(one, same, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == np.float32
    assert (one.kernel != other.kernel).any()
    rows = one.recurrent_kernel[0]
    np.testing.assert_allclose(rows @ rows.T, np.eye(8), atol=1e-5)
