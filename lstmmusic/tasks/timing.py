"""Precise timing: measuring intervals, making spikes, keeping a wave going.

Everything here runs on and on: no reset, no teacher, nothing that says where the stream stands but
what the task itself gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lstmmusic.tasks.task import (
    STRINGS,
    TEST,
    TRAINING,
    WEIGHTS,
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

WAVES = ("cosine", "triangle", "rectangle", "spike")
ONLINE = "online2002"  # the variant that learns by the published rule
# Of that rule; published are 1e-5 and 0.99 (spikes: 0.999), with which a weight moves a thirtieth
# (a third) as far in the long run, and no network came beyond half a period.
_LEARNING_RATE, _MOMENTUM = 3e-3, 0.9
_PERIODS = 100  # of a stream, where no error is too large
_STREAMS = 2000  # of a round


def wave(shape: str, period_steps: int, n_steps: int) -> np.ndarray:
    """What is to be generated, (n_steps,), from 0 to 1.

    `spike` is 1 at the last step of every period.

    Example:
        >>> wave("triangle", 4, 6).tolist(), wave("spike", 3, 6).tolist()
        ([0.0, 0.5, 1.0, 0.5, 0.0, 0.5], [0.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    """
    t = np.arange(n_steps) % period_steps
    phase = t / period_steps
    if shape == "cosine":
        return 0.5 * (1 - np.cos(2 * np.pi * phase))
    if shape == "triangle":
        return 1 - np.abs(1 - 2 * phase)
    if shape == "rectangle":
        return (phase < 0.5).astype(float)
    return (t == period_steps - 1).astype(float)


def blunt_wave(shape: str, period_steps: int, n_steps: int, sharpness: float) -> np.ndarray:
    """The same as smooth as is asked for: edges and spikes grow steeper with the sharpness.

    A rectangle is σ(s (cos φ - cos φ₁)), φ counted from its middle and φ₁ at its edge; a spike
    exp(s (cos φ - 1)); the other shapes are as they are.

    Args:
        shape: One of `WAVES`.
        period_steps: Steps of a period.
        n_steps: How many steps.
        sharpness: s, more than 0.
    """
    t, turn = np.arange(n_steps), 2 * np.pi / period_steps
    if shape == "rectangle":
        n_high = (period_steps + 1) // 2
        rise = np.cos(turn * (t - (n_high - 1) / 2)) - np.cos(turn * n_high / 2)
        return 1 / (1 + np.exp(-sharpness * rise))
    if shape == "spike":
        return np.exp(sharpness * (np.cos(turn * (t + 1)) - 1))
    return wave(shape, period_steps, n_steps)


def delays(
    rng: np.random.Generator, n_streams: int, n_delays: int, fixed_steps: int, extra: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Streams of spikes whose intervals are to be measured.

    Each interval is `fixed_steps` and one of `extra`, by chance; at the spike that ends it this
    one is to be told.

    Returns:
        Inputs (streams, time, 1), 1 at the spikes; targets, the same shape, and where they are
        asked for, (streams, time). All streams are as long as the longest can be, and go on with
        zeros.

    Example:
        >>> x, y, asked = delays(np.random.default_rng(0), 1, 2, 3, (0, 1))
        >>> x[0, :, 0].tolist(), y[asked].tolist()
        ([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0], [[1.0], [1.0]])
    """
    drawn = rng.choice(np.asarray(extra), (n_streams, n_delays))
    times = np.cumsum(fixed_steps + drawn, axis=1)
    n_steps = 1 + n_delays * (fixed_steps + max(extra))
    rows = np.arange(n_streams)[:, None]
    inputs, targets = np.zeros((2, n_streams, n_steps, 1))
    asked = np.zeros((n_streams, n_steps), bool)
    inputs[:, 0] = 1
    inputs[rows, times], targets[rows, times, 0], asked[rows, times] = 1, drawn, True
    return inputs, targets, asked


@dataclass(frozen=True)
class GeneratingSettings:
    """Waves and networks.

    Attributes:
        shape: One of `WAVES`.
        period_steps: Steps of a period.
        error_below: An output is right when its error is less or equal.
        test_periods: All right in the success test.
        valid_periods: Training stops when the network, run freely, is right for so many periods,
        valid_below: by so much, and errors do not grow by more than the test allows.
        learnt_below: A level of the lesson is learnt when no error is larger.
        polished_below: The same for those at whose end it may stop.
        periods: Learnt from at the levels of the lesson, while the wave is blunt.
        more_periods: The same once it is sharp,
        last_periods: and from where on training may stop.
        sharpest: How sharp rectangles and spikes become.
        sharper_by: From level to level.
        units: Of the hidden layer.
    """

    shape: str
    period_steps: int
    error_below: float = 0.3
    test_periods: int = 1000
    valid_periods: int = 300
    valid_below: float = 0.05
    learnt_below: float = 0.15
    polished_below: float = 0.03
    periods: tuple[int, ...] = (2, 3)
    more_periods: tuple[int, ...] = (4, 5, 7, 10, 14)
    last_periods: tuple[int, ...] = (20, 30, 45, 70)
    sharpest: float = 1.0
    sharper_by: float = 1.5
    units: int = 8

    def __post_init__(self) -> None:
        check_choice("shape", self.shape, WAVES)
        for name in ("period_steps", "test_periods", "valid_periods", "units"):
            check_whole(name, getattr(self, name), least=1)


class _Generating:
    """A lesson in keeping a wave going: first few periods and blunt, then sharp, then many."""

    def __init__(self, settings: GeneratingSettings) -> None:
        self._settings = settings
        sharp = [1.0]
        if settings.shape in ("rectangle", "spike"):
            while sharp[-1] < settings.sharpest:
                sharp.append(min(settings.sharpest, sharp[-1] * settings.sharper_by))
        short, most = settings.periods, settings.periods[-1]
        self._levels = [(1.0, n) for n in short] + [(s, most) for s in sharp[1:]]
        self._levels += [(sharp[-1], n) for n in settings.more_periods + settings.last_periods]
        self.n_levels = len(self._levels)
        self.last_levels = len(settings.last_periods)

    def strings(self, index: int, level: int) -> Strings:
        settings = self._settings
        sharpness, n_periods = self._levels[level]
        n_steps = n_periods * settings.period_steps
        target = blunt_wave(settings.shape, settings.period_steps, n_steps, sharpness)
        return Strings(np.zeros((1, n_steps, 1)), target[None, :, None], np.ones((1, n_steps)))

    def is_learnt(self, level: int, strings: Strings, outputs: np.ndarray) -> bool:
        errors = np.abs(outputs - strings.targets)[..., 0] * strings.weights
        is_late = level >= self.n_levels - self.last_levels
        below = self._settings.polished_below if is_late else self._settings.learnt_below
        return bool(errors.max() <= below)  # NaN is not

    def is_valid(self, index: int, predict: Callable[[np.ndarray], np.ndarray]) -> bool:
        settings = self._settings
        errors = _errors(settings, predict, settings.valid_periods)
        if not errors.max() <= settings.valid_below:  # NaN is not
            return False
        first, second = (half.max() for half in np.array_split(errors, 2))
        # What has grown from half to half will have grown so much by the end of the test.
        halves_to_come = 2 * (settings.test_periods / settings.valid_periods - 1)
        at_the_end = second + max(second - first, 0.0) * halves_to_come
        return bool(at_the_end <= settings.error_below)


def _errors(settings: GeneratingSettings, solver: Any, n_periods: int) -> np.ndarray:
    """Of a network that runs freely, (time,)."""
    n_steps = n_periods * settings.period_steps
    outputs = np.asarray(solver(np.zeros((1, n_steps, 1))))[0, :, 0]
    return np.abs(outputs - wave(settings.shape, settings.period_steps, n_steps))


def _right_steps(errors: np.ndarray, below: float) -> int:
    """Steps until the first error that is too large."""
    wrong = np.flatnonzero(~(errors <= below))  # NaN is wrong
    return int(wrong[0]) if len(wrong) else len(errors)


def _test_generating(settings: GeneratingSettings, seed: int, solver: Any) -> Verdict:
    errors = _errors(settings, solver, settings.test_periods)
    n_right = _right_steps(errors, settings.error_below) // settings.period_steps
    finite = np.nan_to_num(errors, nan=1e6, posinf=1e6)
    measured = {
        "periods": float(n_right),
        "rmse": float(np.sqrt((np.minimum(finite, 1e6) ** 2).mean())),
        "largest_error": float(min(finite.max(), 1e6)),
    }
    return Verdict(n_right == settings.test_periods, measured)


@dataclass(frozen=True)
class MeasuringSettings:
    """Streams of spikes and networks.

    Attributes:
        fixed_steps: Of every interval.
        extra: One of these more, by chance; it is to be told.
        error_below: An answer is right when its error is less or equal.
        test_delays: All right in a row in the success test.
        valid_delays: Training stops when so many of another stream are right,
        valid_below: by so much.
        learnt_below: A level of the lesson is learnt when no error is larger.
        lengths: Fixed steps at the levels of the lesson, up to those of the task.
        delays: In a stream to learn from, at these levels.
        more_delays: The same at the levels after them; training may stop from the second on.
        streams: To learn from.
        units: Of the hidden layer.
    """

    fixed_steps: int
    extra: tuple[int, ...] = (0, 1)
    error_below: float = 0.49
    test_delays: int = 1000
    valid_delays: int = 1000
    valid_below: float = 0.35
    learnt_below: float = 0.25
    lengths: tuple[int, ...] = ()
    delays: int = 2
    more_delays: tuple[int, ...] = (4, 8, 12, 18)
    streams: int = 12
    units: int = 4

    def __post_init__(self) -> None:
        for name in ("fixed_steps", "test_delays", "valid_delays", "streams", "units"):
            check_whole(name, getattr(self, name), least=1)


class _Measuring:
    """A lesson in measuring intervals: first short ones, then the task's, then more of them."""

    def __init__(self, settings: MeasuringSettings, seeds: Sequence[int]) -> None:
        self._settings, self._seeds = settings, seeds
        levels = [(length, settings.delays) for length in settings.lengths]
        self._levels = levels + [(settings.fixed_steps, n) for n in settings.more_delays]
        self.n_levels = len(self._levels)
        self.last_levels = max(len(settings.more_delays) - 1, 1)

    def strings(self, index: int, level: int) -> Strings:
        settings = self._settings
        rng = np.random.default_rng([self._seeds[index], TRAINING, level])
        length, n_delays = self._levels[level]
        found = delays(rng, settings.streams, n_delays, length, settings.extra)
        inputs, targets, asked = found
        return Strings(inputs, targets, asked.astype(float))

    def is_learnt(self, level: int, strings: Strings, outputs: np.ndarray) -> bool:
        errors = np.abs(outputs - strings.targets)[strings.weights > 0]
        return bool(errors.max() <= self._settings.learnt_below)

    def is_valid(self, index: int, predict: Callable[[np.ndarray], np.ndarray]) -> bool:
        rng = np.random.default_rng([self._seeds[index], STRINGS])
        errors = _delay_errors(self._settings, rng, self._settings.valid_delays, predict)
        return bool(errors.max() <= self._settings.valid_below)


def _delay_errors(
    settings: MeasuringSettings, rng: np.random.Generator, n_delays: int, solver: Any
) -> np.ndarray:
    """Of one stream, (delays,)."""
    inputs, targets, asked = delays(rng, 1, n_delays, settings.fixed_steps, settings.extra)
    return np.abs(np.asarray(solver(inputs)) - targets)[asked][:, 0]


def _test_measuring(settings: MeasuringSettings, seed: int, solver: Any) -> Verdict:
    rng = np.random.default_rng([seed, TEST])
    errors = _delay_errors(settings, rng, settings.test_delays, solver)
    n_right = _right_steps(errors, settings.error_below)
    finite = np.minimum(np.nan_to_num(errors, nan=1e6, posinf=1e6), 1e6)
    measured = {
        "delays": float(n_right),
        "rmse": float(np.sqrt((finite**2).mean())),
        "largest_error": float(finite.max()),
    }
    return Verdict(n_right == settings.test_delays, measured)


def _train(job: Job) -> list[Trained]:
    from lstmmusic.tasks import _least_squares

    settings: Any = job.settings
    if job.variant == ONLINE:
        return _train_online(job)
    if isinstance(settings, GeneratingSettings):
        lesson, longest = _Generating(settings), settings.period_steps
        return _least_squares.train_lesson(job, lesson, longest, starts=True)
    longest = settings.fixed_steps + max(settings.extra)
    return _least_squares.train_lesson(job, _Measuring(settings, job.seeds), longest)


def _train_online(job: Job) -> list[Trained]:
    """By the published rule: a network of one cell, and streams that end with the first error."""
    import keras

    from lstmmusic.layers import OnlineLSTM, PeepholeLSTM
    from lstmmusic.tasks._online import OnlineWaves
    from lstmmusic.tasks._training import train

    settings: Any = job.settings
    is_spike = settings.shape == "spike"

    def online(seed: int) -> OnlineLSTM:
        numbers = np.random.default_rng([seed, WEIGHTS]).integers(2**31, size=6).tolist()
        within: list[Any] = [
            keras.initializers.RandomUniform(-0.1, 0.1, seed=number) for number in numbers
        ]
        layer = PeepholeLSTM(
            1,
            activation="linear",
            kernel_initializer=within[0],
            recurrent_initializer=within[1],
            peephole_initializer=within[2],
            bias_initializer=within[3],
            input_gate_bias=0.0,
            forget_gate_bias=-2.0,
            output_gate_bias=2.0,
        )
        head = keras.layers.Dense(
            1,
            "sigmoid" if is_spike else None,
            kernel_initializer=within[4],
            bias_initializer=within[5],
        )
        layer.build((None, None, 1))
        head.build((None, 1))
        return OnlineLSTM(layer, head)

    # As published: it stops when it keeps the limit as long as the test asks. Where nothing is
    # heard and nothing is by chance there is no other data to stop by.
    asked = {"valid_below": settings.error_below, "valid_periods": settings.test_periods}
    lesson = _Generating(replace(settings, **asked))
    learner = OnlineWaves(
        [online(seed) for seed in job.seeds],
        wave(settings.shape, settings.period_steps, _PERIODS * settings.period_steps)[:, None],
        settings.error_below,
        min(_STREAMS, job.budget),
        _LEARNING_RATE,
        _MOMENTUM,
        lesson.is_valid,
    )
    return train(learner, job)


def _oracle_generating(settings: GeneratingSettings) -> Any:
    """The wave itself."""

    def solve(inputs: np.ndarray) -> np.ndarray:
        target = wave(settings.shape, settings.period_steps, inputs.shape[1])
        return np.broadcast_to(target[None, :, None], (*inputs.shape[:2], 1))

    return solve


def _oracle_measuring(settings: MeasuringSettings) -> Any:
    """Counts the steps since the last spike."""

    def solve(inputs: np.ndarray) -> np.ndarray:
        outputs = np.zeros((*inputs.shape[:2], 1))
        for row, stream in enumerate(inputs[..., 0]):
            times = np.flatnonzero(stream)
            outputs[row, times[1:], 0] = np.diff(times) - settings.fixed_steps
        return outputs

    return solve


_SOURCE = "Gers, Schraudolph, Schmidhuber (2002), JMLR 3, section 4"
_DOUBT = "recalled, not read again"
_VARIANTS = ("peephole", "no_peepholes", "no_forget", "keras_lstm", "rnn")
_UNIT = "steps of least squares"
_LEARNER = (
    "Learning is by damped least squares on whole streams, which grow level by level as the "
    "network gets them right; one that stays at a level for long begins anew."
)
_STOP = "Training stops when, after one of the last levels,"


def _share(percent: float, network: str, streams: str, doubt: str = _DOUBT) -> Published:
    network = f"{network}, {streams} training streams" if streams else network
    return Published(percent, "% solved", network, _SOURCE, "", doubt)


def _waves(shape: str, period_steps: int, **more: Any) -> GeneratingSettings:
    """With limits that what is sharpest is within, and that the published one is beyond.

    What is sharpened is sharpened over eight periods: three can be learnt one by one. Before
    training stops, 300 periods have to be right, and 6,000 steps: what drifts shows in steps.
    """
    more = {"valid_periods": max(300, 6000 // period_steps), **more}
    if shape in ("spike", "rectangle"):
        more = {"periods": (2, 4, 8), "more_periods": (11, 15), **more}
    if shape == "spike":
        sharpest = round(3.3 * (period_steps / 2 / np.pi) ** 2, 1)
        more |= {"error_below": 0.49, "valid_below": 0.31, "learnt_below": 0.25}
        more |= {"polished_below": 0.1, "sharpest": sharpest}
    elif shape == "rectangle":
        more |= {"valid_below": 0.2, "polished_below": 0.05}
        more |= {"sharpest": round(0.7 * period_steps, 1)}
    elif shape == "triangle":
        more |= {"valid_below": 0.09, "polished_below": 0.06}
    else:
        more |= {"units": 5}
    return GeneratingSettings(shape, period_steps, **more)


def _generating(
    name: str,
    title: str,
    tags: tuple[str, ...],
    published: tuple[Published, ...],
    settings: GeneratingSettings,
) -> Task:
    full = settings
    spikes = full.shape == "spike"
    what = (
        f"a spike at every {full.period_steps}th step, 1 there and 0 elsewhere"
        if spikes
        else f"a {full.shape} from 0 to 1 with a period of {full.period_steps} steps"
    )
    more = "The state before the first step is learnt as well, where the layer has weights for it. "
    if full.shape in ("rectangle", "spike"):
        more += "The wave is at first smooth, and sharpened level by level. "
    quick = replace(full, test_periods=200, valid_periods=100)
    return Task(
        name=name,
        title=title,
        family="timing",
        tags=("timing", *tags, "2002"),
        about=(
            f"Without any input, {what} is to be generated, on and on, without reset or teacher. "
            f"Success: {full.test_periods} periods (`quick`: {quick.test_periods}) with no error "
            f"above {full.error_below}, from the first step on, not aligned anew. {_LEARNER} "
            f"{more}{_STOP} the network, run freely, is right for "
            f"{full.valid_periods} periods (`quick`: {quick.valid_periods}) within "
            f"{full.valid_below}, and errors that grow on as they do there stay within the limit "
            f"of the test. `{ONLINE}` is one cell that learns by the published rule, at a rate of "
            f"{_LEARNING_RATE:g} and a momentum of {_MOMENTUM:g}, from streams that end with the "
            "first error above the limit, and stops when it is right for as long as the test asks."
        ),
        published=published,
        presets={
            "quick": Preset(
                "quick",
                quick,
                4000,
                {ONLINE: 400_000},
                bar=f"{quick.test_periods} periods right, of 2 in 3 networks",
            ),
            "paper": Preset("paper", full, 20_000, {ONLINE: 3_000_000}),
        },
        tiny=Preset(
            "tiny",
            replace(
                full,
                period_steps=4,
                periods=(1,),
                more_periods=(),
                last_periods=(2, 3),
                sharpest=1.0,
                test_periods=4,
                valid_periods=3,
                units=2,
            ),
            budget=4,
        ),
        variants=(*_VARIANTS, ONLINE),
        step_unit=_UNIT,
        step_units={ONLINE: "training streams"},
        train=_train,
        test=_test_generating,
        oracle=_oracle_generating,
    )


def _measuring(
    name: str, title: str, published: tuple[Published, ...], full: MeasuringSettings
) -> Task:
    quick = replace(full, test_delays=300, valid_delays=300)
    extras = ", ".join(map(str, full.extra))
    more = "Intervals are at first short, and lengthen. " if len(full.lengths) > 1 else ""
    return Task(
        name=name,
        title=title,
        family="timing",
        tags=("timing", "measuring", "2002"),
        about=(
            f"A stream of spikes, {full.fixed_steps} steps and one of {extras} more apart, by "
            "chance; at each spike this number is to be told, on and on, without reset. "
            f"Success: {full.test_delays} intervals of a fresh stream (`quick`: "
            f"{quick.test_delays}) with no error above {full.error_below}. {_LEARNER} {more}"
            f"{_STOP} {full.valid_delays} intervals of another stream (`quick`: "
            f"{quick.valid_delays}) are right within {full.valid_below}."
        ),
        published=published,
        presets={
            "quick": Preset(
                "quick",
                quick,
                4000,
                bar=f"{quick.test_delays} intervals right, of 2 in 3 networks",
            ),
            "paper": Preset("paper", full, 20_000),
        },
        tiny=Preset(
            "tiny",
            MeasuringSettings(
                2,
                lengths=(2,),
                delays=1,
                more_delays=(2,),
                test_delays=6,
                valid_delays=3,
                streams=2,
                units=2,
            ),
            budget=4,
        ),
        variants=_VARIANTS,
        step_unit=_UNIT,
        train=_train,
        test=_test_measuring,
        oracle=_oracle_measuring,
    )


_MSD = {
    10: (_share(20, "peephole LSTM", "27,453,000"), _share(10, "LSTM", "8,850,000")),
    30: (
        _share(100, "peephole LSTM, one interval a stream", "1,149,000"),
        _share(100, "LSTM, one interval a stream", "732,000"),
    ),
    50: (
        _share(100, "peephole LSTM, one interval a stream", "3,939,000"),
        _share(100, "LSTM, one interval a stream", "17,521,000"),
    ),
}
_LENGTHS = tuple(round(5 * 1.2**k) for k in range(13))  # 5 to 45
_GTS = {10: (100, "41,000"), 20: (100, "67,000"), 30: (80, "845,000")}
_GTS |= {40: (100, "1,152,000"), 50: (100, "2,538,000")}
_PFG = {
    ("cosine", 10): ((100, "145,000"), (90, "2,477,000")),
    ("cosine", 25): ((100, "149,000"), (0, "")),
    ("triangle", 10): ((100, "869,000"), (0, "")),
    ("triangle", 25): ((50, "4,063,000"), (0, "")),
    ("rectangle", 10): ((80, "1,107,000"), (0, "")),
    ("rectangle", 25): ((20, "748,000"), (0, "")),
}

TASKS = (
    *(
        _measuring(
            f"msd_{fixed}",
            f"Measuring spike delays, {fixed} and {fixed + 1}",
            published,
            MeasuringSettings(fixed, lengths=(*(n for n in _LENGTHS if n < fixed), fixed)),
        )
        for fixed, published in _MSD.items()
    ),
    _measuring(
        "msd_wide",
        "Measuring spike delays, 10 to 20",
        (_share(20, "peephole LSTM, delays of 10 and 11", "27,453,000"),),
        MeasuringSettings(10, tuple(range(11)), lengths=(10,)),
    ),
    *(
        _generating(
            f"gts_{period}",
            f"Timed spikes, every {period} steps",
            ("spikes",),
            (_share(percent, "peephole LSTM, 1 cell", streams),),
            _waves("spike", period),
        )
        for period, (percent, streams) in _GTS.items()
    ),
    *(
        _generating(
            f"pfg_{shape}_{period}",
            f"A {shape} with a period of {period} steps",
            ("waves",),
            (
                _share(*peephole[:1], "peephole LSTM, 1 cell", peephole[1]),
                _share(*plain[:1], "LSTM, 1 cell", plain[1]),
            ),
            _waves(shape, period),
        )
        for (shape, period), (peephole, plain) in _PFG.items()
    ),
)
