"""Networks in NumPy beside the Keras layers that they are made of; what least squares learns."""

import numpy as np
import pytest

from lstmmusic.tasks import _hardening, _least_squares
from lstmmusic.tasks._networks import Networks
from lstmmusic.tasks._training import train
from lstmmusic.tasks._twins import Twins
from lstmmusic.tasks.task import Job, Strings
from tests.tasks.small_networks import VARIANTS, network

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_twin_answers_as_the_layers_do(variant):
    layer, head = network(variant)
    rng = np.random.default_rng(0)
    for weight in layer.trainable_variables:
        weight.assign(rng.normal(size=weight.shape))
    inputs = rng.normal(size=(4, 6, 2))
    inputs[:, 2] = 0
    flat = Twins.flat(layer, head)
    other = rng.normal(size=flat.shape)
    found = Twins(layer, head)(np.stack([flat, other]), inputs)
    np.testing.assert_allclose(found[0], np.asarray(head(layer(inputs))), atol=1e-12)
    assert np.abs(found[1] - found[0]).max() > 1e-3
    same = Twins(layer, head).layer(flat)
    np.testing.assert_allclose(np.asarray(same(inputs)), np.asarray(layer(inputs)), atol=1e-12)


def test_a_disturbed_layer_is_its_cell_where_there_is_no_noise_and_another_where_there_is():
    column = _hardening.disturbed_layers("hardened", 5, 2, 3, 4, 1.0, "tanh")
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(2, 6, 2)), rng.normal(size=(2, 6, 8))
    networks = Networks([column])
    quiet = networks.predict(np.concatenate([x, 0 * noise], axis=-1)[None])[0]
    twin = Twins(*column)(networks.rows().astype(float), x)[0]
    np.testing.assert_allclose(np.tanh(twin), quiet, atol=1e-5)
    cell = column[0].cell.cell
    shifted = networks.predict(np.concatenate([x, 0 * noise + 0.3], axis=-1)[None])[0]
    bias = np.asarray(cell.bias)
    cell.bias.assign(bias + np.repeat([0.3, 0.3, 0.0], 4))
    np.testing.assert_allclose(
        shifted,
        Networks([column]).predict(np.concatenate([x, 0 * noise], axis=-1)[None])[0],
        atol=1e-5,
    )
    assert np.abs(shifted - quiet).max() > 1e-3


class Follow:
    """A lesson of two levels: to answer what another network would."""

    n_levels, last_levels = 2, 1

    def __init__(self):
        rng = np.random.default_rng(1)
        layer, head = network("peephole", seed=9, units=1, n_inputs=1)
        self.inputs = rng.normal(size=(3, 8, 1))
        self.targets = Twins(layer, head)(Twins.flat(layer, head)[None], self.inputs)[0]

    def strings(self, index, level):
        asked = np.ones((3, 8))
        asked[:, 4 * (level + 1) :] = 0
        return Strings(self.inputs, self.targets, asked)

    def is_learnt(self, level, strings, outputs):
        errors = np.abs(outputs - strings.targets)[..., 0] * strings.weights
        return errors.max() < 1e-3

    def is_valid(self, index, predict):
        return np.abs(predict(self.inputs) - self.targets).max() < 1e-3


def follower(n=2):
    def make(k, start):
        layer, head = network("peephole", seed=10 + k + 100 * start, units=2, n_inputs=1)
        return layer, head

    return _least_squares.LeastSquaresLearner(make, n, Follow())


def test_least_squares_learns_what_another_network_does():
    job = Job("peephole", None, 200, (0, 1))
    found = train(follower(), job)
    lesson = Follow()
    assert all(trained.has_stopped for trained in found)
    for trained in found:
        assert lesson.is_valid(0, trained.solver)
        assert trained.steps < 200


def test_what_goes_on_from_a_kept_state_learns_the_same():
    whole, half = follower(), follower()
    active = np.ones(2, bool)
    for n_round in range(6):
        whole.learn(n_round, active)
    for n_round in range(3):
        half.learn(n_round, active)
    kept = {name: values.copy() for name, values in half.state().items()}
    other = follower()
    other.restore(kept)
    for n_round in range(3, 6):
        other.learn(n_round, active)
    for name, values in whole.state().items():
        np.testing.assert_array_equal(other.state()[name], values, err_msg=name)
