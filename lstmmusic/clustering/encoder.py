"""The network that hears a sequence: a peephole LSTM, read over time, and a linear layer.

    h(t) = LSTM(x(t)),  x standardised as in training
    φ = mean and standard deviation over time of h(t)    ("last": h at the last step)
    y = φ A + b                          what the objectives see, and what groups are made of

Several networks lie side by side, one behind the first axis of every array. All that is here runs
with NumPy alone; `lstmmusic.clustering.learning` trains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from lstmmusic.step import step

_WEIGHTS = 0  # the stream of random numbers of a seed; `learning` has others
_BATCH = 512
_BATCH_STEPS = 400_000  # steps of all sequences of a batch together: bounds memory
LEAST_VARIANCE = 1e-4  # over time: a cell that is always the same has no slope of its own


class Encoders(NamedTuple):
    """Weights of networks side by side.

    Attributes:
        kernel: Shape (networks, features, 4 units), gates in the order i, f, c, o.
        recurrent_kernel: Shape (networks, units, 4 units).
        bias: Shape (networks, 4 units).
        peephole_kernel: Shape (networks, 3, units), rows i, f, o.
        read_kernel: A, shape (networks, what is read, nodes): twice the units, or as many.
        read_bias: b, shape (networks, nodes).
    """

    kernel: np.ndarray
    recurrent_kernel: np.ndarray
    bias: np.ndarray
    peephole_kernel: np.ndarray
    read_kernel: np.ndarray
    read_bias: np.ndarray

    def take(self, indices: Sequence[int]) -> Encoders:
        """Some of the networks."""
        return Encoders(*(array[np.asarray(indices)] for array in self))


def first_weights(
    n_features: int, units: int, nodes: int, seed: int, reading: str = "moments"
) -> Encoders:
    """One network as a seed alone has it, before any training; `reading` as of `read`.

    Kernel and peepholes by Glorot's rule, the recurrent kernel with orthogonal rows, forget
    gates' biases 1, all as Keras has them.

    Example:
        >>> network = first_weights(1, units=4, nodes=2, seed=0)
        >>> [array.shape for array in network[:4]]
        [(1, 1, 16), (1, 4, 16), (1, 16), (1, 3, 4)]
    """
    rng = np.random.default_rng([seed, _WEIGHTS])

    def glorot(*shape: int) -> np.ndarray:
        limit = np.sqrt(6 / sum(shape))
        return rng.uniform(-limit, limit, shape)

    kernel, peepholes = glorot(n_features, 4 * units), glorot(3, units)
    turn, triangle = np.linalg.qr(rng.normal(size=(4 * units, units)))
    recurrent = (turn * np.sign(np.diag(triangle))).T
    bias = np.repeat([0.0, 1.0, 0.0, 0.0], units)
    n_read = units if reading == "last" else 2 * units
    read_kernel = rng.normal(size=(n_read, nodes)) / np.sqrt(n_read)
    arrays = (kernel, recurrent, bias, peepholes, read_kernel, np.zeros(nodes))
    return Encoders(*(array[None].astype(np.float32) for array in arrays))


class Scaling(NamedTuple):
    """What makes every feature of the sequences it was measured on mean 0 and variance 1.

    Attributes:
        mean, spread: Shape (features,); a feature that is always the same has spread 1.
    """

    mean: np.ndarray
    spread: np.ndarray

    def __call__(self, item: np.ndarray) -> np.ndarray:
        """A sequence (time, features), scaled, float32."""
        return ((item - self.mean) / self.spread).astype(np.float32)


def scaling_of(items: Sequence[np.ndarray]) -> Scaling:
    """Of all steps of all sequences.

    Example:
        >>> scaling = scaling_of([np.array([[1.0, 5.0], [3.0, 5.0]])])
        >>> scaling(np.array([[3.0, 6.0]])).tolist()
        [[1.0, 1.0]]
    """
    n = sum(len(item) for item in items)
    mean = sum(item.sum(axis=0, dtype=np.float64) for item in items) / n
    variance = sum(((item - mean) ** 2).sum(axis=0) for item in items) / n
    spread = np.sqrt(variance)
    alike = spread <= 1e-7 * np.maximum(np.abs(mean), 1e-30)
    return Scaling(np.asarray(mean), np.where(alike, 1.0, spread))


def batches(items: Sequence[np.ndarray], size: int = _BATCH) -> Iterator[np.ndarray]:
    """Indices of sequences of about the same length, the short ones first; each index once."""
    lengths = np.array([len(item) for item in items])
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        stop = min(start + size, len(order))
        while stop - start > 1 and (stop - start) * lengths[order[stop - 1]] > _BATCH_STEPS:
            stop = start + (stop - start) // 2
        yield order[start:stop]
        start = stop


def padded(items: Sequence[np.ndarray], n_steps: int | None = None) -> np.ndarray:
    """Sequences in one array (sequences, time, features), zeros after their ends."""
    longest = max(len(item) for item in items)
    found = np.zeros((len(items), n_steps or longest, items[0].shape[1]), np.float32)
    for row, item in zip(found, items, strict=True):
        row[: len(item)] = item
    return found


def shares(lengths: np.ndarray, n_steps: int, reading: str) -> np.ndarray:
    """How much each step counts in what is read, (sequences, time): rows sum to 1.

    Example:
        >>> shares(np.array([2, 4]), 4, "moments").tolist()
        [[0.5, 0.5, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]]
        >>> shares(np.array([2, 4]), 4, "last").tolist()
        [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    """
    steps = np.arange(n_steps)
    if reading == "last":
        return (steps == lengths[:, None] - 1).astype(np.float32)
    return ((steps < lengths[:, None]) / lengths[:, None]).astype(np.float32)


def read(
    encoders: Encoders, items: Sequence[np.ndarray], scaling: Scaling, reading: str = "moments"
) -> np.ndarray:
    """φ, what the networks keep of every sequence.

    Args:
        encoders: Their LSTMs.
        items: Each (time, features), as they come.
        scaling: Of the data they learnt from.
        reading: `moments` over time, all means before all standard deviations; or `last`.

    Returns:
        Shape (networks, sequences, 2 units), or units where the last step is read; float32.
    """
    units = encoders.recurrent_kernel.shape[1]
    n_read = units if reading == "last" else 2 * units
    found = np.zeros((len(encoders.bias), len(items), n_read), "f4")
    for rows in batches(items, max(1, _BATCH // len(encoders.bias))):
        scaled = [scaling(items[row]) for row in rows]
        x = padded(scaled)
        count = shares(np.array([len(item) for item in scaled]), x.shape[1], reading)
        mean, square = _read_batch(encoders, x, count)
        found[:, rows, :units] = mean
        if reading != "last":
            variance = np.maximum(square - mean**2, 0) + LEAST_VARIANCE
            found[:, rows, units:] = np.sqrt(variance)
    return found


def _read_batch(
    encoders: Encoders, x: np.ndarray, count: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sums of h and of h² over time, each step with its share."""
    kernel = np.concatenate([encoders.kernel, encoders.recurrent_kernel], axis=1)
    bias, peephole = encoders.bias[:, None], encoders.peephole_kernel.swapaxes(0, 1)[:, :, None]
    n, n_features = len(kernel), x.shape[2]
    units = encoders.recurrent_kernel.shape[1]
    h = np.zeros((n, len(x), units), np.float32)
    c, kept, squares = h, np.zeros_like(h), np.zeros_like(h)
    seen = np.empty((n, len(x), n_features + units), np.float32)
    for time in range(x.shape[1]):
        seen[..., :n_features], seen[..., n_features:] = x[:, time], h
        h, c = step(np, seen @ kernel + bias, c, peephole)
        weighed = count[:, time, None] * h
        kept += weighed
        squares += weighed * h
    return kept, squares


def outputs(encoders: Encoders, features: np.ndarray) -> np.ndarray:
    """Y of what was read: (networks, sequences, what is read) -> (networks, sequences, nodes)."""
    return features @ encoders.read_kernel + encoders.read_bias[:, None]
