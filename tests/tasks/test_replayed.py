"""Learning off line: what a choice is worth, and that memory is learnt from records alone."""

from dataclasses import dataclass

import numpy as np
import pytest

from lstmmusic.tasks._replayed import OffLineLearner, Rates, advantages_of
from lstmmusic.tasks._robot_events import N_CHOICES, Recorded

pytestmark = pytest.mark.keras

RATES = Rates(discount=0.9, trace=0.7, scale=0.4)


@dataclass(frozen=True)
class Settings:
    units: int = 6
    forget_bias: float = 3.0
    batch: int = 16
    round_updates: int = 25
    learning_rate: float = 0.02


def random_episodes(rng, n, n_choices, n_features=4):
    return Recorded(
        rng.random((n, n_choices + 1, n_features)).astype(np.float32),
        rng.integers(N_CHOICES, size=(n, n_choices)),
        rng.normal(size=(n, n_choices)),
        rng.uniform(0.1, 3, (n, n_choices)),
        rng.integers(1, n_choices + 1, n),
        rng.random(n) < 0.5,
    )


def slow_advantages(episodes, told):
    """The equations, an episode and a step at a time."""
    found = np.full(episodes.rewards.shape, np.nan)
    for k, length in enumerate(episodes.lengths):
        value = told[k].max(axis=-1)

        def worth(t, k=k, length=length, value=value):
            """R(t)"""
            gamma = RATES.discount ** episodes.seconds[k, t]
            if t == length - 1:
                return episodes.rewards[k, t] + gamma * (value[t + 1] if episodes.is_cut[k] else 0)
            is_best = told[k, t + 1].argmax() == episodes.choices[k, t + 1]
            trace = RATES.trace if is_best else 0.0
            after = (1 - trace) * value[t + 1] + trace * worth(t + 1)
            return episodes.rewards[k, t] + gamma * after

        for t in range(length):
            found[k, t] = value[t] + (worth(t) - value[t]) / RATES.scale
    return found


def test_advantages_are_those_of_the_equations():
    rng = np.random.default_rng(0)
    episodes = random_episodes(rng, 20, 6)
    told = rng.normal(size=(20, 7, N_CHOICES))
    expected = slow_advantages(episodes, told)
    is_asked = ~np.isnan(expected)
    assert is_asked.sum() == episodes.lengths.sum()
    found = advantages_of(episodes, told, RATES)
    np.testing.assert_allclose(found[is_asked], expected[is_asked], rtol=1e-10)


def told_early_asked_late(rng, n):
    """The first of three events tells which turn pays at the third; the others are all alike."""
    kind, choices = rng.integers(2, size=n), rng.integers(N_CHOICES, size=(n, 3))
    x = np.zeros((n, 4, 4), np.float32)
    x[np.arange(n), 0, kind] = 1.0
    x[:, 1, 2] = x[:, 2, 3] = 1.0
    rewards = np.zeros((n, 3))
    rewards[:, 2] = np.where(choices[:, 2] == 1 + kind, 4.0, -0.1)
    return Recorded(x, choices, rewards, np.ones((n, 3)), np.full(n, 3), np.zeros(n, bool)), kind


@pytest.mark.parametrize(("remembers", "least", "most"), [(True, 0.99, 1.0), (False, 0.3, 0.7)])
def test_who_remembers_learns_what_pays_and_who_does_not_cannot(remembers, least, most):
    episodes, kind = told_early_asked_late(np.random.default_rng(1), 200)
    n_rounds, settings = 10, Settings()
    budget = n_rounds * settings.batch * settings.round_updates
    learner = OffLineLearner([episodes], [0], RATES, settings, budget, remembers)
    for n_round in range(n_rounds):
        stopped, metrics = learner.learn(n_round, np.array([True]))
        assert stopped[0] == (n_round == n_rounds - 1)
        assert np.isfinite(metrics["loss"][0])
    policy = learner.solver(0)
    states = policy.states(len(kind))
    told = []
    for t in range(4):
        advantages, states = policy(episodes.x[:, t], states)
        told.append(advantages)
    # By NumPy, a step at a time, as by TensorFlow, all at once.
    expected = learner._networks.predict(episodes.x[None])[0]
    np.testing.assert_allclose(np.stack(told, axis=1), expected, atol=1e-4)
    assert least <= (told[2].argmax(axis=1) == 1 + kind).mean() <= most


def test_a_kept_learner_goes_on_as_if_it_had_not_stopped(quickly_built):
    rng, settings = np.random.default_rng(2), Settings(round_updates=2, batch=4)
    episodes = [random_episodes(rng, 12, 5) for _ in range(2)]

    def learner():
        return OffLineLearner(episodes, [3, 4], RATES, settings, 100, remembers=True)

    on, whole = np.array([True, True]), learner()
    whole.learn(0, on)
    kept = {name: values.copy() for name, values in whole.state().items()}
    whole.learn(1, on)
    later = learner()
    later.restore(kept)
    later.learn(1, on)
    for name, values in whole.state().items():
        np.testing.assert_array_equal(later.state()[name], values, err_msg=name)
