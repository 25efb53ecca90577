"""Guessing weights: drawn anew until all training strings are right, and never changed.

The network is the published A2 without links of hidden units to themselves: each of ten hidden
units sees the inputs, the output of the step before and a bias, the output sees hidden units,
inputs and a bias; all are logistic.

References:
    Hochreiter, Schmidhuber (1996), "LSTM can solve hard long time lag problems", NIPS 9.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstmmusic.step import sigmoid
from lstmmusic.tasks._answers import errors_of
from lstmmusic.tasks._training import Metrics, State
from lstmmusic.tasks.task import TRAINING, Strings

GUESSING = "guessing"  # the variant
_HIDDEN = 10
_RANGE = 100.0
_FIRST_STRINGS = 8  # who is wrong on one of these is not asked the others


def n_weights(n_inputs: int) -> int:
    """Of such a network: those of ten hidden units, then those of the output."""
    return _HIDDEN * (n_inputs + 2) + n_inputs + 1 + _HIDDEN


def guessed_outputs(weights: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """What networks of these weights answer.

    Args:
        weights: Shape (networks, weights): each hidden unit's from inputs, output and bias, then
            the output's from inputs, bias and hidden units.
        inputs: Shape (batch, time, inputs).

    Returns:
        Shape (networks, batch, time, 1).
    """
    batch, n_steps, n_inputs = inputs.shape
    n, n_hidden = len(weights), _HIDDEN * (n_inputs + 2)
    hidden = weights[:, :n_hidden].reshape(n, _HIDDEN, n_inputs + 2)
    from_x, from_output, bias = np.split(hidden, (n_inputs, n_inputs + 1), axis=2)
    top = weights[:, None, n_hidden:]
    top_x, top_bias, top_h = np.split(top, (n_inputs, n_inputs + 1), axis=2)
    output = np.zeros((n, 1, batch))
    found = np.empty((n_steps, n, batch))
    for t in range(n_steps):
        x = inputs[:, t].T
        h = sigmoid(np, from_x @ x + from_output * output + bias)
        output = sigmoid(np, top_x @ x + top_h @ h + top_bias)
        found[t] = output[:, 0]
    return np.moveaxis(found, 0, 2)[..., None]


class GuessingLearner:
    """Draws networks until one has all training strings right.

    Args:
        seeds: One a network.
        strings: Training strings of each seed; a step of the budget is a guess.
        right_below: An answer is right when its error is less.
        guesses_per_round: Networks that are drawn at once.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        strings: Sequence[Strings],
        right_below: float,
        guesses_per_round: int,
    ) -> None:
        self.steps_per_round = guesses_per_round
        self._seeds, self._strings, self._right_below = seeds, strings, right_below
        self._weights = np.zeros((len(seeds), n_weights(strings[0].inputs.shape[2])))

    def learn(self, n_round: int, active: np.ndarray) -> tuple[np.ndarray, Metrics]:
        """One round; see `Learner`."""
        met, right = np.zeros(len(active), bool), np.zeros(len(active))
        for k in np.flatnonzero(active).tolist():
            rng = np.random.default_rng([self._seeds[k], TRAINING, n_round])
            drawn = rng.uniform(-_RANGE, _RANGE, (self.steps_per_round, self._weights.shape[1]))
            first = Strings(*(part[:_FIRST_STRINGS] for part in self._strings[k]))
            shares = self._right(drawn, first)
            kept = drawn[shares == 1]
            if len(kept):
                shares = self._right(kept, self._strings[k])
            right[k] = shares.max()
            if right[k] == 1:
                self._weights[k], met[k] = kept[shares.argmax()], True
        return met, {"train_right": right}

    def _right(self, weights: np.ndarray, strings: Strings) -> np.ndarray:
        """Share of the strings that each has right, (networks,)."""
        outputs = guessed_outputs(weights, strings.inputs)
        errors = np.stack([errors_of(strings, found) for found in outputs])
        return (errors < self._right_below).mean(axis=1)

    def state(self) -> State:
        """What was guessed right."""
        return {"weights": self._weights}

    def restore(self, state: State) -> None:
        """Goes on from a kept state."""
        self._weights = state["weights"].copy()

    def solver(self, index: int) -> GuessedSolver:
        """Inputs (batch, time, features) -> outputs (batch, time, outputs)."""
        return GuessedSolver(self._weights[index])


class GuessedSolver:
    """One network as the success tests take it.

    Args:
        weights: As `guessed_outputs`, of one.
    """

    def __init__(self, weights: np.ndarray) -> None:
        self._weights = weights.copy()

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Inputs (batch, time, features) -> outputs (batch, time, 1)."""
        return guessed_outputs(self._weights[None], inputs)[0]
