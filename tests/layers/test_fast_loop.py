"""The compiled loop gives what the plain one gives, and steps aside where it cannot run."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lstmmusic.errors import InputError
from lstmmusic.layers import PeepholeLSTM, fast_loop
from tests.layers.variants import VARIANTS, build

pytestmark = pytest.mark.keras

BATCH, STEPS, FEATURES = 3, 6, 2


@pytest.fixture
def runs(monkeypatch):
    """A list that grows by one whenever the fast loop is asked to run."""
    runs, run = [], fast_loop.FastLoop.__call__

    def counted(self, *args):
        runs.append(1)
        return run(self, *args)

    monkeypatch.setattr(fast_loop.FastLoop, "__call__", counted)
    return runs


def drawn(shape, seed, dtype="float64"):
    return tf.constant(np.random.default_rng(seed).normal(size=shape), dtype)


def outputs_and_gradients(layer, x, states, mask, training=True):
    """Of a loss that weighs every output and every last state differently."""
    with tf.GradientTape() as tape:
        tape.watch((x, states))
        outputs = layer(x, initial_state=states, mask=mask, training=training)
        weighed = [drawn(o.shape, n, o.dtype) * tf.sin(o) for n, o in enumerate(outputs)]
        loss = tf.add_n([tf.reduce_sum(values) for values in weighed])
    sources = [x, *states, *(variable.value for variable in layer.trainable_variables)]
    none = tf.UnconnectedGradients.ZERO
    return [*outputs, *tape.gradient(loss, sources, unconnected_gradients=none)]


def compare(layer, tolerance, mask=None, training=True):
    dtype = layer.compute_dtype
    x = drawn((BATCH, STEPS, FEATURES), 10, dtype)
    layer(x)
    states = [drawn((BATCH, size), n, dtype) for n, size in enumerate(layer.cell.state_size)]
    plain = outputs_and_gradients(layer, x, states, mask, training)
    fast = tf.function(outputs_and_gradients)(layer, x, states, mask, training)
    for one, other in zip(plain, fast, strict=True):
        scale = max(1.0, np.abs(one).max())
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * scale)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_as_in_the_plain_loop(name, runs):
    compare(build(VARIANTS[name], return_state=True), 1e-13)
    assert len(runs) == 1


@pytest.mark.parametrize("name", ["standard", "mixed, with everything"])
@pytest.mark.parametrize("zeros", [False, True])
def test_masks_at_the_start_inside_and_at_the_end(name, zeros, runs):
    mask = tf.constant([[0, 1, 0, 1, 1, 0], [1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]]) > 0
    compare(build(VARIANTS[name], return_state=True, zero_output_for_mask=zeros), 1e-13, mask)
    assert len(runs) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"go_backwards": True},
        {"dropout": 0.4, "seed": 3},
        {"return_sequences": False},
        {"dtype": "float32"},
    ],
    ids=str,
)
def test_options_of_the_layer(options, runs):
    layer = build(VARIANTS["standard"], return_state=True, **options)
    if "dropout" in options:  # the same mask twice
        layer.cell.get_dropout_mask = lambda step: 2 * tf.round(drawn(step.shape, 5) ** 2)
    compare(layer, 2e-6 if "dtype" in options else 1e-13)
    assert len(runs) == 1


def test_gradients_without_training_cost_a_pass_and_are_the_same(runs):
    compare(build(VARIANTS["standard"], return_state=True), 1e-13, training=False)
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("options", "training"),
    [
        ({"use_cudnn": False}, True),
        ({"unroll": True}, True),
        ({"recurrent_dropout": 0.2}, True),
        ({"dtype": "mixed_bfloat16"}, True),
    ],
    ids=str,
)
def test_steps_aside(options, training, runs):
    layer = PeepholeLSTM(2, **options)
    tf.function(layer)(drawn((BATCH, STEPS, FEATURES), 0, "float32"), training=training)
    assert not runs


def test_steps_aside_where_the_number_of_steps_is_unknown_or_nothing_is_a_graph(runs):
    layer, x = PeepholeLSTM(2), drawn((BATCH, STEPS, FEATURES), 0, "float32")
    found = layer(x)
    signature = [tf.TensorSpec((None, None, FEATURES))]
    np.testing.assert_allclose(tf.function(layer, input_signature=signature)(x), found, atol=1e-6)
    assert not runs
    tf.function(layer)(x)
    assert runs


def test_where_it_must_run_and_cannot_the_reason_is_said():
    layer = PeepholeLSTM(2, use_cudnn=True, unroll=True)
    with pytest.raises(RuntimeError, match=r"use_cudnn: expected .* unroll=True"):  # by Keras
        tf.function(layer, autograph=False)(drawn((BATCH, STEPS, FEATURES), 0, "float32"))


def test_gradients_of_gradients_are_refused_in_one_line():
    x = drawn((BATCH, STEPS, FEATURES), 0, "float32")

    def twice(layer):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(layer(x) ** 2)
            slope = tf.reduce_sum(inner.gradient(loss, x) ** 2)
        return outer.gradient(slope, x)

    with pytest.raises(InputError, match="use_cudnn: expected False for gradients of gradients"):
        tf.function(twice, autograph=False)(PeepholeLSTM(2))
    assert np.isfinite(tf.function(twice)(PeepholeLSTM(2, use_cudnn=False))).all()


@pytest.mark.parametrize("jit_compile", [False, True])
def test_training_ends_in_the_same_weights(jit_compile, runs):
    x, y = drawn((10, STEPS, FEATURES), 1, "float32"), drawn((10, 1), 2, "float32")

    def trained(use_cudnn):
        keras.utils.set_random_seed(4)
        layers = [PeepholeLSTM(3, use_cudnn=use_cudnn), keras.layers.Dense(1)]
        model = keras.Sequential([keras.Input((STEPS, FEATURES)), *layers])
        optimizer = keras.optimizers.Adam()
        optimizer.build(model.trainable_variables)

        @tf.function(jit_compile=jit_compile)
        def update(x, y):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
            values = [variable.value for variable in model.trainable_variables]
            optimizer.apply(tape.gradient(loss, values), model.trainable_variables)

        for start in (0, 4, 8, 0, 4, 8):  # the last batch is a short one
            update(x[start : start + 4], y[start : start + 4])
        return model.get_weights()

    fast = trained("auto")
    assert runs
    runs.clear()
    plain = trained(False)
    assert not runs
    for one, other in zip(fast, plain, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6)
