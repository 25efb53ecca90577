"""The real-time gradient of a plain network, held against differences and against Elman's."""

import keras
import numpy as np
import pytest

from lstmmusic.tasks import run_task, task_named
from lstmmusic.tasks._online_rnn import OnlineRNN

pytestmark = pytest.mark.keras


def network(looks_back, seed=0):
    def uniform(n):
        return keras.initializers.RandomUniform(-1, 1, seed=10 * seed + n)

    layer = keras.layers.SimpleRNN(
        3, "sigmoid", kernel_initializer=uniform(1), recurrent_initializer=uniform(2)
    )
    head = keras.layers.Dense(2, "sigmoid", kernel_initializer=uniform(3))
    layer.build((None, None, 2))
    head.build((None, 3))
    return OnlineRNN(layer, head, looks_back)


def error_at_the_end(online, inputs, target):
    online.reset()
    for x in inputs:
        output = online.step(x).output
    return 0.5 * ((output - target) ** 2).sum()


@pytest.mark.parametrize("name", ["kernel", "recurrent_kernel", "bias", "head_kernel", "head_bias"])
def test_the_gradient_is_that_of_the_whole_string(name):
    rng = np.random.default_rng(0)
    online, inputs, target = network(True), rng.normal(size=(6, 2)), rng.random(2)
    online.reset()
    for x in inputs:
        found = online.step(x, target)
    weight = online.weights[name]
    for place in np.ndindex(weight.shape):
        kept = weight[place]
        sides = []
        for moved in (1e-5, -1e-5):
            weight[place] = kept + moved
            sides.append(error_at_the_end(online, inputs, target))
        weight[place] = kept
        slope = (sides[0] - sides[1]) / 2e-5
        assert found.gradient[name][place] == pytest.approx(slope, abs=1e-9)


def test_elman_takes_what_was_before_as_given():
    rng = np.random.default_rng(1)
    inputs, target = rng.normal(size=(4, 2)), rng.random(2)
    elman, whole = network(False), network(True)
    for online in (elman, whole):
        online.reset()
    firsts, lasts = [], []
    for t, x in enumerate(inputs):
        pair = [online.step(x, target).gradient["recurrent_kernel"] for online in (elman, whole)]
        (firsts if t < 2 else lasts).append(pair)
    for short, long in firsts:  # at step 1 the state before is 0, at step 2 its own depends on none
        np.testing.assert_allclose(short, long, atol=1e-15)
    for short, long in lasts:
        assert np.abs(short - long).max() > 1e-4


def test_learnt_weights_go_back_to_the_layers():
    online = network(True)
    rng = np.random.default_rng(2)
    inputs, target = rng.normal(size=(5, 2)), np.array([0.9, 0.1])
    before = error_at_the_end(online, inputs, target)
    for _ in range(20):
        online.reset()
        for x in inputs:
            found = online.step(x, target)
        online.descend(found.gradient, 0.5)
    assert error_at_the_end(online, inputs, target) < before / 2
    online.write_back()
    for name, variable in online.rule.variables().items():
        np.testing.assert_allclose(variable, online.weights[name], rtol=1e-6)


@pytest.mark.parametrize("variant", ["rtrl", "elman"])
def test_the_experiments_learn_by_it(variant):
    report = run_task("reber", task_named("reber").tiny, seeds=1, variant=variant)
    assert report["each"][0]["steps"] == 16
