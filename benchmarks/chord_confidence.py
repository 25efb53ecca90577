"""How far the confidence of chords can be trusted where no part plays them.

    python -m benchmarks.chord_confidence --data FOLDER

Adds `chord_confidence` to `benchmarks/analysis.json`.

A confidence is good if of the time in chords that it calls 0.4 sure 0.4 is right (sevenths, by
mir_eval). It is made so by a logistic in the log odds of what the models believe (Platt 1999),
fitted to the blues solos with symbols, chord track and bass hidden. How well that holds is told of
solos over tunes that it was not fitted to: the tunes are halved, and each half is judged by the
other's fit. The jazz solos are judged by the fit to all blues.

The expected calibration error is the mean distance between confidence and share right in five
steps of confidence, each counted by its pieces.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from benchmarks.analysis import DATA, HEARD, RESULTS, hidden, pieces, recall
from lstmmusic.analysis import find_chords, find_key, split_groups, tune_name
from lstmmusic.analysis.chords import ALONE, platt, unplatt

N_STEPS = 5


class Cases(NamedTuple):
    """Solos whose chords were found in what is heard.

    Attributes:
        tunes: A number for each tune.
        believed: What the models believe, before any logistic.
        right: Share of the time whose sevenths are right.
    """

    tunes: np.ndarray
    believed: np.ndarray
    right: np.ndarray


def cases(folder: Path, heard: str, only_blues: bool) -> Cases:
    """The solos of a folder that are told by single lines: by the melody alone, or with a bass.

    A bass that contradicts the melody is not heard by the analysis; such a piece does not count
    for a melody with one.
    """
    names, believed, right = [], [], []
    for piece in pieces(folder):
        if not piece.score.chords or (only_blues and not piece.is_blues):
            continue
        score = HEARD[heard](hidden(piece.score))
        key = find_key(score, 0).value
        found = find_chords(score, key, 0)
        is_alone = not find_chords(score, key, 0, from_melody=False).value
        if found.source != "inferred" or is_alone != (heard == "melody"):
            continue
        names.append(piece.name)
        sure = found.confidence
        believed.append(float(unplatt(sure, *ALONE)) if is_alone else sure)
        right.append(recall(piece.score.chords, found.value, score)["sevenths"])
    groups = split_groups([tune_name(name) for name in names]).ids
    return Cases(np.array(groups), np.array(believed), np.array(right))


def fit(believed: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Slope and offset of the logistic that makes the shares right likeliest."""
    odds = np.log(believed / (1 - believed))[:, None]
    model = LogisticRegression(C=np.inf)
    n_ones = (np.ones(len(odds)), np.zeros(len(odds)))
    model.fit(np.tile(odds, (2, 1)), np.concatenate(n_ones), np.concatenate([right, 1 - right]))
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error.

    Example:
        >>> round(calibration_error(np.array([0.1, 0.9, 0.9]), np.array([0.1, 1.0, 0.5])), 3)
        0.1
    """
    steps = np.minimum((confidence * N_STEPS).astype(int), N_STEPS - 1)
    off = np.bincount(steps, confidence - right, minlength=N_STEPS)
    return float(np.abs(off).sum() / len(right))


def held_out(found: Cases) -> np.ndarray:
    """The confidence of each piece by the fit to the half of the tunes that it is not in."""
    told = np.empty(len(found.right))
    for here, there in GroupKFold(2).split(found.believed, groups=found.tunes):
        told[there] = platt(found.believed[there], *fit(found.believed[here], found.right[here]))
    return told


def measure(data: Path) -> dict[str, Any]:
    """By what is heard: the fit, and confidence, share right and error before and after."""
    results: dict[str, Any] = {}
    for heard in ("melody", "melody and roots"):
        blues = cases(data / "blues", heard, only_blues=True)
        jazz = cases(data / "jazz_other", heard, only_blues=False)
        logistic = fit(blues.believed, blues.right)
        results[heard] = {
            "logistic": [round(number, 2) for number in logistic],
            "blues": _told(blues, held_out(blues)),
            "jazz_other": _told(jazz, platt(jazz.believed, *logistic)),
        }
    return results


def _told(found: Cases, after: np.ndarray) -> dict[str, float]:
    numbers = {
        "right": found.right.mean(),
        "before": found.believed.mean(),
        "error_before": calibration_error(found.believed, found.right),
        "after": after.mean(),
        "error_after": calibration_error(after, found.right),
    }
    rounded = {name: round(float(number), 3) for name, number in numbers.items()}
    return {"pieces": len(found.right), **rounded}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and records beside what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of blues and jazz_other")
    asked = parser.parse_args(arguments)
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    results["chord_confidence"] = measure(asked.data)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(results["chord_confidence"], indent=2))


if __name__ == "__main__":
    main()
