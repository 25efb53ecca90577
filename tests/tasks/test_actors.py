"""What acts, beside slow obvious twins: one run, one step, one weight at a time."""

import keras
import numpy as np
import pytest

from lstmmusic.layers import OnlineLSTM, PeepholeLSTM
from lstmmusic.step import Blocks
from lstmmusic.tasks._actors import ElmanActor, LSTMActor, TableActor, first_weights

pytestmark = pytest.mark.keras

N_INPUTS, N_OUTPUTS, CELLS, ORDINARY, RUNS = 3, 4, 2, 3, 2
FADING = 0.7
KINDS = {
    "1997": Blocks(gates=("i", "o"), peepholes=()),
    "forget": Blocks(peepholes=()),
    "peephole": Blocks(),
    "input peepholes": Blocks(peepholes=("i",)),
}
GATES = {"i": "input", "f": "forget", "o": "output"}


def lstm(blocks, seed=0):
    shape = (N_INPUTS, N_OUTPUTS, CELLS, ORDINARY, blocks)
    n = LSTMActor.n_weights(*shape)
    return LSTMActor(first_weights((seed, seed + 1), n, 1.0), *shape)


def online_of(actor, run):
    """An `OnlineLSTM` with the weights of one run."""
    blocks = actor._blocks
    layer = PeepholeLSTM(
        CELLS,
        peepholes=[GATES[gate] for gate in blocks.peepholes],
        forget_gate="f" in blocks.gates,
        ordinary_units=ORDINARY,
    )
    head = keras.layers.Dense(N_OUTPUTS)
    layer.build((None, None, N_INPUTS))
    head.build((None, CELLS + ORDINARY))
    online = OnlineLSTM(layer, head)
    kernel, peephole, top = (view[run] for view in actor._split(actor.weights))
    online.weights["kernel"][...] = kernel[:, :N_INPUTS].T
    online.weights["recurrent_kernel"][...] = kernel[:, N_INPUTS:-1].T
    online.weights["bias"][...] = kernel[:, -1]
    if blocks.peepholes:
        online.weights["peephole_kernel"][...] = peephole
    online.weights["head_kernel"][...] = top[:, :-1].T
    online.weights["head_bias"][...] = top[:, -1]
    return online


def flat_of(gradient):
    """A gradient of `OnlineLSTM` in the order of an actor's weights."""
    columns = [gradient["kernel"].T, gradient["recurrent_kernel"].T, gradient["bias"][:, None]]
    top = np.concatenate([gradient["head_kernel"].T, gradient["head_bias"][:, None]], axis=1)
    peephole = gradient.get("peephole_kernel", np.zeros(0))
    return np.concatenate([np.concatenate(columns, axis=1).ravel(), peephole.ravel(), top.ravel()])


@pytest.mark.parametrize("kind", KINDS)
def test_an_lstm_tells_and_traces_what_the_online_rule_of_1997_does(kind):
    actor, rng = lstm(KINDS[kind]), np.random.default_rng(0)
    onlines = [online_of(actor, run) for run in range(RUNS)]
    traces = np.zeros_like(actor.weights)
    for _ in range(6):
        x, choices = rng.normal(size=(RUNS, N_INPUTS)), rng.integers(N_OUTPUTS, size=RUNS)
        told = actor.read(x)
        actor.follow(choices, FADING)
        for run, online in enumerate(onlines):
            # The error whose slope at the outputs is 1 for the choice and 0 for the others.
            before = dict(online._state)
            output = online.step(x[run]).output
            online._state = before
            found = online.step(x[run], output - np.eye(N_OUTPUTS)[choices[run]])
            np.testing.assert_allclose(told[run], found.output, atol=1e-12)
            traces[run] = FADING * traces[run] + flat_of(found.gradient)
        np.testing.assert_allclose(actor.traces, traces, atol=1e-12)


def test_an_elman_network_traces_the_full_gradient():
    n = ElmanActor.n_weights(N_INPUTS, N_OUTPUTS, 3)
    weights, rng = first_weights((0, 1), n, 1.0), np.random.default_rng(0)
    inputs, choices = rng.normal(size=(5, RUNS, N_INPUTS)), rng.integers(4, size=(5, RUNS))

    def told(weights):
        actor = ElmanActor(weights, N_INPUTS, N_OUTPUTS, 3)
        rows = [actor.read(x)[np.arange(RUNS), k] for x, k in zip(inputs, choices, strict=True)]
        return FADING ** np.arange(4, -1, -1) @ np.array(rows)

    actor = ElmanActor(weights.copy(), N_INPUTS, N_OUTPUTS, 3)
    for x, k in zip(inputs, choices, strict=True):
        actor.read(x)
        actor.follow(k, FADING)
    for k in range(n):
        step = 1e-6 * np.eye(n)[k]
        slope = (told(weights + step) - told(weights - step)) / 2e-6
        np.testing.assert_allclose(actor.traces[:, k], slope, atol=1e-8)


def test_a_table_is_a_table_with_one_bit():
    n, rng = TableActor.n_weights(N_INPUTS, N_OUTPUTS), np.random.default_rng(0)
    actor = TableActor(first_weights((0, 1), n, 1.0), N_INPUTS, N_OUTPUTS)
    tables = [{}, {}]  # (box, bit) -> row, as they are met
    bits, traces = [0, 0], [{}, {}]
    for _ in range(30):
        x, choices = rng.choice([0.1, 0.5, 1.0], (RUNS, N_INPUTS)), rng.integers(8, size=RUNS)
        told = actor.read(x)
        actor.follow(choices, FADING)
        actions = actor.act(choices)
        for run in range(RUNS):
            key = (*x[run], bits[run])
            known = tables[run].setdefault(key, told[run].copy())
            np.testing.assert_array_equal(told[run], known)
            traces[run] = {k: FADING * v for k, v in traces[run].items()}
            entry = (*key, choices[run])
            traces[run][entry] = traces[run].get(entry, 0) + 1
            bits[run] = choices[run] % 2
            assert actions[run] == choices[run] // 2
            assert sorted(actor.traces[run][actor.traces[run] > 0]) == pytest.approx(
                sorted(traces[run].values())
            )
    values = [tuple(row) for row in tables[0].values()]
    assert len(set(values)) == len(values) > 10  # told apart by what is seen and by the bit


def actors():
    yield from (lstm(blocks) for blocks in KINDS.values())
    n = ElmanActor.n_weights(N_INPUTS, N_OUTPUTS, 3)
    yield ElmanActor(first_weights((0, 1), n, 1.0), N_INPUTS, N_OUTPUTS, 3)
    n = TableActor.n_weights(N_INPUTS, N_OUTPUTS)
    yield TableActor(first_weights((0, 1), n, 1.0), N_INPUTS, N_OUTPUTS)


@pytest.mark.parametrize("actor", list(actors()), ids=lambda actor: type(actor).__name__)
def test_an_episode_that_ends_leaves_nothing_behind_and_the_other_goes_on(actor):
    x = np.random.default_rng(0).random((4, RUNS, N_INPUTS))
    first = actor.read(x[0]).copy()
    for k in range(3):
        actor.act(np.ones(RUNS, int))
        actor.read(x[k])
        actor.follow(np.ones(RUNS, int), FADING)
    company = [actor.alone(k, 1) for k in range(RUNS)]
    actor.forget(np.array([True, False]))
    assert not actor.traces[0].any()
    assert actor.traces[1].any()
    again = actor.read(x[0])
    np.testing.assert_allclose(again[0], first[0])
    assert np.abs(again[1] - first[1]).max() > 1e-6
    np.testing.assert_allclose(company[1].read(x[0][1:]), first[1:])
