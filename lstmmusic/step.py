"""The LSTM's one step, in the letters of the papers, over an array namespace.

`xp` is NumPy (the player) or `keras.ops` (the layers): the equations stand here once, for the
whole family of the tutorial.

    i = σ(net_i + Σ p_i c')      input gate, sees the old cells of its block
    f = σ(net_f + Σ p_f c')      forget gate, sees the old cells of its block
    c = f c' + i g(net_c)        the cell (constant error carousel)
    o = σ(net_o + Σ p_o c)       output gate, sees the new cells of its block
    y = o h(c)                   the output of the cell

with c' the cells before the step, p the peepholes, net = W x + U y' + b, and g, h the squashing
functions (tanh unless said otherwise). A block is a few cells that share their gates; sums run
over its cells. A gate that is absent stands open (1): without forget gates this is the LSTM of
1997. Net inputs lie side by side in Keras' order i, f, c, o.

References:
    Hochreiter, Schmidhuber (1997), "Long short-term memory", Neural Computation 9(8), section 4.
    Gers, Schmidhuber, Cummins (2000), "Learning to forget", Neural Computation 12(10), section 3.
    Gers, Schraudolph, Schmidhuber (2002), "Learning precise timing with LSTM recurrent networks",
    JMLR 3, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

GATES = ("i", "f", "o")

Squash = Callable[[Any], Any]


@dataclass(frozen=True)
class Blocks:
    """How cells are grouped, and which gates and peepholes they have.

    Args:
        cells_per_block: Cells that share their gates.
        gates: Those of `i`, `f`, `o` that exist.
        peepholes: Those of the existing gates that see their cells.

    Example:
        >>> Blocks(cells_per_block=2, gates=("i", "o")).sizes(units=8)  # 1997: i, c, o
        {'i': 4, 'c': 8, 'o': 4}
    """

    cells_per_block: int = 1
    gates: tuple[str, ...] = GATES
    peepholes: tuple[str, ...] = GATES

    def sizes(self, units: int) -> dict[str, int]:
        """Net inputs of each kind for that many cells, in the order they lie side by side."""
        n_blocks = units // self.cells_per_block
        return {kind: units if kind == "c" else n_blocks for kind in self.kinds}

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of units that have net inputs, in Keras' order."""
        return tuple(kind for kind in ("i", "f", "c", "o") if kind == "c" or kind in self.gates)


class Activations(NamedTuple):
    """Everything that happens in a step.

    Attributes:
        i, f, o: Gates, shape (..., blocks); None where there is no such gate.
        g: Squashed inputs of the cells, shape (..., units).
        c: Cells after the step, shape (..., units).
        y: Outputs of the cells, shape (..., units).
    """

    i: Any
    f: Any
    o: Any
    g: Any
    c: Any
    y: Any


def sigmoid(xp: Any, x: Any) -> Any:
    """1 / (1 + exp(-x)), written so that it neither overflows nor needs a library."""
    return 0.5 * xp.tanh(0.5 * x) + 0.5


def activations(
    xp: Any,
    z: Any,
    c_prev: Any,
    peephole: Any = None,
    blocks: Blocks = Blocks(),
    g: Squash | None = None,
    h: Squash | None = None,
    gate: Squash | None = None,
) -> Activations:
    """One step from the net inputs, with all that happens in it.

    Args:
        xp: NumPy or `keras.ops`.
        z: Net inputs of the existing kinds, by their letter, or side by side in one array
            (`Blocks.sizes`), shape (..., net inputs).
        c_prev: The cells before the step, shape (..., units).
        peephole: One row of weights for each gate of `blocks.peepholes`, in the order i, f, o,
            shape (rows, units); None for no peepholes.
        blocks: Grouping, gates, peepholes.
        g: Squashes the inputs of the cells; None for tanh.
        h: Squashes the cells on their way out; None for g.
        gate: Squashes the gates; None for σ.
    """
    squash: Squash = g or xp.tanh
    squash_out: Squash = h or squash
    open_gate: Squash = gate or (lambda x: sigmoid(xp, x))
    size = blocks.cells_per_block
    net = z if isinstance(z, dict) else by_kind(z, blocks.sizes(c_prev.shape[-1]))
    rows = [kind for kind in GATES if kind in blocks.peepholes and kind in blocks.gates]

    def opened(kind: str, cells: Any) -> Any:
        """The gate, shape (..., blocks), which sees these cells; None where there is none."""
        if kind not in net:
            return None
        x = net[kind]
        if peephole is not None and kind in rows:
            seen = peephole[rows.index(kind)] * cells
            x = x + (seen if size == 1 else _sum_of_blocks(xp, seen, size))
        return open_gate(x)

    def gated(by: Any, cells: Any) -> Any:
        if by is None:
            return cells
        return (by if size == 1 else xp.repeat(by, size, axis=-1)) * cells

    i, f = opened("i", c_prev), opened("f", c_prev)
    cell_input = squash(net["c"])
    c = gated(f, c_prev) + gated(i, cell_input)
    o = opened("o", c)
    return Activations(i, f, o, cell_input, c, gated(o, squash_out(c)))


def by_kind(z: Any, sizes: dict[str, int]) -> dict[str, Any]:
    """What lies side by side on the last axis, by the letter of its kind."""
    found, start = {}, 0
    for kind, width in sizes.items():
        found[kind] = z[..., start : start + width]
        start += width
    return found


def _sum_of_blocks(xp: Any, cells: Any, size: int) -> Any:
    """Sums over the cells of each block: (..., units) -> (..., blocks)."""
    leading = [-1 if length is None else length for length in cells.shape[:-1]]
    return xp.sum(xp.reshape(cells, (*leading, cells.shape[-1] // size, size)), axis=-1)


def step(
    xp: Any,
    z: Any,
    c_prev: Any,
    peephole: Any = None,
    blocks: Blocks = Blocks(),
    g: Squash | None = None,
    h: Squash | None = None,
    gate: Squash | None = None,
) -> tuple[Any, Any]:
    """One step from the net inputs; the arguments are those of `activations`.

    Returns:
        The new outputs y and cells c, each of shape (..., units).

    Example:
        >>> import numpy as np
        >>> y, c = step(np, np.zeros(4), c_prev=np.ones(1))  # all gates half open
        >>> float(c[0]), round(float(y[0]), 4)
        (0.5, 0.2311)
    """
    found = activations(xp, z, c_prev, peephole, blocks, g, h, gate)
    return found.y, found.c
