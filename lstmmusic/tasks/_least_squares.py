"""Learning by damped least squares: what fits small networks to a whole stream, to the last digit.

A network of a few hundred weights that has to keep time for thousands of steps needs its frequency
right to one part in ten thousand. Gradient descent gets there slowly; the Gauss-Newton step, which
knows how every output depends on every weight, in tens of steps:

    δ = -(JᵀJ / n + λ 1)⁻¹ Jᵀ r / n,        r = w (y - d),  J = ∂r/∂θ

λ is chosen anew at every step, as what lowers the error most of a few. How the outputs depend on
the weights is carried forward in time (`_slopes`), in double precision.

The lesson grows with the learner: a network goes on to the next level when all it was asked at its
own is right, and stops when after one of the last levels it does other data as well. One that stays
at a level for long begins anew, with other first weights: what a bad start comes to is seen early,
and by training data alone.

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
from lstmmusic.tasks._slopes import slopes
from lstmmusic.tasks._training import Metrics, State, train
from lstmmusic.tasks._twins import Twins, TwinSolver
from lstmmusic.tasks.task import WEIGHTS, Job, Strings, Trained

_DAMPINGS = 10.0 ** np.arange(-2, 4)  # tried at every step, in units of the last that did best
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-2, 1e-12, 1e6
_PATIENCE = 45  # steps at a level, before a network begins anew
_LAST_PATIENCE = 150  # the same at the last levels


class Lesson(Protocol):
    """What is learnt, level by level."""

    n_levels: int
    last_levels: int  # so many of them may be the last

    def strings(self, index: int, level: int) -> Strings:
        """What network `index` learns from at a level."""
        ...

    def is_learnt(self, level: int, strings: Strings, outputs: np.ndarray) -> bool:
        """True where it may go on to the next level, and from the last ones to `is_valid`."""
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
        is_late = level > last - self._lesson.last_levels
        if self._lesson.is_learnt(level, strings, outputs):
            if is_late and self._lesson.is_valid(k, TwinSolver(self._twins, before)):
                self._weights[k] = before
                return loss, True
            if level < last:
                self._level[k], self._waited[k] = level + 1, 0
                self._damping[k] = np.clip(self._damping[k], 1e-4, _FIRST_DAMPING)
        if self._waited[k] >= (_LAST_PATIENCE if is_late else _PATIENCE):
            self._starts[k] += 1
            self._weights[k] = Twins.flat(*self._make(k, int(self._starts[k])))
            self._level[k], self._waited[k], self._damping[k] = 0, 0, _FIRST_DAMPING
        return loss, False

    def _descend(self, k: int, strings: Strings) -> tuple[np.ndarray, float]:
        """Takes the best of a few steps; returns the outputs before it, and the error after it."""
        asked = strings.weights > 0
        w = np.sqrt(strings.weights[asked] / strings.weights.sum())[:, None]
        right = strings.targets[asked]
        here = self._weights[k]
        outputs, change = slopes(self._twins, here, strings.inputs)
        r = (w * (outputs[asked] - right)).ravel()
        jacobian = (w * change[:, asked]).reshape(len(here), -1)
        loss = float(r @ r)
        # (J Jᵀ + λ)⁻¹ J r = J (Jᵀ J + λ)⁻¹ r: the smaller of the two is worked with.
        is_short = len(r) < len(here)
        square = jacobian.T @ jacobian if is_short else jacobian @ jacobian.T
        if np.isfinite(square).all() and np.isfinite(loss):
            values, vectors = np.linalg.eigh(square)
            along = vectors.T @ (r if is_short else jacobian @ r)
            dampings = self._damping[k] * _DAMPINGS
            moves = (along / (np.maximum(values, 0) + dampings[:, None])) @ vectors.T
            found = here - (moves @ jacobian.T if is_short else moves)
            answers = self._twins(found, strings.inputs)
            losses = ((w * (answers[:, asked] - right)) ** 2).sum(axis=(1, 2))
            losses = np.where(np.isfinite(losses), losses, np.inf)
            best = int(losses.argmin())
            if losses[best] < loss:
                self._weights[k] = found[best]
                self._damping[k] = max(dampings[best], _LEAST_DAMPING)
                return outputs, float(losses[best])
        self._damping[k] = min(1e3 * self._damping[k], _MOST_DAMPING)
        return outputs, loss

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
