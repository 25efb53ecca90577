"""From raw sensors to events, and from choices to wheels: what lies between a robot and its policy.

A robot can drive ahead, keeping off the walls, and turn left or right by a quarter. What it senses
is grouped without labels: an event is when the group of the last eight readings becomes another,
and stays so for two steps. Driving ahead ends at the next event, or when there is no way on;
a turn when it is done. Then the policy hears

    the group, one of n · how long it drove or turned, log(1 + steps) / 5 · what it did

and chooses what to do next.

References:
    Bakker, Zhumatiy, Gruener, Schmidhuber (2003), A robot that reinforcement-learns to identify and
    memorize important previous observations, IROS (events in place of readings; its groups were
    those of ARAVQ).
    Linåker, Jacobsson (2001), Mobile robot learning of delayed response tasks through event
    extraction, IJCAI (ARAVQ: groups of what is steady and new).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lstmmusic.tasks._robot_world import BASE, STEP_SECONDS, TOP_SPEED, Robots
from lstmmusic.tasks.task import TRAINING

AHEAD, LEFT, RIGHT = range(3)
N_CHOICES = 3
WINDOW = 8  # readings that are grouped, the newest the last
TURN_STEPS = 10  # of a quarter turn
_STEADY, _STALLED = 2, 5
_LONG = 5.0
_NEW = 0.1  # root mean square of what 16 readings differ by

# Windows (n, WINDOW, 16) -> groups (n,).
Grouped = Callable[[np.ndarray], np.ndarray]


def wheels_ahead(x: np.ndarray) -> np.ndarray:
    """Straight on, off the walls: readings (robots, 16) -> speeds of the wheels (robots, 2).

    Slower before a wall, and not on. Between two walls in the middle; beside one alone it is only
    kept from it, so that an opening is no reason to turn.

    Example:
        >>> wheels_ahead(np.zeros((1, 16))).tolist()  # nothing near
        [[0.1, 0.1]]
    """
    left, fore_left, front_left, front_right, fore_right, right = x[:, :6].T
    both = np.minimum(left, right) > 0.1
    side = np.where(both, right - left, np.maximum(right - 0.6, 0) - np.maximum(left - 0.6, 0))
    turn = 2.0 * side + 2.0 * (fore_right - fore_left) + 1.0 * (front_right - front_left)
    on = np.clip(1.25 * (0.8 - np.maximum(front_left, front_right)), 0.0, 1.0)
    spin = np.clip(turn, -1.5, 1.5) * BASE / 2 * np.minimum(1.0, 0.3 + on)
    forward = TOP_SPEED * on
    return np.clip(np.stack([forward - spin, forward + spin], axis=1), -TOP_SPEED, TOP_SPEED)


_SPIN = np.pi / 2 / (TURN_STEPS * STEP_SECONDS) * BASE / 2
_WHEELS = {LEFT: (-_SPIN, _SPIN), RIGHT: (_SPIN, -_SPIN)}


class Pilot:
    """Robots side by side between readings and choices.

    Args:
        n: How many.
        grouped: Tells the group of a window.
        n_groups: How many there are.

    Example:
        >>> pilot = Pilot(1, lambda windows: np.zeros(len(windows), int), n_groups=2)
        >>> pilot.hear(np.zeros((1, 16)), np.array([True])).tolist()
        [True]
        >>> pilot.heard.tolist()  # group 0, after nothing
        [[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
        >>> pilot.drive(np.array([AHEAD])).tolist()
        [[0.1, 0.1]]
    """

    def __init__(self, n: int, grouped: Grouped, n_groups: int) -> None:
        self._grouped, self.n_groups = grouped, n_groups
        self._x = np.zeros((n, WINDOW, 16))
        self.group, self._next, self._steady = np.zeros((3, n), np.int64)
        self.choice = np.full(n, -1)  # before the first
        self._done, self._still = np.zeros((2, n), np.int64)
        self._wheels = np.zeros((n, 2))
        self._asked = np.zeros(n, bool)
        self.heard = np.zeros((n, n_groups + 1 + N_CHOICES))

    @staticmethod
    def n_heard(n_groups: int) -> int:
        """Features of what a policy hears."""
        return n_groups + 1 + N_CHOICES

    def hear(
        self, x: np.ndarray, begins: np.ndarray, is_on: np.ndarray | None = None
    ) -> np.ndarray:
        """Takes the readings of a step.

        Args:
            x: Shape (robots, 16).
            begins: Where an episode begins, (robots,).
            is_on: Of the others no group is told any more, (robots,); None: of all it is.

        Returns:
            Where a choice is asked for, (robots,); what is heard there is in `heard`.
        """
        self._x = np.concatenate([self._x[:, 1:], x[:, None]], axis=1)
        self._x[begins] = x[begins, None]
        now = self._next.copy()
        rows = np.arange(len(x)) if is_on is None else np.flatnonzero(is_on)
        now[rows] = self._grouped(self._x[rows])
        self._steady = np.where(now == self._next, self._steady + 1, 1)
        self._next = now
        is_event = begins | ((now != self.group) & (self._steady >= _STEADY))
        self.group = np.where(is_event, now, self.group)
        self._still = np.where(
            np.abs(self._wheels).max(axis=1) < 0.1 * TOP_SPEED, self._still + 1, 0
        )
        self._done[begins], self._still[begins], self.choice[begins] = 0, 0, -1
        is_ahead = self.choice == AHEAD
        ends = np.where(is_ahead, is_event | (self._still >= _STALLED), self._done >= TURN_STEPS)
        self._asked = begins | ends
        rows = np.flatnonzero(self._asked)
        self.heard[rows] = 0.0
        self.heard[rows, self.group[rows]] = 1.0
        self.heard[rows, self.n_groups] = np.log1p(self._done[rows]) / _LONG
        acted = rows[self.choice[rows] >= 0]
        self.heard[acted, self.n_groups + 1 + self.choice[acted]] = 1.0
        return self._asked

    def drive(self, choices: np.ndarray) -> np.ndarray:
        """Goes on, by the new choice where one was asked for: (robots,) -> wheels (robots, 2)."""
        self.choice = np.where(self._asked, choices, self.choice)
        self._done = np.where(self._asked, 0, self._done) + 1
        self._still[self._asked] = 0
        wheels = wheels_ahead(self._x[:, -1])
        for turn, speeds in _WHEELS.items():
            wheels[self.choice == turn] = speeds
        self._wheels = wheels
        return wheels


def babble(robots: Robots, seed: int, n_steps: int) -> np.ndarray:
    """What robots sense that drive and turn by chance, each for as long as it happens.

    Args:
        robots: In mazes of their own; each begins anywhere in its own.
        seed: Of all that is random.
        n_steps: Of each.

    Returns:
        Readings, (steps, robots, 16).
    """
    rng = np.random.default_rng([seed, TRAINING, 0])
    n = robots.n
    begins = np.ones(n, bool)
    doing, left = np.zeros(n, np.int64), np.zeros(n, np.int64)
    seen = np.empty((n_steps, n, 16))
    for t in range(n_steps):
        if begins.any():
            robots.begin(begins, rng.random((n, robots.n_draws)))
            robots.put(rng.random((n, 2)), begins)
        x = seen[t] = robots.observe(rng.random((n, robots.n_draws)))
        anew = begins | (left <= 0)
        some, long = rng.random((2, n))
        doing = np.where(
            anew, np.where(some < 0.5, AHEAD, np.where(some < 0.75, LEFT, RIGHT)), doing
        )
        most = np.where(doing == AHEAD, 60, 20)
        left = np.where(anew, 5 + (long * most).astype(np.int64), left - 1)
        wheels = wheels_ahead(x)
        for turn, speeds in _WHEELS.items():
            wheels[doing == turn] = speeds
        over = robots.step(wheels, rng.random((n, robots.n_draws)))
        begins = over.is_over | over.is_cut
    return seen


def steady_and_new(seen: np.ndarray, n_windows: int, seed: int) -> np.ndarray:
    """Windows to make groups of: little moves within one, and it differs from the last that was.

    So what lasts is not heard a thousand times for each time that a lamp is passed.

    Args:
        seen: Readings, (steps, robots, 16).
        n_windows: At most so many, drawn from all that are.
        seed: Of the draw.

    Returns:
        Shape (windows, `WINDOW`, 16).
    """
    windows = np.lib.stride_tricks.sliding_window_view(seen, WINDOW, axis=0)
    means = windows.mean(axis=-1)
    spreads = np.sqrt(windows.var(axis=-1).mean(axis=-1))
    is_steady = spreads < np.median(spreads)
    kept, last = [], np.full(means.shape[1:], np.inf)
    for t, (mean, steady) in enumerate(zip(means, is_steady, strict=True)):
        new = steady & (np.sqrt(((mean - last) ** 2).mean(axis=-1)) > _NEW)
        last[new] = mean[new]
        kept += [(t, robot) for robot in np.flatnonzero(new)]
    rng = np.random.default_rng([seed, TRAINING, 1])
    rows = rng.permutation(len(kept))[:n_windows]
    return np.stack([windows[kept[row]].T for row in rows])


class Grouping:
    """Groups of windows, and how to tell the group of another.

    Args:
        told: Windows (n, `WINDOW`, 16) -> groups (n,).
        n_groups: At most.
    """

    def __init__(self, told: Grouped, n_groups: int) -> None:
        self._told, self.n_groups = told, n_groups

    def __call__(self, windows: np.ndarray) -> np.ndarray:
        """Windows (n, `WINDOW`, 16) -> groups (n,)."""
        return self._told(windows)

    @classmethod
    def made(
        cls, kind: str, windows: np.ndarray, settings: Any, seed: int, kept: Path | None = None
    ) -> Grouping:
        """Makes groups without labels.

        Args:
            kind: `neo` or `bingo`, of `SequenceClusterer`; or `k_means` of the mean readings.
            windows: Shape (n, `WINDOW`, 16).
            settings: `groups`, `group_updates` and `restarts` are used.
            seed: Of first weights and all that is drawn.
            kept: A folder where the clusterer is stored, and read again where it is; None: nowhere.
        """
        if kind == "k_means":
            from sklearn.cluster import KMeans

            means = windows.mean(axis=1)
            scale = means.std(axis=0) + 1e-6
            found = KMeans(settings.groups, random_state=seed).fit(means / scale)

            def told(x: np.ndarray) -> np.ndarray:
                return np.asarray(found.predict(x.mean(axis=1) / scale))

            return cls(told, settings.groups)
        from lstmmusic.clustering import SequenceClusterer

        if kept is not None and kept.is_dir():
            clusterer = SequenceClusterer.load(kept)
        else:
            clusterer = SequenceClusterer(
                settings.groups,
                objective=kind,
                n_restarts=settings.restarts,
                updates=settings.group_updates,
                random_state=seed,
            )
            with warnings.catch_warnings():  # fewer groups than asked for will do
                warnings.simplefilter("ignore", UserWarning)
                clusterer.fit(windows)
            if kept is not None:
                clusterer.save(kept)
        return cls(clusterer.predict, settings.groups)


class Recorded(NamedTuple):
    """Episodes of a robot, choice by choice.

    Attributes:
        x: What was heard, (episodes, choices + 1, features).
        choices: Shape (episodes, choices).
        rewards: That came before the next choice, the same.
        seconds: Until then, the same.
        lengths: Choices of each episode, (episodes,).
        is_cut: Where it would have gone on, (episodes,).
    """

    x: np.ndarray
    choices: np.ndarray
    rewards: np.ndarray
    seconds: np.ndarray
    lengths: np.ndarray
    is_cut: np.ndarray


def explore(
    robots: Robots, grouping: Grouping, seed: int, ahead: float, most_events: int
) -> Recorded:
    """Records an episode of each robot, its choices drawn.

    Args:
        robots: In mazes of their own.
        grouping: What events are made of.
        seed: Of all that is random.
        ahead: Share of the choices to drive on.
        most_events: An episode is cut at the choice after so many.
    """
    rng = np.random.default_rng([seed, TRAINING, 2])
    n, pilot = robots.n, Pilot(robots.n, grouping, grouping.n_groups)
    x = np.zeros((n, most_events + 1, Pilot.n_heard(grouping.n_groups)), np.float32)
    choices = np.zeros((n, most_events), np.int64)
    rewards, seconds = np.zeros((2, n, most_events))
    lengths, is_cut, is_on = np.full(n, -1), np.zeros(n, bool), np.ones(n, bool)
    begins = np.ones(n, bool)
    robots.begin(begins, rng.random((n, robots.n_draws)))
    for _ in range(robots.most_steps):
        x_now = robots.observe(rng.random((n, robots.n_draws)))
        asked = pilot.hear(x_now, begins, is_on) & is_on
        begins = np.zeros(n, bool)
        some = rng.random(n)
        drawn = np.where(some < ahead, AHEAD, np.where(some < (1 + ahead) / 2, LEFT, RIGHT))
        lengths[asked] += 1
        x[asked, lengths[asked]] = pilot.heard[asked]
        is_full = asked & (lengths >= most_events)
        is_cut |= is_full
        is_on &= ~is_full
        asked &= is_on
        choices[asked, lengths[asked]] = drawn[asked]
        turn = robots.step(pilot.drive(drawn), rng.random((n, robots.n_draws)))
        rows = np.flatnonzero(is_on)
        rewards[rows, lengths[rows]] += turn.reward[rows]
        seconds[rows, lengths[rows]] += STEP_SECONDS
        ends = is_on & (turn.is_over | turn.is_cut)
        lengths[ends & turn.is_over] += 1  # the last choice has come to something
        is_cut |= ends & turn.is_cut
        is_on &= ~ends
        if not is_on.any():
            break
    return Recorded(x, choices, rewards, seconds, np.maximum(lengths, 0), is_cut)


class Driver:
    """A policy at the wheels: what the success test takes.

    Args:
        policy: A step of a network: what is heard (robots, features), states -> advantages
            (robots, choices), states.
        grouping: What events are made of.
    """

    def __init__(self, policy: Any, grouping: Grouping) -> None:
        self._policy, self._grouping = policy, grouping
        self.asked = np.zeros(0, bool)

    def __call__(self, x: np.ndarray, begins: np.ndarray) -> np.ndarray:
        """Readings (robots, 16), where episodes begin -> speeds of the wheels (robots, 2)."""
        n = len(x)
        if begins.all():
            self.pilot = Pilot(n, self._grouping, self._grouping.n_groups)
            self.advantages = np.zeros((n, N_CHOICES))
            self.states = self._policy.states(n)
        self.asked = self.pilot.hear(x, begins)
        if self.asked.any():
            told, states = self._policy(self.pilot.heard, self.states)
            rows = self.asked[:, None]
            self.advantages = np.where(rows, told, self.advantages)
            self.states = [
                np.where(rows, new, old) for new, old in zip(states, self.states, strict=True)
            ]
        return self.pilot.drive(self.advantages.argmax(axis=1))
