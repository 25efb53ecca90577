"""Overlap of sets of melodies: its ends, its laws, its ceiling and floor."""

from dataclasses import replace

import numpy as np
import pytest

from lstmmusic.evaluation import shipped_reference
from lstmmusic.evaluation.distribution import (
    FEATURES,
    compare,
    distances_between,
    distances_within,
    features_of,
    half_against_half,
    match,
    mean_overlap,
    shuffled,
)
from lstmmusic.evaluation.melodies import NotatedMelody

EVENTS = np.array([[0, 12, 60], [12, 6, 64], [18, 6, 60], [24, 24, 67]])
MELODY = NotatedMelody("a", EVENTS, np.zeros(4, int), 0, 0, 12, 2)


def test_features_by_hand():
    found = dict(zip(FEATURES, features_of([MELODY]), strict=True))
    assert found["pitch_count"].tolist() == [[3]]
    assert found["pitch_class_histogram"][0, [0, 4, 7]].tolist() == [0.5, 0.25, 0.25]
    assert found["pitch_class_transitions"][0, [4, 48, 7]] == pytest.approx(1 / 3)
    assert found["range"].tolist() == [[7]]
    assert found["mean_interval"] == pytest.approx((4 + 4 + 7) / 3)
    assert found["notes_per_bar"].tolist() == [[2]]
    assert found["mean_inter_onset"] == pytest.approx(2 / 3)
    # Classes: up to 3 steps, 4-5, 6-7, 8-10, 11-15, 16-21, 22-30, more.
    assert found["note_length_histogram"].tolist() == [[0, 0, 0.5, 0, 0.25, 0, 0.25, 0]]


def test_features_do_not_know_the_key():
    moved = replace(MELODY, events=EVENTS + np.array([0, 0, 5]), tonic=5)
    for a, b in zip(features_of([MELODY]), features_of([moved]), strict=True):
        np.testing.assert_array_equal(a, b)


def test_long_pieces_are_cut_into_choruses():
    bars = np.array([0, 12, 24, 24, 24, 24, 12, 12, 12, 0, 0, 0])
    events = np.tile(EVENTS, (3, 1))
    piece = NotatedMelody("a", events, np.sort(bars), 0, 0, 12, 30)
    assert [n_bars for _, n_bars in piece.excerpts()] == [12, 12, 6]
    assert len(features_of([piece])[0]) == 3
    assert len(features_of([replace(piece, n_bars=28)])[0]) == 2  # the third is too short


def test_two_normal_samples_overlap_as_their_densities_do():
    """Two unit normals d apart share 2 Phi(-d/2); for d = 2 that is 0.3173."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, 20000), rng.normal(2, 1, 20000)
    found = compare(a, b)
    assert found.overlap == pytest.approx(0.3173, abs=0.03)
    assert found.divergence == pytest.approx(2.0, abs=0.2)  # d squared over 2, in nats


def test_equal_samples_overlap_wholly():
    sample = np.random.default_rng(0).exponential(1, 500)
    found = compare(sample, sample)
    assert found.overlap == pytest.approx(1)
    assert found.divergence == pytest.approx(0)


def test_a_sample_without_spread_can_be_compared():
    assert compare(np.ones(5), np.ones(3)).overlap == pytest.approx(1)
    assert compare(np.ones(5), np.full(3, 9.0)).overlap < 0.2


def test_the_unit_does_not_matter():
    rng = np.random.default_rng(3)
    a, b = rng.normal(5, 1, 300), rng.normal(6, 2, 200)
    assert compare(a * 100, b * 100).overlap == pytest.approx(compare(a, b).overlap, abs=0.01)


def test_people_against_people_lie_above_their_notes_dealt_out_anew():
    reference = shipped_reference()
    ceiling = half_against_half(reference.features)
    dealt = features_of(shuffled(reference.melodies))
    floor = mean_overlap(match(reference.within, distances_between(dealt, reference.features)))
    assert floor < 0.8 < 0.9 < ceiling <= 1
    assert (reference.ceiling, reference.floor) == (
        pytest.approx(ceiling, abs=1e-6),
        pytest.approx(floor, abs=1e-6),
    )


def test_dealing_out_keeps_every_note():
    melodies = shipped_reference().melodies[:5]
    dealt = shuffled(melodies)
    for column, shift in ((1, 0), (2, 1)):
        before, after = (
            np.sort(np.concatenate([m.events[:, column] - shift * m.tonic for m in found]))
            for found in (melodies, dealt)
        )
        np.testing.assert_array_equal(before, after)
    assert [len(m) for m in dealt] == [len(m) for m in melodies]


def test_nothing_matches_nothing():
    empty = features_of([])
    assert match(distances_within(empty), distances_between(empty, empty)) == {}
    assert mean_overlap({}) is None
    assert half_against_half(empty) is None
