"""Playing like a group of pieces: the network's choices tilted towards the group's, the best kept.

    w ← w + ½ ln (p_group / p_played)      p the shares of times, lengths and degrees

A few pieces are played as asked but for the tilt w so far, their notes are counted, and what the
group has more of than they is made likelier. w is added to the logits, so that context has its say
as before: what the network knows of chords, form and phrases stays. (Tilting leaps as well was
tried: it works against the chords, and what came out was less like the groups, not more.) Of
several pieces so played, the one is kept that is most like one half of the group; the other half
tells how like it is. All in NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lstmmusic.evaluation import Reference, measure
from lstmmusic.evaluation.distribution import (
    Features,
    distances_between,
    distances_within,
    features_of,
    match,
    mean_overlap,
)
from lstmmusic.evaluation.melodies import NotatedMelody
from lstmmusic.generation.improvise import Improvisation, improvise
from lstmmusic.generation.settings import Settings, settle
from lstmmusic.player import StoredModel, Taste
from lstmmusic.player.network import MAX_STEPS
from lstmmusic.score import Score

ROUNDS, TRIALS = 5, 4  # of playing and counting; pieces in each
CANDIDATES = 6  # pieces of which one is kept
STRONGEST = 4.0  # nats that a choice is made likelier or less likely at most
_STRIDE = 0.5  # of the way to the group's shares that a round goes
_WEIGHT = 20.0  # notes: so many of what both have stand behind every share
_TRIAL_BARS = 24  # of a piece to count in, at most
_LEAST_HALF = 4  # pieces; smaller groups both choose and tell
_STREAM = 7  # of the random numbers of a seed; the parts of a piece have others


def improvise_like(
    like: str | Path | Reference,
    settings: Settings | None = None,
    *,
    primer: Score | None = None,
    model: StoredModel | str | None = None,
    **changes: Any,
) -> Improvisation:
    """Improvises a piece that is more like a group of pieces than the model's by itself.

    Args:
        like: The group: a folder of music (such as `lstmmusic cluster --sort-into` makes), a
            corpus (`.parquet`), or a `Reference` made before.
        settings: As `improvise`.
        primer: As `improvise`.
        model: As `improvise`.
        **changes: As `improvise`.

    Returns:
        As `improvise`; the report has also `like`: the `group`, how many `pieces` it has, and the
        mean `overlap` of nine features with it (the scorecard's distribution match), of this piece
        and of the one that the same settings give `without` the group; None where a piece is too
        short to tell.

    Raises:
        InputError: As `improvise`, or `Reference.read`.

    Example:
        >>> from lstmmusic.evaluation import shipped_reference
        >>> piece = improvise_like(shipped_reference(), seed=1)
        >>> sorted(piece.report["like"])
        ['group', 'overlap', 'pieces', 'without']
    """
    settings, model = settle(settings, model, changes)
    group = like if isinstance(like, Reference) else Reference.read(like)
    choosing, telling = _halves(group.melodies)
    taste = taste_of(group.melodies, settings, primer=primer, model=model)
    seeds = np.random.default_rng([settings.seed, _STREAM]).integers(2**32, size=CANDIDATES - 1)

    def play(seed: int, taste: Taste | None) -> Improvisation:
        return improvise(settings, primer=primer, model=model, taste=taste, seed=seed)

    pieces = [play(seed, taste) for seed in (settings.seed, *seeds.tolist())]
    kept = max(pieces, key=lambda piece: choosing.overlap(piece.score) or 0.0)
    by_itself = play(settings.seed, None)
    told = {
        "group": group.made_from["title"],
        "pieces": len(group.melodies),
        "overlap": _rounded(telling.overlap(kept.score)),
        "without": _rounded(telling.overlap(by_itself.score)),
    }
    return kept.asked_with(settings.seed, like=told)


def taste_of(
    melodies: Iterable[NotatedMelody],
    settings: Settings,
    *,
    primer: Score | None = None,
    model: StoredModel | str | None = None,
    rounds: int = ROUNDS,
) -> Taste:
    """What makes the model play like these melodies.

    Args:
        melodies: Of the group.
        settings: Of the pieces that are played to count in; their own seeds follow from its seed.
        primer: As `improvise`.
        model: As `improvise`.
        rounds: How often pieces are played and counted; 0: never, the taste is empty.
    """
    settings, model = settle(settings, model, {})
    wanted = counts_of(melodies)
    taste = Taste(*(np.zeros(len(counts)) for counts in wanted))
    seeds = np.random.default_rng([settings.seed, _STREAM, 1]).integers(
        2**32, size=(rounds, TRIALS)
    )
    for row in seeds.tolist():
        scores = [
            improvise(_trial(settings, seed), primer=primer, model=model, taste=taste).score
            for seed in row
        ]
        played = counts_of(measure(score).melody for score in scores)
        taste = Taste(*map(_tilted, taste, wanted, played))
    return taste


def _trial(settings: Settings, seed: int) -> Settings:
    """A piece to count in: melody alone, and no longer than it takes."""
    n_bars = min(settings.bars or 12 * (settings.choruses or 1), _TRIAL_BARS)
    plain = {"ending": None, "turnaround": None, "stop_time": None, "count_in": False}
    return replace(
        settings, **plain, choruses=None, bars=n_bars, band=False, keep_primer=False, seed=seed
    )


def _tilted(tilt: np.ndarray, wanted: np.ndarray, played: np.ndarray) -> np.ndarray:
    """W + ½ ln (p_group / p_played), both drawn towards what they have together."""
    if not wanted.sum() or not played.sum():
        return tilt
    p_group, p_played = wanted / wanted.sum(), played / played.sum()
    behind = _WEIGHT * (p_group + p_played) / 2
    seen = behind > 0
    p_group = (wanted + behind)[seen] / (wanted.sum() + _WEIGHT)
    p_played = (played + behind)[seen] / (played.sum() + _WEIGHT)
    found = tilt.copy()
    found[seen] += _STRIDE * np.log(p_group / p_played)
    return np.clip(found, -STRONGEST, STRONGEST)


def counts_of(melodies: Iterable[NotatedMelody]) -> tuple[np.ndarray, ...]:
    """How often each choice of a `Taste` occurs, in the order of its fields.

    Example:
        >>> events = np.array([[0, 12, 60], [12, 6, 64], [18, 6, 60]])
        >>> tune = NotatedMelody("", events, np.zeros(3, int), 0, 0, 12, 1)
        >>> iois, durations, degrees = counts_of([tune])
        >>> float(iois[11]), float(durations[5]), float(degrees[0])
        (1.0, 2.0, 2.0)
    """
    none = [np.zeros(size) for size in (MAX_STEPS, MAX_STEPS, 12)]
    found = [_counts(melody.events, melody.tonic) for melody in melodies]
    return tuple(reduce(np.add, column) for column in zip(none, *found, strict=True))


def _counts(events: np.ndarray, tonic: int) -> list[np.ndarray]:
    onsets, durations, pitches = events.T
    degrees = np.bincount((pitches - tonic) % 12, minlength=12)
    return [_lengths(np.diff(onsets)), _lengths(durations), degrees]


def _lengths(steps: np.ndarray) -> np.ndarray:
    known = steps[(steps >= 1) & (steps <= MAX_STEPS)]
    return np.bincount(known - 1, minlength=MAX_STEPS)


class _Half(NamedTuple):
    """Pieces to hold others against."""

    features: Features
    within: list[np.ndarray]

    def overlap(self, score: Score) -> float | None:
        theirs = features_of([measure(score).melody])
        return mean_overlap(match(self.within, distances_between(theirs, self.features)))


def _halves(melodies: Sequence[NotatedMelody]) -> tuple[_Half, _Half]:
    """Every second piece, and the others; all of them twice where they are few."""
    few = len(melodies) < 2 * _LEAST_HALF
    parts = [melodies, melodies] if few else [melodies[::2], melodies[1::2]]
    features = [features_of(part) for part in parts]
    first, second = (_Half(found, distances_within(found)) for found in features)
    return first, second


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
