"""Continual prediction: strings one after another, and nothing that says where one begins.

No network is reset. What it does not forget by itself stays, and grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.tasks.grammars import EMBEDDED_REBER, SYMBOLS
from lstmmusic.tasks.task import (
    STRINGS,
    TEST,
    Job,
    Preset,
    Published,
    Strings,
    Task,
    Trained,
    Verdict,
    check_whole,
)
from lstmmusic.tasks.temporal_order import OrderSettings, class_of, order_strings

_PIECE_STEPS = 5000  # of a test stream at a time


@dataclass(frozen=True, kw_only=True)
class ContinualSettings:
    """Streams and networks.

    Attributes:
        units: Of the hidden layer.
        forget_bias: Where the biases of forget gates start.
        batch_streams: Streams of an update, all from their beginning.
        round_streams: Streams between two looks at the stopping rule; a multiple of the batch.
        learning_rate: Of Adam.
        slow_below: Where the mean error of the last round is less, learning is slower in
            proportion, down to a thirtieth.
        right_below: An answer is right when the error of every output is less.
        valid_below: Training stops when, of other streams than those of the test, all are right
            by so much
        right_looks: at so many looks in a row.
        valid_streams: So many of them,
        valid_units: so long, in what `test_units` counts.
        test_streams: Streams of the success test,
        test_units: each so long: symbols, or strings.
    """

    units: int = 16
    forget_bias: float = 3.0
    batch_streams: int = 16
    round_streams: int = 800
    learning_rate: float = 0.01
    slow_below: float = 0.02
    right_below: float = 0.49
    valid_below: float = 0.1
    right_looks: int = 3
    valid_streams: int = 10
    valid_units: int = 5000
    test_streams: int = 10
    test_units: int = 1_000_000

    def __post_init__(self) -> None:
        for name in ("units", "batch_streams", "right_looks", "test_streams", "test_units"):
            check_whole(name, getattr(self, name), least=1)
        check_whole("round_streams", self.round_streams, least=self.batch_streams)


@dataclass(frozen=True)
class ReberStreams(ContinualSettings):
    """Embedded Reber strings one after another, and what `ContinualSettings` says.

    Attributes:
        train_steps: Symbols of a training stream.
        least_share: In a training stream each branch of the grammar is taken with a probability of
            its own, drawn from this to 1 less this, so that long loops are met; 1/2 in all others.
    """

    train_steps: int = 480
    round_streams: int = 400
    least_share: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("train_steps", self.train_steps, least=1)
        if not 0 < self.least_share <= 0.5:
            raise InputError("least_share", "more than 0, at most 0.5", self.least_share)


@cache
def _reber_tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each state and way the symbol and the state after it; of each state what may come.

    The end of a string is the start of the next.
    """
    states = [state for state, ways in EMBEDDED_REBER.items() if ways]
    number = {state: k for k, state in enumerate(states)} | {"end": 0}
    symbols, after = np.zeros((2, len(states), 2), np.int64)
    legal = np.zeros((len(states), len(SYMBOLS)), np.float32)
    for state in states:
        ways = list(EMBEDDED_REBER[state].items())
        for way in range(2):
            symbol, then = ways[way % len(ways)]
            symbols[number[state], way] = SYMBOLS.index(symbol)
            after[number[state], way] = number[then]
            legal[number[state], SYMBOLS.index(symbol)] = 1
    return symbols, after, legal


def reber_streams(
    rng: np.random.Generator, start: np.ndarray, n_steps: int, shares: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Endless strings of the embedded Reber grammar.

    Args:
        rng: Where they come from.
        start: State of each stream, (streams,); 0 where strings begin.
        n_steps: Symbols to read.
        shares: Of each stream and state how often the second way is taken, (streams, states); None
            for a half.

    Returns:
        Inputs and what may come next, each (streams, time, 7); the states after them (streams,).

    Example:
        >>> inputs, legal, _ = reber_streams(np.random.default_rng(0), np.zeros(1, int), 14)
        >>> "".join(SYMBOLS[k] for k in inputs[0].argmax(axis=-1))
        'BPBPTTTTTTTVPS'

    References:
        Gers, Schmidhuber, Cummins (2000), Neural Computation 12(10), section 4.
    """
    symbols, after, legal = _reber_tables()
    n, state = len(start), start
    rows, drawn = np.arange(n), rng.random((n_steps, n))
    read, states = np.empty((2, n_steps, n), np.int64)
    for t in range(n_steps):
        way = (drawn[t] < (0.5 if shares is None else shares[rows, state])).astype(np.int64)
        read[t] = symbols[state, way]
        state = after[state, way]
        states[t] = state
    inputs = np.eye(len(SYMBOLS), dtype=np.float32)[read.T]
    return inputs, legal[states.T], state


@dataclass(frozen=True)
class OrderStreams(ContinualSettings):
    """Strings of temporal order II one after another, and what `ContinualSettings` says.

    Attributes:
        train_strings: Of a training stream.
        shorter_by: As in `temporal_order.OrderSettings`.
    """

    train_strings: int = 3
    shorter_by: int = 1

    @property
    def strings(self) -> OrderSettings:
        """What its strings are."""
        return OrderSettings(3, shorter_by=self.shorter_by)


def order_streams(
    settings: OrderStreams, rng: np.random.Generator, n_streams: int, n_strings: int
) -> Strings:
    """Streams of strings of temporal order II, as long as the longest can be; zeros at the end.

    References:
        Gers, Schmidhuber, Cummins (2000), Neural Computation 12(10), section 5.
    """
    parts = order_strings(settings.strings, rng, n_streams * n_strings)
    n_steps = n_strings * parts.inputs.shape[1]
    lengths = parts.weights.argmax(axis=1).reshape(n_streams, n_strings) + 1
    starts = np.cumsum(lengths, axis=1) - lengths
    rows = np.repeat(np.arange(n_streams), n_strings)[:, None]
    steps = starts.reshape(-1, 1) + np.arange(parts.inputs.shape[1])
    is_on = np.arange(parts.inputs.shape[1]) < lengths.reshape(-1, 1)
    where = (np.broadcast_to(rows, steps.shape)[is_on], steps[is_on])
    found = []
    for part in parts:
        stream = np.zeros((n_streams, n_steps, *part.shape[2:]), np.float32)
        stream[where] = part[is_on]
        found.append(stream)
    return Strings(*found)


def _training(settings: Any, rng: np.random.Generator, n: int) -> Strings:
    if isinstance(settings, OrderStreams):
        return order_streams(settings, rng, n, settings.train_strings)
    least = settings.least_share
    shares = rng.uniform(least, 1 - least, (n, len(_reber_tables()[2])))
    inputs, legal, _ = reber_streams(rng, np.zeros(n, np.int64), settings.train_steps, shares)
    return Strings(inputs, legal, np.ones(inputs.shape[:2]))


def _pieces(
    settings: Any, rng: np.random.Generator, n_streams: int, n_units: int
) -> Iterator[Strings]:
    """Streams of symbols or strings, piece by piece."""
    if isinstance(settings, OrderStreams):
        yield order_streams(settings, rng, n_streams, n_units)
        return
    state = np.zeros(n_streams, np.int64)
    for start in range(0, n_units, _PIECE_STEPS):
        n_steps = min(_PIECE_STEPS, n_units - start)
        inputs, legal, state = reber_streams(rng, state, n_steps)
        yield Strings(inputs, legal, np.ones(inputs.shape[:2]))


def _train(job: Job) -> list[Trained]:
    from lstmmusic.tasks import _networks, _twins
    from lstmmusic.tasks import _training as loop

    settings: ContinualSettings = job.settings
    inputs, targets, _ = _training(settings, np.random.default_rng(0), 1)
    columns = [
        _networks.layers_of(
            job.variant,
            seed,
            inputs.shape[-1],
            targets.shape[-1],
            settings.units,
            forget_bias=settings.forget_bias,
            output_activation="sigmoid",
        )
        for seed in job.seeds
    ]
    networks = _networks.Networks(columns)
    learner = loop.GradientLearner(
        networks,
        job.seeds,
        lambda _, rng, n: _training(settings, rng, n),
        "independent",
        _Kept(settings, job.seeds),
        settings.batch_streams,
        settings.round_streams // settings.batch_streams,
        settings.learning_rate,
    )
    found = loop.train(learner, job)
    twins = _twins.Twins(*columns[0])
    return [
        trained._replace(solver=_twins.StreamSolver(twins, row.astype(float)))
        for trained, row in zip(found, networks.rows(), strict=True)
    ]


def _errors(strings: Strings, outputs: np.ndarray) -> np.ndarray:
    """The largest of all outputs at each step, 0 where nothing is asked: (..., time)."""
    errors = np.abs(np.asarray(outputs, float) - strings.targets).max(axis=-1)
    return np.where(strings.weights > 0, errors, 0.0)


class _Kept:
    """Stops a network when it is right all along streams much longer than those learnt from."""

    def __init__(self, settings: Any, seeds: Any) -> None:
        self._settings = settings
        drawn = []
        for seed in seeds:
            rng = np.random.default_rng([seed, STRINGS])
            (piece,) = _pieces(settings, rng, settings.valid_streams, settings.valid_units)
            drawn.append(piece)
        self._valid = Strings(*(np.stack(part) for part in zip(*drawn, strict=True)))
        self._looks = np.zeros(len(seeds), np.int64)
        self._sums, self._means = np.zeros((2, len(seeds)))

    def seen(self, index: int, strings: Strings, outputs: np.ndarray) -> None:
        errors = _errors(strings, outputs)
        self._sums[index] += errors.sum() / (strings.weights > 0).sum()

    def met(self, predict: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        settings = self._settings
        n_updates = settings.round_streams // settings.batch_streams
        self._means, self._sums = self._sums / n_updates, np.zeros_like(self._sums)
        errors = _errors(self._valid, predict(self._valid.inputs))
        is_right = (errors < settings.valid_below).all(axis=(1, 2))  # NaN is wrong
        self._looks = np.where(is_right, self._looks + 1, 0)
        asked = (self._valid.weights > 0).sum(axis=(1, 2))
        wrong = (~(errors < settings.right_below)).sum(axis=(1, 2)) / asked
        metrics = {"train_error": self._means, "validation_right": 1 - wrong}
        return self._looks >= settings.right_looks, metrics

    def paces(self) -> np.ndarray:
        started = np.where(self._means > 0, self._means, np.inf)
        return np.clip(started / self._settings.slow_below, 1 / 30, 1.0)

    def state(self) -> dict[str, np.ndarray]:
        return {"looks": self._looks, "means": self._means}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self._looks, self._means = state["looks"].copy(), state["means"].copy()


def _test(settings: Any, seed: int, solver: Any) -> Verdict:
    rng, n = np.random.default_rng([seed, TEST]), settings.test_streams
    right, is_alive = np.zeros(n), np.ones(n, bool)
    for number, piece in enumerate(_pieces(settings, rng, n, settings.test_units)):
        errors = _errors(piece, solver(piece.inputs, number == 0))
        is_wrong = ~(errors < settings.right_below)
        steps = np.where(is_wrong.any(axis=1), is_wrong.argmax(axis=1), errors.shape[1])
        before = np.arange(errors.shape[1]) < steps[:, None]
        right += is_alive * ((piece.weights > 0) & before).sum(axis=1)
        is_alive = is_alive & ~is_wrong.any(axis=1)
        if not is_alive.any():
            break
    return Verdict(
        bool(is_alive.all()),
        {"streams_right": float(is_alive.sum()), "mean_right": float(right.mean())},
    )


def _oracle(settings: Any) -> Callable[[np.ndarray, bool], np.ndarray]:
    """Follows the grammar, or remembers the last of X and Y, from piece to piece."""
    kept: dict[str, np.ndarray] = {}

    def follow(inputs: np.ndarray, begins: bool) -> np.ndarray:
        symbols, after, legal = _reber_tables()
        read, state = inputs.argmax(axis=-1), kept.get("state")
        if begins or state is None:
            state = np.zeros(len(inputs), np.int64)
        found = np.empty(read.shape, np.int64)
        for t in range(read.shape[1]):
            way = (symbols[state, 0] != read[:, t]).astype(np.int64)
            found[:, t] = state = after[state, way]
        kept["state"] = state
        return legal[found]

    def remember(inputs: np.ndarray, begins: bool) -> np.ndarray:
        return np.eye(8)[np.stack([class_of(stream, 3) for stream in inputs])]

    return remember if isinstance(settings, OrderStreams) else follow


_SOURCE = "Gers, Schmidhuber, Cummins (2000), Neural Computation 12(10)"
_RECALLED = "recalled, not read again"
_VARIANTS = ("peephole", "no_peepholes", "no_forget", "keras_lstm", "rnn")


def _perfect(percent: float, network: str, variant: str = "", doubt: str = "") -> Published:
    return Published(percent, "% perfect", network, _SOURCE, variant, doubt)


def _continual(
    name: str,
    title: str,
    tags: tuple[str, ...],
    about: str,
    published: tuple[Published, ...],
    full: Any,
    quick: Any,
    tiny: Any,
    unit: str,
    budgets: tuple[int, int],
) -> Task:
    return Task(
        name=name,
        title=title,
        family="continual",
        tags=("continual", *tags, "2000"),
        about=(
            f"{about} A stream is right as long as every output, where asked, is within "
            f"{full.right_below}. Success: {full.test_streams} streams of {full.test_units:,} "
            f"{unit} (`quick`: {quick.test_streams} of {quick.test_units:,}) without an error, "
            "from the first step on. Every training stream is new and begins with a string; no "
            f"state is set afterwards. Training stops when {full.valid_streams} other streams of "
            f"{full.valid_units:,} {unit} (`quick`: {quick.valid_units:,}) are right within "
            f"{full.valid_below} (`quick`: {quick.valid_below}) at {full.right_looks} looks in a "
            f"row, {full.round_streams:,} training streams apart; the test runs once, afterwards."
        ),
        published=published,
        presets={
            "quick": Preset(
                "quick",
                quick,
                budgets[0],
                bar=(
                    f"{quick.test_streams} streams of {quick.test_units:,} {unit} without an "
                    "error, of 2 in 3 networks"
                ),
            ),
            "paper": Preset("paper", full, budgets[1]),
        },
        tiny=Preset("tiny", tiny, budget=16),
        variants=_VARIANTS,
        step_unit="training streams",
        train=_train,
        test=_test,
        oracle=_oracle,
    )


_FEW = {"units": 4, "batch_streams": 4, "round_streams": 8, "valid_streams": 2, "test_streams": 2}

_ORDER = OrderStreams(
    right_below=0.3, valid_below=0.25, right_looks=2, valid_units=40, test_units=100
)

TASKS = (
    _continual(
        "continual_embedded_reber",
        "Continual embedded Reber grammar",
        ("grammar", "long lag"),
        "Strings of the embedded Reber grammar follow each other without a mark; at every symbol "
        f"all that may come next is asked for. Training streams have {ReberStreams.train_steps} "
        "symbols, and each takes the branches of the grammar with probabilities of its own, so "
        "that long loops are met; in all others both are taken alike.",
        (
            _perfect(
                62, "LSTM with forget gates, 4 blocks of 2, rate decays, 14,087 training streams"
            ),
            _perfect(18, "the same at a constant rate, 18,889 training streams"),
            _perfect(74, "LSTM of 1997, reset by others after every string, 7,441"),
            _perfect(0, "LSTM of 1997, never reset", "no_forget", _RECALLED),
        ),
        ReberStreams(),
        ReberStreams(test_units=10_000, valid_below=0.25),
        ReberStreams(**_FEW, train_steps=12, valid_units=30, test_units=40),
        "symbols",
        (40_000, 400_000),
    ),
    _continual(
        "continual_temporal_order",
        "Continual noisy temporal order",
        ("order", "long lag"),
        "Strings of temporal order II (three of X and Y among noise, eight orders, 100 to 110 "
        "steps; `quick`: half as long) follow each other, and at the end of each its order is "
        f"asked for. Training streams have {OrderStreams.train_strings} strings.",
        (
            _perfect(
                37,
                "LSTM with forget gates, rate decays, 22,654 training streams of 100",
                "",
                _RECALLED,
            ),
            _perfect(24, "the same at a constant rate, 18,077", "", _RECALLED),
            _perfect(0, "LSTM of 1997, never reset", "no_forget", _RECALLED),
        ),
        replace(_ORDER, forget_bias=4.6),
        replace(_ORDER, forget_bias=4.0, shorter_by=2, valid_units=20),
        OrderStreams(**_FEW, train_strings=1, valid_units=2, test_units=2, shorter_by=10),
        "strings",
        (40_000, 400_000),
    ),
)
