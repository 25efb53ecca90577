"""Learning by damped least squares: what fits small networks to a whole stream, to the last digit.

A network of a few hundred weights that has to keep time for thousands of steps needs its frequency
right to one part in ten thousand. Gradient descent gets there slowly; the Gauss-Newton step, which
knows how every output depends on every weight, in tens of steps:

    δ = -(JᵀJ / n + λ 1)⁻¹ Jᵀ r / n,        r = w (y - d),  J = ∂r/∂θ

λ is chosen anew at every step, as what lowers the error most of a few. How the outputs depend on
the weights is found by moving each a little, all at once, side by side, in double precision.

The lesson grows with the learner: a network goes on to the next level when all it was asked at its
own is right. One that stays at a level for long begins anew, with other first weights: what a bad
start comes to is seen early, and by training data alone.

References:
    Marquardt (1963), Journal of the Society for Industrial and Applied Mathematics 11(2).
    Perez-Ortiz, Gers, Eck, Schmidhuber (2003), Neural Networks 16(2): second-order learning of
    LSTM, by the Kalman filter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from lstmmusic.tasks._networks import layers_of
from lstmmusic.tasks._training import Metrics, State, train
from lstmmusic.tasks._twins import Twins, TwinSolver
from lstmmusic.tasks.task import WEIGHTS, Job, Strings, Trained

_DISTANCE = 1e-6  # that a weight is moved by, in double precision
_DAMPINGS = 10.0 ** np.arange(-2, 4)  # tried at every step, in units of the last that did best
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-2, 1e-12, 1e6
_PATIENCE = 45  # steps at a level, before a network begins anew
_LAST_PATIENCE = 200  # the same at the last


class Lesson(Protocol):
    """What is learnt, level by level."""

    n_levels: int

    def strings(self, index: int, level: int) -> Strings:
        """What network `index` learns from at a level."""
        ...

    def is_learnt(self, level: int, strings: Strings, outputs: np.ndarray) -> bool:
        """True where it may go on to the next level, or from the last to `is_valid`."""
        ...

    def is_valid(self, index: int, predict: Callable[[np.ndarray], np.ndarray]) -> bool:
        """True where it may stop, by data other than the test's."""
        ...


def train_lesson(
    job: Job, lesson: Lesson, longest_steps: int, n_outputs: int = 1, starts: bool = False
) -> list[Trained]:
    """Trains a network a seed on a lesson.

    Args:
        job: Its settings have `units`.
        lesson: What they learn, of one input.
        longest_steps: Cells forget over all lengths up to this, at first.
        n_outputs: Of the network.
        starts: True where the state before the first step is learnt, too.
    """

    def make(k: int, start: int) -> tuple[Any, Any]:
        rng = np.random.default_rng([job.seeds[k], WEIGHTS, start])
        units = job.settings.units
        forget_bias = np.log(rng.uniform(1, longest_steps, units)).tolist()
        layer, head = layers_of(
            job.variant,
            int(rng.integers(2**31)),
            1,
            n_outputs,
            units,
            forget_bias=forget_bias,
            input_bias=-1.0,
            learn_initial_state=starts,
            dtype="float64",
        )
        for weight, size in zip(getattr(layer, "initial_weights", ()), (0.1, 0.5), strict=False):
            weight.assign(size * rng.normal(size=units))
        return layer, head

    return train(LeastSquaresLearner(make, len(job.seeds), lesson), job)


class LeastSquaresLearner:
    """Networks that take one damped least-squares step a round, each at its own level.

    Args:
        make: Index of the network, how often it has begun anew -> its two layers, as `Twins` wants
            them.
        n: Networks.
        lesson: What they learn.
    """

    steps_per_round = 1

    def __init__(self, make: Callable[[int, int], tuple[Any, Any]], n: int, lesson: Lesson) -> None:
        columns = [make(k, 0) for k in range(n)]
        self._twins, self._lesson, self._make = Twins(*columns[0]), lesson, make
        self._weights = np.stack([Twins.flat(*column) for column in columns])
        self._damping = np.full(n, _FIRST_DAMPING)
        self._level, self._waited, self._starts = np.zeros((3, n), np.int64)

    def learn(self, n_round: int, active: np.ndarray) -> tuple[np.ndarray, Metrics]:
        """One step; see `Learner`."""
        stopped, losses = np.zeros(len(active), bool), np.zeros(len(active))
        for k in np.flatnonzero(active).tolist():
            losses[k], stopped[k] = self._step(k)
        return stopped, {"loss": losses, "level": self._level.astype(float)}

    def _step(self, k: int) -> tuple[float, bool]:
        level, last = int(self._level[k]), self._lesson.n_levels - 1
        strings = self._lesson.strings(k, level)
        before = self._weights[k].copy()
        outputs, loss = self._descend(k, strings)
        self._waited[k] += 1
        if self._lesson.is_learnt(level, strings, outputs):
            if level < last:
                self._level[k], self._waited[k] = level + 1, 0
                self._damping[k] = np.clip(self._damping[k], 1e-4, _FIRST_DAMPING)
            elif self._lesson.is_valid(k, TwinSolver(self._twins, before)):
                self._weights[k] = before
                return loss, True
        if self._waited[k] >= (_PATIENCE if level < last else _LAST_PATIENCE):
            self._starts[k] += 1
            self._weights[k] = Twins.flat(*self._make(k, int(self._starts[k])))
            self._level[k], self._waited[k], self._damping[k] = 0, 0, _FIRST_DAMPING
        return loss, False

    def _descend(self, k: int, strings: Strings) -> tuple[np.ndarray, float]:
        """Takes the best of a few steps; returns the outputs before it, and the error after it."""
        w = np.sqrt(strings.weights / strings.weights.sum())[..., None]
        here = self._weights[k]
        outputs, slopes = self._slopes(here, strings.inputs)
        r = (w * (outputs - strings.targets)).ravel()
        jacobian = (w * slopes).reshape(len(here), -1)
        square, gradient = jacobian @ jacobian.T, jacobian @ r
        loss = float(r @ r)
        found = []
        if np.isfinite(square).all() and np.isfinite(loss):
            values, vectors = np.linalg.eigh(square)
            along = vectors.T @ gradient
            dampings = self._damping[k] * _DAMPINGS
            scaled = along / (np.maximum(values, 0) + dampings[:, None])
            found = here - scaled @ vectors.T
            answers = self._twins(found, strings.inputs)
            losses = ((w * (answers - strings.targets)) ** 2).sum(axis=(1, 2, 3))
            losses = np.where(np.isfinite(losses), losses, np.inf)
            best = int(losses.argmin())
            if losses[best] < loss:
                self._weights[k] = found[best]
                self._damping[k] = max(dampings[best], _LEAST_DAMPING)
                return outputs, float(losses[best])
        self._damping[k] = min(1e3 * self._damping[k], _MOST_DAMPING)
        return outputs, loss

    def _slopes(self, weights: np.ndarray, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Outputs (batch, time, outputs), and how they depend on each weight, (weights, ...)."""
        moved = np.concatenate([weights[None], weights + _DISTANCE * np.eye(len(weights))])
        found = self._twins(moved, inputs)
        return found[0], (found[1:] - found[0]) / _DISTANCE

    def state(self) -> State:
        """Weights, and where each network is."""
        return {
            "weights": self._weights,
            "damping": self._damping,
            "level": self._level,
            "waited": self._waited,
            "starts": self._starts,
        }

    def restore(self, state: State) -> None:
        """Goes on from a kept state."""
        self._weights, self._damping = state["weights"].copy(), state["damping"].copy()
        self._level, self._waited = state["level"].copy(), state["waited"].copy()
        self._starts = state["starts"].copy()

    def solver(self, index: int) -> Any:
        """Inputs (batch, time, features) -> outputs (batch, time, outputs)."""
        return TwinSolver(self._twins, self._weights[index].copy())
