"""The yardsticks: recurrent networks that learn from whole episodes."""

from dataclasses import replace

import numpy as np
import pytest

from lstmmusic.tasks._environments import Mazes
from lstmmusic.tasks._whole_episodes import (
    LOOK_ROUNDS,
    PolicyLearner,
    QLearner,
    Replay,
    lambda_returns,
)

pytestmark = pytest.mark.keras

REPLAY = Replay(
    episodes=4, greedy=2, most_steps=12, round_steps=30, updates=2, batch=3, kept=8, units=3
)


def learner(seeds, kind=QLearner, goes_on=0.0, trial=None):
    worlds = Mazes(len(seeds) * REPLAY.episodes, 2, noisy=True)
    return kind(worlds, seeds, replace(REPLAY, goes_on=goes_on), 3, 2.0, trial)


def test_returns_are_those_of_their_definition():
    rng = np.random.default_rng(0)
    rewards, values = rng.normal(size=(4, 6)), rng.normal(size=(4, 7))
    lengths, is_cut = np.array([6, 3, 6, 1]), np.array([False, False, True, True])
    found = lambda_returns(rewards, values, lengths, is_cut, 0.9, 0.7)
    for k in range(4):

        def ahead(t, k=k):
            """What came of step t."""
            if t == lengths[k] - 1:
                return rewards[k, t] + 0.9 * (values[k, t + 1] if is_cut[k] else 0)
            return rewards[k, t] + 0.9 * (0.3 * values[k, t + 1] + 0.7 * ahead(t + 1))

        expected = [ahead(t) if t < lengths[k] else 0 for t in range(6)]
        np.testing.assert_allclose(found[k], expected)


def test_a_run_learns_the_same_alone_and_in_company_and_after_a_stop():
    company, alone = learner((0, 1)), learner((1,))
    player, states = company.player(), np.zeros((2, 2, 5, REPLAY.units))
    x = np.random.default_rng(0).random((2, 5, 3, 3)).astype(np.float32)
    q = company._networks.predict(x)
    for t in range(3):  # step by step as over a sequence
        told, *states = player.step(x[:, :, t], *states)
        np.testing.assert_allclose(told, q[:, :, t], atol=1e-5)

    for n_round in range(3):
        company.learn(n_round, np.ones(2, bool))
        alone.learn(n_round, np.ones(1, bool))
    kept = {name: values.copy() for name, values in company.state().items()}
    assert kept["kept/count"].min() > REPLAY.kept  # the oldest episodes have made room
    np.testing.assert_array_equal(kept["kept/x"][1], alone.state()["kept/x"][0])
    for weight, other in zip(company._networks.weights, alone._networks.weights, strict=True):
        np.testing.assert_allclose(np.asarray(weight)[1], np.asarray(other)[0], atol=1e-5)
    # What is kept are the episodes as they went: shown, walked, paid.
    for k in range(REPLAY.kept):
        n = int(kept["kept/lengths"][0, k])
        assert 1 <= n <= REPLAY.most_steps
        assert kept["kept/x"][0, k, 0].tolist() in ([0, 1, 1], [1, 1, 0])
        north = kept["kept/x"][0, k, 0, 0] == 0
        last = kept["kept/action"][0, k, n - 1]
        if not kept["kept/is_cut"][0, k]:
            right = last == (0 if north else 2)
            assert kept["kept/reward"][0, k, n - 1] == pytest.approx(4 if right else -0.1)
        else:
            assert n == REPLAY.most_steps

    company.learn(3, np.array([True, False]))
    frozen = np.asarray(company._networks.weights[0])
    assert np.abs(frozen - kept["variable/0"])[0].max() > 1e-4
    np.testing.assert_array_equal(frozen[1], kept["variable/0"][1])
    whole = company.state()
    company.restore(kept)
    company.learn(3, np.array([True, False]))
    for name, values in company.state().items():
        np.testing.assert_array_equal(values, whole[name], err_msg=name)

    solver, player = company.solver(1), company.player()
    states = np.zeros((2, 2, 5, REPLAY.units))
    for t in range(3):
        told, *states = player.step(x[:, :, t], *states)
        said = solver(x[1, :, t], np.full(5, t == 0), np.zeros(5))
        np.testing.assert_array_equal(said, told[1].argmax(axis=-1))


def test_a_long_hold_is_as_rare_as_its_length_squared_is_large():
    found, n_steps = learner((0,)), 1500
    held, before = [], np.zeros(REPLAY.episodes, int)
    rng = np.random.default_rng(0)
    player = found.player()
    for _ in range(n_steps):
        found._act(player, rng.random((1, REPLAY.episodes, 9)))
        now = found._arrays["held"][0]
        held += (now[2:][now[2:] > before[2:]] + 1).tolist()
        before = now
    lengths = np.array(held)
    share = (lengths >= 8).mean() / (lengths >= 4).mean()
    assert 0.35 < share < 0.65


def test_a_policy_steps_along_the_clipped_gain():
    found = learner((0,), PolicyLearner)
    rng = np.random.default_rng(0)
    outputs, asked = rng.normal(size=(1, 2, 4, 5)), np.ones((1, 2, 4))
    asked[0, 1, 2:] = asked[..., 3] = 0
    episodes = {
        "action": rng.integers(4, size=(1, 2, 3)),
        "reward": rng.normal(size=(1, 2, 3)),
        "log_share": np.log(rng.uniform(0.2, 0.4, size=(1, 2, 3))),
        "lengths": np.array([[3, 2]]),
        "is_cut": np.array([[True, False]]),
    }
    targets = found._targets(episodes, outputs, asked > 0)
    loss = float(np.asarray(found._loss_of(targets, outputs, asked))[0])
    values = outputs[..., -1]
    returns = lambda_returns(
        episodes["reward"], values, episodes["lengths"], episodes["is_cut"], 0.98, 0.8
    )
    at = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]
    gains = np.array([returns[0, b, t] - values[0, b, t] for b, t in at])
    gains = (gains - gains.mean()) / gains.std()
    expected = []
    for (b, t), gain in zip(at, gains, strict=True):
        shares = np.exp(outputs[0, b, t, :4]) / np.exp(outputs[0, b, t, :4]).sum()
        ratio = shares[episodes["action"][0, b, t]] / np.exp(episodes["log_share"][0, b, t])
        worst = min(ratio * gain, np.clip(ratio, 0.8, 1.2) * gain)
        entropy = -(shares * np.log(shares)).sum()
        off = values[0, b, t] - returns[0, b, t]
        expected.append(-worst - REPLAY.entropy * entropy + off**2 / 2)
    assert loss == pytest.approx(np.mean(expected), rel=1e-5)


@pytest.mark.parametrize("goes_on", [0.0, 0.8])
def test_a_policy_does_not_learn_from_its_greedy_episodes(goes_on):
    """What it learns from begins in the cells that it had; after a cut, those of before."""
    found, rng = learner((0,), PolicyLearner, goes_on), np.random.default_rng(0)
    player = found.player()
    for _ in range(200):
        found._act(player, rng.random((1, REPLAY.episodes, 9)))
    kept = found._arrays
    # Greedy, it walks one way for good, and no cut ends that; the others went as they were drawn.
    assert kept["count"][0] > 10
    for k in range(REPLAY.kept):
        n = int(kept["lengths"][0, k])
        x = kept["x"][0, k][None, None]
        states = [kept[name][0, k][None, None] for name in ("first_y", "first_c")]
        for t in range(n):
            told, *states = player.step(x[:, :, t], *states)
            shares = np.exp(told[0, 0, :4]) / np.exp(told[0, 0, :4]).sum()
            assert kept["log_share"][0, k, t] == pytest.approx(
                np.log(shares[kept["action"][0, k, t]]), abs=1e-4
            )
    assert (np.abs(kept["first_c"][0]).max(axis=1) > 0).any() == (goes_on > 0)
    actions = np.concatenate([a[:n] for a, n in zip(kept["action"][0], kept["lengths"][0])])
    assert len(set(actions.tolist())) == 4


def test_a_run_without_episodes_stays_as_it_is():
    """Beside one that has some, too: nothing is divided by nothing."""
    found = learner((0, 1), PolicyLearner)
    before = [np.asarray(weight).copy() for weight in found._networks.weights]
    kept, rng = found._arrays, np.random.default_rng(0)
    kept["count"][0], kept["lengths"][0] = REPLAY.kept, 5
    kept["x"][0], kept["reward"][0] = rng.random(kept["x"][0].shape), 1
    found._replayed([np.random.default_rng(k) for k in range(2)], np.ones(2, bool))
    moved = [
        np.abs(np.asarray(w) - b) for w, b in zip(found._networks.weights, before, strict=True)
    ]
    assert max(m[0].max() for m in moved) > 1e-4
    assert max(m[1].max() for m in moved) == 0


def test_what_passes_its_trial_stops_as_it_was_tried():
    tried = {}

    def trial(solver, seed):
        tried[seed[0]] = solver._player.weights
        return seed[0] == 1

    found = learner((0, 1), PolicyLearner, trial=trial)
    found._replay = replace(found._replay, greedy=0)
    stops = np.zeros(2, bool)
    for n_round in range(1, LOOK_ROUNDS + 1):
        assert not tried
        stops, _ = found.learn(n_round, ~stops)
    assert stops.tolist() == [False, True]
    now = [found.solver(k)._player.weights for k in range(2)]
    assert all(np.array_equal(now[1][name], tried[1][name]) for name in now[1])
    assert not all(np.array_equal(now[0][name], tried[0][name]) for name in now[0])
