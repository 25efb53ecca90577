"""Trains a model in several processes, each with its share of every batch.

    python -m training.distributed blues.parquet -o my-blues --processes 2

starts them all on this computer. On several computers, start one on each, with the same corpus:

    python -m training.distributed blues.parquet -o my-blues --processes 2 --process K --address A

where K counts from 0, and A is host:port of process 0, which writes the model. Needs JAX. The batch
size of the recipe must be a multiple of the processes.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def start_all(arguments: list[str], n_processes: int) -> int:
    """Starts the processes here and waits; the exit code of the first that fails, else 0."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "training.distributed", *arguments, "--address", address]
    started = [
        subprocess.Popen([*command, "--process", str(number)]) for number in range(n_processes)
    ]
    try:
        codes = [process.wait() for process in started]
    finally:
        for process in started:
            process.kill()
    return next((code for code in codes if code), 0)


def train_one(asked: argparse.Namespace) -> None:
    """One of the processes."""
    import keras

    keras.distribution.initialize(asked.address, asked.processes, asked.process)
    keras.distribution.set_distribution(
        keras.distribution.DataParallel(devices=keras.distribution.list_devices())
    )
    from lstmmusic.fitting import train_model
    from lstmmusic.player import model_folder

    with tempfile.TemporaryDirectory() as elsewhere:
        out = model_folder(asked.output) if asked.process == 0 else Path(elsewhere) / "model"
        trained = train_model(
            asked.corpus, out, asked.recipe, asked.epochs, seed=asked.seed, sample_every=0
        )
        if asked.process == 0:
            print(trained.report())


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--process", type=int)
    parser.add_argument("--address")
    parser.add_argument("--recipe", type=Path)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int)
    asked = parser.parse_args()
    if asked.process is None:
        sys.exit(start_all(sys.argv[1:], asked.processes))
    train_one(asked)


if __name__ == "__main__":
    main()
