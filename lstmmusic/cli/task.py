"""`lstmmusic task`: the experiments of the papers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from lstmmusic.cli.inside import inside_run
from lstmmusic.cli.output import check_run, print_json
from lstmmusic.cli.quiet import load_keras
from lstmmusic.tasks import Task, list_tasks, run_task, task_named

SECONDS_BETWEEN_LINES = 5.0

app = typer.Typer(help="Run the experiments of the papers.")
app.command("inside")(inside_run)


@app.command("list")
def show_tasks(
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the experiments."""
    tasks = list_tasks(tag)
    if as_json:
        print_json({"tasks": [_declared(task) for task in tasks]})
        return
    for task in tasks:
        best = task.published[0] if task.published else None
        figure = f"; published: {best.value:g} {best.unit} ({best.network})" if best else ""
        print(
            f"{task.name}: {task.title} [{', '.join(task.tags)}]; "
            f"variants {', '.join(task.variants)}{figure}"
        )


@app.command("run")
def run(
    name: Annotated[str, typer.Argument(help="See `lstmmusic task list`.", metavar="NAME")],
    preset: Annotated[str, typer.Option(help="quick or paper.")] = "quick",
    seeds: Annotated[int, typer.Option(help="How many networks, side by side.")] = 3,
    seed: Annotated[int, typer.Option(help="Of the first; the others count on from there.")] = 0,
    variant: Annotated[str | None, typer.Option(help="What learns; else the task's first.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A folder for progress and result.", metavar="RUN"),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run that is in the folder.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train networks on an experiment, and test each once."""
    if resume and output is not None:
        check_run(output)
    task_named(name)  # before what takes seconds to load
    load_keras()
    report = run_task(name, preset, seeds, variant, seed, output, _shown(), resume)
    print(describe(report), file=sys.stderr)
    if as_json:
        print_json(report)


def describe(report: dict[str, Any]) -> str:
    """What came out, for people."""
    metrics = ", ".join(f"{name} {value:.4g}" for name, value in report["metrics"].items())
    lines = [
        f"{report['task']} ({report['preset']}, {report['variant']}): solved {report['solved']} of "
        f"{report['seeds']} in {report['steps']:,} {report['step_unit']} (median), "
        f"{report['seconds']:g} s; {metrics}"
    ]
    if report["bar"]:
        reached = "reached" if report["bar"]["reached"] else "missed"
        lines.append(f"bar {reached}: {report['bar']['text']}")
    lines += [
        f"published: {figure['value']:g} {figure['unit']}, {figure['network']}; {figure['source']}"
        for figure in report["published"]
    ]
    return "\n".join(lines)


def _shown() -> Callable[[int, int, Mapping[str, float]], None]:
    """A line of progress every few seconds."""
    last = time.monotonic()

    def show(steps: int, budget: int, metrics: Mapping[str, float]) -> None:
        nonlocal last
        if time.monotonic() - last < SECONDS_BETWEEN_LINES:
            return
        last = time.monotonic()
        found = ", ".join(f"{name} {value:.3g}" for name, value in metrics.items())
        print(f"{steps:,} of {budget:,}: {found}", file=sys.stderr, flush=True)

    return show


def _declared(task: Task) -> dict[str, Any]:
    """What an entry says of itself."""
    return {
        "name": task.name,
        "title": task.title,
        "family": task.family,
        "tags": list(task.tags),
        "about": task.about,
        "published": [asdict(figure) for figure in task.published],
        "presets": {
            name: {
                "settings": asdict(preset.settings),
                "budget": preset.budget,
                "budgets": dict(preset.budgets),
                "bar": preset.bar,
            }
            for name, preset in task.presets.items()
        },
        "variants": list(task.variants),
        "step_unit": task.step_unit,
        "step_units": dict(task.step_units),
    }
