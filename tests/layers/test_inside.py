"""What is shown of a layer is what happens in it."""

import numpy as np
import pytest

from lstmmusic.errors import InputError
from lstmmusic.layers import PeepholeLSTM, figure_of, look_inside

pytestmark = pytest.mark.keras


@pytest.fixture
def sequences():
    return np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"cells_per_block": 2, "gate_feedback": True, "forget_gate": False, "peepholes": False},
        {"ordinary_units": 2, "gate_feedback": True},
        {"learn_initial_state": True},
    ],
)
def test_outputs_inside_are_the_outputs_outside(options, sequences):
    layer = PeepholeLSTM(4, return_sequences=True, **options)
    layer.build(sequences.shape)
    for weight in layer.initial_weights:
        weight.assign(np.ones(weight.shape))
    outputs = np.asarray(layer(sequences))
    inside = look_inside(layer, sequences)
    np.testing.assert_allclose(inside.y, outputs[..., :4], atol=1e-6)


def test_cells_obey_the_carousel(sequences):
    layer = PeepholeLSTM(4, cells_per_block=2)
    layer(sequences)
    inside = look_inside(layer, sequences)
    before = np.pad(inside.c, ((0, 0), (1, 0), (0, 0)))[:, :-1]
    i, f = (np.repeat(gate, 2, axis=-1) for gate in (inside.i, inside.f))
    np.testing.assert_allclose(inside.c, f * before + i * inside.g, atol=1e-6)


def test_an_absent_gate_is_not_shown(sequences):
    layer = PeepholeLSTM(2, forget_gate=False)
    layer(sequences)
    inside = look_inside(layer, sequences)
    assert inside.f is None
    assert [panel.get_ylabel() for panel in figure_of(inside).axes] == [
        "input gates",
        "cell inputs",
        "cells",
        "output gates",
        "outputs",
    ]


def test_the_figure_draws_the_sequence_that_was_asked_for(sequences):
    layer = PeepholeLSTM(3)
    layer(sequences)
    inside = look_inside(layer, sequences)
    lines = figure_of(inside, sequence=1).axes[3].get_lines()
    np.testing.assert_array_equal([line.get_ydata() for line in lines], inside.c[1].T)


def test_a_wrong_shape_is_one_line(sequences):
    layer = PeepholeLSTM(3)
    layer(sequences)
    with pytest.raises(InputError, match=r"sequences: expected shape \(batch, time, 3\)"):
        look_inside(layer, sequences[0])
