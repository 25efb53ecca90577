"""Fingerprints of melodies, and which pieces are nearly the same.

A gram is a run of intervals with the rough ratios of the times between them, or a longer run of
intervals alone: neither key nor tempo nor octave changes it, and a changed note changes only the
grams it stands in. Hashes are the same on every machine and in every run.
"""

from __future__ import annotations

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
        return _likeness(self.grams, other.grams)


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


class Fingerprints:
    """The fingerprints of many pieces, of which few are ever held against each other.

    Those of a large folder lie on disk (`lstmmusic.corpus`); here they are in memory.

    Args:
        found: One a piece.
    """

    def __init__(self, found: Sequence[Fingerprint]) -> None:
        self._found = found

    def __len__(self) -> int:
        return len(self._found)

    def grams(self, place: int) -> np.ndarray:
        """Of one piece."""
        return self._found[place].grams

    def likeness(self, one: int, other: int) -> float:
        """Of two pieces, as `Fingerprint.likeness`."""
        return _likeness(self.grams(one), self.grams(other))

    def sketched(self) -> np.ndarray:
        """Places of the pieces that have a sketch, rising."""
        return np.array([n for n, one in enumerate(self._found) if len(one.sketch)], np.int64)

    def numbers(self, rows: slice) -> np.ndarray:
        """Some numbers of every sketch that there is; shape (`sketched`, rows)."""
        return np.stack([self._found[n].sketch[rows] for n in self.sketched()])

    def only(self, places: np.ndarray) -> Fingerprints:
        """Those of some pieces, by their places, rising."""
        return _Some(self, places)


class _Some(Fingerprints):
    def __init__(self, whole: Fingerprints, places: np.ndarray) -> None:
        self._whole, self._places = whole, places

    def __len__(self) -> int:
        return len(self._places)

    def grams(self, place: int) -> np.ndarray:
        return self._whole.grams(int(self._places[place]))

    def sketched(self) -> np.ndarray:
        return np.flatnonzero(np.isin(self._places, self._whole.sketched()))

    def numbers(self, rows: slice) -> np.ndarray:
        return self._whole.numbers(rows)[np.isin(self._whole.sketched(), self._places)]


def near_duplicates(fingerprints: Fingerprints | Sequence[Fingerprint]) -> list[list[int]]:
    """Groups of pieces that are nearly the same, two or more in each, by their places in the list.

    Only pieces that meet in a bucket are compared, so that the work grows with their number and
    not with its square. Groups hang together: if one piece is like a second and that like a third,
    all three are one group.
    """
    prints = fingerprints if isinstance(fingerprints, Fingerprints) else Fingerprints(fingerprints)
    present = prints.sketched()
    met = np.empty(0, np.int64)  # pairs, each as one number
    for band in range(_BANDS if len(present) else 0):  # one at a time: all at once fill the memory
        start = band * _ROWS
        rows = prints.numbers(slice(start, start + _ROWS))
        order = np.lexsort(rows.T)
        changes = np.any(np.diff(rows[order], axis=0) != 0, axis=1)
        edges = np.concatenate([[0], np.flatnonzero(changes) + 1, [len(order)]])
        sizes = np.diff(edges)
        here = []
        for bucket in np.flatnonzero((sizes >= 2) & (sizes <= _CROWD)):
            members = np.sort(present[order[edges[bucket] : edges[bucket + 1]]])
            one, other = np.triu_indices(len(members), 1)
            here.append(members[one] * len(prints) + members[other])
        met = np.unique(np.concatenate([met, *here]))
    pairs = np.stack(np.divmod(met, max(len(prints), 1)), axis=1)
    alike = [prints.likeness(int(one), int(other)) >= SIMILAR for one, other in pairs]
    links = pairs[np.array(alike, bool)]
    group_of = hanging_together(len(prints), links)
    several = np.flatnonzero(np.bincount(group_of, minlength=1)[group_of] > 1)
    groups: dict[int, list[int]] = {}
    for item in several.tolist():
        groups.setdefault(int(group_of[item]), []).append(item)
    return list(groups.values())


def hanging_together(n_items: int, links: np.ndarray) -> np.ndarray:
    """Connected components: which items links hold together.

    Args:
        n_items: Items 0 to `n_items` - 1.
        links: Pairs of items; shape (links, 2).

    Returns:
        The number of the group of each item, from 0, in the order of first appearance.

    Example:
        >>> hanging_together(4, np.array([(0, 2), (2, 3)])).tolist()
        [0, 1, 0, 0]
    """
    from scipy.sparse import coo_array  # only here: who reads files in a child needs none of it
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(links), bool)
    graph = coo_array((ones, tuple(links.reshape(-1, 2).T)), shape=(n_items, n_items))
    _, labels = connected_components(graph, directed=False)
    _, first, group_of = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[group_of]


def _likeness(grams: np.ndarray, others: np.ndarray) -> float:
    common = len(np.intersect1d(grams, others, assume_unique=True))
    return common / min(len(grams), len(others)) if common >= _LEAST_COMMON else 0.0


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
