"""Learning online as in 1997: the truncated real-time gradient, in constant memory.

Errors reach a cell and flow back in time only inside it, along the carousel; what reaches the net
inputs of gates and cells changes their weights and is then dropped, and nothing flows from a gate
back through a peephole. So all that has to be remembered is how each cell depends on the weights
that feed it, carried forward step by step. A stream may be endless.

With c the cells, F = f (1 without a forget gate), and s_m a source of a net input,

    ∂c/∂w_c,m ← F ∂c/∂w_c,m + i g'(net_c) s_m        cell inputs
    ∂c/∂w_i,m ← F ∂c/∂w_i,m + g i' s_m               input gate; its peepholes with s = c'
    ∂c/∂w_f,m ← F ∂c/∂w_f,m + c' f' s_m              forget gate; its peepholes with s = c'

`TruncatedGradient` has the equations, for NumPy and for `keras.ops`, of one network or of many in
one array; `OnlineLSTM` is one network that learns by them.

References:
    Hochreiter, Schmidhuber (1997), Neural Computation 9(8), appendix A.1, equations 16-28.
    Gers, Schraudolph, Schmidhuber (2002), JMLR 3, section 3 (peepholes).
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.layers.peephole_lstm import PeepholeLSTM
from lstmmusic.layers.squash import squash_of
from lstmmusic.step import Activations, activations

Weights = dict[str, Any]
State = dict[str, Any]


class OnlineStep(NamedTuple):
    """What came of one step.

    Attributes:
        output: Of the network, shape (outputs,).
        gradient: Of the error of this step, one array a weight; None without a target.
    """

    output: np.ndarray
    gradient: Weights | None


class Read(NamedTuple):
    """One step read: what its gradient needs.

    Attributes:
        output: Of the network, shape (..., outputs).
        found: What happened in the cells and gates.
        ordinary: Outputs of the ordinary units, (..., ordinary units).
        sources: What net inputs saw, and 1 for their bias, (..., sources + 1).
        seen: What the outputs saw, (..., seen).
    """

    output: Any
    found: Activations
    ordinary: Any
    sources: Any
    seen: Any


class TruncatedGradient:
    """How a network of a hidden and an output layer reads, and what an error asks of its weights.

    It holds no numbers: weights and states are dicts of arrays, with as many axes in front as are
    wanted, the same for all.

    Args:
        layer: As all up to `cross_entropy`, see `OnlineLSTM`.

    Raises:
        InputError: As `OnlineLSTM`.

    Example:
        >>> import keras, numpy as np
        >>> layer, head = PeepholeLSTM(4), keras.layers.Dense(1, activation="sigmoid")
        >>> layer.build((None, None, 2)); head.build((None, 4))
        >>> rule = TruncatedGradient(layer, head)
        >>> many = {name: np.stack([weight] * 5) for name, weight in rule.variables().items()}
        >>> states = {name: np.stack([part] * 5) for name, part in rule.start().items()}
        >>> states, read = rule.read(np, many, states, np.ones((5, 2)))
        >>> rule.gradient(np, many, states, read, np.ones((5, 1)))["kernel"].shape
        (5, 2, 16)
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
        self.cell, self._layer, self._head = cell, layer, top
        self.n_inputs, self.n_outputs = cell.kernel.shape[0], top.kernel.shape[1]
        self._shortcut: int = self.n_inputs if shortcut is True else int(shortcut)
        self._g = squash_of(cell.activation)
        self._h = squash_of(cell.output_activation or cell.activation)
        self._gate = squash_of(cell.recurrent_activation)
        self._u = squash_of(cell.ordinary_activation)
        self._f = squash_of(top.activation)
        self._cross_entropy = cross_entropy
        if cross_entropy and self._f is not squash_of(keras.activations.sigmoid):
            raise InputError("cross_entropy", "sigmoid outputs", str(top.activation))
        expected = cell.output_size + self._shortcut
        if top.kernel.shape[0] != expected:
            raise InputError("head", f"a layer of {expected} inputs", top.kernel.shape[0])

    def variables(self) -> dict[str, Any]:
        """The Keras variables of the two layers, by the names that weights have here."""
        found = {
            "kernel": self.cell.kernel,
            "recurrent_kernel": self.cell.recurrent_kernel,
            "bias": self.cell.bias,
            "peephole_kernel": self.cell.peephole_kernel,
            "head_kernel": self._head.kernel,
            "head_bias": self._head.bias,
        }
        return {name: variable for name, variable in found.items() if variable is not None}

    def start(self) -> State:
        """Before a stream: outputs and gates, cells, and how the cells depend on the weights.

        `by_source` has rows for the cell's own input and for the gates of its block, each (units,
        sources and bias); `by_cell` for those gates' peepholes, each (units, cells of the block).
        """
        cell = self.cell
        states = self._layer.get_initial_state(1)
        first = [_array(keras.ops.convert_to_numpy(state))[0] for state in states]
        n_sources = cell.kernel.shape[0] + cell.recurrent_kernel.shape[0] + 1
        found: State = {"y": first[0], "c": first[1], "gates": np.concatenate([*first[2:], []])}
        found |= {f"by_source_{kind}": np.zeros((cell.units, n_sources)) for kind in self._lasting}
        shape = (cell.units, cell.cells_per_block)
        return found | {f"by_cell_{kind}": np.zeros(shape) for kind in self._seeing}

    @property
    def _lasting(self) -> list[str]:
        """Kinds of units whose effect on a cell lasts."""
        return [kind for kind in self.cell.blocks.kinds if kind != "o"]

    @property
    def _seeing(self) -> list[str]:
        """Those that see the cells."""
        return [kind for kind in self._lasting if kind in self.cell.blocks.peepholes]

    def read(self, xp: Any, weights: Weights, state: State, x: Any) -> tuple[State, Read]:
        """One step.

        Args:
            xp: NumPy or `keras.ops`.
            weights: By the names of `variables`.
            state: Of `start`, or of the step before.
            x: Shape (..., features).

        Returns:
            The new state, and what was read.
        """
        cell = self.cell
        before = xp.concatenate([state["y"], state["gates"]], axis=-1)
        net = weighted(xp, x, weights["kernel"])
        net = net + weighted(xp, before, weights["recurrent_kernel"])
        if "bias" in weights:
            net = net + self._spread(xp, weights["bias"])
        n_lstm = sum(cell.blocks.sizes(cell.units).values())
        rows = weights.get("peephole_kernel")
        found = activations(
            xp,
            net[..., :n_lstm],
            state["c"],
            None if rows is None else xp.moveaxis(rows, -2, 0),
            cell.blocks,
            partial(self._g.value, xp),
            partial(self._h.value, xp),
            partial(self._gate.value, xp),
        )
        ordinary = self._u.value(xp, net[..., n_lstm:])
        sources = xp.concatenate([x, before, xp.ones_like(x[..., :1])], axis=-1)
        y = xp.concatenate([found.y, ordinary], axis=-1)
        gates = state["gates"]
        if cell.gate_feedback:
            opened = [gate for gate in (found.i, found.f, found.o) if gate is not None]
            gates = xp.concatenate(opened, axis=-1)
        seen = xp.concatenate([y, x[..., : self._shortcut]], axis=-1)
        net = weighted(xp, seen, weights["head_kernel"])
        output = self._f.value(xp, net + weights["head_bias"] if "head_bias" in weights else net)
        after = {"y": y, "c": found.c, "gates": gates, **self._carried(xp, state, found, sources)}
        return after, Read(output, found, ordinary, sources, seen)

    def _carried(self, xp: Any, state: State, found: Activations, sources: Any) -> State:
        """How the cells depend on the weights after the step."""
        size = self.cell.cells_per_block

        def spread(gate: Any) -> Any:  # from blocks to cells
            return gate if size == 1 else xp.repeat(gate, size, axis=-1)

        drives = {"c": self._g.slope(xp, found.g)}
        if found.i is not None:
            drives["c"] = spread(found.i) * drives["c"]
            drives["i"] = found.g * spread(self._gate.slope(xp, found.i))
        if found.f is not None:
            drives["f"] = state["c"] * spread(self._gate.slope(xp, found.f))
        # The cells of a cell's own block, for each cell.
        cells = _in_blocks(xp, state["c"], size)
        cells = cells if size == 1 else xp.repeat(cells, size, axis=-2)
        carried = {}
        for kind, drive in drives.items():
            tables = {f"by_source_{kind}": sources[..., None, :], f"by_cell_{kind}": cells}
            for name, source in tables.items():
                if name in state:
                    kept = state[name]
                    kept = kept if found.f is None else spread(found.f)[..., None] * kept
                    carried[name] = kept + drive[..., None] * source
        return carried

    def gradient(self, xp: Any, weights: Weights, state: State, read: Read, target: Any) -> Weights:
        """What the error of a step asks of each weight.

        Args:
            xp: NumPy or `keras.ops`.
            weights: Those of the step.
            state: After the step.
            read: The step.
            target: Shape (..., outputs).

        Returns:
            The gradient, in the shapes of the weights.
        """
        cell, found = self.cell, read.found
        units, size = cell.units, cell.cells_per_block
        delta = read.output - target
        if not self._cross_entropy:
            delta = delta * self._f.slope(xp, read.output)
        back = weighted(xp, delta, xp.swapaxes(weights["head_kernel"], -1, -2))
        squashed = self._h.value(xp, found.c)
        error = self._h.slope(xp, squashed) * back[..., :units]
        if found.o is not None:
            error = error * (found.o if size == 1 else xp.repeat(found.o, size, axis=-1))
        columns: dict[str, Any] = {}
        rows: dict[str, Any] = {}
        for kind in self._lasting:
            table = error[..., None] * state[f"by_source_{kind}"]
            if kind != "c":  # a gate serves the cells of its block
                table = _summed(xp, table, size)
            columns[kind] = xp.swapaxes(table, -1, -2)
        for kind in self._seeing:
            table = _summed(xp, error[..., None] * state[f"by_cell_{kind}"], size)
            rows[kind] = xp.reshape(table, found.c.shape)
        if found.o is not None:
            asked = xp.sum(_in_blocks(xp, squashed * back[..., :units], size), axis=-1)
            asked = asked * self._gate.slope(xp, found.o)
            columns["o"] = read.sources[..., :, None] * asked[..., None, :]
            rows["o"] = (asked if size == 1 else xp.repeat(asked, size, axis=-1)) * found.c
        if cell.ordinary_units:
            asked = back[..., units : cell.output_size] * self._u.slope(xp, read.ordinary)
            columns["u"] = read.sources[..., :, None] * asked[..., None, :]
        table = xp.concatenate([columns[kind] for kind in cell.sizes], axis=-1)
        n_inputs = weights["kernel"].shape[-2]
        gradient: Weights = {
            "kernel": table[..., :n_inputs, :],
            "recurrent_kernel": table[..., n_inputs:-1, :],
            "head_kernel": read.seen[..., :, None] * delta[..., None, :],
        }
        if "bias" in weights:
            asked = [columns[kind][..., -1, :] for kind in cell.biased_sizes]
            gradient["bias"] = xp.concatenate(asked, axis=-1)
        if "peephole_kernel" in weights:
            gradient["peephole_kernel"] = xp.stack(
                [rows[kind] for kind in cell.blocks.peepholes], axis=-2
            )
        if "head_bias" in weights:
            gradient["head_bias"] = delta
        return gradient

    def _spread(self, xp: Any, bias: Any) -> Any:
        """The biases of all net inputs, 0 for the kinds that have none."""
        biased, start, parts = self.cell.biased_sizes, 0, []
        for kind, size in self.cell.sizes.items():
            if kind in biased:
                parts.append(bias[..., start : start + size])
                start += size
            else:
                parts.append(xp.zeros((*bias.shape[:-1], size), dtype=bias.dtype))
        return xp.concatenate(parts, axis=-1)


class OnlineRule(Protocol):
    """Reads a stream step by step and tells the gradient of each, without numbers of its own.

    See `TruncatedGradient` for what the methods do. Where there is one hidden layer its outputs are
    `y` in the state.

    Attributes:
        n_inputs: Features of a step.
        n_outputs: Outputs of a step.
    """

    n_inputs: int
    n_outputs: int

    def variables(self) -> dict[str, Any]: ...

    def start(self) -> State: ...

    def read(self, xp: Any, weights: Weights, state: State, x: Any) -> tuple[State, Any]: ...

    def gradient(
        self, xp: Any, weights: Weights, state: State, read: Any, target: Any
    ) -> Weights: ...


class Online:
    """One network that learns while a stream goes by.

    Args:
        rule: By which it reads and learns; the weights are copied, see `write_back`.

    Attributes:
        weights: By name, float64, in the shapes of the Keras variables.
        speed: The last change of each, see `descend`.
    """

    def __init__(self, rule: OnlineRule) -> None:
        self.rule = rule
        self.weights: Weights = {name: _array(part) for name, part in rule.variables().items()}
        self.speed = {name: np.zeros_like(weight) for name, weight in self.weights.items()}
        self._start = rule.start()
        self.reset()

    @property
    def y(self) -> np.ndarray:
        """Outputs of the hidden layer, shape (outputs of the layer,); before a stream its start."""
        return self._state["y"]

    def reset(self) -> None:
        """Forgets the stream: outputs, cells, and how the cells depend on the weights."""
        self._state = self._start

    def step(self, x: np.ndarray, target: np.ndarray | None = None) -> OnlineStep:
        """Reads one input and, where there is a target, gives the gradient of the error there.

        Args:
            x: Shape (features,).
            target: Shape (outputs,); None where nothing is asked.
        """
        self._state, read = self.rule.read(np, self.weights, self._state, x)
        if target is None:
            return OnlineStep(read.output, None)
        target = np.asarray(target, float)
        gradient = self.rule.gradient(np, self.weights, self._state, read, target)
        return OnlineStep(read.output, gradient)

    def descend(self, gradient: Weights, learning_rate: float, momentum: float = 0.0) -> None:
        """Changes the weights against a gradient.

        Args:
            gradient: By the names of the weights, in their shapes.
            learning_rate: How far.
            momentum: Share of the last change that is added.
        """
        for name, slope in gradient.items():
            speed = self.speed[name]
            speed *= momentum
            speed -= learning_rate * slope
            self.weights[name] += speed

    def write_back(self) -> None:
        """Gives the weights to the Keras layers that they came from."""
        for name, variable in self.rule.variables().items():
            variable.assign(self.weights[name])


class OnlineLSTM(Online):
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
        super().__init__(TruncatedGradient(layer, head, shortcut, cross_entropy))


def weighted(xp: Any, values: Any, kernel: Any) -> Any:
    """(..., m) and (..., m, k) -> (..., k); of few numbers, for which a sum costs the least."""
    return xp.sum(values[..., None] * kernel, axis=-2)


def _in_blocks(xp: Any, cells: Any, size: int) -> Any:
    """(..., units) -> (..., blocks, cells of a block)."""
    return xp.reshape(cells, (*cells.shape[:-1], cells.shape[-1] // size, size))


def _summed(xp: Any, table: Any, size: int) -> Any:
    """Sums over the cells of each block: (..., units, k) -> (..., blocks, k)."""
    if size == 1:
        return table
    *leading, units, width = table.shape
    return xp.sum(xp.reshape(table, (*leading, units // size, size, width)), axis=-2)


def _array(variable: Any) -> np.ndarray:
    return np.asarray(variable, np.float64).copy()
