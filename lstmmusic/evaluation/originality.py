"""Is it copied? Runs of intervals that a melody shares with other music.

A run of n intervals (n + 1 notes) in semitones is the same in all keys. Short runs are vocabulary:
every player has them. What counts is how much more a melody shares than players share with each
other, and whether a long run has the same rhythm, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from lstmmusic.evaluation.melodies import NotatedMelody

SIZES = (6, 8, 10, 12, 16)
_BREAK = 1000  # no interval and no time is that wide: nothing runs on from piece to piece

LIGHTS = ("green", "amber", "red")  # the best first
# As measured among solos of one tradition: beyond green, more than 95 of 100 players share
# with others; at red, more than any did.
GREEN = {8: 0.15, 12: 0.03}
RED_SHARE_OF_12 = 0.21
RED_RUN = 16  # intervals with the same rhythm


class Run(NamedTuple):
    """The longest run that a melody shares with another.

    Attributes:
        notes: Its length; 0 where nothing is shared.
        piece: Index of the other melody, -1 for none.
        bar: Where it begins there, counted from 1; 0 in a pickup.
        here: Where it begins in the melody asked about, likewise.
    """

    notes: int = 0
    piece: int = -1
    bar: int = 0
    here: int = 0


class Originality(NamedTuple):
    """What a melody shares with a reference.

    Attributes:
        shares: For every n in `SIZES`, the share of its runs of n intervals that are there; None
            for runs longer than the melody.
        run: The longest one of equal intervals.
        rhythm_run: The longest one of equal intervals and equal times between onsets.
    """

    shares: dict[int, float | None]
    run: Run
    rhythm_run: Run

    @property
    def new(self) -> float | None:
        """Share of runs of eight intervals that are not in the reference."""
        shared = self.shares[8]
        return None if shared is None else 1 - shared

    def light(self, limits: Mapping[int, float] = GREEN) -> str:
        """`green`, `amber` or `red`.

        Args:
            limits: For n = 8 and 12, the share up to which it is green: what 95 of 100 reference
                pieces share with the others at most.
        """
        share_of_12 = self.shares[12] or 0.0
        if share_of_12 > max(RED_SHARE_OF_12, limits[12]) or self.rhythm_run.notes > RED_RUN:
            return "red"
        is_green = all((self.shares[n] or 0.0) <= limit for n, limit in limits.items())
        return "green" if is_green else "amber"


class Index:
    """Melodies to look runs up in.

    Example:
        >>> events = np.array([[0, 12, 60], [12, 12, 62], [24, 12, 65], [36, 12, 60]])
        >>> tune = NotatedMelody("a", events, np.zeros(4, int), 0, 0, 12, 1)
        >>> Index([tune]).longest(tune).run
        Run(notes=4, piece=0, bar=1, here=1)
    """

    def __init__(self, melodies: Sequence[NotatedMelody]) -> None:
        self._melodies = melodies
        rows = [_rows(melody) for melody in melodies]
        self._rows = np.concatenate([np.empty((0, 2), np.int64), *rows])
        self._piece = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        self._note = np.concatenate([np.empty(0, int), *(np.arange(len(row)) for row in rows)])

    def longest(self, melody: NotatedMelody, leave_out: int | None = None) -> Originality:
        """What a melody shares with the others.

        Args:
            melody: Any melody.
            leave_out: Index of one melody that is not looked at.
        """
        own = _rows(melody)[:-1]
        allowed = np.ones(len(self._rows), bool) if leave_out is None else self._piece != leave_out
        same = np.zeros((2, len(self._rows)), np.int64)
        best = np.zeros((2, len(own)), np.int64)
        ends = np.full((2, len(own)), -1)
        # same[:, j]: how many intervals before and at place j equal those before and at place i.
        for i, (interval, time) in enumerate(own):
            pitch = (self._rows[:, 0] == interval) & allowed
            same[:, 1:] = same[:, :-1] + 1
            same[:, :1] = 1
            same[0] *= pitch
            same[1] *= pitch & (self._rows[:, 1] == time)
            if len(self._rows):
                ends[:, i] = same.argmax(axis=1)
                best[:, i] = same.max(axis=1)
        shares = {
            n: float((best[0, n - 1 :] >= n).mean()) if len(own) >= n else None for n in SIZES
        }
        run, rhythm_run = (self._run(melody, best[row], ends[row]) for row in range(2))
        return Originality(shares, run, rhythm_run)

    def _run(self, melody: NotatedMelody, best: np.ndarray, ends: np.ndarray) -> Run:
        if not len(best) or not best.max():
            return Run()
        i = int(best.argmax())
        length, end = int(best[i]), int(ends[i])
        piece = int(self._piece[end])
        start = int(self._note[end]) - length + 1
        bar = int(self._melodies[piece].bars[start]) + 1
        return Run(length + 1, piece, bar, int(melody.bars[i - length + 1]) + 1)


def _rows(melody: NotatedMelody) -> np.ndarray:
    """Interval and time to the next note, and a break at the end; shape (notes, 2)."""
    if not len(melody):
        return np.empty((0, 2), np.int64)
    return np.concatenate([np.diff(melody.events[:, [2, 0]], axis=0), [[_BREAK, _BREAK]]])


def shared_among(melodies: Sequence[NotatedMelody]) -> dict[int, np.ndarray]:
    """How much pieces share with each other: for every n, the share of each piece's runs.

    Returns:
        For every n in `SIZES`, shape (pieces with a run of n intervals,).
    """
    found = {}
    multipliers = np.random.default_rng(0).integers(1, 2**62, max(SIZES), np.uint64) | np.uint64(1)
    for n in SIZES:
        hashes, pieces = [], []
        for index, melody in enumerate(melodies):
            intervals = np.diff(melody.events[:, 2])
            if len(intervals) >= n:
                runs = np.lib.stride_tricks.sliding_window_view(intervals, n).astype(np.uint64)
                hashes.append((runs * multipliers[:n]).sum(axis=1))
                pieces.append(np.full(len(runs), index))
        if not hashes:
            found[n] = np.empty(0)
            continue
        runs, owners = np.concatenate(hashes), np.concatenate(pieces)
        _, group = np.unique(runs, return_inverse=True)
        owned = np.unique(np.stack([group, owners]), axis=1)
        n_owners = np.bincount(owned[0])
        is_shared = (n_owners[group] > 1).astype(float)
        counts = np.bincount(owners)
        shares = np.bincount(owners, is_shared)[counts > 0] / counts[counts > 0]
        found[n] = shares
    return found
