"""Where what was measured is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lstmmusic.tasks import list_tasks

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "training" / "results"


def measured(name: str) -> Any:
    """What a benchmark measured; empty where it did not run yet."""
    return _read(ROOT / "benchmarks" / f"{name}.json")


def learnt(name: str) -> Any:
    """What came out of trainings; empty where none was recorded yet."""
    return _read(RESULTS / f"{name}.json")


def runs() -> list[tuple[str, dict[str, Any]]]:
    """Task and row of every recorded run, in the order of the registry."""
    return [
        (task.name, row) for task in list_tasks() for row in learnt(task.name).get("results", ())
    ]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
