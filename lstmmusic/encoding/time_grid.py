"""The fine grid: twelve steps per quarter, where sixteenths and triplets are both exact."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lstmmusic.encoding.base import snap
from lstmmusic.errors import InputError
from lstmmusic.score import NOTE_DTYPE, Part, Score, Timed

ONSET, SOUNDING = 0, 1


@dataclass(frozen=True)
class TimeGrid:
    """Notes of all parts on a grid.

    The array has shape (steps, parts, 2, 128), uint8. Plane `ONSET` holds the velocity where a
    note starts, plane `SOUNDING` a 1 while it sounds. Chords snap to the grid and stay in the
    frame, as do tempo, keys, names and controls.

    Args:
        steps_per_quarter: 12 holds sixteenths and triplets; 24 also sixteenth triplets.

    Example:
        >>> from lstmmusic import Note, Part, Score
        >>> score = Score([Part([Note(0, 0.5, 60), Note(2 / 3, 1 / 3, 63)])])
        >>> grid = TimeGrid()
        >>> array = grid.encode(score)
        >>> array.shape, grid.decode(array, frame=score) == grid.quantise(score)
        ((12, 1, 2, 128), True)
    """

    steps_per_quarter: int = 12

    @property
    def step_quarters(self) -> float:
        """Length of a step in quarter notes."""
        return 1 / self.steps_per_quarter

    def quantise(self, score: Score) -> Score:
        """Every note on the grid, at least one step long, one per pitch at a time."""
        return replace(
            score, parts=[self._part(part) for part in score.parts], chords=self._chords(score)
        )

    def encode(self, score: Score) -> np.ndarray:
        """Shape (steps, parts, 2, 128), uint8."""
        parts = self.quantise(score).parts
        length = max([score.length_quarters, *(part.end_quarters for part in parts)])
        n_steps = int(np.ceil(length * self.steps_per_quarter - 1e-6))
        array = np.zeros((n_steps, len(parts), 2, 128), np.uint8)
        for index, part in enumerate(parts):
            start = snap(part.notes["onset_quarters"], self.step_quarters)
            ends = part.notes["onset_quarters"] + part.notes["duration_quarters"]
            stop = snap(ends, self.step_quarters)
            for a, b, note in zip(start, stop, part.notes, strict=True):
                array[a, index, ONSET, note["pitch"]] = note["velocity"]
                array[a:b, index, SOUNDING, note["pitch"]] = 1
        return array

    def decode(self, array: np.ndarray, frame: Score) -> Score:
        """The notes of the array in the parts of the frame.

        Raises:
            InputError: The array is not of the shape that `encode` gives, or has other parts.
        """
        if array.ndim != 4 or array.shape[1:] != (len(frame.parts), 2, 128):
            expected = f"shape (steps, {len(frame.parts)}, 2, 128)"
            raise InputError("array", expected, array.shape)
        parts = [
            replace(part, notes=self._notes(array[:, index]))
            for index, part in enumerate(frame.parts)
        ]
        return replace(frame, parts=parts, chords=self._chords(frame))

    def _notes(self, planes: np.ndarray) -> np.ndarray:
        starts, pitches = np.nonzero(planes[:, ONSET])
        notes = np.empty(len(starts), NOTE_DTYPE)
        struck = planes[:, ONSET] > 0
        # A note ends where its pitch falls silent or is struck again.
        ends_here = struck | (planes[:, SOUNDING] == 0)
        for row, (start, pitch) in enumerate(zip(starts, pitches, strict=True)):
            after = np.flatnonzero(ends_here[start + 1 :, pitch])
            stop = start + 1 + after[0] if len(after) else len(planes)
            velocity = planes[start, ONSET, pitch]
            onset = start / self.steps_per_quarter
            notes[row] = (onset, (stop - start) / self.steps_per_quarter, pitch, velocity)
        return notes

    def _part(self, part: Part) -> Part:
        start = snap(part.notes["onset_quarters"], self.step_quarters)
        ends = part.notes["onset_quarters"] + part.notes["duration_quarters"]
        stop = np.maximum(snap(ends, self.step_quarters), start + 1)
        kept: dict[tuple[int, int], tuple[int, int]] = {}
        for a, b, pitch, velocity in zip(
            start.tolist(),
            stop.tolist(),
            part.notes["pitch"].tolist(),
            part.notes["velocity"].tolist(),
            strict=True,
        ):
            longest = max(kept.get((pitch, a), (0, 0))[0], b)
            kept[pitch, a] = (longest, velocity)
        rows = []
        ordered = sorted(kept.items())
        for index, ((pitch, a), (b, velocity)) in enumerate(ordered):
            if index + 1 < len(ordered) and ordered[index + 1][0][0] == pitch:
                b = min(b, ordered[index + 1][0][1])
            rows.append(
                (a / self.steps_per_quarter, (b - a) / self.steps_per_quarter, pitch, velocity)
            )
        return replace(part, notes=np.array(rows, NOTE_DTYPE))

    def _chords(self, score: Score) -> tuple[Timed, ...]:
        snapped = {
            float(snap(onset, self.step_quarters)) / self.steps_per_quarter: chord
            for onset, chord in score.chords
        }
        return tuple(Timed(onset, chord) for onset, chord in sorted(snapped.items()))
