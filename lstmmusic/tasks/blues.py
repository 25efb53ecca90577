"""The first study of blues with LSTM: chords that keep the form, and a melody over them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from lstmmusic.encoding import BinaryEighthGrid
from lstmmusic.encoding.binary_eighths import N_CHORD_UNITS, N_MELODY_UNITS
from lstmmusic.errors import InputError
from lstmmusic.score import Metre, Score, parse_chart, place_chart
from lstmmusic.tasks.task import (
    STRINGS,
    TEST,
    Job,
    Preset,
    Published,
    Task,
    Trained,
    Verdict,
    check_whole,
)

CHART = "C7 | F7 | C7 | C7 | F7 | F7 | C7 | A7 | Dm7 | G7 | C7 | G7"
BAR_STEPS = 8
NOTE_STEPS = 2
CHORUS_STEPS = 12 * BAR_STEPS

# Two a bar, each four quarters of one pentatonic scale; `c` is the C an octave above `C`.
SEGMENTS = (
    ("C E G A", "G E C D"),
    ("F Eb C Eb", "A F G A"),
    ("G Bb c Bb", "E G A G"),
    ("c Bb G Bb", "C E G E"),
    ("F A c A", "Eb F Eb C"),
    ("C F A F", "c Bb F Eb"),
    ("E G A c", "G F Eb C"),
    ("A G E D", "E G A E"),
    ("D F A G", "c A F D"),
    ("D G F D", "F D G F"),
    ("C Eb F G", "G A G E"),
    ("G F D G", "F G Bb G"),
)
_UNITS = {"C": 0, "D": 2, "Eb": 3, "E": 4, "F": 5, "G": 7, "A": 9, "Bb": 10, "c": 12}


@lru_cache
def chord_steps() -> np.ndarray:
    """The chords of a chorus: (96, 12), one flag a pitch class that sounds.

    Example:
        >>> np.flatnonzero(chord_steps()[0]).tolist()  # C7
        [0, 4, 7, 10]
    """
    bars = parse_chart(CHART)
    score = Score(chords=place_chart(bars, Metre()), length_quarters=4.0 * len(bars))
    return BinaryEighthGrid().encode(score)[:, :N_CHORD_UNITS]


@lru_cache
def segment_steps() -> np.ndarray:
    """The melody's segments: (12 bars, 2, 8 steps, 13), one flag for the note that sounds."""
    units = [[[_UNITS[note] for note in one.split()] for one in pair] for pair in SEGMENTS]
    return np.eye(N_MELODY_UNITS, dtype=np.uint8)[np.repeat(units, NOTE_STEPS, axis=-1)]


def song(rng: np.random.Generator, n_choruses: int) -> np.ndarray:
    """Choruses over which each bar's segment is drawn: (96 a chorus, 25), chords and melody.

    Example:
        >>> song(np.random.default_rng(0), 2).shape
        (192, 25)
    """
    bars = np.arange(12 * n_choruses) % 12
    melody = segment_steps()[bars, rng.integers(2, size=len(bars))]
    return np.hstack([np.tile(chord_steps(), (n_choruses, 1)), melody.reshape(-1, N_MELODY_UNITS)])


@lru_cache
def scaling() -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each of the 25 units over all songs; 1 where none sounds."""
    chords, melody = chord_steps(), segment_steps().reshape(-1, N_MELODY_UNITS)
    mean = np.append(chords.mean(axis=0), melody.mean(axis=0))
    spread = np.append(chords.std(axis=0), melody.std(axis=0))
    return mean, np.where(spread > 0, spread, 1.0)


@dataclass(frozen=True)
class BluesSettings:
    """Songs, networks and how they learn.

    Attributes:
        blocks: Memory blocks for the chords, and as many again for the melody.
        cells_per_block: Cells that share their gates.
        forget_bias: Of the gradient variants' forget gates, at the start; the online rule has the
            published schedule.
        string_choruses: Choruses in a training string; its unit of steps.
        batch_strings: Strings of an update of the gradient variants.
        round_strings: Strings between two looks at the stopping rule; a multiple of the batch.
        learning_rate: Of Adam, in the gradient variants.
        online_learning_rate: Of the online rule.
        momentum: The same.
        look_choruses: Training stops when, over so many choruses,
        error_below: no chord unit is further than that from what is asked
        melody_nats_a_bar: and the cross-entropy of the melody is at most that,
        right_looks: at so many looks in a row.
        test_choruses: Choruses that the success test plays.
    """

    blocks: int = 4
    cells_per_block: int = 2
    forget_bias: float = 3.0
    string_choruses: int = 2
    batch_strings: int = 1
    round_strings: int = 100
    learning_rate: float = 0.01
    online_learning_rate: float = 1e-5
    momentum: float = 0.9
    look_choruses: int = 8
    error_below: float = 0.25
    melody_nats_a_bar: float = 7.0
    right_looks: int = 2
    test_choruses: int = 100

    def __post_init__(self) -> None:
        counts = ("blocks", "cells_per_block", "string_choruses", "batch_strings")
        for name in (*counts, "look_choruses", "right_looks", "test_choruses"):
            check_whole(name, getattr(self, name), least=1)
        check_whole("round_strings", self.round_strings, least=self.batch_strings)
        if not 0 < self.error_below <= 0.5:
            raise InputError("error_below", "more than 0, at most 0.5", self.error_below)


def _train(job: Job, has_melody: bool) -> list[Trained]:
    from lstmmusic.tasks import _blues_networks

    settings: BluesSettings = job.settings
    n_units = N_CHORD_UNITS + has_melody * N_MELODY_UNITS

    def strings(rng: np.random.Generator, n: int, n_choruses: int) -> np.ndarray:
        """Shape (n, steps + 1, units): every step but the last is heard, but the first asked."""
        songs = [song(rng, n_choruses + 1) for _ in range(n)]
        return np.stack(songs)[:, : CHORUS_STEPS * n_choruses + 1, :n_units]

    looked_at = [
        strings(np.random.default_rng([seed, STRINGS]), 1, settings.look_choruses)
        for seed in job.seeds
    ]
    rule = _FormKept(np.stack(looked_at), settings)
    return _blues_networks.train_blues(job, n_units, strings, rule, scaling())


class _FormKept:
    """Stops a network when it tells all chords of several choruses, and the melody well.

    The chords have learnt, and learn no more, when they are told at some looks in a row; the melody
    goes on over them, the slower the better it is told.
    """

    def __init__(self, songs: np.ndarray, settings: BluesSettings) -> None:
        self._inputs, self._targets = songs[:, :, :-1], songs[:, :, 1:]
        self._settings = settings
        n_parts = 1 + (songs.shape[-1] > N_CHORD_UNITS)
        self._looks = np.zeros((len(songs), n_parts), np.int64)
        self._paces = np.ones((len(songs), n_parts))

    def seen(self, index: int, strings: Any, outputs: np.ndarray) -> None:
        pass

    def met(self, predict: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        settings = self._settings
        outputs = np.asarray(predict(self._inputs), np.float64)
        errors = np.abs(outputs - self._targets)[..., :N_CHORD_UNITS]
        is_right = [errors.max(axis=(1, 2, 3)) < settings.error_below]
        metrics = {"chords_told": (errors.max(axis=-1) < 0.5).mean(axis=(1, 2))}
        if outputs.shape[-1] > N_CHORD_UNITS:
            nats = cross_entropy(self._targets, outputs)[..., N_CHORD_UNITS:].sum(axis=-1)
            nats = BAR_STEPS * nats.mean(axis=(1, 2))
            metrics["melody_nats_a_bar"] = nats
            is_right.append(nats <= settings.melody_nats_a_bar)
            self._paces[:, 1] = np.clip(nats / (3 * settings.melody_nats_a_bar), 0.1, 1.0)
        has_learnt = self._looks >= settings.right_looks
        has_learnt[:, 1:] = False  # the chords alone stay as they are
        counted = np.where(np.stack(is_right, axis=1), self._looks + 1, 0)
        self._looks = np.where(has_learnt, self._looks, counted)
        self._paces[:, 0] = self._looks[:, 0] < settings.right_looks
        stops: Any = (self._looks >= settings.right_looks).all(axis=1)
        return stops, metrics

    def paces(self) -> np.ndarray:
        return self._paces

    def state(self) -> dict[str, np.ndarray]:
        return {"looks": self._looks, "paces": self._paces}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self._looks, self._paces = state["looks"].copy(), state["paces"].copy()


def cross_entropy(targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Nats of independent units: -t ln y - (1 - t) ln (1 - y), of the same shape."""
    t, y = np.asarray(targets, float), np.clip(outputs, 1e-6, 1 - 1e-6)
    return -t * np.log(y) - (1 - t) * np.log(1 - y)


def fed_back(outputs: np.ndarray) -> np.ndarray:
    """What a network hears of its own: chords above a half, of the melody the strongest alone.

    Args:
        outputs: Shape (..., 12), or (..., 25) with a melody.

    Returns:
        Flags of the same shape.
    """
    chords = (outputs[..., :N_CHORD_UNITS] > 0.5).astype(np.uint8)
    if outputs.shape[-1] == N_CHORD_UNITS:
        return chords
    strongest = outputs[..., N_CHORD_UNITS:].argmax(axis=-1)
    melody = np.eye(N_MELODY_UNITS, dtype=np.uint8)[strongest]
    return np.concatenate([chords, melody], axis=-1)


def _test(settings: BluesSettings, seed: int, solver: Any, has_melody: bool) -> Verdict:
    n_steps = settings.test_choruses * CHORUS_STEPS
    n_given = BAR_STEPS if has_melody else 1
    given = song(np.random.default_rng([seed, TEST]), settings.test_choruses + 1)[: n_steps + 1]
    given = given if has_melody else given[:, :N_CHORD_UNITS]
    inputs, asked = given[:-1], given[1:]
    told, played = fed_back(solver(inputs, n_steps)), fed_back(solver(inputs, n_given))
    right = (played == asked)[:, :N_CHORD_UNITS].all(axis=-1)
    # Output t is step t + 1: the last is the first step of one more chorus.
    by_chorus = np.roll(right, 1).reshape(-1, CHORUS_STEPS)
    slips = np.flatnonzero(~by_chorus.all(axis=1))
    onsets = by_chorus[:, ::BAR_STEPS]
    metrics = {
        "steps_right": float(right.mean()),
        "onsets_right": float(onsets.mean()),
        "onsets_right_in_chorus_1": float(onsets[0].sum()),
        "choruses_right": float(slips[0] if len(slips) else len(by_chorus)),
        "chords_told": float((told == asked)[:, :N_CHORD_UNITS].all(axis=-1).mean()),
    }
    if has_melody:
        metrics["melody_told"] = float((told == asked)[:, N_CHORD_UNITS:].all(axis=-1).mean())
        lines = np.vstack([inputs[:n_given], played[n_given - 1 : -1]])
        metrics |= _melody_metrics(lines[CHORUS_STEPS:])
    return Verdict(bool(right.all()), metrics)


def _melody_metrics(played: np.ndarray) -> dict[str, float]:
    """Of whole choruses, (steps, 25): what the bars are and how they go with their chords."""
    chords, melody = played[:, :N_CHORD_UNITS], played[:, N_CHORD_UNITS:]
    pitch_classes = melody.argmax(axis=-1) % 12
    is_chord_tone = chords[np.arange(len(chords)), pitch_classes] > 0
    bars = {bar.tobytes() for bar in segment_steps().reshape(-1, BAR_STEPS, N_MELODY_UNITS)}
    found = [bar.tobytes() for bar in melody.reshape(-1, BAR_STEPS, N_MELODY_UNITS)]
    return {
        "new_bars": float(np.mean([bar not in bars for bar in found])),
        "distinct_bars": float(len(set(found))),
        "chord_tones": float(is_chord_tone.mean()),
    }


def segment_chord_tones() -> float:
    """Share of the segments' steps that are tones of the chord there."""
    chords = np.repeat(chord_steps().reshape(12, 1, BAR_STEPS, N_CHORD_UNITS), 2, axis=1)
    found = np.take_along_axis(chords, segment_steps().argmax(axis=-1)[..., None] % 12, axis=-1)
    return float(found.mean())


def _oracle(has_melody: bool) -> Any:
    """Counts the steps; of the melody it plays the first segments."""

    def solve(inputs: np.ndarray, n_given: int) -> np.ndarray:
        bars = segment_steps()[:, 0].reshape(-1, N_MELODY_UNITS)
        chorus = np.hstack([chord_steps(), bars]) if has_melody else chord_steps()
        return chorus[np.arange(1, len(inputs) + 1) % CHORUS_STEPS].astype(float)

    return solve


_SOURCE = "Eck, Schmidhuber (2002), run again by others"


def _task(name: str, title: str, about: str, has_melody: bool, **presets: Any) -> Task:
    tiny = BluesSettings(
        blocks=1, string_choruses=1, round_strings=2, look_choruses=1, test_choruses=2
    )

    def again(value: float, unit: str, network: str) -> Published:
        doubt = "three chords, eight pitches; the study itself has no figures"
        return Published(value, unit, network, _SOURCE, doubt=doubt)

    network = "LSTM of two layers, 20 and 24, one chorus"
    figures = [
        again(12, "bar onsets of 12", f"{network}, seed 0"),
        again(8, "bar onsets of 12", f"{network}, seed 1"),
        again(7, "bar onsets of 12", f"{network}, seed 2"),
        again(12, "bar onsets of 12", f"{network}, seed 3"),
        again(0.906, "of the chord steps", f"{network}, running free"),
    ]
    if has_melody:
        figures += [
            again(0.993, "of the chords, told", f"{network}, heard the right ones"),
            again(0.372, "of the pitches, told", f"{network}, heard the right ones"),
            again(0.877, "chord tones", f"{network}, running free"),
        ]
    return Task(
        name=name,
        title=title,
        family="blues",
        tags=("blues", "music", "2002"),
        about=about,
        published=tuple(figures),
        presets=presets,
        tiny=Preset("tiny", tiny, budget=4),
        variants=("peephole", "lstm2000", "keras_lstm", "rnn", "online2000"),
        step_unit="training strings",
        train=lambda job: _train(job, has_melody),
        test=lambda settings, seed, solver: _test(settings, seed, solver, has_melody),
        oracle=lambda settings: _oracle(has_melody),
    )


_DATA = (
    "Twelve bars of eight steps: 12 units for the chords, one a pitch class, folded into an "
    f"octave ({CHART.replace(' |', ',')}: ours, for those of the study are in a figure that we "
    "have not seen)"
)
_NETWORK = "4 blocks of 2 cells, whose outputs also see the inputs"

TASKS = (
    _task(
        "blues_chords",
        "Blues: the chords",
        f"{_DATA}; inputs have mean 0 and standard deviation 1, the next step is to be told. "
        f"{_NETWORK}. Training stops when over 8 choruses no unit is off by 0.25, at two looks in "
        "a row. Success: it stopped; from the first step on, hearing its own outputs (1 where "
        "above a half), it plays 100 choruses with every chord of their 9,600 steps right.",
        False,
        quick=Preset(
            "quick",
            BluesSettings(),
            budget=4_000,
            budgets={"online2000": 5_000},
            bar="100 choruses without a wrong step, of 2 in 3 networks",
        ),
        paper=Preset("paper", BluesSettings(), budget=12_000, budgets={"online2000": 300_000}),
    ),
    _task(
        "blues_melody",
        "Blues: a melody over the chords",
        f"{_DATA}, and 13 for a melody in quarters, which has one of two pentatonic segments in "
        "each bar, drawn anew (4,096 songs; the segments are ours). "
        f"{_NETWORK}, and as much again for the melody, whose blocks see the chords' and are not "
        "seen by them. The chords stop to learn when over 8 choruses none of their units is off by "
        "0.25, and training stops when the cross-entropy of the melody, too, is at most "
        f"{BluesSettings.melody_nats_a_bar:g} nats a bar, each at two looks in a row. Success: it "
        "stopped; after a bar that is given it hears its own outputs (of the melody the "
        "strongest), and the chords of 100 choruses are right at every step.",
        True,
        quick=Preset(
            "quick",
            BluesSettings(),
            budget=8_000,
            budgets={"online2000": 5_000},
            bar="100 choruses without a wrong chord, of 2 in 3 networks",
        ),
        paper=Preset("paper", BluesSettings(), budget=12_000, budgets={"online2000": 200_000}),
    ),
)
