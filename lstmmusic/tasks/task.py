"""What an experiment is: data, settings, a score, and what others have reached.

A `Task` is declared in the file of its family and costs nothing to import: what trains (Keras and
all) is loaded by the function that trains. Training and success test are two functions, and the
first cannot see the strings of the second: it stops by what it was trained on or by validation
data, and then the test runs once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lstmmusic.errors import InputError

if TYPE_CHECKING:
    from lstmmusic.fitting import RunFolder

# What a seed is used for: a stream of random numbers each.
WEIGHTS, TRAINING, TEST, STRINGS = range(4)

# Called with the steps so far, the budget, and the mean of each metric over the networks.
Progress = Callable[[int, int, Mapping[str, float]], None]


class Strings(NamedTuple):
    """Sequences with what is asked at each step.

    Attributes:
        inputs: Shape (batch, time, features).
        targets: Shape (batch, time, outputs).
        weights: More than 0 where something is asked, else 0; shape (batch, time).
    """

    inputs: np.ndarray
    targets: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Published:
    """A figure that others have reached.

    Attributes:
        value: The figure.
        unit: What it counts.
        network: What reached it, and how often.
        source: Author (year), section or table.
        variant: The variant of ours that is the same network and rule; empty for none.
        doubt: Why the figure may be wrong; empty where it was read in the source.
    """

    value: float
    unit: str
    network: str
    source: str
    variant: str = ""
    doubt: str = ""


@dataclass(frozen=True)
class Preset:
    """How large the task is and how long may be learnt.

    Attributes:
        name: `quick`, `paper`, or your own.
        settings: A frozen dataclass of the task's family.
        budget: Steps a network may take, in the unit of its variant (`Task.unit_of`).
        budgets: The same for the variants that differ.
        bar: What must be reached, in words; empty where nothing must.
        solved_share: Share of the networks that must be solved to pass the bar.
    """

    name: str
    settings: Any
    budget: int
    budgets: Mapping[str, int] = field(default_factory=dict)
    bar: str = ""
    solved_share: float = 2 / 3

    def __post_init__(self) -> None:
        for budget in (self.budget, *self.budgets.values()):
            check_whole("budget", budget, least=0)


class Job(NamedTuple):
    """What a task is asked to train.

    Attributes:
        variant: One of the task's.
        settings: Of the family.
        budget: Steps a network may take.
        seeds: One a network; it alone fixes initial weights, data and their order.
        run: Where progress and checkpoints go; None for nowhere.
        progress: Called after every round; None for nobody.
    """

    variant: str
    settings: Any
    budget: int
    seeds: Sequence[int]
    run: RunFolder | None = None
    progress: Progress | None = None


class Trained(NamedTuple):
    """One network after training.

    Attributes:
        solver: What the success test takes.
        steps: Taken until the stopping rule was met, or the budget was gone.
        has_stopped: True where the stopping rule was met.
    """

    solver: Any
    steps: int
    has_stopped: bool


class Verdict(NamedTuple):
    """What the success test found."""

    solved: bool
    metrics: dict[str, float]


@dataclass(frozen=True)
class Outcome:
    """One network from its seed to its verdict.

    Attributes:
        seed: It alone fixes the network, its data and their order.
        solved: The stopping rule was met, and then the success test passed.
        has_stopped: The stopping rule was met.
        steps: Taken until then, or until the budget was gone.
        metrics: Of the success test.
    """

    seed: int
    solved: bool
    has_stopped: bool
    steps: int
    metrics: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Task:
    """An experiment that can be run by name.

    Attributes:
        name: Its snake_case id.
        title: For people.
        family: The file that declares it.
        tags: To find it by.
        about: What the task is, and its success test.
        published: Figures to match or beat.
        presets: `quick` (three networks within two minutes, with a bar) and `paper` (lengths and
            success test as published).
        tiny: A few updates, for the tests.
        variants: What can learn it; the first unless another is asked for.
        step_unit: What budgets and steps count.
        step_units: The same for the variants that count something else.
        train: Trains one network a seed, side by side, without sight of the test data.
        test: Settings, seed, solver -> verdict, on data that no training has seen.
        oracle: Settings -> a solver that knows the rule: it passes the test.
    """

    name: str
    title: str
    family: str
    tags: tuple[str, ...]
    about: str
    published: tuple[Published, ...]
    presets: Mapping[str, Preset]
    tiny: Preset
    variants: tuple[str, ...]
    step_unit: str
    train: Callable[[Job], Sequence[Trained]]
    test: Callable[[Any, int, Any], Verdict]
    oracle: Callable[[Any], Any]
    step_units: Mapping[str, str] = field(default_factory=dict)

    def unit_of(self, variant: str) -> str:
        """What budgets and steps of a variant count."""
        return self.step_units.get(variant, self.step_unit)

    def run(
        self,
        variant: str,
        preset: Preset,
        seeds: Sequence[int],
        run: RunFolder | None = None,
        progress: Progress | None = None,
    ) -> list[Outcome]:
        """Trains a network for each seed, then tests each once.

        Args:
            variant: One of `variants`.
            preset: Settings and budget.
            seeds: From 0 on, each once.
            run: Where progress and checkpoints go.
            progress: Called after every round.

        Returns:
            One outcome a seed, in their order.
        """
        budget = preset.budgets.get(variant, preset.budget)
        job = Job(variant, preset.settings, budget, tuple(seeds), run, progress)
        outcomes = []
        for seed, trained in zip(seeds, self.train(job), strict=True):
            verdict = self.test(preset.settings, seed, trained.solver)
            solved = bool(trained.has_stopped and verdict.solved)
            outcomes.append(
                Outcome(seed, solved, trained.has_stopped, trained.steps, verdict.metrics)
            )
        return outcomes


def check_whole(name: str, value: object, least: int) -> None:
    """That a value is a whole number from `least` on.

    Raises:
        InputError: It is not.

    Example:
        >>> check_whole("seeds", 3, least=1)
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(name, f"a whole number from {least} on", repr(value))


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """That a value is one of the choices.

    Raises:
        InputError: It is not; the message lists them.
    """
    if value not in choices:
        raise InputError(name, "one of " + ", ".join(choices), repr(value))
