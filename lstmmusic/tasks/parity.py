"""Parity: one bit of memory that every bit of the input may turn over.

No part of a solution lowers the error of the answer at the end, so that what follows a gradient
finds nothing to follow, and guessing weights does better. Asked at every step, or with strings
that grow, it is learnt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from lstmmusic.tasks._answers import (
    AnswerSettings,
    Window,
    growing_to,
    grown_told,
    judge_answers,
    tiny,
    train_answers,
)
from lstmmusic.tasks.long_lags import adding_strings
from lstmmusic.tasks.task import (
    STRINGS,
    WEIGHTS,
    Job,
    Preset,
    Published,
    Strings,
    Task,
    Trained,
    Verdict,
    check_whole,
)

FEED_FORWARD, AT_ONCE, GUESSING = "feed_forward", "at_once", "guessing"


@dataclass(frozen=True)
class StaticSettings:
    """What is other where a hidden layer sees all bits at once; see `AnswerSettings`."""

    units: int = 128
    batch_strings: int = 256
    round_strings: int = 2560
    learning_rate: float = 0.03


@dataclass(frozen=True)
class ParitySettings(AnswerSettings):
    """Strings of bits, and what `AnswerSettings` says.

    Attributes:
        bits: Of a training string at most.
        of_one_length: True where it has no fewer.
        test_lengths: The least and the most bits of a test string.
        asks_always: True where the parity so far is asked for at every step.
        least_share: In a training string a bit is 1 with a probability of its own, drawn from this
            to 1 less this, so that long runs are met; 1/2 in all others.
        guess_strings: Training strings of `guessing`, of the lengths of the test.
        static: Of `feed_forward`.
    """

    length_name: ClassVar[str] = "bits"

    bits: int
    test_lengths: tuple[int, int]
    of_one_length: bool = False
    asks_always: bool = False
    least_share: float = 0.5
    guess_strings: int = 100
    static: StaticSettings = StaticSettings()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("bits", self.bits, least=1)
        for length in self.test_lengths:
            check_whole("test_lengths", length, least=1)


def parity_strings(
    rng: np.random.Generator,
    n_strings: int,
    least: int,
    most: int,
    n_steps: int,
    always: bool,
    shares: np.ndarray | None = None,
) -> Strings:
    """Strings of bits, 1 and -1; the target is 1 where the number of ones so far is odd.

    Args:
        rng: Where they come from.
        n_strings: How many.
        least: Bits of a string at least,
        most: and at most.
        n_steps: Shape of the arrays; zeros after the end.
        always: True where it is asked for at every step, else at the end.
        shares: Of each string how often a bit is 1, (strings,); None for a half.

    Example:
        >>> strings = parity_strings(np.random.default_rng(0), 1, 4, 4, 4, always=True)
        >>> strings.inputs[0, :, 0].tolist(), strings.targets[0, :, 0].tolist()
        ([-1.0, -1.0, -1.0, 1.0], [0, 0, 0, 1])
    """
    lengths = rng.integers(least, most + 1, size=n_strings)
    bits = rng.choice([1.0, -1.0], size=(n_strings, n_steps))
    if shares is not None:
        bits = np.where(rng.random(bits.shape) < shares[:, None], 1.0, -1.0)
    is_on = np.arange(n_steps) < lengths[:, None]
    bits = np.where(is_on, bits, 0)
    is_odd = np.cumsum(bits > 0, axis=1) % 2
    asked = is_on if always else np.arange(n_steps) == lengths[:, None] - 1
    return Strings(bits[..., None], (is_odd * asked)[..., None], asked.astype(float))


def _tested(settings: ParitySettings, rng: np.random.Generator, n: int) -> Strings:
    least, most = settings.test_lengths
    return parity_strings(rng, n, least, most, most, settings.asks_always)


def _train(job: Job) -> list[Trained]:
    settings: ParitySettings = job.settings
    if job.variant == GUESSING:
        return _guess(job, lambda rng, n: _tested(settings, rng, n))
    if job.variant == FEED_FORWARD:
        return _train_static(job)
    if job.variant == AT_ONCE:
        at_once = replace(settings, growth=())
        return train_answers(job._replace(variant="peephole", settings=at_once), _tested, {})

    def draw(level: ParitySettings, rng: np.random.Generator, n: int) -> Strings:
        share, shares = settings.least_share, None
        if share < 0.5:
            shares = rng.uniform(share, 1 - share, n)
        most, n_steps = level.bits, settings.bits
        least = most if settings.of_one_length else 1
        return parity_strings(rng, n, least, most, n_steps, settings.asks_always, shares)

    return train_answers(job, draw, {})


def _guess(job: Job, draw: Any) -> list[Trained]:
    from lstmmusic.tasks import _guessing, _training

    settings: Any = job.settings
    strings = [
        draw(np.random.default_rng([seed, STRINGS]), settings.guess_strings) for seed in job.seeds
    ]
    per_round = min(settings.batch_strings, job.budget or 1)
    learner = _guessing.GuessingLearner(job.seeds, strings, settings.right_below, per_round)
    return _training.train(learner, job)


def _train_static(job: Job) -> list[Trained]:
    """A hidden and an output layer that see all bits at once."""
    import keras

    from lstmmusic.tasks import _training

    settings: ParitySettings = replace(job.settings, **vars(job.settings.static))
    job, n_bits = job._replace(settings=settings), settings.bits
    columns = []
    for seed in job.seeds:
        numbers = np.random.default_rng([seed, WEIGHTS]).integers(2**31, size=2).tolist()
        glorot: Any = keras.initializers.GlorotUniform
        sizes = ((settings.units, "tanh", n_bits), (1, "sigmoid", settings.units))
        layers = []
        for number, (units, activation, n_inputs) in zip(numbers, sizes, strict=True):
            start = glorot(seed=number)
            layers.append(keras.layers.Dense(units, activation, kernel_initializer=start))
            layers[-1].build((None, None, n_inputs))
        columns.append(layers)

    def draw(_: int, rng: np.random.Generator, n: int) -> Strings:
        drawn = parity_strings(rng, n, n_bits, n_bits, n_bits, always=False)
        at_once = drawn.inputs.reshape(n, 1, n_bits)
        return Strings(at_once, drawn.targets[:, -1:], np.ones((n, 1)))

    rule = Window(len(job.seeds), settings)
    found = _training.train_columns(job, columns, draw, rule, "independent")

    def read_at_once(solver: Any) -> Any:
        def solve(inputs: np.ndarray) -> np.ndarray:
            answers = solver(inputs.reshape(len(inputs), 1, n_bits))
            return np.repeat(answers, inputs.shape[1], axis=1)

        return solve

    return [trained._replace(solver=read_at_once(trained.solver)) for trained in found]


def _test(settings: ParitySettings, seed: int, solver: Any) -> Verdict:
    return judge_answers(settings, seed, solver, _tested)


def _oracle(settings: ParitySettings) -> Any:
    """Counts the ones."""

    def solve(inputs: np.ndarray) -> np.ndarray:
        return np.cumsum(inputs > 0, axis=1) % 2

    return solve


@dataclass(frozen=True)
class XorSettings(AnswerSettings):
    """Two marked bits among random ones, and what `AnswerSettings` says.

    Attributes:
        min_steps: As in `long_lags.StoringSettings`.
        guess_strings: Training strings of `guessing`.
    """

    length_name: ClassVar[str] = "min_steps"

    min_steps: int
    guess_strings: int = 100


def xor_strings(settings: XorSettings, rng: np.random.Generator, n_strings: int) -> Strings:
    """The strings of adding with bits, 1 and -1, for values: asked is whether the marked differ.

    Where the first mark falls on the first step, that bit is -1.

    Example:
        >>> settings = XorSettings(24)
        >>> xor_strings(settings, np.random.default_rng(0), 5).inputs.shape
        (5, 26, 2)
    """
    inputs, lengths, _ = adding_strings(rng, n_strings, settings.min_steps)
    inputs[..., 0] = np.sign(inputs[..., 0])
    is_odd = ((inputs[..., 0] > 0) & (inputs[..., 1] == 1)).sum(axis=1) % 2
    weights = np.zeros(inputs.shape[:2])
    weights[np.arange(n_strings), lengths - 1] = 1
    return Strings(inputs, (weights * is_odd[:, None])[..., None], weights)


def _train_xor(job: Job) -> list[Trained]:
    if job.variant == GUESSING:
        return _guess(job, lambda rng, n: xor_strings(job.settings, rng, n))
    return train_answers(job, xor_strings, {})


def _test_xor(settings: XorSettings, seed: int, solver: Any) -> Verdict:
    return judge_answers(settings, seed, solver, xor_strings)


def _oracle_xor(settings: XorSettings) -> Any:
    """Counts the marked ones."""

    def solve(inputs: np.ndarray) -> np.ndarray:
        is_one = (inputs[..., :1] > 0) & (inputs[..., 1:] == 1)
        return np.cumsum(is_one, axis=1) % 2

    return solve


_GUESSED = "Hochreiter, Schmidhuber (1996), NIPS 9"
_RECALLED = "recalled, not read again"
_GRADIENT = ("peephole", "no_peepholes", "no_forget", "keras_lstm", "rnn")


def _trials(value: float, network: str, doubt: str = _RECALLED) -> Published:
    return Published(value, "guesses", network, _GUESSED, GUESSING, doubt)


_GUESSES = (
    _trials(250, "guessed weights, 10 hidden units that see the output, 500 to 600 bits"),
    _trials(
        2906,
        "guessed weights, 1 hidden unit, fully recurrent, 500 to 600 bits",
        "recalled, with doubt",
    ),
)
_NOT_SOLVED = (
    "LSTM by the truncated gradient with small first weights: not quickly, told without a figure"
)


def _task(
    name: str,
    title: str,
    about: str,
    published: tuple[Published, ...],
    full: Any,
    quick: Mapping[str, Any],
    bar: str,
    budgets: tuple[int, int],
    variants: tuple[str, ...],
    more_budgets: tuple[Mapping[str, int], Mapping[str, int]],
    few: Any,
    functions: tuple[Any, Any, Any] = (_train, _test, _oracle),
) -> Task:
    short = replace(full, **quick)
    train, test, oracle = functions
    mean = ""
    if full.mean_error_below < 1:
        mean = f", with a mean error below {full.mean_error_below}"
    return Task(
        name=name,
        title=title,
        family="parity",
        tags=("parity", "guessing"),
        about=(
            f"{about} An answer is right within {full.right_below}. Training stops when of the "
            f"last {full.window_strings:,} training strings (`quick`: {short.window_strings:,}) "
            f"all were right before they were learnt from{mean}. Success: it stopped, and "
            f"{full.test_strings:,} fresh strings are all right (`quick`: {short.test_strings:,})."
        ),
        published=published,
        presets={
            "quick": Preset("quick", short, budgets[0], more_budgets[0], bar),
            "paper": Preset("paper", full, budgets[1], more_budgets[1]),
        },
        tiny=Preset("tiny", few, budget=16),
        variants=variants,
        step_unit="training strings or guesses",
        train=train,
        test=test,
        oracle=oracle,
    )


_BIT_BY_BIT: Mapping[str, int] = {variant: 1_000_000 for variant in _GRADIENT}
_NINE = ParitySettings(
    bits=9,
    of_one_length=True,
    growth=(1, 2, 3, 4, 5, 6, 7, 8),
    test_lengths=(9, 9),
    right_below=0.4,
    window_strings=4000,
    test_strings=4096,
    most_wrong=0,
    slow_below=0.01,
)
_RUNNING = ParitySettings(
    bits=20,
    test_lengths=(500, 600),
    asks_always=True,
    least_share=0.1,
    right_below=0.4,
    window_strings=2000,
    mean_error_below=0.01,
    test_strings=512,
    most_wrong=0,
    slow_below=0.1,
)
_FINAL = replace(
    _RUNNING,
    bits=100,
    growth=(1, 2, 3, 4, 6, 8, 11, 15, 20, 30, 45, 70),
    asks_always=False,
    window_strings=1000,
)
_SHARES = ", each with a share of ones of its own, so that long runs are met"
_XOR = XorSettings(
    min_steps=100,
    **growing_to(100, least=24),
    right_below=0.4,
    forget_bias=4.6,
    input_bias=-3.0,
    test_strings=512,
    most_wrong=0,
    slow_below=0.1,
)

TASKS = (
    _task(
        "parity_9",
        "Parity of nine bits, at once or one by one",
        "Whether the number of ones among nine random bits is odd. `feed_forward`, a hidden layer "
        f"of {_NINE.static.units} units, sees all at once; the others read them bit by bit and are "
        "asked at the end; their training strings grow from one bit to nine, the next when all of "
        "a window were right.",
        (
            Published(
                2825,
                "presentations of every pattern",
                "feed-forward, 4 hidden units, four bits, descent at rate 0.5",
                "Rumelhart, Hinton, Williams (1986), PDP 1, chapter 8",
                FEED_FORWARD,
                _RECALLED,
            ),
        ),
        _NINE,
        {"window_strings": 2000, "test_strings": 2048},
        "all of 2,048 strings of nine bits right, of 2 in 3 networks",
        (1_500_000, 4_000_000),
        (FEED_FORWARD, *_GRADIENT),
        (_BIT_BY_BIT, _BIT_BY_BIT),
        tiny(_NINE, bits=3, growth=(2,), test_lengths=(3, 3), static=StaticSettings(4, 4, 8)),
    ),
    _task(
        "parity_running",
        "Parity so far, at every step",
        f"Whether the number of ones so far is odd, asked at every step. Training strings have 1 "
        f"to {_RUNNING.bits} bits{_SHARES}, test strings 500 to 600, lengths never seen.",
        _GUESSES,
        _RUNNING,
        {"window_strings": 1000, "test_strings": 128},
        "128 strings of 500 to 600 bits right at every step, of 2 in 3 networks",
        (60_000, 300_000),
        (*_GRADIENT, GUESSING),
        ({GUESSING: 4000}, {GUESSING: 200_000}),
        tiny(_RUNNING, bits=3, test_lengths=(5, 6), guess_strings=4),
    ),
    _task(
        "parity_final",
        "Parity at the end, of 500 to 600 bits",
        "Whether the number of ones is odd, asked at the end alone. Training strings grow: of 1 to "
        f"n bits, n one of {', '.join(map(str, (*_FINAL.growth, _FINAL.bits)))}, the next when all "
        f"of a window were right{_SHARES}. Test strings have 500 to 600 bits, lengths never seen. "
        "`at_once` is `peephole` trained on strings as long as those of the test; `guessing` draws "
        f"weights anew until {_FINAL.guess_strings} such strings are right.",
        (
            *_GUESSES,
            Published(
                0, "% solved", _NOT_SOLVED, "Hochreiter, Schmidhuber (1997), section 6", AT_ONCE
            ),
        ),
        _FINAL,
        {"window_strings": 500, "test_strings": 128},
        "128 strings of 500 to 600 bits right, of 2 in 3 networks",
        (100_000, 500_000),
        (*_GRADIENT, AT_ONCE, GUESSING),
        ({GUESSING: 4000, AT_ONCE: 4000}, {GUESSING: 200_000, AT_ONCE: 100_000}),
        tiny(_FINAL, bits=2, growth=(1,), test_lengths=(5, 6), guess_strings=4),
    ),
    _task(
        "delayed_xor",
        "Delayed exclusive or",
        f"Strings as in adding, n = {_XOR.min_steps} (`quick`: 50), with bits for values: at the "
        "end it is asked whether the two that are marked differ. To keep one of them alone is "
        f"worth nothing.{grown_told(_XOR)}",
        (Published(0, "% solved", _NOT_SOLVED, "Hochreiter, Schmidhuber (1997), section 6"),),
        _XOR,
        {
            "min_steps": 50,
            "growth": (),
            "window_strings": 500,
            "test_strings": 256,
            "forget_bias": 3.9,
        },
        "at 50 to 55 steps, 256 strings right, of 2 in 3 networks",
        (80_000, 500_000),
        (*_GRADIENT, GUESSING),
        ({GUESSING: 4000}, {GUESSING: 200_000}),
        tiny(_XOR, min_steps=24, guess_strings=16),
        (_train_xor, _test_xor, _oracle_xor),
    ),
)
