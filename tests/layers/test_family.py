"""Every variant of the papers, against a plain twin in float64, finite differences, and counts."""

import itertools
import math

import keras
import numpy as np
import pytest

from lstmmusic.errors import InputError
from lstmmusic.layers import PeepholeLSTM, PeepholeLSTMCell

pytestmark = pytest.mark.keras


def logistic(x):
    return 1 / (1 + np.exp(-x))


SQUASH = {
    "tanh": np.tanh,
    "sigmoid": logistic,
    "linear": lambda x: x,
    None: None,
}

VARIANTS = {
    "standard": {},
    "1997": {"forget_gate": False, "peepholes": False, "gate_feedback": True},
    "1997, two cells a block": {
        "units": 4,
        "cells_per_block": 2,
        "forget_gate": False,
        "peepholes": False,
        "gate_feedback": True,
        "biased": ("input", "output"),
    },
    "forget gates, four blocks of two": {"units": 8, "cells_per_block": 2, "peepholes": False},
    "peepholes, blocks of three": {"units": 6, "cells_per_block": 3},
    "input peepholes only": {"peepholes": ("input",)},
    "output and forget peepholes": {"peepholes": ("output", "forget")},
    "no input gate": {"input_gate": False},
    "no output gate": {"output_gate": False, "peepholes": ("forget",)},
    "no gates at all": {"input_gate": False, "forget_gate": False, "output_gate": False},
    "identity, as in 2002": {"activation": "linear", "output_activation": "linear"},
    "other squashing on the way out": {"output_activation": "sigmoid"},
    "mixed with ordinary units": {"ordinary_units": 3},
    "mixed, with everything": {
        "units": 4,
        "cells_per_block": 2,
        "ordinary_units": 2,
        "gate_feedback": True,
        "biased": ("forget", "ordinary"),
        "ordinary_activation": "tanh",
    },
    "no biases": {"use_bias": False},
}


def twin(layer, sequence):
    """Outputs (time, units + ordinary) of one sequence, block by block, cell by cell."""
    cell = layer.cell
    kernel, recurrent = np.asarray(cell.kernel), np.asarray(cell.recurrent_kernel)
    units, size, n_blocks = cell.units, cell.cells_per_block, cell.n_blocks
    options = layer.get_config()
    g = SQUASH[options["activation"]]
    h = SQUASH[options["output_activation"]] or g
    u = SQUASH[options["ordinary_activation"]]
    columns, start = {}, 0
    for kind in ("input", "forget", "cell", "output", "ordinary"):
        width = {"cell": units, "ordinary": cell.ordinary_units}.get(kind, n_blocks)
        if kind in ("input", "forget", "output") and not options[f"{kind}_gate"]:
            continue
        columns[kind] = range(start, start + width)
        start += width
    bias = np.zeros(start)
    biased = options["biased"] or list(columns)
    if cell.bias is not None:
        values = iter(np.asarray(cell.bias))
        for kind in columns:
            if kind in biased:
                for column in columns[kind]:
                    bias[column] = next(values)
    seeing = options["peepholes"]
    gates = [kind for kind in ("input", "forget", "output") if kind in columns]
    seeing = gates if seeing is True else [kind for kind in gates if kind in (seeing or ())]
    peephole = {kind: np.asarray(cell.peephole_kernel)[row] for row, kind in enumerate(seeing)}
    y, c = np.zeros(units + cell.ordinary_units), np.zeros(units)
    fed_back = np.zeros(len(gates) * n_blocks if cell.gate_feedback else 0)
    outputs = []
    for x in sequence:
        sources = np.concatenate([y, fed_back])
        net = x @ kernel + sources @ recurrent + bias

        def gate(kind, block, cells, net=net):
            total = net[columns[kind][block]]
            if kind in peephole:
                for v in range(block * size, (block + 1) * size):
                    total += peephole[kind][v] * cells[v]
            return logistic(total)

        new_c, new_y, opened = np.empty(units), np.empty(len(y)), {kind: [] for kind in gates}
        for block in range(n_blocks):
            i = gate("input", block, c) if "input" in columns else 1.0
            f = gate("forget", block, c) if "forget" in columns else 1.0
            for v in range(block * size, (block + 1) * size):
                new_c[v] = f * c[v] + i * g(net[columns["cell"][v]])
            o = gate("output", block, new_c) if "output" in columns else 1.0
            for v in range(block * size, (block + 1) * size):
                new_y[v] = o * h(new_c[v])
            for kind, value in (("input", i), ("forget", f), ("output", o)):
                if kind in opened:
                    opened[kind].append(value)
        for n, column in enumerate(columns.get("ordinary", ())):
            new_y[units + n] = u(net[column])
        y, c = new_y, new_c
        if cell.gate_feedback:
            fed_back = np.array(list(itertools.chain(*opened.values())))
        outputs.append(y)
    return np.array(outputs)


def build(options, dtype="float64", **more):
    options = {"units": 3, **options, **more}
    spread = keras.initializers.RandomUniform(-0.8, 0.8, seed=1)
    layer = PeepholeLSTM(
        return_sequences=True,
        dtype=dtype,
        kernel_initializer=spread,
        recurrent_initializer=keras.initializers.RandomUniform(-0.8, 0.8, seed=2),
        bias_initializer=keras.initializers.RandomUniform(-0.8, 0.8, seed=3),
        peephole_initializer=keras.initializers.RandomUniform(-0.8, 0.8, seed=4),
        **options,
    )
    layer.build((None, None, 2))
    return layer


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


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_a_layer_comes_back_from_its_config_and_its_weights(options, sequences):
    layer = build(options)
    other = PeepholeLSTM.from_config(layer.get_config())
    other.build((None, None, 2))
    other.set_weights(layer.get_weights())
    np.testing.assert_array_equal(np.asarray(other(sequences)), np.asarray(layer(sequences)))


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_a_masked_step_changes_nothing_but_repeats(options, sequences):
    layer = build(options)
    mask = np.ones(sequences.shape[:2], bool)
    mask[:, 3] = False
    found = np.asarray(layer(sequences, mask=mask))
    np.testing.assert_array_equal(found[:, 3], found[:, 2])
    without = np.asarray(layer(np.delete(sequences, 3, axis=1)))
    np.testing.assert_allclose(np.delete(found, 3, axis=1), without, rtol=0, atol=1e-12)


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_states_carry_a_sequence_over_a_cut(options, sequences):
    layer = build(options, return_state=True)
    whole, *_ = layer(sequences)
    first, *states = layer(sequences[:, :4])
    second, *_ = layer(sequences[:, 4:], initial_state=states)
    joined = np.concatenate([first, second], axis=1)
    np.testing.assert_allclose(joined, np.asarray(whole), rtol=0, atol=1e-12)


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
    ],
)
def test_wrong_arguments_are_one_line(options, said):
    with pytest.raises(InputError, match=said):
        PeepholeLSTMCell(**options)


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
