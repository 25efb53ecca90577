"""The inside of an experiment's network while it reads a string: from its run folder, by NumPy.

A checkpoint holds the weights of networks side by side, those of the recurrent layer first. The
string is one of the success test, so no training has seen it.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from lstmmusic.app.jobs import read_json
from lstmmusic.errors import InputError
from lstmmusic.step import Activations, Blocks, activations
from lstmmusic.tasks import task_named

MAX_STEPS = 200
KINDS = {
    "c": "Cells",
    "i": "Input gates",
    "f": "Forget gates",
    "o": "Output gates",
    "y": "Outputs",
}
# The first of these that a task has stands for each side.
WITH, WITHOUT = ("peephole",), ("no_peepholes", "keras_lstm")


class _Heard(Exception):
    """What a success test asked a network to read."""

    def __init__(self, inputs: np.ndarray) -> None:
        self.inputs = inputs


def example_of(run: Path) -> np.ndarray:
    """The first string of the success test of a run: inputs (time, features).

    Raises:
        InputError: There is no such run, or its test reads no strings.
    """
    config = read_json(run / "config.json")
    try:
        task = task_named(str(config.get("task")))
        settings = task.presets[str(config["preset"])].settings
    except KeyError:
        raise InputError(str(run), "the run of an experiment", "none") from None
    if asdict(settings) != config.get("settings"):
        raise InputError(str(run), "a run of a preset as it is now", "one of other settings")
    try:
        task.test(settings, int(config["seed"]), _hear)
    except _Heard as heard:
        inputs = np.asarray(heard.inputs, np.float64)
        first = inputs[0] if inputs.ndim == 3 else inputs
        if first.ndim != 2:
            raise InputError(str(run), "strings of features", inputs.shape) from None
        # What comes after the end of the string is nought.
        return first[: np.flatnonzero(first.any(axis=1)).max(initial=0) + 1][:MAX_STEPS]
    raise InputError(str(run), "a success test that reads a string", "none")


def inside_of(run: Path, inputs: np.ndarray) -> Activations:
    """All that happens in the first network of a run while it reads.

    Args:
        run: Folder of `lstmmusic task run -o`.
        inputs: Shape (time, features).

    Returns:
        `i`, `f`, `o` of shape (time, blocks), `g`, `c`, `y` of shape (time, units).

    Raises:
        InputError: The run has kept no weights yet, or those of another kind of layer.
    """
    try:
        kept = load_file(run / "checkpoint.safetensors")
        kernel, recurrent, bias = (kept[f"variable/{k}"][0].astype(float) for k in range(3))
        units, width = recurrent.shape
    except (OSError, SafetensorError, KeyError, IndexError, ValueError):
        raise InputError(str(run), "weights of a recurrent layer", "none yet") from None
    # Three gates a block beside the cells.
    blocks = Blocks(max(3 * units // max(width - units, 1), 1))
    peephole: Any = kept.get("variable/3", np.zeros((1, 0)))[0].astype(float)
    if peephole.shape != (3, units):
        peephole = None
    if (
        kernel.shape != (inputs.shape[1], width)
        or sum(blocks.sizes(units).values()) != width
        or bias.shape != (width,)
    ):
        expected = "an LSTM with all gates"
        raise InputError(str(run), expected, f"weights of shape {kernel.shape}")
    y, c = np.zeros(units), np.zeros(units)
    rows = []
    for x in inputs:
        found = activations(np, x @ kernel + y @ recurrent + bias, c, peephole, blocks)
        y, c = found.y, found.c
        rows.append(found)
    return Activations(*(np.stack(values) for values in zip(*rows, strict=True)))


def _hear(inputs: np.ndarray, *_: Any) -> np.ndarray:
    raise _Heard(inputs)
