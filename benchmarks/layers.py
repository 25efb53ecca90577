"""How fast the LSTM layers are: CPU-time ratios to `keras.layers.LSTM`, interleaved in one run.

    python -m benchmarks.layers [--torch ELSEWHERE/bin/python]

A network reads 32 sequences of 64 features and answers at every step (64 sigmoid outputs, binary
cross-entropy, Adam). Each round times every network in turn; the figures are medians, over the
rounds, of each network's time over Keras' in the same round. `torch.nn.LSTM`, which has no
peepholes, runs beside them in a process of its own, for the two libraries cannot share one; it
needs an interpreter with PyTorch and NumPy. The player's step is compared with its two matrix
products alone.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results.json"
BATCH, FEATURES = 32, 64
SHAPES = [(96, 64), (480, 64), (96, 256), (480, 256)]  # steps, units
ROUNDS = 9
GROWTH_STEPS = [60, 960]
# Runs something so many times and gives the CPU seconds of one.
Timed = Callable[[int], float]


def _keras_networks(steps: int, units: int) -> dict[str, tuple[Timed, Timed]]:
    """For each network: a training step, and a reading."""
    import keras
    import tensorflow as tf

    from lstmmusic.layers import PeepholeLSTM

    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(BATCH, steps, FEATURES)), tf.float32)
    y = tf.constant(rng.random((BATCH, steps, FEATURES)) < 0.3, tf.float32)
    layers = {
        "Keras LSTM": keras.layers.LSTM(units, return_sequences=True),
        "peepholes": PeepholeLSTM(units, return_sequences=True),
        "no peepholes": PeepholeLSTM(units, peepholes=False, return_sequences=True),
        "peepholes, plain loop": PeepholeLSTM(units, return_sequences=True, use_cudnn=False),
    }

    def timed(layer: Any) -> tuple[Timed, Timed]:
        head = keras.layers.Dense(FEATURES)
        model = keras.Sequential([keras.Input((steps, FEATURES)), layer, head])
        model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
        train = _timed(lambda: model.train_on_batch(x, y))
        return train, _timed(lambda: model.predict_on_batch(x))

    return {name: timed(layer) for name, layer in layers.items()}


def _timed(run: Callable[[], Any]) -> Timed:
    def timed(times: int) -> float:
        start = time.process_time()
        for _ in range(times):
            run()
        return (time.process_time() - start) / times

    return timed


def _torch_network(steps: int, units: int) -> tuple[Timed, Timed]:
    import torch  # pyright: ignore[reportMissingImports]

    torch.set_num_threads(1)  # where it takes the least CPU time
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.normal(size=(BATCH, steps, FEATURES)), dtype=torch.float32)
    y = torch.tensor(rng.random((BATCH, steps, FEATURES)) < 0.3, dtype=torch.float32)
    lstm = torch.nn.LSTM(FEATURES, units, batch_first=True)
    head = torch.nn.Linear(units, FEATURES)
    adam = torch.optim.Adam([*lstm.parameters(), *head.parameters()])
    loss = torch.nn.BCEWithLogitsLoss()

    def train() -> None:
        adam.zero_grad()
        loss(head(lstm(x)[0]), y).backward()
        adam.step()

    def read() -> None:
        with torch.no_grad():
            head(lstm(x)[0])

    return _timed(train), _timed(read)


def serve_torch(steps: int, units: int) -> None:
    """In PyTorch's own process: answers `train TIMES` and `read TIMES` with CPU seconds."""
    train, read = _torch_network(steps, units)
    for line in sys.stdin:
        what, times = line.split()
        print({"train": train, "read": read}[what](int(times)), flush=True)


@contextmanager
def _torch_beside(python: str, steps: int, units: int) -> Iterator[tuple[Timed, Timed]]:
    code = f"from benchmarks.layers import serve_torch; serve_torch({steps}, {units})"
    pipe = subprocess.PIPE
    with subprocess.Popen([python, "-c", code], stdin=pipe, stdout=pipe, text=True) as process:
        asked, answered = process.stdin, process.stdout
        assert asked is not None
        assert answered is not None

        def timed(what: str) -> Timed:
            def ask(times: int) -> float:
                asked.write(f"{what} {times}\n")
                asked.flush()
                return float(answered.readline())

            return ask

        yield timed("train"), timed("read")
        asked.close()


def _interleaved(runs: dict[str, Timed], seconds: float = 0.3) -> dict[str, list[float]]:
    """CPU seconds of each run, one a round; each round runs each for about `seconds`."""
    times = {}
    for name, run in runs.items():
        run(1)  # compiles
        times[name] = max(1, round(seconds / max(run(2), 1e-6)))
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            found[name].append(run(times[name]))
    return found


def _ratios(found: dict[str, list[float]], base: str) -> dict[str, float]:
    return {
        name: round(statistics.median(a / b for a, b in zip(values, found[base])), 2)
        for name, values in found.items()
    }


def _layers(torch_python: str | None) -> list[dict[str, Any]]:
    rows = []
    for steps, units in SHAPES:
        networks = _keras_networks(steps, units)
        with ExitStack() as stack:
            if torch_python:
                beside = _torch_beside(torch_python, steps, units)
                networks["torch LSTM"] = stack.enter_context(beside)
            train = _interleaved({name: runs[0] for name, runs in networks.items()})
            read = _interleaved({name: runs[1] for name, runs in networks.items()})
        rows.append(
            {
                "steps": steps,
                "units": units,
                "keras_train_ms": round(1000 * statistics.median(train["Keras LSTM"]), 1),
                "train": _ratios(train, "Keras LSTM"),
                "read": _ratios(read, "Keras LSTM"),
            }
        )
    return rows


def _growth() -> dict[str, float]:
    """How much longer a training step takes on 960 steps than on 60, 64 units."""
    runs = {}
    for steps in GROWTH_STEPS:
        for name, (train, _) in _keras_networks(steps, 64).items():
            runs[name, steps] = train
    found = _interleaved(runs)
    short, long = GROWTH_STEPS
    return {
        name: round(statistics.median(found[name, long]) / statistics.median(found[name, short]), 1)
        for name, _ in list(found)[: len(found) // 2]
    }


def _player() -> dict[str, float]:
    """The player's step over its two matrix products, 256 units, by the number of sequences."""
    from lstmmusic.player.players import LSTMState

    units, rng, found = 256, np.random.default_rng(0), {}
    shapes = {
        "kernel": (FEATURES, 4 * units),
        "recurrent_kernel": (units, 4 * units),
        "bias": (4 * units,),
        "peephole_kernel": (3, units),
    }
    weights = {f"lstm/{k}": 0.1 * rng.normal(size=s).astype("f4") for k, s in shapes.items()}
    for batch in (1, 64):
        leading = () if batch == 1 else (batch,)
        x = rng.normal(size=(*leading, FEATURES)).astype("f4")
        h = rng.normal(size=(*leading, units)).astype("f4")
        kernel, recurrent = weights["lstm/kernel"], weights["lstm/recurrent_kernel"]
        state = LSTMState(weights)

        def products(x: Any = x, h: Any = h, w: Any = kernel, u: Any = recurrent) -> None:
            x @ w
            h @ u

        runs = {
            "products": _timed(products),
            "step": _timed(lambda state=state, x=x: state.feed(x)),
        }
        found[str(batch)] = _ratios(_interleaved(runs), "products")["step"]
    return found


def _peak_mib(name: str) -> float:
    """What training needs beside the built network: 256 units, 480 steps. Linux only."""
    code = f"from benchmarks.layers import train_alone; train_alone({name!r})"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, env=environment
    )
    return float(found.stdout.split()[-1])


def train_alone(name: str) -> None:
    """Prints by how many MiB training one network raises the memory of its process."""
    train, _ = _keras_networks(480, 256)[name]
    before = _status_mib("VmRSS")
    train(2)
    ctypes.CDLL(None).malloc_trim(0)  # what compiling took goes back
    Path("/proc/self/clear_refs").write_text("5")  # and the peak so far is forgotten
    train(3)
    print(_status_mib("VmHWM") - before)


def _status_mib(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


def measure(torch_python: str | None = None) -> dict[str, Any]:
    """Ratios of training steps and readings, growth with the number of steps, memory, the player.

    The processor's threads are left as they are for Keras and PyTorch; NumPy's products run on one
    (`OPENBLAS_NUM_THREADS=1`), as the player does.
    """
    return {
        "layers": _layers(torch_python),
        "growth_60_to_960": _growth(),
        "training_mib": {n: round(_peak_mib(n)) for n in ("Keras LSTM", "peepholes")},
        "player": _player(),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torch", help="an interpreter that has PyTorch")
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    results["layers"] = measure(parser.parse_args().torch)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(results["layers"], indent=2))
