"""Fingerprints of melodies, and which pieces are nearly the same.

A gram is a run of intervals with the rough ratios of the times between them, or a longer run of
intervals alone: neither key nor tempo nor octave changes it, and a changed note changes only the
grams it stands in. Hashes are the same on every machine and in every run.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lstmmusic.encoding import melody_part
from lstmmusic.score import Score

SIMILAR = 0.4  # share of grams in common, of the piece with fewer

_INTERVALS = 4  # in a gram with rhythm
_LONG_INTERVALS = 7  # in a gram of pitches alone, which a player's timing cannot change
_LONGEST_JUMP = 15  # semitones; a greater one is cut to an octave or two and a third
_RATIOS = 2.0  # octaves of time; beyond, notes are only "much longer" or "much shorter"
_SAME_ONSET = 1 / 32  # quarter
_LEAST_COMMON = 10  # grams; fewer in common prove nothing
_LEAST_COLOURS = 4  # different intervals and ratios in a gram, or it says nothing

# Locality-sensitive hashing: pieces meet in a bucket when all rows of one band agree. At Jaccard
# likeness j they do with chance 1 - (1 - j^rows)^bands: 0.99 at 0.2, 0.14 at 0.03.
_BANDS, _ROWS = 128, 2
_CROWD = 50  # pieces in one bucket: that is a commonplace, not a tune


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """What is left of a melody without key, tempo and octave.

    Attributes:
        grams: Hashes, rising, each once; shape (grams,), uint64.
        sketch: The smallest of them under `_BANDS` x `_ROWS` orders; empty without grams.
    """

    grams: np.ndarray
    sketch: np.ndarray

    def likeness(self, other: Fingerprint) -> float:
        """Share of the grams of the shorter piece that the other has too, 0 to 1.

        0 where fewer than ten are common. From `SIMILAR` on they are taken for one tune.
        """
        common = len(np.intersect1d(self.grams, other.grams, assume_unique=True))
        if common < _LEAST_COMMON:
            return 0.0
        return common / min(len(self.grams), len(other.grams))


def fingerprint(score: Score) -> Fingerprint:
    """The fingerprint of the melody part: of notes that start together the highest counts.

    Example:
        >>> from lstmmusic.score import Note, Part
        >>> pitches = [60, 62, 64, 60, 67, 65, 64, 62, 60, 59, 62, 67, 64, 60, 62, 59, 57, 60]
        >>> tune = Score([Part([Note(i, 1, pitch) for i, pitch in enumerate(pitches)])])
        >>> slow = Score([Part([Note(2 * i, 2, pitch + 5) for i, pitch in enumerate(pitches)])])
        >>> fingerprint(tune).likeness(fingerprint(slow))
        1.0
    """
    melody = melody_part(score)
    if melody is None:
        return _fingerprint_of(np.empty(0, np.uint64))
    onsets, pitches = melody.notes["onset_quarters"], melody.notes["pitch"].astype(np.int64)
    top = np.append(np.diff(onsets) > _SAME_ONSET, True)
    onsets, pitches = onsets[top], pitches[top]
    jumps = np.clip(np.diff(pitches), -_LONGEST_JUMP, _LONGEST_JUMP) + _LONGEST_JUMP
    waits = np.log2(np.diff(onsets))
    ratios = np.round(np.clip(np.diff(waits), -_RATIOS, _RATIOS)).astype(np.int64) + 2
    in_time = np.concatenate(
        [_runs(jumps, _INTERVALS), _runs(ratios, _INTERVALS - 1)], axis=1
    )  # one ratio fewer than intervals: as many runs
    grams = np.concatenate([_hashes(in_time, 1), _hashes(_runs(jumps, _LONG_INTERVALS), 2)])
    return _fingerprint_of(np.unique(grams))


def near_duplicates(fingerprints: Sequence[Fingerprint]) -> list[list[int]]:
    """Groups of pieces that are nearly the same, two or more in each, by their places in the list.

    Only pieces that meet in a bucket are compared, so that the work grows with their number and
    not with its square. Groups hang together: if one piece is like a second and that like a third,
    all three are one group.
    """
    present = np.array([n for n, found in enumerate(fingerprints) if len(found.sketch)], np.int64)
    pairs: set[tuple[int, int]] = set()
    for band in range(_BANDS if len(present) else 0):  # one at a time: all at once fill the memory
        start = band * _ROWS
        rows = np.stack([fingerprints[n].sketch[start : start + _ROWS] for n in present])
        order = np.lexsort(rows.T)
        changes = np.any(np.diff(rows[order], axis=0) != 0, axis=1)
        edges = np.concatenate([[0], np.flatnonzero(changes) + 1, [len(order)]])
        sizes = np.diff(edges)
        for bucket in np.flatnonzero((sizes >= 2) & (sizes <= _CROWD)):
            members = present[order[edges[bucket] : edges[bucket + 1]]]
            pairs.update(itertools.combinations(sorted(members.tolist()), 2))
    links = [
        (one, other)
        for one, other in sorted(pairs)
        if fingerprints[one].likeness(fingerprints[other]) >= SIMILAR
    ]
    return [group for group in hanging_together(len(fingerprints), links) if len(group) > 1]


def hanging_together(n_items: int, links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Connected components: groups of items 0 to `n_items` - 1 that links hold together.

    Example:
        >>> hanging_together(4, [(0, 2), (2, 3)])
        [[0, 2, 3], [1]]
    """
    head = list(range(n_items))

    def root(item: int) -> int:
        while head[item] != item:
            head[item] = head[head[item]]
            item = head[item]
        return item

    for one, other in links:
        first, second = sorted((root(one), root(other)))
        head[second] = first
    groups: dict[int, list[int]] = {}
    for item in range(n_items):
        groups.setdefault(root(item), []).append(item)
    return list(groups.values())


def _fingerprint_of(grams: np.ndarray) -> Fingerprint:
    if not len(grams):
        return Fingerprint(grams, np.empty(0, np.uint64))
    # Of each order the gram nearest to a random number, as bits differ: no need to mix again.
    return Fingerprint(grams, (grams ^ _SEEDS[:, None]).min(1))


def _runs(values: np.ndarray, n: int) -> np.ndarray:
    """All runs of n neighbours, shape (runs, n)."""
    if len(values) < n:
        return np.empty((0, n), np.int64)
    return np.lib.stride_tricks.sliding_window_view(values, n)


def _hashes(rows: np.ndarray, salt: int) -> np.ndarray:
    """One hash a row; rows of few different values (a trill, a scale) say nothing and are left."""
    rising = np.sort(rows, axis=1)
    rows = rows[(np.diff(rising, axis=1) != 0).sum(1) + 1 >= _LEAST_COLOURS]
    found = np.full(len(rows), salt, np.uint64)
    for column in rows.T:
        found = _mixed(found ^ (column.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)))
    return found


def _mixed(values: np.ndarray) -> np.ndarray:
    """The finishing step of SplitMix64: every bit of the input changes every bit of the output."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


_SEEDS = _mixed(np.arange(1, _BANDS * _ROWS + 1, dtype=np.uint64))
