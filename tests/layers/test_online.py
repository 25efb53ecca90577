"""The truncated gradient of 1997: against the published rules in plain loops, and against BPTT."""

from functools import partial

import keras
import numpy as np
import pytest

from lstmmusic.errors import InputError
from lstmmusic.layers import OnlineLSTM, PeepholeLSTM, sigmoid_pm1, sigmoid_pm2
from lstmmusic.layers.squash import SQUASHES, squash_of
from tests.layers.variants import VARIANTS, build

pytestmark = pytest.mark.keras


def network(options, n_outputs=2, shortcut=False, activation="sigmoid", layer=None):
    layer = layer or build(options)
    head = keras.layers.Dense(
        n_outputs,
        activation=activation,
        dtype="float64",
        kernel_initializer=keras.initializers.RandomUniform(-1, 1, seed=9),
    )
    head.build((None, layer.cell.output_size + (2 if shortcut else 0)))
    return layer, head


@pytest.fixture
def stream():
    rng = np.random.default_rng(5)
    return rng.normal(size=(9, 2)), rng.uniform(size=(9, 2))


def summed_gradient(online, xs, targets):
    total = {name: np.zeros_like(weight) for name, weight in online.weights.items()}
    for x, target in zip(xs, targets, strict=True):
        for name, slope in online.step(x, target).gradient.items():
            total[name] += slope
    return total


@pytest.mark.parametrize("shortcut", [False, True])
@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_where_nothing_is_dropped_it_is_the_full_gradient(options, shortcut, stream):
    """With recurrent weights and peepholes of 0 no error takes the ways that are cut."""
    import tensorflow as tf

    xs, targets = stream
    layer, head = network(options, shortcut=shortcut)
    cell = layer.cell
    cell.recurrent_kernel.assign(np.zeros(cell.recurrent_kernel.shape))
    if cell.peephole_kernel is not None:
        cell.peephole_kernel.assign(np.zeros(cell.peephole_kernel.shape))
    variables = {
        "kernel": cell.kernel,
        "recurrent_kernel": cell.recurrent_kernel,
        "bias": cell.bias,
        "peephole_kernel": cell.peephole_kernel,
        "head_kernel": head.kernel,
        "head_bias": head.bias,
    }
    variables = {name: v for name, v in variables.items() if v is not None}
    with tf.GradientTape() as tape:
        hidden = layer(xs[None])
        seen = tf.concat([hidden, xs[None]], axis=-1) if shortcut else hidden
        loss = 0.5 * tf.reduce_sum((head(seen) - targets) ** 2)
    full = tape.gradient(loss, {name: v.value for name, v in variables.items()})
    found = summed_gradient(OnlineLSTM(layer, head, shortcut), xs, targets)
    assert found.keys() == full.keys()
    for name in full:
        np.testing.assert_allclose(found[name], full[name], rtol=1e-9, atol=1e-12, err_msg=name)


def published_rules(online, cell, xs, targets):
    """Equations 16-28 of 1997 with forget gates and peepholes, one number at a time.

    For tanh cells and sigmoid gates and outputs; returns the summed gradient.
    """
    w = online.weights
    units, size, n_blocks = cell.units, cell.cells_per_block, cell.n_blocks
    kernel = np.concatenate([w["kernel"], w["recurrent_kernel"], w["bias"][None]])
    has_f = "f" in cell.blocks.gates
    first = {"i": 0, "f": n_blocks, "c": (2 if has_f else 1) * n_blocks}
    first["o"] = first["c"] + units
    rows = {kind: w["peephole_kernel"][n] for n, kind in enumerate(cell.blocks.peepholes)}
    sigma = partial(SQUASHES["sigmoid"].value, np)
    n_sources = len(kernel)
    y, c = np.zeros(units), np.zeros(units)
    dc, di, df = (np.zeros((units, n_sources)) for _ in range(3))
    pi, pf = (np.zeros((units, units)) for _ in range(2))
    total = {name: np.zeros_like(weight) for name, weight in w.items()}
    columns = np.zeros_like(kernel)
    peep = {kind: np.zeros(units) for kind in "ifo"}
    for x, target in zip(xs, targets, strict=True):
        s = np.concatenate([x, y, [1.0]])
        new_c, new_y = np.zeros(units), np.zeros(units)
        y_in, y_f, y_out, g = np.zeros(units), np.ones(units), np.zeros(units), np.zeros(units)
        for v in range(units):
            j = v // size
            mates = range(j * size, (j + 1) * size)
            net_in = sum(kernel[m, first["i"] + j] * s[m] for m in range(n_sources))
            y_in[v] = sigma(net_in + sum(rows["i"][u] * c[u] for u in mates if "i" in rows))
            if has_f:
                net_f = sum(kernel[m, first["f"] + j] * s[m] for m in range(n_sources))
                y_f[v] = sigma(net_f + sum(rows["f"][u] * c[u] for u in mates if "f" in rows))
            g[v] = np.tanh(sum(kernel[m, first["c"] + v] * s[m] for m in range(n_sources)))
            new_c[v] = y_f[v] * c[v] + y_in[v] * g[v]
        for v in range(units):
            j = v // size
            mates = range(j * size, (j + 1) * size)
            net_o = sum(kernel[m, first["o"] + j] * s[m] for m in range(n_sources))
            y_out[v] = sigma(net_o + sum(rows["o"][u] * new_c[u] for u in mates if "o" in rows))
            new_y[v] = y_out[v] * np.tanh(new_c[v])
            for m in range(n_sources):
                dc[v, m] = y_f[v] * dc[v, m] + (1 - g[v] ** 2) * y_in[v] * s[m]
                di[v, m] = y_f[v] * di[v, m] + g[v] * y_in[v] * (1 - y_in[v]) * s[m]
                df[v, m] = y_f[v] * df[v, m] + c[v] * y_f[v] * (1 - y_f[v]) * s[m]
            for u in mates:
                pi[v, u] = y_f[v] * pi[v, u] + g[v] * y_in[v] * (1 - y_in[v]) * c[u]
                pf[v, u] = y_f[v] * pf[v, u] + c[v] * y_f[v] * (1 - y_f[v]) * c[u]
        out = sigma(new_y @ w["head_kernel"] + w["head_bias"])
        delta = out * (1 - out) * (out - target)
        total["head_kernel"] += np.outer(new_y, delta)
        total["head_bias"] += delta
        back = w["head_kernel"] @ delta
        for v in range(units):
            j = v // size
            e = y_out[v] * (1 - np.tanh(new_c[v]) ** 2) * back[v]
            o = y_out[v] * (1 - y_out[v]) * np.tanh(new_c[v]) * back[v]
            columns[:, first["c"] + v] += e * dc[v]
            columns[:, first["i"] + j] += e * di[v]
            columns[:, first["o"] + j] += o * s
            if has_f:
                columns[:, first["f"] + j] += e * df[v]
            for u in range(j * size, (j + 1) * size):
                peep["i"][u] += e * pi[v, u]
                peep["f"][u] += e * pf[v, u]
                peep["o"][u] += o * new_c[u]
        y, c = new_y, new_c
    total["kernel"], total["recurrent_kernel"] = columns[: len(xs[0])], columns[len(xs[0]) : -1]
    total["bias"] = columns[-1]
    if rows:
        total["peephole_kernel"] = np.array([peep[kind] for kind in rows])
    return total


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"units": 4, "cells_per_block": 2},
        {"units": 4, "cells_per_block": 2, "forget_gate": False, "peepholes": ("input",)},
        {"peepholes": ("forget", "output")},
    ],
)
def test_it_is_the_published_rule(options, stream):
    xs, targets = stream
    layer, head = network(options)
    expected = published_rules(OnlineLSTM(layer, head), layer.cell, xs, targets)
    found = summed_gradient(OnlineLSTM(layer, head), xs, targets)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-9, atol=1e-13, err_msg=name)


def test_the_truncated_gradient_is_another_than_the_full_one(stream):
    """So that the two tests above do not say the same."""
    import tensorflow as tf

    xs, targets = stream
    layer, head = network({})
    with tf.GradientTape() as tape:
        loss = 0.5 * tf.reduce_sum((head(layer(xs[None])) - targets) ** 2)
    full = tape.gradient(loss, layer.cell.kernel.value)
    found = summed_gradient(OnlineLSTM(layer, head), xs, targets)["kernel"]
    assert np.abs(found - full).max() > 1e-3


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_outputs_are_those_of_the_keras_layers(options, stream):
    xs, _ = stream
    layer, head = network(options)
    online = OnlineLSTM(layer, head)
    found = [online.step(x).output for x in xs]
    np.testing.assert_allclose(found, np.asarray(head(layer(xs[None])))[0], rtol=0, atol=1e-12)


def test_memory_stays_the_same_however_long_the_stream():
    layer, head = network({})
    online = OnlineLSTM(layer, head)
    rng = np.random.default_rng(0)

    def remembered():
        tables = online._state.values()
        return sum(table.nbytes for table in tables)

    before = remembered()
    for _ in range(200):
        online.step(rng.normal(size=2), rng.uniform(size=2))
    assert remembered() == before


def test_reset_forgets_the_stream(stream):
    xs, targets = stream
    layer, head = network({"gate_feedback": True})
    online = OnlineLSTM(layer, head)
    first = summed_gradient(online, xs, targets)
    online.reset()
    second = summed_gradient(online, xs, targets)
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])


def test_it_learns_to_hold_a_value_over_a_stretch_of_noise():
    """A short two-sequence problem of 1997: the first of 12 steps tells the class."""
    rng = np.random.default_rng(3)
    layer = build({"units": 2, "peepholes": False, "forget_gate": False, "gate_feedback": True})
    layer, head = network({}, n_outputs=1, layer=layer)
    online = OnlineLSTM(layer, head, cross_entropy=True)
    wrong = []
    for _ in range(1500):
        label = rng.integers(2)
        xs = rng.normal(scale=0.2, size=(12, 2))
        xs[0, 0] = 2 * label - 1
        online.reset()
        for x in xs[:-1]:
            online.step(x)
        found = online.step(xs[-1], np.array([float(label)]))
        online.descend(found.gradient, learning_rate=0.2)
        wrong.append(abs(found.output[0] - label) > 0.3)
    assert np.mean(wrong[:100]) > 0.5
    assert np.mean(wrong[-200:]) < 0.05


def test_weights_go_back_to_keras(stream):
    xs, targets = stream
    layer, head = network({"units": 4, "cells_per_block": 2, "biased": ("input", "cell")})
    online = OnlineLSTM(layer, head)
    for x, target in zip(xs, targets, strict=True):
        online.descend(online.step(x, target).gradient, learning_rate=0.5, momentum=0.9)
    online.write_back()
    online.reset()
    found = [online.step(x).output for x in xs]
    np.testing.assert_allclose(found, np.asarray(head(layer(xs[None])))[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", SQUASHES)
def test_slopes_are_those_of_the_functions(name):
    function, slope = (partial(part, np) for part in SQUASHES[name])
    x = np.linspace(-3, 3, 31)
    numeric = (function(x + 1e-6) - function(x - 1e-6)) / 2e-6
    np.testing.assert_allclose(slope(function(x)), numeric, atol=1e-8)


def test_squashing_functions_of_1997_have_their_ranges_and_survive_a_config():
    x = np.array([-50.0, 0.0, 50.0])
    np.testing.assert_allclose(np.asarray(sigmoid_pm1(x)), [-1, 0, 1])
    np.testing.assert_allclose(np.asarray(sigmoid_pm2(x)), [-2, 0, 2])
    layer = PeepholeLSTM(2, activation=sigmoid_pm2, output_activation=sigmoid_pm1)
    again = PeepholeLSTM.from_config(layer.get_config())
    assert squash_of(again.cell.activation) is SQUASHES["sigmoid_pm2"]
    assert squash_of(again.cell.output_activation) is SQUASHES["sigmoid_pm1"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: OnlineLSTM(*network({}, activation="relu")), "activation: expected one of tanh"),
        (lambda: OnlineLSTM(*network({}), shortcut=True), "head: expected a layer of 5 inputs"),
        (
            lambda: OnlineLSTM(*network({}, activation="linear"), cross_entropy=True),
            "cross_entropy: expected sigmoid outputs",
        ),
    ],
)
def test_what_it_cannot_do_is_one_line(make, said):
    with pytest.raises(InputError, match=said):
        make()


def test_outputs_may_see_some_inputs_alone(stream):
    """The rest of the shortcut has weight 0, and stays there."""
    xs, targets = stream
    layer, head = network({}, shortcut=True)
    some = keras.layers.Dense(2, activation="sigmoid", dtype="float64")
    some.build((None, layer.cell.output_size + 1))
    kernel = np.asarray(head.kernel).copy()
    some.set_weights([kernel[:-1], np.asarray(head.bias)])
    kernel[-1] = 0
    head.kernel.assign(kernel)
    first, all_of_them = OnlineLSTM(layer, some, shortcut=1), OnlineLSTM(layer, head, shortcut=True)
    for x, target in zip(xs, targets, strict=True):
        found, expected = first.step(x, target), all_of_them.step(x, target)
        np.testing.assert_allclose(found.output, expected.output, rtol=1e-12)
        slopes = expected.gradient
        slopes["head_kernel"] = slopes["head_kernel"][:-1]
        for name, slope in found.gradient.items():
            np.testing.assert_allclose(slope, slopes[name], rtol=1e-12, err_msg=name)


def test_what_a_network_gave_last_can_be_read(stream):
    layer, head = network({})
    online = OnlineLSTM(layer, head)
    assert (online.y == 0).all()
    output = online.step(stream[0][0]).output
    logits = online.y @ np.asarray(head.kernel) + np.asarray(head.bias)
    np.testing.assert_allclose(output, 1 / (1 + np.exp(-logits)), rtol=1e-12)
