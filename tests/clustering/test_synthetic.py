"""Every family differs in what it says it does, and can be told apart by it."""

import numpy as np
import pytest

from lstmmusic.clustering.synthetic import (
    FACTORS,
    FAMILIES,
    N_STEPS,
    WAVES,
    make_factors,
    make_family,
)
from lstmmusic.errors import InputError


@pytest.mark.parametrize("name", FAMILIES)
class TestFamilies:
    def test_a_seed_decides_everything(self, name):
        (one, labels), (two, same), (three, _) = (make_family(name, 12, s) for s in (5, 5, 6))
        assert labels.tolist() == same.tolist()
        assert all(np.array_equal(a, b) for a, b in zip(one.items, two.items, strict=True))
        assert not all(np.array_equal(a, b) for a, b in zip(one.items, three.items, strict=True))

    def test_groups_are_as_large_as_each_other(self, name):
        _, labels = make_family(name, 101)
        counts = np.bincount(labels)
        assert len(counts) == len(FAMILIES[name].groups)
        assert counts.max() - counts.min() <= 1

    def test_lengths_differ_within_their_bounds(self, name):
        lengths = make_family(name, 60)[0].lengths
        assert N_STEPS[0] <= lengths.min() < lengths.max() <= N_STEPS[1]

    def test_the_mean_of_a_sequence_tells_nothing_but_pitch(self, name):
        sequences, labels = make_family(name, 400)
        means = np.array([item.mean() for item in sequences.items])
        group_means = np.array([means[labels == g].mean() for g in range(labels.max() + 1)])
        is_told = np.ptp(group_means) > 2 * means[labels == 0].std()
        assert is_told == (name in ("pitch", "tempo"))  # a slower rhythm has fewer strokes


@pytest.mark.parametrize("shape", WAVES)
def test_waves_have_mean_0_and_variance_1(shape):
    wave = WAVES[shape]((np.arange(10_000) + 0.5) / 10_000)
    assert wave.mean() == pytest.approx(0, abs=1e-3)
    assert wave.var() == pytest.approx(1, abs=1e-3)


def test_a_falling_wave_is_a_rising_one_backwards():
    sequences, labels = make_family("wave", 200)
    rising, falling = (
        FAMILIES["wave"].groups.index("rising"),
        FAMILIES["wave"].groups.index("falling"),
    )
    steps = np.array([np.median(np.diff(item[:, 0])) for item in sequences.items])
    assert steps[labels == rising].min() > 0 > steps[labels == falling].max()


def test_factors_are_independent_and_told_by_what_they_say():
    sequences, values = make_factors(160, 2)
    assert np.unique(values, axis=0, return_counts=True)[1].tolist() == [20] * 8
    spreads = np.array([item.std() for item in sequences.items])
    loud = values[:, FACTORS.index("amplitude")] == 1
    assert spreads[loud].min() > spreads[~loud].max()


def test_a_factor_that_is_not_asked_for_stays():
    sequences, values = make_factors(40, 0, ["amplitude"])
    assert values.shape == (40, 1)
    spreads = np.array([item.std() for item in sequences.items])
    assert spreads[values[:, 0] == 1].min() > spreads[values[:, 0] == 0].max()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: make_family("colour"), "family: expected one of frequency, .* got 'colour'"),
        (lambda: make_family("wave", 0), "n: expected 1 to"),
        (lambda: make_family("wave", 3, -1), "seed: expected 0"),
        (lambda: make_factors(8, 0, []), "factors: expected some of"),
        (lambda: make_factors(8, 0, ["wave", "wave"]), "factors: expected some of"),
    ],
)
def test_what_cannot_be_made_is_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()
