"""What the layer computes: against the float64 twin, finite differences, and Keras' own LSTM."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from lstmmusic.layers import PeepholeLSTM, PeepholeLSTMCell
from tests import reference

pytestmark = pytest.mark.keras

BATCH, TIME, FEATURES, UNITS = 2, 6, 3, 4


def set_weights(layer, weights):
    layer.build((None, None, weights.kernel.shape[0]))
    layer.set_weights(list(weights.arrays().values()))


def layer_and_weights(draw=0, /, **options):
    """A layer, its weights and inputs for it, drawn at random."""
    rng = np.random.default_rng(draw)
    peepholes = options.get("peepholes", True)
    weights = reference.random_weights(rng, FEATURES, UNITS, peepholes)
    layer = PeepholeLSTM(UNITS, **{"return_sequences": True, **options})
    set_weights(layer, weights)
    return layer, weights, rng.normal(size=(BATCH, TIME, FEATURES))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("peepholes", [True, False])
@pytest.mark.parametrize("unroll", [True, False])
def test_layer_equals_the_twin_over_sequences(dtype, peepholes, unroll):
    layer, weights, x = layer_and_weights(dtype=dtype, peepholes=peepholes, unroll=unroll)
    expected = reference.lstm_batch(weights, x)
    atol = 1e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(layer(x), expected, rtol=0, atol=atol)


def test_layer_equals_the_twin_over_a_long_sequence():
    layer, weights, _ = layer_and_weights(1)
    x = np.random.default_rng(2).normal(size=(1, 300, FEATURES))
    expected = reference.lstm_batch(weights, x)
    np.testing.assert_allclose(layer(x), expected, rtol=0, atol=1e-6)


def test_compiled_layer_equals_the_twin():
    layer, weights, x = layer_and_weights(3)
    expected = reference.lstm_batch(weights, x)
    compiled = tf.function(layer, jit_compile=True)
    np.testing.assert_allclose(compiled(x.astype("float32")), expected, rtol=0, atol=1e-6)


def test_cell_equals_the_twin():
    rng = np.random.default_rng(4)
    weights = reference.random_weights(rng, FEATURES, UNITS)
    cell = PeepholeLSTMCell(UNITS, dtype="float64")
    cell.build((None, FEATURES))
    cell.set_weights(list(weights.arrays().values()))
    x, h, c = rng.normal(size=FEATURES), rng.normal(size=UNITS), rng.normal(size=UNITS)
    output, (new_h, new_c) = cell(x[None], [h[None], c[None]])
    expected_h, expected_c = reference.lstm_step(weights, x, h, c)
    np.testing.assert_allclose(output[0], expected_h, rtol=0, atol=1e-14)
    np.testing.assert_array_equal(new_h, output)
    np.testing.assert_allclose(new_c[0], expected_c, rtol=0, atol=1e-14)


def test_without_bias_is_a_bias_of_zero():
    _, weights, x = layer_and_weights(5)
    weights.bias[:] = 0
    plain = PeepholeLSTM(UNITS, use_bias=False, return_sequences=True)
    plain.build((None, None, FEATURES))
    plain.set_weights([weights.kernel, weights.recurrent_kernel, weights.peephole])
    expected = reference.lstm_batch(weights, x)
    np.testing.assert_allclose(plain(x), expected, rtol=0, atol=1e-6)


def test_other_activations_reach_gates_and_cells():
    options = {"activation": "softsign", "recurrent_activation": "hard_sigmoid"}
    ours, _, x = layer_and_weights(6, peepholes=False, **options)
    theirs = keras.layers.LSTM(UNITS, return_sequences=True, **options)
    theirs.build((None, None, FEATURES))
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(ours(x), theirs(x), rtol=0, atol=1e-6)
    usual, _, _ = layer_and_weights(6, peepholes=False)
    assert np.abs(ours(x) - usual(x)).max() > 0.01


def gradients(layer, call, arrays):
    """Of the sum of `call(*arrays)` times fixed numbers, by the layer's weights and the arrays."""
    tensors = [tf.convert_to_tensor(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        output = call(*tensors)
        factors = np.random.default_rng(9).normal(size=output.shape)
        total = tf.reduce_sum(output * factors.astype(output.dtype.name))
    wanted = [*(variable.value for variable in layer.trainable_variables), *tensors]
    return [gradient.numpy() for gradient in tape.gradient(total, wanted)], factors


@pytest.mark.parametrize("peepholes", [True, False])
def test_gradients_equal_finite_differences_of_the_twin(peepholes):
    """Of weights, inputs and both initial states, to 1e-6 of the largest of each."""
    layer, weights, x = layer_and_weights(7, dtype="float64", peepholes=peepholes)
    rng = np.random.default_rng(8)
    h, c = rng.normal(size=(BATCH, UNITS)), rng.normal(size=(BATCH, UNITS))

    def call(inputs, h, c):
        return layer(inputs, initial_state=[h, c])

    found, factors = gradients(layer, call, [x, h, c])

    def twin():
        rows = [reference.lstm_sequence(weights, x[b], h[b], c[b])[0] for b in range(BATCH)]
        return float((np.array(rows) * factors).sum())

    arrays = {**weights.arrays(), "inputs": x, "h": h, "c": c}
    assert len(found) == len(arrays)
    for gradient, (name, array) in zip(found, arrays.items(), strict=True):
        expected = reference.slope(twin, array)
        error = np.abs(gradient - expected).max() / np.abs(expected).max()
        assert error < 1e-6, (name, error)


@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("go_backwards", [True, False])
def test_without_peepholes_equals_keras_lstm(return_sequences, go_backwards):
    """Outputs and all gradients."""
    options = {"return_sequences": return_sequences, "go_backwards": go_backwards}
    ours, _, x = layer_and_weights(10, peepholes=False, **options)
    theirs = keras.layers.LSTM(UNITS, **options)
    theirs.build((None, None, FEATURES))
    theirs.set_weights(ours.get_weights())
    x = x.astype("float32")
    np.testing.assert_allclose(ours(x), theirs(x), rtol=0, atol=1e-6)
    our_gradients, _ = gradients(ours, ours, [x])
    their_gradients, _ = gradients(theirs, theirs, [x])
    for our, their in zip(our_gradients, their_gradients, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-4, atol=1e-6)


def test_with_peepholes_differs_from_keras_lstm():
    ours, weights, x = layer_and_weights(11)
    theirs = keras.layers.LSTM(UNITS, return_sequences=True)
    theirs.build((None, None, FEATURES))
    theirs.set_weights([weights.kernel, weights.recurrent_kernel, weights.bias])
    assert np.abs(ours(x) - theirs(x)).max() > 0.01


def test_initial_weights_without_peepholes_equal_those_of_keras():
    options = {
        "kernel_initializer": keras.initializers.GlorotUniform(1),
        "recurrent_initializer": keras.initializers.Orthogonal(seed=2),
    }
    ours = PeepholeLSTM(UNITS, peepholes=False, **options)
    theirs = keras.layers.LSTM(UNITS, **options)
    for layer in (ours, theirs):
        layer.build((None, None, FEATURES))
    for our, their in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(our, their)
    np.testing.assert_array_equal(ours.cell.bias, [0] * UNITS + [1] * UNITS + [0] * 2 * UNITS)


def test_mask_of_a_masking_layer_reaches_the_gates():
    layer, weights, x = layer_and_weights(14, return_sequences=False)
    x[0, 4:] = 0
    found = layer(keras.layers.Masking()(x))
    expected = [reference.lstm_sequence(weights, row)[1] for row in (x[0, :4], x[1])]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_input_dropout_silences_the_same_features_at_every_step():
    """One of the eight masks over three features, kept ones doubled, explains the whole output."""
    layer, weights, x = layer_and_weights(20, dropout=0.5, seed=3)
    found = np.asarray(layer(x, training=True))
    for row in range(BATCH):
        errors = [
            np.abs(reference.lstm_sequence(weights, x[row] * mask)[0] - found[row]).max()
            for mask in 2.0 * np.array(list(itertools.product((0, 1), repeat=FEATURES)))
        ]
        assert min(errors) < 1e-6


def test_recurrent_dropout_silences_the_same_units_at_every_step():
    layer, weights, x = layer_and_weights(21, recurrent_dropout=0.5, seed=3)
    found = np.asarray(layer(x, training=True))
    for row in range(BATCH):
        errors = []
        for mask in 2.0 * np.array(list(itertools.product((0, 1), repeat=UNITS))):
            masked = reference.Weights(
                weights.kernel,
                weights.recurrent_kernel * mask[:, None],
                weights.bias,
                weights.peephole,
            )
            errors.append(np.abs(reference.lstm_sequence(masked, x[row])[0] - found[row]).max())
        assert min(errors) < 1e-6


def test_training_learns_what_only_timing_tells():
    """The mark comes 3 or 5 steps before the end: which of the two is the question."""
    keras.utils.set_random_seed(0)
    x = np.zeros((32, 6, 1), "float32")
    y = np.arange(32) % 2
    x[np.arange(32), np.where(y, 3, 1), 0] = 1
    model = keras.Sequential([PeepholeLSTM(4), keras.layers.Dense(1)])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.1), loss)
    before = model.evaluate(x, y, verbose=0)
    for _ in range(60):
        model.train_on_batch(x, y)
    assert model.evaluate(x, y, verbose=0) < 0.05 < before
