"""Learning online as in 1997: the truncated real-time gradient, in constant memory.

Errors reach a cell and flow back in time only inside it, along the carousel; what reaches the net
inputs of gates and cells changes their weights and is then dropped, and nothing flows from a gate
back through a peephole. So all that has to be remembered is how each cell depends on the weights
that feed it, carried forward step by step. A stream may be endless.

With c the cells, F = f (1 without a forget gate), and s_m a source of a net input,

    ∂c/∂w_c,m ← F ∂c/∂w_c,m + i g'(net_c) s_m        cell inputs
    ∂c/∂w_i,m ← F ∂c/∂w_i,m + g i' s_m               input gate; its peepholes with s = c'
    ∂c/∂w_f,m ← F ∂c/∂w_f,m + c' f' s_m              forget gate; its peepholes with s = c'

References:
    Hochreiter, Schmidhuber (1997), Neural Computation 9(8), appendix A.1, equations 16-28.
    Gers, Schraudolph, Schmidhuber (2002), JMLR 3, section 3 (peepholes).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.layers.peephole_lstm import PeepholeLSTM
from lstmmusic.layers.squash import squash_of
from lstmmusic.step import GATES, activations

Weights = dict[str, np.ndarray]


class OnlineStep(NamedTuple):
    """What came of one step.

    Attributes:
        output: Of the network, shape (outputs,).
        gradient: Of the error of this step, one array a weight; None without a target.
    """

    output: np.ndarray
    gradient: Weights | None


class OnlineLSTM:
    """A hidden layer and an output layer that learn while a stream goes by.

    Args:
        layer: Built, of any variant; its weights are copied, see `write_back`. A learnt initial
            state is where streams start, and is not learnt here.
        head: Built output layer; it sees the layer's outputs, and after them the inputs with
            `shortcut`.
        shortcut: True where the outputs see the inputs directly; a number: the first so many.
        cross_entropy: False: half the squared error. True: cross-entropy, for sigmoid outputs.

    Raises:
        InputError: An activation without a known slope, or a head of another size.

    Example:
        >>> import keras, numpy as np
        >>> layer, head = PeepholeLSTM(4), keras.layers.Dense(1, activation="sigmoid")
        >>> layer.build((None, None, 2)); head.build((None, 4))
        >>> online = OnlineLSTM(layer, head)
        >>> for _ in range(3):
        ...     found = online.step(np.ones(2), target=np.ones(1))
        ...     online.descend(found.gradient, learning_rate=0.1)
        >>> sorted(online.weights)[:3]
        ['bias', 'head_bias', 'head_kernel']
    """

    def __init__(
        self,
        layer: PeepholeLSTM,
        head: keras.layers.Dense,
        shortcut: bool | int = False,
        cross_entropy: bool = False,
    ) -> None:
        cell: Any = layer.cell
        top: Any = head
        self._head, self._cell = top, cell
        self._shortcut: int = cell.kernel.shape[0] if shortcut is True else int(shortcut)
        self._g, self._g_slope = squash_of(cell.activation)
        self._h, self._h_slope = squash_of(cell.output_activation or cell.activation)
        self._gate, self._gate_slope = squash_of(cell.recurrent_activation)
        self._u, self._u_slope = squash_of(cell.ordinary_activation)
        self._f, self._f_slope = squash_of(top.activation)
        self._cross_entropy = cross_entropy
        if cross_entropy and self._f is not squash_of(keras.activations.sigmoid)[0]:
            raise InputError("cross_entropy", "sigmoid outputs", str(top.activation))
        states = layer.get_initial_state(1)
        self._initial = [_array(keras.ops.convert_to_numpy(state))[0] for state in states]
        # One array for all sources; the two kernels are views into it.
        n_inputs = cell.kernel.shape[0]
        self._kernel = np.concatenate([_array(cell.kernel), _array(cell.recurrent_kernel)])
        self.weights: Weights = {"kernel": self._kernel[:n_inputs]}
        self.weights["recurrent_kernel"] = self._kernel[n_inputs:]
        if cell.bias is not None:
            self.weights["bias"] = _array(cell.bias)
        if cell.peephole_kernel is not None:
            self.weights["peephole_kernel"] = _array(cell.peephole_kernel)
        self.weights["head_kernel"] = _array(top.kernel)
        if top.bias is not None:
            self.weights["head_bias"] = _array(top.bias)
        expected = cell.output_size + self._shortcut
        if top.kernel.shape[0] != expected:
            raise InputError("head", f"a layer of {expected} inputs", top.kernel.shape[0])
        self._columns = _columns(cell.sizes)
        self._block = np.arange(cell.units) // cell.cells_per_block
        self.speed = {name: np.zeros_like(weight) for name, weight in self.weights.items()}
        self.reset()

    @property
    def y(self) -> np.ndarray:
        """Outputs of the hidden layer, shape (outputs of the layer,); before a stream its start."""
        return self._y

    def reset(self) -> None:
        """Forgets the stream: outputs, cells, and how the cells depend on the weights."""
        cell = self._cell
        n_sources = self.weights["kernel"].shape[0] + self.weights["recurrent_kernel"].shape[0]
        self._y, self._c, *gates = (state.copy() for state in self._initial)
        self._gates = gates[0] if gates else np.zeros(0)
        # How each cell depends on the weights of its own input and of the gates of its block:
        # (units, sources and bias), and on the peepholes of the block: (units, cells of the block).
        self._by_source = {k: np.zeros((cell.units, n_sources + 1)) for k in ("c", "i", "f")}
        self._by_cell = {k: np.zeros((cell.units, cell.cells_per_block)) for k in ("i", "f")}

    def step(self, x: np.ndarray, target: np.ndarray | None = None) -> OnlineStep:
        """Reads one input and, where there is a target, gives the gradient of the error there.

        Args:
            x: Shape (features,).
            target: Shape (outputs,); None where nothing is asked.
        """
        cell = self._cell
        sources = np.concatenate([x, self._y, self._gates])
        net = sources @ self._kernel + self._bias()
        n_lstm = sum(cell.blocks.sizes(cell.units).values())
        found = activations(
            np,
            net[:n_lstm],
            self._c,
            self.weights.get("peephole_kernel"),
            cell.blocks,
            self._g,
            self._h,
            self._gate,
        )
        ordinary = self._u(net[n_lstm:])
        self._carry(found, np.append(sources, 1.0))
        self._c = found.c
        self._y = np.concatenate([found.y, ordinary])
        if cell.gate_feedback:
            opened = [gate for gate in (found.i, found.f, found.o) if gate is not None]
            self._gates = np.concatenate(opened)
        seen = np.concatenate([self._y, x[: self._shortcut]])
        output = self._f(seen @ self.weights["head_kernel"] + self.weights.get("head_bias", 0.0))
        if target is None:
            return OnlineStep(output, None)
        gradient = self._gradient(found, ordinary, np.append(sources, 1.0), seen, output, target)
        return OnlineStep(output, gradient)

    def _carry(self, found: Any, sources: np.ndarray) -> None:
        """Carries forward how the cells depend on the weights; `self._c` is still the old cells."""
        block, size = self._block, self._cell.cells_per_block
        keep = np.ones(len(block)) if found.f is None else found.f[block]
        opened = np.ones(len(block)) if found.i is None else found.i[block]
        drives = {"c": opened * self._g_slope(found.g)}
        if found.i is not None:
            drives["i"] = found.g * self._gate_slope(found.i)[block]
        if found.f is not None:
            drives["f"] = self._c * self._gate_slope(found.f)[block]
        cells = self._c.reshape(-1, size)[block]
        for kind, drive in drives.items():
            table = self._by_source[kind]
            table *= keep[:, None]
            table += drive[:, None] * sources
            if kind in self._cell.blocks.peepholes:
                seen = self._by_cell[kind]
                seen *= keep[:, None]
                seen += drive[:, None] * cells

    def _gradient(
        self,
        found: Any,
        ordinary: np.ndarray,
        sources: np.ndarray,
        seen: np.ndarray,
        output: np.ndarray,
        target: np.ndarray,
    ) -> Weights:
        cell, block = self._cell, self._block
        units, size, n_blocks = cell.units, cell.cells_per_block, cell.n_blocks
        delta = output - np.asarray(target, float)
        if not self._cross_entropy:
            delta = delta * self._f_slope(output)
        back = self.weights["head_kernel"] @ delta
        by_column = np.zeros((len(sources), self.weights["kernel"].shape[1]))
        peephole = np.zeros((3, units))
        squashed = self._h(found.c)
        opened = np.ones(units) if found.o is None else found.o[block]
        error = opened * self._h_slope(squashed) * back[:units]
        by_column[:, self._columns["c"]] = (error[:, None] * self._by_source["c"]).T
        for kind in ("i", "f"):
            if kind in cell.blocks.gates:
                table = (error[:, None] * self._by_source[kind]).reshape(n_blocks, size, -1)
                by_column[:, self._columns[kind]] = table.sum(axis=1).T
                cells = (error[:, None] * self._by_cell[kind]).reshape(n_blocks, size, size)
                peephole[GATES.index(kind)] = cells.sum(axis=1).ravel()
        if found.o is not None:
            asked = (squashed * back[:units]).reshape(n_blocks, size).sum(axis=1)
            asked = asked * self._gate_slope(found.o)
            by_column[:, self._columns["o"]] = np.outer(sources, asked)
            peephole[GATES.index("o")] = asked[block] * found.c
        if cell.ordinary_units:
            asked = back[units : cell.output_size] * self._u_slope(ordinary)
            by_column[:, self._columns["u"]] = np.outer(sources, asked)
        n_inputs = self.weights["kernel"].shape[0]
        gradient: Weights = {
            "kernel": by_column[:n_inputs],
            "recurrent_kernel": by_column[n_inputs:-1],
            "head_kernel": np.outer(seen, delta),
        }
        if "bias" in self.weights:
            kinds = [self._columns[kind] for kind in cell.biased_sizes]
            gradient["bias"] = np.concatenate([by_column[-1, columns] for columns in kinds])
        if "peephole_kernel" in self.weights:
            rows = [GATES.index(kind) for kind in cell.blocks.peepholes]
            gradient["peephole_kernel"] = peephole[rows]
        if "head_bias" in self.weights:
            gradient["head_bias"] = delta
        return gradient

    def descend(self, gradient: Weights, learning_rate: float, momentum: float = 0.0) -> None:
        """Changes the weights against a gradient."""
        for name, slope in gradient.items():
            speed = self.speed[name]
            speed *= momentum
            speed -= learning_rate * slope
            self.weights[name] += speed

    def write_back(self) -> None:
        """Gives the weights to the Keras layers that they came from."""
        cell, head = self._cell, self._head
        targets = {
            "kernel": cell.kernel,
            "recurrent_kernel": cell.recurrent_kernel,
            "bias": cell.bias,
            "peephole_kernel": cell.peephole_kernel,
            "head_kernel": head.kernel,
            "head_bias": head.bias,
        }
        for name, weight in self.weights.items():
            targets[name].assign(weight)

    def _bias(self) -> np.ndarray:
        """The biases of all net inputs, 0 for the kinds that have none."""
        spread = np.zeros(self.weights["kernel"].shape[1])
        start = 0
        for kind, size in self._cell.biased_sizes.items() if "bias" in self.weights else ():
            spread[self._columns[kind]] = self.weights["bias"][start : start + size]
            start += size
        return spread


def _array(variable: Any) -> np.ndarray:
    return np.asarray(variable, np.float64).copy()


def _columns(sizes: dict[str, int]) -> dict[str, slice]:
    """Kind of unit -> its columns in the kernels."""
    columns, start = {}, 0
    for kind, size in sizes.items():
        columns[kind] = slice(start, start + size)
        start += size
    return columns
