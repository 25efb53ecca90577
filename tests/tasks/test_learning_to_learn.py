"""Learning to learn: the functions, what a network hears of them, and what it is held against."""

import numpy as np
import pytest

from lstmmusic.tasks import learning_to_learn as learning
from lstmmusic.tasks import task_named
from lstmmusic.tasks.learning_to_learn import FAMILIES, LearningSettings, draw_functions
from lstmmusic.tasks.task import Job

SMALL = LearningSettings("quadratic", test_functions=60)


@pytest.mark.parametrize("family", FAMILIES)
def test_values_lie_in_the_range_and_depend_on_the_arguments_alone(family):
    x, y = draw_functions(np.random.default_rng(0), family, 200, 65)
    assert y.min() >= 0.2 - 1e-9
    assert y.max() <= 0.8 + 1e-9
    assert np.abs(x).max() <= 1
    assert y.std() > 0.1
    again = draw_functions(np.random.default_rng(0), family, 200, 65)
    np.testing.assert_array_equal(y, again[1])


def test_all_sixteen_boolean_functions_come_up():
    x, y = draw_functions(np.random.default_rng(0), "boolean", 300, 65)
    tables = set()
    for arguments, values in zip(x, y, strict=True):
        table = dict(zip(learning.combination_of(arguments).tolist(), values, strict=True))
        assert all(table[k] == v for k, v in zip(learning.combination_of(arguments), values))
        tables.add(tuple(sorted(table.items())))
    assert len(tables) == 16


def test_quadratic_functions_fill_the_range_exactly():
    w = np.random.default_rng(1).uniform(-1, 1, (50, 6))
    least, greatest = learning._range_on_the_square(w)
    side = np.linspace(-1, 1, 201)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    values = w @ learning.monomials(grid).T
    assert (least <= values.min(axis=1) + 1e-12).all()
    assert (greatest >= values.max(axis=1) - 1e-12).all()
    np.testing.assert_allclose(least, values.min(axis=1), atol=2e-4)
    np.testing.assert_allclose(greatest, values.max(axis=1), atol=2e-4)


def test_a_network_hears_the_value_one_step_late():
    x, y = draw_functions(np.random.default_rng(0), "semilinear", 3, 10)
    heard = learning.told_before(x, y)
    np.testing.assert_array_equal(heard[..., :2], x)
    np.testing.assert_allclose(0.5 + 0.3 * heard[:, 1:, 2], y[:, :-1])
    np.testing.assert_array_equal(heard[:, 0, 2], 0)


def test_recursive_least_squares_is_least_squares_at_every_step():
    x, y = draw_functions(np.random.default_rng(0), "quadratic", 4, 12)
    errors = learning.least_squares_errors(x, y)
    for k in range(4):
        phi, wanted = learning.monomials(x[k]), y[k] - 0.5
        for t in range(12):
            ridge = np.vstack([phi[:t], 1e-2 * np.eye(6)])  # P(0) = 10^4
            w = np.linalg.lstsq(ridge, np.append(wanted[:t], np.zeros(6)), rcond=None)[0]
            assert errors[k, t] == pytest.approx((wanted[t] - phi[t] @ w) ** 2, abs=1e-9)
    assert errors[:, 7:].max() < 1e-4


def test_backpropagation_is_that_of_a_network_by_itself():
    x, y = draw_functions(np.random.default_rng(0), "quadratic", 3, 6)
    rates = np.array([0.05, 0.3])
    errors = learning.backprop_errors(x, y, rates, seed=4)
    first = np.random.default_rng(4).normal(size=(3, 10, 3))
    for row, rate in enumerate(rates):
        for k in range(3):
            w, v, bias = first[k].copy(), np.zeros(10), 0.5

            def answer(w, v, bias, seen):
                return v @ np.tanh(w @ seen) + bias

            for t in range(6):
                seen = np.append(x[k, t], 1)
                delta = answer(w, v, bias, seen) - y[k, t]
                assert errors[row, k, t] == pytest.approx(delta**2, rel=1e-9, abs=1e-15)
                slopes = np.empty_like(w)
                for at in np.ndindex(w.shape):
                    moved = w.copy()
                    moved[at] += 1e-6
                    up = answer(moved, v, bias, seen)
                    moved[at] -= 2e-6
                    slopes[at] = (up - answer(moved, v, bias, seen)) / 2e-6
                h = np.tanh(w @ seen)
                w, v, bias = w - rate * delta * slopes, v - rate * delta * h, bias - rate * delta


def test_the_rate_of_backpropagation_is_chosen_on_other_functions_and_is_good():
    x, y = draw_functions(np.random.default_rng(5), "quadratic", 300, 65)
    chosen = learning._best_backprop("quadratic", x, y).mean(axis=0)
    every = learning.backprop_errors(x, y, learning._RATES, 1)
    every = np.where(np.isnan(every), np.inf, every).mean(axis=1)
    for count in (5, 20, 64):
        assert chosen[count] < 1.2 * every[:, count].min()


def test_error_after_a_count_is_that_of_the_answer_to_the_next():
    seed = 3
    rng = np.random.default_rng([seed, learning.TEST])
    _, y = draw_functions(rng, "quadratic", 60, 65)
    off = np.arange(65) / 1000

    found = learning._test(SMALL, seed, lambda inputs: (y + off)[..., None])
    for count in SMALL.counts:
        assert found.metrics[f"mse_{count}"] == pytest.approx((count / 1000) ** 2)
    assert found.solved  # 30 thousandths, squared, are less than 1e-3


def test_one_count_above_backpropagation_is_no_success():
    rng = np.random.default_rng([3, learning.TEST])
    _, y = draw_functions(rng, "quadratic", 60, 65)
    off = np.zeros(65)
    assert learning._test(SMALL, 3, lambda inputs: (y + off)[..., None]).solved
    off[5] = 0.4
    assert not learning._test(SMALL, 3, lambda inputs: (y + off)[..., None]).solved
    off[5], off[30] = 0, 0.04
    assert not learning._test(SMALL, 3, lambda inputs: (y + off)[..., None]).solved


def test_training_ends_with_the_budget_and_slows_down_before():
    schedule = learning._Schedule(2, LearningSettings("boolean", round_updates=1), 64 * 100)
    paces, stops = [], []
    for _ in range(100):
        paces.append(schedule.paces())
        stops.append(schedule.met(None)[0].tolist())
    assert stops == [[False] * 2] * 99 + [[True] * 2]
    assert np.argmax(paces, axis=0).max() <= 3
    assert (np.diff(paces, axis=0)[3:] < 0).all()
    assert np.max(paces[-1]) < 0.01


def test_the_paper_preset_asks_what_the_paper_says():
    settings = task_named("metalearner_quadratic").presets["paper"].settings
    assert settings.counts == (5, 10, 20, 30, 64)
    assert (settings.asked_count, settings.most_error, settings.test_functions) == (30, 1e-3, 1000)


@pytest.mark.keras
@pytest.mark.parametrize("variant", ["peephole", "keras_lstm", "rnn"])
def test_first_weights_from_what_is_heard_are_scaled_and_no_others(variant):
    def first(scale):
        settings = LearningSettings("semilinear", units=3, heard_scale=scale)
        (found,) = learning._train(Job(variant, settings, 0, (5,)))
        layer = found.solver.layer()
        return {weight.name: np.asarray(weight.value) for weight in layer.trainable_variables}

    usual, scaled = first(1.0), first(4.0)
    np.testing.assert_allclose(scaled.pop("kernel"), 4 * usual.pop("kernel"), rtol=1e-6)
    assert usual
    for name, weight in usual.items():
        np.testing.assert_array_equal(scaled[name], weight)
