"""The music that a piece is compared with: its melodies, and the range of each number in it.

Each shipped model has one, the music that it learnt from. That of `twelve-bar` is
`datasets/twelve_bar`; its numbers stand in `twelve_bar.json` and are made by
`python -m lstmmusic.evaluation FOLDER`. That of `soloist`, `soloist.json`, is made of solos that
are not ours to ship (`python -m training.solos FOLDER`): their ranges and none of their notes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.evaluation.distribution import (
    Features,
    distances_between,
    distances_within,
    features_of,
    half_against_half,
    match,
    mean_overlap,
    shuffled,
)
from lstmmusic.evaluation.measuring import MEASURES, Measured, measure
from lstmmusic.evaluation.melodies import NotatedMelody
from lstmmusic.evaluation.originality import GREEN, Index, shared_among
from lstmmusic.evaluation.reading import read_music
from lstmmusic.score import Score

SHIPPED = {
    "twelve-bar": Path(__file__).with_name("twelve_bar.json"),
    "soloist": Path(__file__).with_name("soloist.json"),
}
OVERLAP = "distribution_overlap"
MAX_MEASURED = 400  # pieces that the ranges rest on; all of them are looked through for copies

_FORMAT = 1
_LOW, _HIGH, _MOST = 10, 90, 95  # percentiles


class Band(NamedTuple):
    """Where a number lies in the reference: its 10th, 50th and 90th percentile, of n pieces."""

    low: float
    median: float
    high: float
    pieces: int


@dataclass(frozen=True, eq=False)
class Reference:
    """Music to compare with.

    Attributes:
        made_from: Its passport: title, how many pieces and performances, and for shipped music
            origin, licence and checksum.
        melodies: Of all of its pieces; none where they may not be passed on: then it tells ranges,
            and neither copies nor how the distributions match.
        bands: For the keys of `MEASURES`, and `distribution_overlap`, where the pieces lie; each
            is compared with the others. Numbers that no piece tells are missing.
        ceiling: Mean overlap of one half of the reference with the other.
        floor: Mean overlap of the reference with its own notes dealt out anew.
        shared: For every n, the share of runs of n intervals that 95 of 100 pieces share with
            others at most.
    """

    made_from: Mapping[str, Any]
    melodies: tuple[NotatedMelody, ...]
    bands: Mapping[str, Band]
    ceiling: float | None
    floor: float | None
    shared: Mapping[int, float]

    @classmethod
    def of(
        cls, pieces: Iterable[tuple[str, Score]], made_from: Mapping[str, Any], seed: int = 0
    ) -> Reference:
        """Makes a reference of pieces.

        Args:
            pieces: Names and scores.
            made_from: Its passport.
            seed: Of the choice of pieces that are measured, where there are many.
        """
        measured = [measure(score, name) for name, score in pieces]
        melodies = tuple(row.melody for row in measured)
        rng = np.random.default_rng(seed)
        chosen = np.sort(rng.permutation(len(measured))[:MAX_MEASURED]).tolist()
        sample = [measured[index] for index in chosen]
        features = features_of(row.melody for row in sample)
        within = distances_within(features)
        dealt = features_of(shuffled([row.melody for row in sample], seed))
        shared = {
            n: round(float(np.percentile(shares, _MOST)), 6) if len(shares) else 0.0
            for n, shares in shared_among(melodies).items()
        }
        performances = sum(bool(row.facts["is_performance"]) for row in sample)
        return cls(
            {
                **made_from,
                "pieces": len(melodies),
                "notes": sum(map(len, melodies)),
                "measured": len(sample),
                "performances": performances,
            },
            melodies,
            _bands(sample),
            _rounded(half_against_half(features, seed)),
            _rounded(mean_overlap(match(within, distances_between(dealt, features)))),
            shared,
        )

    @classmethod
    def read(cls, path: str | Path) -> Reference:
        """Makes a reference of a corpus (`.parquet`) or a folder of music, or takes a shipped one.

        Args:
            path: The corpus or folder; or the name of a shipped model, which has the reference.

        Raises:
            InputError: None of these, or nothing in it can be read.
        """
        if str(path) in SHIPPED:
            return shipped_reference(str(path))
        path = Path(path)
        if path.suffix.lower() == ".parquet":
            from lstmmusic.corpus import Corpus

            pieces = ((piece.file, piece.score) for piece in Corpus.read(path).pieces())
            found = cls.of(pieces, {"title": path.name})
            if not found.melodies:
                raise InputError(str(path), "a corpus with pieces", "none")
            return found
        if not path.is_dir():
            received = "a file" if path.exists() else "nothing there"
            raise InputError(str(path), "a corpus (.parquet) or a folder of music", received)
        return cls.of(read_music(path).pieces, {"title": path.name})

    @property
    def limits(self) -> dict[int, float]:
        """For runs of 8 and 12 intervals, the shares up to which a piece is original."""
        return {n: self.shared[n] for n in GREEN}

    @cached_property
    def features(self) -> Features:
        """Of the melodies, at most `MAX_MEASURED` of them, evenly drawn."""
        step = -(-len(self.melodies) // MAX_MEASURED) or 1
        return features_of(self.melodies[::step])

    @cached_property
    def within(self) -> list[np.ndarray]:
        """Distances between the features."""
        return distances_within(self.features)

    @cached_property
    def index(self) -> Index:
        """To look runs up in."""
        return Index(self.melodies)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            "format": _FORMAT,
            "made_from": dict(self.made_from),
            "bands": {key: list(band) for key, band in self.bands.items()},
            "ceiling": self.ceiling,
            "floor": self.floor,
            "shared": {str(n): share for n, share in self.shared.items()},
            "melodies": [melody.to_json() for melody in self.melodies],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reference:
        """Undoes `to_json`."""
        return cls(
            data["made_from"],
            tuple(NotatedMelody.from_json(row) for row in data["melodies"]),
            {key: Band(*band) for key, band in data["bands"].items()},
            data["ceiling"],
            data["floor"],
            {int(n): share for n, share in data["shared"].items()},
        )


@lru_cache(maxsize=len(SHIPPED))
def shipped_reference(model: str = "twelve-bar") -> Reference:
    """The reference of a shipped model: the music that it learnt from.

    Args:
        model: Its name; for any other model it is that of `twelve-bar`.

    Example:
        >>> shipped_reference().made_from["licence"], shipped_reference("soloist").melodies
        ('CC0-1.0', ())
    """
    return Reference.from_json(
        json.loads(SHIPPED.get(model, SHIPPED["twelve-bar"]).read_text(encoding="utf-8"))
    )


def _bands(measured: Sequence[Measured]) -> dict[str, Band]:
    found = {}
    for row in MEASURES:
        told = [
            piece.numbers[row.key]
            for piece in measured
            if not row.needs_performance or piece.facts["is_performance"]
        ]
        values = [float(value) for value in told if value is not None]
        if values:
            found[row.key] = _band(values)
    overlaps = _overlaps([row.melody for row in measured])
    if overlaps:
        found[OVERLAP] = _band(overlaps)
    return found


def _overlaps(melodies: Sequence[NotatedMelody]) -> list[float]:
    """Of each piece with the others."""
    per_piece = [features_of([melody]) for melody in melodies]
    owners = np.repeat(np.arange(len(melodies)), [len(features[0]) for features in per_piece])
    features = features_of(melodies)
    found = []
    for index, own in enumerate(per_piece):
        others = tuple(values[owners != index] for values in features)
        overlap = mean_overlap(match(distances_within(others), distances_between(own, others)))
        if overlap is not None:
            found.append(overlap)
    return found


def _band(values: Sequence[float]) -> Band:
    low, median, high = np.percentile(values, (_LOW, 50, _HIGH)).tolist()
    return Band(round(low, 6), round(median, 6), round(high, 6), len(values))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
