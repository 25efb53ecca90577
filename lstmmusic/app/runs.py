"""What a run folder tells while someone else is writing it: curves, time left, samples."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstmmusic.app.jobs import read_json
from lstmmusic.fitting import RunFolder

NETWORKS = ("harmony", "melody", "feel")
_SAMPLE = re.compile(r"epoch-(\d+)\.mid")


@dataclass(frozen=True)
class Curve:
    """A figure of one network from epoch to epoch.

    Attributes:
        network: Of `NETWORKS`.
        measure: With its unit: `bits per note`.
        epochs: From 1 on; 0 is a start that had learnt before.
        seen: On music it learns from; None where it was not measured.
        unseen: On music that it does not learn from.
    """

    network: str
    measure: str
    epochs: tuple[int, ...]
    seen: tuple[float | None, ...]
    unseen: tuple[float, ...]


@dataclass(frozen=True)
class Going:
    """How far a training is.

    Attributes:
        network: What learns now.
        epoch: The last that is over, of at most `epochs`.
        epochs: As the recipe says.
        seconds_left: For that network, at most; None before the second epoch.
    """

    network: str
    epoch: int
    epochs: int
    seconds_left: float | None


def curves(run: Path) -> list[Curve]:
    """The figures of a training's networks so far, as `lstmmusic train` keeps them."""
    found = []
    for network in NETWORKS:
        rows = RunFolder.metrics_in(run / network)
        names = [name for name in (rows[0] if rows else ()) if name.startswith("val_bits")]
        for name in names:
            told = [row for row in rows if name in row]
            measure = name.removeprefix("val_")
            found.append(
                Curve(
                    network,
                    measure.replace("_", " ").replace("bits per feel", "bits per note's feel"),
                    tuple(int(row["epoch"]) for row in told),
                    tuple(row.get(measure) for row in told),
                    tuple(row[name] for row in told),
                )
            )
    return found


def going(run: Path) -> Going | None:
    """How far a training is; None before its first epoch is over."""
    told = read_json(run / "status.json")
    if not {"network", "epoch", "epochs"} <= told.keys():
        return None
    network, epoch, epochs = str(told["network"]), int(told["epoch"]), int(told["epochs"])
    spent = _seconds(run / network)
    left = spent / epoch * (epochs - epoch) if epoch > 1 and spent else None
    return Going(network, epoch, epochs, left)


def samples(run: Path) -> dict[int, Path]:
    """Epoch -> MIDI file of what the network played after it."""
    found = {}
    for path in sorted((run / "samples").glob("epoch-*.mid")):
        if match := _SAMPLE.fullmatch(path.name):
            found[int(match[1])] = path
    return found


def task_metrics(run: Path) -> tuple[dict[str, Any], list[dict[str, float]]]:
    """What was asked of an experiment, and its rounds so far, as `task run` keeps them."""
    return read_json(run / "config.json"), RunFolder.metrics_in(run)


def _seconds(folder: Path) -> float:
    """Spent until the last checkpoint; that is read once."""
    try:
        changed = (folder / "checkpoint.safetensors").stat().st_mtime_ns
    except OSError:
        return 0.0
    return _seconds_at(folder, changed)


@functools.lru_cache(maxsize=64)
def _seconds_at(folder: Path, changed: int) -> float:
    return RunFolder.seconds_in(folder)
