"""Copies side by side are the copies one by one."""

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from lstmmusic.errors import InputError
from lstmmusic.layers import PeepholeLSTM, SideBySide

pytestmark = pytest.mark.keras

LAYERS = {
    "peepholes, blocks, everything": lambda: PeepholeLSTM(
        4,
        cells_per_block=2,
        gate_feedback=True,
        ordinary_units=1,
        learn_initial_state=True,
        return_sequences=True,
    ),
    "1997": lambda: PeepholeLSTM(3, forget_gate=False, peepholes=False, return_sequences=True),
    "Keras LSTM": lambda: keras.layers.LSTM(3, return_sequences=True),
    "plain recurrent": lambda: keras.layers.SimpleRNN(3, return_sequences=True),
    "gated recurrent": lambda: keras.layers.GRU(3, return_sequences=True),
    "dense": lambda: keras.layers.Dense(3),
}


def copies_of(name, n=3):
    copies = [LAYERS[name]() for _ in range(n)]
    for seed, copy in enumerate(copies):
        copy.build((None, None, 2))
        rng = np.random.default_rng(seed)
        for variable in copy.trainable_variables:
            variable.assign(rng.normal(size=variable.shape))
    return copies


def with_gradients(run, x, weights):
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = run(x)
        loss = tf.reduce_sum(tf.sin(outputs) * tf.range(1.0, 1.0 + outputs.shape[-1]))
    return [outputs, *tape.gradient(loss, [x, *weights])]


@pytest.mark.parametrize("name", LAYERS)
def test_outputs_and_gradients_are_those_of_each_alone(name):
    layer = SideBySide(copies_of(name))
    x = tf.constant(np.random.default_rng(9).normal(size=(3, 4, 6, 2)), tf.float32)
    weights = [variable.value for variable in layer.trainable_variables]
    fast = tf.function(lambda x: with_gradients(layer, x, weights))(x)
    slow = with_gradients(lambda x: layer.one_by_one(x, weights), x, weights)
    for one, other in zip(fast, slow, strict=True):
        np.testing.assert_allclose(one, other, atol=5e-6 * max(1, np.abs(other).max()))
    for n, copy in enumerate(layer.copies):
        np.testing.assert_allclose(fast[0][n], copy(x[n]), atol=1e-6)


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "dense"])
def test_step_by_step_it_is_the_loop(name):
    layer = SideBySide(copies_of(name))
    x = np.random.default_rng(9).normal(size=(3, 2, 4, 2)).astype("float32")
    states, found = layer.start(2), []
    for t in range(4):
        outputs, states = layer.step(tf.constant(x[:, :, t]), states)
        found.append(np.asarray(outputs))
    np.testing.assert_allclose(np.stack(found, axis=2), layer(x), atol=2e-6)


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "dense"])
def test_from_a_given_state_it_goes_on(name):
    """What comes after a cut is what the whole has there, and errors stop at the cut."""
    layer = SideBySide(copies_of(name))
    x = tf.constant(np.random.default_rng(9).normal(size=(3, 2, 6, 2)), tf.float32)
    states = layer.start(2)
    for t in range(3):
        _, states = layer.step(x[:, :, t], states)
    weights = [variable.value for variable in layer.trainable_variables]
    rest = x[:, :, 3:]
    fast = tf.function(
        lambda x: with_gradients(lambda x: layer(x, initial_state=states), x, weights)
    )(rest)
    slow = with_gradients(lambda x: layer.one_by_one(x, weights, states), rest, weights)
    np.testing.assert_allclose(fast[0], layer(x)[:, :, 3:], atol=2e-6)
    for one, other in zip(fast, slow, strict=True):
        if other is None:  # what only the copies' own start hears
            assert not np.any(one)
            continue
        np.testing.assert_allclose(one, other, atol=5e-6 * max(1, np.abs(other).max()))


@pytest.mark.parametrize("name", LAYERS)
def test_some_of_them_are_what_they_are_among_all(name):
    """And no error reaches those that are left out."""
    layer, only = SideBySide(copies_of(name)), [0, 2]
    x = tf.constant(np.random.default_rng(9).normal(size=(3, 4, 6, 2)), tf.float32)
    weights = [variable.value for variable in layer.trainable_variables]

    @tf.function
    def found(x, only):
        parts = with_gradients(partial(layer, only=only), x, weights)
        return [tf.convert_to_tensor(part) for part in parts]

    outputs, d_x, *d_weights = found(tf.gather(x, only), tf.constant(only))
    full = found(x, None)
    np.testing.assert_allclose(outputs, full[0].numpy()[only], atol=1e-6)
    np.testing.assert_allclose(d_x, full[1].numpy()[only], atol=5e-6)
    for some, one in zip(d_weights, full[2:], strict=True):
        is_in = np.isin(np.arange(3), only)[(..., *[None] * (len(one.shape) - 1))]
        np.testing.assert_allclose(some, np.where(is_in, one, 0), atol=5e-6)


def test_what_is_learnt_goes_back_to_the_copies():
    layer = SideBySide(copies_of("1997"))
    for variable in layer.trainable_variables:
        variable.assign(variable * 2)
    layer.write_back()
    x = np.random.default_rng(9).normal(size=(3, 4, 6, 2)).astype("float32")
    together = layer(x)
    for n, copy in enumerate(layer.copies):
        np.testing.assert_allclose(together[n], copy(x[n]), atol=1e-6)


def test_each_learns_as_if_it_were_alone():
    def trained(numbers):
        copies = copies_of("Keras LSTM")
        rng = np.random.default_rng(1)
        x = rng.normal(size=(3, 4, 6, 2)).astype("float32")[numbers]
        y = rng.normal(size=(3, 4, 6, 3)).astype("float32")[numbers]
        model = keras.Sequential([SideBySide([copies[n] for n in numbers])])
        model.compile("adam", lambda y, found: tf.reduce_sum((y - found) ** 2))
        for _ in range(5):
            model.train_on_batch(x, y)
        return [np.asarray(variable.value) for variable in model.trainable_variables]

    for together, alone in zip(trained([0, 1, 2]), trained([1]), strict=True):
        np.testing.assert_allclose(together[1], alone[0], atol=1e-5)


@pytest.mark.parametrize(
    ("copies", "said"),
    [
        (lambda: [], "one or more built layers"),
        (lambda: [keras.layers.Dense(2)], "one or more built layers"),
        (lambda: copies_of("dense", 1) + copies_of("1997", 1), "one configuration"),
        (lambda: [built(keras.layers.LSTM(2))], "return_sequences=True"),
    ],
)
def test_copies_that_do_not_fit_are_refused(copies, said):
    with pytest.raises(InputError, match=said):
        SideBySide(copies())


def built(layer):
    layer.build((None, None, 2))
    return layer
