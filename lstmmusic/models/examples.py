"""Music as the networks see it while they train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lstmmusic.encoding import HarmonyClock, MelodyEvents, MelodyMemory, MelodySetting
from lstmmusic.player.network import (
    HIGHEST_PITCH,
    LOWEST_PITCH,
    MAX_STEPS,
    harmony_input,
    note_degrees,
)
from lstmmusic.score import Key, Score, form_named, read_chart

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Tune:
    """One chorus, ready to train on.

    Attributes:
        name: Of its file.
        score: The piece.
        form: Name of its form.
        style: Rhythmic style.
        events: Of `MelodyEvents`.
        symbols: Of `HarmonyClock`.
    """

    name: str
    score: Score
    form: str
    style: str
    events: np.ndarray
    symbols: np.ndarray

    @classmethod
    def of(cls, name: str, score: Score, form: str, style: str) -> Tune:
        """Encodes a score."""
        events = MelodyEvents().encode(score)
        return cls(name, score, form, style, events, HarmonyClock().encode(score))

    @property
    def is_minor(self) -> bool:
        """The mode of the key."""
        return bool(self.score.key and self.score.key.is_minor)

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
            form_bars=form_named(self.form).n_bars,
            notes_per_bar=len(self.events) / max(len(bars), 1),
        )


def melody_example(tunes: Sequence[Tune], transposition: int = 0) -> tuple[Arrays, Arrays]:
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


def _melody_arrays(
    setting: MelodySetting, events: Sequence[tuple[int, int, int]]
) -> tuple[Arrays, Arrays]:
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


def harmony_example(symbols: np.ndarray, is_minor: bool) -> tuple[Arrays, Arrays]:
    """Inputs and targets of a stream of chord symbols, (time,)."""
    previous = np.append(-1, symbols[:-1]).tolist()
    heard = [harmony_input(symbol, tick % 2, is_minor) for tick, symbol in enumerate(previous)]
    return {"heard": np.array(heard)}, {"symbol": symbols.astype(np.int32)}


def pad_batch(
    examples: Sequence[tuple[Arrays, Arrays]], length: int
) -> tuple[Arrays, Arrays, Arrays]:
    """Stacks examples, cut or padded to one length: inputs, targets, weights (0 = padding)."""

    def stack(arrays: list[np.ndarray]) -> np.ndarray:
        batch = np.zeros((len(arrays), length, *arrays[0].shape[1:]), arrays[0].dtype)
        for row, array in zip(batch, arrays, strict=True):
            row[: len(array)] = array[:length]
        return batch

    inputs = {name: stack([x[name] for x, _ in examples]) for name in examples[0][0]}
    targets = {name: stack([y[name] for _, y in examples]) for name in examples[0][1]}
    weight = np.zeros((len(examples), length), np.float32)
    for row, (_, y) in zip(weight, examples, strict=True):
        row[: len(next(iter(y.values())))] = 1
    return inputs, targets, {name: weight for name in targets}
