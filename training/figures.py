"""Draws what happens in networks that have learnt: one of each family of experiments.

`python -m training.figures` trains each from its `paper` preset, the continual one and the robot
from `quick`, seed after seed until one is solved, and writes docs/figures/NAME.svg, of the robot a
film, NAME.gif. Names may be given.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.tasks import grammars, task_named, temporal_order
from lstmmusic.tasks.continual import reber_streams
from lstmmusic.tasks.counting import read_and_told
from lstmmusic.tasks.noisy_lags import symbol_strings
from lstmmusic.tasks.parity import parity_strings
from lstmmusic.tasks.task import Job

FOLDER = Path(__file__).parents[1] / "docs" / "figures"
_MOST_SEEDS = 10
_LONG_NUMBER = re.compile(r"(?<=[ ML\"])-?\d+\.\d{2,}(?= )")
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


# What a network reads, (1, time, features), and what is written below the steps, one each.
Shown = tuple[np.ndarray, Sequence[str]]


def _a_count(settings: Any) -> Shown:
    """Longer than any learnt from."""
    return read_and_told(settings.language, [(20,)])[0], ()


def _three_periods(settings: Any) -> Shown:
    return np.zeros((1, 3 * settings.period_steps, 1)), ()


def _four_bars(settings: Any) -> Shown:
    return np.zeros((1, 4 * len(settings.pattern.strokes) // settings.pattern_bars, 1)), ()


def _a_reber_string(settings: Any) -> Shown:
    rng, string = np.random.default_rng(0), ""
    while len(string) < 20:
        string = grammars.random_string(grammars.GRAMMARS[settings.grammar], rng)
    return grammars.one_hot([string], len(string) - 1), string[:-1]


def _a_reber_stream(settings: Any) -> Shown:
    inputs, _, _ = reber_streams(np.random.default_rng(0), np.zeros(1, np.int64), 60)
    return inputs, [grammars.SYMBOLS[k] for k in inputs[0].argmax(axis=-1)]


def _an_order(settings: Any) -> Shown:
    rng = np.random.default_rng(0)
    strings = temporal_order.order_strings(settings, rng, 1)
    inputs = strings.inputs[:, strings.inputs[0].any(axis=-1)]
    read = [temporal_order.SYMBOLS[k] for k in inputs[0].argmax(axis=-1)]
    return inputs, [symbol if symbol in "EXYB" else "" for symbol in read]


def _a_long_lag(settings: Any) -> Shown:
    inputs = symbol_strings(settings, np.random.default_rng(0), 1).inputs
    inputs = inputs[:, inputs[0].any(axis=-1)]
    own = {0: "x", 1: "y", settings.n_between + 2: "e", settings.n_between + 3: "b"}
    return inputs, [own.get(k, "") for k in inputs[0].argmax(axis=-1).tolist()]


def _thirty_bits(settings: Any) -> Shown:
    inputs = parity_strings(np.random.default_rng(0), 1, 30, 30, 30, always=False).inputs
    return inputs, ["1" if bit > 0 else "0" for bit in inputs[0, :, 0]]


SHOWN: dict[str, Callable[[Any], Shown]] = {
    "embedded_reber": _a_reber_string,
    "anbncn": _a_count,
    "long_lag_2c_50": _a_long_lag,
    "temporal_order_2": _an_order,
    "parity_final": _thirty_bits,
    "pfg_cosine_25": _three_periods,
    "continual_embedded_reber": _a_reber_stream,
    "rhythm_straight_1": _four_bars,
}
# A million symbols of ten streams tell no more here, nor does a robot that learns for longer.
_QUICK = ("continual_embedded_reber", "robot_t_maze")


def _of_strings(name: str, settings: Any, solver: Any) -> Any:
    from lstmmusic.layers import figure_of, look_inside

    inputs, below = SHOWN[name](settings)
    figure = figure_of(look_inside(solver.layer(), inputs))
    told = [t for t, text in enumerate(below) if text]
    if told:
        figure.axes[-1].set_xticks(told, [below[t] for t in told])
        figure.axes[-1].set_xlabel("what is read")
    return figure


def _of_learning(name: str, settings: Any, solver: Any) -> Any:
    """Errors on a thousand new Boolean functions, and how far cells tell which of 16 it is."""
    from matplotlib.figure import Figure

    from lstmmusic.layers import look_inside
    from lstmmusic.tasks.inside import told_share
    from lstmmusic.tasks.learning_to_learn import (
        HIGH,
        LOW,
        combination_of,
        draw_functions,
        told_before,
    )

    rng = np.random.default_rng(0)
    x, y = draw_functions(rng, settings.family, 1000, settings.examples + 1)
    inputs = told_before(x, y)
    errors = (solver(inputs)[..., 0] - y) ** 2
    cells = look_inside(solver.layer(), inputs).c
    at = combination_of(x)
    which = sum(((y > (LOW + HIGH) / 2) & (at == k)).any(axis=1) * 2**k for k in range(4))
    told = np.stack([told_share(cells[:, t], which) for t in range(cells.shape[1])])
    figure = Figure(figsize=(8, 7), layout="constrained")
    above, middle, below = figure.subplots(3, sharex=True)
    above.semilogy(errors.mean(axis=0), color="black", label="mean of 1,000 functions")
    above.semilogy(np.median(errors, axis=0), color="gray", label="median")
    above.set_ylabel("squared error")
    above.legend(frameon=False)
    middle.plot(told, linewidth=0.5, color="lightgray")
    middle.plot(told.mean(axis=1), color="black")
    middle.set_ylabel("told by the function")
    best = int(told[: _SETTLED + 1].mean(axis=0).argmax())
    for k in range(16):
        own = cells[which == k][:, :, best]
        below.plot(own.mean(axis=0), linewidth=1, color=f"C{k % 10}")
    below.set_ylabel("one cell, 16 functions")
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


def _film_of_robot(name: str, settings: Any, solver: Any) -> Any:
    """Two robots in one maze, the lamp once to the left and once to the right, and their cells."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    from lstmmusic.tasks._robot_world import RADIUS, STEP_SECONDS, Robots
    from lstmmusic.tasks.robot import drive

    class OneMaze(Robots):
        """Nothing but the side of the lamp differs at first."""

        def begin(self, rows: np.ndarray, draws: np.ndarray) -> None:
            super().begin(rows, np.full(draws.shape, 0.5))
            self.lamp[:, 1] = abs(self.lamp[:, 1]) * (1, -1)

    robots = OneMaze(2, settings.corridors, settings.most_steps)
    places, groups, cells = [], [], []

    def watch() -> None:
        places.append(robots.place.copy())
        groups.append(solver.pilot.group.copy())
        cells.append(solver.states[1].copy())

    driven = drive(robots, solver, np.random.default_rng(0), watch)
    place, group, cell = np.array(places), np.array(groups), np.array(cells)
    seconds, ends = np.arange(len(place)) * STEP_SECONDS, driven.steps
    most = np.argsort(-np.abs(cell[min(ends) - 1, 0] - cell[min(ends) - 1, 1]))
    colours = [f"C{k}" for k in range(10)]
    frames = []
    for now in [*range(0, max(ends), 4), *[max(ends) - 1] * 10]:
        figure = Figure(figsize=(7.2, 3.4), dpi=90, layout="constrained")
        panels = figure.subplots(2, 2, height_ratios=(3, 2))
        for k, side in enumerate(("left", "right")):
            last = min(now, ends[k] - 1)
            above, below = panels[:, k]
            for wall in robots.walls[k]:
                above.plot(wall[0::2], wall[1::2], color="black", linewidth=1.5)
            above.plot(*robots.lamp[k], "*", color="gold", markersize=13, markeredgecolor="gray")
            for shown in np.unique(group[: last + 1, k]):
                at = np.flatnonzero(group[: last + 1, k] == shown)
                above.plot(*place[at, k, :2].T, ".", color=colours[shown], markersize=3)
            x, y, heading = place[last, k]
            turn = np.linspace(0, 2 * np.pi, 40)
            above.fill(
                x + RADIUS * np.cos(turn),
                y + RADIUS * np.sin(turn),
                facecolor=colours[group[last, k]],
                edgecolor="black",
            )
            above.plot(
                [x, x + RADIUS * np.cos(heading)], [y, y + RADIUS * np.sin(heading)], color="black"
            )
            above.set_aspect("equal")
            above.set_axis_off()
            above.set_title(f"lamp on the {side}", fontsize=9)
            below.plot(seconds[: last + 1], cell[: last + 1, k, most[3:]], "0.85", linewidth=0.8)
            below.plot(seconds[: last + 1], cell[: last + 1, k, most[:3]], linewidth=1.6)
            below.set_xlim(0, seconds[max(ends) - 1])
            below.set_ylim(cell.min() - 0.1, cell.max() + 0.1)
            below.tick_params(labelsize=7)
            below.set_xlabel("seconds", fontsize=8)
        panels[1, 0].set_ylabel("memory cells", fontsize=8)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
        frames.append(image.quantize(64, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE))
    return frames


_GATES = {"i": "input gates", "f": "forget gates", "o": "output gates"}

DRAWN: dict[str, Callable[[str, Any, Any], Any]] = {
    **dict.fromkeys(SHOWN, _of_strings),
    "metalearner_boolean": _of_learning,
    "t_maze_20": _of_maze,
    "error_flow": _of_flow,
    "robot_t_maze": _film_of_robot,
}
_FILMED = ("robot_t_maze",)
_FRAME_MS = 120
_SETTLED = 20  # examples, by which what a cell holds is to be the function's


def draw(name: str, folder: Path = FOLDER) -> Path:
    """Trains and draws one.

    Raises:
        InputError: Another name than those of `DRAWN`, or no network is solved.
    """
    import matplotlib as mpl

    if name not in DRAWN:
        raise InputError("name", "one of " + ", ".join(DRAWN), repr(name))
    task = task_named(name)
    preset = task.presets["quick" if name in _QUICK else "paper"]
    for seed in range(_MOST_SEEDS):
        job = Job(task.variants[0], preset.settings, preset.budget, (seed,))
        (trained,) = task.train(job)
        if trained.has_stopped and task.test(preset.settings, seed, trained.solver).solved:
            # Without metadata and with fixed names, so that the same network is the same file.
            with mpl.rc_context({"svg.hashsalt": name}):
                folder.mkdir(exist_ok=True)
                figure = DRAWN[name](name, preset.settings, trained.solver)
                if name in _FILMED:
                    return _save_film(figure, folder / f"{name}.gif")
                drawn = io.StringIO()
                figure.savefig(drawn, format="svg", metadata=_NO_METADATA)
            # A tenth of a point is finer than is seen.
            short = _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.1f}", drawn.getvalue())
            (folder / f"{name}.svg").write_text(short, encoding="utf-8")
            return folder / f"{name}.svg"
    raise InputError("name", "a task that a network solves", name)


def _save_film(frames: Sequence[Any], path: Path) -> Path:
    """Pictures one after another, over and over."""
    first, *others = frames
    first.save(path, save_all=True, append_images=others, duration=_FRAME_MS, loop=0, optimize=True)
    return path


if __name__ == "__main__":
    try:
        for shown in sys.argv[1:] or DRAWN:
            print(draw(shown))
    except InputError as error:
        sys.exit(str(error))
