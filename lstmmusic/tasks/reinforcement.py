"""Acting on what was seen long before: a T-maze, and a pole that has two modes.

Reward alone tells what was right. What is learnt from is the run's own experience, step by step;
every run has a world of its own, and what it meets there is fixed by its seed and what it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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

_EAST = 1
_Q = "recurrent_q"
_PPO = "recurrent_ppo"
_ELMAN = "elman"
_TABLE = "memory_bit"

# Variant -> gates, gates with peepholes.
_CELLS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "rl_lstm": (("i", "o"), ()),
    "forget": (("i", "f", "o"), ()),
    "peephole": (("i", "f", "o"), ("i", "f", "o")),
}


@dataclass(frozen=True)
class MazeSettings:
    """Mazes and what acts in them.

    Attributes:
        corridor_steps: From the start to the junction.
        noisy: True: the corridor is shown by chance.
        cells: Memory cells.
        ordinary: Ordinary units beside them.
        elman_units: Of the Elman network.
        spread: First weights are uniform within plus and minus this.
        forget_bias: Added to the first biases of forget gates.
        input_bias: The same of input gates: a corridor that lasts is not to fill the cells.
        learning_rates: α, of LSTM, Elman network and table.
        discount: γ.
        trace: λ.
        scale: κ.
        heat: η, of directed exploration: twice κ, which makes temperatures as large as values are.
        most_ways: What learns at every step begins anew after so many times the steps of the
            shortest way: cells that have been filled for long hold nothing any more.
        round_steps: Steps between two looks at the stopping rule.
        replay_steps: The same for each of the episodes that `recurrent_q` has side by side.
        window_episodes: Training stops when of so many episodes in a row
        least_right: this share turned the right way.
        test_episodes: Fresh ones of the success test, side by side.
        test_right: More than this share of them has to turn the right way,
        patience: within so many times the steps of the shortest way.
    """

    corridor_steps: int
    noisy: bool = False
    cells: int = 3
    ordinary: int = 12
    elman_units: int = 16
    spread: float = 0.3
    forget_bias: float = 5.0
    input_bias: float = -3.0
    learning_rates: tuple[float, float, float] = (0.004, 0.001, 0.01)
    discount: float = 0.98
    trace: float = 0.8
    scale: float = 0.1
    heat: float = 0.2
    most_ways: int = 30
    round_steps: int = 1000
    replay_steps: int = 50
    window_episodes: int = 200
    least_right: float = 0.95
    test_episodes: int = 500
    test_right: float = 0.8
    patience: int = 10

    def __post_init__(self) -> None:
        wholes = ("corridor_steps", "cells", "most_ways", "round_steps", "window_episodes")
        for name in (*wholes, "test_episodes"):
            check_whole(name, getattr(self, name), least=1)


@dataclass(frozen=True)
class PoleSettings:
    """Poles and what balances them.

    Attributes:
        most_steps: Balanced for so long, a pole counts as balanced for good.
        cells: Memory cells.
        ordinary: Ordinary units beside them.
        elman_units: Of the Elman network.
        spread: First weights are uniform within plus and minus this.
        forget_bias: Added to the first biases of forget gates.
        input_bias: The same of input gates.
        learning_rates: α, of LSTM and Elman network.
        discount: γ.
        trace: λ.
        scale: κ.
        temperature: T.
        round_steps: Steps between two looks at the stopping rule.
        replay_steps: Those of each of the 36 episodes that `recurrent_ppo` has side by side in a
            round, after which it learns.
        replay_most_steps: It learns from so many steps of an episode at a time.
        replay_goes_on: Chance that the episode then goes on.
        trial_episodes: It stops when at a look so many poles are balanced in each mode.
        window_episodes: Training stops when of so many episodes in a row
        least_right: this share was balanced for good.
        test_episodes: Fresh ones of the success test, in each mode; all have to be balanced.
    """

    most_steps: int = 10_000
    cells: int = 6
    ordinary: int = 14
    elman_units: int = 16
    spread: float = 0.3
    forget_bias: float = 5.0
    input_bias: float = 0.0
    learning_rates: tuple[float, float] = (0.002, 0.002)
    discount: float = 0.95
    trace: float = 0.6
    scale: float = 0.2
    temperature: float = 0.1
    round_steps: int = 5000
    replay_steps: int = 100
    replay_most_steps: int = 150
    replay_goes_on: float = 0.9
    trial_episodes: int = 20
    window_episodes: int = 20
    least_right: float = 0.99
    test_episodes: int = 10

    def __post_init__(self) -> None:
        wholes = ("most_steps", "cells", "round_steps", "window_episodes", "trial_episodes")
        for name in (*wholes, "test_episodes"):
            check_whole(name, getattr(self, name), least=1)
        if not 0 <= self.replay_goes_on <= 1:
            raise InputError("replay_goes_on", "0 to 1", self.replay_goes_on)


def _actor(job: Job, n_inputs: int, n_actions: int) -> tuple[Any, float]:
    """What the variant acts with, one a seed, and its learning rate."""
    from lstmmusic.step import Blocks
    from lstmmusic.tasks import _actors

    settings, spread = job.settings, job.settings.spread
    rates = settings.learning_rates
    if job.variant == _TABLE:
        n = _actors.TableActor.n_weights(n_inputs, n_actions)
        weights = _actors.first_weights(job.seeds, n, spread)
        return _actors.TableActor(weights, n_inputs, n_actions), rates[2]
    if job.variant == _ELMAN:
        units = settings.elman_units
        n = _actors.ElmanActor.n_weights(n_inputs, n_actions, units)
        weights = _actors.first_weights(job.seeds, n, spread)
        return _actors.ElmanActor(weights, n_inputs, n_actions, units), rates[1]
    gates, peepholes = _CELLS[job.variant]
    blocks = Blocks(gates=gates, peepholes=peepholes)
    shape = (n_inputs, n_actions, settings.cells, settings.ordinary, blocks)
    n = _actors.LSTMActor.n_weights(*shape)
    actor = _actors.LSTMActor(_actors.first_weights(job.seeds, n, spread), *shape)
    actor.add_bias("f", settings.forget_bias)
    actor.add_bias("i", settings.input_bias)
    return actor, rates[0]


def _train_maze(job: Job) -> list[Trained]:
    from lstmmusic.tasks import _advantage, _environments, _training

    settings: MazeSettings = job.settings
    n = len(job.seeds)
    learner: Any
    if job.variant == _Q:
        from lstmmusic.tasks import _whole_episodes

        replay = _whole_episodes.Replay(
            most_steps=4 * (settings.corridor_steps + 1), round_steps=settings.replay_steps
        )
        worlds = _environments.Mazes(n * replay.episodes, settings.corridor_steps, settings.noisy)
        learner = _whole_episodes.QLearner(
            worlds, job.seeds, replay, settings.window_episodes, settings.least_right
        )
        return _training.train(learner, job)
    actor, learning_rate = _actor(job, 3, 4)
    most_steps = settings.most_ways * (settings.corridor_steps + 1)
    learner = _advantage.AdvantageLearner(
        actor,
        _environments.Mazes(n, settings.corridor_steps, settings.noisy, most_steps),
        job.seeds,
        _advantage.Rates(
            learning_rate,
            settings.discount,
            settings.trace,
            settings.scale,
            heat=settings.heat,
        ),
        settings.round_steps,
        settings.window_episodes,
        settings.least_right,
    )
    return _training.train(learner, job)


def _test_maze(settings: MazeSettings, seed: int, solver: Any) -> Verdict:
    """How many of fresh episodes turn the right way, exploring as in training."""
    from lstmmusic.tasks._environments import Mazes

    n, shortest = settings.test_episodes, settings.corridor_steps + 1
    mazes = Mazes(n, settings.corridor_steps, settings.noisy)
    ends, is_right = episodes_of(mazes, solver, (seed, TEST), settings.patience * shortest)
    steps = ends[is_right].mean() / shortest if is_right.any() else float(settings.patience)
    share = float(is_right.mean())
    return Verdict(share > settings.test_right, {"right": share, "way_over_shortest": float(steps)})


def episodes_of(
    worlds: Any, solver: Any, seed: Sequence[int], most_steps: int, until_wrong: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Runs an episode in each world.

    Args:
        worlds: `lstmmusic.tasks._environments.Worlds`.
        solver: Observations (episodes, features), where episodes begin (episodes,), uniform draws
            (episodes,) -> actions (episodes,).
        seed: Of all that is random, and what it is used for.
        most_steps: Then all are ended.
        until_wrong: So they are when the first ends as it should not.

    Returns:
        Steps until each ended, and whether it ended as it should; each (episodes,).
    """
    rng = np.random.default_rng(seed)
    n = worlds.n
    ends, is_right, is_on = np.full(n, most_steps), np.zeros(n, bool), np.ones(n, bool)
    begins = np.ones(n, bool)
    worlds.begin(begins, rng.random((n, worlds.n_draws)))
    for t in range(most_steps):
        x = worlds.observe(rng.random((n, worlds.n_draws)))
        turn = worlds.step(np.asarray(solver(x, begins, rng.random(n)), np.int64))
        begins = np.zeros(n, bool)
        over = is_on & (turn.is_over | turn.is_cut)
        ends[over], is_right[over] = t + 1, turn.is_right[over]
        is_on &= ~over
        if not is_on.any() or (until_wrong and not is_right[~is_on].all()):
            break
    return ends, is_right


def _maze_oracle(settings: MazeSettings) -> Any:
    """Remembers what it saw first, walks east and turns."""
    goal = np.zeros(0)

    def solve(x: np.ndarray, begins: np.ndarray, draws: np.ndarray) -> np.ndarray:
        nonlocal goal
        if begins.any():
            goal = np.where(x[:, 0] == 0, 0, 2)
        at_junction = (x == (0, 1, 0)).all(axis=1)
        return np.where(at_junction, goal, _EAST)

    return solve


def _train_pole(job: Job) -> list[Trained]:
    from lstmmusic.tasks import _advantage, _environments, _training

    settings: PoleSettings = job.settings
    n = len(job.seeds)
    if job.variant == _PPO:
        from lstmmusic.tasks import _whole_episodes

        replay = _whole_episodes.Replay(
            settings.replay_most_steps,
            settings.replay_goes_on,
            episodes=36,
            greedy=0,
            round_steps=settings.replay_steps,
            updates=16,
            batch=32,
            kept=64,
            units=32,
            learning_rate=0.004,
            trace=0.95,
        )

        def trial(solver: Any, seed: Sequence[int]) -> bool:
            n_each = settings.trial_episodes
            _, _, is_right = _in_both_modes(settings, n_each, solver, seed, until_wrong=True)
            return bool(is_right.all())

        poles = _environments.Poles(n * replay.episodes, settings.most_steps)
        learner = _whole_episodes.PolicyLearner(
            poles, job.seeds, replay, settings.window_episodes, settings.least_right, trial
        )
        return _training.train(learner, job)
    actor, learning_rate = _actor(job, 3, 2)
    rates = _advantage.Rates(
        learning_rate, settings.discount, settings.trace, settings.scale, settings.temperature
    )
    learner = _advantage.AdvantageLearner(
        actor,
        _environments.Poles(n, settings.most_steps),
        job.seeds,
        rates,
        settings.round_steps,
        settings.window_episodes,
        settings.least_right,
    )
    return _training.train(learner, job)


def _in_both_modes(
    settings: PoleSettings, n_each: int, solver: Any, seed: Sequence[int], until_wrong: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Modes of poles, steps until each ended, and whether it was balanced for good."""
    from lstmmusic.tasks._environments import Poles

    modes = np.repeat([1, -1], n_each)
    poles = Poles(len(modes), settings.most_steps, modes)
    return modes, *episodes_of(poles, solver, seed, settings.most_steps, until_wrong)


def _test_pole(settings: PoleSettings, seed: int, solver: Any) -> Verdict:
    """How long fresh poles are balanced in each mode."""
    n_each = settings.test_episodes
    modes, ends, is_right = _in_both_modes(settings, n_each, solver, (seed, TEST))
    measured = {}
    for name, mode in (("mode_1", 1), ("mode_2", -1)):
        measured[f"steps_{name}"] = float(np.median(ends[modes == mode]))
        measured[f"balanced_{name}"] = float(is_right[modes == mode].mean())
    return Verdict(bool(is_right.all()), measured)


def _pole_oracle(settings: PoleSettings) -> Any:
    """Remembers the mode, tells velocities from what moved, and pushes against the fall."""
    last, mode = np.zeros((0, 2)), np.zeros(0)

    def solve(x: np.ndarray, begins: np.ndarray, draws: np.ndarray) -> np.ndarray:
        nonlocal last, mode
        if begins.any():
            last, mode = x[:, :2].copy(), x[:, 2].copy()
        position, angle = x[:, 0] * 2.4, x[:, 1] * 0.2094
        velocity, spin = ((x[:, :2] - last) / 0.02 * (2.4, 0.2094)).T
        last = x[:, :2].copy()
        right = position + 2 * velocity + 30 * angle + 5 * spin > 0
        return np.where(mode > 0, right, ~right) * 1

    return solve


_VARIANTS = (*_CELLS, _ELMAN, _TABLE, _Q)


def _maze(corridor_steps: int, noisy: bool, quick: Preset) -> Task:
    """The T-maze at one length."""
    full = MazeSettings(corridor_steps, noisy)
    short = quick.settings
    shown = "(a, 0, b), a and b uniform in [0, 1] and new at every step" if noisy else "101"
    return Task(
        name=f"t_maze{'_noisy' if noisy else ''}_{corridor_steps}",
        title=f"T-maze, {corridor_steps} steps{', noisy' if noisy else ''}",
        family="reinforcement",
        tags=("reinforcement", "long lag", "2001"),
        about=(
            f"A corridor of {corridor_steps} steps (`quick`: {short.corridor_steps}) ends in a "
            "junction. What is seen at its start, 011 or 110, tells whether to turn north or south "
            f"there; on the way {shown} is seen, at the junction 010. 4 for the right turn, -0.1 "
            "for the wrong one, either of which ends the episode, and -0.1 for standing still. "
            f"{full.cells} memory cells beside {full.ordinary} ordinary units learn at every step "
            "by Advantage(λ) with eligibility traces and directed exploration: `rl_lstm` has input "
            "and output gates, `forget` forget gates as well, `peephole` peepholes on top. `elman` "
            "has "
            f"{full.elman_units} units and the full gradient, `{_TABLE}` a table and one bit that "
            f"its actions set; their episodes are cut after {full.most_ways} times the steps of "
            f"the shortest way. `{_Q}` replays whole episodes to a peephole LSTM. Training stops "
            f"when {full.least_right:.0%} of the last {full.window_episodes} episodes turned the "
            f"right way (`{_Q}`: of the greedy ones). Success: more than {full.test_right:.0%} of "
            f"{full.test_episodes} fresh episodes do, exploring as they learnt (`{_Q}`: greedily), "
            f"within {full.patience} times the steps of the shortest way; `way_over_shortest` is "
            "the mean of those that do."
        ),
        published=(
            Published(
                70,
                "steps, the longest corridor that was solved",
                "LSTM of 12 units and 3 cells, 10 runs a length; steps up to a few million",
                "Bakker (2002), NIPS 14, section 4",
                "",
                "how many of the runs is not known to us",
            ),
        ),
        presets={
            "quick": quick,
            "paper": Preset("paper", full, 2_000_000),
        },
        tiny=Preset(
            "tiny",
            MazeSettings(
                2, noisy, round_steps=32, window_episodes=40, test_episodes=20, replay_steps=2
            ),
            budget=64,
        ),
        variants=_VARIANTS,
        step_unit="steps",
        train=_train_maze,
        test=_test_maze,
        oracle=_maze_oracle,
    )


def _pole(quick: Preset) -> Task:
    full = PoleSettings()
    return Task(
        name="two_mode_pole",
        title="Pole with two modes, no velocities",
        family="reinforcement",
        tags=("reinforcement", "long lag", "hidden state", "2001"),
        about=(
            "A pole on a cart (gymnasium's CartPole, 20 ms a step) is to be kept within 12 degrees "
            "and 2.4 m. Position and angle are seen, velocities are not; in one of two modes, by "
            "chance, the two actions are exchanged; which mode it is, is shown for the first 50 "
            "steps alone. -1 for failing, else nothing. `rl_lstm` (input and output gates), "
            f"`forget` and `peephole` have {full.cells} memory cells beside {full.ordinary} "
            "ordinary units and learn at every step by Advantage(λ) with eligibility traces, "
            f"`elman` has {full.elman_units} units and the full gradient; `{_PPO}` is a peephole "
            f"LSTM that learns by PPO, from {full.replay_most_steps} steps of an episode at a "
            f"time. Training stops when {full.window_episodes} episodes in a row (`quick`: "
            f"{quick.settings.window_episodes}) were balanced for {full.most_steps:,} steps "
            f"(`quick`: {quick.settings.most_steps:,}); that of `{_PPO}` when at a look "
            f"{full.trial_episodes} others in each mode are, always by the better action. "
            f"Success: so are {full.test_episodes} fresh ones in each mode, all of them."
        ),
        published=(
            Published(
                2,
                "of 10 runs balance for ever in both modes (6,250,000 steps), 8 for hundreds to "
                "thousands of steps (8,095,000)",
                "LSTM of 14 units and 6 cells",
                "Bakker (2002), NIPS 14, section 5",
                "rl_lstm",
                "which gates the cells had is recalled, not read again",
            ),
        ),
        presets={"quick": quick, "paper": Preset("paper", full, 10_000_000)},
        tiny=Preset(
            "tiny",
            PoleSettings(
                most_steps=60,
                round_steps=72,
                replay_steps=2,
                replay_most_steps=8,
                window_episodes=40,
                test_episodes=2,
            ),
            budget=144,
        ),
        variants=(_PPO, *_CELLS, _ELMAN),
        step_unit="steps",
        train=_train_pole,
        test=_test_pole,
        oracle=_pole_oracle,
    )


_LENGTHS = (5, 20, 40, 70, 100)

_MAZES = tuple(
    _maze(
        n,
        noisy,
        Preset(
            "quick",
            MazeSettings(5 if n == 5 else 10, noisy),
            100_000 if n == 5 else 250_000,
            bar=f"more than 80 % right turns at the end of {5 if n == 5 else 10} steps, of 2 in 3 "
            "runs",
        ),
    )
    for noisy in (False, True)
    for n in _LENGTHS
)

TASKS = (
    *_MAZES,
    _pole(
        Preset(
            "quick",
            PoleSettings(most_steps=200, window_episodes=60),
            400_000,
            bar="20 fresh poles balanced for 200 steps, of 2 in 3 runs",
        )
    ),
)
