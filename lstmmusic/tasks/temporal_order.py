"""Temporal order: which symbols came, and in which order, long before they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lstmmusic.tasks._answers import AnswerSettings, judge_answers, tiny, train_answers
from lstmmusic.tasks.task import (
    Job,
    Preset,
    Published,
    Strings,
    Task,
    Trained,
    Verdict,
    check_whole,
)

SYMBOLS = "EBabcdXY"  # start, trigger, four that say nothing, two that count

# Number of symbols that count -> where each may come, both ends among it: Experiments 6a and 6b.
PLACES = {2: ((10, 20), (50, 60)), 3: ((10, 20), (33, 43), (66, 76))}
LEAST_STEPS, MOST_STEPS = 100, 110


@dataclass(frozen=True)
class OrderSettings(AnswerSettings):
    """Strings of 100 to 110 symbols, and what `AnswerSettings` says.

    Attributes:
        n_telling: Symbols X or Y in a string: two (I, four classes) or three (II, eight).
        shorter_by: Places and lengths are divided by this.
    """

    n_telling: int
    shorter_by: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("n_telling", self.n_telling, least=min(PLACES))
        check_whole("shorter_by", self.shorter_by, least=1)


def order_symbols(
    settings: OrderSettings, rng: np.random.Generator, n_strings: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Strings of temporal order: E, then a to d by chance with X or Y among them, then B.

    Returns:
        Symbols (strings, time), numbers of `SYMBOLS`, -1 after the end; lengths (strings,);
        classes (strings,), X as 0 and Y as 1, the first symbol worth most.

    Example:
        >>> settings = OrderSettings(2, shorter_by=10)
        >>> symbols, lengths, classes = order_symbols(settings, np.random.default_rng(1), 2)
        >>> ["".join(SYMBOLS[k] for k in row[:n]) for row, n in zip(symbols, lengths)]
        ['EdXadXabdB', 'EYbccXadddB']
        >>> classes.tolist()
        [0, 2]

    References:
        Hochreiter, Schmidhuber (1997), Neural Computation 9(8), Experiments 6a and 6b.
    """
    shorter, rows = settings.shorter_by, np.arange(n_strings)
    most = MOST_STEPS // shorter
    lengths = rng.integers(LEAST_STEPS // shorter, most + 1, size=n_strings)
    symbols = rng.integers(SYMBOLS.index("a"), SYMBOLS.index("X"), size=(n_strings, most))
    classes = np.zeros(n_strings, np.int64)
    for first, last in PLACES[settings.n_telling]:
        place = rng.integers(first // shorter, last // shorter + 1, size=n_strings)
        told = rng.integers(2, size=n_strings)
        symbols[rows, place] = SYMBOLS.index("X") + told
        classes = 2 * classes + told
    symbols[:, 0] = SYMBOLS.index("E")
    symbols[rows, lengths - 1] = SYMBOLS.index("B")
    symbols[np.arange(most) >= lengths[:, None]] = -1
    return symbols, lengths, classes


def order_strings(settings: OrderSettings, rng: np.random.Generator, n_strings: int) -> Strings:
    """The same one-hot, with the class asked for at B: one output a class."""
    symbols, lengths, classes = order_symbols(settings, rng, n_strings)
    inputs = np.vstack([np.eye(len(SYMBOLS)), np.zeros(len(SYMBOLS))])[symbols]
    weights = np.zeros(symbols.shape)
    weights[np.arange(n_strings), lengths - 1] = 1
    told = np.eye(2**settings.n_telling)[classes]
    return Strings(inputs.astype(np.float32), weights[..., None] * told[:, None], weights)


def class_of(inputs: np.ndarray, n_telling: int) -> np.ndarray:
    """The class of one stream at every step, as told by the last X and Y up to there.

    Args:
        inputs: One-hot, (time, 8).
        n_telling: How many of them.

    Returns:
        Shape (time,); symbols that have not come yet count as X.
    """
    symbols = np.where(inputs.any(axis=1), inputs.argmax(axis=1), -1)
    found, known = np.zeros(len(inputs), np.int64), 0
    for t, symbol in enumerate(symbols.tolist()):
        if symbol >= SYMBOLS.index("X"):
            known = (2 * known + symbol - SYMBOLS.index("X")) % 2**n_telling
        found[t] = known
    return found


def _train(job: Job) -> list[Trained]:
    # 156 and 308 weights: Experiments 6a and 6b.
    n_blocks = job.settings.n_telling
    original = {
        "blocks": n_blocks,
        "cells_per_block": 2,
        "biased": ("input", "output", "cell"),
        "has_output_bias": True,
        "weight_range": 0.1,
        "input_gate_bias": (-2.0, -4.0, -6.0)[:n_blocks],
    }
    return train_answers(job, order_strings, original)


def _test(settings: OrderSettings, seed: int, solver: Any) -> Verdict:
    return judge_answers(settings, seed, solver, order_strings)


def _oracle(settings: OrderSettings) -> Any:
    """Remembers the last of X and Y."""

    def solve(inputs: np.ndarray) -> np.ndarray:
        found = np.stack([class_of(string, settings.n_telling) for string in inputs])
        return np.eye(2**settings.n_telling)[found]

    return solve


_GRADIENT = ("peephole", "no_peepholes", "no_forget", "lstm1997", "keras_lstm", "rnn")
_ROMAN = {2: "I", 3: "II"}


def _order(
    n_telling: int, published: Published, rate: float, variants: tuple[str, ...], budget: int
) -> Task:
    more: dict[str, Any] = {"right_below": 0.3, "forget_bias": 4.6, "slow_below": 0.2}
    more |= {"mean_error_below": 0.1, "online_learning_rate": rate}
    full = OrderSettings(n_telling, **more)
    quick = OrderSettings(
        n_telling, shorter_by=2, **more, window_strings=500, test_strings=1000, most_wrong=10
    )
    where = ", ".join(f"{first} to {last}" for first, last in PLACES[n_telling])
    roman = _ROMAN[n_telling]
    return Task(
        name=f"temporal_order_{n_telling}",
        title=f"Temporal order {roman}: {n_telling} symbols, {2**n_telling} orders",
        family="temporal_order",
        tags=("long lag", "order", "1997"),
        about=(
            "Strings of 100 to 110 symbols (`quick`: half as long), one-hot: E, then a, b, c, d by "
            f"chance, and X or Y at steps {where} (`quick`: half that), then B, at which the order "
            f"of X and Y is asked for, one of {2**n_telling} outputs. An answer is right if every "
            f"output is within {full.right_below}. Every training string is new. Training stops "
            f"when the last {full.window_strings:,} (`quick`: {quick.window_strings}) were all "
            "right before they were learnt from, and the mean of their largest errors was below "
            f"{full.mean_error_below}. Success: it stopped, and of {full.test_strings:,} fresh "
            f"strings at most {full.most_wrong} are wrong (`quick`: {quick.most_wrong} of "
            f"{quick.test_strings:,})."
        ),
        published=(published,),
        presets={
            "quick": Preset(
                "quick",
                quick,
                60_000,
                {"online1997": 60_000} if "online1997" in variants else {},
                bar=(
                    "at 50 to 55 steps, the last 500 training strings and 99 % of 1000 fresh ones "
                    "right, of 2 in 3 networks"
                ),
            ),
            "paper": Preset(
                "paper",
                full,
                budget,
                {"online1997": 1_000_000} if "online1997" in variants else {},
            ),
        },
        tiny=Preset("tiny", tiny(full, shorter_by=10), budget=16),
        variants=variants,
        step_unit="training strings",
        train=_train,
        test=_test,
        oracle=_oracle,
    )


def _figure(strings: float, network: str, which: str, variant: str = "") -> Published:
    source = f"Hochreiter, Schmidhuber (1997), Experiment {which}"
    return Published(strings, "training strings", network, source, variant)


TASKS = (
    _order(
        2,
        _figure(31_390, "LSTM, 2 blocks of 2, 20 of 20, 1 of 2560 wrong", "6a", "online1997"),
        0.5,
        (*_GRADIENT, "online1997"),
        300_000,
    ),
    _order(
        3,
        _figure(571_100, "LSTM, 3 blocks of 2, 10 of 10, 2 of 2560 wrong", "6b"),
        0.1,
        _GRADIENT,
        600_000,
    ),
)
