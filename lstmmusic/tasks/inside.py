"""The inside of networks while they read, by NumPy: an experiment's string, or a piece of music.

A checkpoint of an experiment holds the weights of networks side by side, those of the recurrent
layer first. The string is one of the success test, so no training has seen it. Of a piece, the
network of a stored model hears the chords or the melody that are there; each cell is then asked how
much of what it does the beat, the chord and the bar of the form tell.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from lstmmusic.encoding import MelodyEvents, melody_part
from lstmmusic.encoding.harmony_clock import N_SYMBOLS, HarmonyClock
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.encoding.melody_features import MelodyMemory, MelodySetting
from lstmmusic.errors import InputError
from lstmmusic.fitting.run_folder import as_kept
from lstmmusic.generation import Settings
from lstmmusic.generation.context import context_of
from lstmmusic.generation.written import lead_as_written
from lstmmusic.player import StoredModel, load_model
from lstmmusic.player.network import harmony_input
from lstmmusic.score import Score
from lstmmusic.step import Activations, Blocks, activations
from lstmmusic.tasks.registry import task_named

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_STEPS = 200
KINDS = {
    "c": "Cells",
    "i": "Input gates",
    "f": "Forget gates",
    "o": "Output gates",
    "y": "Outputs",
}
# What a cell may carry, and what that means.
CARRIED = {
    "form": "the bar of the form, beyond the chord that sounds there",
    "chord": "the chord that sounds",
    "beat": "the place within the bar",
}
_CARRIES = 0.3  # share of what a cell does, from which on it is said to carry something
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
    config = _config(run)
    try:
        task = task_named(str(config["task"]))
        settings = task.presets[str(config["preset"])].settings
    except KeyError:
        raise InputError(str(run), "the run of an experiment", "none") from None
    if "reinforcement" in task.tags:
        raise InputError(str(run), "a success test that reads strings", "one that acts")
    if as_kept(asdict(settings)) != config.get("settings"):
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
    return _read(inputs, kernel, recurrent, bias, peephole, blocks)


@dataclass(frozen=True)
class Inside:
    """A network of a model while it hears a piece.

    Attributes:
        network: `harmony` or `melody`.
        onsets: When each thing is heard, in quarters of the piece as it is written; shape (time,).
        values: Gates and cells, each of shape (time, units).
        places: Where in the piece each thing is heard, by the names of `CARRIED`: numbers of
            classes, each of shape (time,).
    """

    network: str
    onsets: np.ndarray
    values: Activations
    places: Mapping[str, np.ndarray]

    def shares(self, kind: str = "c") -> dict[str, np.ndarray]:
        """For each of `CARRIED` the share of what each cell or gate does that it tells, 0 to 1.

        They say what goes along with what, not what is the cause.

        Args:
            kind: Of `KINDS`.
        """
        values, places = getattr(self.values, kind), self.places
        chord = told_share(values, places["chord"])
        both = np.stack([places["form"], places["chord"]])
        bars = np.unique(both, axis=1, return_inverse=True)[1].ravel()
        form = np.maximum(told_share(values, bars) - chord, 0.0)
        return {"form": form, "chord": chord, "beat": told_share(values, places["beat"])}

    def roles(self, kind: str = "c") -> list[str]:
        """What each carries: of `CARRIED` that which tells most of it, or `mixed`."""
        names, table = list(CARRIED), np.stack(list(self.shares(kind).values()))
        best = table.argmax(axis=0)
        return [
            names[row] if table[row, unit] >= _CARRIES else "mixed" for unit, row in enumerate(best)
        ]

    def order(self, kind: str = "c") -> list[int]:
        """The cells as they are shown: by what they carry, the surest first."""
        roles, most = self.roles(kind), np.stack(list(self.shares(kind).values())).max(axis=0)
        ranks = {name: rank for rank, name in enumerate([*CARRIED, "mixed"])}
        return sorted(range(len(roles)), key=lambda unit: (ranks[roles[unit]], -most[unit]))


def inside_of_piece(
    score: Score, network: str = "harmony", model: StoredModel | str = Settings.model
) -> Inside:
    """What happens in a network of a model while it hears a piece.

    The harmony network hears the chords of the piece, one a half-bar; the melody network its
    melody, note by note, over these chords. The harmony
    network is never told the bar of the form: what the bar tells of a cell beyond the chord is what
    the cell remembers. The melody network is told bar and line.

    Args:
        score: With chords and a melody; two choruses or more, or the form cannot be told from time
            that goes by.
        network: `harmony` or `melody`.
        model: In memory, or its name or folder.

    Raises:
        InputError: No such network, or a piece that the model cannot hear.

    Example:
        >>> import lstmmusic
        >>> found = inside_of_piece(lstmmusic.improvise(seed=1, choruses=3).score)
        >>> found.values.c.shape, found.roles().count("form") > 20
        ((72, 64), True)
    """
    stored = model if isinstance(model, StoredModel) else load_model(model)
    known = [name for name in ("harmony", "melody") if name in stored.networks]
    if network not in known:
        raise InputError("network", "one of " + ", ".join(known), repr(network))
    melody = melody_part(score)
    if melody is None:
        raise InputError("melody", "a part with pitched notes", "none")
    context = context_of(score, melody, 0, Settings(model=stored.name), stored)
    weights = stored.networks[network]
    hear = _chords_heard if network == "harmony" else _notes_heard
    inputs, onsets, places = hear(score, context.setting, weights)
    kernel, recurrent, bias, peephole = (
        np.asarray(weights[f"lstm/{name}"], float)
        for name in ("kernel", "recurrent_kernel", "bias", "peephole_kernel")
    )
    values = _read(inputs, kernel, recurrent, bias, peephole, Blocks())
    return Inside(network, onsets, values, places)


def picture_of(found: Inside, kind: str = "c") -> Figure:
    """The cells over the piece as a figure, sorted by what they carry.

    Args:
        found: Of `inside_of_piece`.
        kind: Of `KINDS`.
    """
    from matplotlib.figure import Figure

    order, roles, values = found.order(kind), found.roles(kind), getattr(found.values, kind)
    figure = Figure(figsize=(10, 7), layout="constrained")
    panel = figure.subplots()
    limit = float(np.abs(values).max()) or 1.0
    ends = np.append(found.onsets, found.onsets[-1] + 2)
    edges = np.arange(len(order) + 1)
    scale: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}
    if kind in "ifo":
        scale = {"cmap": "viridis", "vmin": 0, "vmax": 1}
    drawn = panel.pcolormesh(ends, edges, values.T[order], **scale)
    panel.invert_yaxis()
    panel.set_xlabel("quarter notes")
    panel.set_ylabel(f"{KINDS[kind].lower()} of the {found.network} network")
    shown = [roles[unit] for unit in order]
    starts = [row for row, role in enumerate(shown) if row == 0 or shown[row - 1] != role]
    for row in starts[1:]:
        panel.axhline(row, color="black", linewidth=1)
    panel.set_yticks(starts, [shown[row] for row in starts])
    figure.colorbar(drawn, label=KINDS[kind].lower())
    return figure


_Told = tuple[np.ndarray, np.ndarray, Mapping[str, np.ndarray]]


def _chords_heard(score: Score, setting: MelodySetting, weights: Mapping[str, Any]) -> _Told:
    """Inputs of the harmony network, when they come, and where that is."""
    clock = HarmonyClock(len(weights["lstm/kernel"]) - N_SYMBOLS - 1)
    symbols = clock.encode(score)
    before = [-1, *symbols[:-1].tolist()]
    inputs = [
        harmony_input(symbol, tick, setting.key.is_minor, clock.steps_per_bar)
        for tick, symbol in enumerate(before)
    ]
    bars, within = np.divmod(np.arange(len(symbols)), clock.steps_per_bar)
    onsets = score.bar_starts[bars] + within * score.metre.bar_quarters / clock.steps_per_bar
    form = (bars + setting.first_form_bar) % setting.form_bars
    return np.stack(inputs), onsets, {"form": form, "chord": np.array(before), "beat": within}


def _notes_heard(score: Score, setting: MelodySetting, weights: Mapping[str, Any]) -> _Told:
    """Inputs of the melody network, when they come, and where that is."""
    memory = MelodyMemory(setting)
    inputs, steps = [], []
    for event in MelodyEvents().encode(lead_as_written(score)).tolist():
        memory.append(tuple(event))
        inputs.append(memory.heard())
        steps.append(event[0])
    bars, within = np.divmod(np.array(steps), setting.bar_steps)
    beat = score.metre.beat_quarters / STEPS_PER_BEAT
    onsets = score.pickup_quarters + np.array(steps) * beat
    places = {
        "form": (bars + setting.first_form_bar) % setting.form_bars,
        "chord": np.array([setting.root_at(step) for step in steps]),
        "beat": within // STEPS_PER_BEAT,
    }
    return np.stack(inputs), onsets, places


def told_share(values: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How much of the spread of values their class tells: omega squared.

    As eta squared, the spread between classes over all spread, less what as many classes without a
    meaning would tell.

        ω² = (SS_b - (k - 1) MS_w) / (SS + MS_w)

    Args:
        values: Shape (n, columns).
        classes: Of each row, shape (n,).

    Returns:
        Shape (columns,), 0 to 1.

    Example:
        >>> told_share(np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([0, 0, 1, 1])).tolist()
        [1.0]

    References:
        Hays (1963), "Statistics for psychologists", section 10.19.
    """
    number, index = np.unique(classes, return_inverse=True)
    k, n = len(number), len(values)
    if not 1 < k < n:
        return np.zeros(values.shape[1])
    counts = np.bincount(index)[:, None]
    sums = np.zeros((k, values.shape[1]))
    np.add.at(sums, index, values.astype(np.float64))
    means = sums / counts
    whole = ((values - values.mean(axis=0)) ** 2).sum(axis=0)
    within = ((values - means[index]) ** 2).sum(axis=0)
    spread = within / (n - k)
    total = whole + spread
    told = (whole - within - (k - 1) * spread) / np.where(total > 0, total, 1.0)
    return np.clip(told, 0.0, 1.0)


def _read(
    inputs: np.ndarray,
    kernel: np.ndarray,
    recurrent: np.ndarray,
    bias: np.ndarray,
    peephole: Any,
    blocks: Blocks,
) -> Activations:
    """All that happens in a layer while it reads, from a state of noughts."""
    y, c = np.zeros(len(recurrent)), np.zeros(len(recurrent))
    rows: list[Activations] = []
    for x in inputs:
        found = activations(np, x @ kernel + y @ recurrent + bias, c, peephole, blocks)
        y, c = found.y, found.c
        rows.append(found)
    return Activations(*(np.stack(values) for values in zip(*rows, strict=True)))


def _config(run: Path) -> dict[str, Any]:
    """What was asked of a run; nothing where that cannot be read."""
    try:
        found = json.loads((run / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _hear(inputs: np.ndarray, *_: Any) -> np.ndarray:
    raise _Heard(inputs)
