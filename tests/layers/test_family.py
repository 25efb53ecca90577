"""Every variant of the papers, against a plain twin in float64, finite differences, and counts."""

import math

import keras
import numpy as np
import pytest

from lstmmusic.errors import InputError
from lstmmusic.layers import PeepholeLSTM, PeepholeLSTMCell
from tests.layers.variants import VARIANTS, build, twin

pytestmark = pytest.mark.keras


@pytest.fixture
def sequences():
    return np.random.default_rng(0).normal(size=(2, 7, 2))


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_outputs_equal_the_twin(options, sequences):
    layer = build(options)
    found = np.asarray(layer(sequences))
    for row, sequence in zip(found, sequences, strict=True):
        np.testing.assert_allclose(row, twin(layer, sequence), rtol=0, atol=1e-12)


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_gradients_equal_finite_differences(options, sequences):
    import tensorflow as tf

    layer = build(options)
    weight = np.random.default_rng(1).normal(size=layer(sequences).shape)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(sequences) * weight)
    gradients = tape.gradient(loss, [v.value for v in layer.trainable_variables])
    rng = np.random.default_rng(2)
    for variable, gradient in zip(layer.trainable_variables, gradients, strict=True):
        values = np.asarray(variable).copy()
        for _ in range(3):
            at = tuple(int(rng.integers(n)) for n in values.shape)
            sides = []
            for step in (1e-5, -1e-5):
                moved = values.copy()
                moved[at] += step
                variable.assign(moved)
                sides.append(
                    sum(
                        float((twin(layer, row) * w).sum())
                        for row, w in zip(sequences, weight, strict=True)
                    )
                )
            variable.assign(values)
            slope = (sides[0] - sides[1]) / 2e-5
            assert float(np.asarray(gradient)[at]) == pytest.approx(slope, rel=1e-6, abs=1e-8)


def papers_network(n_inputs, n_outputs, shortcut=False, output_bias=True, **options):
    inputs = keras.Input((None, n_inputs))
    hidden = PeepholeLSTM(return_sequences=True, **options)(inputs)
    seen = keras.layers.Concatenate()([hidden, inputs]) if shortcut else hidden
    return keras.Model(inputs, keras.layers.Dense(n_outputs, use_bias=output_bias)(seen))


OF_1997 = {"forget_gate": False, "peepholes": False, "gate_feedback": True}
GATES = ("input", "forget", "output")
HIDDEN = (*GATES, "cell")


@pytest.mark.parametrize(
    ("weights", "options"),
    [
        (264, {"n_inputs": 7, "n_outputs": 7, "units": 4, "biased": GATES, **OF_1997}),
        (
            276,
            {
                "n_inputs": 7,
                "n_outputs": 7,
                "units": 6,
                "cells_per_block": 2,
                "biased": GATES,
                **OF_1997,
            },
        ),
        (364, {"n_inputs": 54, "n_outputs": 2, "units": 2, "use_bias": False, **OF_1997}),
        (102, {"n_inputs": 1, "n_outputs": 1, "units": 3, "biased": HIDDEN, **OF_1997}),
        (
            93,
            {
                "n_inputs": 2,
                "n_outputs": 1,
                "units": 4,
                "cells_per_block": 2,
                "biased": HIDDEN,
                "output_bias": True,
                **OF_1997,
            },
        ),
        (
            156,
            {
                "n_inputs": 8,
                "n_outputs": 4,
                "units": 4,
                "cells_per_block": 2,
                "biased": HIDDEN,
                "output_bias": True,
                **OF_1997,
            },
        ),
        (
            308,
            {
                "n_inputs": 8,
                "n_outputs": 8,
                "units": 6,
                "cells_per_block": 2,
                "biased": HIDDEN,
                "output_bias": True,
                **OF_1997,
            },
        ),
        (
            424,
            {
                "n_inputs": 7,
                "n_outputs": 7,
                "units": 8,
                "cells_per_block": 2,
                "biased": GATES,
                "peepholes": False,
                "shortcut": True,
                "output_bias": True,
            },
        ),
        (17, {"n_inputs": 1, "n_outputs": 1, "units": 1, "output_bias": True}),
        (14, {"n_inputs": 1, "n_outputs": 1, "units": 1, "peepholes": False, "output_bias": True}),
    ],
)
def test_weight_counts_are_the_published_ones(weights, options):
    options = {"output_bias": False, **options}
    assert papers_network(**options).count_params() == weights


def test_gate_biases_start_where_the_schedule_says():
    layer = PeepholeLSTM(
        4, cells_per_block=2, input_gate_bias=(-1, -2), forget_gate_bias=3.0, biased=GATES
    )
    layer.build((None, None, 1))
    np.testing.assert_array_equal(np.asarray(layer.cell.bias), [-1, -2, 3, 3, 0, 0])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"units": 4, "cells_per_block": 3}, "cells_per_block: expected a divisor of units"),
        ({"units": 4, "peepholes": ("sideways",)}, "peepholes: expected some of input, forget"),
        ({"units": 4, "forget_gate": False, "peepholes": ("forget",)}, "peepholes: expected some"),
        ({"units": 4, "biased": ("gates",)}, "biased: expected some of input, forget, cell"),
        ({"units": 4, "input_gate_bias": (1, 2, 3)}, "input_gate_bias: expected one number, or"),
        ({"units": 4, "ordinary_units": -1}, "ordinary_units: expected 0 or more, got -1"),
        (
            {"units": 4, "learn_initial_state": True, "stateful": True},
            "learn_initial_state: expected False in a stateful layer, got True",
        ),
    ],
)
def test_wrong_arguments_are_one_line(options, said):
    with pytest.raises(InputError, match=said):
        PeepholeLSTM(**options)


def test_sequences_of_another_rank_are_refused_by_name_expectation_and_value():
    layer = PeepholeLSTM(4, name="blue")
    with pytest.raises(ValueError, match=r"layer 'blue' .*ndim=3, found ndim=2.*\(2, 3\)"):
        layer(np.zeros((2, 3)))


def test_learnt_initial_state_starts_at_zeros_and_gives_way_to_a_given_one(sequences):
    learnt = PeepholeLSTM(3, learn_initial_state=True, gate_feedback=True, return_sequences=True)
    usual = PeepholeLSTM(3, gate_feedback=True, return_sequences=True)
    learnt.build(sequences.shape)
    usual.build(sequences.shape)
    assert [weight.shape for weight in learnt.initial_weights] == [(3,), (3,), (9,)]
    usual.set_weights(learnt.cell.get_weights())
    np.testing.assert_array_equal(learnt(sequences), usual(sequences))
    for weight in learnt.initial_weights:
        weight.assign(np.ones(weight.shape))
    ones = [np.ones((2, size)) for size in (3, 3, 9)]
    np.testing.assert_array_equal(learnt(sequences), usual(sequences, initial_state=ones))
    zeros = [np.zeros((2, size)) for size in (3, 3, 9)]
    np.testing.assert_array_equal(learnt(sequences, initial_state=zeros), usual(sequences))


def test_the_cell_of_tensorflow_addons_comes_back():
    config = {
        "name": "peephole_lstm_cell",
        "trainable": True,
        "units": 5,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "use_bias": True,
        "unit_forget_bias": True,
        "dropout": 0.1,
        "implementation": 2,
    }
    cell = PeepholeLSTMCell.from_tfa(config)
    cell.build((None, 3))
    assert [w.shape for w in cell.trainable_weights] == [(3, 20), (5, 20), (20,), (3, 5)]
    assert cell.dropout == 0.1
    assert math.prod(cell.peephole_kernel.shape) == 15


def test_the_layer_knows_what_was_asked_of_its_cell():
    layer = PeepholeLSTM(4, activation="relu", dropout=0.2, cells_per_block=2)
    assert (layer.units, layer.activation.__name__, layer.dropout) == (4, "relu", 0.2)
    assert layer.cells_per_block == 2
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        _ = layer.colour
