"""What the feel network is held against: the grid, class means, and causal linear models.

All of them are told of a note what the network is told (`feel_cues`), and those that are told how
the notes before it were played are told of the last eight and of what the solo has shown so far.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.models import Performance

LAGS = 8
_STRENGTHS = (1.0, 10.0, 100.0, 1000.0)  # of the ridge; the validation performances choose
_PRIOR = 4  # notes at 0 that a running mean begins with

LINEAR = {"linear": 0, "linear, last deviation": 1, "linear, last eight and running means": LAGS}


def baselines(
    train: Sequence[Performance],
    validation: Sequence[Performance],
    test: Sequence[Performance],
) -> dict[str, list[np.ndarray]]:
    """How late each baseline expects each note of the test performances to be, in beats."""
    late = np.concatenate([found.deviations[0] for found in train])
    places = np.concatenate([_places(found) for found in train])
    means = np.full(STEPS_PER_BEAT, late.mean())
    for place in np.unique(places):
        means[place] = late[places == place].mean()
    expected = {
        "the grid": [np.zeros(len(found)) for found in test],
        "class means": [means[_places(found)] for found in test],
    }
    for name, lags in LINEAR.items():
        x, y = _stacked(train, lags)
        x_unseen, y_unseen = _stacked(validation, lags)
        models = [make_pipeline(StandardScaler(), Ridge(s)).fit(x, y) for s in _STRENGTHS]
        best = min(models, key=lambda m: float(np.mean((m.predict(x_unseen) - y_unseen) ** 2)))
        expected[name] = [best.predict(_features(found, lags)) for found in test]
    return expected


def _places(found: Performance) -> np.ndarray:
    """The class of each note: its place in the beat, in steps."""
    return found.events[:, 0] % STEPS_PER_BEAT


def _stacked(found: Sequence[Performance], lags: int) -> tuple[np.ndarray, np.ndarray]:
    x = np.concatenate([_features(one, lags) for one in found])
    return x, np.concatenate([one.deviations[0] for one in found])


def _features(found: Performance, lags: int) -> np.ndarray:
    late = found.deviations[0]
    before = [np.concatenate([np.zeros(k), late])[: len(late)] for k in range(1, lags + 1)]
    if lags == LAGS:
        before += [_running_mean(late, np.zeros_like(late)), _running_mean(late, _places(found))]
    return np.column_stack([found.cues, *before])


def _running_mean(late: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The mean of the notes of the same class before each note."""
    means = np.empty(len(late))
    for one in np.unique(classes):
        at = np.flatnonzero(classes == one)
        means[at] = (np.cumsum(late[at]) - late[at]) / (np.arange(len(at)) + _PRIOR)
    return means
