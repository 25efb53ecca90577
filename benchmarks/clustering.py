"""What grouping costs: beside DTW k-means, and as sequences become many.

    python -m benchmarks.clustering [--rounds N]

Sequences are 64 notes as the default features tell them (interval, note value, rest), of four
rhythms that differ in order alone, begun anywhere. Each row is a process of its own on one thread,
with the operating system's own account of CPU seconds (user and system, start-up and compiling
included) and peak memory; the figures are medians over rounds in which the rows take turns. The
clusterer has its default settings: five networks of 400 updates. DTW k-means is tslearn's with its
own settings, the best of as many beginnings as the clusterer has networks; a single beginning takes
a fifth of that. Writes `benchmarks/clustering.json`.
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

from lstmmusic.clustering.features import columns_of

RESULTS = Path(__file__).parent / "clustering.json"
N_NOTES = 64
VALUES = columns_of(("values",))
SHORT, LONG = VALUES.index("eighth"), VALUES.index("quarter")
RHYTHMS = tuple((SHORT,) * k + (LONG,) * k for k in (1, 2, 3, 4))
N_GROUPS = len(RHYTHMS)
OFTEN = 0.15  # a note has any value
N_BEGINNINGS = 5  # of either
BESIDE = 2_000  # sequences, where the two stand side by side
MANY = (1_000, 10_000, 100_000)
ROUNDS = 3


def melodies(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Sequences (n, N_NOTES, columns of the default features) and the group of each (n,).

    Example:
        >>> melodies(8)[0].shape
        (8, 64, 13)
    """
    rng = np.random.default_rng(seed)
    group = rng.integers(N_GROUPS, size=n)
    long = [np.resize(rhythm, N_NOTES + len(rhythm)) for rhythm in RHYTHMS]
    starts = [rng.integers(len(RHYTHMS[k])) for k in group]
    value = np.stack([long[k][start:][:N_NOTES] for k, start in zip(group, starts, strict=True)])
    any_value = rng.integers(len(VALUES), size=value.shape)
    value = np.where(rng.random(value.shape) < OFTEN, any_value, value)
    intervals = rng.integers(-4, 5, size=(n, N_NOTES, 1)) / 6
    rests = (rng.random((n, N_NOTES, 1)) < OFTEN) * 0.6
    notes = np.concatenate([intervals, np.eye(len(VALUES))[value], rests], axis=2)
    return notes.astype(np.float32), group


def work(what: str, n: int) -> None:
    """One row, in a process of its own; prints the agreement with the groups."""
    from sklearn.metrics import adjusted_mutual_info_score

    sequences, known = melodies(n)
    if what == "dtw":
        from tslearn.clustering import TimeSeriesKMeans

        model = TimeSeriesKMeans(N_GROUPS, metric="dtw", n_init=N_BEGINNINGS, random_state=0)
        found = model.fit_predict(sequences)
    else:
        from lstmmusic import SequenceClusterer

        clusterer = SequenceClusterer(N_GROUPS, n_restarts=N_BEGINNINGS, random_state=0)
        found = clusterer.fit_predict(sequences)
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
        "notes": N_NOTES,
        "columns": melodies(1)[0].shape[2],
        "beginnings": N_BEGINNINGS,
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
