"""The recursions against the sum over all paths, written out."""

import numpy as np
import pytest

from lstmmusic.analysis.harmony import GO_ON, IN_FORM, N_STATES, STYLES, forms, styles
from lstmmusic.analysis.reading import (
    MODEL_IS_FORM,
    MODEL_IS_MINOR,
    read_chords,
    read_evidence,
)

N_MODELS = len(MODEL_IS_FORM)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def only(model):
    """Log priors that leave one model."""
    return np.where(np.arange(N_MODELS) == model, 0.0, -1e6)


def joint_of_style(style, likelihood, is_bar):
    """Chance of every path of three states, and of what sounds."""
    chances, over, within = styles()
    first, second = (over[style] if bar else within[style] for bar in is_bar[1:])
    return np.einsum(
        "a,ab,bc,a,b,c->abc", chances[style], first, second, *likelihood, optimize=True
    )


@pytest.mark.parametrize("style", range(len(STYLES)))
def test_chances_of_chords_are_sums_over_all_paths(rng, style):
    fits, is_bar = rng.normal(0, 2, (3, N_STATES)), np.array([True, False, True])
    joint = joint_of_style(style, np.exp(fits), is_bar)
    expected = [joint.sum(axis=axes) for axes in ((1, 2), (0, 2), (0, 1))]
    found = read_chords(fits, is_bar, 0, only(style))
    np.testing.assert_allclose(found, np.array(expected) / joint.sum(), rtol=1e-9)


@pytest.mark.parametrize("style", range(len(STYLES)))
def test_evidence_is_the_sum_over_all_paths_bar_by_bar(rng, style):
    fits = rng.normal(0, 2, (3, N_STATES))
    joint = joint_of_style(style, np.exp(fits), [True] * 3)
    found = read_evidence(fits, np.ones(3, bool), [0])
    assert found[style, 0] == pytest.approx(np.log(joint.sum()), rel=1e-9)


@pytest.mark.parametrize("minor", [False, True])
def test_forms_are_sums_over_all_paths_through_their_bars(rng, minor):
    fits, is_bar = rng.normal(0, 2, (6, N_STATES)), np.array([True, False] * 3)
    likelihood, form = np.exp(fits), forms(minor)
    free = styles()[0][STYLES.index("minor" if minor else "blues")]
    halves = [
        IN_FORM * likelihood[slot][form.chords[:, slot % 2]]
        + (1 - IN_FORM) * float(likelihood[slot] @ free)
        for slot in range(6)
    ]
    bars = [halves[slot] * halves[slot + 1] for slot in (0, 2, 4)]
    n_places = len(form.begin)
    move = np.tile((1 - GO_ON) * form.begin, (n_places, 1))
    move[form.previous, np.arange(n_places)] += GO_ON
    joint = np.einsum("a,ab,bc,a,b,c->abc", form.begin, move, move, *bars, optimize=True)
    model = np.flatnonzero(MODEL_IS_FORM & (minor == MODEL_IS_MINOR))[0]
    found = read_evidence(fits, is_bar, [0])[model, 0]
    assert found == pytest.approx(np.log(joint.sum()), rel=1e-9)
    places = np.array([joint.sum(axis=axes) for axes in ((1, 2), (0, 2), (0, 1))]) / joint.sum()
    expected = np.zeros((6, N_STATES))
    for slot in range(6):
        for place, state in enumerate(form.chords[:, slot % 2]):
            chance = places[slot // 2, place] / halves[slot][place]
            expected[slot] += chance * (1 - IN_FORM) * likelihood[slot] * free
            expected[slot, state] += chance * IN_FORM * likelihood[slot, state]
    np.testing.assert_allclose(read_chords(fits, is_bar, 0, only(model)), expected, rtol=1e-9)


@pytest.mark.parametrize("tonic", [0, 5, 11])
def test_another_tonic_is_the_same_music_moved(rng, tonic):
    fits, is_bar = rng.normal(0, 2, (8, N_STATES)), np.array([True, False] * 4)
    moved = np.roll(fits, tonic * (N_STATES // 12), axis=1)
    np.testing.assert_allclose(
        read_evidence(moved, is_bar, [tonic]), read_evidence(fits, is_bar, [0])
    )
    np.testing.assert_allclose(
        read_chords(moved, is_bar, tonic, np.zeros(N_MODELS)),
        np.roll(read_chords(fits, is_bar, 0, np.zeros(N_MODELS)), tonic * (N_STATES // 12), axis=1),
    )


def test_chances_add_up_however_sure_the_notes_are(rng):
    fits, is_bar = rng.normal(0, 500, (40, N_STATES)), np.array([True, False] * 20)
    found = read_chords(fits, is_bar, 3, np.zeros(N_MODELS))
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert np.isfinite(read_evidence(fits, is_bar, [3, 4])).all()


def test_bars_of_one_slot_are_read(rng):
    fits = rng.normal(0, 1, (5, N_STATES))
    found = read_chords(fits, np.ones(5, bool), 0, np.zeros(N_MODELS))
    np.testing.assert_allclose(found.sum(axis=1), 1)
