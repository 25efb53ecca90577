"""The experiments: what is run, what others reached, what was recorded."""

from __future__ import annotations

import statistics

from benchmarks.tables.recorded import runs
from lstmmusic.tasks import list_tasks, task_named
from lstmmusic.tasks.blues import segment_chord_tones
from lstmmusic.tasks.task import Task


def _experiments() -> str:
    """Every recorded run; of tasks whose first variant was not recorded at `paper`, that too."""
    rows = [
        "| task | preset | variant | published | ours (stopped) | median steps | seconds | seeds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    recorded: dict[str, list[dict]] = {}
    for name, row in runs():
        recorded.setdefault(name, []).append(row)
    for task in list_tasks():
        found = recorded.get(task.name, [])
        variant = next(iter(task.variants))
        if not any((row["preset"], row["variant"]) == ("paper", variant) for row in found):
            rows.append(f"{_beside(task, 'paper', variant)} | not run | | | |")
        for row in found:
            stopped = sum(network["has_stopped"] for network in row["each"])
            first, last = row["seed"], row["seed"] + row["seeds"] - 1
            rows.append(
                f"{_beside(task, row['preset'], row['variant'])} "
                f"| {row['solved']} of {row['seeds']} ({stopped}) "
                f"| {row['steps']:,} {row['step_unit']} | {row['seconds']:.0f} | {first}-{last} |"
            )
    return "\n".join(rows)


def _beside(task: Task, preset: str, variant: str) -> str:
    """What was run, and the published figure that stands beside it."""
    best = next((f for f in task.published if f.variant == variant), task.published[0])
    doubt = f" ({best.doubt})" if best.doubt else ""
    return (
        f"| `{task.name}` | {preset} | `{variant}` "
        f"| {best.value:,g} {best.unit}, {best.network}{doubt}"
    )


def _blues_study() -> str:
    rows = [
        "| task | preset | variant | 100 choruses right | chord steps right | bar onsets right "
        "| of the 12 in chorus 1 | choruses before a slip | chords told | melody told | new bars "
        "| chord tones |",
        "|---" * 12 + "|",
    ]

    def pair(each: list[dict], name: str, form: str) -> str:
        """Median and worst of the networks."""
        if name not in each[0]:
            return ""
        values = [metrics[name] for metrics in each]
        return f"{statistics.median(values):{form}}, {min(values):{form}}"

    shares = ("chords_told", "melody_told", "new_bars", "chord_tones")
    for name, row in runs():
        if name not in ("blues_chords", "blues_melody"):
            continue
        each = [network["metrics"] for network in row["each"]]
        played = ("steps_right", "onsets_right")
        cells = [pair(each, name, ".1%") for name in played]
        cells += [pair(each, n, "g") for n in ("onsets_right_in_chorus_1", "choruses_right")]
        cells += [pair(each, name, ".1%") for name in shares]
        rows.append(
            f"| `{name}` | {row['preset']} | `{row['variant']}` | {row['solved']} of "
            f"{row['seeds']} | {' | '.join(cells)} |"
        )
    *theirs, steps, chords, melody, tones = (
        figure.value for figure in task_named("blues_melody").published
    )
    onsets = ", ".join(f"{value:g}" for value in theirs)
    rows.append(
        f"| run again by others | | LSTM of 20 and 24 | not tried | {steps:.1%} | | {onsets} | "
        f"| {chords:.1%} | {melody:.1%} | | {tones:.1%} |"
    )
    tones = segment_chord_tones()
    rows.append(f"| the training segments | | | | | | | | | | | {tones:.1%} |")
    return "\n".join(rows)


_COUNTS = (5, 10, 20, 30, 64)


def _metalearner() -> str:
    """Errors of frozen networks on new functions, count by count, beside who learns by itself."""
    rows = [
        f"| mean squared error | preset | {' | '.join(f'after {k}' for k in _COUNTS)} | solved |",
        "|---" * (3 + len(_COUNTS)) + "|",
    ]
    for family in ("boolean", "semilinear", "quadratic"):
        name = f"metalearner_{family}"
        recorded = [row for task, row in runs() if task == name]
        for row in recorded:
            each = [network["metrics"] for network in row["each"]]
            cells = []
            for count in _COUNTS:
                values = [metrics[f"mse_{count}"] for metrics in each]
                cells.append(f"{statistics.median(values):.1e} ({max(values):.1e})")
            solved = f"{row['solved']} of {row['seeds']}"
            head = f"| {family}, `{row['variant']}` | {row['preset']} "
            rows.append(f"{head}| {' | '.join(cells)} | {solved} |")
        for who, words in (("backprop", "backpropagation"), ("rls", "least squares")):
            if recorded:
                each = [network["metrics"] for network in recorded[0]["each"]]
                cells = [
                    f"{statistics.median(metrics[f'{who}_{count}'] for metrics in each):.1e}"
                    for count in _COUNTS
                ]
                rows.append(f"| {family}, {words} | | {' | '.join(cells)} | |")
    return "\n".join(rows)


def _mazes() -> str:
    """Runs that were solved, and their median steps, by length of the corridor and variant."""
    found = [(n, row) for n, row in runs() if n.startswith("t_maze") and row["preset"] == "paper"]
    variants = [v for v in task_named("t_maze_5").variants if v in {r["variant"] for _, r in found}]
    rows = [f"| corridor | {' | '.join(f'`{v}`' for v in variants)} |"]
    rows.append("|---" * (1 + len(variants)) + "|")
    for task in (name for name in dict.fromkeys(name for name, _ in found)):
        cells = []
        for variant in variants:
            row = next((r for n, r in found if n == task and r["variant"] == variant), None)
            cell = ""
            if row is not None:
                cell = f"{row['solved']} of {row['seeds']}, {row['steps']:,} steps"
            cells.append(cell)
        settings = task_named(task).presets["paper"].settings
        noisy = ", noisy" if settings.noisy else ""
        rows.append(f"| {settings.corridor_steps} steps{noisy} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _poles() -> str:
    """How long poles are balanced in each mode: median and worst run."""
    rows = [
        "| preset | variant | solved | steps in mode 1 | in mode 2 | steps learnt |",
        "|---" * 6 + "|",
    ]
    for name, row in runs():
        if name != "two_mode_pole":
            continue
        each = [network["metrics"] for network in row["each"]]
        cells = []
        for mode in (1, 2):
            values = [metrics[f"steps_mode_{mode}"] for metrics in each]
            cells.append(f"{statistics.median(values):,.0f} ({min(values):,.0f})")
        rows.append(
            f"| {row['preset']} | `{row['variant']}` | {row['solved']} of {row['seeds']} "
            f"| {' | '.join(cells)} | {row['steps']:,} |"
        )
    return "\n".join(rows)


def _robot() -> str:
    """How many robots turn the right way, and how long after they saw the lamp."""
    rows = [
        "| preset | variant | solved | right arm | wrong arm | lag, steps | lag, choices "
        "| right arm, far | lag, steps |",
        "|---" * 9 + "|",
    ]
    for name, row in runs():
        if name != "robot_t_maze":
            continue
        each = [network["metrics"] for network in row["each"]]

        def told(metric: str, each: list[dict[str, float]] = each) -> float:
            return statistics.median(metrics[metric] for metrics in each)

        def lag(kind: str, each: list[dict[str, float]] = each) -> str:
            most = max(metrics[f"{kind}_most"] for metrics in each)
            return f"{told(kind):.0f} ({most:.0f})"

        shares = [f"{told(n):.0%} ({min(m[n] for m in each):.0%})" for n in ("right", "right_far")]
        rows.append(
            f"| {row['preset']} | `{row['variant']}` | {row['solved']} of {row['seeds']} "
            f"| {shares[0]} | {told('wrong'):.0%} | {lag('lag_steps')} | {lag('lag_events')} "
            f"| {shares[1]} | {lag('lag_steps_far')} |"
        )
    return "\n".join(rows)


def _published() -> str:
    rows = ["| task | published | network | source |", "|---|---|---|---|"]
    rows += [
        f"| `{task.name}` | {figure.value:,g} {figure.unit} | {figure.network} "
        f"| {figure.source}{f' ({figure.doubt})' if figure.doubt else ''} |"
        for task in list_tasks()
        for figure in task.published
    ]
    return "\n".join(rows)


def _tasks() -> str:
    rows = ["| task | what | variants |", "|---|---|---|"]
    rows += [
        f"| `{task.name}` | {task.about} | {', '.join(f'`{v}`' for v in task.variants)} |"
        for task in list_tasks()
    ]
    return "\n".join(rows)


TABLES = {
    "experiments": _experiments,
    "blues_study": _blues_study,
    "metalearner": _metalearner,
    "mazes": _mazes,
    "poles": _poles,
    "robot": _robot,
    "published": _published,
    "tasks": _tasks,
}
