"""The bars of a melody that are to be filled anew: what may go, what stays, and what is put there.

Everything is told by ticks of the score's own clock, so that what stays, stays exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lstmmusic.encoding import MelodySetting
from lstmmusic.encoding.melody_features import Event
from lstmmusic.errors import InputError
from lstmmusic.generation.bends import (
    BENDING_PROGRAMS,
    RANGE_CONTROLS,
    RANGE_SEMITONES,
    choose_bends,
    wheel,
)
from lstmmusic.generation.improvise import velocity_of
from lstmmusic.generation.settings import Settings
from lstmmusic.score import BEND_DTYPE, NOTE_DTYPE, Part, Score

_AT_ONCE = 0.5  # share of the shorter of two notes for which both sound: more is no legato
_BENDS_STREAM = 5  # of random numbers


@dataclass(frozen=True)
class Gap:
    """Some bars of a melody.

    Attributes:
        first: Bar, counted from 1; 0 is the pickup.
        last: Bar.
        clock: Ticks per quarter of the score.
        free_from_tick: Where the notes held into the bars have ended.
        free_to_tick: Where the notes held out of the bars begin.
        is_before: Flags of the notes before the bars, those held into them included.
        is_within: Flags of the notes that begin and end in the bars: they go.
        is_after: Flags of the notes after the bars, those held out of them included.
    """

    first: int
    last: int
    clock: int
    free_from_tick: int
    free_to_tick: int
    is_before: np.ndarray
    is_within: np.ndarray
    is_after: np.ndarray

    @classmethod
    def of(cls, score: Score, melody: Part, first: int, last: int) -> Gap:
        """Finds the place.

        Raises:
            InputError: The piece has not all of the bars, several notes of the melody sound at
                once there, or nothing there is free.
        """
        start, stop = _edges(score, first, last)
        clock = score.ticks_per_quarter
        on = np.rint(melody.notes["onset_quarters"] * clock).astype(int)
        off = on + np.maximum(np.rint(melody.notes["duration_quarters"] * clock).astype(int), 1)
        is_before = on < start
        is_within = (on >= start) & (off <= stop)
        is_after = ~is_before & ~is_within
        if _at_once(on[is_within], off[is_within]):
            bars = f"bar {first}" if first == last else f"bars {first} to {last}"
            found = f"several at once in {bars}"
            raise InputError("melody", "one note at a time where it is played anew", found)
        free_from = int(max([start, *off[is_before & (off > start)]]))
        free_to = int(min([stop, *on[is_after & (on < stop)]]))
        if free_from >= free_to:
            raise InputError("bars", "bars with room for other notes", "one note held through them")
        return cls(first, last, clock, free_from, free_to, is_before, is_within, is_after)

    @property
    def free_from(self) -> float:
        """In quarters."""
        return self.free_from_tick / self.clock

    @property
    def free_to(self) -> float:
        """In quarters."""
        return self.free_to_tick / self.clock

    def has(self, quarters: np.ndarray) -> np.ndarray:
        """Flags of places that lie in what is free."""
        ticks = np.rint(quarters * self.clock)
        return (ticks >= self.free_from_tick) & (ticks < self.free_to_tick)


def _edges(score: Score, first: int, last: int) -> tuple[int, int]:
    """Where the bars begin and end, in ticks."""
    lowest = 0 if score.pickup_quarters > 0 else 1
    if not lowest <= first <= last <= score.n_bars:
        pickup = ", or 0 for the pickup" if lowest == 0 else ""
        found = f"{first}-{last}" if last > first else first
        raise InputError("bars", f"bars within 1 to {score.n_bars}{pickup}", found)
    starts = score.bar_starts
    start = float(starts[first - 1]) if first else 0.0
    after = last < len(starts)
    stop = float(starts[last]) if after else float(starts[last - 1]) + score.metre.bar_quarters
    clock = score.ticks_per_quarter
    return round(start * clock), round(stop * clock)


def _at_once(on: np.ndarray, off: np.ndarray) -> bool:
    """True where two notes sound together for most of the shorter one."""
    if len(on) < 2:
        return False
    ended = np.maximum.accumulate(off)[:-1]
    shared = np.minimum(ended, off[1:]) - on[1:]
    shorter = np.minimum(off[:-1] - on[:-1], off[1:] - on[1:])
    return bool((shared > _AT_ONCE * shorter).any())


def note_velocities(melody: Part, events: Sequence[Event], new: Sequence[Event]) -> list[int]:
    """The rule of our own melodies, as much louder or softer as this melody is."""
    ruled = [velocity_of(onset) for onset, _, _ in events]
    louder = round(float(np.mean(melody.notes["velocity"])) - float(np.mean(ruled or [90])))
    return [min(max(velocity_of(onset) + louder, 1), 127) for onset, _, _ in new]


def put_into(
    score: Score,
    melody: Part,
    gap: Gap,
    new: Sequence[tuple[int, int, int]],
    velocities: Sequence[int],
) -> Part:
    """The melody with other notes in the gap, and none of the bends of those that went.

    Args:
        score: Its clock counts.
        melody: As it was.
        gap: Where.
        new: Onset and end in ticks, pitch.
        velocities: Of the new notes.
    """
    clock = score.ticks_per_quarter
    rows = np.empty(len(new), NOTE_DTYPE)
    for row, (on, off, pitch), velocity in zip(rows, new, velocities, strict=True):
        row["onset_quarters"], row["duration_quarters"] = on / clock, (off - on) / clock
        row["pitch"], row["velocity"] = pitch, velocity
    notes = np.concatenate([melody.notes[~gap.is_within], rows])
    return replace(melody, notes=notes, bends=_bends_around(melody.bends, gap))


def _bends_around(bends: np.ndarray, gap: Gap) -> np.ndarray:
    """The bends outside the gap, and the wheel where it has to be at either edge of it."""
    inside = gap.has(bends["onset_quarters"])
    if not inside.any():
        return bends
    kept = bends[~inside]
    before = bends[np.rint(bends["onset_quarters"] * gap.clock) < gap.free_from_tick]
    led_in = int(before["bend"][-1]) if len(before) else 0
    led_out = int(bends[inside]["bend"][-1])
    added = np.empty(0, BEND_DTYPE)
    if led_in:
        added = np.append(added, np.array([(gap.free_from, 0)], BEND_DTYPE))
    if led_out:
        place = (gap.free_to_tick - 1) / gap.clock
        added = np.append(added, np.array([(place, led_out)], BEND_DTYPE))
    return np.concatenate([kept, added])


def bent(
    part: Part,
    gap: Gap,
    new: Sequence[Event],
    sounding: Sequence[tuple[int, int, int]],
    setting: MelodySetting,
    settings: Settings,
) -> Part:
    """The melody with bends on the new notes, by the rules of `bends`.

    Args:
        part: With the new notes in it.
        gap: Where they are.
        new: As written, in steps.
        sounding: As they sound, in ticks.
        setting: Key and chords.
        settings: `bends` and `seed` are looked at.

    Raises:
        InputError: The melody is played on what does not bend.
    """
    if part.program not in BENDING_PROGRAMS:
        found = f"programme {part.program}"
        raise InputError("bends", "a melody on an instrument that bends", found)
    rng = np.random.default_rng([settings.seed, _BENDS_STREAM])
    chosen = choose_bends(new, setting, part.program, settings.bends, rng)
    semitones = _wheel_range(part)
    controls = part.controls.tolist()
    if semitones is None:
        semitones = RANGE_SEMITONES
        controls += [(gap.free_from, *control) for control in RANGE_CONTROLS]
    bends = part.bends.tolist()
    for (onset, _, _), (on, off, _) in zip(new, sounding, strict=True):
        if onset in chosen:
            where = (on / gap.clock, (off - on) / gap.clock)
            bends += wheel(*where, chosen[onset], gap.clock, semitones)
    return replace(part, controls=controls, bends=bends)


def _wheel_range(part: Part) -> int | None:
    """How many semitones the wheel reaches; None where the file does not say."""
    parameter, found = {101: 127, 100: 127}, None
    for _, controller, value in part.controls.tolist():
        if controller in parameter:
            parameter[controller] = value
        elif controller == 6 and parameter == {101: 0, 100: 0}:
            found = max(value, 1)
    return found
