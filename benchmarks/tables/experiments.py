"""The experiments: what is run, what others reached, what was recorded."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.tables.markdown import Rows
from benchmarks.tables.recorded import runs
from lstmmusic.tasks import list_tasks, task_named
from lstmmusic.tasks.blues import segment_chord_tones
from lstmmusic.tasks.task import Task


def _experiments() -> Rows:
    """Every recorded run; of tasks whose first variant was not recorded at `paper`, that too."""
    recorded: dict[str, list[dict]] = {}
    for name, row in runs():
        recorded.setdefault(name, []).append(row)
    for task in list_tasks():
        found = recorded.get(task.name, [])
        variant = next(iter(task.variants))
        if not any((row["preset"], row["variant"]) == ("paper", variant) for row in found):
            yield _beside(task, "paper", variant) | {"ours (stopped)": "not run"}
        for row in found:
            stopped = sum(network["has_stopped"] for network in row["each"])
            yield _beside(task, row["preset"], row["variant"]) | {
                "ours (stopped)": f"{_solved(row)} ({stopped})",
                "median steps": f"{row['steps']:,} {row['step_unit']}",
                "seconds": f"{row['seconds']:.0f}",
                "seeds": f"{row['seed']}-{row['seed'] + row['seeds'] - 1}",
            }


def _beside(task: Task, preset: str, variant: str) -> dict[str | None, object]:
    """What was run, and the published figure that stands beside it."""
    best = next((f for f in task.published if f.variant == variant), task.published[0])
    doubt = f" ({best.doubt})" if best.doubt else ""
    return {
        "task": f"`{task.name}`",
        "preset": preset,
        "variant": f"`{variant}`",
        "published": f"{best.value:,g} {best.unit}, {best.network}{doubt}",
    }


def _solved(row: dict) -> str:
    return f"{row['solved']} of {row['seeds']}"


_CELLS = ("hardened", "peephole", "no_peepholes", "no_forget", "lstm1997", "keras_lstm", "rnn")
# What has tables of its own, or no cells to compare.
_ELSEWHERE = ("blues", "error_flow", "grouping", "learning_to_learn", "reinforcement", "robot")


def _cells_compared() -> Rows:
    """Networks that were solved, and their median steps, of each cell beside the others."""
    yield "task", *(f"`{cell}`" for cell in _CELLS)
    for name, cells in _by_variant(runs(), _CELLS):
        if len(cells) - cells.count(None) > 1 and task_named(name).family not in _ELSEWHERE:
            yield f"`{name}`", *cells


def _by_variant(
    found: Iterable[tuple[str, dict]], variants: Sequence[str], unit: str = ""
) -> Iterator[tuple[str, list[str | None]]]:
    """Tasks, and what came of each variant at `paper`: None where it was not run."""
    cells: dict[str, dict[str, str]] = {}
    for name, row in found:
        if row["preset"] == "paper":
            told = f"{_solved(row)}, {row['steps']:,}{unit}"
            cells.setdefault(name, {})[row["variant"]] = told
    for name, told in cells.items():
        yield name, [told.get(variant) for variant in variants]


def _families() -> Rows:
    """Networks of each family that were solved, of every task's first variant."""
    yield "family", "tasks", "tasks solved by four networks in five", "networks solved"
    first: dict[str, list[dict]] = {}
    for name, row in runs():
        task = task_named(name)
        if (row["preset"], row["variant"]) == ("paper", next(iter(task.variants))):
            first.setdefault(task.family, []).append(row)
    for family, rows in first.items():
        well = sum(row["solved"] >= 0.8 * row["seeds"] for row in rows)
        solved, seeds = (sum(row[what] for row in rows) for what in ("solved", "seeds"))
        yield family.replace("_", " "), len(rows), well, f"{solved} of {seeds}"


def _blues_study() -> Rows:
    def pair(each: list[dict], name: str, form: str) -> str:
        """Median and worst of the networks."""
        if name not in each[0]:
            return ""
        values = [metrics[name] for metrics in each]
        return f"{statistics.median(values):{form}}, {min(values):{form}}"

    for name, row in runs():
        if name not in ("blues_chords", "blues_melody"):
            continue
        each = [network["metrics"] for network in row["each"]]
        yield {
            "task": f"`{name}`",
            "preset": row["preset"],
            "variant": f"`{row['variant']}`",
            "100 choruses right": _solved(row),
            "chord steps right": pair(each, "steps_right", ".1%"),
            "bar onsets right": pair(each, "onsets_right", ".1%"),
            "of the 12 in chorus 1": pair(each, "onsets_right_in_chorus_1", "g"),
            "choruses before a slip": pair(each, "choruses_right", "g"),
            "chords told": pair(each, "chords_told", ".1%"),
            "melody told": pair(each, "melody_told", ".1%"),
            "new bars": pair(each, "new_bars", ".1%"),
            "chord tones": pair(each, "chord_tones", ".1%"),
        }
    *theirs, steps, chords, melody, tones = (
        figure.value for figure in task_named("blues_melody").published
    )
    yield {
        "task": "run again by others",
        "variant": "LSTM of 20 and 24",
        "100 choruses right": "not tried",
        "chord steps right": f"{steps:.1%}",
        "of the 12 in chorus 1": ", ".join(f"{value:g}" for value in theirs),
        "chords told": f"{chords:.1%}",
        "melody told": f"{melody:.1%}",
        "chord tones": f"{tones:.1%}",
    }
    yield {"task": "the training segments", "chord tones": f"{segment_chord_tones():.1%}"}


_COUNTS = (5, 10, 20, 30, 64)


def _metalearner() -> Rows:
    """Errors of frozen networks on new functions, count by count, beside who learns by itself."""
    yield "mean squared error", "preset", *(f"after {count}" for count in _COUNTS), "solved"
    for family in ("boolean", "semilinear", "quadratic"):
        name = f"metalearner_{family}"
        recorded = [row for task, row in runs() if task == name]
        for row in recorded:
            each = [network["metrics"] for network in row["each"]]
            cells = []
            for count in _COUNTS:
                values = [metrics[f"mse_{count}"] for metrics in each]
                cells.append(f"{statistics.median(values):.1e} ({max(values):.1e})")
            yield f"{family}, `{row['variant']}`", row["preset"], *cells, _solved(row)
        for who, words in (("backprop", "backpropagation"), ("rls", "least squares")):
            if recorded:
                each = [network["metrics"] for network in recorded[0]["each"]]
                cells = [
                    f"{statistics.median(metrics[f'{who}_{count}'] for metrics in each):.1e}"
                    for count in _COUNTS
                ]
                yield f"{family}, {words}", None, *cells, None


def _mazes() -> Rows:
    """Runs that were solved, and their median steps, by length of the corridor and variant."""
    found = [(n, row) for n, row in runs() if n.startswith("t_maze") and row["preset"] == "paper"]
    variants = [v for v in task_named("t_maze_5").variants if v in {r["variant"] for _, r in found}]
    yield "corridor", *(f"`{variant}`" for variant in variants)
    for task, cells in _by_variant(found, variants, " steps"):
        settings = task_named(task).presets["paper"].settings
        noisy = ", noisy" if settings.noisy else ""
        yield f"{settings.corridor_steps} steps{noisy}", *cells


def _poles() -> Rows:
    """How long poles are balanced in each mode: median and worst run."""
    yield "preset", "variant", "solved", "steps in mode 1", "in mode 2", "steps learnt"
    for name, row in runs():
        if name != "two_mode_pole":
            continue
        each = [network["metrics"] for network in row["each"]]
        cells = []
        for mode in (1, 2):
            values = [metrics[f"steps_mode_{mode}"] for metrics in each]
            cells.append(f"{statistics.median(values):,.0f} ({min(values):,.0f})")
        yield row["preset"], f"`{row['variant']}`", _solved(row), *cells, f"{row['steps']:,}"


def _robot() -> Rows:
    """How many robots turn the right way, and how long after they saw the lamp."""
    run = ("preset", "variant", "solved")
    near = ("right arm", "wrong arm", "lag, steps", "lag, choices")
    yield *run, *near, "right arm, far", "lag, steps"
    for name, row in runs():
        if name != "robot_t_maze":
            continue
        each = [network["metrics"] for network in row["each"]]

        def told(metric: str, each: list[dict[str, float]] = each) -> float:
            return statistics.median(metrics[metric] for metrics in each)

        def lag(kind: str, each: list[dict[str, float]] = each) -> str:
            most = max(metrics[f"{kind}_most"] for metrics in each)
            return f"{told(kind):.0f} ({most:.0f})"

        right, far = (
            f"{told(n):.0%} ({min(m[n] for m in each):.0%})" for n in ("right", "right_far")
        )
        run = (row["preset"], f"`{row['variant']}`", _solved(row))
        near = (right, f"{told('wrong'):.0%}", lag("lag_steps"), lag("lag_events"))
        yield *run, *near, far, lag("lag_steps_far")


def _published() -> Rows:
    yield "task", "published", "network", "source"
    for task in list_tasks():
        for figure in task.published:
            value = f"{figure.value:,g} {figure.unit}"
            doubt = f" ({figure.doubt})" if figure.doubt else ""
            yield f"`{task.name}`", value, figure.network, f"{figure.source}{doubt}"


def _tasks() -> Rows:
    yield "task", "what", "variants"
    for task in list_tasks():
        yield f"`{task.name}`", task.about, ", ".join(f"`{v}`" for v in task.variants)


TABLES = {
    "experiments": _experiments,
    "cells_compared": _cells_compared,
    "families": _families,
    "blues_study": _blues_study,
    "metalearner": _metalearner,
    "mazes": _mazes,
    "poles": _poles,
    "robot": _robot,
    "published": _published,
    "tasks": _tasks,
}
