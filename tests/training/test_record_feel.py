"""What the recorded figures of the feel rest on."""

import numpy as np
import pytest

from lstmmusic.encoding import FeelEvents, FeelSetting
from lstmmusic.models import Performance
from lstmmusic.score import Metre
from training.feel_baselines import LAGS, baselines
from training.record_feel import DEAF, FOLDS, OWN, running_free, splits, teacher_forced

SETTING = FeelSetting(120.0, Metre(4, 4))


def solo(performer, seed, n=200, keep=0.0):
    """Lateness by place in the beat, and a share of the one before."""
    rng = np.random.default_rng(seed)
    late = np.zeros(n)
    for note in range(n):
        late[note] = keep * late[note - 1] + 0.06 * (note % 2) + rng.normal(0, 0.02)
    written = np.column_stack([np.arange(n) * 6, np.full(n, 6), np.full(n, 60)])
    starts = written[:, 0] / 12 + late
    events = FeelEvents.joined(written, starts, starts + 0.3)
    return Performance(f"{performer}-{seed}", performer, events, SETTING)


def rmse(solos, expected):
    error = np.concatenate([e - s.deviations[0] for s, e in zip(solos, expected, strict=True)])
    return float(np.sqrt(np.mean(error**2)))


def test_no_performer_is_on_two_sides_and_each_is_tried_on_once():
    solos = [solo(name, seed) for seed in range(2) for name in "abcdefg"]
    tried = []
    for sides in splits(solos):
        names = [{one.performer for one in side} for side in sides]
        assert len(set().union(*names)) == sum(map(len, names))
        assert sum(map(len, sides)) == len(solos)
        tried += [one.name for one in sides[2]]
    assert sorted(tried) == sorted(one.name for one in solos)
    assert len(splits(solos)) == FOLDS


def test_each_baseline_is_as_good_as_what_it_is_told():
    train, unseen, test = (
        [solo("x", k + 9 * part, keep=0.7) for k in range(6)] for part in range(3)
    )
    found = {name: rmse(test, told) for name, told in baselines(train, unseen, test).items()}
    assert found["the grid"] > found["class means"]
    assert found["linear, last deviation"] < 0.9 * found["linear"]
    assert found["linear, last deviation"] == pytest.approx(0.02, rel=0.05)
    assert found["linear, last eight and running means"] == pytest.approx(0.02, rel=0.05)
    assert LAGS == 8


def test_no_baseline_hears_what_it_is_to_tell():
    train, unseen = [solo("a", 1)], [solo("b", 2)]
    test = solo("c", 3)
    events = test.events.copy()
    events[-1, 3] += 200
    changed = Performance("c", "c", events, SETTING)
    for told, again in zip(
        baselines(train, unseen, [test]).values(),
        baselines(train, unseen, [changed]).values(),
        strict=True,
    ):
        np.testing.assert_array_equal(told[0], again[0])


def test_gains_are_changes_of_the_root_mean_square():
    solos = [solo(name, 0) for name in "abc"]
    late = [one.deviations[0] for one in solos]
    half = [[late_of / 2 for late_of in late]]
    nothing = [[np.zeros_like(late_of) for late_of in late]]
    expected = {OWN: half * 2, DEAF: nothing, "class means": nothing, "linear": nothing}
    expected |= {"linear, last deviation": nothing, "linear, last eight and running means": nothing}
    found = teacher_forced(solos, expected)
    assert found["against"][OWN]["class means"]["change"] == pytest.approx(-0.5)
    assert found["against"][OWN]["class means"]["interval"] == pytest.approx([-0.5, -0.5])
    assert found["against"][DEAF]["class means"]["change"] == 0
    whole = float(np.sqrt(np.mean(np.concatenate(late) ** 2)))
    assert found["models"]["class means"]["rmse_beats"] == pytest.approx(whole, abs=1e-5)


def test_running_free_is_held_against_the_players():
    solos = [solo(name, 0, keep=0.5) for name in "ab"]
    late = [one.deviations[0] for one in solos]
    rng = np.random.default_rng(0)
    shuffled = [rng.permutation(np.concatenate(late))[: len(one)] for one in late]
    found = running_free(solos, [late, [2 * one for one in late], shuffled])
    same, doubled, drawn = found["by_seed"]
    assert (same["spread_change"], same["lag_1_difference"]) == (0, 0)
    assert (doubled["spread_change"], doubled["lag_1_difference"]) == (1, 0)
    assert abs(drawn["spread_change"]) < 0.1
    assert abs(drawn["lag_1_difference"]) > 0.06
