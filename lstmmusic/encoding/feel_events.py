"""A melody as it is performed: the written notes, and how late and how long each is played.

What the grid of `MelodyEvents` cannot hold stands beside it, note by note, in ticks of 1/960 of
the felt beat.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lstmmusic.encoding.base import snap
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT, VELOCITY
from lstmmusic.encoding.melody_part import melody_part
from lstmmusic.errors import InputError
from lstmmusic.score import NOTE_DTYPE, Part, Score

TICKS_PER_BEAT = 960
TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT


@dataclass(frozen=True)
class FeelEvents:
    """Written notes with their deviations, one note at a time.

    The array has shape (notes, 5), int64: onset in steps from the start of bar 1 (a pickup is
    negative), duration in steps, pitch, as in `MelodyEvents`; then how many ticks later than
    written the note starts (early is negative), and how many ticks it sounds. `encode` writes every
    onset on the nearest step; where a melody was read with more care (`analysis.on_the_grid`),
    `joined` puts what is written and what is played together, and `played` takes it apart again.

    Example:
        >>> from lstmmusic import Note, Part, Score
        >>> score = Score([Part([Note(0, 0.9, 60), Note(1.52, 0.5, 63)])])
        >>> FeelEvents().encode(score).tolist()
        [[0, 11, 60, 0, 864], [18, 6, 63, 19, 480]]
    """

    def quantise(self, score: Score) -> Score:
        """The score with its melody alone, as played, in whole ticks."""
        return self.decode(self.encode(score), score)

    def encode(self, score: Score) -> np.ndarray:
        """Shape (notes, 5): onset, duration, pitch, lateness, length as played."""
        part = melody_part(score)
        if part is None:
            return np.empty((0, 5), np.int64)
        tick = score.metre.beat_quarters / TICKS_PER_BEAT
        onsets = part.notes["onset_quarters"] - score.pickup_quarters
        start = snap(onsets, tick)
        stop = np.maximum(snap(onsets + part.notes["duration_quarters"], tick), start + 1)
        steps = _nearest_step(start)
        order = np.lexsort((part.notes["pitch"], steps))
        start, stop, steps = start[order], stop[order], steps[order]
        top = np.append(steps[1:] != steps[:-1], True)[: len(steps)]  # the highest of each step
        start, stop, steps = start[top], stop[top], steps[top]
        stop[:-1] = np.minimum(stop[:-1], start[1:])
        ends = np.maximum(_nearest_step(stop), steps + 1)
        ends[:-1] = np.minimum(ends[:-1], steps[1:])
        pitches = part.notes["pitch"][order][top]
        written = np.stack([steps, ends - steps, pitches], axis=1)
        return self.joined(written, start / TICKS_PER_BEAT, stop / TICKS_PER_BEAT)

    def decode(self, array: np.ndarray, frame: Score) -> Score:
        """One part, `melody`, as played; everything but the parts is the frame's.

        Raises:
            InputError: The array is not (notes, 5).
        """
        if array.ndim != 2 or array.shape[1] != 5:
            raise InputError("array", "shape (notes, 5)", array.shape)
        starts, stops = self.played(array)
        beat, notes = frame.metre.beat_quarters, np.empty(len(array), NOTE_DTYPE)
        notes["onset_quarters"] = np.maximum(starts * beat + frame.pickup_quarters, 0.0)
        notes["duration_quarters"] = (stops - starts) * beat
        notes["pitch"], notes["velocity"] = array[:, 2], VELOCITY
        part = melody_part(frame)
        return replace(frame, parts=[Part(notes, "melody", part.program if part else 0)])

    @staticmethod
    def joined(
        written: np.ndarray, starts_beats: np.ndarray, stops_beats: np.ndarray
    ) -> np.ndarray:
        """What is written and what is played as one array.

        Args:
            written: Of `MelodyEvents`, shape (notes, 3).
            starts_beats: Where each note starts as played, in felt beats from bar 1.
            stops_beats: Where it ends.
        """
        start = snap(starts_beats, 1 / TICKS_PER_BEAT)
        length = np.maximum(snap(stops_beats, 1 / TICKS_PER_BEAT) - start, 1)
        late = start - written[:, 0] * TICKS_PER_STEP
        return np.column_stack([written, late, length]).astype(np.int64)

    @staticmethod
    def played(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where notes start and end as played, in felt beats from bar 1; undoes `joined`."""
        start = array[:, 0] * TICKS_PER_STEP + array[:, 3]
        return start / TICKS_PER_BEAT, (start + array[:, 4]) / TICKS_PER_BEAT


def _nearest_step(ticks: np.ndarray) -> np.ndarray:
    return (ticks + TICKS_PER_STEP // 2) // TICKS_PER_STEP
