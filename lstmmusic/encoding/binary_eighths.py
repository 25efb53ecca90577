"""The grid of the 2002 study of blues improvisation with LSTM: eighth notes, one unit per pitch.

A unit is 1 while its pitch sounds: a held note and repeated eighths look the same, an accepted
limit of the study. Chords are folded into one octave, the melody into the octave above.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lstmmusic.encoding.base import snap
from lstmmusic.encoding.melody_part import melody_part
from lstmmusic.errors import InputError
from lstmmusic.score import NOTE_DTYPE, Part, Score

STEP_QUARTERS = 0.5
N_CHORD_UNITS = 12
N_MELODY_UNITS = 13
VELOCITY = 90


@dataclass(frozen=True)
class BinaryEighthGrid:
    """Chords and melody as 12 + 13 binary units per eighth note.

    The array has shape (steps, 25), uint8: 12 chord units from `chord_low` up, then 13 melody
    units from an octave above. The decoded score has two parts, `chords` and `melody`.

    Args:
        chord_low: Pitch of the lowest chord unit; 48 is the C below middle C.

    References:
        Eck, Schmidhuber (2002), "A first look at music composition using LSTM recurrent neural
        networks", IDSIA-07-02, data representation.

    Example:
        >>> from lstmmusic.score import Key, Metre, Score, form_named, place_chart
        >>> blues = form_named("standard").bars(Key("C"))
        >>> score = Score(chords=place_chart(blues, Metre()), length_quarters=48)
        >>> BinaryEighthGrid().encode(score).shape  # 12 bars of 8 steps
        (96, 25)
    """

    chord_low: int = 48

    @property
    def melody_low(self) -> int:
        """Pitch of the lowest melody unit."""
        return self.chord_low + N_CHORD_UNITS

    def quantise(self, score: Score) -> Score:
        """What the units can hold, as two parts of notes."""
        return self.decode(self.encode(score), score)

    def encode(self, score: Score) -> np.ndarray:
        """Shape (steps, 25), uint8."""
        n_steps = int(np.ceil(score.length_quarters / STEP_QUARTERS - 1e-6))
        array = np.zeros((n_steps, N_CHORD_UNITS + N_MELODY_UNITS), np.uint8)
        for index, (onset, chord) in enumerate(score.chords):
            last = index + 1 == len(score.chords)
            stop = score.length_quarters if last else score.chords[index + 1].onset_quarters
            a, b = snap(onset, STEP_QUARTERS), snap(stop, STEP_QUARTERS)
            array[a:b, :N_CHORD_UNITS] = 0
            for pitch_class in chord.pitch_classes:
                array[a:b, (pitch_class - self.chord_low) % 12] = 1
        if not score.chords:
            for part in (part for part in score.parts if part.name == "chords"):
                for note, (a, b) in zip(part.notes, _spans(part), strict=True):
                    array[a:b, (int(note["pitch"]) - self.chord_low) % 12] = 1
        melody = melody_part(
            replace(score, parts=[part for part in score.parts if part.name != "chords"])
        )
        for note, (a, b) in zip(melody.notes, _spans(melody), strict=True) if melody else ():
            array[a:b, N_CHORD_UNITS + self._melody_unit(int(note["pitch"]))] = 1
        return array

    def decode(self, array: np.ndarray, frame: Score) -> Score:
        """Two parts, `chords` and `melody`; tempo, metre, keys are the frame's.

        Raises:
            InputError: The array has not 25 units.
        """
        if array.ndim != 2 or array.shape[1] != N_CHORD_UNITS + N_MELODY_UNITS:
            raise InputError("array", "shape (steps, 25)", array.shape)
        chords = self._notes(array[:, :N_CHORD_UNITS], self.chord_low)
        melody = self._notes(array[:, N_CHORD_UNITS:], self.melody_low)
        parts = [Part(chords, "chords"), Part(melody, "melody")]
        return replace(frame, parts=parts, chords=())

    def _melody_unit(self, pitch: int) -> int:
        """Pitches outside the 13 units move by octaves; the top C stays at the top."""
        unit = pitch - self.melody_low
        return unit if 0 <= unit < N_MELODY_UNITS else unit % 12

    def _notes(self, units: np.ndarray, low: int) -> np.ndarray:
        edges = np.diff(np.pad(units.astype(np.int8), ((1, 1), (0, 0))), axis=0)
        rows = []
        for unit in range(units.shape[1]):
            starts, stops = (
                np.flatnonzero(edges[:, unit] == 1),
                np.flatnonzero(edges[:, unit] == -1),
            )
            for a, b in zip(starts.tolist(), stops.tolist(), strict=True):
                rows.append((a * STEP_QUARTERS, (b - a) * STEP_QUARTERS, low + unit, VELOCITY))
        return np.array(rows, NOTE_DTYPE)


def _spans(part: Part) -> list[tuple[int, int]]:
    """Start and stop of every note in steps, at least one step long."""
    start = snap(part.notes["onset_quarters"], STEP_QUARTERS)
    ends = part.notes["onset_quarters"] + part.notes["duration_quarters"]
    stop = np.maximum(snap(ends, STEP_QUARTERS), start + 1)
    return list(zip(start.tolist(), stop.tolist(), strict=True))
