"""The folder of one training: what was asked, how it goes, what came out.

    config.json       settings, seed, versions
    status.json       state, epoch, heartbeat, and while it runs the process
    metrics.jsonl     one line an epoch
    best.safetensors  weights of the epoch with the lowest validation loss so far
    checkpoint.safetensors  all that is needed to go on after a kill, where a training can
    result.json       what came out, where there is more to say than the metrics do

Every file but the metrics is written by renaming, so that a kill at any moment leaves each of
them whole.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
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

BEAT_SECONDS = 5.0
SILENT_SECONDS = 600.0  # after that a process counts as dead, even where its number is in use

_CHECKPOINT = "checkpoint.safetensors"
_PACKAGES = ("keras", "numpy", "tensorflow")


def versions() -> dict[str, str]:
    """Of Python and of the packages that a result depends on."""
    found = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {"python": platform.python_version(), **found}


def as_kept(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration as its file tells it: tuples and lists are one.

    Example:
        >>> as_kept({"growth": (33, 100)})
        {'growth': [33, 100]}
    """
    return json.loads(json.dumps(config))


class RunFolder:
    """The files of one training.

    Args:
        path: A new or empty folder.
        config: Everything that was asked for; must be JSON.
        resume: True where the folder may hold a run of the same config, to go on with from its
            checkpoint; without one it begins again.

    Raises:
        OutputError: The folder holds something already, with `resume` a run of another config or
            versions; another process is at work in it; or it cannot be written.

    Example:
        >>> import tempfile
        >>> run = RunFolder(Path(tempfile.mkdtemp()) / "run", {"seed": 0})
        >>> run.log_epoch(1, {"loss": 0.5})
        >>> run.metrics()
        [{'epoch': 1, 'loss': 0.5}]
    """

    def __init__(self, path: Path, config: Mapping[str, Any], resume: bool = False) -> None:
        self.path = path
        config = {**config, "versions": versions()}
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(str(path), "a folder that can be made", error.strerror) from None
        epoch = 0
        if any(path.iterdir()):
            self.check_free(path)
            if not resume:
                raise OutputError(str(path), "an empty run folder", "one that holds a run")
            self._check_same(config)
            epoch = self.checkpoint_epoch
            self._forget_after(epoch if (path / _CHECKPOINT).is_file() else -1)
        else:
            self._write("config.json", config)
        self.set_state("running", epoch=epoch)

    def set_state(self, state: str, **more: Any) -> None:
        """Writes `running`, `done`, `interrupted` or `failed`, with the time as heartbeat."""
        who = {"pid": os.getpid(), "host": platform.node()} if state == "running" else {}
        self._write("status.json", {"state": state, "heartbeat": time.time(), **who, **more})
        self._state, self._more, self._beaten = state, more, time.monotonic()

    def beat(self) -> None:
        """Renews the heartbeat, not oftener than every few seconds."""
        if time.monotonic() - self._beaten >= BEAT_SECONDS:
            self.set_state(self._state, **self._more)

    def leave(self, state: str) -> None:
        """Writes the state on the way out of a failure, which it never hides."""
        with contextlib.suppress(OutputError):
            self.set_state(state, **self._more)

    def log_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Appends one line of metrics."""
        line = json.dumps({"epoch": epoch, **{k: round(float(v), 6) for k, v in metrics.items()}})
        path = self.path / "metrics.jsonl"
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise OutputError(str(path), "room to write", error.strerror or error) from None
        self.set_state("running", epoch=epoch)

    def metrics(self) -> list[dict[str, float]]:
        """What was logged, a whole line an epoch."""
        return self.metrics_in(self.path)

    @staticmethod
    def is_run(path: Path) -> bool:
        """True for a folder that a training has made."""
        return (path / "config.json").is_file() and (path / "status.json").is_file()

    @staticmethod
    def metrics_in(path: Path) -> list[dict[str, float]]:
        """The metrics of a run that someone else may be writing: whole lines only."""
        path = path / "metrics.jsonl"
        if not path.is_file():
            return []
        lines = path.read_bytes().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith(b"\n")]

    @staticmethod
    def seconds_in(path: Path) -> float:
        """Spent in a run until its state was kept; 0 where there is none."""
        return float(_checkpoint(path).get("seconds", np.array(0.0)).item())

    def save_best(self, weights: Mapping[str, np.ndarray]) -> None:
        """Keeps the weights of the best epoch so far."""
        data = save_tensors({name: np.ascontiguousarray(w) for name, w in weights.items()})
        write_bytes(self.path / "best.safetensors", data, force=True)

    def load_best(self) -> dict[str, np.ndarray]:
        """The weights of the best epoch so far."""
        return load_tensors(read_bytes(self.path / "best.safetensors"))

    def save_checkpoint(self, epoch: int, seconds: float, state: Mapping[str, np.ndarray]) -> None:
        """Keeps all that is needed to go on after an epoch.

        Args:
            epoch: The one that is over.
            seconds: Spent so far.
            state: Arrays by name; none is called `epoch` or `seconds`.
        """
        kept = {**state, "epoch": np.array(epoch), "seconds": np.array(float(seconds))}
        data = save_tensors({name: np.ascontiguousarray(array) for name, array in kept.items()})
        write_bytes(self.path / _CHECKPOINT, data, force=True)

    def load_checkpoint(self) -> dict[str, np.ndarray]:
        """The state kept last; empty where there is none."""
        state = _checkpoint(self.path)
        return {name: state[name] for name in state if name not in ("epoch", "seconds")}

    @property
    def checkpoint_epoch(self) -> int:
        """The epoch after which the state was kept; 0 where there is none."""
        return int(_checkpoint(self.path).get("epoch", np.array(0)).item())

    @property
    def seconds(self) -> float:
        """Spent until the state was kept; 0 where there is none."""
        return self.seconds_in(self.path)

    def save_result(self, result: Mapping[str, Any]) -> None:
        """Keeps what came out; must be JSON."""
        self._write("result.json", result)

    @staticmethod
    def check_free(path: Path) -> None:
        """That no other process is at work in a folder.

        Raises:
            OutputError: One is, as its heartbeat says.
        """
        try:
            status = json.loads(read_bytes(path / "status.json"))
            state, pid, host = (status.get(name) for name in ("state", "pid", "host"))
            silent = time.time() - float(status["heartbeat"])
        except (ValueError, TypeError, KeyError, AttributeError):  # no run, or the first moment
            return
        if state != "running" or silent > SILENT_SECONDS or not isinstance(pid, int):
            return
        if host == platform.node() and (pid == os.getpid() or not _is_alive(pid)):
            return
        received = f"process {pid} on {host}, heard of {max(silent, 0):.0f} s ago"
        raise OutputError(str(path), "a folder in which no one is training", received)

    def _check_same(self, config: Mapping[str, Any]) -> None:
        try:
            found = json.loads(read_bytes(self.path / "config.json"))
        except ValueError as error:
            raise OutputError(str(self.path), "a run folder", error) from None
        wanted = as_kept(config)
        other = [key for key in sorted({**wanted, **found}) if wanted.get(key) != found.get(key)]
        if other:
            expected = "a run of the same " + ", ".join(other)
            raise OutputError(str(self.path), expected, "one of another")

    def _forget_after(self, epoch: int) -> None:
        """Drops the metrics of what will be done again, and half a last line."""
        path = self.path / "metrics.jsonl"
        if not path.is_file():
            return
        lines = path.read_bytes().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        kept = [line for line in whole if json.loads(line)["epoch"] <= epoch]
        write_bytes(path, b"".join(kept), force=True)

    def _write(self, name: str, table: Mapping[str, Any]) -> None:
        data = json.dumps(table, indent=2, ensure_ascii=False) + "\n"
        write_bytes(self.path / name, data.encode(), force=True)


def _checkpoint(path: Path) -> dict[str, np.ndarray]:
    path = path / _CHECKPOINT
    return load_tensors(read_bytes(path)) if path.is_file() else {}


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # someone else's
        return True
    return True
