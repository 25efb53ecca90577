"""A robot that learns off line what to remember: a lamp early in a corridor, a turn at its end.

    babbling --sensors--> groups (NEO, BINGO) --> events --exploring--> recorded episodes
    recorded episodes, replayed --> a recurrent network's advantages --> driven by in the simulator

While it learns, nothing is driven; what came of its choices is first seen in the success test. The
world is in `lstmmusic.tasks._robot_world`, what lies between it and the policy in `_robot_events`,
what learns in `_replayed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.tasks.task import (
    TEST,
    Job,
    Preset,
    Published,
    Task,
    Trained,
    Verdict,
    check_whole,
)

if TYPE_CHECKING:
    from lstmmusic.tasks._robot_world import Robots

_VARIANTS = ("neo", "bingo", "k_means", "memoryless")
_NO_LIGHT = 0.1  # below it, the oracle sees no lamp


@dataclass(frozen=True)
class RobotSettings:
    """Mazes, groups, experience and network.

    Attributes:
        corridors: Least and greatest length of a corridor, m, drawn anew for every episode.
        far_corridors: The same of those that are only tested, longer than any learnt from.
        most_steps: An episode is cut after so many steps of 0.1 s; a far one after twice as many.
        babblers: Robots side by side whose readings are grouped;
        babbled_steps: of each.
        windows: Of eight readings that groups are made of.
        groups: Asked for.
        group_updates: Of the networks that make them,
        restarts: of which one is kept, without labels.
        episodes: Recorded while exploring.
        most_events: An episode is recorded up to this choice.
        ahead: Share of the choices, while exploring, to drive on; the others are turns.
        units: Cells of the policy's network.
        forget_bias: Where the biases of its forget gates start.
        batch: Episodes of an update.
        round_updates: Updates between two looks at the budget.
        learning_rate: Of Adam.
        discount: γ, a second.
        trace: λ.
        scale: κ.
        test_episodes: Fresh ones of the success test, side by side.
        test_right: More than this share of them has to reach the right arm.
    """

    corridors: tuple[float, float] = (0.8, 1.6)
    far_corridors: tuple[float, float] = (2.0, 3.2)
    most_steps: int = 600
    babblers: int = 32
    babbled_steps: int = 1000
    windows: int = 800
    groups: int = 10
    group_updates: int = 200
    restarts: int = 3
    episodes: int = 1500
    most_events: int = 48
    ahead: float = 0.6
    units: int = 16
    forget_bias: float = 3.0
    batch: int = 32
    round_updates: int = 50
    learning_rate: float = 0.01
    discount: float = 0.97
    trace: float = 0.8
    scale: float = 0.3
    test_episodes: int = 100
    test_right: float = 0.9

    def __post_init__(self) -> None:
        for name in ("babblers", "groups", "restarts", "units", "batch", "round_updates"):
            check_whole(name, getattr(self, name), least=1)
        for name in ("most_steps", "episodes", "most_events", "test_episodes"):
            check_whole(name, getattr(self, name), least=1)
        check_whole("windows", self.windows, least=self.groups)
        if not 0 < self.scale <= 1:
            raise InputError("scale", "a number above 0, up to 1", self.scale)


def _train(job: Job) -> list[Trained]:
    from lstmmusic.tasks import _replayed, _robot_events, _robot_world, _training

    settings: RobotSettings = job.settings
    kind = "neo" if job.variant == "memoryless" else job.variant
    groupings, recorded = [], []
    for seed in job.seeds:
        babblers = _robot_world.Robots(settings.babblers, settings.corridors, settings.most_steps)
        sensed = _robot_events.babble(babblers, seed, settings.babbled_steps)
        windows = _robot_events.steady_and_new(sensed, settings.windows, seed)
        kept = None if job.run is None else job.run.path / f"events-{seed}"
        groupings.append(_robot_events.Grouping.made(kind, windows, settings, seed, kept))
        explorers = _robot_world.Robots(settings.episodes, settings.corridors, settings.most_steps)
        recorded.append(
            _robot_events.explore(
                explorers, groupings[-1], seed, settings.ahead, settings.most_events
            )
        )
    learner = _replayed.OffLineLearner(
        recorded,
        job.seeds,
        _replayed.Rates(settings.discount, settings.trace, settings.scale),
        settings,
        job.budget,
        remembers=job.variant != "memoryless",
    )
    found = _training.train(learner, job)
    return [
        trained._replace(solver=_robot_events.Driver(trained.solver, grouping))
        for trained, grouping in zip(found, groupings, strict=True)
    ]


def _test(settings: RobotSettings, seed: int, solver: Any) -> Verdict:
    """How many robots reach the right arm, and how long after they saw the lamp."""
    from lstmmusic.tasks._robot_world import STEP_SECONDS, Robots

    measured = {}
    for name, corridors, more in (
        ("", settings.corridors, 1),
        ("_far", settings.far_corridors, 2),
    ):
        robots = Robots(settings.test_episodes, corridors, more * settings.most_steps)
        driven = drive(robots, solver, np.random.default_rng([seed, TEST, more]))
        is_right = driven.is_right
        measured[f"right{name}"] = float(is_right.mean())
        measured[f"wrong{name}"] = float((driven.is_over & ~is_right).mean())
        for what, values in (
            ("seconds", driven.steps * STEP_SECONDS),
            ("lag_steps", driven.lag_steps),
            ("lag_events", driven.lag_events),
        ):
            of_right = values[is_right] if is_right.any() else np.zeros(1)
            measured[f"{what}{name}"] = float(np.median(of_right))
            if what != "seconds":
                measured[f"{what}{name}_most"] = float(of_right.max())
    return Verdict(measured["right"] > settings.test_right, measured)


@dataclass(frozen=True)
class Driven:
    """What came of an episode of each robot; each (robots,).

    Attributes:
        steps: Until it ended.
        is_over: It ended in an arm.
        is_right: In the right one.
        lag_steps: From the last reading of the lamp before the arm until the arm was entered.
        lag_events: Choices that were asked for in that time.
    """

    steps: np.ndarray
    is_over: np.ndarray
    is_right: np.ndarray
    lag_steps: np.ndarray
    lag_events: np.ndarray


def drive(robots: Robots, solver: Any, rng: np.random.Generator, watch: Any = None) -> Driven:
    """Drives one episode of each robot.

    Args:
        robots: In mazes of their own.
        solver: Readings (robots, 16), where episodes begin (robots,) -> speeds of the wheels
            (robots, 2). Where it has `asked`, (robots,), it tells who was asked for a choice.
        rng: Of all that is random.
        watch: Called after every step with nothing, to look at robots and solver; None for nobody.
    """
    from lstmmusic.tasks._robot_world import WIDTH

    n = robots.n
    begins, is_on = np.ones(n, bool), np.ones(n, bool)
    steps = np.full(n, robots.most_steps)
    is_over, is_right, entered = np.zeros((3, n), bool)
    lag_steps, lag_events = np.zeros((2, n), np.int64)
    robots.begin(begins, rng.random((n, robots.n_draws)))
    for t in range(robots.most_steps):
        wheels = np.asarray(solver(robots.observe(rng.random((n, robots.n_draws))), begins))
        begins = np.zeros(n, bool)
        waits = is_on & ~entered
        lag_steps[waits] += 1
        lag_events[waits] += np.asarray(getattr(solver, "asked", np.zeros(n)), np.int64)[waits]
        lag_steps[waits & robots.lit] = lag_events[waits & robots.lit] = 0
        if watch is not None:
            watch()
        turn = robots.step(wheels, rng.random((n, robots.n_draws)))
        entered |= np.abs(robots.place[:, 1]) > WIDTH / 2
        ends = is_on & (turn.is_over | turn.is_cut)
        steps[ends], is_over[ends], is_right[ends] = t + 1, turn.is_over[ends], turn.is_right[ends]
        is_on &= ~ends
        if not is_on.any():
            break
    return Driven(steps, is_over, is_right, lag_steps, lag_events)


def _oracle(settings: RobotSettings) -> Any:
    """Knows what its sensors mean: remembers the lamp's side, and turns there where walls end."""
    from lstmmusic.tasks._robot_events import AHEAD, LEFT, RIGHT, Pilot

    def meant(windows: np.ndarray) -> np.ndarray:
        near, bright = windows.mean(axis=1).reshape(-1, 2, 8).transpose(1, 0, 2)
        left, right = bright[:, [0, 1, 7]].max(axis=1), bright[:, [4, 5, 6]].max(axis=1)
        side = np.where(left > right, 1, 2) * (np.maximum(left, right) > _NO_LIGHT)
        return 2 * side + (near[:, [0, 5]].max(axis=1) < _NO_LIGHT)

    pilot, side, has_turned = Pilot(0, meant, 6), np.zeros(0, int), np.zeros(0, bool)

    def solve(x: np.ndarray, begins: np.ndarray) -> np.ndarray:
        nonlocal pilot, side, has_turned
        if begins.all():
            pilot, side = Pilot(len(x), meant, 6), np.zeros(len(x), int)
            has_turned = np.zeros(len(x), bool)
        asked = pilot.hear(x, begins)
        seen, is_open = np.divmod(pilot.group, 2)
        side = np.where(seen > 0, seen, side)
        turns = asked & (is_open > 0) & (seen == 0) & ~has_turned
        has_turned |= turns
        return pilot.drive(np.where(turns, np.choose(side, [AHEAD, LEFT, RIGHT]), AHEAD))

    return solve


_FULL = RobotSettings()
_QUICK = RobotSettings(test_episodes=60, test_right=0.8)

TASKS = (
    Task(
        name="robot_t_maze",
        title="A robot in a T-maze, learning off line",
        family="robot",
        tags=("reinforcement", "robot", "long lag", "hidden state", "no labels", "2003"),
        about=(
            "A wheeled robot with eight infrared sensors (nearness and brightness, noisy) in a "
            f"corridor of {_FULL.corridors[0]:g} to {_FULL.corridors[1]:g} m that ends in a "
            "junction. A lamp on the left or right wall near the start tells which arm is right: 4 "
            "for its end, -0.1 for the other's. What robots sense that drive about by chance is "
            f"grouped without labels, in {_FULL.groups} groups: by `neo`, `bingo`, or `k_means` of "
            "the mean readings. When the group changes, the network hears which it is and for how "
            "long the robot drove, and chooses to drive on, or to turn left or right. It learns "
            f"from {_FULL.episodes:,} recorded episodes of chance choices alone, "
            "by advantages, with a peephole LSTM of "
            f"{_FULL.units} cells; of `memoryless` (events of `neo`) the cells are emptied after "
            "every choice. Training stops when the budget is gone; only then it drives. Success: "
            f"more than {_FULL.test_right:.0%} of {_FULL.test_episodes} fresh robots (`quick`: "
            f"{_QUICK.test_right:.0%} of {_QUICK.test_episodes}) reach the right arm within "
            f"{_FULL.most_steps / 10:g} s. Lags are from the last glimpse of the lamp until an arm "
            "is entered, in steps of 0.1 s and in choices; `far` corridors of "
            f"{_FULL.far_corridors[0]:g} to {_FULL.far_corridors[1]:g} m are in no recording."
        ),
        published=(
            Published(
                1,
                "real robot that learnt it (said in words: feasible; no rate and no lag was found)",
                "LSTM that hears events of ARAVQ, learning off line",
                "Bakker, Zhumatiy, Gruener, Schmidhuber (2003), IROS, abstract",
                "",
                "the abstract alone was read; robot, maze, groups and choices were others",
            ),
        ),
        presets={
            "quick": Preset(
                "quick",
                _QUICK,
                64_000,
                bar="more than 80 % of 60 robots in the right arm, of 2 in 3 networks",
            ),
            "paper": Preset("paper", _FULL, 96_000),
        },
        tiny=Preset(
            "tiny",
            RobotSettings(
                corridors=(0.8, 0.9),
                far_corridors=(1.0, 1.1),
                most_steps=200,
                babblers=4,
                babbled_steps=150,
                windows=40,
                groups=3,
                group_updates=2,
                restarts=1,
                episodes=6,
                most_events=4,
                units=3,
                batch=2,
                round_updates=2,
                test_episodes=20,
            ),
            budget=8,
        ),
        variants=_VARIANTS,
        step_unit="replayed episodes",
        train=_train,
        test=_test,
        oracle=_oracle,
    ),
)
