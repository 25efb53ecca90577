"""Is a set of melodies like another? Nine features, and how far the sets overlap in each.

For every feature, the distances between all pieces of the reference are one distribution, those
between the pieces in question and the reference another. *Overlap* is the area under both, 0 to
1; *divergence* is the Kullback-Leibler divergence of the second from the first, in nats. Both
densities stand on one grid that holds all of them, so that equal sets overlap by exactly 1.

Pieces are compared chorus by chorus, pitch classes above the tonic, and times in felt beats.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.evaluation.melodies import NotatedMelody

FEATURES = (
    "pitch_count",
    "pitch_class_histogram",
    "pitch_class_transitions",
    "range",
    "mean_interval",
    "notes_per_bar",
    "mean_inter_onset",
    "note_length_histogram",
    "note_length_transitions",
)
Features = tuple[np.ndarray, ...]  # of each feature, shape (excerpts, values)

_LENGTH_BORDERS = np.array([4, 6, 8, 11, 16, 22, 31])  # steps; classes from sixteenth to longer
_N_LENGTHS = len(_LENGTH_BORDERS) + 1
_GRID = 512
_WIDE = 4.0  # bandwidths beyond the farthest distance
_LEAST = 1e-9  # density below which none is seen


class Match(NamedTuple):
    """How two sets of distances agree in one feature."""

    overlap: float
    divergence: float


def features_of(melodies: Iterable[NotatedMelody]) -> Features:
    """The nine features of every chorus.

    Returns:
        In the order of `FEATURES`, each of shape (excerpts, values).

    References:
        Yang and Lerch (2020), "On the evaluation of generative models in music", section 3. Notes
        are counted by the bar, since choruses differ in length.
    """
    rows = [
        _features(events, n_bars, melody.tonic)
        for melody in melodies
        for events, n_bars in melody.excerpts()
    ]
    sizes = (1, 12, 144, 1, 1, 1, 1, _N_LENGTHS, _N_LENGTHS**2)
    if not rows:
        return tuple(np.empty((0, size)) for size in sizes)
    return tuple(np.stack(column) for column in zip(*rows))


def _features(events: np.ndarray, n_bars: int, tonic: int) -> list[np.ndarray]:
    onsets, durations, pitches = events.T
    degrees = (pitches - tonic) % 12
    lengths = np.searchsorted(_LENGTH_BORDERS, durations, side="right")
    numbers = {
        "pitch_count": len(np.unique(pitches)),
        "pitch_class_histogram": _shares(degrees, 12),
        "pitch_class_transitions": _shares(degrees[:-1] * 12 + degrees[1:], 144),
        "range": pitches.max() - pitches.min(),
        "mean_interval": np.abs(np.diff(pitches)).mean(),
        "notes_per_bar": len(events) / n_bars,
        "mean_inter_onset": np.diff(onsets).mean() / STEPS_PER_BEAT,
        "note_length_histogram": _shares(lengths, _N_LENGTHS),
        "note_length_transitions": _shares(lengths[:-1] * _N_LENGTHS + lengths[1:], _N_LENGTHS**2),
    }
    return [np.atleast_1d(np.asarray(numbers[name], float)) for name in FEATURES]


def _shares(symbols: np.ndarray, n_symbols: int) -> np.ndarray:
    return np.bincount(symbols, minlength=n_symbols) / max(len(symbols), 1)


def distances_within(features: Features) -> list[np.ndarray]:
    """Of each feature, the distances between every two excerpts; shape (pairs,)."""
    found = []
    for values in features:
        pairs = np.triu_indices(len(values), 1)
        found.append(_distances(values, values)[pairs])
    return found


def distances_between(first: Features, second: Features) -> list[np.ndarray]:
    """Of each feature, the distances between excerpts of two sets; shape (pairs,)."""
    return [_distances(a, b).ravel() for a, b in zip(first, second)]


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.shape[1] == 1:
        return np.abs(a - b.T)
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0))


def match(within: Sequence[np.ndarray], between: Sequence[np.ndarray]) -> dict[str, Match]:
    """Compares two sets of distances, feature by feature; empty where one of them is."""
    if not len(within[0]) or not len(between[0]):
        return {}
    return {name: compare(a, b) for name, a, b in zip(FEATURES, within, between, strict=True)}


def compare(within: np.ndarray, between: np.ndarray) -> Match:
    """Overlap and divergence of two samples, smoothed with one Gaussian.

    The kernel's width is that of Scott's rule for the first sample, the same for both.

    Example:
        >>> sample = np.array([1.0, 2.0, 2.0, 3.0])
        >>> compare(sample, sample).overlap, round(compare(sample, sample + 50).overlap, 6)
        (1.0, 0.0)
    """
    both = np.concatenate([within, between])
    spread = float(within.std()) or float(both.std()) or 1.0
    width = 1.06 * spread * len(within) ** -0.2
    low, high = both.min() - _WIDE * width, both.max() + _WIDE * width
    step = max((high - low) / _GRID, width / 8)
    n_points = int(np.ceil((high - low) / step)) + 1
    reach = np.arange(-int(_WIDE * width / step) - 1, int(_WIDE * width / step) + 2) * step
    kernel = np.exp(-0.5 * (reach / width) ** 2)
    p, q = (
        np.convolve(np.bincount(((s - low) / step + 0.5).astype(int), minlength=n_points), kernel)
        for s in (within, between)
    )
    p, q = p / p.sum(), q / q.sum()
    seen = q > _LEAST
    divergence = float((q[seen] * np.log(q[seen] / np.maximum(p[seen], _LEAST))).sum())
    return Match(float(np.minimum(p, q).sum()), max(divergence, 0.0))


def mean_overlap(matches: dict[str, Match]) -> float | None:
    """Mean over the nine features."""
    return float(np.mean([found.overlap for found in matches.values()])) if matches else None


def half_against_half(features: Features, seed: int = 0, n_splits: int = 20) -> float | None:
    """The overlap that the reference reaches itself, one random half against the other.

    It is the ceiling for a set of generated pieces; mean over splits.
    """
    n = len(features[0])
    if n < 4:
        return None
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n_splits):
        order = rng.permutation(n)
        a, b = ([values[half] for values in features] for half in np.split(order, [n // 2]))
        found.append(
            mean_overlap(match(distances_within(tuple(a)), distances_between(tuple(b), tuple(a))))
        )
    return float(np.mean([value for value in found if value is not None]))


def shuffled(melodies: Sequence[NotatedMelody], seed: int = 0) -> list[NotatedMelody]:
    """The same melodies with the notes of all of them dealt out anew: the floor.

    Degrees above the tonic, octaves and durations are drawn apart from one another; onsets stay.
    """
    rng = np.random.default_rng(seed)
    if not melodies:
        return []
    pitches = np.concatenate([m.events[:, 2] - m.tonic for m in melodies])
    durations = np.concatenate([m.events[:, 1] for m in melodies])
    rng.shuffle(pitches)
    rng.shuffle(durations)
    found, start = [], 0
    for m in melodies:
        dealt = slice(start, start + len(m))
        events = np.stack([m.events[:, 0], durations[dealt], pitches[dealt] + m.tonic], axis=1)
        found.append(
            NotatedMelody(m.title, events, m.bars, m.tonic, m.first_bar, m.chorus_bars, m.n_bars)
        )
        start += len(m)
    return found
