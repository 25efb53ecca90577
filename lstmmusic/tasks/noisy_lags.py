"""Long lags with and without noise: symbols that decide the last, and classes told early."""

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

FOLLOWED = ("regular", "random", "free")


@dataclass(frozen=True)
class SymbolSettings(AnswerSettings):
    """Strings whose last symbol repeats an early one, and what `AnswerSettings` says.

    Attributes:
        kind: `regular` (2a): x or y, then always a1, a2, ..., and every next symbol is asked for;
            `random` (2b): what lies between is random, and the last symbol alone is asked for;
            `free` (2c): b, then x or y, then random symbols of unknown number, then e, at which
            the last symbol is asked for.
        lag_steps: Symbols between at least.
        n_between: Symbols that may lie between.
        late_strings: In the online rule the cell is added after so many strings.
    """

    length_name: ClassVar[str] = "lag_steps"

    kind: str
    lag_steps: int
    n_between: int
    late_strings: int = 500

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("kind", self.kind, FOLLOWED)
        check_whole("lag_steps", self.lag_steps, least=1)
        check_whole("n_between", self.n_between, least=1)


_END_SHARE = 0.1  # of e among what may follow the lag of 2c
_MOST_MORE = 150  # symbols after the lag: longer strings are one in seven million


def symbol_strings(settings: SymbolSettings, rng: np.random.Generator, n_strings: int) -> Strings:
    """Strings of 2a, 2b or 2c, one-hot.

    Inputs are x, y, then the symbols between, and in 2c e and b. Outputs are the inputs of the
    next step in 2a and 2b, and x or y in 2c. In 2a the last answer has as much weight as all
    others together.

    Example:
        >>> settings = SymbolSettings("regular", lag_steps=3, n_between=3)
        >>> strings = symbol_strings(settings, np.random.default_rng(0), 1)
        >>> strings.inputs[0].argmax(axis=-1).tolist(), strings.targets[0].argmax(axis=-1).tolist()
        ([1, 2, 3, 4], [2, 3, 4, 1])

    References:
        Hochreiter, Schmidhuber (1997), Neural Computation 9(8), Experiments 2a, 2b and 2c.
    """
    n_between, lag, rows = settings.n_between, settings.lag_steps, np.arange(n_strings)
    first = rng.integers(2, size=n_strings)
    if settings.kind != "free":
        between = np.broadcast_to(np.arange(lag), (n_strings, lag))
        if settings.kind == "random":
            between = rng.integers(n_between, size=(n_strings, lag))
        symbols = np.concatenate([first[:, None], 2 + between, first[:, None]], axis=1)
        table = np.eye(2 + n_between, dtype=np.float32)[symbols]
        weights = np.zeros((n_strings, lag + 1))
        weights[:, :-1] = settings.kind == "regular"
        weights[:, -1] = lag if settings.kind == "regular" else 1
        return Strings(table[:, :-1], table[:, 1:], weights)
    more = np.minimum(rng.geometric(_END_SHARE, size=n_strings) - 1, _MOST_MORE)
    ends = 2 + lag + more
    between = rng.integers(n_between, size=(n_strings, lag + _MOST_MORE))
    inputs = np.zeros((n_strings, 3 + lag + _MOST_MORE, n_between + 4), np.float32)
    inputs[:, 0, 3 + n_between] = 1
    inputs[rows, 1, first] = 1
    steps = 2 + np.arange(between.shape[1])
    inputs[rows[:, None], steps, 2 + between] = steps < ends[:, None]
    inputs[rows, ends, 2 + n_between] = 1
    weights = np.zeros(inputs.shape[:2])
    weights[rows, ends] = 1
    return Strings(inputs, weights[..., None] * np.eye(2)[first][:, None], weights)


@dataclass(frozen=True)
class ClassSettings(AnswerSettings):
    """Strings of two classes on one line of noise, and what `AnswerSettings` says.

    Attributes:
        min_steps: Least length; lengths go up to a tenth more.
        n_telling: The first so many values tell the class.
        tells_noisily: True (3b) where these are disturbed as well.
        has_noisy_targets: True (3c) where targets are 0.2 and 0.8, disturbed; else 1 and 0.
    """

    length_name: ClassVar[str] = "min_steps"

    min_steps: int
    n_telling: int
    tells_noisily: bool = False
    has_noisy_targets: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("n_telling", self.n_telling, least=1)
        check_whole("min_steps", self.min_steps, least=self.n_telling + 1)


_VARIANCE = 0.2
_TARGET_VARIANCE = 0.1


def class_strings(settings: ClassSettings, rng: np.random.Generator, n_strings: int) -> Strings:
    """Strings of 3a, 3b or 3c: +1 (class 1) or -1 (class 2) a few times, then noise.

    Example:
        >>> settings = ClassSettings(10, n_telling=3)
        >>> strings = class_strings(settings, np.random.default_rng(0), 5)
        >>> strings.inputs.shape, strings.inputs[0, :3, 0].tolist(), strings.targets[0].max()
        ((5, 11, 1), [1.0, 1.0, 1.0], np.float64(1.0))

    References:
        Hochreiter, Schmidhuber (1997), Neural Computation 9(8), Experiments 3a, 3b and 3c.
    """
    n_steps, n_telling = settings.min_steps + settings.min_steps // 10, settings.n_telling
    lengths = rng.integers(settings.min_steps, n_steps + 1, size=n_strings)
    signs = rng.choice([1.0, -1.0], size=n_strings)
    values = math.sqrt(_VARIANCE) * rng.normal(size=(n_strings, n_steps))
    if not settings.tells_noisily:
        values[:, :n_telling] = 0
    values[:, :n_telling] += signs[:, None]
    values[np.arange(n_steps) >= lengths[:, None]] = 0
    answers = np.where(signs > 0, 1.0, 0.0)
    if settings.has_noisy_targets:
        noise = math.sqrt(_TARGET_VARIANCE) * rng.normal(size=n_strings)
        answers = np.where(signs > 0, *_NOISY_ANSWERS) + noise
    weights = np.zeros(values.shape)
    weights[np.arange(n_strings), lengths - 1] = 1
    return Strings(values[..., None], (weights * answers[:, None])[..., None], weights)


_NOISY_ANSWERS = (0.2, 0.8)


def undisturbed(strings: Strings) -> np.ndarray:
    """The targets of 3c without noise, as the first value tells them."""
    answers = np.where(strings.inputs[:, :1] > 0, *_NOISY_ANSWERS)
    return np.broadcast_to(answers, strings.targets.shape)


def _train_symbols(job: Job) -> list[Trained]:
    kind = job.settings.kind
    original: dict[str, Any] = {"biased": (), "has_output_bias": False, "weight_range": 0.1}
    if kind == "free":
        # 2 blocks of 1 cell, no biases, outputs see the cells alone: Experiment 2c.
        original |= {"blocks": 2, "cells_per_block": 1}
    else:
        # 1 cell with an input gate, outputs see the inputs, too: Experiments 2a and 2b.
        original |= {"blocks": 1, "cells_per_block": 1, "is_plain": True, "weight_range": 0.2}
        # Of many outputs one is on: cells that had to turn the others off would not learn to keep.
        bias = -math.log(1 + job.settings.n_between)
        return train_answers(
            job,
            symbol_strings,
            original,
            shortcut=True,
            output_bias=bias,
            late_strings=job.settings.late_strings,
        )
    return train_answers(job, symbol_strings, original)


def _test_symbols(settings: SymbolSettings, seed: int, solver: Any) -> Verdict:
    return judge_answers(settings, seed, solver, symbol_strings, chunk_strings=256)


def _oracle_symbols(settings: SymbolSettings) -> Any:
    """Keeps x or y, and knows what follows what."""

    def solve(inputs: np.ndarray) -> np.ndarray:
        kept = inputs[..., :2].max(axis=1)
        if settings.kind == "free":
            return np.broadcast_to(kept[:, None], (*inputs.shape[:2], 2))
        outputs = np.zeros(inputs.shape)
        outputs[:, np.arange(settings.lag_steps), 2 + np.arange(settings.lag_steps)] = (
            settings.kind == "regular"
        )
        outputs[:, -1, :2] = kept
        return outputs

    return solve


def _train_classes(job: Job) -> list[Trained]:
    # 3 blocks of 1 cell, 102 weights: Experiment 3.
    original = {
        "blocks": 3,
        "cells_per_block": 1,
        "biased": ("input", "output", "cell"),
        "has_output_bias": False,
        "weight_range": 0.1,
        "input_gate_bias": (-1.0, -3.0, -5.0),
        "output_gate_bias": (-2.0, -4.0, -6.0),
    }
    if job.settings.has_noisy_targets:
        return train_answers(job, class_strings, original, "squared", undisturbed)
    return train_answers(job, class_strings, original)


def _test_classes(settings: ClassSettings, seed: int, solver: Any) -> Verdict:
    truth = undisturbed if settings.has_noisy_targets else None
    return judge_answers(settings, seed, solver, class_strings, truth)


def _oracle_classes(settings: ClassSettings) -> Any:
    """The sign of what tells the class."""

    def solve(inputs: np.ndarray) -> np.ndarray:
        is_first = inputs[:, : settings.n_telling].sum(axis=1, keepdims=True) > 0
        ways = _NOISY_ANSWERS if settings.has_noisy_targets else (1.0, 0.0)
        return np.broadcast_to(np.where(is_first, *ways), (*inputs.shape[:2], 1))

    return solve


_SOURCE = "Hochreiter, Schmidhuber (1997), Experiment "
_GRADIENT = ("peephole", "lstm1997", "keras_lstm", "rnn")


def _figure(
    value: float, network: str, which: str, variant: str = "", doubt: str = ""
) -> Published:
    return Published(value, "training strings", network, _SOURCE + which, variant, doubt)


_SYMBOLS_TOLD = {
    "regular": (
        "a string is x or y, then n symbols a1, a2, ..., always the same, then x or y again, "
        "n = {n} (`quick`: {quick}); every next symbol is to be told"
    ),
    "random": (
        "a string is x or y, then n symbols drawn from {between} others (`quick`: {few}), then x "
        "or y again, n = {n} (`quick`: {quick}); the last is to be told"
    ),
    "free": (
        "a string is b, then x or y, then n symbols, n = {n} (`quick`: {quick}), drawn from "
        "{between} others (`quick`: {few}), then more of these, each with probability 0.9, else "
        "e, at which x or y is to be told"
    ),
}


def _symbols(
    name: str,
    which: str,
    full: SymbolSettings,
    quick: SymbolSettings,
    published: tuple[Published, ...],
    budgets: tuple[int, int],
    variants: tuple[str, ...] = _GRADIENT,
) -> Task:
    told = _SYMBOLS_TOLD[full.kind].format(
        n=full.lag_steps,
        quick=quick.lag_steps,
        between=full.n_between,
        few=quick.n_between,
    )
    return Task(
        name=name,
        title=f"Long lag {which}: {full.lag_steps + 1} steps",
        family="noisy_lags",
        tags=("long lag", "1997"),
        about=(
            f"One-hot: {told}. Every output has to be within {full.right_below}."
            f"{grown_told(full)} Training stops when the last {full.window_strings:,} training "
            "strings were right before they were "
            f"learnt from (`quick`: {quick.window_strings:,}). Success: it stopped, and "
            f"{full.test_strings:,} fresh strings are all right (`quick`: {quick.test_strings:,})."
            + (
                " Outputs see the inputs, too; the network of 1997 has one cell with an input "
                "gate, without biases (the published one had no recurrent links either). In the "
                f"online rule the cell is added after {full.late_strings} strings: the published "
                "networks grew when their error stopped falling."
                if full.kind != "free"
                else ""
            )
        ),
        published=published,
        presets={
            "quick": Preset(
                "quick",
                quick,
                budgets[0],
                {"online1997": 10_000} if "online1997" in variants else {},
                bar=(
                    f"a lag of {quick.lag_steps + 1} steps, {quick.window_strings:,} strings in a "
                    "row, of 2 in 3 networks"
                ),
            ),
            "paper": Preset(
                "paper",
                full,
                budgets[1],
                {"online1997": 100_000} if "online1997" in variants else {},
            ),
        },
        tiny=Preset("tiny", tiny(full, lag_steps=3, n_between=3), budget=16),
        variants=variants,
        step_unit="training strings",
        train=_train_symbols,
        test=_test_symbols,
        oracle=_oracle_symbols,
    )


def _symbol_settings(kind: str, lag: int, n_between: int, **more: Any) -> SymbolSettings:
    few: dict[str, Any] = {"right_below": 0.2 if kind == "free" else 0.25, "most_wrong": 0}
    few |= {"window_strings": 10_000, "forget_bias": round(math.log(lag), 1)}
    few |= {"online_learning_rate": 0.01 if kind == "free" else 1.0, **more}
    return SymbolSettings(kind, lag, n_between, **few)


def _classes(
    name: str,
    which: str,
    full: ClassSettings,
    quick: Mapping[str, Any],
    published: Published,
    budgets: tuple[int, int],
) -> Task:
    short = ClassSettings(**{**vars(full), **quick})
    asked = "1 or 0"
    if full.has_noisy_targets:
        asked = "0.2 or 0.8, in training disturbed by noise of variance 0.1,"
    noise = ", these as well" if full.tells_noisily else ""
    return Task(
        name=name,
        title=f"Two sequences {which}: {full.min_steps} steps, {full.n_telling} of them telling",
        family="noisy_lags",
        tags=("long lag", "noise", "1997"),
        about=(
            f"Strings of n to 1.1 n values, n = {full.min_steps} (`quick`: {short.min_steps}): the "
            f"first {full.n_telling} are +1 or -1 and tell the class, all others are noise of "
            f"variance 0.2{noise}. At the end {asked} is asked for; an answer is right within "
            f"{full.right_below} of what it is without noise.{grown_told(full)} Training stops "
            "when of the last "
            f"{full.window_strings:,} training strings (`quick`: {short.window_strings:,}) at most "
            f"{full.window_wrong} (`quick`: {short.window_wrong}) were wrong before they were "
            f"learnt from, and the mean error was below {full.mean_error_below} (`quick`: "
            f"{short.mean_error_below}). Success: it stopped, and of {full.test_strings:,} fresh "
            f"strings at most {full.most_wrong} are wrong (`quick`: {short.most_wrong} of "
            f"{short.test_strings:,})."
        ),
        published=(published,),
        presets={
            "quick": Preset(
                "quick",
                short,
                budgets[0],
                bar=(
                    f"at {short.min_steps} steps, at most {short.most_wrong} of "
                    f"{short.test_strings:,} fresh strings wrong, of 2 in 3 networks"
                ),
            ),
            "paper": Preset("paper", full, budgets[1]),
        },
        tiny=Preset("tiny", tiny(full, min_steps=20, n_telling=3, tells_noisily=False), budget=16),
        variants=_GRADIENT,
        step_unit="training strings",
        train=_train_classes,
        test=_test_classes,
        oracle=_oracle_classes,
    )


def _class_settings(min_steps: int, n_telling: int, **more: Any) -> ClassSettings:
    few: dict[str, Any] = {"right_below": 0.2, "forget_bias": round(math.log(min_steps), 1)}
    # Where 3 of 2560 may be wrong, 1000 in a row without one are too weak a sign.
    few |= {"window_strings": 4000, "mean_error_below": 0.01, **more}
    return ClassSettings(min_steps, n_telling, **few)


# Where what tells the class is so noisy that one answer in forty is less than sure, the best of
# networks would never have so many right in a row.
_NOISY = {
    "tells_noisily": True,
    "mean_error_below": 0.04,
    "window_strings": 1000,
    "window_wrong": 22,
    "most_wrong": 59,
}
_DISTURBED = {
    "has_noisy_targets": True,
    "right_below": 0.1,
    "mean_error_below": 0.015,
    "window_strings": 1000,
    "most_wrong": 15,
    "batch_strings": 50,
    "slow_below": 0.2,
    "least_pace": 0.02,
}
_LSTM_3 = "LSTM, 3 blocks of 1, 10 of 10"

TASKS = (
    _symbols(
        "long_lag_2a",
        "2a",
        _symbol_settings("regular", 99, 99, **growing_to(99)),
        _symbol_settings("regular", 49, 49, window_strings=1000, test_strings=256),
        (
            _figure(5040, "LSTM, 1 cell, 18 of 18", "2a", "online1997"),
            _figure(32_400, "neural sequence chunker, 33 %", "2a"),
        ),
        (20_000, 100_000),
        (*_GRADIENT, "online1997"),
    ),
    _symbols(
        "long_lag_2b",
        "2b",
        _symbol_settings("random", 99, 99, **growing_to(99)),
        _symbol_settings("random", 49, 49, window_strings=1000, test_strings=256),
        (_figure(5680, "LSTM, 18 of 18; chunker, RTRL and BPTT: none", "2b"),),
        (20_000, 100_000),
    ),
    *(
        _symbols(
            f"long_lag_2c_{lag}",
            "2c",
            _symbol_settings("free", lag, n_between, **growing_to(lag)),
            _symbol_settings(
                "free",
                min(lag // 2, 100),
                min(n_between, 50),
                window_strings=1000,
                test_strings=256,
            ),
            (_figure(strings, f"LSTM, 2 blocks of 1, {n_between} symbols, 20 of 20", "2c"),),
            (20_000, 300_000),
        )
        for lag, n_between, strings in ((50, 50, 30_000), (100, 100, 31_000), (1000, 50, 203_000))
    ),
    *(
        _classes(
            f"two_sequences_{which}_{min_steps}_{n_telling}",
            which,
            _class_settings(min_steps, n_telling, **more, **growing_to(min_steps)),
            {
                "min_steps": 50,
                "growth": (),
                "test_strings": 512,
                "window_strings": 500,
                "most_wrong": max(round(0.4 * more.get("most_wrong", 3)), 2),
                "window_wrong": more.get("window_wrong", 0) // 2,
                "mean_error_below": 2 * more.get("mean_error_below", 0.01),
            },
            _figure(strings, _LSTM_3, which),
            (60_000, budget),
        )
        for which, min_steps, n_telling, strings, more, budget in (
            ("3a", 100, 3, 39_850, {}, 300_000),
            ("3a", 100, 1, 64_330, {}, 300_000),
            ("3a", 1000, 3, 452_460, {}, 500_000),
            ("3b", 100, 3, 43_250, _NOISY, 300_000),
            ("3b", 100, 1, 78_430, _NOISY, 300_000),
            ("3b", 1000, 1, 485_080, _NOISY, 500_000),
            ("3c", 100, 3, 269_650, _DISTURBED, 1_000_000),
            ("3c", 100, 1, 565_640, _DISTURBED, 1_000_000),
        )
    ),
)
