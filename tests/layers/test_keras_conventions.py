"""What Keras users expect of a layer: signature, configuration, saving, regularizing."""

import inspect
import json

import keras
import numpy as np
import pytest

from lstmmusic.layers import PeepholeLSTM, PeepholeLSTMCell
from tests.layers.conftest import saving

pytestmark = pytest.mark.keras

OURS = [
    "peepholes",
    "cells_per_block",
    "input_gate",
    "forget_gate",
    "output_gate",
    "output_activation",
    "ordinary_units",
    "ordinary_activation",
    "gate_feedback",
    "biased",
    "input_gate_bias",
    "forget_gate_bias",
    "output_gate_bias",
    "peephole_initializer",
    "peephole_regularizer",
    "peephole_constraint",
]
EVERYTHING = {
    "units": 3,
    "activation": "softsign",
    "recurrent_activation": "hard_sigmoid",
    "use_bias": False,
    "kernel_initializer": "he_normal",
    "recurrent_initializer": "glorot_normal",
    "bias_initializer": "ones",
    "unit_forget_bias": False,
    "kernel_regularizer": keras.regularizers.L1(0.1),
    "recurrent_regularizer": keras.regularizers.L2(0.2),
    "bias_regularizer": keras.regularizers.L2(0.3),
    "kernel_constraint": keras.constraints.MaxNorm(1.5),
    "recurrent_constraint": keras.constraints.NonNeg(),
    "bias_constraint": keras.constraints.UnitNorm(),
    "dropout": 0.1,
    "recurrent_dropout": 0.2,
    "seed": 7,
    "peepholes": True,
    "peephole_initializer": keras.initializers.RandomUniform(-0.1, 0.1, seed=5),
    "peephole_regularizer": keras.regularizers.L2(0.4),
    "peephole_constraint": keras.constraints.NonNeg(),
}
LOOP = {
    "activity_regularizer": keras.regularizers.L2(0.5),
    "return_sequences": True,
    "return_state": True,
    "go_backwards": True,
    "stateful": True,
    "unroll": True,
    "use_cudnn": False,
    "name": "blue",
    "dtype": "float64",
}


@pytest.mark.parametrize(
    ("ours", "theirs", "extra"),
    [
        (PeepholeLSTMCell, keras.layers.LSTMCell, OURS),
        (PeepholeLSTM, keras.layers.LSTM, [*OURS, "learn_initial_state"]),
    ],
)
def test_signature_is_that_of_keras_and_ours_follows_by_keyword(ours, theirs, extra):
    def named(layer):
        parameters = list(inspect.signature(layer.__init__).parameters.values())[1:]
        assert parameters[-1].kind is inspect.Parameter.VAR_KEYWORD
        return parameters[:-1]

    our, their = named(ours), named(theirs)
    common = [(p.name, p.default, p.kind) for p in our[: len(their)]]
    assert common == [(p.name, p.default, p.kind) for p in their]
    assert [p.name for p in our[len(their) :]] == extra
    assert {p.kind for p in our[len(their) :]} == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize(
    ("layer", "options"),
    [(PeepholeLSTMCell, EVERYTHING), (PeepholeLSTM, {**EVERYTHING, **LOOP})],
    ids=["cell", "layer"],
)
def test_configuration_goes_round_and_keeps_every_argument(layer, options):
    config = layer(**options).get_config()
    again = layer.from_config(json.loads(json.dumps(config))).get_config()
    assert again == config
    usual = layer(options["units"]).get_config()
    kept = {name for name in options if config[name] != usual[name]}
    # What equals the default of the layer does not show; all others must.
    assert kept == options.keys() - {"units", "peepholes"}


@saving
def test_saved_cell_plays_the_same_in_a_plain_rnn(tmp_path):
    model = keras.Sequential([keras.Input((5, 3)), keras.layers.RNN(PeepholeLSTMCell(4))])
    model.save(tmp_path / "cell.keras")
    loaded = keras.saving.load_model(tmp_path / "cell.keras")
    x = np.random.default_rng(1).normal(size=(2, 5, 3))
    np.testing.assert_array_equal(model(x), loaded(x))


def test_layer_loops_its_cell():
    cell = PeepholeLSTMCell(4)
    plain = keras.layers.RNN(cell, return_sequences=True)
    layer = PeepholeLSTM(4, return_sequences=True)
    x = np.random.default_rng(2).normal(size=(2, 5, 3))
    expected = plain(x)
    layer.build(x.shape)
    layer.set_weights(plain.get_weights())
    np.testing.assert_allclose(layer(x), expected, rtol=0, atol=1e-7)


def test_peepholes_start_from_their_own_initializer():
    layer = PeepholeLSTM(4, peephole_initializer=keras.initializers.Constant(0.25))
    layer.build((None, None, 3))
    np.testing.assert_array_equal(layer.cell.peephole_kernel, np.full((3, 4), 0.25))
    assert 0.25 not in np.asarray(layer.cell.kernel)


def test_frozen_layer_has_nothing_to_train():
    layer = PeepholeLSTM(4, trainable=False)
    layer.build((None, None, 3))
    assert layer.trainable_weights == []
    assert len(layer.non_trainable_weights) == 4
