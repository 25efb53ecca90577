"""What acts: networks of many runs side by side that learn at every step, in constant memory.

Each run has weights of its own. A network tells the advantage of every action, and how that of the
action taken depends on each weight; the sum of those, fading step by step, is the eligibility
trace that `lstmmusic.tasks._advantage` learns by.

    e ← γλ e + ∂y_K/∂w                           K: the action taken

`LSTMActor` follows errors as in 1997: back in time inside the cells alone. `ElmanActor` follows
them all, `TableActor` has no network at all, but one bit that its actions set.

References:
    Hochreiter, Schmidhuber (1997), Neural Computation 9(8), appendix A.1 (the truncated gradient).
    Williams, Zipser (1989), Neural Computation 1(2) (the full one, carried forward).
    Bakker (2002), Reinforcement learning with long short-term memory, NIPS 14.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from lstmmusic.step import Blocks, activations, sigmoid
from lstmmusic.tasks.task import WEIGHTS

State = dict[str, np.ndarray]


class Actor(Protocol):
    """What tells advantages and can learn them.

    Attributes:
        weights: Shape (runs, weights).
        traces: Of eligibility, the same.
    """

    weights: np.ndarray
    traces: np.ndarray

    def read(self, x: np.ndarray) -> np.ndarray:
        """Observations (runs, features) -> advantages (runs, choices)."""
        ...

    def follow(self, choices: np.ndarray, fading: float) -> None:
        """Traces fade, and take up how the advantages of the choices depend on the weights."""
        ...

    def forget(self, rows: np.ndarray) -> None:
        """Ends the episodes of the runs where `rows`, (runs,), is True: states and traces are 0."""
        ...

    def act(self, choices: np.ndarray) -> np.ndarray:
        """Choices (runs,) -> actions of the world (runs,)."""
        ...

    def alone(self, index: int, n: int) -> Actor:
        """As many actors with the weights of one run."""
        ...

    def state(self) -> State:
        """All that the next step depends on."""
        ...

    def restore(self, state: State) -> None:
        """Goes on from a kept state."""
        ...


class _Base:
    """What all actors share."""

    weights: np.ndarray
    traces: np.ndarray
    _kept: tuple[str, ...]  # arrays, (runs, ...), that begin at 0 in every episode
    _passing: tuple[str, ...] = ()  # those that every step fills anew

    def forget(self, rows: np.ndarray) -> None:
        """See `Actor`."""
        for name in self._kept:
            getattr(self, name)[rows] = 0.0
        self.traces[rows] = 0.0

    def act(self, choices: np.ndarray) -> np.ndarray:
        """See `Actor`."""
        return choices

    def state(self) -> State:
        """See `Actor`."""
        names = ("weights", "traces", *self._kept, *self._passing)
        return {name: getattr(self, name) for name in names}

    def restore(self, state: State) -> None:
        """See `Actor`."""
        for name, values in state.items():
            getattr(self, name)[...] = values


class LSTMActor(_Base):
    """Memory cells beside ordinary units; outputs see both.

    Cells, gates and ordinary units see the inputs, all cells, all ordinary units and a bias.

    Args:
        weights: Of `first_weights`, (runs, weights).
        n_inputs: Features of an observation.
        n_outputs: Advantages.
        cells: Memory cells, each with gates of its own.
        ordinary: Ordinary units.
        blocks: Which gates and peepholes there are.

    Example:
        >>> n = LSTMActor.n_weights(3, 4, 3, 12, Blocks(peepholes=()))
        >>> actor = LSTMActor(np.zeros((5, n)), 3, 4, 3, 12, Blocks(peepholes=()))
        >>> n, actor.read(np.ones((5, 3))).shape  # five runs
        (520, (5, 4))
    """

    _kept = ("_y", "_c", "_by_source", "_by_cell")
    _passing = ("_o", "_seen")

    def __init__(
        self,
        weights: np.ndarray,
        n_inputs: int,
        n_outputs: int,
        cells: int,
        ordinary: int,
        blocks: Blocks,
    ) -> None:
        n, self._cells, self._blocks = len(weights), cells, blocks
        self._shape = (n_inputs, n_outputs, cells, ordinary, blocks)
        self.weights = weights
        self.traces = np.zeros_like(weights)
        self._views, self._trace_views = self._split(self.weights), self._split(self.traces)
        self._seen = np.ones((n, n_inputs + cells + ordinary + 1))
        self._y, self._c = np.zeros((n, cells + ordinary)), np.zeros((n, cells))
        # Those whose effect on a cell lasts: its input, and the gates that let in and keep.
        self._lasting = [kind for kind in blocks.kinds if kind != "o"]
        self._by_source = np.zeros((n, len(self._lasting), cells, self._seen.shape[1]))
        self._by_cell = np.zeros((n, len(self._seeing()), cells))
        self._o = np.ones((n, cells))
        self._rows = np.arange(n)
        self.gates: dict[str, np.ndarray] = {}

    def _seeing(self) -> list[str]:
        """Gates with peepholes whose effect on a cell lasts."""
        return [gate for gate in ("i", "f") if gate in self._blocks.peepholes]

    @staticmethod
    def n_weights(n_inputs: int, n_outputs: int, cells: int, ordinary: int, blocks: Blocks) -> int:
        """Of one run."""
        n_seen = n_inputs + cells + ordinary + 1
        columns = len(blocks.kinds) * cells + ordinary
        return columns * n_seen + len(blocks.peepholes) * cells + n_outputs * (cells + ordinary + 1)

    def _split(self, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Views: net inputs (runs, net inputs, sources), peepholes, outputs (runs, outputs, y)."""
        n_inputs, n_outputs, cells, ordinary, blocks = self._shape
        n, n_seen = len(flat), n_inputs + cells + ordinary + 1
        columns, rows = len(blocks.kinds) * cells + ordinary, len(blocks.peepholes)
        ends = np.cumsum([columns * n_seen, rows * cells])
        net, peephole, head = np.split(flat, ends, axis=1)
        return (
            net.reshape(n, columns, n_seen),
            peephole.reshape(n, rows, cells),
            head.reshape(n, n_outputs, cells + ordinary + 1),
        )

    def add_bias(self, kind: str, value: float) -> None:
        """Adds to the biases of gates of one kind, where there are such."""
        if kind in self._blocks.kinds:
            start = self._blocks.kinds.index(kind) * self._cells
            self._views[0][:, start : start + self._cells, -1] += value

    def read(self, x: np.ndarray) -> np.ndarray:
        """See `Actor`."""
        kernel, peephole, head = self._views
        cells, n_lstm = self._cells, len(self._blocks.kinds) * self._cells
        self._seen[:, : x.shape[1]] = x
        self._seen[:, x.shape[1] : -1] = self._y
        net = (kernel @ self._seen[..., None])[..., 0]
        seeing = peephole.transpose(1, 0, 2) if self._blocks.peepholes else None
        found = activations(np, net[:, :n_lstm], self._c, seeing, self._blocks)
        self._carry(found)
        self._c[...] = found.c
        self._y[:, :cells] = found.y
        self._y[:, cells:] = sigmoid(np, net[:, n_lstm:])
        self.gates = {"i": found.i, "f": found.f, "o": found.o}
        if found.o is not None:
            self._o[...] = found.o
        return (head[..., :-1] @ self._y[..., None])[..., 0] + head[..., -1]

    def _carry(self, found: Any) -> None:
        """Carries forward how cells depend on weights; `self._c` still holds the old ones."""
        drives = {"i": found.g, "c": 1.0 - found.g**2, "f": self._c}
        if found.i is not None:
            drives["i"] = drives["i"] * (found.i * (1 - found.i))
            drives["c"] = drives["c"] * found.i
        if found.f is not None:
            drives["f"] = drives["f"] * (found.f * (1 - found.f))
            self._by_source *= found.f[:, None, :, None]
            self._by_cell *= found.f[:, None]
        drive = np.stack([drives[kind] for kind in self._lasting], axis=1)
        self._by_source += drive[..., None] * self._seen[:, None, None]
        for row, gate in enumerate(self._seeing()):
            self._by_cell[:, row] += drives[gate] * self._c

    def follow(self, choices: np.ndarray, fading: float) -> None:
        """See `Actor`."""
        self.traces *= fading
        kernel, peephole, head = self._trace_views
        cells, o = self._cells, self._o
        back = self._views[2][self._rows, choices, :-1]
        head[self._rows, choices, :-1] += self._y
        head[self._rows, choices, -1] += 1.0
        squashed = np.tanh(self._c)
        error = o * (1.0 - squashed**2) * back[:, :cells]
        n_rows = 0
        for kind in self._blocks.kinds:
            rows = slice(n_rows, n_rows + cells)
            if kind == "o":
                asked = squashed * back[:, :cells] * o * (1 - o)
                kernel[:, rows] += asked[..., None] * self._seen[:, None]
                if "o" in self._blocks.peepholes:
                    peephole[:, -1] += asked * self._c
            else:
                table = self._by_source[:, self._lasting.index(kind)]
                kernel[:, rows] += error[..., None] * table
            n_rows += cells
        for row, _ in enumerate(self._seeing()):
            peephole[:, row] += error * self._by_cell[:, row]
        u = self._y[:, cells:]
        asked = back[:, cells:] * u * (1 - u)
        kernel[:, n_rows:] += asked[..., None] * self._seen[:, None]

    def alone(self, index: int, n: int) -> LSTMActor:
        """See `Actor`."""
        return LSTMActor(np.repeat(self.weights[index : index + 1], n, axis=0), *self._shape)

    @property
    def cells(self) -> np.ndarray:
        """What the cells hold, (runs, cells)."""
        return self._c


class ElmanActor(_Base):
    """An Elman network: σ units that see the inputs, each other, and a bias; outputs see them.

    The full gradient, carried forward: that of backpropagation through all time.

    Args:
        weights: Of `first_weights`, (runs, weights).
        n_inputs: Features of an observation.
        n_outputs: Advantages.
        units: Hidden units.

    Example:
        >>> actor = ElmanActor(np.zeros((5, ElmanActor.n_weights(3, 4, 16))), 3, 4, 16)
        >>> actor.read(np.ones((5, 3))).shape
        (5, 4)
    """

    _kept = ("_y", "_slopes")

    def __init__(self, weights: np.ndarray, n_inputs: int, n_outputs: int, units: int) -> None:
        n, self._shape = len(weights), (n_inputs, n_outputs, units)
        self.weights = weights
        self.traces = np.zeros_like(weights)
        self._seen = np.ones((n, n_inputs + units + 1))
        self._y = np.zeros((n, units))
        self._slopes = np.zeros((n, units, units, self._seen.shape[1]))  # of y to kernel
        self._rows, self._units = np.arange(n), np.arange(units)

    @staticmethod
    def n_weights(n_inputs: int, n_outputs: int, units: int) -> int:
        """Of one run."""
        return units * (n_inputs + units + 1) + n_outputs * (units + 1)

    def _split(self, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        n_inputs, n_outputs, units = self._shape
        kernel, head = np.split(flat, [units * (n_inputs + units + 1)], axis=1)
        return kernel.reshape(len(flat), units, -1), head.reshape(len(flat), n_outputs, units + 1)

    def read(self, x: np.ndarray) -> np.ndarray:
        """See `Actor`."""
        n, units = self._y.shape
        kernel, head = self._split(self.weights)
        self._seen[:, : x.shape[1]] = x
        self._seen[:, x.shape[1] : -1] = self._y
        self._y[...] = sigmoid(np, (kernel @ self._seen[..., None])[..., 0])
        recurrent = kernel[:, :, x.shape[1] : -1]
        slopes = (recurrent @ self._slopes.reshape(n, units, -1)).reshape(self._slopes.shape)
        slopes[:, self._units, self._units] += self._seen[:, None]
        slopes *= (self._y * (1 - self._y))[..., None, None]
        self._slopes = slopes
        return (head[..., :-1] @ self._y[..., None])[..., 0] + head[..., -1]

    def follow(self, choices: np.ndarray, fading: float) -> None:
        """See `Actor`."""
        n, units = self._y.shape
        self.traces *= fading
        kernel, head = self._split(self.traces)
        back = self._split(self.weights)[1][self._rows, choices, :-1]
        head[self._rows, choices, :-1] += self._y
        head[self._rows, choices, -1] += 1.0
        found = back[:, None] @ self._slopes.reshape(n, units, -1)
        kernel += found.reshape(kernel.shape)

    def alone(self, index: int, n: int) -> ElmanActor:
        """See `Actor`."""
        return ElmanActor(np.repeat(self.weights[index : index + 1], n, axis=0), *self._shape)


class TableActor(_Base):
    """A table of advantages, told apart by what is seen and by one bit that every action sets.

    Each input is cut in three boxes of equal width.

    Args:
        weights: Shape (runs, boxes · 2 · choices).
        n_inputs: Features of an observation, each in [0, 1].
        n_actions: Of the world; there are twice as many choices: each with the bit on or off.

    Example:
        >>> actor = TableActor(np.zeros((5, TableActor.n_weights(3, 4))), 3, 4)
        >>> actor.read(np.ones((5, 3))).shape, actor.act(np.arange(5)).tolist()
        ((5, 8), [0, 0, 1, 1, 2])
    """

    _kept = ("_bit",)
    _passing = ("_box",)

    def __init__(self, weights: np.ndarray, n_inputs: int, n_actions: int) -> None:
        self.weights = weights
        self.traces = np.zeros_like(weights)
        self._shape = (n_inputs, n_actions)
        self._bit = np.zeros(len(weights), np.int64)
        self._rows = np.arange(len(weights))
        self._box = np.zeros(len(weights), np.int64)

    @staticmethod
    def n_weights(n_inputs: int, n_actions: int) -> int:
        """Of one run."""
        return 3**n_inputs * 2 * 2 * n_actions

    def _tabled(self, flat: np.ndarray) -> np.ndarray:
        return flat.reshape(len(flat), -1, 2 * self._shape[1])

    def read(self, x: np.ndarray) -> np.ndarray:
        """See `Actor`."""
        third = np.minimum((3 * x).astype(np.int64), 2)
        self._box = 2 * (third @ 3 ** np.arange(x.shape[1])) + self._bit
        return self._tabled(self.weights)[self._rows, self._box]

    def follow(self, choices: np.ndarray, fading: float) -> None:
        """See `Actor`."""
        self.traces *= fading
        self._tabled(self.traces)[self._rows, self._box, choices] += 1.0

    def act(self, choices: np.ndarray) -> np.ndarray:
        """See `Actor`."""
        self._bit[...] = choices % 2
        return choices // 2

    def alone(self, index: int, n: int) -> TableActor:
        """See `Actor`."""
        return TableActor(np.repeat(self.weights[index : index + 1], n, axis=0), *self._shape)


def first_weights(seeds: Sequence[int], n_weights: int, spread: float) -> np.ndarray:
    """Uniform within plus and minus `spread`, (runs, weights), each run's by its seed alone."""
    rows = [np.random.default_rng([s, WEIGHTS]).uniform(-spread, spread, n_weights) for s in seeds]
    return np.stack(rows)
