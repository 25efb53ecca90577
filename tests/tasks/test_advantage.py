"""Advantage(λ) learning beside a plain account of it, run by run; its rounds."""

import numpy as np
import pytest

from lstmmusic.step import Blocks
from lstmmusic.tasks import _advantage
from lstmmusic.tasks._actors import ElmanActor, LSTMActor, TableActor, first_weights
from lstmmusic.tasks._advantage import AdvantageLearner, Rates, choose
from lstmmusic.tasks._environments import Mazes, Poles
from lstmmusic.tasks.task import TRAINING

pytestmark = pytest.mark.keras

RATES = Rates(
    learning_rate=0.01,
    discount=0.9,
    trace=0.8,
    scale=0.2,
    heat=0.7,
    curious_rate=0.02,
    curious_discount=0.4,
)
BLOCKS = Blocks(gates=("i", "o"), peepholes=())
STEPS = 60


def learner(seeds, kind="lstm", rates=RATES, worlds=None, least_right=2.0):
    if kind == "lstm":
        shape = (3, 4, 2, 3, BLOCKS)
        actor = LSTMActor(first_weights(seeds, LSTMActor.n_weights(*shape), 0.5), *shape)
    elif kind == "elman":
        actor = ElmanActor(first_weights(seeds, ElmanActor.n_weights(3, 4, 4), 0.5), 3, 4, 4)
    else:
        actor = TableActor(first_weights(seeds, TableActor.n_weights(3, 4), 0.5), 3, 4)
    worlds = worlds or Mazes(len(seeds), 2, noisy=True)
    return AdvantageLearner(actor, worlds, seeds, rates, STEPS, 5, least_right)


def learnt(learner, n_rounds, first=0, active=None):
    n = len(learner._seeds)
    for n_round in range(first, first + n_rounds):
        learner.learn(n_round, np.ones(n, bool) if active is None else np.array(active))
    return learner


def plain(seed, rates):
    """One run, told step by step; the slopes are found by moving each weight of a table."""
    actor = TableActor(first_weights((seed,), TableActor.n_weights(3, 4), 0.5), 3, 4)
    table, maze = actor.weights[0].reshape(27, 2, 8), Mazes(1, 2, noisy=True)
    curiosity = _advantage.Curiosity((seed,), 3, rates)
    w, v = curiosity._w[0].copy(), curiosity._v[0].copy()
    draws = np.random.default_rng([seed, TRAINING, 0]).random((STEPS + 1, 7))
    maze.begin(np.array([True]), draws[-1:, 1:4])
    traces, bit = np.zeros_like(table), 0

    def look(drawn):
        x = maze.observe(drawn[None, 4:])[0]
        box = int(sum(min(int(3 * x[k]), 2) * 3**k for k in range(3)))
        h = 1 / (1 + np.exp(-(w[:, :3] @ x + w[:, 3])))
        # What is told once, before learning from the step that led here, is acted on as well.
        return x, box, h, h @ v[:-1] + v[-1], table[box, bit].copy()

    x, box, h, told, here = look(draws[-1])
    for drawn in draws[:-1]:
        shares = np.exp(here / max(told, 0.1))
        k = int(np.searchsorted(np.cumsum(shares) / shares.sum(), drawn[0]))
        traces *= rates.discount * rates.trace
        traces[box, bit, k] += 1
        turn = maze.step(np.array([k // 2]))
        bit, used = k % 2, traces.copy()
        over = bool(turn.is_over[0])
        if over:
            bit, traces = 0, np.zeros_like(table)
            maze.begin(np.array([True]), drawn[None, 1:4])
        old, value, taken = (x, h, told), here.max(), here[k]
        x, box, h, told, here = look(drawn)
        ahead = 0.0 if over else here.max()
        error = value + (turn.reward[0] + rates.discount * ahead - value) / rates.scale - taken
        table += rates.learning_rate * error * used
        wanted = rates.heat * abs(error) + rates.curious_discount * (
            0.0 if over else max(told, 0.1)
        )
        step = rates.curious_rate * (wanted - old[2])
        down = step * v[:-1] * old[1] * (1 - old[1])
        v = v + step * np.append(old[1], 1)
        w = w + down[:, None] * np.append(old[0], 1)
    return table.ravel(), w, v


def test_runs_side_by_side_learn_what_a_plain_account_does():
    found = learnt(learner((3, 4), "table"), 1)
    assert found._episodes.min() > 2
    for row, seed in enumerate((3, 4)):
        table, w, v = plain(seed, RATES)
        np.testing.assert_allclose(found._actor.weights[row], table, atol=1e-9)
        np.testing.assert_allclose(found._curiosity._w[row], w, atol=1e-9)
        np.testing.assert_allclose(found._curiosity._v[row], v, atol=1e-9)


@pytest.mark.parametrize("kind", ["lstm", "elman", "table"])
def test_a_run_learns_the_same_alone_and_in_company(kind):
    alone, company = learnt(learner((1,), kind), 2), learnt(learner((0, 1), kind), 2)
    np.testing.assert_allclose(company._actor.weights[1], alone._actor.weights[0], atol=1e-12)
    assert np.abs(company._actor.weights[0] - alone._actor.weights[0]).max() > 1e-3


@pytest.mark.parametrize("kind", ["lstm", "elman", "table"])
def test_what_goes_on_from_a_kept_state_learns_the_same(kind):
    whole, half = learnt(learner((0, 1), kind), 4), learnt(learner((0, 1), kind), 2)
    kept = {name: values.copy() for name, values in half.state().items()}
    other = learner((0, 1), kind)
    other.restore(kept)
    learnt(other, 2, first=2)
    for name, values in whole.state().items():
        np.testing.assert_array_equal(other.state()[name], values, err_msg=name)


def test_a_frozen_run_does_not_move():
    found = learnt(learner((0, 1)), 1)
    before = found._actor.weights.copy()
    learnt(found, 1, first=1, active=[True, False])
    assert np.abs(found._actor.weights[0] - before[0]).max() > 1e-3
    np.testing.assert_array_equal(found._actor.weights[1], before[1])


def test_a_run_may_stop_when_its_last_episodes_were_right():
    found = learner((0, 1), least_right=0.8)
    found._episodes[:] = 7
    found._right[:] = [[1, 1, 0, 1, 1], [1, 0, 0, 1, 1]]
    found.steps_per_round = 0
    assert found.learn(0, np.ones(2, bool))[0].tolist() == [True, False]
    found._episodes[:] = 4  # not yet so many
    assert not found.learn(0, np.ones(2, bool))[0].any()


def test_nothing_is_learnt_from_where_an_episode_is_cut():
    rates = Rates(0.05, 0.9, 0.8, 0.2, temperature=1.0)
    shape = (3, 2, 2, 3, BLOCKS)
    for most_steps, moves in ((1, False), (2, True)):
        actor = LSTMActor(first_weights((0,), LSTMActor.n_weights(*shape), 0.5), *shape)
        before = actor.weights.copy()
        poles = Poles(1, most_steps)
        learnt(AdvantageLearner(actor, poles, (0,), rates, 8, 5, 2.0), 1)
        assert (np.abs(actor.weights - before).max() > 1e-4) == moves


def test_choices_follow_boltzmanns_rule():
    advantages, temperature = np.array([1.0, 2.0, 0.5]), 0.7
    draws = (np.arange(20_000) + 0.5) / 20_000
    n = len(draws)
    found = choose(np.tile(advantages, (n, 1)), np.full(n, temperature), draws)
    shares = np.exp(advantages / temperature)
    np.testing.assert_allclose(np.bincount(found) / n, shares / shares.sum(), atol=1e-4)


def test_a_solver_is_the_run_with_its_weights_frozen():
    found = learnt(learner((0, 1)), 2)
    solver = found.solver(1)
    rng = np.random.default_rng(0)
    x = rng.random((3, 5, 3))
    begins = np.zeros((3, 5), bool)
    begins[0], begins[2, 1] = True, True
    draws = rng.random((3, 5))
    alone = found._actor.alone(1, 1)
    said = np.array([solver(*step) for step in zip(x, begins, draws, strict=True)])
    for k in range(5):
        for t in range(3):
            alone.forget(np.array([begins[t, k]]))
            heat = found._curiosity.alone(1, 1).read(x[t, k : k + 1])[0]
            told = alone.read(x[t, k : k + 1])
            assert said[t, k] == choose(told, heat, draws[t, k : k + 1])[0]
    assert len(set(said.ravel().tolist())) > 1
