"""Draws what happens in networks that have learnt to count and to keep time.

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


SHOWN: dict[str, Callable[[Any], np.ndarray]] = {
    "anbncn": _a_string,
    "pfg_cosine_25": _three_periods,
}


def draw(name: str, folder: Path = FOLDER) -> Path:
    """Trains and draws one.

    Raises:
        InputError: Another name than those of `SHOWN`, or no network is solved.
    """
    import matplotlib as mpl

    from lstmmusic.layers import figure_of, look_inside

    if name not in SHOWN:
        raise InputError("name", "one of " + ", ".join(SHOWN), repr(name))
    task = task_named(name)
    preset = task.presets["paper"]
    for seed in range(_MOST_SEEDS):
        job = Job(task.variants[0], preset.settings, preset.budget, (seed,))
        (trained,) = task.train(job)
        if trained.has_stopped and task.test(preset.settings, seed, trained.solver).solved:
            inside = look_inside(trained.solver.layer(), SHOWN[name](preset.settings))
            # Without metadata and with fixed names, so that the same network is the same file.
            with mpl.rc_context({"svg.hashsalt": name}):
                folder.mkdir(exist_ok=True)
                figure_of(inside).savefig(folder / f"{name}.svg", metadata=_NO_METADATA)
            return folder / f"{name}.svg"
    raise InputError("name", "a task that a network solves", name)


if __name__ == "__main__":
    try:
        for shown in sys.argv[1:] or SHOWN:
            print(draw(shown))
    except InputError as error:
        sys.exit(str(error))
