"""The folder of one training: what was asked, how it goes, what came out.

    config.json       settings, seed, versions
    status.json       state, epoch, heartbeat
    metrics.jsonl     one line an epoch
    best.safetensors  weights of the epoch with the lowest validation loss so far

Every file but the metrics is written by renaming, so that a kill at any moment leaves each of
them whole.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from lstmmusic.errors import OutputError
from lstmmusic.io import read_bytes, write_bytes

_PACKAGES = ("keras", "numpy", "tensorflow")


def versions() -> dict[str, str]:
    """Of Python and of the packages that a result depends on."""
    found = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {"python": platform.python_version(), **found}


class RunFolder:
    """The files of one training.

    Args:
        path: A new or empty folder.
        config: Everything that was asked for; must be JSON.

    Raises:
        OutputError: The folder holds something already, or cannot be written.

    Example:
        >>> import tempfile
        >>> run = RunFolder(Path(tempfile.mkdtemp()) / "run", {"seed": 0})
        >>> run.log_epoch(1, {"loss": 0.5})
        >>> run.metrics()
        [{'epoch': 1, 'loss': 0.5}]
    """

    def __init__(self, path: Path, config: Mapping[str, Any]) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(str(path), "a folder that can be made", error.strerror) from None
        if any(path.iterdir()):
            raise OutputError(str(path), "an empty run folder", "one that holds a run")
        self._write("config.json", {**config, "versions": versions()})
        self.set_state("running", epoch=0)

    def set_state(self, state: str, **more: Any) -> None:
        """Writes `running`, `done`, `interrupted` or `failed`, with the time as heartbeat."""
        self._write("status.json", {"state": state, "heartbeat": time.time(), **more})

    def log_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Appends one line of metrics."""
        line = json.dumps({"epoch": epoch, **{k: round(float(v), 6) for k, v in metrics.items()}})
        with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self.set_state("running", epoch=epoch)

    def metrics(self) -> list[dict[str, float]]:
        """What was logged, a whole line an epoch."""
        text = (self.path / "metrics.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def save_best(self, weights: Mapping[str, np.ndarray]) -> None:
        """Keeps the weights of the best epoch so far."""
        data = save_tensors({name: np.ascontiguousarray(w) for name, w in weights.items()})
        write_bytes(self.path / "best.safetensors", data, force=True)

    def load_best(self) -> dict[str, np.ndarray]:
        """The weights of the best epoch so far."""
        return load_tensors(read_bytes(self.path / "best.safetensors"))

    def _write(self, name: str, table: Mapping[str, Any]) -> None:
        data = json.dumps(table, indent=2, ensure_ascii=False) + "\n"
        write_bytes(self.path / name, data.encode(), force=True)
