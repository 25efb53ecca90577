"""Waves and spikes, worked out again."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.tasks import run_task, task_named
from lstmmusic.tasks.timing import WAVES, _Generating, blunt_wave, delays, wave


@given(st.sampled_from(WAVES), st.integers(2, 60), st.integers(1, 5))
def test_a_wave_repeats_and_stays_within_its_range(shape, period, n_periods):
    whole = wave(shape, period, n_periods * period)
    np.testing.assert_array_equal(whole, np.tile(whole[:period], n_periods))
    assert whole.min() >= 0
    assert whole.max() <= 1


def test_waves_are_the_published_ones():
    np.testing.assert_allclose(wave("cosine", 4, 5), [0, 0.5, 1, 0.5, 0], atol=1e-15)
    np.testing.assert_allclose(wave("triangle", 10, 6), [0, 0.2, 0.4, 0.6, 0.8, 1], atol=1e-15)
    assert wave("rectangle", 10, 10).tolist() == [1] * 5 + [0] * 5
    assert np.flatnonzero(wave("spike", 25, 100)).tolist() == [24, 49, 74, 99]


@pytest.mark.parametrize("name", [f"gts_{n}" for n in (10, 20, 30, 40, 50)])
@pytest.mark.parametrize("kind", ["paper", "quick"])
def test_the_sharpest_spike_learnt_from_is_nearly_the_spike(name, kind):
    settings = task_named(name).presets[kind].settings
    blunt = blunt_wave("spike", settings.period_steps, 200, settings.sharpest)
    errors = np.abs(blunt - wave("spike", settings.period_steps, 200))
    assert errors.max() + settings.polished_below < settings.valid_below < settings.error_below


@pytest.mark.parametrize("shape", ["cosine", "triangle", "rectangle"])
@pytest.mark.parametrize("period", [10, 25])
def test_the_sharpest_wave_learnt_from_is_nearly_the_wave(shape, period):
    settings = task_named(f"pfg_{shape}_{period}").presets["paper"].settings
    assert (settings.period_steps, settings.error_below) == (period, 0.3)
    blunt = blunt_wave(shape, period, 10 * period, settings.sharpest)
    errors = np.abs(blunt - wave(shape, period, 10 * period))
    assert errors.max() + settings.polished_below < settings.valid_below < settings.error_below


@given(st.integers(0, 10**6), st.integers(2, 30), st.sampled_from([(0, 1), tuple(range(11))]))
def test_targets_are_what_lies_between_two_spikes(seed, fixed, extra):
    inputs, targets, asked = delays(np.random.default_rng(seed), 3, 7, fixed, extra)
    for stream, told, where in zip(inputs[..., 0], targets[..., 0], asked, strict=True):
        times = np.flatnonzero(stream)
        assert times[0] == 0
        assert len(times) == 8
        assert np.flatnonzero(where).tolist() == times[1:].tolist()
        assert told[times[1:]].tolist() == (np.diff(times) - fixed).tolist()
        assert set(told[times[1:]]) <= set(extra)


@pytest.mark.parametrize(("name", "kind"), [("gts_10", "periods"), ("msd_30", "delays")])
def test_one_error_above_the_limit_ends_the_stream(name, kind):
    task = task_named(name)
    settings = task.presets["quick"].settings
    oracle = task.oracle(settings)
    whole = task.test(settings, 0, oracle)
    assert whole.solved
    for size, solved in ((0.48, True), (0.5, False), (np.nan, False)):

        def slips(inputs, size=size):
            outputs = np.array(oracle(inputs))
            asked = np.flatnonzero(inputs[0, :, 0]) if inputs.any() else np.arange(10_000)
            outputs[0, asked[57]] += size
            return outputs

        found = task.test(settings, 0, slips)
        assert found.solved == solved
        if not solved:
            assert found.metrics[kind] == (5 if kind == "periods" else 56)


def test_training_goes_on_where_errors_would_outgrow_the_test():
    settings = task_named("pfg_rectangle_10").presets["paper"].settings
    lesson = _Generating(settings)
    n_steps = settings.valid_periods * settings.period_steps
    target = wave("rectangle", settings.period_steps, n_steps)
    most = 0.95 * settings.valid_below

    def may_stop(errors):
        return lesson.is_valid(0, lambda inputs: (target + errors)[None, :, None])

    assert may_stop(np.full(n_steps, most))
    assert may_stop(np.linspace(most, 0, n_steps))
    assert not may_stop(np.linspace(0, most, n_steps))  # beyond 0.3 at 1,000 periods
    assert not may_stop(np.full(n_steps, 1.1 * settings.valid_below))
    assert not may_stop(np.full(n_steps, np.nan))


@pytest.mark.keras
def test_the_published_rule_learns_from_streams_and_says_so():
    """Streams of a slow wave become longer; what is counted is them."""
    task = task_named("pfg_cosine_25")
    preset = replace(task.presets["quick"], budgets={"online2002": 40_000})
    lengths = []
    report = run_task(
        task.name,
        preset=preset,
        variant="online2002",
        seeds=2,
        progress=lambda done, budget, metrics: lengths.append(metrics["stream_steps"]),
    )
    assert (report["step_unit"], report["steps"]) == ("training streams", 40_000)
    assert lengths[-1] > 1.5 * lengths[0]
