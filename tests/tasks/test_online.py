"""Many networks in one compiled loop learn what each would, step by step, alone."""

import keras
import numpy as np
import pytest

from lstmmusic.layers import OnlineLSTM
from lstmmusic.tasks._online import OnlineTogether, OnlineWaves
from lstmmusic.tasks._online_rnn import OnlineRNN
from tests.layers.variants import VARIANTS, build

pytestmark = pytest.mark.keras
N, RATE = 3, 0.2


def uniform(seed):
    return keras.initializers.RandomUniform(-1, 1, seed=seed)


def head_of(n_seen, seed, activation="sigmoid"):
    head = keras.layers.Dense(2, activation, kernel_initializer=uniform(seed), dtype="float64")
    head.build((None, n_seen))
    return head


def lstms(options, activation="sigmoid"):
    layers = [build(options) for _ in range(N)]
    rng = np.random.default_rng(7)
    for layer in layers:
        for variable in layer.trainable_variables:
            variable.assign(rng.normal(size=variable.shape))
    heads = [head_of(layer.cell.output_size, n, activation) for n, layer in enumerate(layers)]
    return [OnlineLSTM(layer, head) for layer, head in zip(layers, heads, strict=True)]


def rnns(looks_back):
    found = []
    for seed in range(N):
        layer = keras.layers.SimpleRNN(
            4,
            "sigmoid",
            kernel_initializer=uniform(seed),
            recurrent_initializer=uniform(9 + seed),
            dtype="float64",
        )
        layer.build((None, None, 2))
        found.append(OnlineRNN(layer, head_of(4, seed), looks_back))
    return found


SOME = ("mixed, with everything", "learnt initial state, 1997", "peepholes, blocks of three")
KINDS = {name: lambda name=name: lstms(VARIANTS[name]) for name in (*SOME, "no biases")}
KINDS |= {"elman": lambda: rnns(False), "rtrl": lambda: rnns(True)}


def streams(n_steps=30):
    rng = np.random.default_rng(3)
    asked, begins = rng.random((2, n_steps, N)) < np.array([0.5, 0.1])[:, None, None]
    inputs, targets = rng.normal(size=(n_steps, N, 2)), rng.uniform(size=(n_steps, N, 2))
    return inputs, targets, asked, begins


@pytest.mark.parametrize("kind", KINDS)
def test_together_they_learn_what_each_learns_alone(kind):
    inputs, targets, asked, begins = streams()
    together = OnlineTogether(KINDS[kind]())
    answers = together.learn_strings(inputs, targets, asked, begins, RATE)
    for k, online in enumerate(KINDS[kind]()):
        for t in range(len(inputs)):
            if begins[t, k]:
                online.reset()
            found = online.step(inputs[t, k], targets[t, k] if asked[t, k] else None)
            np.testing.assert_allclose(answers[t, k], found.output, rtol=1e-9, atol=1e-12)
            if found.gradient is not None:
                online.descend(found.gradient, RATE)
        for name, weight in online.weights.items():
            np.testing.assert_allclose(together.weights[name][k], weight, rtol=1e-9, atol=1e-12)


def test_what_is_held_stays_and_the_rest_learns():
    inputs, targets, asked, begins = streams()
    together = OnlineTogether(lstms({}))
    before = {name: weight.copy() for name, weight in together.weights.items()}
    rows = np.arange(before["head_kernel"].shape[1])[:, None] < 2
    together.learn_strings(inputs, targets, asked, begins, RATE, {"head_kernel": rows})
    moved = np.abs(together.weights["head_kernel"] - before["head_kernel"]).max(axis=(0, 2))
    assert (moved[:2] == 0).all()
    assert (moved[2:] > 0).all()
    assert np.abs(together.weights["kernel"] - before["kernel"]).max() > 1e-3


def test_reading_changes_nothing_even_where_a_network_runs_away():
    onlines = lstms({"activation": "linear", "peepholes": False})
    together = OnlineTogether(onlines)
    together.weights["recurrent_kernel"][1] = 1e200
    before = {name: weight.copy() for name, weight in together.weights.items()}
    found = together.read(np.ones((40, 2)))
    assert not np.isfinite(found[:, 1]).all()
    assert np.isfinite(found[:, [0, 2]]).all()
    for name, weight in together.weights.items():
        np.testing.assert_array_equal(weight, before[name])


@pytest.mark.parametrize("counted", ["streams", "steps"])
def test_streams_end_with_the_first_large_error(counted):
    """As by hand; streams that are counted begin from nothing, others go on into each other."""
    rng, limits, momentum = np.random.default_rng(0), np.array([0.45, np.inf]), 0.5
    inputs, targets = rng.normal(size=(3, 6, N, 2)), rng.uniform(size=(3, 6, N, 2))
    together, active = OnlineTogether(lstms({})), np.array([True, False, True])
    before = {name: weight.copy() for name, weight in together.weights.items()}
    found = together.learn_streams(
        inputs, targets, limits, RATE, momentum, active, 20, counts_streams=counted == "streams"
    )
    for k, online in enumerate(lstms({})):
        if not active[k]:
            for name, weight in before.items():
                np.testing.assert_array_equal(together.weights[name][k], weight[k])
            assert found.n_steps[k] == found.n_errors[k] == 0
            continue
        n_streams = n_steps = n_errors = t = 0
        while (n_streams if counted == "streams" else n_steps) < 20:
            row = n_streams % 3
            told = online.step(inputs[row, t, k], targets[row, t, k])
            online.descend(told.gradient, RATE, momentum)
            n_steps, t = n_steps + 1, t + 1
            is_wrong = (np.abs(told.output - targets[row, t - 1, k]) > limits).any()
            n_errors += is_wrong
            if is_wrong or (t == 6 and counted == "streams"):
                online.reset()
            if is_wrong or t == 6:
                n_streams, t = n_streams + 1, 0
        assert (found.n_steps[k], found.n_errors[k]) == (n_steps, n_errors)
        assert 0 < n_errors < n_steps
        for name, weight in online.weights.items():
            np.testing.assert_allclose(together.weights[name][k], weight, rtol=1e-8, atol=1e-11)


def test_a_long_stream_is_read_as_a_short_one():
    """Longer than the room that is always made."""
    x = np.random.default_rng(0).normal(size=(300, 2))
    together = OnlineTogether(lstms({}))
    found = together.read(x)
    np.testing.assert_array_equal(found[:40], together.read(x[:40]))
    for k, online in enumerate(lstms({})):
        expected = [online.step(step).output for step in x]
        np.testing.assert_allclose(found[:, k], expected, rtol=1e-9, atol=1e-12)


def waves(is_valid=lambda k, solver: False):
    wave = np.linspace(0, 1, 8)[:, None] * np.ones(2)
    return OnlineWaves(lstms({}), wave, 0.4, 10, 0.05, 0.9, is_valid)


def test_a_learner_of_waves_goes_on_as_if_it_had_not_stopped():
    whole, first, rest = waves(), waves(), waves()
    everyone = np.ones(N, bool)
    for n_round in range(2):
        whole.learn(n_round, everyone)
    first.learn(0, everyone)
    rest.restore({name: np.array(values) for name, values in first.state().items()})
    rest.learn(1, everyone)
    x = np.zeros((1, 8, 2))
    for k in range(N):
        np.testing.assert_array_equal(whole.solver(k)(x), rest.solver(k)(x))


def test_a_learner_of_waves_stops_whom_the_rule_lets_and_leaves_those_alone():
    asked = []

    def is_valid(k, solver):
        asked.append((k, solver(np.zeros((1, 8, 2))), solver(np.ones((1, 8, 2)))))
        return k == 1

    learner, x = waves(is_valid), np.zeros((1, 8, 2))
    may_stop, _ = learner.learn(0, np.ones(N, bool))
    assert may_stop.tolist() == [False, True, False]
    before = [learner.solver(k)(x) for k in range(N)]
    for k, told, told_of_others in asked:
        np.testing.assert_array_equal(told, before[k])
        assert np.abs(told - told_of_others).max() > 1e-3
    asked.clear()
    may_stop, _ = learner.learn(1, np.array([True, False, True]))
    assert not may_stop.any()
    assert [k for k, *_ in asked] == [0, 2]
    assert [(learner.solver(k)(x) == before[k]).all() for k in range(N)] == [False, True, False]
