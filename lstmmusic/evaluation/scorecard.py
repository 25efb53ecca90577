"""The scorecard: twelve numbers about a piece, each beside the range of music by people.

There is no single grade. A number outside its band is not a fault by itself; it says where a
piece is unlike the reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lstmmusic.evaluation.distribution import (
    distances_between,
    features_of,
    match,
    mean_overlap,
)
from lstmmusic.evaluation.measuring import MEASURES, Measured, Number, measure
from lstmmusic.evaluation.originality import LIGHTS, SIZES, Originality, Run
from lstmmusic.evaluation.reading import read_music
from lstmmusic.evaluation.reference import OVERLAP, Band, Reference, shipped_reference
from lstmmusic.score import Score

_DIGITS = 6
_NEAR_CEILING = 0.9


def scorecard(
    music: Score | str | Path | Sequence[Score],
    reference: Reference | str | Path | None = None,
) -> dict[str, Any]:
    """Scores a piece, or several together.

    Args:
        music: A piece, a file, a folder (all music below it), or several pieces.
        reference: What to compare with: a corpus (`.parquet`), a folder of music, the name of a
            shipped model (the music that it learnt from), or a `Reference` that was made before;
            None: the shipped tunes.

    Returns:
        What JSON can say. A number that the music does not tell is None.

        * the key of every one of `MEASURES` (`form_accuracy`, `swing`, `aab`, ...): of several
          pieces the mean, of `form_accuracy_worst` the least;
        * `distribution_match`: for nine features and on the mean, `overlap` (0 to 1) and
          `divergence` (nats) with the reference; `ceiling` and `floor` are what one half of the
          reference reaches with the other, and its notes dealt out anew;
        * `originality`: `shares` of runs of 6 to 16 intervals that are in the reference and the
          `limits` that 95 of 100 reference pieces keep among themselves; `new`, the share of runs
          of eight that are not in it; `longest_run` and `longest_run_same_rhythm` (notes, piece,
          bar in it, bar here); a `light`, of several pieces the worst;
        * `human`: the band (10th to 90th percentile) for each number, and whether it is `inside`
          (of several pieces, `inside_share` of them are);
        * `reference`: what it is made from; `pieces`: facts about each piece; `skipped`.

    Raises:
        InputError: A file or folder cannot be read.

    Example:
        >>> import lstmmusic
        >>> card = lstmmusic.scorecard(lstmmusic.improvise(seed=1).score)
        >>> card["form_accuracy"], card["pieces"][0]["harmony"], card["originality"]["light"]
        (1.0, 'sounding', 'green')
    """
    if reference is None:
        reference = shipped_reference()
    elif not isinstance(reference, Reference):
        reference = Reference.read(reference)
    skipped: list[tuple[str, str]] = []
    if isinstance(music, Score):
        pieces = [("", music)]
    elif isinstance(music, (str, Path)):
        pieces, skipped = read_music(music)
    else:
        pieces = [("", score) for score in music]
    return card_of([(name, measure(score, name)) for name, score in pieces], reference, skipped)


def card_of(
    measured: Sequence[tuple[str, Measured]],
    reference: Reference,
    skipped: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """The scorecard of pieces that are measured already."""
    rows = [row for _, row in measured]
    copied = [_looked_up(row, reference) for row in rows]
    numbers = {row.key: _joined(row.key, [piece.numbers for piece in rows]) for row in MEASURES}
    matches = _matches(rows, reference)
    return {
        **numbers,
        "distribution_match": matches,
        "originality": _originality(copied, [name for name, _ in measured], reference),
        "human": _human(numbers, matches["overlap"], rows, reference),
        "reference": dict(reference.made_from),
        "pieces": [
            {
                **({"file": name} if name else {}),
                **row.facts,
                **{key: _rounded(value) for key, value in row.numbers.items()},
                "originality": _shares(found),
            }
            for (name, row), found in zip(measured, copied, strict=True)
        ],
        "skipped": [{"file": name, "reason": reason} for name, reason in skipped],
    }


def _joined(key: str, pieces: Sequence[Mapping[str, Number]]) -> Number:
    values = [value for piece in pieces if (value := piece[key]) is not None]
    if not values:
        return None
    if len(values) == 1:
        return _rounded(values[0])
    return _rounded(min(values) if key.endswith("_worst") else float(np.mean(values)))


def _rounded(value: Number) -> Number:
    return round(value, _DIGITS) if isinstance(value, float) else value


def _matches(measured: Sequence[Measured], reference: Reference) -> dict[str, Any]:
    features = features_of(row.melody for row in measured)
    between = distances_between(features, reference.features)
    found = match(reference.within, between)
    worst = min(found, key=lambda name: found[name].overlap) if found else None
    overlap = mean_overlap(found)
    divergences = [row.divergence for row in found.values()]
    return {
        "overlap": _rounded(overlap),
        "overlap_worst": _rounded(found[worst].overlap) if worst else None,
        "worst": worst,
        "divergence": _rounded(float(np.mean(divergences))) if divergences else None,
        "ceiling": reference.ceiling,
        "floor": reference.floor,
        "of_ceiling": _rounded(overlap / reference.ceiling)
        if overlap is not None and reference.ceiling
        else None,
        "excerpts": len(features[0]),
        "features": {
            name: {"overlap": _rounded(row.overlap), "divergence": _rounded(row.divergence)}
            for name, row in found.items()
        },
    }


def _originality(
    copied: Sequence[Originality], names: Sequence[str], reference: Reference
) -> dict[str, Any]:
    lights = [found.light(reference.limits) for found in copied] if reference.melodies else []
    shares = {str(n): _mean([found.shares[n] for found in copied]) for n in SIZES}
    return {
        "shares": shares,
        "limits": {str(n): reference.shared[n] for n in SIZES},
        "new": _mean([found.new for found in copied]),
        "longest_run": _longest([found.run for found in copied], names, reference),
        "longest_run_same_rhythm": _longest(
            [found.rhythm_run for found in copied], names, reference
        ),
        "light": max(lights, key=LIGHTS.index) if lights else None,
        "lights": {light: lights.count(light) for light in LIGHTS},
    }


def _looked_up(row: Measured, reference: Reference) -> Originality:
    """What a piece shares with the reference; nothing is told where that has no melodies."""
    if reference.melodies:
        return reference.index.longest(row.melody)
    return Originality(dict.fromkeys(SIZES), Run(), Run())


def _shares(found: Originality) -> dict[str, Any]:
    return {
        "new": _rounded(found.new),
        "longest_run": found.run.notes,
        "longest_run_same_rhythm": found.rhythm_run.notes,
    }


def _mean(values: Sequence[float | None]) -> Number:
    told = [value for value in values if value is not None]
    return _rounded(float(np.mean(told))) if told else None


def _longest(
    runs: Sequence[Run], names: Sequence[str], reference: Reference
) -> dict[str, Any] | None:
    if not runs:
        return None
    index = max(range(len(runs)), key=lambda i: runs[i].notes)
    run = runs[index]
    if not run.notes:
        return None
    return {
        "notes": run.notes,
        "piece": reference.melodies[run.piece].title,
        "bar": run.bar,
        "bar_here": run.here,
        **({"file": names[index]} if names[index] else {}),
    }


def _human(
    numbers: Mapping[str, Number],
    overlap: Number,
    measured: Sequence[Measured],
    reference: Reference,
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    bands = dict(reference.bands)
    if len(measured) > 1 and reference.ceiling:
        # One piece cannot be as varied as a set; a set is held against half of the reference.
        low = round(_NEAR_CEILING * reference.ceiling, _DIGITS)
        bands[OVERLAP] = Band(low, reference.ceiling, 1.0, reference.made_from["pieces"])
    for key, value in {**numbers, OVERLAP: overlap}.items():
        band = bands.get(key)
        if band is None:
            continue
        entry: dict[str, Any] = {**band._asdict(), "inside": None}
        if value is not None:
            # Being more like the reference than its own pieces are is no fault.
            entry["inside"] = value >= band.low and (key == OVERLAP or value <= band.high)
        told = [v for row in measured if (v := row.numbers.get(key)) is not None]
        if len(measured) > 1 and told:
            share = float(np.mean([band.low <= v <= band.high for v in told]))
            entry["inside_share"] = round(share, 4)
        found[key] = entry
    return found
