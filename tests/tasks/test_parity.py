"""Parity, counted bit by bit, and guessed weights, followed unit by unit."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.tasks import task_named
from lstmmusic.tasks.parity import (
    XorSettings,
    parity_strings,
    xor_strings,
)

seeds = st.integers(0, 10**6)


@given(seeds, st.booleans())
def test_targets_say_whether_the_ones_so_far_are_odd(seed, always):
    inputs, targets, weights = parity_strings(np.random.default_rng(seed), 6, 2, 9, 12, always)
    for x, y, w in zip(inputs[..., 0], targets[..., 0], weights, strict=True):
        n = int((x != 0).sum())
        assert 2 <= n <= 9
        assert set(x[:n].tolist()) <= {-1.0, 1.0}
        assert not x[n:].any()
        assert np.flatnonzero(w).tolist() == (list(range(n)) if always else [n - 1])
        for t in np.flatnonzero(w):
            assert y[t] == list(x[: t + 1]).count(1.0) % 2


@given(seeds, st.floats(0, 1))
def test_every_string_may_have_a_share_of_ones_of_its_own(seed, share):
    shares = np.array([0.0, share, 1.0])
    found = parity_strings(np.random.default_rng(seed), 3, 400, 400, 400, False, shares)
    ones = (found.inputs[..., 0] > 0).mean(axis=1)
    np.testing.assert_allclose(ones, shares, atol=0.15)
    assert found.targets[:, -1, 0].tolist() == [round(400 * one) % 2 for one in ones]


@given(seeds)
def test_the_exclusive_or_is_that_of_the_marked_bits(seed):
    inputs, targets, weights = xor_strings(XorSettings(30), np.random.default_rng(seed), 6)
    for x, y, w in zip(inputs, targets, weights, strict=True):
        (end,) = np.flatnonzero(w)
        marked = [bit for bit, marker in x if marker == 1]
        ones = [bit for bit in marked if bit > 0]
        assert len(marked) in (1, 2)
        assert y[end, 0] == len(ones) % 2
        assert set(x[: end + 1, 0].tolist()) <= {-1.0, 1.0}


@pytest.mark.parametrize("name", ["parity_9", "parity_running", "parity_final", "delayed_xor"])
def test_one_wrong_answer_is_enough(name):
    task = task_named(name)
    settings = task.presets["quick"].settings
    oracle = task.oracle(settings)

    def slips(inputs):
        outputs = oracle(inputs).astype(float)
        outputs[5] = 1 - outputs[5]
        return outputs

    found = task.test(settings, 0, slips)
    assert (found.solved, found.metrics["wrong"]) == (False, 1)
    for shift, solved in ((0.39, True), (0.41, False)):
        found = task.test(settings, 0, lambda x, shift=shift: oracle(x) + shift)
        assert found.solved == solved


def one_network(weights, string):
    """The slow twin of `guessed_outputs`: one network, one string, unit by unit."""

    def logistic(x):
        return 1 / (1 + math.exp(-x)) if x > -700 else 0.0

    n_inputs = len(string[0])
    width = n_inputs + 2
    output, told = 0.0, []
    for x in string:
        hidden = []
        for unit in range(10):
            *from_x, from_output, bias = weights[unit * width : (unit + 1) * width]
            net = sum(w * value for w, value in zip(from_x, x, strict=True))
            hidden.append(logistic(net + from_output * output + bias))
        rest = weights[10 * width :]
        net = sum(w * value for w, value in zip(rest[:n_inputs], x, strict=True)) + rest[n_inputs]
        net += sum(w * value for w, value in zip(rest[n_inputs + 1 :], hidden, strict=True))
        output = logistic(net)
        told.append(output)
    return told


@pytest.mark.keras
@pytest.mark.parametrize("n_inputs", [1, 2])
def test_guessed_networks_answer_as_their_slow_twin(n_inputs):
    from lstmmusic.tasks._guessing import guessed_outputs, n_weights

    rng = np.random.default_rng(0)
    weights = rng.uniform(-3, 3, (4, n_weights(n_inputs)))
    strings = rng.choice([-1.0, 1.0], (3, 7, n_inputs))
    found = guessed_outputs(weights, strings)
    expected = [[one_network(w, string) for string in strings] for w in weights.tolist()]
    np.testing.assert_allclose(found[..., 0], expected, atol=1e-12)


@pytest.mark.keras
def test_what_is_guessed_has_all_training_strings_right():
    from lstmmusic.tasks._guessing import GuessingLearner

    rng = np.random.default_rng(0)
    strings = [parity_strings(rng, 20, 2, 12, 12, always=False) for _ in range(2)]
    learner = GuessingLearner((0, 1), strings, 0.4, 500)
    met, rounds = np.zeros(2, bool), 0
    while not met.all() and rounds < 20:
        met = met | learner.learn(rounds, ~met)[0]
        rounds += 1
    assert met.all()
    for k in range(2):
        outputs = learner.solver(k)(strings[k].inputs)
        asked = strings[k].weights > 0
        assert (np.abs(outputs - strings[k].targets)[asked] < 0.4).all()
    other = GuessingLearner((0, 1), strings, 0.4, 500)
    other.restore(learner.state())
    again = strings[0].inputs
    np.testing.assert_array_equal(other.solver(0)(again), learner.solver(0)(again))
