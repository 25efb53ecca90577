"""All experiments, by name.

A family is a file of this room with a tuple `TASKS`; it is found by being there. Files whose names
begin with an underscore are what families share, and may import Keras; families import it inside
their functions, so that listing costs nothing.
"""

from __future__ import annotations

import functools
import importlib
import math
import pkgutil
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lstmmusic.errors import InputError
from lstmmusic.tasks.task import (
    Outcome,
    Preset,
    Progress,
    Task,
    check_choice,
    check_whole,
)


@functools.cache
def _registered() -> dict[str, Task]:
    """Name -> task, families by name, within a family as declared."""
    package = importlib.import_module(__package__ or "lstmmusic.tasks")
    found: dict[str, Task] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        if module.name.startswith("_"):
            continue
        family = importlib.import_module(f"{package.__name__}.{module.name}")
        for task in getattr(family, "TASKS", ()):
            if task.name in found:
                raise InputError("task", "a name of its own", f"{task.name} twice")
            found[task.name] = task
    return found


def list_tasks(tag: str | None = None) -> list[Task]:
    """All experiments, or those with a tag.

    Args:
        tag: None for all.

    Raises:
        InputError: No experiment has the tag.

    Example:
        >>> [task.name for task in list_tasks("grammar")]
        ['continual_embedded_reber', 'embedded_reber', 'reber']
    """
    tasks = list(_registered().values())
    if tag is None:
        return tasks
    check_choice("tag", tag, sorted({tag for task in tasks for tag in task.tags}))
    return [task for task in tasks if tag in task.tags]


def task_named(name: str) -> Task:
    """The experiment of that name.

    Raises:
        InputError: There is none; the message lists all.

    Example:
        >>> task_named("embedded_reber").step_unit
        'training strings'
    """
    check_choice("task", name, tuple(_registered()))
    return _registered()[name]


def run_task(
    name: str,
    preset: str | Preset = "quick",
    seeds: int = 3,
    variant: str | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    progress: Progress | None = None,
    resume: bool = False,
) -> dict[str, Any]:
    """Runs an experiment: trains networks side by side, one a seed, and tests each once.

    Args:
        name: One of `list_tasks()`.
        preset: `quick`, `paper`, or a `Preset` of your own settings and budget.
        seeds: How many networks.
        variant: What learns; None for the task's first.
        seed: Of the first network; the others count on from there.
        out: A new run folder for progress, checkpoints and the result; None for none.
        progress: Called after every round with the steps so far, the budget, and what was measured,
            a mean over the networks that learn in it.
        resume: True goes on from the checkpoint in `out`, left there by a run of the same
            arguments; an empty folder starts anew.

    Returns:
        Plain values, fit for JSON: `task`, `title`, `preset`, `variant`, `seeds` and `seed` as
        asked, `settings`, `budget`, `step_unit`; `solved`, how many networks were; `steps`, their
        median, where a network without success counts with all that it took; `metrics`, the
        median of each measure of the success test; `each`, the same network by network; `bar`
        with its text and whether it was `reached`, None without one; `published` figures; wall
        time in `seconds`; `versions`.

    Raises:
        InputError: An unknown name, preset or variant, or a number below its least.
        OutputError: `out` holds another run, or any without `resume`.
    """
    task = task_named(name)
    if isinstance(preset, str):
        check_choice("preset", preset, tuple(task.presets))
        preset = task.presets[preset]
    variant = task.variants[0] if variant is None else variant
    check_choice("variant", variant, task.variants)
    check_whole("seeds", seeds, least=1)
    check_whole("seed", seed, least=0)
    if resume and out is None:
        raise InputError("resume", "a run folder to go on from", "none")
    asked: dict[str, Any] = {
        "task": task.name,
        "title": task.title,
        "preset": preset.name,
        "variant": variant,
        "seeds": seeds,
        "seed": seed,
        "settings": asdict(preset.settings),
        "budget": preset.budgets.get(variant, preset.budget),
        "step_unit": task.unit_of(variant),
    }
    from lstmmusic.fitting import RunFolder, versions

    run = None if out is None else RunFolder(Path(out), asked, resume)
    start = time.perf_counter()
    before = 0.0 if run is None else run.seconds
    try:
        outcomes = task.run(variant, preset, range(seed, seed + seeds), run, progress)
    except BaseException as error:
        if run is not None:
            run.set_state("interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
        raise
    found = _summary(outcomes)
    result = {
        **asked,
        **found,
        "bar": _bar(preset, found["solved"], seeds),
        "published": [asdict(figure) for figure in task.published],
        "seconds": round(before + time.perf_counter() - start, 1),
        "versions": versions(),
    }
    if run is not None:
        run.save_result(result)
        run.set_state("done", solved=result["solved"])
    return result


def _summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What the networks did together, and each alone."""
    names = outcomes[0].metrics
    return {
        "solved": sum(outcome.solved for outcome in outcomes),
        "steps": int(statistics.median(outcome.steps for outcome in outcomes)),
        "metrics": {
            name: statistics.median(outcome.metrics[name] for outcome in outcomes) for name in names
        },
        "each": [asdict(outcome) for outcome in outcomes],
    }


def _bar(preset: Preset, solved: int, seeds: int) -> dict[str, Any] | None:
    if not preset.bar:
        return None
    needed = math.ceil(preset.solved_share * seeds - 1e-9)
    return {"text": preset.bar, "needed": needed, "reached": solved >= needed}
