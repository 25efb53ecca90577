"""Runs experiments and keeps what came out: `python -m training.record NAME...`.

Options: --preset (paper), --seeds (5), --seed (0), --variants A,B or all (the default), --runs
FOLDER for run folders, whose runs are gone on with. What was recorded for another preset or variant
stays. Afterwards: python -m benchmarks.tables
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from lstmmusic.errors import InputError
from lstmmusic.tasks import run_task, task_named

RESULTS = Path(__file__).parent / "results"
_DROPPED = ("task", "title", "published")


def record(report: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Keeps one report of `run_task` in the file of its task, in place of the one before it."""
    path = folder / f"{report['task']}.json"
    table: dict[str, Any] = {}
    if path.is_file():
        table = json.loads(path.read_text(encoding="utf-8"))
    key = (report["preset"], report["variant"])
    others = [row for row in table.get("results", ()) if (row["preset"], row["variant"]) != key]
    task = task_named(report["task"])
    presets, variants = list(task.presets), list(task.variants)
    rows = [*others, {name: value for name, value in report.items() if name not in _DROPPED}]
    rows.sort(key=lambda row: (-presets.index(row["preset"]), variants.index(row["variant"])))
    table = {"task": task.name, "published": report["published"], "results": rows}
    folder.mkdir(exist_ok=True)
    path.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def main() -> None:
    """Runs what the command line asks for, variant after variant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--preset", default="paper")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--variants", default="all")
    parser.add_argument("--runs", type=Path, default=None)
    asked = parser.parse_args()
    for name in asked.names:
        variants = asked.variants.split(",")
        if asked.variants == "all":
            variants = list(task_named(name).variants)
        for variant in variants:
            out = asked.runs and asked.runs / f"{name}-{asked.preset}-{variant}"
            report = run_task(
                name,
                asked.preset,
                asked.seeds,
                variant,
                asked.seed,
                out,
                resume=out is not None,
            )
            record(report)
            print(
                f"{name} {asked.preset} {variant}: {report['solved']} of {report['seeds']}, "
                f"{report['steps']} {report['step_unit']}, {report['seconds']} s, "
                f"{report['metrics']}",
                flush=True,
            )


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
