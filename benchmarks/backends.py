"""How near JAX and PyTorch come to TensorFlow, over every variant of the LSTM family.

    python -m benchmarks.backends jax
    python -m benchmarks.backends torch --python ELSEWHERE/bin/python

A backend that is not installed here runs in an interpreter that has it, Keras, NumPy and h5py.
Writes `benchmarks/backends.json`, keeping what it holds of other backends.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.layers import other_backend
from tests.layers.variants import VARIANTS

RESULTS = Path(__file__).parent / "backends.json"


def measure(backend: str, python: str = sys.executable) -> dict[str, str | int | float]:
    """Versions, and the largest differences from TensorFlow in float32.

    Args:
        backend: `jax` or `torch`.
        python: The interpreter that has it.

    Returns:
        Outputs differ absolutely; gradients of the sum of squared outputs relatively to the
        largest slope of the same weight.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        other_backend.hand_over(folder)
        versions = other_backend.ask(backend, folder, python)
        rows = [other_backend.differences(folder, backend, n) for n in range(len(VARIANTS))]
    outputs, gradients = zip(*rows, strict=True)
    return {
        **versions,
        "variants": len(rows),
        "max_output_difference": max(outputs),
        "max_relative_gradient_difference": max(gradients),
    }


def main() -> None:
    """Measures one backend and records it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("backend", choices=["jax", "torch"])
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has it")
    asked = parser.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    results[asked.backend] = measure(asked.backend, asked.python)
    RESULTS.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
