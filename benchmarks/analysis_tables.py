"""Fits the tables of the analysis again and prints them: `python -m benchmarks.analysis_tables`.

Both are softmax choices that are linear in what is seen: of a metre with its bar line, and of a
division of the beat. They are fitted to the development half of the files (`benchmarks.analysis`),
by plain gradients with a penalty on the squares.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.analysis import DATA, Piece, pieces
from benchmarks.analysis_time import annotated_places, cut
from lstmmusic.analysis import feel, metre
from lstmmusic.score import Score

_CUTS = 3  # each tune is heard from its start and from so many places less one inside its first bar
_WEIGHT = {"nott": 0.5, "cre": 0.33, "harmony": 0.07, "melody": 0.05}


def fit(
    features: np.ndarray,
    right: np.ndarray,
    weight: np.ndarray,
    penalty: np.ndarray,
    n_steps: int,
    given: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Weights of a linear softmax choice, by Adam.

    Args:
        features: Shape (cases, candidates, features).
        right: Which candidates are right, shape (cases, candidates); of several any may win.
        weight: Of each case.
        penalty: On the square of each weight.
        n_steps: Steps of 0.05.
        given: Worth of the candidates that is not fitted, shape (cases, candidates).
    """
    found = np.zeros(features.shape[2])
    mean, square = np.zeros_like(found), np.zeros_like(found)
    for step in range(1, n_steps + 1):
        worth = features @ found + given
        worth = np.exp(worth - worth.max(1, keepdims=True))
        probs = worth / worth.sum(1, keepdims=True)
        wanted = worth * right / np.maximum((worth * right).sum(1, keepdims=True), 1e-300)
        gradient = np.einsum("nc,ncf->f", (probs - wanted) * weight[:, None], features)
        gradient = gradient / weight.sum() + penalty * found
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        found -= 0.05 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return found


def metre_cases(data: Path) -> list[tuple[str, Score, str, float | None]]:
    """Source, piece without signature, its metre and its pickup (None: unknown)."""
    rng = np.random.default_rng(0)
    cases: list[tuple[str, Score, str, float | None]] = []
    for piece in _development(data, ("folk",)):
        name = str(piece.score.metre)
        if name not in metre._METRES:
            continue
        bar = piece.score.metre.bar_quarters
        source = piece.name[:4].strip("_")
        for number in range(_CUTS):
            start = rng.integers(1, round(bar * 2)) / 2 if number else 0.0
            pickup = (-start) % bar if source == "nott" else None
            cases.append((source, cut(piece.score, start, "melody"), name, pickup))
    for piece in _development(data, ("blues", "jazz_other")):
        name = str(piece.score.metre)
        if name not in ("3/4", "4/4") or not piece.score.chords:
            continue
        for start in range(4):
            for heard in ("harmony", "melody"):
                pickup = float(-start % piece.score.metre.bar_quarters)
                cases.append((heard, cut(piece.score, start, heard), name, pickup))
    return cases


def fit_metre(data: Path) -> None:
    """Prints `_WEIGHTS` and `_HARMONY` of `analysis/metre.py`."""
    features, right, weights = [], [], []
    n_metres = len(metre._METRES)
    for source, score, name, pickup in metre_cases(data):
        found = metre._candidates(score, metre._METRES)
        if found is None:
            continue
        n_own = metre._WEIGHTS.shape[1] - 1
        own = np.concatenate([found.features[:, :n_own], np.ones((len(found.metres), 1))], 1)
        mine = np.array([[m == other for other in metre._METRES] for m in found.metres], float)
        each = (mine[:, :, None] * own[:, None]).reshape(len(own), -1)
        features.append(np.concatenate([each, own, found.features[:, n_own:]], 1))
        is_metre = np.array([other == name for other in found.metres])
        right.append(is_metre if pickup is None else is_metre & (found.pickups == pickup))
        weights.append(_WEIGHT[source])
    n_columns = metre._WEIGHTS.shape[1]
    penalty = np.full(features[0].shape[1], 1e-3)
    penalty[-8:] = 1e-4
    found = fit(np.array(features), np.array(right, float), np.array(weights), penalty, 400)
    table = found[: n_metres * n_columns].reshape(n_metres, n_columns)
    common = found[n_metres * n_columns : -8]
    print("_WEIGHTS", np.array2string((table + common).round(1), separator=", "))
    print("_HARMONY", np.array2string(found[-8:].reshape(2, 4).round(1), separator=", "))


def fit_division(data: Path) -> None:
    """Prints `_CREDIT`, `_WORST` and `_SHIFT` of `analysis/feel.py`."""
    divisions = np.array(feel._DIVISIONS)
    n_counts, n = feel._CREDIT.shape
    features, right, clashes = [], [], []
    for piece in _development(data, ("blues",)):
        truth = annotated_places(data / "blues", piece)
        if truth is None:
            continue
        onsets = piece.score.parts[0].notes["onset_quarters"]
        beat = np.floor(onsets + feel._EARLY)
        found = feel._divided(onsets - beat, beat, divisions)
        for row, count in enumerate(found.counts):
            said = set(truth.divisions[found.rows == row].tolist())
            if len(said) != 1 or not said <= set(feel._DIVISIONS):
                continue  # the annotation puts its notes into two beats
            errors = (-found.worst[:, row], found.shift[:, row])
            clashes.append(found.clashes[:, row])
            credit = np.zeros((n, n_counts, n))
            credit[np.arange(n), min(count, n_counts) - 1, np.arange(n)] = 1
            features.append(np.concatenate([np.stack(errors, 1), credit.reshape(n, -1)], axis=1))
            right.append(np.isin(divisions, list(said)))
    scale = np.ones(features[0].shape[1])
    scale[:2] = 10.0  # errors are small numbers and want large weights
    cases, penalty = np.array(features) * scale, np.full(len(scale), 2e-5)
    given = -feel._CLASH * np.array(clashes)
    found = fit(cases, np.array(right, float), np.ones(len(cases)), penalty, 800, given)
    found *= scale
    print("_WORST, _SHIFT", found[:2].round(0))
    print("_CREDIT", np.array2string(found[2:].reshape(n_counts, n).round(1), separator=", "))


def _development(data: Path, folders: Sequence[str]) -> list[Piece]:
    return [piece for name in folders for piece in pieces(data / name) if not piece.is_test]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    folder = parser.parse_args().data
    fit_metre(folder)
    fit_division(folder)
