"""Looking inside a trained layer: its gates and cells while it reads a sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from lstmmusic.errors import InputError
from lstmmusic.layers.peephole_lstm import PeepholeLSTM
from lstmmusic.step import Activations

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def look_inside(layer: PeepholeLSTM, sequences: Any) -> Activations:
    """Everything that happens in a layer while it reads sequences, from its initial state.

    Args:
        layer: Built, of any variant.
        sequences: Shape (batch, time, features).

    Returns:
        `i`, `f`, `o` of shape (batch, time, blocks), None where there is no such gate, and
        `g`, `c`, `y` of shape (batch, time, units), as NumPy arrays.

    Raises:
        InputError: Sequences of another rank, or another number of features.

    Example:
        >>> import numpy as np
        >>> layer = PeepholeLSTM(4, cells_per_block=2, return_sequences=True)
        >>> x = np.ones((1, 5, 3), "float32")
        >>> outputs = layer(x)
        >>> inside = look_inside(layer, x)
        >>> inside.f.shape, bool(np.allclose(inside.y, outputs, atol=1e-6))
        ((1, 5, 2), True)
    """
    cell: Any = layer.cell
    sequences = ops.convert_to_tensor(sequences, dtype=cell.compute_dtype)
    features = cell.kernel.shape[0]
    if len(sequences.shape) != 3 or sequences.shape[-1] != features:
        raise InputError("sequences", f"shape (batch, time, {features})", tuple(sequences.shape))
    states = layer.get_initial_state(sequences.shape[0])
    rows: list[Activations] = []
    for time in range(sequences.shape[1]):
        x = sequences[:, time]
        y_prev, c_prev, *gates_prev = states
        sources, c, found = cell.turn(cell.net(x, y_prev, *gates_prev), c_prev)
        y, *gates = cell.outputs_and_gates(sources)
        states = [y, c, *gates]
        rows.append(found)
    return Activations(
        *(
            None
            if values[0] is None
            else np.stack([np.asarray(ops.convert_to_numpy(v)) for v in values], axis=1)
            for values in zip(*rows, strict=True)
        )
    )


def figure_of(inside: Activations, sequence: int = 0) -> Figure:
    """A figure of what happened: one panel a kind, time to the right, a line a unit.

    Args:
        inside: Of `look_inside`.
        sequence: Which of the batch.
    """
    from matplotlib.figure import Figure

    titles = {
        "i": "input gates",
        "f": "forget gates",
        "g": "cell inputs",
        "c": "cells",
        "o": "output gates",
        "y": "outputs",
    }
    shown = [kind for kind in titles if getattr(inside, kind) is not None]
    figure = Figure(figsize=(8, 1.6 * len(shown)), layout="constrained")
    panels = figure.subplots(len(shown), sharex=True, squeeze=False)[:, 0]
    for panel, kind in zip(panels, shown, strict=True):
        values = getattr(inside, kind)[sequence]
        panel.plot(values, linewidth=1)
        panel.set_ylabel(titles[kind])
        if kind in "ifo":
            panel.set_ylim(-0.05, 1.05)
    panels[-1].set_xlabel("step")
    return figure
