"""A melody as the scorecard sees it: one note at a time, in bars and felt beats, and as notated.

All that is measured of a melody is measured here. A note that comes up to a sixteenth of a beat
early belongs to the bar and chord that it is early for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lstmmusic.analysis import Timing, find_timing
from lstmmusic.encoding import melody_part
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.score import Score

EARLY_BEATS = 1 / 16
_TOGETHER_QUARTERS = 0.02


@dataclass(frozen=True, eq=False)
class Line:
    """The highest note at every onset, each ending at the latest where the next begins.

    Attributes:
        onsets_quarters: From the start of the piece; shape (notes,), as all that follow.
        ends_quarters: Where they stop.
        pitches: MIDI numbers.
        bars: Counted from 0; -1 in the pickup.
        onsets_beats: Felt beats from bar 1, each bar counted as the beats of its metre; a pickup
            is negative.
        ends_beats: Likewise.
        beat_quarters: Length of a felt beat where each note starts.
        bar_beats: Felt beats of every bar; shape (bars,).
        timing: Swing, and where each note is meant to be.
    """

    onsets_quarters: np.ndarray
    ends_quarters: np.ndarray
    pitches: np.ndarray
    bars: np.ndarray
    onsets_beats: np.ndarray
    ends_beats: np.ndarray
    beat_quarters: np.ndarray
    bar_beats: np.ndarray
    timing: Timing

    def __len__(self) -> int:
        return len(self.pitches)

    @property
    def n_bars(self) -> int:
        """Bars of the piece, without the pickup."""
        return len(self.bar_beats)

    @property
    def first_beats(self) -> np.ndarray:
        """The felt beat on which every bar begins, and that after the last; shape (bars + 1,)."""
        return np.concatenate([[0], np.cumsum(self.bar_beats)])

    @property
    def intervals(self) -> np.ndarray:
        """Semitones from each note to the next; shape (notes - 1,)."""
        return np.diff(self.pitches)

    @property
    def events(self) -> np.ndarray:
        """Onset and duration as notated, in steps of a twelfth of a beat, and pitch."""
        steps = self.timing.steps
        durations = np.maximum(self.timing.end_steps - steps, 1)
        return np.stack([steps, durations, self.pitches], axis=1).astype(np.int64)

    def within(self, first_bar: int, n_bars: int) -> np.ndarray:
        """Which notes start in those bars; shape (notes,)."""
        return (self.bars >= first_bar) & (self.bars < first_bar + n_bars)

    def bar_steps(self) -> np.ndarray:
        """Steps at which bars begin; shape (bars + 1,)."""
        return self.first_beats * STEPS_PER_BEAT


def read_line(score: Score) -> Line:
    """Takes the melody out of a piece.

    Example:
        >>> from lstmmusic import Note, Part
        >>> line = read_line(Score([Part([Note(0, 2, 60), Note(1, 1, 63), Note(1, 1, 67)])]))
        >>> line.events.tolist(), line.bars.tolist()
        ([[0, 12, 60], [12, 12, 67]], [0, 0])
    """
    part = melody_part(score)
    starts = score.bar_starts
    if part is None or not len(starts):
        return _line(np.empty((0, 3)), score)
    notes = part.notes
    onsets = notes["onset_quarters"]
    group = np.cumsum(np.diff(onsets, prepend=-np.inf) > _TOGETHER_QUARTERS)
    order = np.lexsort((notes["pitch"], group))
    top = order[np.diff(group[order], append=np.inf) > 0]
    ends = onsets[top] + notes["duration_quarters"][top]
    ends[:-1] = np.minimum(ends[:-1], onsets[top][1:])
    return _line(np.stack([onsets[top], ends, notes["pitch"][top]], axis=1), score)


def _line(rows: np.ndarray, score: Score) -> Line:
    starts = score.bar_starts
    changes = np.array([change.onset_quarters for change in score.metres])
    which = np.maximum(np.searchsorted(changes, starts + 1e-6, side="right") - 1, 0)
    metres = [change.value for change in score.metres]
    bar_beats = np.array([metre.n_beats for metre in metres], int)[which]
    lengths = np.array([metre.beat_quarters for metre in metres])[which]
    onsets, ends, pitches = rows[:, 0], rows[:, 1], rows[:, 2].astype(int)
    early = EARLY_BEATS * score.metre.beat_quarters
    bars = np.searchsorted(starts, onsets + early, side="right") - 1
    if not len(starts):
        bars, lengths, bar_beats = bars[:0], lengths[:0], bar_beats[:0]
    inside = np.maximum(bars, 0)
    first = np.concatenate([[0], np.cumsum(bar_beats)])
    beat = lengths[inside] if len(bars) else np.empty(0)
    onsets_beats = first[inside] + (onsets - starts[inside]) / beat if len(bars) else onsets
    ends_beats = onsets_beats + (ends - onsets) / beat if len(bars) else ends
    timing = find_timing(onsets_beats, ends_beats, score.metre.is_compound)
    return Line(onsets, ends, pitches, bars, onsets_beats, ends_beats, beat, bar_beats, timing)
