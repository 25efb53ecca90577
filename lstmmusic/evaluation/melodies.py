"""Melodies as notated, to compare with one another: all that is kept of a reference piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstmmusic.evaluation.line import Line

_LEAST_NOTES = 4  # an excerpt with fewer is like nothing


@dataclass(frozen=True, eq=False)
class NotatedMelody:
    """A melody on the grid of twelve steps a felt beat, swing undone.

    Attributes:
        title: Of its piece.
        events: Onset in steps from bar 1, duration in steps, pitch; shape (notes, 3).
        bars: In which bar each note starts, counted from 0; -1 in a pickup.
        tonic: Pitch class; where none is known, that of the last note.
        first_bar: Where chorus 1 begins, counted from 0.
        chorus_bars: Length of a chorus.
        n_bars: Length of the piece.
    """

    title: str
    events: np.ndarray
    bars: np.ndarray
    tonic: int
    first_bar: int
    chorus_bars: int
    n_bars: int

    @classmethod
    def of(
        cls, line: Line, title: str, tonic: int | None, first_bar: int, chorus_bars: int
    ) -> NotatedMelody:
        """The melody of a line."""
        if tonic is None:
            tonic = int(line.pitches[-1] % 12) if len(line) else 0
        return cls(title, line.events, line.bars, tonic, first_bar, chorus_bars, line.n_bars)

    def __len__(self) -> int:
        return len(self.events)

    def excerpts(self) -> Iterator[tuple[np.ndarray, int]]:
        """Events and number of bars of every chorus; one broken off half-way is left out.

        A long piece has more of everything than a short one: choruses can be compared.
        """
        for start in range(self.first_bar, max(self.n_bars, 1), self.chorus_bars):
            n_bars = min(self.chorus_bars, self.n_bars - start)
            inside = (self.bars >= start) & (self.bars < start + n_bars)
            whole = 2 * n_bars >= self.chorus_bars or start == self.first_bar
            if whole and np.count_nonzero(inside) >= _LEAST_NOTES:
                yield self.events[inside], n_bars

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            "title": self.title,
            "tonic": self.tonic,
            "first_bar": self.first_bar,
            "chorus_bars": self.chorus_bars,
            "n_bars": self.n_bars,
            "onsets": self.events[:, 0].tolist(),
            "durations": self.events[:, 1].tolist(),
            "pitches": self.events[:, 2].tolist(),
            "bars": self.bars.tolist(),
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> NotatedMelody:
        """Undoes `to_json`."""
        columns = [np.array(row[name], np.int64) for name in ("onsets", "durations", "pitches")]
        names = ("tonic", "first_bar", "chorus_bars", "n_bars")
        numbers = [int(row[name]) for name in names]
        bars = np.array(row["bars"], np.int64)
        return cls(row["title"], np.stack(columns, axis=1), bars, *numbers)
