"""Laws of choosing: temperature, top-k, top-p, closed choices, random numbers."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lstmmusic.errors import InputError
from lstmmusic.player import Sampling

LOGITS = arrays(float, st.integers(1, 12), elements=st.floats(-30, 30))
SAMPLINGS = st.builds(
    Sampling,
    temperature=st.one_of(st.just(0.0), st.floats(1e-300, 10)),
    top_p=st.floats(1e-9, 1),
    top_k=st.integers(0, 14),
)


class Dice:
    """A generator that gives the numbers it is told, and counts."""

    def __init__(self, *numbers):
        self.numbers = list(numbers)

    def random(self):
        return self.numbers.pop(0)


def softmax(logits, temperature=1.0):
    scores = np.exp((logits - logits.max()) / temperature)
    return scores / scores.sum()


@given(LOGITS, SAMPLINGS, st.data())
def test_probabilities_sum_to_one_and_closed_choices_have_none(logits, sampling, data):
    allowed = data.draw(arrays(bool, len(logits)))
    assume(allowed.any())
    probs = sampling.probs(logits, allowed)
    assert probs.sum() == pytest.approx(1, abs=1e-12)
    assert (probs >= 0).all()
    assert not probs[~allowed].any()


@given(LOGITS, SAMPLINGS, st.data())
def test_closed_choices_are_never_chosen(logits, sampling, data):
    """Not even by the smallest and the largest number that a generator gives."""
    allowed = data.draw(arrays(bool, len(logits)))
    assume(allowed.any())
    for number in (0.0, 0.5, np.nextafter(1, 0)):
        choice = sampling.choose(logits, Dice(number), allowed)
        assert allowed[choice]
        assert sampling.probs(logits, allowed)[choice] > 0


@given(LOGITS, st.floats(0.05, 10))
def test_temperature_divides_the_logits(logits, temperature):
    found = Sampling(temperature).probs(logits)
    np.testing.assert_allclose(found, softmax(logits, temperature), rtol=0, atol=1e-12)


@given(LOGITS, st.floats(-100, 100))
def test_only_differences_of_logits_count(logits, shift):
    sampling = Sampling(0.7, 0.9, 5)
    assume(len(np.unique(logits.round(6))) == len(logits))  # shifting must not make equals
    found = sampling.probs(logits + shift)
    np.testing.assert_allclose(found, sampling.probs(logits), rtol=0, atol=1e-9)


@given(LOGITS, st.floats(0, 1, exclude_max=True))
def test_temperature_zero_takes_the_likeliest_whatever_the_dice(logits, number):
    assert Sampling(temperature=0).choose(logits, Dice(number)) == int(np.argmax(logits))


def test_temperature_zero_takes_the_likeliest_open_choice():
    allowed = np.array([True, False, True])
    choice = Sampling(temperature=0).choose(np.array([0.0, 9.0, 1.0]), Dice(0.5), allowed)
    assert choice == 2


@given(LOGITS, st.integers(1, 14))
def test_top_k_keeps_the_k_likeliest_in_proportion(logits, top_k):
    probs, all_probs = Sampling(top_k=top_k).probs(logits), softmax(logits)
    kept = probs > 0
    assert kept.sum() == min(top_k, len(logits))
    assert all_probs[kept].min() >= all_probs[~kept].max(initial=0)
    expected = all_probs[kept] / all_probs[kept].sum()
    np.testing.assert_allclose(probs[kept], expected, rtol=1e-9)


@given(arrays(float, st.integers(1, 7), elements=st.floats(-4, 4)), st.floats(0.01, 0.999))
def test_top_p_keeps_the_smallest_set_that_has_the_probability(logits, top_p):
    """Compared with all sets there are."""
    probs, all_probs = Sampling(top_p=top_p).probs(logits), softmax(logits)
    kept = np.flatnonzero(probs)
    sets = itertools.chain.from_iterable(
        itertools.combinations(range(len(logits)), size) for size in range(1, len(logits) + 1)
    )
    enough = [chosen for chosen in sets if all_probs[list(chosen)].sum() >= top_p - 1e-12]
    smallest = min(map(len, enough))
    assume(all(abs(all_probs[list(s)].sum() - top_p) > 1e-9 for s in enough))  # no rounding ties
    assert len(kept) == smallest
    best = max(all_probs[list(chosen)].sum() for chosen in enough if len(chosen) == smallest)
    assert all_probs[kept].sum() == pytest.approx(best)


def test_top_p_counts_what_top_k_left():
    """Of 0.5 0.3 0.2, top-k 2 leaves 0.625 0.375: the first alone has 0.6 of it."""
    logits = np.log([0.5, 0.3, 0.2])
    np.testing.assert_allclose(Sampling(top_k=2, top_p=0.6).probs(logits), [1, 0, 0])
    np.testing.assert_allclose(Sampling(top_k=2, top_p=0.65).probs(logits), [0.625, 0.375, 0])


@given(LOGITS, SAMPLINGS)
def test_a_choice_uses_exactly_one_random_number(logits, sampling):
    dice = Dice(0.3, 0.7)
    sampling.choose(logits, dice)
    assert dice.numbers == [0.7]


@pytest.mark.parametrize(
    ("number", "choice"), [(0.0, 0), (0.4999, 0), (0.5001, 1), (0.7999, 1), (0.8001, 2)]
)
def test_choices_share_the_unit_line_by_probability(number, choice):
    assert Sampling().choose(np.log([0.5, 0.3, 0.2]), Dice(number)) == choice


def test_choices_come_as_often_as_they_are_likely():
    rng = np.random.default_rng(0)
    choices = [Sampling().choose(np.log([0.6, 0.3, 0.1]), rng) for _ in range(4000)]
    np.testing.assert_allclose(np.bincount(choices) / 4000, [0.6, 0.3, 0.1], atol=0.03)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", -0.1),
        ("temperature", 10.1),
        ("temperature", float("nan")),
        ("top_p", 0.0),
        ("top_p", 1.1),
        ("top_p", float("nan")),
        ("top_k", -1),
    ],
)
def test_values_outside_their_range_are_refused_by_name(field, value):
    with pytest.raises(InputError, match=rf"^{field}: expected .*, got {value}$"):
        Sampling(**{field: value})
