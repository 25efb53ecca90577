"""Music as the networks see it while they train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lstmmusic.encoding import HarmonyClock, MelodyEvents, MelodyMemory, MelodySetting
from lstmmusic.encoding.melody_features import N_INTERVALS, SECTION_BARS
from lstmmusic.player.network import (
    HIGHEST_PITCH,
    LOWEST_PITCH,
    MAX_STEPS,
    STEPS_PER_BAR,
    harmony_input,
    note_degrees,
)
from lstmmusic.score import Key, Score, form_named, read_chart

Arrays = dict[str, np.ndarray]
Example = tuple[Arrays, Arrays]  # inputs and targets by name, time first

_REGISTER = N_INTERVALS + 1 + 12 + 12  # where `MelodyMemory.heard` has the height of the last note


@dataclass(frozen=True, eq=False)
class Tune:
    """Music of one key and metre, ready to train on: a chorus, several in a row, or no known form.

    Attributes:
        name: Of its file.
        score: The piece.
        form: Name of its form; None where no form is known: then the place is told in sections of
            `SECTION_BARS`.
        style: Rhythmic style.
        events: Of `MelodyEvents`.
        symbols: Of `HarmonyClock`.
    """

    name: str
    score: Score
    form: str | None
    style: str
    events: np.ndarray
    symbols: np.ndarray

    @classmethod
    def of(cls, name: str, score: Score, form: str | None, style: str) -> Tune:
        """Encodes a score."""
        events = MelodyEvents().encode(score)
        return cls(name, score, form, style, events, HarmonyClock().encode(score))

    @property
    def is_minor(self) -> bool:
        """The mode of the key."""
        return bool(self.score.key and self.score.key.is_minor)

    @property
    def form_bars(self) -> int:
        """Bars after which the form begins again."""
        return SECTION_BARS if self.form is None else form_named(self.form).n_bars

    @cached_property
    def example(self) -> Example:
        """`melody_example` of the tune alone, in its own key; about 0.9 kB a note, kept."""
        return melody_example([self])

    def setting(self) -> MelodySetting:
        """What is fixed before its first note."""
        bars = read_chart(
            self.score.chords, self.score.bar_starts.tolist(), self.score.metre.bar_quarters
        )
        return MelodySetting(
            chart=bars,
            key=self.score.key or Key("C"),
            metre=self.score.metre,
            style=self.style,
            form_bars=self.form_bars,
            notes_per_bar=len(self.events) / max(len(bars), 1),
        )


def melody_example(tunes: Sequence[Tune], transposition: int = 0) -> Example:
    """Inputs and targets of one or several tunes played one after the other.

    Args:
        tunes: Choruses of one form length and metre; all are moved to the key of the first.
        transposition: Semitones to move everything, within an octave.

    Returns:
        Inputs and targets by name, each with time (notes) as the first axis.
    """
    first = tunes[0].setting()
    key = first.key.transpose(transposition)
    key = Key(key.tonic, first.key.mode)
    bars, events, offset = [], [], 0
    for tune in tunes:
        setting = tune.setting()
        shift = setting.key.semitones_to(key)
        bars += [tuple(chord.transpose(shift) for chord in bar) for bar in setting.chart]
        for onset, duration, pitch in tune.events.tolist():
            pitch = min(max(pitch + shift, LOWEST_PITCH), HIGHEST_PITCH)
            events.append((onset + offset, duration, pitch))
        offset += setting.n_steps
    setting = MelodySetting(
        bars,
        key,
        first.metre,
        first.style,
        first.form_bars,
        float(np.mean([tune.setting().notes_per_bar for tune in tunes])),
    )
    return _melody_arrays(setting, events)


def open_transpositions(example: Example, reach: int) -> range:
    """The transpositions, up to `reach` semitones either way, that keep every note playable.

    Example:
        >>> open_transpositions(({}, {"pitch": np.array([2, 40])}), 3)
        range(-2, 4)
    """
    pitches = example[1]["pitch"]
    lowest, highest = int(pitches.min()), int(pitches.max())
    room = HIGHEST_PITCH - LOWEST_PITCH - highest
    return range(-min(reach, lowest), min(reach, room) + 1)


def transpose_example(example: Example, semitones: int) -> Example:
    """The example of the tune in another key: equal to `melody_example` of the transposed tune.

    Much faster than that; the semitones must be of `open_transpositions`.
    """
    if not semitones:
        return example
    inputs, targets = {**example[0]}, {**example[1]}
    tonic = int(inputs["tonic"][0, 0])
    start = 60 + (tonic + semitones) % 12  # what the first interval is measured from
    inputs["tonic"] = (inputs["tonic"] + semitones) % 12
    inputs["last"] = inputs["last"] + semitones
    inputs["last"][0] = start
    back = inputs["looked_back"]
    inputs["looked_back"] = np.where(back < 0, back, back + semitones)
    targets["pitch"] = targets["pitch"] + np.int32(semitones)
    heard = inputs["heard"].copy()
    heard[1:, _REGISTER] = ((inputs["last"][1:, 0] - 66) / 12).astype(heard.dtype)
    if len(heard) > 1:
        heard[1, :N_INTERVALS] = 0
        heard[1, int(np.clip(inputs["last"][1, 0] - start, -12, 12)) + 12] = 1
    inputs["heard"] = heard
    return inputs, targets


def _melody_arrays(setting: MelodySetting, events: Sequence[tuple[int, int, int]]) -> Example:
    memory = MelodyMemory(setting)
    tonic = setting.key.pitch_class
    rows: dict[str, list] = {}
    targets: dict[str, list] = {"ioi": [], "pitch": [], "duration": []}

    def add(name: str, value: object) -> None:
        rows.setdefault(name, []).append(value)

    for onset, duration, pitch in events:
        ioi = onset - memory.last_onset
        if ioi <= 0:  # a pickup into the next chorus over a note that still goes on
            continue
        root = setting.root_at(onset)
        found = memory.looked_back(onset)
        add("heard", memory.heard())
        add("rhythm_cue", memory.rhythm_cue())
        add("pitch_cue", memory.pitch_cue(onset))
        add("last", [memory.last_pitch])
        add("tonic", [tonic])
        add("root", [root])
        add("looked_back", [-1 if found is None else found[2]])
        add("degrees", note_degrees(pitch, tonic, root))
        targets["ioi"].append(min(ioi, MAX_STEPS) - 1)
        targets["pitch"].append(pitch - LOWEST_PITCH)
        targets["duration"].append(min(duration, MAX_STEPS) - 1)
        memory.append((onset, duration, pitch))
    inputs = {name: np.asarray(values) for name, values in rows.items()}
    return inputs, {name: np.asarray(values, np.int32) for name, values in targets.items()}


def harmony_example(
    symbols: np.ndarray,
    is_minor: bool,
    heard: np.ndarray | None = None,
    steps_per_bar: int = STEPS_PER_BAR,
) -> Example:
    """Inputs and targets of a stream of chord symbols.

    Args:
        symbols: Shape (time,).
        is_minor: The mode of the key.
        heard: What is heard in their place, the same shape; None: as they are.
        steps_per_bar: Of their clock.
    """
    previous = np.append(-1, (symbols if heard is None else heard)[:-1]).tolist()
    inputs = [harmony_input(s, tick, is_minor, steps_per_bar) for tick, s in enumerate(previous)]
    return {"heard": np.array(inputs)}, {"symbol": symbols.astype(np.int32)}


def window(example: Example, start: int, length: int) -> Example:
    """The steps from `start` on, at most `length` of them."""
    inputs, targets = (
        {name: array[start : start + length] for name, array in arrays.items()}
        for arrays in example
    )
    return inputs, targets


def windows(n_steps: int, length: int, memory: int) -> list[tuple[int, int]]:
    """Windows over a long example, such that each step counts once.

    Args:
        n_steps: Of the example.
        length: Of a window.
        memory: Steps at the start of every window but the first that are heard and do not count,
            so that the network knows what came before; less than `length`.

    Returns:
        For each window its start, and how many of its steps do not count.

    Example:
        >>> windows(10, 6, 2)
        [(0, 0), (4, 2)]
        >>> windows(11, 6, 2)
        [(0, 0), (4, 2), (5, 5)]
    """
    found = [(0, 0)]
    counted = length
    while counted < n_steps:
        # The last window is moved back to be full: what it hears again is memory.
        start = min(counted - memory, n_steps - length)
        found.append((start, counted - start))
        counted = start + length
    return found


def pad_batch(
    examples: Sequence[Example], length: int, heard_only: Sequence[int] = ()
) -> tuple[Arrays, Arrays, Arrays]:
    """Stacks examples, cut or padded to one length: inputs, targets, weights.

    Args:
        examples: Each with time first.
        length: Steps of the batch.
        heard_only: For each example, how many of its first steps do not count; none when empty.

    Returns:
        The weights are 0 for padding and for steps that do not count, else 1.
    """

    def stack(arrays: list[np.ndarray]) -> np.ndarray:
        batch = np.zeros((len(arrays), length, *arrays[0].shape[1:]), arrays[0].dtype)
        for row, array in zip(batch, arrays, strict=True):
            row[: len(array)] = array[:length]
        return batch

    inputs = {name: stack([x[name] for x, _ in examples]) for name in examples[0][0]}
    targets = {name: stack([y[name] for _, y in examples]) for name in examples[0][1]}
    weight = np.zeros((len(examples), length), np.float32)
    skipped = heard_only or [0] * len(examples)
    for row, (_, y), skip in zip(weight, examples, skipped, strict=True):
        row[skip : len(next(iter(y.values())))] = 1
    return inputs, targets, {name: weight for name in targets}
