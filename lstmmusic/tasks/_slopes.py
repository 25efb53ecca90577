"""How the outputs of a small network depend on each of its weights: exact, carried forward in time.

With the states s = (c, y) of the cells and outputs of the layer (y alone without cells), for all
weights θ at once:

    ∂s_t/∂θ = (∂s_t/∂s_{t-1}) ∂s_{t-1}/∂θ + ∂s_t/∂θ, the states before the step left as they are

A weight to a unit acts in a step through one net input of that unit alone, by its source: an input,
an output of the step before, 1 for a bias, a cell for a peephole. All that is needed of the step is
therefore how c and y of each unit respond to its own net inputs and its own cell.

References:
    Williams, Zipser (1989), "A learning algorithm for continually running fully recurrent neural
    networks", Neural Computation 1(2).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmmusic.step import activations
from lstmmusic.tasks._twins import Twins


class _Run(NamedTuple):
    """What happened in a layer of H units with K net inputs each, which read T steps of B streams.

    Attributes:
        outputs: Before the first step and after each, (T + 1, B, H).
        to_net: How the states of a unit, 1 or 2, respond to its net inputs: (T, B, states, K, H).
        to_cell: The same to its cell of the step before; None without cells: (T, B, states, H).
        seen: What the peepholes of a unit see: (T, B, peepholes, H).
        seen_by: The net inputs that they end in.
    """

    outputs: np.ndarray
    to_net: np.ndarray
    to_cell: np.ndarray | None
    seen: np.ndarray
    seen_by: list[int]


def slopes(twins: Twins, weights: np.ndarray, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a network answers, and how that depends on each of its weights.

    Args:
        twins: Networks of its shape.
        weights: Its own, (weights,).
        inputs: Shape (batch, time, features).

    Returns:
        Outputs (batch, time, outputs); slopes (weights, batch, time, outputs).
    """
    *parts, head, head_bias = (part[0] for part in twins.shaped(weights[None]))
    known = dict(zip(twins.names, parts, strict=True))
    heard = inputs.swapaxes(0, 1)
    with np.errstate(over="ignore", invalid="ignore"):
        run = _read_cells(twins, known, heard) if twins.has_cells else _read_plain(known, heard)
        y = run.outputs[1:]
        of_layer = _carried(twins, known, heard, run, head)
    outputs = y @ head + head_bias
    # A weight to an output acts on that one alone: (units, its output, time, batch, outputs).
    own = np.eye(len(head_bias))
    of_head = np.moveaxis(y, 2, 0)[:, None, ..., None] * own[:, None, None]
    of_bias = np.broadcast_to(own[:, None, None], (len(own), *outputs.shape))
    found = (of_layer, of_head.reshape(head.size, *outputs.shape), of_bias)
    return outputs.swapaxes(0, 1), np.concatenate(found).swapaxes(1, 2)


def _start(known: dict[str, np.ndarray], name: str, batch: int, units: int) -> np.ndarray:
    return np.broadcast_to(known.get(name, np.zeros(units)), (batch, units))


def _read_plain(known: dict[str, np.ndarray], heard: np.ndarray) -> _Run:
    """Units without gates: y = tanh(net)."""
    recurrent, batch = known["recurrent_kernel"], heard.shape[1]
    outputs = [_start(known, "initial_y", batch, len(recurrent))]
    for x in heard:
        outputs.append(np.tanh(x @ known["kernel"] + outputs[-1] @ recurrent + known["bias"]))
    y = np.stack(outputs)
    nothing = np.zeros((len(heard), batch, 0, len(recurrent)))
    return _Run(y, (1 - y[1:] ** 2)[:, :, None, None], None, nothing, [])


def _read_cells(twins: Twins, known: dict[str, np.ndarray], heard: np.ndarray) -> _Run:
    """`lstmmusic.step`, and its slopes in the same letters."""
    blocks, units, batch = twins.blocks, twins.units, heard.shape[1]
    rows = known.get("peephole_kernel")
    y = _start(known, "initial_y", batch, units)
    c = _start(known, "initial_c", batch, units)
    outputs, cells, happened = [y], [c], []
    for x in heard:
        net = x @ known["kernel"] + y @ known["recurrent_kernel"] + known["bias"]
        found = activations(np, net, c, rows, blocks)
        y, c = found.y, found.c
        outputs.append(y)
        cells.append(c)
        happened.append((found.i, found.i if found.f is None else found.f, found.o, found.g))
    i, f, o, g = np.moveaxis(np.array(happened), 1, 0)
    c_prev, c = np.stack(cells[:-1]), np.stack(cells[1:])
    h = np.tanh(c)
    kinds = blocks.kinds
    peepholes = {} if rows is None else dict(zip(blocks.peepholes, rows, strict=True))
    # Of c to the net inputs; of y to that of its gate; of y to its c.
    c_to = {"i": g * i * (1 - i), "f": c_prev * f * (1 - f), "c": i * (1 - g**2), "o": 0 * c}
    y_to_o = h * o * (1 - o)
    y_to_c = o * (1 - h**2) + y_to_o * peepholes.get("o", 0)
    c_to_net = np.stack([c_to[kind] for kind in kinds], axis=2)
    y_to_net = y_to_c[:, :, None] * c_to_net
    y_to_net[:, :, kinds.index("o")] += y_to_o
    c_to_cell = f if "f" in kinds else np.ones_like(c)
    for kind in set(peepholes) - {"o"}:
        c_to_cell = c_to_cell + c_to[kind] * peepholes[kind]
    seen = [c if kind == "o" else c_prev for kind in peepholes]
    return _Run(
        np.stack(outputs),
        np.stack([c_to_net, y_to_net], axis=2),
        np.stack([c_to_cell, y_to_c * c_to_cell], axis=2),
        np.stack(seen, axis=2) if seen else np.zeros((*c.shape[:2], 0, units)),
        [kinds.index(kind) for kind in peepholes],
    )


def _carried(
    twins: Twins, known: dict[str, np.ndarray], heard: np.ndarray, run: _Run, head: np.ndarray
) -> np.ndarray:
    """How the outputs depend on the weights of the layer, (weights, time, batch, outputs)."""
    n_steps, batch, n_states, n_nets, units = run.to_net.shape
    # ∂s_t/∂s_{t-1}: every unit hears all outputs through its net inputs, and its own cell.
    recurrent = known["recurrent_kernel"].reshape(units, n_nets, units)
    along = np.einsum("tbskj,mkj->tbsjm", run.to_net, recurrent, optimize=True)
    if run.to_cell is not None:
        own = run.to_cell[..., None] * np.eye(units)
        along = np.concatenate([own, along], axis=-1)
    along = along.reshape(n_steps, batch, n_states * units, n_states * units)
    # What a weight does in a step alone: what its source is times what its net input does.
    ones = np.ones((n_steps, batch, 1))
    sources = np.concatenate([heard, run.outputs[:-1], ones], axis=-1)
    shared = run.to_net[:, :, :, None] * sources[:, :, None, :, None, None]
    peeping = run.to_net[:, :, :, run.seen_by] * run.seen[:, :, None]
    # Columns of the carried slopes lie as the weights do. Kernel, recurrent kernel and bias follow
    # each other, so that a weight's place among them is (source, net input, unit).
    sizes = {name: known[name].size for name in twins.names}
    ends = dict(zip(sizes, np.cumsum(list(sizes.values())), strict=True))
    slopes = np.zeros((2, batch, n_states, units, sum(sizes.values())))

    def at_own_unit(last: str, *shape: int) -> list[np.ndarray]:
        """Views on what each unit's states owe to its own weights, of this shape each."""
        size = int(np.prod(shape)) * units
        columns = slopes[..., ends[last] - size : ends[last]]
        columns = columns.reshape(*slopes.shape[:4], *shape, units)
        return list(np.einsum("absj...j->abs...j", columns))

    to_shared = at_own_unit("bias", sources.shape[-1], n_nets)
    to_peepholes = at_own_unit("peephole_kernel", len(run.seen_by)) if run.seen_by else []
    for name, state in (("initial_c", 0), ("initial_y", n_states - 1)):
        if name in ends:
            slopes[1, :, state, :, ends[name] - units : ends[name]] = np.eye(units)
    flat = slopes.reshape(2, batch, n_states * units, -1)
    found, up = np.empty((n_steps, batch, head.shape[1], slopes.shape[-1])), head.T
    for t in range(n_steps):
        now = t % 2
        np.matmul(along[t], flat[1 - now], out=flat[now])
        to_shared[now] += shared[t]
        if to_peepholes:
            to_peepholes[now] += peeping[t]
        np.matmul(up, slopes[now, :, -1], out=found[t])
    return found.transpose(3, 0, 1, 2)
