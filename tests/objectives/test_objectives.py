"""Every objective against its twin, its slope against differences, and what it does at the ends."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from lstmmusic.errors import InputError
from lstmmusic.objectives import (
    BinaryInformationGain,
    NonparametricEntropy,
    SoftmaxInformation,
    correlations,
    gain_over_prior,
    information_gain,
    kernel_variances,
    parzen_entropy,
    softmax_information,
    two_view_gain,
    whitened,
)
from tests.objectives import twins

pytestmark = pytest.mark.keras

LOSSES = {
    "bingo": BinaryInformationGain(),
    "bingo, two views": BinaryInformationGain(views=2),
    "bingo, the rule": BinaryInformationGain(prior="layer"),
    "neo": NonparametricEntropy(),
    "neo, two views": NonparametricEntropy(views=2),
    "neo, maximised": NonparametricEntropy("maximise"),
    "softmax": SoftmaxInformation(views=1),
    "softmax, two views": SoftmaxInformation(),
}
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)


def outputs(n=12, m=3, seed=0, scale=1.5):
    return np.random.default_rng(seed).normal(size=(n, m)) * scale


def value_and_slope(function, y):
    y = tf.constant(y)
    with tf.GradientTape() as tape:
        tape.watch(y)
        value = function(y)
    return np.asarray(value), np.asarray(tape.gradient(value, y))


def by_differences(function, y, step=1e-6):
    slope = np.zeros_like(y)
    for index in np.ndindex(y.shape):
        there = [y.copy(), y.copy()]
        there[0][index] += step
        there[1][index] -= step
        slope[index] = (float(function(there[0])) - float(function(there[1]))) / (2 * step)
    return slope


def numpy_of(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def test_gains_are_those_of_the_twins():
    a, b = outputs(seed=1), outputs(seed=2)
    np.testing.assert_allclose(numpy_of(information_gain(a)), twins.information_gain(a), atol=1e-12)
    np.testing.assert_allclose(numpy_of(two_view_gain(a, b)), twins.two_view_gain(a, b), atol=1e-12)
    found = softmax_information(np.concatenate([a, b]), views=2)
    assert float(found) == pytest.approx(twins.softmax_information(a, b), abs=1e-12)


def test_entropy_is_that_of_the_twin():
    y = outputs()
    variances = np.array([0.3, 0.9, 2.0])
    found = float(parzen_entropy(y, variances))
    assert found == pytest.approx(twins.parzen_entropy(y, variances), abs=1e-12)


def test_kernels_are_the_likeliest():
    y = outputs(40, 2)
    best = numpy_of(kernel_variances(y, iterations=200, floor=1e-6))
    lowest = twins.parzen_entropy(y, best)
    for factors in ((0.9, 1), (1.1, 1), (1, 0.9), (1, 1.1)):
        assert twins.parzen_entropy(y, best * factors) > lowest


def test_entropy_of_a_gaussian_is_near_the_true_one():
    y = np.random.default_rng(0).normal(size=(1000, 1))
    found = float(parzen_entropy(y, kernel_variances(y)))
    assert found == pytest.approx(0.5 * math.log(2 * math.pi * math.e), abs=0.05)


@pytest.mark.parametrize("nodes", [1, 3])
def test_the_rule_is_the_slope_of_the_gain_over_the_layers_prior(nodes):
    y = outputs(30, nodes, scale=3)
    _, slope = value_and_slope(lambda y: -BinaryInformationGain(prior="layer").call(None, y), y)
    # The twin's correlations have no 1e-3 under the root.
    np.testing.assert_allclose(slope * len(y), twins.rule(y), atol=2e-3)


@pytest.mark.parametrize(
    "loss",
    [loss for name, loss in LOSSES.items() if "rule" not in name and "neo" not in name],
    ids=[name for name in LOSSES if "rule" not in name and "neo" not in name],
)
def test_slopes_are_those_of_differences(loss):
    y = outputs()
    _, slope = value_and_slope(lambda y: loss.call(None, y), y)
    np.testing.assert_allclose(slope, by_differences(lambda y: loss.call(None, y), y), atol=1e-8)


def test_the_slope_of_the_entropy_is_that_of_differences():
    y, variances = outputs(), np.array([0.3, 0.9, 2.0])

    def entropy(y):
        return parzen_entropy(whitened(y), variances)

    _, slope = value_and_slope(entropy, y)
    np.testing.assert_allclose(slope, by_differences(entropy, y), atol=1e-8)


@pytest.mark.parametrize("direction", ["minimise", "maximise"])
def test_nothing_is_lost_by_holding_likely_kernels(direction):
    """Differences of the whole, kernels and all, where their fixed point has been reached."""
    loss = NonparametricEntropy(direction, iterations=60, floor=1e-9)
    y = outputs(10, 2)
    _, slope = value_and_slope(lambda y: loss.call(None, y), y)
    differences = by_differences(lambda y: loss.call(None, y), y, step=1e-5)
    np.testing.assert_allclose(slope, differences, atol=1e-6)


def test_two_views_add_what_they_leave_open():
    y = outputs(12, 2)
    loss = NonparametricEntropy(views=2)
    more = float(loss.call(None, y)) - float(NonparametricEntropy().call(None, y))
    white = numpy_of(whitened(y))
    spread = ((white[:6] - white[6:]) ** 2).mean(axis=0) / 2 + loss.floor**2
    assert more == pytest.approx((0.5 * np.log(2 * np.pi * np.e * spread)).sum())
    _, slope = value_and_slope(lambda y: loss.call(None, y), y)
    _, one_slope = value_and_slope(lambda y: NonparametricEntropy().call(None, y), y)

    def rest(y):
        return loss.call(None, y) - NonparametricEntropy().call(None, y)

    np.testing.assert_allclose(slope - one_slope, by_differences(rest, y), atol=1e-7)


def test_sure_and_balanced_nodes_gain_all():
    y = np.array([[50.0, 50.0], [50.0, -50.0], [-50.0, 50.0], [-50.0, -50.0]])
    np.testing.assert_allclose(numpy_of(information_gain(y)), np.log(2), atol=1e-6)
    assert float(BinaryInformationGain()(0, y)) == pytest.approx(-2 * np.log(2), abs=1e-5)
    twice = np.repeat(y[:, :1], 2, axis=1)  # two nodes that say the same
    assert float(BinaryInformationGain()(0, twice)) == pytest.approx(1 - 2 * np.log(2), abs=1e-2)


def test_nodes_that_agree_gain_nothing_from_the_rule():
    y = np.repeat(outputs(50, 1), 2, axis=1)
    _, together = value_and_slope(lambda y: BinaryInformationGain("layer").call(None, y), y)
    _, alone = value_and_slope(lambda y: BinaryInformationGain("layer").call(None, y), y[:, :1])
    assert np.abs(together).max() < 1e-3 * np.abs(alone).max()


def test_neo_is_blind_to_scale_turn_and_shear():
    y = outputs(60, 2)
    mixed = y @ np.array([[4.0, -1.0], [2.0, 3.0]]) + 100
    loss = NonparametricEntropy()
    assert float(loss(0, mixed)) == pytest.approx(float(loss(0, y)), abs=1e-2)


def test_neo_tells_clumps_from_a_cloud():
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(90, 2))
    corners = np.array([[0, 1], [1, -1], [-1, -1]])[np.arange(90) % 3]
    clumps = corners + 0.05 * cloud
    loss = NonparametricEntropy()
    assert float(loss(0, clumps)) < float(loss(0, cloud)) - 1


@every_loss
@pytest.mark.parametrize(
    "y",
    [
        np.zeros((6, 2)),
        np.full((6, 2), 7e3),
        np.array([[1e4, -1e4]] * 3 + [[-1e4, 1e4]] * 3),
        outputs(6, 2, scale=1e-6),
        outputs(6, 2, scale=1e5),
    ],
    ids=["zeros", "equal", "far apart", "tiny", "huge"],
)
def test_values_and_slopes_are_finite_for_any_outputs(loss, y):
    value, slope = value_and_slope(lambda y: loss.call(None, y), y.astype(np.float32))
    assert np.isfinite(value)
    assert np.isfinite(slope).all()


@every_loss
def test_many_networks_have_a_value_each(loss):
    batches = [outputs(8, 3, seed).astype(np.float32) for seed in range(4)]
    together = numpy_of(loss.call(None, np.stack(batches)))
    alone = [float(loss.call(None, batch)) for batch in batches]
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)


@every_loss
def test_a_loss_comes_back_from_its_configuration(loss):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert again.get_config() == loss.get_config()
    y = outputs(8, 2)
    assert float(again(np.zeros(8), y)) == float(loss(np.ones(8), y))  # y_true is no matter


def test_correlations_are_the_usual_ones():
    y = outputs(200, 3, scale=5)
    y[:, 1] += y[:, 0]
    expected = np.corrcoef(y.T) - np.eye(3)
    np.testing.assert_allclose(numpy_of(correlations(y)), expected, atol=1e-3)


def test_whole_numbers_are_outputs_too():
    y = np.array([[-3], [3]])
    assert float(information_gain(y)[0]) == pytest.approx(twins.information_gain(y)[0], abs=1e-6)
    assert float(gain_over_prior(y)[0]) > 0


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda: BinaryInformationGain("last"), "prior: expected one of mean, layer, got 'last'"),
        (lambda: BinaryInformationGain("layer", views=2), "views: expected one of 1, got 2"),
        (lambda: NonparametricEntropy("up"), "direction: .* minimise, maximise, got 'up'"),
        (lambda: NonparametricEntropy(floor=0), "floor: expected a width above 0, got 0"),
        (lambda: NonparametricEntropy(iterations=0), "iterations: expected 1 or more, got 0"),
        (lambda: SoftmaxInformation(3), "views: expected one of 1, 2, got 3"),
        (lambda: information_gain(np.zeros(3)), r"outputs: expected shape .*, got \(3,\)"),
        (
            lambda: BinaryInformationGain(views=2).call(None, np.zeros((5, 1))),
            "outputs: expected 2 rows, one view after the other or more, got 5",
        ),
        (
            lambda: NonparametricEntropy().call(None, np.zeros((2, 1))),
            "outputs: expected 3 rows or more, got 2",
        ),
    ],
)
def test_what_cannot_be_is_one_input_error(ask, expected):
    with pytest.raises(InputError, match=f"^{expected}$"):
        ask()
