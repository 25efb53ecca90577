"""The adding problem, worked out again step by step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.tasks import task_named
from lstmmusic.tasks.long_lags import StoringSettings, adding_strings


def sum_of_marked(string, length):
    """The slow twin: what is to be said at the end of one string."""
    total = 0.0
    for value, marker in string[:length].tolist():
        if marker == 1.0:
            total += value
    return 0.5 + total / 4


@given(st.integers(0, 10**6), st.integers(24, 120))
def test_targets_are_the_scaled_sums_of_what_is_marked(seed, min_steps):
    inputs, lengths, targets = adding_strings(np.random.default_rng(seed), 20, min_steps)
    for string, length, target in zip(inputs, lengths.tolist(), targets.tolist(), strict=True):
        assert target == pytest.approx(sum_of_marked(string, length), abs=1e-12)
        assert min_steps <= length <= 1.1 * min_steps
        assert (string[length:] == 0).all()
        markers = string[:length, 1]
        assert markers[0] == markers[-1] == -1
        marked = np.flatnonzero(markers == 1)
        assert set(markers) <= {-1, 0, 1}
        assert (markers == -1).sum() == 2
        assert len(marked) in (1, 2)  # one where the first fell on the first step
        assert marked.max() <= min_steps // 2
        if len(marked) == 2:
            assert marked.min() < 10
        assert (np.abs(string[:, 0]) <= 1).all()


def test_marks_fall_everywhere_they_may():
    inputs, lengths, _ = adding_strings(np.random.default_rng(0), 20_000, 50)
    marked = (inputs[..., 1] == 1).mean(axis=0)
    assert (marked[1:25] > 0).all()
    assert (marked[25:] == 0).all()
    only_one = (inputs[..., 1] == 1).sum(axis=1) == 1
    assert only_one.mean() == pytest.approx(0.1, abs=0.01)
    assert set(lengths.tolist()) == set(range(50, 56))


@pytest.mark.parametrize("steps", [100, 500, 1000])
def test_the_paper_preset_is_the_published_task(steps):
    settings = task_named(f"adding_{steps}").presets["paper"].settings
    asked = (settings.min_steps, settings.right_below, settings.online_window_strings)
    assert asked == (steps, 0.04, 2000)
    assert settings.window_strings == 4000  # the others stop no earlier
    assert (settings.mean_error_below, settings.test_strings) == (0.01, 2560)


def test_an_answer_off_by_the_limit_is_wrong():
    settings = StoringSettings(50, test_strings=100, most_wrong=0)
    task = task_named("adding_100")
    oracle = task.oracle(settings)
    for shift, solved in ((0.039, True), (0.0401, False), (np.nan, False)):
        found = task.test(settings, 0, lambda x, shift=shift: oracle(x) + shift)
        assert found.solved == solved
    wrong = task.test(settings, 0, lambda x: oracle(x) + 0.05).metrics
    assert wrong["wrong"] == 100
    assert wrong["mae"] == pytest.approx(0.05)
    assert wrong["rmse"] == pytest.approx(0.05)
    assert wrong["mse"] == pytest.approx(0.0025)
