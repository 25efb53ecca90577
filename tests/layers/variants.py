"""Every variant of the family: its options, a layer of it, and a plain twin in float64."""

import itertools

import keras
import numpy as np

from lstmmusic.layers import PeepholeLSTM

BATCH, FEATURES = 2, 2


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
    "learnt initial state": {"learn_initial_state": True},
    "learnt initial state, 1997": {
        "forget_gate": False,
        "peepholes": False,
        "gate_feedback": True,
        "learn_initial_state": True,
    },
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
    if layer.learn_initial_state:
        learnt = [np.asarray(weight) for weight in layer.initial_weights]
        y, c, fed_back = learnt if cell.gate_feedback else (*learnt, fed_back)
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
    """A layer of two features whose weights are drawn from fixed seeds."""

    def spread(seed):
        return keras.initializers.RandomUniform(-0.8, 0.8, seed=seed)

    usual = {
        "units": 3,
        "return_sequences": True,
        "kernel_initializer": spread(1),
        "recurrent_initializer": spread(2),
        "bias_initializer": spread(3),
        "peephole_initializer": spread(4),
    }
    layer = PeepholeLSTM(dtype=dtype, **{**usual, **options, **more})
    layer.build((BATCH if layer.stateful else None, None, FEATURES))
    for seed, weight in enumerate(layer.initial_weights, start=5):
        weight.assign(spread(seed)(weight.shape))
    return layer
