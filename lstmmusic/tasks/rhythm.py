"""Rhythm: a drum pattern that a network keeps by itself, and that can be heard.

The pattern is one of the band's; the network has no input, no clock and no metronome. What it plays
is written as MIDI into the run folder, solved or not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT, steps_per_bar
from lstmmusic.generation.band import FEELS, drum_hits
from lstmmusic.io import write_midi
from lstmmusic.score import Metre, Note, Part, Score
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


@dataclass(frozen=True)
class Pattern:
    """Strokes on a grid.

    Attributes:
        pitches: Of the kit, one an instrument.
        velocities: Shape (steps, instruments), 0 where there is no stroke.
        step_quarters: Length of a step.
    """

    pitches: tuple[int, ...]
    velocities: np.ndarray
    step_quarters: float

    @property
    def strokes(self) -> np.ndarray:
        """Shape (steps, instruments), 1 where there is a stroke, else 0."""
        return (self.velocities > 0).astype(float)


@cache
def band_pattern(style: str, n_bars: int) -> Pattern:
    """What the band's drums play, on the coarsest grid that holds it; four bars end with a fill.

    Example:
        >>> pattern = band_pattern("straight", 1)
        >>> pattern.pitches, pattern.step_quarters
        ((36, 38, 42), 0.5)
        >>> pattern.strokes[:, 0].tolist()  # the kick
        [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    """
    events = drum_hits(n_bars, Metre(), style, choruses=(), ends=False)
    n_steps = n_bars * steps_per_bar(Metre())
    grid = math.gcd(n_steps, *(onset for onset, *_ in events))
    pitches = tuple(sorted({pitch for _, _, pitch, _ in events}))
    velocities = np.zeros((n_steps // grid, len(pitches)), np.int64)
    for onset, _, pitch, velocity in events:
        velocities[onset // grid, pitches.index(pitch)] = velocity
    return Pattern(pitches, velocities, grid / STEPS_PER_BEAT)


def blunt_pattern(strokes: np.ndarray, n_steps: int, sharpness: float) -> np.ndarray:
    """A pattern on and on, as smooth as is asked for: every stroke is spread over its neighbours.

    With strokes at t_k and φ the turn of one pattern: 1 - Π_k (1 - exp(s (cos(φ - φ_k) - 1))).

    Args:
        strokes: Shape (steps, instruments), 1 at strokes.
        n_steps: How many steps.
        sharpness: s; from a few times (steps / 2π)² on, next to the pattern itself.

    Returns:
        Shape (n_steps, instruments).
    """
    period = len(strokes)
    turns = 2 * np.pi * (np.arange(period)[:, None] - np.arange(period)) / period
    spread = np.exp(sharpness * (np.cos(turns) - 1))
    silent = np.prod(1 - spread[:, :, None] * strokes[None], axis=1)
    return (1 - silent)[np.arange(n_steps) % period]


@dataclass(frozen=True)
class RhythmSettings:
    """A pattern and a network.

    Attributes:
        style: A style of the band.
        pattern_bars: Bars of the pattern.
        test_bars: All right in the success test.
        valid_bars: Training stops when the network, run freely, is right for so many bars,
        valid_below: and by so much.
        error_below: An output is right when its error is less or equal.
        learnt_below: A level of the lesson is learnt when no error is larger.
        polished_below: The same for the last.
        patterns: Learnt from at the levels of the lesson, while the pattern is blunt.
        more_patterns: The same once it is sharp.
        sharpest: How sharp it becomes, in units of (steps / 2π)².
        sharper_by: From level to level.
        units: Of the hidden layer.
    """

    style: str
    pattern_bars: int = 1
    test_bars: int = 500
    valid_bars: int = 300
    valid_below: float = 0.4
    error_below: float = 0.49
    learnt_below: float = 0.25
    polished_below: float = 0.1
    patterns: tuple[int, ...] = (2, 3)
    more_patterns: tuple[int, ...] = (4, 5, 7, 10, 14, 20, 30, 40)
    sharpest: float = 5.0
    sharper_by: float = 1.5
    units: int = 8

    def __post_init__(self) -> None:
        check_choice("style", self.style, tuple(FEELS))
        for name in ("pattern_bars", "test_bars", "valid_bars", "units"):
            check_whole(name, getattr(self, name), least=1)

    @property
    def pattern(self) -> Pattern:
        """What is to be kept."""
        return band_pattern(self.style, self.pattern_bars)


class _Lesson:
    """First a few patterns, smooth, then sharp ones, then many."""

    def __init__(self, settings: RhythmSettings) -> None:
        self._settings = settings
        turn = (len(settings.pattern.strokes) / 2 / np.pi) ** 2
        sharp = [1.0]
        while sharp[-1] < settings.sharpest * turn:
            sharp.append(min(settings.sharpest * turn, sharp[-1] * settings.sharper_by))
        most = settings.patterns[-1]
        self._levels = [(1.0, n) for n in settings.patterns] + [(s, most) for s in sharp[1:]]
        self._levels += [(sharp[-1], n) for n in settings.more_patterns]
        self.n_levels, self.last_levels = len(self._levels), 1

    def strings(self, index: int, level: int) -> Strings:
        sharpness, n_patterns = self._levels[level]
        strokes = self._settings.pattern.strokes
        n_steps = n_patterns * len(strokes)
        target = blunt_pattern(strokes, n_steps, sharpness)
        return Strings(np.zeros((1, n_steps, 1)), target[None], np.ones((1, n_steps)))

    def is_learnt(self, level: int, strings: Strings, outputs: np.ndarray) -> bool:
        is_last = level == self.n_levels - 1
        below = self._settings.polished_below if is_last else self._settings.learnt_below
        return bool(np.abs(outputs - strings.targets).max() <= below)  # NaN is not

    def is_valid(self, index: int, predict: Callable[[np.ndarray], np.ndarray]) -> bool:
        errors = _errors(self._settings, predict, self._settings.valid_bars)
        return bool(errors.max() <= self._settings.valid_below)


def _played(settings: RhythmSettings, solver: Any, n_bars: int) -> np.ndarray:
    """What a network plays by itself, (time, instruments)."""
    n_steps = n_bars * len(settings.pattern.strokes) // settings.pattern_bars
    return np.asarray(solver(np.zeros((1, n_steps, 1))))[0]


def _errors(settings: RhythmSettings, solver: Any, n_bars: int) -> np.ndarray:
    """The largest of all instruments at each step, (time,)."""
    played = _played(settings, solver, n_bars)
    strokes = settings.pattern.strokes[np.arange(len(played)) % len(settings.pattern.strokes)]
    return np.abs(played - strokes).max(axis=1)


def as_score(settings: RhythmSettings, outputs: np.ndarray) -> Score:
    """What was played: a stroke where an output is above a half, as loud as in the pattern.

    Args:
        settings: Say the pattern.
        outputs: Shape (time, instruments).

    Returns:
        One part for the kit, at 120 beats a minute. A stroke where the pattern has none is as loud
        as the loudest of its instrument.
    """
    pattern = settings.pattern
    step, loudest = pattern.step_quarters, pattern.velocities.max(axis=0)
    notes = []
    for t, k in np.argwhere(outputs > 0.5).tolist():
        velocity = int(pattern.velocities[t % len(pattern.velocities), k]) or int(loudest[k])
        notes.append(Note(t * step, step / 2, pattern.pitches[k], velocity))
    part = Part(notes, name="drums", is_drum=True)
    return Score([part], title="A rhythm, kept", length_quarters=len(outputs) * step)


def _train(job: Job) -> list[Trained]:
    from lstmmusic.tasks import _least_squares

    settings: RhythmSettings = job.settings
    n_steps, n_instruments = settings.pattern.strokes.shape
    found = _least_squares.train_lesson(
        job, _Lesson(settings), n_steps, n_outputs=n_instruments, starts=True
    )
    if job.run is not None:
        for seed, trained in zip(job.seeds, found, strict=True):
            played = _played(settings, trained.solver, settings.test_bars)
            write_midi(as_score(settings, played), job.run.path / f"rhythm_{seed}.mid", force=True)
    return found


def _test(settings: RhythmSettings, seed: int, solver: Any) -> Verdict:
    errors = _errors(settings, solver, settings.test_bars)
    wrong = np.flatnonzero(~(errors <= settings.error_below))  # NaN is wrong
    n_right = int(wrong[0]) if len(wrong) else len(errors)
    finite = np.minimum(np.nan_to_num(errors, nan=1e6, posinf=1e6), 1e6)
    n_bars = n_right * settings.pattern_bars / len(settings.pattern.strokes)
    measured = {"bars": float(math.floor(n_bars)), "largest_error": float(finite.max())}
    return Verdict(len(wrong) == 0, measured)


def _oracle(settings: RhythmSettings) -> Any:
    """The pattern itself."""

    def solve(inputs: np.ndarray) -> np.ndarray:
        strokes = settings.pattern.strokes
        return np.tile(strokes, (-(-inputs.shape[1] // len(strokes)), 1))[None, : inputs.shape[1]]

    return solve


def _rhythm(full: RhythmSettings, title: str) -> Task:
    pattern = full.pattern
    bars = "a bar" if full.pattern_bars == 1 else f"{full.pattern_bars} bars"
    return Task(
        name=f"rhythm_{full.style}_{full.pattern_bars}",
        title=title,
        family="rhythm",
        tags=("timing", "music", "2002"),
        about=(
            f"Without any input, {bars} of the band's drums ({full.style}, {len(pattern.pitches)} "
            f"instruments, {len(pattern.strokes)} steps) are to be played on and on, one output an "
            f"instrument. Success: {full.test_bars} bars with no error above {full.error_below}, "
            "from the first step on, not aligned anew. Learning is by damped least squares, as in "
            "`pfg_*`; strokes are at first spread over their neighbours, and sharpened level by "
            "level. Training stops at the first step at which the network, run freely, is right "
            f"for {full.valid_bars} bars within {full.valid_below}. "
            "What each network plays is in the run folder, as `rhythm_SEED.mid`."
        ),
        published=(
            Published(
                20,
                "% solved",
                "peephole LSTM, 1 cell, a rectangle of 25 steps for 1,000 periods: no rhythm was "
                "tried",
                "Gers, Schraudolph, Schmidhuber (2002), JMLR 3, section 4",
                doubt="recalled, not read again; another task",
            ),
        ),
        presets={
            "quick": Preset(
                "quick", full, 1000, bar=f"{full.test_bars} bars right, of 2 in 3 networks"
            ),
            "paper": Preset("paper", full, 2000),
        },
        tiny=Preset(
            "tiny",
            replace(full, patterns=(1,), more_patterns=(), test_bars=4, valid_bars=4, units=2),
            budget=2,
        ),
        variants=("peephole", "no_peepholes", "no_forget", "keras_lstm", "rnn"),
        step_unit="steps of least squares",
        train=_train,
        test=_test,
        oracle=_oracle,
    )


TASKS = (
    _rhythm(RhythmSettings("straight"), "A rock beat, kept for 500 bars"),
    _rhythm(RhythmSettings("slow"), "A slow blues in triplets, kept for 500 bars"),
)
