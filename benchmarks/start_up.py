"""What a first blues costs from a cold start, beside what `import tensorflow` alone costs.

Whole processes, interleaved, by the operating system's own account of each: CPU seconds (user and
system) and peak memory, medians of several runs after one that does not count.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 5


def _commands(folder: Path) -> dict[str, list[str]]:
    generate = [sys.executable, "-m", "lstmmusic", "generate", "--force", "--seed", "1", "-o"]
    score = ["--musicxml", str(folder / "a.musicxml")]
    return {
        "python": [sys.executable, "-c", "pass"],
        "import numpy": [sys.executable, "-c", "import numpy"],
        "generate one chorus": [*generate, str(folder / "a.mid")],
        "generate 32 choruses": [*generate, str(folder / "b.mid"), "--choruses", "32"],
        "generate with MusicXML": [*generate, str(folder / "c.mid"), *score],
        "import tensorflow": [sys.executable, "-c", "import tensorflow"],
    }


def _run(command: list[str]) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak MiB of one process."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    start = time.perf_counter()
    child = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{command} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def measure() -> dict[str, dict[str, float]]:
    """Median CPU seconds, wall seconds and peak MiB of each command."""
    with tempfile.TemporaryDirectory() as name:
        commands = _commands(Path(name))
        found: dict[str, list[tuple[float, float, float]]] = {label: [] for label in commands}
        for run in range(RUNS + 1):
            for label, command in commands.items():
                measured = _run(command)
                if run:
                    found[label].append(measured)
    return {
        label: {
            "cpu_seconds": round(statistics.median(row[0] for row in rows), 2),
            "wall_seconds": round(statistics.median(row[1] for row in rows), 2),
            "peak_mib": round(statistics.median(row[2] for row in rows)),
        }
        for label, rows in found.items()
    }
