"""What grouping costs: beside DTW k-means, and as sequences become many.

    python -m benchmarks.clustering [--rounds N]

Sequences are 64 steps of noisy waves of four periods, begun anywhere. Each row is a process of its
own on one thread, with the operating system's own account of CPU seconds (user and system, start-up
and compiling included) and peak memory; the figures are medians over rounds in which the rows take
turns. The clusterer has its default settings: five networks of 400 updates. DTW k-means is
tslearn's, as `--baselines dtw` runs it: one beginning, at most ten rounds, where the library would
go on for fifty. Writes `benchmarks/clustering.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "clustering.json"
N_STEPS, N_GROUPS = 64, 4
PERIODS_STEPS = (5.0, 8.0, 13.0, 21.0)
BESIDE = 2_000  # sequences, where the two stand side by side
MANY = (1_000, 10_000, 100_000)
ROUNDS = 3


def waves(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Sequences (n, N_STEPS, 1) and the group of each (n,).

    Example:
        >>> waves(8)[0].shape
        (8, 64, 1)
    """
    rng = np.random.default_rng(seed)
    group = rng.integers(N_GROUPS, size=n)
    phase = np.arange(N_STEPS) / np.array(PERIODS_STEPS)[group][:, None] + rng.random((n, 1))
    values = np.sin(2 * np.pi * phase) + 0.2 * rng.standard_normal((n, N_STEPS))
    return values[..., None].astype(np.float32), group


def work(what: str, n: int) -> None:
    """One row, in a process of its own; prints the agreement with the groups."""
    from sklearn.metrics import adjusted_mutual_info_score

    sequences, known = waves(n)
    if what == "dtw":
        from lstmmusic.clustering.yardsticks import YARDSTICKS

        found = YARDSTICKS["dtw"].group(list(sequences), N_GROUPS, 0)
    else:
        from lstmmusic import SequenceClusterer

        found = SequenceClusterer(N_GROUPS, random_state=0).fit_predict(sequences)
    print(json.dumps({"ami": float(adjusted_mutual_info_score(known, found))}))


def _row(what: str, n: int) -> dict[str, float]:
    """CPU seconds, peak MiB and agreement of one process."""
    command = [sys.executable, "-m", "benchmarks.clustering", "--work", what, str(n)]
    threads = ("OMP", "OPENBLAS", "NUMBA", "TF_INTRAOP", "TF_INTEROP")
    names = [f"{t}_NUM_THREADS" if "TF" not in t else f"TF_NUM_{t[3:]}_THREADS" for t in threads]
    environment = {**os.environ, **dict.fromkeys(names, "1"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
    )
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{command} ended with {child.returncode}")
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return {**json.loads(said), "cpu_seconds": cpu_seconds, "peak_mib": usage.ru_maxrss / 1024}


def measure(rounds: int = ROUNDS) -> dict[str, Any]:
    """All rows; `times_dtw` is the CPU time of DTW k-means over that of the clusterer."""
    asked = [("clusterer", BESIDE), ("dtw", BESIDE), *(("clusterer", n) for n in MANY)]
    found: dict[tuple[str, int], list[dict[str, float]]] = {row: [] for row in asked}
    for _ in range(rounds):
        for row in asked:
            found[row].append(_row(*row))

    def median(row: tuple[str, int], what: str, digits: int) -> float:
        return round(statistics.median(one[what] for one in found[row]), digits)

    return {
        "steps": N_STEPS,
        "rounds": rounds,
        "rows": [
            {
                "what": what,
                "sequences": n,
                "cpu_seconds": median((what, n), "cpu_seconds", 1),
                "peak_mib": median((what, n), "peak_mib", 0),
                "ami": median((what, n), "ami", 3),
            }
            for what, n in asked
        ],
        "times_dtw": round(
            statistics.median(
                theirs["cpu_seconds"] / ours["cpu_seconds"]
                for ours, theirs in zip(found[asked[0]], found[asked[1]], strict=True)
            ),
            1,
        ),
    }


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--work", nargs=2, metavar=("WHAT", "N"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work[0], int(asked.work[1]))
        return
    results = measure(asked.rounds)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
