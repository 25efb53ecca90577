"""Counting languages: learnt from strings of up to ten, to hold for a thousand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lstmmusic.tasks.task import (
    TEST,
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

Counts = tuple[int, ...]


class Language(NamedTuple):
    """A language of counts.

    Attributes:
        symbols: Of its strings; S stands before each and T is told after it.
        n_counts: How many numbers make a string.
        string: The counts -> the string without S and T.
    """

    symbols: str
    n_counts: int
    string: Callable[..., str]


LANGUAGES = {
    "anbn": Language("ab", 1, lambda n: "a" * n + "b" * n),
    "anbmBmAn": Language("abBA", 2, lambda n, m: "a" * n + "b" * m + "B" * m + "A" * n),
    "anbncn": Language("abc", 1, lambda n: "a" * n + "b" * n + "c" * n),
}


def training_counts(language: str, most: int) -> list[Counts]:
    """The counts of all strings to learn from: n, or n + m, up to `most`.

    Example:
        >>> training_counts("anbn", 3), training_counts("anbmBmAn", 4)
        ([(1,), (2,), (3,)], [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1)])
    """
    numbers = range(1, most + 1)
    if LANGUAGES[language].n_counts == 1:
        return [(n,) for n in numbers]
    return [(n, m) for n in numbers for m in numbers if n + m <= most]


def test_counts(language: str, reach: int, n_pairs: int, seed: int) -> list[Counts]:
    """The counts of all strings of the success test, the shortest strings first.

    One number: 1 to `reach`. Two: n + m up to `reach`, every (n, n), (n, 1) and (1, n), and
    `n_pairs` others by chance, all such pairs being alike.

    Example:
        >>> test_counts("anbmBmAn", 4, 0, seed=0)
        [(1, 1), (1, 2), (2, 1), (1, 3), (2, 2), (3, 1)]
    """
    if LANGUAGES[language].n_counts == 1:
        return [(n,) for n in range(1, reach + 1)]
    pairs = {(n, n) for n in range(1, reach // 2 + 1)}
    pairs |= {pair for n in range(1, reach) for pair in ((n, 1), (1, n))}
    rng = np.random.default_rng([seed, TEST])
    sums = rng.choice(np.arange(2, reach + 1), n_pairs, p=_shares(reach)) if n_pairs else []
    pairs |= {(n, int(total) - n) for total in sums for n in [int(rng.integers(1, total))]}
    return sorted(pairs, key=lambda pair: (sum(pair), pair))


def _shares(reach: int) -> np.ndarray:
    """How many of all pairs have the sum 2, 3, ... `reach`."""
    pairs = np.arange(1, reach)
    return pairs / pairs.sum()


def read_and_told(language: str, counts: Sequence[Counts]) -> tuple[np.ndarray, np.ndarray]:
    """What is read and what is legal next, +1 and -1; 0 after the end.

    Args:
        language: One of `LANGUAGES`.
        counts: Of each string.

    Returns:
        Inputs (strings, time, 1 + symbols), the first column for S; targets (strings, time,
        symbols + 1), the last column for T.

    Example:
        >>> x, y = read_and_told("anbn", [(1,), (2,)])
        >>> y[0].tolist()  # after S: a; after a: a or b; after b: T
        [[1.0, -1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    known = LANGUAGES[language]
    strings = ["S" + known.string(*each) for each in counts]
    n_steps = max(map(len, strings))
    inputs = np.zeros((len(strings), n_steps, 1 + len(known.symbols)), np.float32)
    targets = np.zeros_like(inputs)
    reads = {symbol: k for k, symbol in enumerate("S" + known.symbols)}
    tells = {symbol: k for k, symbol in enumerate(known.symbols + "T")}
    for row, string in enumerate(strings):
        n = len(string)
        inputs[row, :n] = targets[row, :n] = -1
        inputs[row, np.arange(n), [reads[symbol] for symbol in string]] = 1
        targets[row, np.arange(n), [tells[symbol] for symbol in string[1:] + "T"]] = 1
        # While a's come another may, or the first b; of two counts, the same holds for b and B.
        for first, then in zip(known.symbols, known.symbols[1:], strict=False):
            if first in "ab"[: known.n_counts]:
                open_steps = [t for t, symbol in enumerate(string) if symbol == first]
                targets[row, open_steps, tells[first]] = 1
                targets[row, open_steps, tells[then]] = 1
    return inputs, targets


def are_right(targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Of which strings every output is on the right side of 0 at every step.

    Args:
        targets: As `read_and_told`, (..., strings, time, symbols).
        outputs: The same shape.

    Returns:
        Shape (..., strings), bool.
    """
    return ((outputs * targets > 0) | (targets == 0)).all(axis=(-1, -2))  # NaN is wrong


@dataclass(frozen=True)
class CountingSettings:
    """Strings and networks.

    Attributes:
        language: One of `LANGUAGES`.
        most: Strings to learn from have n, or n + m, up to this.
        reach: The success test has all n up to this, or n + m.
        n_pairs: Pairs by chance in the success test of two counts.
        units: Of the hidden layer.
        forget_bias: Where the biases of forget gates start.
        batch_strings: Strings of an update.
        round_updates: Updates between two looks at the stopping rule.
        least_updates: Training goes on for so many at least.
        learning_rate: Of Adam.
        noise: Standard deviation at the net inputs of input gates and cells, in `hardened`.
        noise_updates: It grows to that over so many updates.
        harder_by: In `hardened`, once all training strings were right, the weights of input gates
            and cells are multiplied by this after every round,
        harder_times: so many times.
    """

    language: str
    most: int = 10
    reach: int = 1000
    n_pairs: int = 2000
    units: int = 4
    forget_bias: float = 2.0
    batch_strings: int = 10
    round_updates: int = 100
    least_updates: int = 3000
    learning_rate: float = 0.01
    noise: float = 1.5
    noise_updates: int = 1500
    harder_by: float = 1.1
    harder_times: int = 15

    def __post_init__(self) -> None:
        check_choice("language", self.language, tuple(LANGUAGES))
        for name in ("units", "batch_strings", "round_updates", "reach"):
            check_whole(name, getattr(self, name), least=1)
        check_whole("most", self.most, least=LANGUAGES[self.language].n_counts)


def _train(job: Job) -> list[Trained]:
    from lstmmusic.tasks import _hardening, _networks, _training, _twins

    settings: CountingSettings = job.settings
    inputs, targets = read_and_told(
        settings.language, training_counts(settings.language, settings.most)
    )
    weights = (targets != 0).any(axis=-1)
    is_hardened = job.variant == "hardened"
    n_noise = 2 * settings.units if is_hardened else 0
    n_symbols = inputs.shape[-1]

    def noiseless(inputs: np.ndarray) -> np.ndarray:
        return np.concatenate([inputs, np.zeros((*inputs.shape[:-1], n_noise))], axis=-1)

    rule = _hardening.AllRight(
        noiseless(inputs),
        targets,
        len(job.seeds),
        settings,
        are_right,
        settings.harder_times if is_hardened else 0,
    )

    def draw(_: int, rng: np.random.Generator, n: int) -> Strings:
        rows = rng.integers(len(inputs), size=n)
        noise = rule.noise * rng.normal(size=(n, inputs.shape[1], n_noise))
        shown = np.concatenate([inputs[rows], noise], axis=-1)
        return Strings(shown, targets[rows], weights[rows])

    make = _hardening.disturbed_layers if is_hardened else _networks.layers_of
    columns = [
        make(
            job.variant,
            seed,
            n_symbols,
            n_symbols,
            settings.units,
            forget_bias=settings.forget_bias,
            output_activation="tanh",
        )
        for seed in job.seeds
    ]
    networks = _networks.Networks(columns)
    learner = _hardening.HardeningLearner(
        networks,
        job.seeds,
        draw,
        "squared",
        rule,
        settings.batch_strings,
        settings.round_updates,
        settings.learning_rate,
    )
    found = _training.train(learner, job)
    twins = _twins.Twins(*columns[0])
    weights = networks.rows()
    return [
        trained._replace(solver=_twins.TwinSolver(twins, row))
        for trained, row in zip(found, weights, strict=True)
    ]


def _test(settings: CountingSettings, seed: int, solver: Any) -> Verdict:
    counts = test_counts(settings.language, settings.reach, settings.n_pairs, seed)
    right = np.zeros(len(counts), bool)
    for start in range(0, len(counts), _TEST_STRINGS):
        part = counts[start : start + _TEST_STRINGS]
        inputs, targets = read_and_told(settings.language, part)
        right[start : start + len(part)] = are_right(targets, solver(inputs))
    sums = np.array([sum(each) for each in counts])
    wrong = sums[~right]
    reach = int(wrong.min()) - 1 if len(wrong) else settings.reach
    return Verdict(bool(right.all()), {"reach": float(reach), "right": float(right.mean())})


_TEST_STRINGS = 256


def _oracle(settings: CountingSettings) -> Any:
    """Counts what it reads."""
    known = LANGUAGES[settings.language]
    symbols = known.symbols

    def solve(inputs: np.ndarray) -> np.ndarray:
        """Sums over time of each symbol say all: what is open, what is owed, what is over."""
        n = np.cumsum(inputs > 0, axis=1)
        seen = {symbol: n[..., 1 + k] for k, symbol in enumerate(symbols)}
        last = {symbol: inputs[..., 1 + k] > 0 for k, symbol in enumerate(symbols)}
        start = inputs[..., 0] > 0
        open_a, zero = last["a"], np.zeros(start.shape, bool)
        if settings.language == "anbn":
            owed_b = last["b"] & (seen["b"] < seen["a"])
            legal = [start | open_a, open_a | owed_b, last["b"] & ~owed_b]
        elif settings.language == "anbncn":
            owed_b = last["b"] & (seen["b"] < seen["a"])
            owed_c = (last["b"] & ~owed_b) | (last["c"] & (seen["c"] < seen["a"]))
            legal = [start | open_a, open_a | owed_b, owed_c, last["c"] & ~owed_c]
        else:
            open_b = last["b"]
            owed_b = last["B"] & (seen["B"] < seen["b"])
            owed_a = (last["B"] & ~owed_b) | (last["A"] & (seen["A"] < seen["a"]))
            over = last["A"] & ~owed_a
            legal = [start | open_a, open_a | open_b, open_b | owed_b, owed_a, over]
        return np.where(np.stack([zero | each for each in legal], axis=-1), 1.0, -1.0)

    return solve


_SOURCE = "Gers, Schmidhuber (2001), IEEE Transactions on Neural Networks 12(6)"
_KALMAN = "Perez-Ortiz, Gers, Eck, Schmidhuber (2003), Neural Networks 16(2)"
_DOUBT = "recalled, not read again"


def _published(best: float, average: float, network: str) -> tuple[Published, ...]:
    return (
        Published(best, "reach of the best", network, _SOURCE, "", _DOUBT),
        Published(average, "mean reach", network, _SOURCE, "", _DOUBT),
    )


def _counting(
    language: str,
    title: str,
    published: tuple[Published, ...],
    budget_updates: int,
    quick: CountingSettings,
    bar: str,
    **more: Any,
) -> Task:
    full = CountingSettings(language, **more)
    n_counts = LANGUAGES[language].n_counts
    what = "n" if n_counts == 1 else "n + m"
    tested = (
        f"every n up to {full.reach}"
        if n_counts == 1
        else f"n + m up to {full.reach}, every (n, n), (n, 1), (1, n) and {full.n_pairs} by chance"
    )
    return Task(
        name=language.lower(),
        title=title,
        family="counting",
        tags=("counting", "2001"),
        about=(
            f"Strings of the language {title}, one unit a symbol, +1 or -1, are read after a start "
            "symbol, and all symbols that may come next are to be told, the end among them: every "
            "output has to be on the right side of 0 at every step. A network is reset after every "
            f"string. It learns from the strings with {what} up to {full.most} alone. Success: the "
            f"strings with {tested} are all right (`quick`: up to {quick.reach}). Training stops "
            f"when {full.least_updates:,} updates are over and all training strings are right; the "
            "network of that moment is tested, once. `hardened` is an LSTM without forget gates "
            "and peepholes that learns under noise at its input gates and cell inputs, whose "
            "weights grow, once the training strings are right, to"
            f" {full.harder_by**full.harder_times:.1f} times what they were; the "
            "other variants are trained plainly."
        ),
        published=published,
        presets={
            "quick": Preset("quick", quick, budget_updates * quick.batch_strings, bar=bar),
            "paper": Preset("paper", full, budget_updates * full.batch_strings),
        },
        tiny=Preset(
            "tiny",
            CountingSettings(
                language,
                most=3,
                reach=6,
                n_pairs=2,
                units=2,
                batch_strings=2,
                round_updates=4,
                least_updates=8,
                noise_updates=4,
                harder_times=1,
            ),
            budget=16,
        ),
        variants=("hardened", "peephole", "no_peepholes", "no_forget", "keras_lstm", "rnn"),
        step_unit="training strings",
        train=_train,
        test=_test,
        oracle=_oracle,
    )


TASKS = (
    _counting(
        "anbn",
        "a^n b^n",
        _published(1000, 118, "peephole LSTM, trained on n <= 10, 10 of 10 learnt"),
        6000,
        CountingSettings("anbn", reach=300),
        "exact to n = 300, of 2 in 3 networks",
    ),
    _counting(
        "anbmBmAn",
        "a^n b^m B^m A^n",
        _published(23, 17, "peephole LSTM, trained on n + m <= 12, 10 of 10 learnt"),
        6000,
        CountingSettings("anbmBmAn", most=12, reach=200, n_pairs=200, batch_strings=20),
        "exact to n + m = 200, of 2 in 3 networks",
        most=12,
        batch_strings=20,
    ),
    _counting(
        "anbncn",
        "a^n b^n c^n",
        (
            *_published(52, 28, "peephole LSTM, trained on n <= 10, 10 of 10 learnt"),
            Published(
                1000,
                "reach",
                "the same, Kalman-trained",
                _KALMAN,
                "",
                "how many of how many is not told",
            ),
        ),
        6000,
        CountingSettings("anbncn", reach=300),
        "exact to n = 300, of 2 in 3 networks",
    ),
)
