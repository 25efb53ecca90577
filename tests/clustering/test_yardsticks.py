"""Every yardstick keeps one contract; each finds what it is known to find."""

import sys

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from lstmmusic.clustering.sequences import Sequences
from lstmmusic.clustering.synthetic import make_family
from lstmmusic.clustering.yardsticks import (
    YARDSTICKS,
    held_against,
    k_means,
    quick,
    stability,
    symbols,
)
from lstmmusic.errors import InputError

SLOW = {"autoencoder", "dtw"}
MEMBERS = [
    pytest.param(
        name,
        marks=[pytest.mark.keras] * (name == "autoencoder")
        + [pytest.mark.slow] * (name in SLOW)
        + [pytest.mark.filterwarnings("ignore")] * (name in ("dtw", "autoencoder")),
    )
    for name in YARDSTICKS
]


@pytest.mark.parametrize("name", MEMBERS)
def test_a_yardstick_groups_any_sequences_alike_under_a_seed(name):
    if name == "dtw":
        pytest.importorskip("tslearn")
    rng = np.random.default_rng(0)
    items = [rng.normal(size=(int(n), 2)).astype("f4") for n in rng.integers(1, 9, 12)]
    group = YARDSTICKS[name].group
    labels = group(items, 3, 7)
    assert labels.shape == (12,)
    assert set(labels.tolist()) == {0, 1, 2}
    assert group(items, 3, 7).tolist() == labels.tolist()
    assert len(set(group([items[0]] * 4, 2, 0).tolist())) == 1


@pytest.mark.parametrize(
    ("name", "family", "least"),
    [("moments", "tempo", 0.5), ("spectra", "frequency", 0.95), ("ngrams", "arpeggio", 0.9)],
)
def test_a_yardstick_finds_what_it_is_for(name, family, least):
    sequences, labels = make_family(family, 120, 1)
    [found] = held_against(sequences, labels, [name], truth=labels)
    assert found.score == found.agreement >= least
    assert found.about == YARDSTICKS[name].about


def test_spectra_do_not_hear_which_way_time_goes():
    sequences, labels = make_family("wave", 120, 1)
    falling = labels >= 2
    items = [item for item, chosen in zip(sequences.items, falling, strict=True) if chosen]
    found = YARDSTICKS["spectra"].group(items, 2, 0)
    assert adjusted_mutual_info_score(labels[falling], found) < 0.1


def test_the_quick_ones_are_the_default():
    assert quick() == [name for name in YARDSTICKS if name not in ("dtw", "autoencoder")]


def test_what_takes_too_long_is_left_out():
    sequences = Sequences(np.zeros((301, 2)))
    assert held_against(sequences, np.zeros(301, int), ["dtw"]) == []


def test_as_many_groups_as_asked_for_or_as_the_labels_have():
    sequences, _ = make_family("frequency", 30)
    [one] = held_against(sequences, [0, 1, 2, 3, 4, -1] * 5, ["spectra"])
    [two] = held_against(sequences, [0, 1] * 15, ["spectra"], n_clusters=7)
    assert (one.labels.max(), two.labels.max()) == (4, 6)
    assert one.score is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ([[1.0], [2.0]], [0, 1], ["luck"]),
            "baselines: expected all, or some of moments, .*'luck'",
        ),
        (([[1.0], [2.0]], [0], ["moments"]), "labels: expected 2, one for each sequence, got 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        held_against(*arguments)


def test_without_tslearn_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tslearn", None)
    monkeypatch.setitem(sys.modules, "tslearn.clustering", None)
    with pytest.raises(InputError, match=r"pip install 'lstmmusic\[baselines\]'"):
        held_against([[1.0], [2.0]], [0, 1], ["dtw"])


def test_stability_is_1_for_what_is_plain_and_near_0_for_what_is_not():
    plain, _ = make_family("frequency", 60)
    noise = np.random.default_rng(0).normal(size=(60, 20))
    group = YARDSTICKS["spectra"].group
    assert stability(group, plain, 3) > 0.95
    assert stability(group, noise, 3) < 0.6


def test_flags_of_one_thing_are_one_feature_of_trigrams():
    """A choice told by flags, or by one number, gives the same groups."""
    rng = np.random.default_rng(4)
    choices = [np.resize(rng.permutation(3) if n % 2 else [0, 1, 0, 2], 30) for n in range(20)]
    group = YARDSTICKS["ngrams"].group
    flags = group([np.eye(3)[row] for row in choices], 2, 0)
    numbers = group([row[:, None].astype(float) for row in choices], 2, 0)
    assert adjusted_mutual_info_score(flags, numbers) == pytest.approx(1)


def test_symbols_are_eighths_of_many_values_and_else_the_values():
    values = np.linspace(0, 1, 800)
    [codes] = symbols([values[:, None]])
    assert np.bincount(codes).tolist() == [100] * 8
    assert symbols([np.array([[0, 5], [1, 5], [0, 6]])]) == [[0, 2, 1]]


def test_fewer_different_items_than_groups_are_fewer_groups():
    assert set(k_means(np.array([[0.0], [0.0], [1.0]]), 3, 0).tolist()) == {0, 1}
