"""Advantages learnt off line: a recurrent network, and episodes that were recorded before.

Nothing new is tried while it learns. Every update reads some recorded episodes from their
beginning, so that the cells are those of the weights as they are now, and asks of the choice that
was taken, K at step t, lasting s seconds,

    A(t, K) = V(t) + (R(t) - V(t)) / κ                       V(t) = max_a A(t, a)
    R(t) = r(t) + γ^s ((1 - λ') V(t+1) + λ' R(t+1))          λ' = λ where choice t+1 was the best

for what came after a choice that the network would not take says nothing of what is worth taking.
The gradient is full, the optimizer Adam.

References:
    Bakker (2002), Reinforcement learning with long short-term memory, NIPS 14 (advantages);
    Bakker, Zhumatiy, Gruener, Schmidhuber (2003), IROS (exploring on line, learning off line).
    Watkins (1989), Learning from delayed rewards, section 7 (where traces are cut).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lstmmusic.tasks._networks import Networks, layers_of
from lstmmusic.tasks._robot_events import N_CHOICES, Recorded
from lstmmusic.tasks._training import GradientLearner, Metrics, State
from lstmmusic.tasks._whole_episodes import Player
from lstmmusic.tasks.task import TRAINING


class Rates(NamedTuple):
    """What a choice is worth.

    Attributes:
        discount: γ, a second.
        trace: λ.
        scale: κ.
    """

    discount: float
    trace: float
    scale: float


class _Forgetful(Networks):
    """Networks whose cells are empty at every step: they know what they hear, and no more."""

    def __call__(self, inputs: Any, only: Any = None) -> Any:
        import tensorflow as tf

        shape = inputs.shape
        y = super().__call__(tf.reshape(inputs, (shape[0], -1, 1, shape[3])), only)
        return tf.reshape(y, (*shape[:3], -1))


class OffLineLearner(GradientLearner):
    """Networks side by side, each with episodes of its own; a `_training.Learner`.

    Args:
        recorded: Episodes of each network, all with as many choices; those that have fewer groups
            than others hear noughts.
        seeds: One a network.
        rates: What a choice is worth.
        settings: `units`, `forget_bias`, `batch`, `round_updates` and `learning_rate` are used.
        budget: Episodes that each may replay; all stop then.
        remembers: False: cells are emptied after every choice.
    """

    def __init__(
        self,
        recorded: Sequence[Recorded],
        seeds: Sequence[int],
        rates: Rates,
        settings: Any,
        budget: int,
        remembers: bool,
    ) -> None:
        n_features = max(episodes.x.shape[2] for episodes in recorded)
        columns = [
            layers_of(
                "peephole",
                seed,
                n_features,
                N_CHOICES,
                settings.units,
                forget_bias=settings.forget_bias,
            )
            for seed in seeds
        ]
        networks = (Networks if remembers else _Forgetful)(columns)
        nothing: Any = None
        super().__init__(
            networks,
            seeds,
            nothing,
            "squared",
            nothing,
            settings.batch,
            settings.round_updates,
            settings.learning_rate,
        )
        self._batch = settings.batch
        self._recorded, self._rates, self._remembers = recorded, rates, remembers
        self._n_rounds = max(budget // self.steps_per_round, 1)
        self._loss = _of_choices

    def learn(self, n_round: int, active: np.ndarray) -> tuple[np.ndarray, Metrics]:
        """One round; see `Learner`."""
        n = len(self._seeds)
        slow = 0.05 + 0.95 * (1 + np.cos(np.pi * n_round / self._n_rounds)) / 2
        paces = np.full((n, len(self._networks.parts)), slow, np.float32)
        total = np.zeros(n)
        for n_update in range(n_round * self._updates, (n_round + 1) * self._updates):
            drawn = [
                _drawn(episodes, np.random.default_rng([seed, TRAINING, n_update]), self._batch)
                for episodes, seed in zip(self._recorded, self._seeds, strict=True)
            ]
            episodes = Recorded(*(np.stack(part) for part in zip(*drawn, strict=True)))
            told = self._networks.predict(episodes.x)
            targets = advantages_of(episodes, told, self._rates)
            asked = np.arange(targets.shape[2]) < episodes.lengths[..., None]
            # What was not chosen has no target: nan would spoil the sum, so it is what is told.
            wanted = told.copy()
            np.put_along_axis(
                wanted[:, :, :-1], episodes.choices[..., None], targets[..., None], -1
            )
            asked = np.concatenate([asked, np.zeros((*asked.shape[:2], 1), bool)], axis=2)
            strings = (part.astype(np.float32) for part in (episodes.x, wanted, asked))
            total += np.asarray(self._update(*strings, active, paces)[1]) / self._updates
        is_over = n_round + 1 >= self._n_rounds
        return np.full(n, is_over) & active, {"loss": total}

    def state(self) -> State:
        """Weights and Adam's averages."""
        variables = [*self._networks.weights, *self._optimizer.variables]
        return {f"variable/{k}": np.asarray(variable) for k, variable in enumerate(variables)}

    def restore(self, state: State) -> None:
        """Goes on from a kept state."""
        for k, variable in enumerate([*self._networks.weights, *self._optimizer.variables]):
            variable.assign(state[f"variable/{k}"].reshape(variable.shape))

    def solver(self, index: int) -> Policy:
        """What one network has learnt, weights frozen."""
        hidden, head = (layer.trainable_variables for layer in self._networks.layers)
        found = {variable.name: np.asarray(variable, np.float64) for variable in hidden}
        found["head"], found["head_bias"] = (np.asarray(v, np.float64) for v in head)
        return Policy({name: w[index : index + 1] for name, w in found.items()}, self._remembers)


class Policy:
    """One network, a choice at a time, by NumPy.

    Args:
        weights: As `lstmmusic.tasks._whole_episodes.Player` wants them, of one network.
        remembers: False: cells are emptied after every choice.
    """

    def __init__(self, weights: dict[str, np.ndarray], remembers: bool) -> None:
        self._player, self._remembers = Player(weights), remembers
        self._units = weights["recurrent_kernel"].shape[1]

    def states(self, n: int) -> list[np.ndarray]:
        """Outputs and cells of n robots before anything is heard, each (n, units)."""
        return [np.zeros((n, self._units)), np.zeros((n, self._units))]

    def __call__(
        self, x: np.ndarray, states: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """What is heard (robots, features), states -> advantages (robots, choices), states."""
        y, c = states if self._remembers else self.states(len(x))
        told, y, c = self._player.step(x[None], y[None], c[None])
        return told[0], [y[0], c[0]]


def advantages_of(episodes: Recorded, told: np.ndarray, rates: Rates) -> np.ndarray:
    """What the choices that were taken are worth, by what is told of those after them.

    Args:
        episodes: Each field (..., as in `Recorded`).
        told: Advantages as the network has them, (..., choices + 1, kinds of choices).
        rates: γ, λ and κ.

    Returns:
        Shape (..., choices); beyond the end of an episode what does not matter.

    Example:
        >>> none, first = np.zeros((1, 2)), np.zeros((1, 2), int)
        >>> two_seconds, paid, length = none + 1, np.array([[0.0, 4.0]]), np.array([2])
        >>> episodes = Recorded(none, first, paid, two_seconds, length, np.array([False]))
        >>> advantages_of(episodes, np.zeros((1, 3, 2)), Rates(0.5, 1.0, 1.0)).tolist()
        [[2.0, 4.0]]
    """
    values = told.max(axis=-1)
    is_best = told[..., :-1, :].argmax(axis=-1) == episodes.choices
    discounts = rates.discount**episodes.seconds
    found = np.zeros(episodes.rewards.shape)
    ahead = np.zeros(values.shape[:-1])  # R(t+1), mixed with V(t+1)
    for t in reversed(range(told.shape[-2] - 1)):
        is_last = t == episodes.lengths - 1
        ahead = np.where(is_last, np.where(episodes.is_cut, values[..., t + 1], 0.0), ahead)
        reached = episodes.rewards[..., t] + discounts[..., t] * ahead
        found[..., t] = values[..., t] + (reached - values[..., t]) / rates.scale
        trace = rates.trace * is_best[..., t]
        ahead = (1 - trace) * values[..., t] + trace * reached
    return found


def _drawn(episodes: Recorded, rng: np.random.Generator, n: int) -> Recorded:
    """Some episodes by chance."""
    rows = rng.integers(len(episodes.lengths), size=n)
    return Recorded(*(part[rows] for part in episodes))


def _of_choices(targets: Any, outputs: Any, weights: Any) -> Any:
    """Half the squared error, a mean over the choices that are asked: (networks,)."""
    import tensorflow as tf

    errors = 0.5 * tf.reduce_sum((outputs - targets) ** 2, axis=-1)
    asked = tf.maximum(tf.reduce_sum(weights, (1, 2)), 1.0)
    return tf.reduce_sum(errors * weights, (1, 2)) / asked
