"""N-grams, against the recursion written out and against the laws of chances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.errors import InputError
from lstmmusic.evaluation import MelodyNGram, NGram
from lstmmusic.player.network import HIGHEST_PITCH, LOWEST_PITCH, MAX_STEPS

SYMBOLS = 4
sequences = st.lists(st.lists(st.integers(0, SYMBOLS - 1), max_size=12), max_size=4)
contexts = st.lists(st.integers(0, SYMBOLS - 1), max_size=5)


def brute_force(data, order, novelty, context, symbol):
    """The recursion of the paper, counting anew every time."""
    context = context[max(len(context) - order, 0) :]
    lower = 1 / SYMBOLS
    if context:
        lower = brute_force(data, len(context) - 1, novelty, context[1:], symbol)
    followers = [
        sequence[place]
        for sequence in data
        for place in range(len(context), len(sequence))
        if sequence[place - len(context) : place] == context
    ]
    different = len(set(followers))
    if not followers:
        return lower
    return (followers.count(symbol) + novelty * different * lower) / (
        len(followers) + novelty * different
    )


@given(sequences, st.integers(0, 3), st.sampled_from([1.0, 3.0]), contexts)
def test_chances_are_those_of_the_recursion_and_add_up_to_one(data, order, novelty, context):
    probs = NGram(order, SYMBOLS, novelty).fit(data).probs(context)
    expected = [brute_force(data, order, novelty, context, s) for s in range(SYMBOLS)]
    np.testing.assert_allclose(probs, expected, rtol=1e-12)
    assert probs.sum() == pytest.approx(1)


def test_nothing_counted_means_equal_chances():
    assert NGram(2, 5).probs([1, 2, 3]).tolist() == [0.2] * 5


def test_fitting_in_two_goes_is_fitting_at_once():
    data = [[0, 1, 2, 3], [3, 2, 1]]
    at_once = NGram(2, SYMBOLS).fit(data)
    in_two = NGram(2, SYMBOLS).fit(data[:1]).fit(data[1:])
    np.testing.assert_array_equal(at_once.probs([1, 2]), in_two.probs([1, 2]))


@pytest.mark.parametrize("wrong", [(-1, 4, 1.0), (1, 0, 1.0), (1, 4, 0.0)])
def test_chains_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match=r"^n-gram: expected order from 0"):
        NGram(*wrong)


def melody(rng, n_notes, start=60):
    pitches = np.clip(start + rng.integers(-4, 5, n_notes).cumsum(), LOWEST_PITCH, HIGHEST_PITCH)
    before = np.append(start, pitches[:-1])
    return np.stack([rng.choice([3, 6, 12, 300], n_notes), before, pitches], axis=1)


def test_a_melody_that_nothing_was_learnt_for_costs_equal_chances():
    notes = melody(np.random.default_rng(0), 20)
    time, pitch = MelodyNGram().bits([notes])
    assert time == pytest.approx(np.log2(MAX_STEPS))
    assert pitch == pytest.approx(np.log2(HIGHEST_PITCH - LOWEST_PITCH + 1))


def test_chances_of_all_pitches_add_up_to_one_near_the_edge_too():
    rng = np.random.default_rng(1)
    ngram = MelodyNGram().fit([melody(rng, 200), melody(rng, 200, start=104)])
    history = np.array([[12, 101, 106], [12, 106, 107]])
    total = 0.0
    for pitch in range(LOWEST_PITCH, HIGHEST_PITCH + 1):
        both = np.append(history, [[12, 107, pitch]], axis=0)
        bits = 3 * ngram.bits([both])[1] - 2 * ngram.bits([history])[1]
        total += 2**-bits
    assert total == pytest.approx(1)


@given(st.integers(-12, 12))
def test_transposing_changes_nothing_away_from_the_edges(semitones):
    """Which pitches can be reached moves too, so that it is nothing only up to rare leaps."""
    rng = np.random.default_rng(2)
    ngram = MelodyNGram().fit([melody(rng, 300)])
    notes = melody(rng, 50)
    moved = notes + np.array([0, semitones, semitones])
    assert ngram.bits([moved])[0] == ngram.bits([notes])[0]
    assert ngram.bits([moved])[1] == pytest.approx(ngram.bits([notes])[1], abs=0.05)


def test_bits_are_a_mean_over_notes_and_not_over_melodies():
    rng = np.random.default_rng(3)
    ngram = MelodyNGram().fit([melody(rng, 300)])
    short, long = melody(rng, 3), melody(rng, 30)
    both = np.array(ngram.bits([short, long]))
    apart = (3 * np.array(ngram.bits([short])) + 30 * np.array(ngram.bits([long]))) / 33
    np.testing.assert_allclose(both, apart)


def test_long_times_share_one_symbol():
    ngram = MelodyNGram().fit([np.array([[192, 60, 60], [500, 60, 60]])])
    a, b = np.array([[192, 60, 60]]), np.array([[9000, 60, 60]])
    assert ngram.bits([a]) == ngram.bits([b])


def test_no_notes_cannot_be_measured():
    with pytest.raises(InputError, match=r"^melodies: expected at least one note, got none"):
        MelodyNGram().bits([])
