"""Long time lags: what is told early is asked for late."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
    check_whole,
)


def adding_strings(
    rng: np.random.Generator, n_strings: int, min_steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Strings of the adding problem.

    Each step has a value, uniform in [-1, 1], and a marker: 1 at the two values to add, -1 at the
    first and the last step, else 0. The first of the two is among the first ten steps, the second
    among the first min_steps / 2 - 1 that are still unmarked. Where the first falls on the first
    step, it counts as 0 and the marker stays -1.

    Args:
        rng: Where the strings come from.
        n_strings: How many.
        min_steps: Least length; lengths are uniform up to a tenth more.

    Returns:
        Inputs (strings, time, 2), zeros after the end; lengths (strings,); targets (strings,),
        0.5 + (X1 + X2) / 4.

    Example:
        >>> inputs, lengths, targets = adding_strings(np.random.default_rng(0), 4, min_steps=50)
        >>> inputs.shape, bool((lengths >= 50).all())
        ((4, 55, 2), True)

    References:
        Hochreiter, Schmidhuber (1997), Neural Computation 9(8), Experiment 4.
    """
    rows = np.arange(n_strings)
    n_steps = min_steps + min_steps // 10
    lengths = rng.integers(min_steps, n_steps + 1, size=n_strings)
    values = rng.uniform(-1, 1, size=(n_strings, n_steps))
    first = rng.integers(10, size=n_strings)
    # From step 1 on, one step less than the range where the first lies in it.
    n_unmarked = min_steps // 2 - 1
    second = rng.integers(1, n_unmarked, size=n_strings)
    second += (first > 0) & (second >= first)
    markers = np.zeros((n_strings, n_steps))
    markers[rows, first] = 1
    markers[rows, second] = 1
    markers[:, 0] = -1
    markers[rows, lengths - 1] = -1
    inputs = np.stack([values, markers], axis=-1)
    inputs[np.arange(n_steps) >= lengths[:, None]] = 0
    x1 = np.where(first == 0, 0.0, values[rows, first])
    return inputs, lengths, 0.5 + (x1 + values[rows, second]) / 4


@dataclass(frozen=True)
class AddingSettings:
    """Strings and networks.

    Attributes:
        min_steps: Least length of a string; lengths go up to a tenth more, lags down to a half.
        units: Of the hidden layer, in all variants but those of 1997.
        forget_bias: Where the biases of forget gates start.
        input_bias: Where those of input gates do.
        batch_strings: Strings of an update of the gradient variants.
        round_strings: Strings between two looks at the stopping rule; a multiple of the batch.
        learning_rate: Of Adam, in the gradient variants.
        slow_below: Where the mean error of the window is less, learning is slower in proportion,
            down to a tenth.
        online_learning_rate: Of the online rule.
        right_below: An answer is right when its error is less.
        window_strings: Training stops when so many training strings in a row were right
        mean_error_below: and their mean error was less.
        test_strings: Fresh strings of the success test.
        most_wrong: So many of them may be wrong.
    """

    min_steps: int
    units: int = 12
    forget_bias: float = 1.0
    input_bias: float = -3.0
    batch_strings: int = 20
    round_strings: int = 500
    learning_rate: float = 0.01
    slow_below: float = 0.05
    online_learning_rate: float = 0.5
    right_below: float = 0.04
    window_strings: int = 2000
    mean_error_below: float = 0.01
    test_strings: int = 2560
    most_wrong: int = 3

    def __post_init__(self) -> None:
        check_whole("min_steps", self.min_steps, least=24)  # ten steps and more to choose from
        for name in ("units", "batch_strings", "window_strings", "test_strings"):
            check_whole(name, getattr(self, name), least=1)
        check_whole("round_strings", self.round_strings, least=self.batch_strings)


def _train(job: Job) -> list[Trained]:
    from lstmmusic.tasks import _networks, _training

    settings: AddingSettings = job.settings

    def draw(k: int, rng: np.random.Generator, n: int) -> _training.Strings:
        inputs, lengths, targets = adding_strings(rng, n, settings.min_steps)
        weights = np.zeros(inputs.shape[:2])
        weights[np.arange(n), lengths - 1] = 1
        return _training.Strings(inputs, weights[..., None] * targets[:, None, None], weights)

    rule = _Window(len(job.seeds), settings)
    # 2 blocks of 2 cells, 93 weights: Hochreiter, Schmidhuber (1997), Experiment 4.
    original = _networks.Original(
        blocks=2,
        cells_per_block=2,
        biased=("input", "output", "cell"),
        has_output_bias=True,
        weight_range=0.1,
        input_gate_bias=(-3.0, -6.0),
    )
    columns = [
        _networks.layers_of(
            job.variant,
            seed,
            2,
            1,
            settings.units,
            original,
            settings.forget_bias,
            settings.input_bias,
            "sigmoid" if job.variant == _training.ONLINE else None,
        )
        for seed in job.seeds
    ]
    return _training.train_columns(job, columns, draw, rule, "squared")


class _Window:
    """Stops a network when its last training strings were right before it learnt from them."""

    def __init__(self, n: int, settings: AddingSettings) -> None:
        self._settings = settings
        self._errors = np.full((n, settings.window_strings), np.inf)

    def seen(self, index: int, strings: Any, outputs: np.ndarray) -> None:
        asked = strings.weights > 0
        errors = np.abs(outputs - strings.targets)[asked].ravel()
        self._errors[index] = np.concatenate([self._errors[index], errors])[-len(self._errors[0]) :]

    def met(self, predict: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        settings = self._settings
        mean = self._means()
        right = self._errors < settings.right_below
        metrics = {"window_right": right.mean(axis=1), "window_mean_error": mean}
        return right.all(axis=1) & (mean < settings.mean_error_below), metrics

    def _means(self) -> np.ndarray:
        """Of the errors in the window, as far as it is filled; infinite before the first."""
        known = np.isfinite(self._errors)
        sums, counts = np.where(known, self._errors, 0).sum(axis=1), known.sum(axis=1)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)

    def paces(self) -> np.ndarray:
        return np.clip(self._means() / self._settings.slow_below, 0.1, 1.0)

    def state(self) -> dict[str, np.ndarray]:
        return {"errors": self._errors}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self._errors = state["errors"].copy()


def _test(settings: AddingSettings, seed: int, solver: Any) -> Verdict:
    rng = np.random.default_rng([seed, TEST])
    inputs, lengths, targets = adding_strings(rng, settings.test_strings, settings.min_steps)
    answers = solver(inputs)[np.arange(len(inputs)), lengths - 1, 0]
    errors = np.abs(answers.astype(np.float64) - targets)
    n_wrong = int((~(errors < settings.right_below)).sum())
    measured = {
        "wrong": float(n_wrong),
        "mae": float(errors.mean()),
        "rmse": float(np.sqrt((errors**2).mean())),
        "mse": float((errors**2).mean()),
    }
    return Verdict(n_wrong <= settings.most_wrong, measured)


def _oracle(settings: AddingSettings) -> Any:
    """Adds what is marked."""

    def solve(inputs: np.ndarray) -> np.ndarray:
        marked = inputs[..., 0] * (inputs[..., 1] == 1)
        return 0.5 + np.cumsum(marked, axis=1)[..., None] / 4

    return solve


def _adding(min_steps: int, strings: float, most: str, quick: Preset, variants: tuple) -> Task:
    """The adding problem at one length; `strings` is the published mean."""
    budgets = {"rnn": 200_000, "online1997": 100_000}
    budgets = {variant: budgets[variant] for variant in variants if variant in budgets}
    full, short = _settings(min_steps), quick.settings
    return Task(
        name=f"adding_{min_steps}",
        title=f"Adding, {min_steps} steps",
        family="long_lags",
        tags=("long lag", "continuous values", "1997"),
        about=(
            f"Strings of n to 1.1 n steps, n = {full.min_steps} (`quick`: {short.min_steps}), "
            "each a value in [-1, 1] and a marker. Two values are marked, one among the first "
            "ten, the other in the first half; at the end their sum is asked for, scaled into "
            "[0, 1]: a lag of n / 2 steps or more. Every training string is new. Training stops "
            f"when the last {full.window_strings} training strings (`quick`: "
            f"{short.window_strings}) were all answered with an error below {full.right_below}, "
            f"{full.mean_error_below} (`quick`: {short.mean_error_below}) on the average. "
            f"Success: it stopped, and of {full.test_strings} fresh strings at most "
            f"{full.most_wrong} are wrong, the most of any published network (`quick`: of "
            f"{short.test_strings} at most {short.most_wrong}). Mean absolute, root mean square "
            "and mean square error are told as well."
        ),
        published=(
            Published(
                strings,
                "training strings",
                f"LSTM, 2 blocks of 2, mean of 10, {most}",
                "Hochreiter, Schmidhuber (1997), Experiment 4",
                "online1997" if "online1997" in variants else "",
                "its stop may mean the squared error",
            ),
        ),
        presets={
            "quick": quick,
            "paper": Preset("paper", full, 2_000_000, budgets),
        },
        tiny=Preset(
            "tiny",
            AddingSettings(
                24,
                units=4,
                batch_strings=4,
                round_strings=8,
                window_strings=16,
                test_strings=16,
                most_wrong=0,
            ),
            budget=16,
        ),
        variants=variants,
        step_unit="training strings",
        train=_train,
        test=_test,
        oracle=_oracle,
    )


def _settings(min_steps: int, **more: Any) -> AddingSettings:
    """With forget gates that start nearly as open as the lag is long."""
    return AddingSettings(min_steps, forget_bias=round(math.log(min_steps), 1), **more)


def _quick(min_steps: int, budget: int, budgets: Mapping[str, int]) -> Preset:
    settings = _settings(
        min_steps, window_strings=500, mean_error_below=0.015, test_strings=1000, most_wrong=10
    )
    return Preset(
        "quick",
        settings,
        budget,
        budgets,
        bar=(
            f"at {min_steps} steps, the last 500 training strings and 99 % of 1000 fresh ones "
            "right, of 2 in 3 networks"
        ),
    )


_GRADIENT = ("peephole", "lstm1997", "keras_lstm", "rnn")

TASKS = (
    _adding(
        100,
        74_000,
        "1 of 2560 wrong",
        _quick(50, 100_000, {"online1997": 12_000}),
        (*_GRADIENT, "online1997"),
    ),
    _adding(500, 209_000, "0 of 2560 wrong", _quick(100, 80_000, {}), _GRADIENT),
    _adding(1000, 853_000, "1 of 2560 wrong", _quick(200, 60_000, {}), _GRADIENT),
)
