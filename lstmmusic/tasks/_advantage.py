"""Advantage(λ) learning: what acts learns at every step from what came of its action.

    E(t) = V(t) + (r(t) + γ V(t+1) - V(t)) / κ - A(t, a(t)),    V(t) = max_a A(t, a)
    w ← w + α E(t) e(t)                                         e: `lstmmusic.tasks._actors`
    P(a) ∝ exp(A(t, a) / T(t))

With directed exploration the temperature T(t) is told by a second, feed-forward network that sees
the observation alone and learns T(t) = η |E(t)| + β T(t+1), from how large the errors are: much is
tried where much is unknown, and nothing on a known way.

References:
    Bakker (2002), Reinforcement learning with long short-term memory, NIPS 14, sections 2 and 3.
    Harmon, Baird (1996), Multi-player residual advantage learning with general function
    approximation (the advantages).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstmmusic.step import sigmoid
from lstmmusic.tasks._actors import Actor, first_weights
from lstmmusic.tasks._environments import Worlds
from lstmmusic.tasks._training import Metrics, State, below
from lstmmusic.tasks.task import TRAINING

_CURIOUS_UNITS = 10
_LEAST_TEMPERATURE = 0.1  # two actions of equal advantage are both taken


@dataclass(frozen=True)
class Rates:
    """How is learnt.

    Attributes:
        learning_rate: α.
        discount: γ.
        trace: λ.
        scale: κ.
        temperature: T; None for directed exploration.
        heat: η.
        curious_rate: The learning rate of what tells T.
        curious_discount: β.
    """

    learning_rate: float
    discount: float
    trace: float
    scale: float
    temperature: float | None = None
    heat: float = 1.0
    curious_rate: float = 0.005
    curious_discount: float = 0.0


class Curiosity:
    """Tells from an observation how much is to be tried, by how large the errors are.

    Args:
        seeds: One a run.
        n_inputs: Features of an observation.
        rates: Of learning.
    """

    def __init__(self, seeds: Sequence[int], n_inputs: int, rates: Rates) -> None:
        self._rates = rates
        n_in = _CURIOUS_UNITS * (n_inputs + 1)
        flat = first_weights([10**6 + seed for seed in seeds], n_in + _CURIOUS_UNITS + 1, 0.5)
        self._w = flat[:, :n_in].reshape(len(seeds), _CURIOUS_UNITS, n_inputs + 1)
        self._v = flat[:, n_in:].copy()
        self._v[:, -1] = 1.0

    def read(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        """Observations (runs, features) -> temperatures (runs,), and what `learn` needs."""
        if self._rates.temperature is not None:
            return np.full(len(x), self._rates.temperature), None
        h = sigmoid(np, (self._w[..., :-1] @ x[..., None])[..., 0] + self._w[..., -1])
        told = (h * self._v[:, :-1]).sum(axis=1) + self._v[:, -1]
        return np.maximum(told, _LEAST_TEMPERATURE), (x, h, told)

    def learn(self, kept: Any, errors: np.ndarray, after: np.ndarray) -> None:
        """From the errors E(t) and the temperatures after, (runs,), 0 at the end of an episode."""
        if kept is None:
            return
        x, h, told = kept
        wanted = self._rates.heat * np.abs(errors) + self._rates.curious_discount * after
        step = (self._rates.curious_rate * (wanted - told))[:, None]
        down = step * self._v[:, :-1] * h * (1 - h)
        self._v[:, :-1] += step * h
        self._v[:, -1:] += step
        self._w[..., :-1] += down[..., None] * x[:, None]
        self._w[..., -1] += down

    def alone(self, index: int, n: int) -> Curiosity:
        """As many with the weights of one run."""
        found = object.__new__(Curiosity)
        found._rates = self._rates
        found._w, found._v = (np.repeat(a[index : index + 1], n, 0) for a in (self._w, self._v))
        return found

    def state(self) -> State:
        """Weights."""
        return {"w": self._w, "v": self._v}

    def restore(self, state: State) -> None:
        """Goes on from a kept state."""
        self._w[...], self._v[...] = state["w"], state["v"]


def choose(advantages: np.ndarray, temperatures: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """By Boltzmann's rule.

    Args:
        advantages: Shape (runs, choices).
        temperatures: Shape (runs,).
        draws: Uniform in [0, 1), (runs,).

    Returns:
        Choices (runs,).

    Example:
        >>> choose(np.array([[0.0, 1.0]] * 2), np.array([0.01, 100.0]), np.array([0.3, 0.3]))
        array([1, 0])
    """
    x = advantages / temperatures[:, None]
    shares = np.exp(x - x.max(axis=1, keepdims=True)).cumsum(axis=1)
    return (shares < draws[:, None] * shares[:, -1:]).sum(axis=1)


class AdvantageLearner:
    """Runs side by side, each in a world of its own; a `lstmmusic.tasks._training.Learner`.

    Args:
        actor: Tells advantages.
        worlds: As many as the actor has runs.
        seeds: One a run.
        rates: Of learning.
        steps_per_round: Steps between two looks at the stopping rule.
        window_episodes: A run may stop when of so many episodes in a row
        least_right: this share ended as they should.
    """

    def __init__(
        self,
        actor: Actor,
        worlds: Worlds,
        seeds: Sequence[int],
        rates: Rates,
        steps_per_round: int,
        window_episodes: int,
        least_right: float,
    ) -> None:
        self.steps_per_round = steps_per_round
        self._actor, self._worlds, self._seeds, self._rates = actor, worlds, seeds, rates
        self._curiosity = Curiosity(seeds, worlds.n_features, rates)
        self._least_right = least_right
        n = len(seeds)
        self._right = np.zeros((n, window_episodes))  # of the last episodes
        self._lengths = np.zeros((n, window_episodes))
        self._episodes, self._length = np.zeros((2, n), np.int64)
        self._now: tuple[Any, Any, Any] | None = None
        self._seen = np.zeros((n, worlds.n_features))

    def learn(self, n_round: int, active: np.ndarray) -> tuple[np.ndarray, Metrics]:
        """One round; see `Learner`."""
        n_draws = self._worlds.n_draws
        draws = np.stack(
            [
                np.random.default_rng([seed, TRAINING, n_round]).random(
                    (self.steps_per_round + 1, 2 * n_draws + 1)
                )
                for seed in self._seeds
            ],
            axis=1,
        )
        if self._now is None:
            self._open(draws[-1])
        # A run whose weights grow without bound goes on, and is not solved.
        with np.errstate(over="ignore", invalid="ignore"):
            for drawn in draws[:-1]:
                self._step(drawn, active)
        full = self._episodes >= self._right.shape[1]
        right = self._right.mean(axis=1)
        met = full & (right >= self._least_right) & active
        lengths = self._lengths.sum(axis=1) / np.clip(self._episodes, 1, self._right.shape[1])
        return met, {"right": right, "episodes": self._episodes, "episode_steps": lengths}

    def _open(self, drawn: np.ndarray) -> None:
        """The first observation, and what is made of it."""
        n_draws = self._worlds.n_draws
        self._worlds.begin(np.ones(len(drawn), bool), drawn[:, 1 : 1 + n_draws])
        self._look(drawn)

    def _look(self, drawn: np.ndarray) -> None:
        self._seen = self._worlds.observe(drawn[:, 1 + self._worlds.n_draws :])
        self._now = (self._actor.read(self._seen), *self._curiosity.read(self._seen))

    def _step(self, drawn: np.ndarray, active: np.ndarray) -> None:
        """One action of each run, and what is learnt from it."""
        rates, actor, worlds = self._rates, self._actor, self._worlds
        assert self._now is not None
        advantages, temperatures, kept = self._now
        choices = choose(advantages, temperatures, drawn[:, 0])
        actor.follow(choices, rates.discount * rates.trace)
        turn = worlds.step(actor.act(choices))
        ends = turn.is_over | turn.is_cut
        self._length += 1
        value, taken = advantages.max(axis=1), advantages[np.arange(len(choices)), choices]
        traces = actor.traces
        if ends.any():
            # The traces of what has ended are needed once more, the new episode's start at 0.
            traces = actor.traces.copy()
            self._close(ends, turn.is_right)
            actor.forget(ends)
            worlds.begin(ends, drawn[:, 1 : 1 + worlds.n_draws])
        self._look(drawn)
        after, heat, _ = self._now
        next_value = np.where(turn.is_over, 0.0, after.max(axis=1))
        errors = value + (turn.reward + rates.discount * next_value - value) / rates.scale - taken
        errors = np.where(turn.is_cut | ~active, 0.0, errors)
        actor.weights += (rates.learning_rate * errors)[:, None] * traces
        self._curiosity.learn(kept, errors, np.where(turn.is_over, 0.0, heat))

    def _close(self, ends: np.ndarray, is_right: np.ndarray) -> None:
        """Writes down how episodes ended."""
        rows = np.flatnonzero(ends)
        column = self._episodes[rows] % self._right.shape[1]
        self._right[rows, column] = is_right[rows]
        self._lengths[rows, column] = self._length[rows]
        self._episodes[rows] += 1
        self._length[rows] = 0

    def state(self) -> State:
        """All that the next round depends on."""
        found = {
            "right": self._right,
            "lengths": self._lengths,
            "episodes": self._episodes,
            "length": self._length,
        }
        parts = {"actor": self._actor, "curiosity": self._curiosity, "worlds": self._worlds}
        for name, part in parts.items():
            found |= {f"{name}/{key}": values for key, values in part.state().items()}
        if self._now is not None:
            advantages, temperatures, kept = self._now
            now = (advantages, temperatures, *(kept or ()))
            found |= {f"now/{k}": values for k, values in enumerate(now)}
        return {name: np.ascontiguousarray(values) for name, values in found.items()}

    def restore(self, state: State) -> None:
        """Goes on from a kept state."""
        self._right, self._lengths = state["right"].copy(), state["lengths"].copy()
        self._episodes, self._length = state["episodes"].copy(), state["length"].copy()
        self._actor.restore(below("actor/", state))
        self._curiosity.restore(below("curiosity/", state))
        self._worlds.restore(below("worlds/", state))
        now = [state[f"now/{k}"].copy() for k in range(5) if f"now/{k}" in state]
        self._now = (now[0], now[1], tuple(now[2:]) or None) if now else None

    def solver(self, index: int) -> Solver:
        """What one run has learnt, weights frozen."""
        return Solver(self._actor, self._curiosity, index)


class Solver:
    """One run's policy: observations, which of them begin an episode, draws -> actions.

    Args:
        actor: Of many runs.
        curiosity: Of the same.
        index: Which run.
    """

    def __init__(self, actor: Actor, curiosity: Curiosity, index: int) -> None:
        self._of, self._curious_of, self._index = actor, curiosity, index
        self._n = 0
        self.actor: Actor = actor.alone(index, 1)

    def __call__(self, x: np.ndarray, begins: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """One step of many episodes.

        Args:
            x: Observations, (episodes, features).
            begins: Shape (episodes,).
            draws: Uniform in [0, 1), (episodes,).

        Returns:
            Actions (episodes,).
        """
        if len(x) != self._n:
            self._n = len(x)
            self.actor = self._of.alone(self._index, self._n)
            self._curiosity = self._curious_of.alone(self._index, self._n)
        if begins.any():
            self.actor.forget(begins)
        choices = choose(self.actor.read(x), self._curiosity.read(x)[0], draws)
        return self.actor.act(choices)
