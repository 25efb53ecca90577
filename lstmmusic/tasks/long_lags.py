"""Long time lags: what is told early is asked for late."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lstmmusic.tasks._answers import (
    AnswerSettings,
    growing_to,
    grown_told,
    judge_answers,
    tiny,
    train_answers,
)
from lstmmusic.tasks.task import (
    Job,
    Preset,
    Published,
    Strings,
    Task,
    Trained,
    Verdict,
    check_choice,
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


def multiplying_strings(
    rng: np.random.Generator, n_strings: int, min_steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Strings of the multiplication problem: values from 0 to 1, and the target is a product.

    Where the first mark falls on the first step, that factor is 1. All else as `adding_strings`.

    Example:
        >>> inputs, lengths, targets = multiplying_strings(np.random.default_rng(0), 4, 50)
        >>> float(inputs.min()), bool((targets >= 0).all())
        (-1.0, True)

    References:
        Hochreiter, Schmidhuber (1997), Neural Computation 9(8), Experiment 5.
    """
    inputs, lengths, _ = adding_strings(rng, n_strings, min_steps)
    is_on = np.arange(inputs.shape[1]) < lengths[:, None]
    inputs[..., 0] = np.where(is_on, (inputs[..., 0] + 1) / 2, 0)
    factors = np.where(inputs[..., 1] == 1, inputs[..., 0], 1)
    return inputs, lengths, factors.prod(axis=1)


@dataclass(frozen=True)
class StoringSettings(AnswerSettings):
    """Strings of two marked values, and what `AnswerSettings` says.

    Attributes:
        min_steps: Least length of a string; lengths go up to a tenth more, lags down to a half.
        operation: `add` or `multiply`.
    """

    length_name: ClassVar[str] = "min_steps"

    min_steps: int
    operation: str = "add"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("min_steps", self.min_steps, least=24)  # ten steps and more to choose from
        check_choice("operation", self.operation, tuple(_OPERATIONS))


_OPERATIONS = {"add": adding_strings, "multiply": multiplying_strings}


def _draw(settings: StoringSettings, rng: np.random.Generator, n: int) -> Strings:
    inputs, lengths, targets = _OPERATIONS[settings.operation](rng, n, settings.min_steps)
    weights = np.zeros(inputs.shape[:2])
    weights[np.arange(n), lengths - 1] = 1
    return Strings(inputs, weights[..., None] * targets[:, None, None], weights)


def _train(job: Job) -> list[Trained]:
    # 2 blocks of 2 cells, 93 weights: Hochreiter, Schmidhuber (1997), Experiments 4 and 5.
    adds = job.settings.operation == "add"
    original = {
        "blocks": 2,
        "cells_per_block": 2,
        "biased": ("input", "output", "cell"),
        "has_output_bias": True,
        "weight_range": 0.1,
        "input_gate_bias": (-3.0, -6.0) if adds else None,
    }
    return train_answers(job, _draw, original, "squared")


def _test(settings: StoringSettings, seed: int, solver: Any) -> Verdict:
    return judge_answers(settings, seed, solver, _draw)


def _oracle(settings: StoringSettings) -> Any:
    """Adds, or multiplies, what is marked."""

    def solve(inputs: np.ndarray) -> np.ndarray:
        is_marked = inputs[..., 1] == 1
        if settings.operation == "add":
            return 0.5 + np.cumsum(inputs[..., 0] * is_marked, axis=1)[..., None] / 4
        return np.cumprod(np.where(is_marked, inputs[..., 0], 1), axis=1)[..., None]

    return solve


def _adding(min_steps: int, strings: float, most: str, quick: Preset, variants: tuple) -> Task:
    """The adding problem at one length; `strings` is the published mean."""
    budgets = {"rnn": 200_000, "online1997": 1_000_000}
    budgets = {variant: budgets[variant] for variant in variants if variant in budgets}
    full, short = _full(min_steps), quick.settings
    return Task(
        name=f"adding_{min_steps}",
        title=f"Adding, {min_steps} steps",
        family="long_lags",
        tags=("long lag", "continuous values", "1997"),
        about=(
            f"Strings of n to 1.1 n steps, n = {full.min_steps} (`quick`: {short.min_steps}), "
            "each a value in [-1, 1] and a marker. Two values are marked, one among the first "
            "ten, the other in the first half; at the end their sum is asked for, scaled into "
            "[0, 1]: a lag of n / 2 steps or more. Every training string is new."
            f"{grown_told(full)} Training stops "
            f"when the last {full.window_strings} training strings (`quick`: "
            f"{short.window_strings}; the published runs, and `online1997` in `paper`: "
            f"{full.online_window_strings}) were all answered with an error below "
            f"{full.right_below}, {full.mean_error_below} (`quick`: {short.mean_error_below}) on "
            f"the average. Success: it stopped, and of {full.test_strings} fresh strings at most "
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
        tiny=Preset("tiny", tiny(full, min_steps=24), budget=16),
        variants=variants,
        step_unit="training strings",
        train=_train,
        test=_test,
        oracle=_oracle,
    )


def _settings(min_steps: int, **more: Any) -> StoringSettings:
    """With forget gates that start nearly as open as the lag is long."""
    forget_bias = round(math.log(min_steps), 1)
    more = {"mean_error_below": 0.01, **more}
    return StoringSettings(min_steps, forget_bias=forget_bias, input_bias=-3.0, **more)


def _full(min_steps: int, **more: Any) -> StoringSettings:
    """Where 3 of 2560 may be wrong, 2000 in a row without one are too weak a sign."""
    more |= growing_to(min_steps, least=24)
    return _settings(min_steps, window_strings=4000, online_window_strings=2000, **more)


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


_MULTIPLYING = _full(
    100, operation="multiply", window_wrong=12, mean_error_below=1.0, most_wrong=15
)
_MULTIPLYING_QUICK = _settings(
    50,
    operation="multiply",
    window_strings=500,
    window_wrong=10,
    mean_error_below=1.0,
    test_strings=1000,
    most_wrong=40,
)
_GRADIENT = ("peephole", "lstm1997", "keras_lstm", "rnn")

TASKS = (
    _adding(
        100,
        74_000,
        "1 of 2560 wrong",
        _quick(50, 100_000, {"online1997": 100_000}),
        (*_GRADIENT, "online1997"),
    ),
    _adding(500, 209_000, "0 of 2560 wrong", _quick(100, 80_000, {}), _GRADIENT),
    _adding(1000, 853_000, "1 of 2560 wrong", _quick(200, 60_000, {}), _GRADIENT),
    Task(
        name="multiplication_100",
        title="Multiplication, 100 steps",
        family="long_lags",
        tags=("long lag", "continuous values", "1997"),
        about=(
            "As in adding, n = 100 (`quick`: 50), but values are from 0 to 1, and the product of "
            "the two that are marked is asked for. Every training string is new."
            f"{grown_told(_MULTIPLYING)} Training stops "
            f"when of the last {_MULTIPLYING.window_strings} training strings (`quick`: "
            f"{_MULTIPLYING_QUICK.window_strings}) at most {_MULTIPLYING.window_wrong} (`quick`: "
            f"{_MULTIPLYING_QUICK.window_wrong}) had an error of 0.04 or more; the published run "
            "stopped below 13 of 2000. Success: it stopped, and of 2560 fresh strings at most 15 "
            "are wrong, the most of any published network (`quick`: of "
            f"{_MULTIPLYING_QUICK.test_strings} at most {_MULTIPLYING_QUICK.most_wrong}). Mean "
            "absolute, root mean square and mean square error are told as well."
        ),
        published=(
            Published(
                1_273_000,
                "training strings",
                "LSTM, 2 blocks of 2, mean of 10, 14 of 2560 wrong",
                "Hochreiter, Schmidhuber (1997), Experiment 5",
                doubt="its mean square error of 0.0139 cannot be one",
            ),
            Published(
                482_000,
                "training strings",
                "the same, stopped earlier, 139 of 2560 wrong",
                "Hochreiter, Schmidhuber (1997), Experiment 5",
                doubt="its mean square error of 0.0223 cannot be one",
            ),
        ),
        presets={
            "quick": Preset(
                "quick",
                _MULTIPLYING_QUICK,
                100_000,
                bar=(
                    "at 50 steps, 98 % of the last 500 training strings and 96 % of 1000 fresh "
                    "ones right, of 2 in 3 networks"
                ),
            ),
            "paper": Preset("paper", _MULTIPLYING, 2_000_000, {"rnn": 200_000}),
        },
        tiny=Preset("tiny", tiny(_MULTIPLYING, min_steps=24), budget=16),
        variants=_GRADIENT,
        step_unit="training strings",
        train=_train,
        test=_test,
        oracle=_oracle,
    ),
)
