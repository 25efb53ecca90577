"""Strings that end in a question: what their families share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.tasks.task import TEST, Job, Strings, Trained, Verdict, check_whole

# Settings, generator, number of strings -> strings.
DrawStrings = Callable[[Any, np.random.Generator, int], Strings]
# Strings -> what is true of them, where their targets are disturbed.
Truth = Callable[[Strings], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class AnswerSettings:
    """How answers are learnt and when they are right.

    The error of a string is the largest of all its outputs, where it is asked for any.

    Attributes:
        units: Of the hidden layer, in all variants but those of 1997.
        forget_bias: Where the biases of forget gates start.
        input_bias: Where those of input gates do.
        batch_strings: Strings of an update of the gradient variants.
        round_strings: Strings between two looks at the stopping rule; a multiple of the batch.
        learning_rate: Of Adam, in the gradient variants.
        slow_below: Where the mean error of the window is less, learning is slower in proportion,
        least_pace: down to this share.
        online_learning_rate: Of the online rule.
        right_below: An answer is right when its error is less.
        window_strings: Training stops when of so many training strings in a row
        window_wrong: no more than these were wrong
        mean_error_below: and their mean error was less.
        online_window_strings: The window of the online rule; 0: the same.
        growth: How long strings are at first, in turn, in the unit of `length_name`; after the last
            they have their own. They grow when training could stop, or, where
        growth_window_strings: is not 0, when of so many in a row
        growth_right: this share was right. In the online rule they do not grow.
        test_strings: Fresh strings of the success test.
        most_wrong: So many of them may be wrong.
    """

    length_name: ClassVar[str] = ""  # the field that says how long strings are

    units: int = 12
    forget_bias: float = 1.0
    input_bias: float = 0.0
    batch_strings: int = 20
    round_strings: int = 500
    learning_rate: float = 0.01
    slow_below: float = 0.05
    least_pace: float = 0.1
    online_learning_rate: float = 0.5
    right_below: float = 0.04
    window_strings: int = 2000
    window_wrong: int = 0
    mean_error_below: float = 1.0
    online_window_strings: int = 0
    growth: tuple[int, ...] = ()
    growth_window_strings: int = 0
    growth_right: float = 1.0
    test_strings: int = 2560
    most_wrong: int = 3

    def __post_init__(self) -> None:
        for name in ("units", "batch_strings", "window_strings", "test_strings"):
            check_whole(name, getattr(self, name), least=1)
        check_whole("round_strings", self.round_strings, least=self.batch_strings)
        for length in self.growth:
            check_whole("growth", length, least=1)
        if self.growth and not self.length_name:
            raise InputError("growth", "none for strings of this kind", self.growth)
        if self.growth_window_strings > self.window_strings:
            wanted = f"at most window_strings, {self.window_strings}"
            raise InputError("growth_window_strings", wanted, self.growth_window_strings)

    def levels(self) -> list[Self]:
        """The same with each length of `growth`, and as they are."""
        return [*(replace(self, **{self.length_name: n}) for n in self.growth), self]


def growing_to(n_steps: int, least: int = 10) -> dict[str, Any]:
    """Settings by which strings grow to a length, each three times as long as those before.

    Example:
        >>> growing_to(1000)["growth"]
        (12, 37, 111, 333)
        >>> growing_to(20)
        {}
    """
    growth: tuple[int, ...] = ()
    while (length := n_steps // 3 ** (len(growth) + 1)) >= least:
        growth = (length, *growth)
    if not growth:
        return {}
    return {"growth": growth, "growth_window_strings": 500, "growth_right": 0.975}


def grown_told(settings: AnswerSettings) -> str:
    """In words, how strings of `paper` grow; empty where they do not.

    Example:
        >>> from lstmmusic.tasks.long_lags import StoringSettings
        >>> grown_told(StoringSettings(100)), grown_told(StoringSettings(100, growth=(33,)))[-51:]
        ('', 'is 33, then its own, each when training could stop.')
    """
    if not settings.growth:
        return ""
    when = "training could stop"
    if settings.growth_window_strings:
        window = settings.growth_window_strings
        when = f"{settings.growth_right:.1%} of the last {window} were right"
    lengths = ", ".join(map(str, settings.growth))
    return (
        f" In `paper` training strings grow, but for the online rule: n is {lengths}, then its "
        f"own, each when {when}."
    )


def errors_of(strings: Strings, outputs: np.ndarray, truth: Truth | None = None) -> np.ndarray:
    """The largest error of each string where it is asked, (strings,); NaN stays NaN.

    Example:
        >>> asked = np.array([[0.0, 1.0]])
        >>> strings = Strings(np.zeros((1, 2, 3)), np.zeros((1, 2, 1)), asked)
        >>> errors_of(strings, np.array([[[9.0], [-0.25]]])).tolist()
        [0.25]
    """
    asked = strings.weights > 0
    right = strings.targets if truth is None else truth(strings)
    errors = np.abs(np.asarray(outputs, np.float64) - right).max(axis=-1)
    return np.where(asked, errors, 0.0).max(axis=-1)


def train_answers(
    job: Job,
    draw: DrawStrings,
    original: Mapping[str, Any],
    loss: str = "independent",
    truth: Truth | None = None,
    shortcut: bool = False,
    output_bias: float = 0.0,
    late_strings: int = 0,
) -> list[Trained]:
    """Trains networks on strings that are drawn anew for every update.

    Args:
        job: Its settings are `AnswerSettings`.
        draw: The strings; it is given one of the settings' `levels`.
        original: The published network of 1997, as `_networks.Original` wants it; empty for none.
        loss: `independent` for outputs between 0 and 1, `squared` for any.
        truth: What answers are compared with; None for the targets.
        shortcut: True where outputs see the inputs, too.
        output_bias: Where the biases of outputs start.
        late_strings: In the online rule, strings that the outputs learn without the hidden layer.
    """
    from lstmmusic.tasks import _networks, _training

    settings: AnswerSettings = job.settings
    inputs, targets, _ = draw(settings, np.random.default_rng(0), 1)
    is_online = job.variant == _training.ONLINE
    if is_online:  # as it was published
        window = settings.online_window_strings or settings.window_strings
        settings = replace(settings, growth=(), growth_window_strings=0, window_strings=window)
    columns = [
        _networks.layers_of(
            job.variant,
            seed,
            inputs.shape[-1],
            targets.shape[-1],
            settings.units,
            _networks.Original(**original) if original else None,
            settings.forget_bias,
            settings.input_bias,
            "sigmoid" if is_online or loss == "independent" else None,
            shortcut=shortcut,
            output_bias=output_bias,
        )
        for seed in job.seeds
    ]
    levels, rule = settings.levels(), Growing(len(job.seeds), settings, truth)

    def at_level(k: int, rng: np.random.Generator, n: int) -> Strings:
        return draw(levels[rule.level[k]], rng, n)

    return _training.train_columns(job, columns, at_level, rule, loss, shortcut, late_strings)


class Window:
    """Stops a network when its last training strings were right before it learnt from them."""

    def __init__(self, n: int, settings: AnswerSettings, truth: Truth | None = None) -> None:
        self._settings, self._truth = settings, truth
        self._errors = np.full((n, settings.window_strings), np.inf)

    def seen(self, index: int, strings: Strings, outputs: np.ndarray) -> None:
        """Hears what a network answered before it learnt from the strings."""
        errors = errors_of(strings, outputs, self._truth)
        self._errors[index] = np.concatenate([self._errors[index], errors])[-len(self._errors[0]) :]

    def met(self, predict: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Which networks may stop."""
        settings = self._settings
        mean = self._means()
        right = self._errors < settings.right_below
        metrics = {"window_right": right.mean(axis=1), "window_mean_error": mean}
        few: Any = (~right).sum(axis=1) <= settings.window_wrong
        return few & (mean < settings.mean_error_below), metrics

    def _means(self) -> np.ndarray:
        """Of the errors in the window, as far as it is filled; infinite before the first."""
        known = np.isfinite(self._errors)
        sums, counts = np.where(known, self._errors, 0).sum(axis=1), known.sum(axis=1)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)

    def paces(self) -> np.ndarray:
        """Slower the smaller the error."""
        return np.clip(self._means() / self._settings.slow_below, self._settings.least_pace, 1.0)

    def state(self) -> dict[str, np.ndarray]:
        """The errors in the window."""
        return {"errors": self._errors}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Goes on from a kept state."""
        self._errors = state["errors"].copy()


class Growing(Window):
    """A window for each length of strings: they grow until they have their own, then it stops.

    Attributes:
        level: How often the strings of each network have grown, (networks,).
    """

    def __init__(self, n: int, settings: AnswerSettings, truth: Truth | None = None) -> None:
        super().__init__(n, settings, truth)
        self.level = np.zeros(n, np.int64)

    def met(self, predict: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Which networks may stop."""
        met, metrics = super().met(predict)
        settings = self._settings
        if not settings.growth:
            return met, metrics
        is_last, grows = self.level == len(settings.growth), met
        if settings.growth_window_strings:
            recent = self._errors[:, -settings.growth_window_strings :]
            grows = (recent < settings.right_below).mean(axis=1) >= settings.growth_right
        grows = grows & ~is_last
        self.level = self.level + grows
        self._errors[grows] = np.inf
        return met & is_last, {**metrics, "level": self.level.astype(float)}

    def state(self) -> dict[str, np.ndarray]:
        """The errors in the window, and the levels."""
        return {**super().state(), "level": self.level}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Goes on from a kept state."""
        super().restore(state)
        self.level = state["level"].copy()


def judge_answers(
    settings: AnswerSettings,
    seed: int,
    solver: Any,
    draw: DrawStrings,
    truth: Truth | None = None,
    chunk_strings: int = 2560,
) -> Verdict:
    """Asks a solver fresh strings: how many are wrong, and how large the errors are.

    Args:
        settings: Say how many strings, and when one is right.
        seed: Fixes the strings.
        solver: Inputs (strings, time, features) -> outputs (strings, time, outputs).
        draw: The strings.
        truth: What answers are compared with; None for the targets.
        chunk_strings: Drawn at a time.
    """
    rng, found = np.random.default_rng([seed, TEST]), []
    for start in range(0, settings.test_strings, chunk_strings):
        strings = draw(settings, rng, min(chunk_strings, settings.test_strings - start))
        found.append(errors_of(strings, solver(strings.inputs), truth))
    errors = np.concatenate(found)
    n_wrong = int((~(errors < settings.right_below)).sum())
    finite = np.nan_to_num(errors, nan=1e6, posinf=1e6)
    measured = {
        "wrong": float(n_wrong),
        "mae": float(finite.mean()),
        "rmse": float(np.sqrt((finite**2).mean())),
        "mse": float((finite**2).mean()),
    }
    return Verdict(n_wrong <= settings.most_wrong, measured)


def tiny(settings: AnswerSettings, **more: Any) -> AnswerSettings:
    """The same task with a few strings and units, for the tests."""
    few: dict[str, Any] = {"units": 4, "batch_strings": 4, "round_strings": 8}
    few |= {"window_strings": 16, "window_wrong": 0, "test_strings": 16, "most_wrong": 0}
    few |= {"growth": (), "growth_window_strings": 0, **more}
    return type(settings)(**{**vars(settings), **few})
