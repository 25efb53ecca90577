"""A melody note by note: time since the last onset, length, pitch.

The grid has twelve steps to the felt beat (a quarter; a dotted quarter in 12/8), so that a shuffle
in 4/4 and a slow blues in 12/8 look alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lstmmusic.encoding.base import snap
from lstmmusic.encoding.melody_part import melody_part
from lstmmusic.errors import InputError
from lstmmusic.score import NOTE_DTYPE, Metre, Part, Score

STEPS_PER_BEAT = 12
VELOCITY = 90


def steps_per_bar(metre: Metre) -> int:
    """Steps of the melody grid in one bar.

    Example:
        >>> steps_per_bar(Metre(4, 4)), steps_per_bar(Metre(12, 8))
        (48, 48)
    """
    return metre.n_beats * STEPS_PER_BEAT


@dataclass(frozen=True)
class MelodyEvents:
    """One note at a time.

    The array has shape (notes, 3), int64: onset in steps from the start of bar 1 (a pickup is
    negative), duration in steps, pitch. Where several notes start together the highest counts,
    and a note ends at the latest where the next begins.

    Example:
        >>> from lstmmusic import Note, Part, Score
        >>> score = Score([Part([Note(0, 1, 60), Note(1.5, 1, 63)])])
        >>> MelodyEvents().encode(score).tolist()
        [[0, 12, 60], [18, 12, 63]]
    """

    def quantise(self, score: Score) -> Score:
        """The score with its melody alone, on the grid."""
        return self.decode(self.encode(score), score)

    def encode(self, score: Score) -> np.ndarray:
        """Shape (notes, 3): onset, duration, pitch."""
        part = melody_part(score)
        if part is None:
            return np.empty((0, 3), np.int64)
        step = score.metre.beat_quarters / STEPS_PER_BEAT
        start = snap(part.notes["onset_quarters"] - score.pickup_quarters, step)
        ends = part.notes["onset_quarters"] + part.notes["duration_quarters"]
        stop = np.maximum(snap(ends - score.pickup_quarters, step), start + 1)
        order = np.lexsort((part.notes["pitch"], start))
        start, stop, pitch = start[order], stop[order], part.notes["pitch"][order]
        top = np.append(start[1:] != start[:-1], True)  # the highest of each onset
        start, stop, pitch = start[top], stop[top], pitch[top]
        if len(start) > 1:
            stop[:-1] = np.minimum(stop[:-1], start[1:])
        return np.stack([start, stop - start, pitch], axis=1).astype(np.int64)

    def decode(self, array: np.ndarray, frame: Score) -> Score:
        """One part, `melody`; everything but the parts is the frame's.

        Raises:
            InputError: The array is not (notes, 3).
        """
        if array.ndim != 2 or array.shape[1] != 3:
            raise InputError("array", "shape (notes, 3)", array.shape)
        step = frame.metre.beat_quarters / STEPS_PER_BEAT
        notes = np.empty(len(array), NOTE_DTYPE)
        notes["onset_quarters"] = np.maximum(array[:, 0] * step + frame.pickup_quarters, 0.0)
        notes["duration_quarters"] = array[:, 1] * step
        notes["pitch"], notes["velocity"] = array[:, 2], VELOCITY
        part = melody_part(frame)
        named = Part(notes, "melody", part.program if part else 0)
        return replace(frame, parts=[named])
