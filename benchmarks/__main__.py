"""Runs the benchmarks and writes `benchmarks/results.json`."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

from benchmarks import app, layers, start_up

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    """Runs every benchmark in turn."""
    results = {
        "machine": {"processor": platform.machine(), "cores": os.cpu_count()},
        "start_up": start_up.measure(),
        "app": app.measure(),
        "layers": layers.measure(),
    }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
