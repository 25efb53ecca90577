"""When an answer is right, and when a window of them lets a network stop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.errors import InputError
from lstmmusic.fitting import RunFolder
from lstmmusic.tasks._answers import (
    AnswerSettings,
    Growing,
    Window,
    errors_of,
    judge_answers,
    tiny,
    train_answers,
)
from lstmmusic.tasks.noisy_lags import ClassSettings, class_strings
from lstmmusic.tasks.registry import task_named
from lstmmusic.tasks.task import Job, Strings


def one_by_one(strings, outputs):
    """The slow twin of `errors_of`."""
    found = []
    for y, target, weight in zip(outputs, strings.targets, strings.weights, strict=True):
        asked = [t for t, w in enumerate(weight) if w > 0]
        found.append(max(abs(float(a) - float(b)) for t in asked for a, b in zip(y[t], target[t])))
    return found


@given(st.integers(0, 10**6))
def test_the_error_of_a_string_is_its_largest_where_it_is_asked(seed):
    rng = np.random.default_rng(seed)
    weights = (rng.random((4, 5)) < 0.4).astype(float)
    weights[np.arange(4), rng.integers(5, size=4)] = 2.0
    strings = Strings(rng.normal(size=(4, 5, 2)), rng.normal(size=(4, 5, 3)), weights)
    outputs = rng.normal(size=(4, 5, 3))
    assert errors_of(strings, outputs).tolist() == pytest.approx(one_by_one(strings, outputs))
    other = outputs.copy()
    other[weights == 0] = np.nan
    np.testing.assert_array_equal(errors_of(strings, other), errors_of(strings, outputs))


def answers(errors):
    """Strings of one step whose outputs are off by the errors."""
    n = len(errors)
    return Strings(np.zeros((n, 1, 1)), np.zeros((n, 1, 1)), np.ones((n, 1))), np.reshape(
        errors, (n, 1, 1)
    )


@pytest.mark.parametrize(
    ("errors", "stops"),
    [
        ([0.0] * 3, False),  # the window is not full
        ([0.0] * 4, True),
        ([0.9, 0.0, 0.0, 0.0, 0.0], True),  # the wrong one is no longer in it
        ([0.0, 0.0, 0.9, 0.0, 0.0], False),
        ([0.0, 0.0, np.nan, 0.0, 0.0], False),
        ([0.19] * 4, False),  # right, but not by enough on the average
    ],
)
def test_a_window_stops_when_all_in_it_were_right(errors, stops):
    settings = AnswerSettings(window_strings=4, right_below=0.2, mean_error_below=0.1)
    window = Window(1, settings)
    window.seen(0, *answers(errors))
    kept = Window(1, settings)
    kept.restore(window.state())
    assert window.met(None)[0].tolist() == kept.met(None)[0].tolist() == [stops]


def test_a_window_may_hold_a_few_wrong_ones():
    errors = [0.9, 0.0, 0.9, 0.0]
    for allowed, stops in ((1, False), (2, True)):
        window = Window(1, AnswerSettings(window_strings=4, window_wrong=allowed))
        window.seen(0, *answers(errors))
        assert window.met(None)[0].tolist() == [stops]


def test_strings_grow_where_training_could_stop_and_it_stops_at_their_own_length():
    settings = ClassSettings(20, 1, window_strings=2, right_below=0.4, growth=(1,))
    rule = Growing(2, settings)
    rule.seen(0, *answers([0.0, 0.0]))
    rule.seen(1, *answers([0.0, 0.5]))
    assert rule.met(None)[0].tolist() == [False, False]
    assert rule.level.tolist() == [1, 0]
    assert rule.met(None)[0].tolist() == [False, False]  # of the next length it has seen none
    rule.seen(0, *answers([0.0, 0.0]))
    kept = Growing(2, settings)
    kept.restore(rule.state())
    assert kept.met(None)[0].tolist() == rule.met(None)[0].tolist() == [True, False]


def test_strings_may_grow_before_all_are_right():
    settings = ClassSettings(
        20,
        1,
        window_strings=6,
        right_below=0.4,
        growth=(1, 2),
        growth_window_strings=4,
        growth_right=0.75,
    )
    rule = Growing(3, settings)
    for k, errors in enumerate(([0.0] * 3, [9.0, 9.0, 9.0, 0.0, 0.0, 0.0], [0.0, 9.0, 9.0, 0.0])):
        rule.seen(k, *answers(errors))
    assert not rule.met(None)[0].any()
    assert rule.level.tolist() == [1, 1, 0]  # three of the last four; the first has seen no more
    for k in range(3):
        rule.seen(k, *answers([0.0] * 6))
    assert not rule.met(None)[0].any()
    assert rule.level.tolist() == [2, 2, 1]


@pytest.mark.keras
def test_training_strings_grow_to_their_own_length_and_go_on_after_a_stop(tmp_path, monkeypatch):
    """But not by the online rule, whose window is its own, too."""
    from lstmmusic.tasks import _training

    original = {
        "blocks": 1,
        "cells_per_block": 1,
        "biased": (),
        "has_output_bias": False,
        "weight_range": 0.1,
    }
    monkeypatch.setattr(_training, "CHECKPOINT_SECONDS", 0.0)
    more = {"growth": (2, 4), "window_strings": 8, "right_below": 9.0, "min_steps": 6}
    settings = tiny(ClassSettings(20, 1), **more, online_window_strings=24)

    def lengths(variant, run=None, progress=None):
        """Of the strings that are drawn for training, in turn, and the steps of the network."""
        drawn = []

        def draw(level, rng, n):
            if n > 1:  # one is drawn to see shapes
                drawn.append(level.min_steps)
            return class_strings(level, rng, n)

        job = Job(variant, settings, 80, (0,), run, progress)
        (trained,) = train_answers(job, draw, original)
        assert trained.has_stopped
        return drawn, trained.steps

    def stop(steps, budget, metrics):
        if steps == 16:  # the first round has been kept
            raise KeyboardInterrupt

    whole = lengths("rnn")
    assert whole == ([2, 2, 4, 4, 6, 6], 24)  # batches of 4, rounds of 8
    run = RunFolder(tmp_path / "run", {"seed": 0}, False)
    with pytest.raises(KeyboardInterrupt):
        lengths("rnn", run, stop)
    run.set_state("interrupted")
    again = RunFolder(tmp_path / "run", {"seed": 0}, True)
    assert lengths("rnn", again) == ([4, 4, 6, 6], 24)
    assert lengths("online1997") == ([6, 6, 6], 24)  # a round at a time


@pytest.mark.parametrize(
    "more", [{"growth": (3,)}, {"growth_window_strings": 3000, "window_strings": 2000}]
)
def test_growth_that_cannot_be_is_one_line(more):
    with pytest.raises(InputError, match="growth"):
        AnswerSettings(**more)


def test_each_level_has_strings_of_its_length():
    settings = task_named("adding_1000").presets["paper"].settings
    levels = settings.levels()
    assert [level.min_steps for level in levels] == [*settings.growth, 1000]
    assert levels[-1] == settings


def test_the_closer_the_slower_but_not_for_ever():
    settings = AnswerSettings(window_strings=4, slow_below=0.1, least_pace=0.25)
    window = Window(3, settings)
    for k, error in enumerate((0.5, 0.05, 0.001)):
        window.seen(k, *answers([error] * 4))
    np.testing.assert_allclose(window.paces(), [1.0, 0.5, 0.25])


def test_fresh_strings_are_asked_in_pieces_and_counted_once():
    settings = tiny(AnswerSettings(right_below=0.5), test_strings=10, most_wrong=2)

    def draw(settings, rng, n):
        return Strings(rng.random((n, 1, 1)), np.zeros((n, 1, 1)), np.ones((n, 1)))

    whole = judge_answers(settings, 0, lambda x: x, draw)
    assert judge_answers(settings, 0, lambda x: x, draw, chunk_strings=3) == whole
    assert judge_answers(settings, 1, lambda x: x, draw) != whole
    n_wrong = int((np.random.default_rng([0, 2]).random(10) >= 0.5).sum())
    assert whole.metrics["wrong"] == n_wrong
    assert whole.solved == (n_wrong <= 2)
