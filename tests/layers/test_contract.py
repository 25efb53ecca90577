"""What every variant of the family keeps: one contract, run over all of them.

`test_family.py` holds a plain call of each to its twin; here all else is held to the plain call.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lstmmusic.layers import PeepholeLSTM
from tests.layers.conftest import saving
from tests.layers.variants import BATCH, FEATURES, VARIANTS, build

pytestmark = pytest.mark.keras

TIME = 5
MASK = np.array([[1, 1, 0, 0, 1], [0, 1, 0, 1, 0]], bool)
WEIGHTS = ("kernel", "recurrent", "bias", "peephole")
STATEFUL = {name: of for name, of in VARIANTS.items() if not of.get("learn_initial_state")}
# What one rounding of a number near 1 may cost, times what a few steps make of it.
TOLERANCE = {"float16": 5e-3, "bfloat16": 5e-2}


@pytest.fixture(params=VARIANTS.values(), ids=VARIANTS)
def options(request):
    return request.param


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(BATCH, TIME, FEATURES))


def equal(found, expected, atol=1e-12):
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=0, atol=atol)


def both_ways(options):
    layer = keras.layers.Bidirectional(build(options), dtype="float64")
    layer.build((None, None, FEATURES))
    layer.forward_layer.set_weights(build(options).get_weights())
    layer.backward_layer.set_weights([-weight for weight in build(options).get_weights()])
    return layer


def test_config_goes_round(options, x):
    layer = build(options)
    again = PeepholeLSTM.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    again.build(x.shape)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(x), layer(x))


@saving
def test_saved_model_plays_the_same(options, x, tmp_path):
    last = PeepholeLSTM(dtype="float64", **{"units": 3, **options})
    model = keras.Sequential([keras.Input((None, FEATURES)), both_ways(options), last])
    model.save(tmp_path / "blues.keras")
    loaded = keras.saving.load_model(tmp_path / "blues.keras")
    np.testing.assert_array_equal(model(x), loaded(x))


def test_masked_step_keeps_the_state_and_repeats_the_output(options, x):
    layer = build(options, return_state=True)
    found, *states = layer(x, mask=tf.constant(MASK))
    for row, real in enumerate(MASK):
        expected, *expected_states = layer(x[row : row + 1, real])
        equal(found[row][real], expected[0])
        for state, last in zip(states, expected_states, strict=True):
            equal(state[row], last[0])
        shown = np.concatenate([np.zeros_like(found[row, :1]), found[row]])
        np.testing.assert_array_equal(shown[1:][~real], shown[:-1][~real])


def test_what_stands_in_masked_steps_does_not_matter(options, x):
    layer = build(options)
    noise = np.where(MASK[..., None], x, 1e3)
    before, after = (layer(inputs, mask=tf.constant(MASK)) for inputs in (x, noise))
    np.testing.assert_array_equal(before, after)


def test_last_output_is_the_last_of_all_and_the_first_of_the_states(options, x):
    outputs, *states = build(options, return_state=True)(x)
    last = build(options, return_sequences=False)(x)
    np.testing.assert_array_equal(outputs[:, -1], last)
    np.testing.assert_array_equal(states[0], last)


def test_states_carry_a_sequence_over_a_cut(options, x):
    layer = build(options, return_state=True)
    whole, *last = layer(x)
    first, *states = layer(x[:, :3])
    second, *end = layer(x[:, 3:], initial_state=states)
    equal(np.concatenate([first, second], axis=1), whole)
    for state, expected in zip(end, last, strict=True):
        equal(state, expected)


@pytest.mark.parametrize("options", STATEFUL.values(), ids=STATEFUL)
def test_stateful_layer_goes_on_where_it_stopped_until_it_is_reset(options, x):
    whole = build(options)(x)
    layer = build(options, stateful=True)
    equal(np.concatenate([layer(x[:, :3]), layer(x[:, 3:])], axis=1), whole)
    layer.reset_state()
    equal(layer(x), whole)


def test_going_backwards_is_reading_from_the_end(options, x):
    equal(build(options, go_backwards=True)(x), build(options)(x[:, ::-1]))


def test_bidirectional_joins_both_directions(options, x):
    both = both_ways(options)
    ahead, back = both.forward_layer(x), both.backward_layer(x)[:, ::-1]
    equal(both(x), np.concatenate([ahead, back], axis=-1))


def test_time_distributed_reads_sequences_of_sequences(options, x):
    layer = build(options, return_sequences=False)
    sequences = np.stack([x, 2 * x, -x], axis=1)
    found = keras.layers.TimeDistributed(layer, dtype="float64")(sequences)
    for place in range(3):
        equal(found[:, place], layer(sequences[:, place]))


def test_one_graph_reads_every_length(options, x):
    layer, traces = build(options), []

    @tf.function(input_signature=[tf.TensorSpec((None, None, FEATURES), "float64")])
    def read(sequences):
        traces.append(1)
        return layer(sequences)

    whole = layer(x)
    for length in (1, 3, TIME):
        equal(read(x[:, :length]), whole[:, :length])
    equal(read(x[:1]), whole[:1])
    assert len(traces) == 1


@pytest.mark.parametrize("kind", ["dropout", "recurrent_dropout"])
def test_dropout_acts_in_training_and_comes_again_with_its_seed(options, kind, x):
    x = np.concatenate([x, -x, 2 * x, -2 * x])
    one, other = (build(options, seed=1, **{kind: 0.5}) for _ in range(2))
    usual = np.asarray(build(options)(x))
    for layer in (one, other):
        np.testing.assert_array_equal(layer(x), usual)
    first = np.asarray(one(x, training=True))
    assert np.abs(first - usual).max() > 0.01
    np.testing.assert_array_equal(other(x, training=True), first)
    assert np.abs(one(x, training=True) - first).max() > 0.01


def test_every_weight_of_the_cell_is_regularized(options):
    layer = build(options, **{f"{kind}_regularizer": "l2" for kind in WEIGHTS})
    expected = sum(float((np.asarray(v) ** 2).sum()) for v in layer.cell.trainable_variables)
    assert float(sum(layer.losses)) == pytest.approx(0.01 * expected)


def test_every_weight_of_the_cell_is_constrained_after_an_update(options):
    layer = build(options, **{f"{kind}_constraint": "non_neg" for kind in WEIGHTS})
    variables = layer.cell.trainable_variables
    for variable in variables:
        variable.assign(-np.ones(variable.shape))
    no_slopes = [np.zeros(variable.shape) for variable in variables]
    keras.optimizers.SGD().apply(no_slopes, variables)
    for variable in variables:
        np.testing.assert_array_equal(variable, np.zeros(variable.shape), err_msg=variable.path)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_mixed_precision_computes_in_few_bits_and_keeps_weights_in_many(options, dtype, x):
    layer = build(options, dtype=f"mixed_{dtype}", return_state=True)
    found = layer(x.astype("float32"))
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    assert {array.dtype.name for array in found} == {dtype}
    expected = build(options, dtype="float32", return_state=True)(x.astype("float32"))
    for array, exact in zip(found, expected, strict=True):
        equal(tf.cast(array, "float32"), exact, atol=TOLERANCE[dtype] * max(1, np.abs(exact).max()))
