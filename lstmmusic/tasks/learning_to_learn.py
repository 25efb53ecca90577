"""Learning to learn: a network with frozen weights learns a new function from examples.

Its weights hold a learning algorithm, its cells what has been learnt so far. At every step it gets
an input and the target of the step before, and answers what the function makes of the input.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstmmusic.tasks.task import (
    TEST,
    Job,
    Preset,
    Published,
    Task,
    Trained,
    Verdict,
    check_choice,
    check_whole,
)

LOW, HIGH = 0.2, 0.8  # all targets lie within
FAMILIES = ("boolean", "semilinear", "quadratic")
_MIDDLE, _HALF = (LOW + HIGH) / 2, (HIGH - LOW) / 2


def draw_functions(
    rng: np.random.Generator, family: str, n_functions: int, n_examples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Examples of functions of two arguments, each function drawn anew.

    * `boolean`: one of the 16; arguments are -1 or 1.
    * `semilinear`: ½ (1 + tanh(w₁x₁ + w₂x₂ + w₃)), stretched from [0, 1] to [0.2, 0.8].
    * `quadratic`: a x₁² + b x₂² + c x₁x₂ + d x₁ + e x₂ + f, stretched so that its least value on
      the square is 0.2 and its greatest 0.8.

    Parameters, and arguments that are not Boolean, are uniform in [-1, 1].

    Args:
        rng: Where they come from.
        family: One of `FAMILIES`.
        n_functions: How many.
        n_examples: Of each.

    Returns:
        Arguments (functions, examples, 2) and values in [0.2, 0.8], (functions, examples).

    Example:
        >>> x, y = draw_functions(np.random.default_rng(0), "boolean", 3, 8)
        >>> x.shape, sorted(set(y.ravel().round(1).tolist()))
        ((3, 8, 2), [0.2, 0.8])

    References:
        Hochreiter, Younger, Conwell (2001), Learning to learn using gradient descent, ICANN.
    """
    check_choice("family", family, FAMILIES)
    if family == "boolean":
        x = rng.choice([-1.0, 1.0], size=(n_functions, n_examples, 2))
        values = rng.choice([LOW, HIGH], size=(n_functions, 4))
        return x, np.take_along_axis(values, combination_of(x), axis=1)
    x = rng.uniform(-1, 1, size=(n_functions, n_examples, 2))
    if family == "semilinear":
        w = rng.uniform(-1, 1, size=(n_functions, 1, 3))
        net = (w[..., :2] * x).sum(axis=-1) + w[..., 2]
        return x, _MIDDLE + _HALF * np.tanh(net)
    w = rng.uniform(-1, 1, size=(n_functions, 6))
    least, greatest = _range_on_the_square(w)
    raw = (monomials(x) * w[:, None]).sum(axis=-1)
    return x, LOW + (HIGH - LOW) * (raw - least[:, None]) / (greatest - least)[:, None]


def combination_of(x: np.ndarray) -> np.ndarray:
    """Which of the four combinations of signs: (..., 2) -> (...), 0 to 3."""
    return 2 * (x[..., 0] > 0) + (x[..., 1] > 0)


def monomials(x: np.ndarray) -> np.ndarray:
    """x₁², x₂², x₁x₂, x₁, x₂, 1: (..., 2) -> (..., 6)."""
    x1, x2 = x[..., 0], x[..., 1]
    return np.stack([x1**2, x2**2, x1 * x2, x1, x2, np.ones_like(x1)], axis=-1)


def _range_on_the_square(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest value of quadratic functions (functions, 6) on the square, exact.

    They lie at a corner, where an edge is level, or where both slopes are zero.
    """
    a, b, c, d, e, _ = w.T
    ends = (-1.0, 1.0)
    points = [np.full((len(w), 2), (x1, x2)) for x1 in ends for x2 in ends]
    for end in ends:
        points.append(np.stack([np.full(len(w), end), -(e + c * end) / (2 * b)], axis=1))
        points.append(np.stack([-(d + c * end) / (2 * a), np.full(len(w), end)], axis=1))
    across = 4 * a * b - c**2
    points.append(np.stack([c * e - 2 * b * d, c * d - 2 * a * e], axis=1) / across[:, None])
    x = np.stack(points, axis=1)
    values = (monomials(np.clip(x, -1, 1)) * w[:, None]).sum(axis=-1)
    # A point outside the square, pulled onto its border, is still a point of it.
    return values.min(axis=1), values.max(axis=1)


def told_before(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """What a network hears: x now and y of the example before, stretched to [-1, 1]; 0 at first.

    Args:
        x: Shape (functions, examples, 2).
        y: Shape (functions, examples).

    Returns:
        Shape (functions, examples, 3).
    """
    before = np.zeros((*y.shape, 1))
    before[:, 1:, 0] = (y[:, :-1] - _MIDDLE) / _HALF
    return np.concatenate([x, before], axis=-1)


@dataclass(frozen=True)
class LearningSettings:
    """Functions and networks.

    Attributes:
        family: Of `draw_functions`.
        units: Of the hidden layer.
        examples: Of a function that is learnt.
        counts: After so many examples the error is told.
        forget_bias: Where the biases of forget gates start.
        heard_scale: First weights from what is heard are so many times Glorot's: what a network
            has to find are products of it, which small weights show late.
        batch_functions: Functions of an update, all new.
        round_updates: Updates between two looks at the budget.
        learning_rate: Of Adam at its greatest.
        warm_share: In this share of the budget learning gets faster, then slower, along a cosine.
        test_functions: Unseen ones of the success test.
        most_error: So large may the mean squared error be
        asked_count: after so many examples.
    """

    family: str
    units: int = 64
    examples: int = 64
    counts: tuple[int, ...] = (5, 10, 20, 30, 64)
    forget_bias: float = 3.0
    heard_scale: float = 6.0
    batch_functions: int = 64
    round_updates: int = 100
    learning_rate: float = 0.01
    warm_share: float = 0.02
    test_functions: int = 1000
    most_error: float = 1e-3
    asked_count: int = 30

    def __post_init__(self) -> None:
        check_choice("family", self.family, FAMILIES)
        for name in ("units", "batch_functions", "round_updates", "test_functions"):
            check_whole(name, getattr(self, name), least=1)
        check_whole("examples", self.examples, least=max(*self.counts, self.asked_count))


def _train(job: Job) -> list[Trained]:
    from lstmmusic.tasks import _networks, _training

    settings: LearningSettings = job.settings

    def draw(k: int, rng: np.random.Generator, n: int) -> _training.Strings:
        x, y = draw_functions(rng, settings.family, n, settings.examples + 1)
        return _training.Strings(told_before(x, y), y[..., None], np.ones(y.shape))

    columns = [
        _networks.layers_of(
            job.variant, seed, 3, 1, settings.units, forget_bias=settings.forget_bias
        )
        for seed in job.seeds
    ]
    for hidden, _ in columns:
        kernel = next(w for w in hidden.trainable_variables if w.name == "kernel")
        kernel.assign(settings.heard_scale * kernel)
    networks = _networks.Networks(columns)
    learner = _training.GradientLearner(
        networks,
        job.seeds,
        draw,
        "squared",
        _Schedule(len(job.seeds), settings, job.budget),
        settings.batch_functions,
        settings.round_updates,
        settings.learning_rate,
    )
    found = _training.train(learner, job)
    return [trained._replace(solver=FrozenNetwork(networks, k)) for k, trained in enumerate(found)]


class FrozenNetwork:
    """One network after training, as the success test takes it.

    Args:
        networks: `lstmmusic.tasks._networks.Networks`.
        index: Which of them.
    """

    def __init__(self, networks: Any, index: int) -> None:
        self._networks, self._index = networks, index
        self._solve = networks.solver(index)

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Inputs (functions, examples, 3) -> answers (functions, examples, 1)."""
        return self._solve(inputs)

    def layer(self) -> Any:
        """The hidden layer, to look inside."""
        hidden = self._networks.layers[0]
        hidden.write_back()
        return hidden.copies[self._index]


class _Schedule:
    """Stops all networks when the budget is used up; how fast they learn until then."""

    def __init__(self, n: int, settings: LearningSettings, budget: int) -> None:
        per_round = settings.batch_functions * settings.round_updates
        self._n, self._rounds, self._warm = n, max(budget // per_round, 1), settings.warm_share
        self._round = np.zeros(1)

    def seen(self, index: int, strings: Any, outputs: np.ndarray) -> None:
        pass

    def met(self, predict: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        self._round = self._round + 1
        return np.full(self._n, bool(self._round[0] >= self._rounds)), {}

    def paces(self) -> np.ndarray:
        share = self._round[0] / self._rounds
        warm = min(1.0, (share + 1 / self._rounds) / max(self._warm, 1e-9))
        return np.full(self._n, warm * (0.5 + 0.5 * np.cos(np.pi * share)))

    def state(self) -> dict[str, np.ndarray]:
        return {"round": self._round}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self._round = state["round"].copy()


def _test(settings: LearningSettings, seed: int, solver: Any) -> Verdict:
    """The error after so many examples, beside what learns by itself from the same ones."""
    rng = np.random.default_rng([seed, TEST])
    n_steps = settings.examples + 1
    x, y = draw_functions(rng, settings.family, settings.test_functions, n_steps)
    found = {
        "mse": (solver(told_before(x, y))[..., 0].astype(np.float64) - y) ** 2,
        "backprop": _best_backprop(settings.family, x, y),
        "rls": least_squares_errors(x, y),
    }
    measured = {
        f"{name}_{count}": float(errors[:, count].mean())
        for name, errors in found.items()
        for count in settings.counts
    }
    asked = float(found["mse"][:, settings.asked_count].mean())
    measured["error_asked"] = asked
    is_below = all(measured[f"mse_{k}"] < measured[f"backprop_{k}"] for k in settings.counts)
    return Verdict(asked <= settings.most_error and is_below, measured)


def backprop_errors(x: np.ndarray, y: np.ndarray, rates: np.ndarray, seed: int) -> np.ndarray:
    """What a feed-forward network errs by that learns a function by backpropagation.

    It has ten tanh units and a linear output, and begins anew, at 0.5, with every function; it
    answers an example, then takes one step down its squared error.

    Args:
        x: Arguments, (functions, examples, 2).
        y: Values, (functions, examples).
        rates: Learning rates, (rates,).
        seed: Of the first weights.

    Returns:
        Squared errors before learning from the example, (rates, functions, examples).
    """
    units = 10
    n, n_steps = y.shape
    w = np.random.default_rng(seed).normal(size=(n, units, 3))
    w = np.repeat(w[None], len(rates), axis=0)
    v = np.zeros((len(rates), n, units + 1))
    v[..., -1] = _MIDDLE
    errors = np.empty((len(rates), n, n_steps))
    with np.errstate(over="ignore", invalid="ignore"):  # a rate that is too high ends in nan
        for t in range(n_steps):
            seen = np.concatenate([x[:, t], np.ones((n, 1))], axis=-1)
            h = np.tanh((w @ seen[..., None])[..., 0])
            delta = (h * v[..., :-1]).sum(axis=-1) + v[..., -1] - y[:, t]
            errors[..., t] = delta**2
            step = rates[:, None] * delta
            w -= (step[..., None] * v[..., :-1] * (1 - h**2))[..., None] * seen[:, None]
            v[..., :-1] -= step[..., None] * h
            v[..., -1] -= step
    return errors


def _best_backprop(family: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """At every count the rate that is best there for other functions: (functions, examples)."""
    best = _best_rates(family, y.shape[1])
    tried = np.unique(best)
    errors = backprop_errors(x, y, _RATES[tried], _RATES_SEED + 1)
    return np.take_along_axis(errors, np.searchsorted(tried, best)[None, None], axis=0)[0]


@functools.cache
def _best_rates(family: str, n_examples: int) -> np.ndarray:
    """Which of `_RATES` is best at each count, on functions that serve for nothing else."""
    x, y = draw_functions(np.random.default_rng(_RATES_SEED), family, 500, n_examples)
    errors = backprop_errors(x, y, _RATES, _RATES_SEED)
    return np.where(np.isnan(errors), np.inf, errors).mean(axis=1).argmin(axis=0)


_RATES, _RATES_SEED = 2.0 ** np.arange(-7, 2), 10**6


def least_squares_errors(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """What recursive least squares on the six monomials errs by, from nothing known but 0.5.

    Args:
        x: Arguments, (functions, examples, 2).
        y: Values, (functions, examples).

    Returns:
        Squared errors before learning from the example, (functions, examples): nothing after the
        sixth example of a quadratic function.
    """
    n, n_steps = y.shape
    w = np.zeros((n, 6))
    p = np.repeat(1e4 * np.eye(6)[None], n, axis=0)
    errors = np.empty((n, n_steps))
    for t, phi in enumerate(monomials(x).transpose(1, 0, 2)):
        delta = y[:, t] - _MIDDLE - (w * phi).sum(axis=1)
        errors[:, t] = delta**2
        seen = (p @ phi[..., None])[..., 0]
        gain = seen / (1 + (phi * seen).sum(axis=1))[:, None]
        w += gain * delta[:, None]
        p -= gain[..., None] * seen[:, None]
    return errors


def _oracle(settings: LearningSettings) -> Callable[[np.ndarray], np.ndarray]:
    """Knows the family: answers the mean of what may still be, taken as a normal distribution.

    The families are linear in something: the values of four combinations, tanh⁻¹ of a sum, or six
    monomials.
    """
    family = settings.family

    def features(x: np.ndarray) -> np.ndarray:
        if family == "boolean":
            return np.eye(4)[combination_of(x)]
        return monomials(x)[..., 3:] if family == "semilinear" else monomials(x)

    def straight(y: np.ndarray) -> np.ndarray:
        scaled = (y - _MIDDLE) / _HALF
        return np.arctanh(np.clip(scaled, -0.999, 0.999)) if family == "semilinear" else scaled

    x, y = draw_functions(np.random.default_rng(10**6), family, 500, 64)
    known = [
        np.linalg.lstsq(a, b, rcond=None)[0] for a, b in zip(features(x), straight(y), strict=True)
    ]
    mean, spread = np.mean(known, axis=0), np.cov(np.transpose(known))

    def solve(inputs: np.ndarray) -> np.ndarray:
        x, before = inputs[..., :2].astype(np.float64), inputs[..., 2]
        phi, told = features(x), straight(_MIDDLE + _HALF * before)
        w = np.repeat(mean[None], len(x), axis=0)
        p = np.repeat(spread[None], len(x), axis=0)
        answers = np.empty(before.shape)
        for t in range(before.shape[1]):
            if t > 0:
                last = phi[:, t - 1]
                seen = (p @ last[..., None])[..., 0]
                gain = seen / (1e-6 + (last * seen).sum(axis=1))[:, None]
                w += gain * (told[:, t] - (w * last).sum(axis=1))[:, None]
                p -= gain[..., None] * seen[:, None]
            answer = (w * phi[:, t]).sum(axis=1)
            answers[:, t] = np.tanh(answer) if family == "semilinear" else answer
        return (_MIDDLE + _HALF * answers)[..., None]

    return solve


_ABOUT = {
    "boolean": "Boolean functions of two arguments, each of the 16 as often",
    "semilinear": "Semi-linear functions of two arguments, ½ (1 + tanh(w₁x₁ + w₂x₂ + w₃))",
    "quadratic": "Quadratic functions of two arguments, six parameters drawn anew for each",
}


def _task(
    family: str,
    title: str,
    published: Published,
    quick: Preset,
    full: LearningSettings,
    budget: int,
) -> Task:
    return Task(
        name=f"metalearner_{family}",
        title=title,
        family="learning_to_learn",
        tags=("learning to learn", "2001"),
        about=(
            f"{_ABOUT[family]}, with values in [{LOW}, {HIGH}]. At every step a network hears two "
            "arguments and the value of the step before, and is to tell the value of this one. "
            "What it learns of a function is in its cells alone: its weights are frozen when it is "
            "tested, and every training function is new. Training stops when the budget is gone. "
            f"Success: on {full.test_functions} unseen functions the mean squared error after "
            f"{full.asked_count} examples is at most {full.most_error:g} (`quick`: "
            f"{quick.settings.most_error:g}), and after {', '.join(map(str, full.counts))} it is "
            "below that of a feed-forward network that learns by backpropagation, with the "
            "learning rate that is best at that count on other functions. Recursive least squares "
            "on the six monomials is told as well."
        ),
        published=(published,),
        presets={"quick": quick, "paper": Preset("paper", full, budget)},
        tiny=Preset(
            "tiny",
            LearningSettings(
                family,
                units=3,
                batch_functions=2,
                round_updates=2,
                test_functions=40,
            ),
            budget=8,
        ),
        variants=("peephole", "no_peepholes", "no_forget", "keras_lstm", "rnn"),
        step_unit="training functions",
        train=_train,
        test=_test,
        oracle=_oracle,
    )


def _published(unit: str, network: str, doubt: str = "") -> Published:
    source = "Hochreiter, Younger, Conwell (2001), Learning to learn using gradient descent"
    return Published(30, unit, network, source, doubt=doubt)


TASKS = (
    _task(
        "boolean",
        "Learning to learn Boolean functions",
        _published(
            "examples or fewer (said of the hard families; here there is no figure)",
            "LSTM, frozen weights",
            "the same network has no figure for Boolean functions that we have read",
        ),
        Preset(
            "quick",
            LearningSettings(
                "boolean", units=48, batch_functions=32, learning_rate=0.02, heard_scale=2.0
            ),
            32 * 1500,
            bar="a mean squared error of 0.001 after 30 examples, below backpropagation at every "
            "count, of 2 in 3 networks",
        ),
        LearningSettings("boolean", heard_scale=1.0),
        64 * 4000,
    ),
    _task(
        "semilinear",
        "Learning to learn semi-linear functions",
        _published(
            "examples or fewer (said of the hard families; no figure of error was found)",
            "LSTM, frozen weights",
            "read in words alone",
        ),
        Preset(
            "quick",
            LearningSettings(
                "semilinear", units=48, batch_functions=32, learning_rate=0.02, most_error=2e-3
            ),
            32 * 2000,
            bar="a mean squared error of 0.002 after 30 examples, below backpropagation at every "
            "count, of 2 in 3 networks",
        ),
        LearningSettings("semilinear", learning_rate=0.02),
        64 * 3000,
    ),
    _task(
        "quadratic",
        "Learning to learn quadratic functions",
        _published(
            "examples until a new function is learnt",
            "LSTM of about 5,000 weights, frozen",
            "the paper's errors are not known to us",
        ),
        Preset(
            "quick",
            LearningSettings(
                "quadratic", units=48, batch_functions=32, learning_rate=0.02, most_error=5e-3
            ),
            32 * 2000,
            bar="a mean squared error of 0.005 after 30 examples, below backpropagation at every "
            "count, of 2 in 3 networks",
        ),
        LearningSettings("quadratic", learning_rate=0.02),
        64 * 6000,
    ),
)
