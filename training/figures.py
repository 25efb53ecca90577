"""Draws what happens in networks that have learnt to count, to keep time, to learn, or to act.

`python -m training.figures` trains each from its `paper` preset, seed after seed until one is
solved, and writes docs/figures/NAME.svg. Names may be given.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.tasks import task_named
from lstmmusic.tasks.counting import read_and_told
from lstmmusic.tasks.task import Job

FOLDER = Path(__file__).parents[1] / "docs" / "figures"
_MOST_SEEDS = 10
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def _a_string(settings: Any) -> np.ndarray:
    """Longer than any learnt from."""
    return read_and_told(settings.language, [(20,)])[0]


def _three_periods(settings: Any) -> np.ndarray:
    return np.zeros((1, 3 * settings.period_steps, 1))


def _four_bars(settings: Any) -> np.ndarray:
    return np.zeros((1, 4 * len(settings.pattern.strokes) // settings.pattern_bars, 1))


SHOWN: dict[str, Callable[[Any], np.ndarray]] = {
    "anbncn": _a_string,
    "pfg_cosine_25": _three_periods,
    "rhythm_straight_1": _four_bars,
}


def _of_strings(name: str, settings: Any, solver: Any) -> Any:
    from lstmmusic.layers import figure_of, look_inside

    return figure_of(look_inside(solver.layer(), SHOWN[name](settings)))


def _of_learning(name: str, settings: Any, solver: Any) -> Any:
    """Errors on a thousand new functions, and how far the cells move at each example."""
    from matplotlib.figure import Figure

    from lstmmusic.layers import look_inside
    from lstmmusic.tasks.learning_to_learn import draw_functions, told_before

    rng = np.random.default_rng(0)
    x, y = draw_functions(rng, settings.family, 1000, settings.examples + 1)
    inputs = told_before(x, y)
    errors = (solver(inputs)[..., 0] - y) ** 2
    cells = look_inside(solver.layer(), inputs[:200]).c
    moved = np.abs(np.diff(cells, axis=1, prepend=0.0))
    figure = Figure(figsize=(8, 6), layout="constrained")
    above, middle, below = figure.subplots(3, sharex=True)
    above.semilogy(errors.mean(axis=0), color="black", label="mean of 1,000 functions")
    above.semilogy(np.median(errors, axis=0), color="gray", label="median")
    above.set_ylabel("squared error")
    above.legend(frameon=False)
    middle.plot(moved.mean(axis=0), linewidth=0.5, color="lightgray")
    middle.plot(moved.mean(axis=(0, 2)), color="black")
    middle.set_ylabel("a cell moves by")
    most = np.argsort(-cells[0].std(axis=0))[:12]
    below.plot(cells[0][:, most], linewidth=1)
    below.set_ylabel("12 cells, one function")
    below.set_xlabel("examples seen")
    return figure


def _of_maze(name: str, settings: Any, solver: Any) -> Any:
    """Gates and cells on the way to the junction, goals to the north and to the south."""
    from matplotlib.figure import Figure

    from lstmmusic.tasks._environments import EAST, Mazes

    n, n_steps = 20 if settings.noisy else 2, settings.corridor_steps + 1
    rng = np.random.default_rng(0)
    mazes = Mazes(n, settings.corridor_steps, settings.noisy)
    draws = rng.random((n, mazes.n_draws))
    draws[:, 0] = np.arange(n) % 2
    mazes.begin(np.ones(n, bool), draws)
    seen: dict[str, list[np.ndarray]] = {"cells": []}
    for t in range(n_steps):
        x = mazes.observe(rng.random((n, mazes.n_draws)))
        solver(x, np.full(n, t == 0), rng.random(n))
        seen["cells"].append(solver.actor.cells.copy())
        for letter, gate in solver.actor.gates.items():
            if gate is not None:
                seen.setdefault(_GATES[letter], []).append(gate)
        mazes.step(np.full(n, EAST))  # the shortest way, whatever is told
    figure = Figure(figsize=(8, 1.6 * len(seen)), layout="constrained")
    panels = figure.subplots(len(seen), sharex=True, squeeze=False)[:, 0]
    for panel, (what, values) in zip(panels, seen.items(), strict=True):
        each = np.array(values)
        for cell in range(each.shape[-1]):
            for goal, style in enumerate(("-", "--")):
                panel.plot(each[:, goal::2, cell], style, color=f"C{cell}", linewidth=0.8)
        panel.set_ylabel(what)
        if what != "cells":
            panel.set_ylim(-0.05, 1.05)
    panels[0].set_title("goal to the north (lines) and to the south (dashes); a colour a cell")
    panels[-1].set_xlabel("step from the start to the junction")
    return figure


def _of_flow(name: str, settings: Any, solver: Any) -> Any:
    """How much of an error arrives at each lag, in every variant: median, least and largest."""
    from matplotlib.figure import Figure

    task = task_named(name)
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    panel = figure.subplots()
    for variant in task.variants:
        job = Job(variant, settings, task.presets["paper"].budget, tuple(range(_MOST_SEEDS)))
        asked = np.zeros((1, settings.lags, 1))
        rows = np.stack([network.solver(asked)[0, :, 0] for network in task.train(job)])
        shares, lags = rows / rows[:, :1], np.arange(1, settings.lags + 1)
        (line,) = panel.plot(lags, np.median(shares, axis=0), label=variant)
        least, most = shares.min(axis=0), shares.max(axis=0)
        panel.fill_between(lags, least, most, color=line.get_color(), alpha=0.15, linewidth=0)
    panel.set_yscale("log")
    panel.set_ylim(1e-12, 1e3)
    panel.set_xlabel("lag q, steps")
    panel.set_ylabel("|dE(t)/dh(t - q)|, of that at q = 1")
    figure.legend(loc="outside right center", frameon=False)
    return figure


_GATES = {"i": "input gates", "f": "forget gates", "o": "output gates"}

DRAWN: dict[str, Callable[[str, Any, Any], Any]] = {
    **dict.fromkeys(SHOWN, _of_strings),
    "metalearner_quadratic": _of_learning,
    "t_maze_20": _of_maze,
    "error_flow": _of_flow,
}


def draw(name: str, folder: Path = FOLDER) -> Path:
    """Trains and draws one.

    Raises:
        InputError: Another name than those of `DRAWN`, or no network is solved.
    """
    import matplotlib as mpl

    if name not in DRAWN:
        raise InputError("name", "one of " + ", ".join(DRAWN), repr(name))
    task = task_named(name)
    preset = task.presets["paper"]
    for seed in range(_MOST_SEEDS):
        job = Job(task.variants[0], preset.settings, preset.budget, (seed,))
        (trained,) = task.train(job)
        if trained.has_stopped and task.test(preset.settings, seed, trained.solver).solved:
            # Without metadata and with fixed names, so that the same network is the same file.
            with mpl.rc_context({"svg.hashsalt": name}):
                folder.mkdir(exist_ok=True)
                figure = DRAWN[name](name, preset.settings, trained.solver)
                figure.savefig(folder / f"{name}.svg", metadata=_NO_METADATA)
            return folder / f"{name}.svg"
    raise InputError("name", "a task that a network solves", name)


if __name__ == "__main__":
    try:
        for shown in sys.argv[1:] or DRAWN:
            print(draw(shown))
    except InputError as error:
        sys.exit(str(error))
