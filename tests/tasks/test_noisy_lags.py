"""Long lags through noise, worked out again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.tasks import task_named
from lstmmusic.tasks.noisy_lags import (
    ClassSettings,
    SymbolSettings,
    class_strings,
    symbol_strings,
    undisturbed,
)

seeds = st.integers(0, 10**6)


def read(string, n_between):
    """One-hot inputs as letters: x, y, numbers, e, b."""
    names = ["x", "y", *map(str, range(n_between)), "e", "b"]
    return [names[int(step.argmax())] for step in string if step.any()]


@given(seeds)
def test_2a_goes_through_the_alphabet_and_comes_back(seed):
    settings = SymbolSettings("regular", lag_steps=4, n_between=4)
    inputs, targets, weights = symbol_strings(settings, np.random.default_rng(seed), 5)
    for x, y in zip(inputs, targets, strict=True):
        heard, asked = read(x, 4), read(y, 4)
        assert heard[1:] == ["0", "1", "2", "3"]
        assert heard[0] in "xy"
        assert asked == [*heard[1:], heard[0]]
    assert (weights > 0).all()


@given(seeds)
def test_2b_asks_for_the_first_symbol_alone(seed):
    settings = SymbolSettings("random", lag_steps=6, n_between=3)
    inputs, targets, weights = symbol_strings(settings, np.random.default_rng(seed), 5)
    for x, y in zip(inputs, targets, strict=True):
        assert set(read(x, 3)[1:]) <= {"0", "1", "2"}
        assert read(y, 3)[-1] == read(x, 3)[0]
    assert weights.tolist() == [[0] * 6 + [1]] * 5


@given(seeds)
def test_2c_asks_at_the_end_for_the_second_symbol(seed):
    settings = SymbolSettings("free", lag_steps=5, n_between=3)
    inputs, targets, weights = symbol_strings(settings, np.random.default_rng(seed), 8)
    for x, y, w in zip(inputs, targets, weights, strict=True):
        heard = read(x, 3)
        assert heard[0] == "b"
        assert heard[-1] == "e"
        assert set(heard[2:-1]) <= {"0", "1", "2"}
        assert len(heard) >= 3 + 5
        assert np.flatnonzero(w).tolist() == [len(heard) - 1]
        assert "xy"[int(y[len(heard) - 1].argmax())] == heard[1]


def test_2c_ends_with_probability_one_tenth_at_every_step():
    settings = SymbolSettings("free", lag_steps=5, n_between=3)
    strings = symbol_strings(settings, np.random.default_rng(0), 5000)
    more = strings.inputs.any(axis=-1).sum(axis=1) - 8
    assert more.mean() == pytest.approx(9, abs=0.5)
    assert (more == 0).mean() == pytest.approx(0.1, abs=0.015)


@pytest.mark.parametrize("noisy", [False, True])
def test_classes_are_told_by_the_first_values(noisy):
    settings = ClassSettings(50, n_telling=3, tells_noisily=noisy)
    inputs, targets, weights = class_strings(settings, np.random.default_rng(0), 4000)
    lengths = weights.argmax(axis=1) + 1
    assert set(lengths) == set(range(50, 56))
    is_one = targets.sum(axis=(1, 2)) == 1
    first = inputs[:, :3, 0]
    assert first[is_one].mean() == pytest.approx(1, abs=0.03)
    assert first[~is_one].mean() == pytest.approx(-1, abs=0.03)
    assert first[is_one].var() == pytest.approx(0.2 * noisy, abs=0.02)
    assert inputs[:, 3:45].var() == pytest.approx(0.2, abs=0.01)
    assert (inputs[:, 3:45, 0].mean(axis=1) * np.where(is_one, 1, -1)).mean() == pytest.approx(
        0, abs=0.01
    )
    assert is_one.mean() == pytest.approx(0.5, abs=0.03)


def test_3c_is_learnt_from_disturbed_targets_and_judged_by_clean_ones():
    settings = ClassSettings(50, n_telling=3, has_noisy_targets=True)
    strings = class_strings(settings, np.random.default_rng(0), 4000)
    asked = strings.weights > 0
    clean, noisy = undisturbed(strings)[asked][:, 0], strings.targets[asked][:, 0]
    assert set(clean.tolist()) == {0.2, 0.8}
    assert (noisy - clean).mean() == pytest.approx(0, abs=0.02)
    assert (noisy - clean).var() == pytest.approx(0.1, abs=0.01)
    assert (strings.inputs[clean == 0.2, 0, 0] == 1).all()
    task = task_named("two_sequences_3c_100_3")
    oracle = task.oracle(task.tiny.settings)
    for shift, solved in ((0.09, True), (0.11, False), (np.nan, False)):
        found = task.test(task.tiny.settings, 0, lambda x, shift=shift: oracle(x) + shift)
        assert found.solved == solved


@pytest.mark.parametrize("name", ["long_lag_2a", "long_lag_2b", "long_lag_2c_50"])
def test_who_forgets_the_symbol_is_wrong(name):
    task = task_named(name)
    settings = task.presets["quick"].settings
    oracle = task.oracle(settings)

    def forgets(inputs):
        outputs = np.array(oracle(inputs))
        outputs[0, :, :2] = 0.5
        return outputs

    assert task.test(settings, 0, oracle).solved
    found = task.test(settings, 0, forgets)
    assert not found.solved
    assert found.metrics["wrong"] == len(range(0, settings.test_strings, 256))


def test_the_paper_presets_are_the_published_tasks():
    of = {name: task_named(name).presets["paper"].settings for name in ("long_lag_2a",)}
    assert (of["long_lag_2a"].lag_steps, of["long_lag_2a"].right_below) == (99, 0.25)
    assert of["long_lag_2a"].window_strings == 10_000
    for which, below in (("3a", 0.2), ("3b", 0.2), ("3c", 0.1)):
        settings = task_named(f"two_sequences_{which}_100_1").presets["paper"].settings
        assert (settings.min_steps, settings.n_telling, settings.right_below) == (100, 1, below)
