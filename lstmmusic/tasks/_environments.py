"""Worlds that show less than they are: a T-maze, and a pole with two modes and no velocities.

The rules stand once, for many episodes side by side (`Mazes`, `Poles`): all that is random comes
in as uniform numbers, so that an episode depends on its own alone. `TMaze` and `TwoModePole` are
one episode at a time, as `gymnasium` environments.

References:
    Bakker (2002), Reinforcement learning with long short-term memory, NIPS 14, sections 4 and 5.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import gymnasium
import numpy as np
from gymnasium.envs.classic_control.cartpole import CartPoleVectorEnv

from lstmmusic.tasks.task import check_whole

NORTH, EAST, SOUTH, WEST = range(4)
_TO_NORTH, _TO_SOUTH, _CORRIDOR, _JUNCTION = (0, 1, 1), (1, 1, 0), (1, 0, 1), (0, 1, 0)


class Turn(NamedTuple):
    """What one step of each episode came to.

    Attributes:
        reward: Shape (episodes,).
        is_over: Ended for good, (episodes,).
        is_cut: Went on for as long as it may, (episodes,); nothing is known of what came then.
        is_right: Ended as it should, (episodes,).
    """

    reward: np.ndarray
    is_over: np.ndarray
    is_cut: np.ndarray
    is_right: np.ndarray


class Worlds(Protocol):
    """Episodes side by side."""

    n: int
    n_features: int
    n_actions: int
    n_draws: int  # uniform numbers that an episode takes at a step

    def begin(self, rows: np.ndarray, draws: np.ndarray) -> None:
        """New episodes where `rows`, (episodes,), is True; draws (episodes, n_draws)."""
        ...

    def observe(self, draws: np.ndarray) -> np.ndarray:
        """What is seen now, (episodes, n_features)."""
        ...

    def step(self, actions: np.ndarray) -> Turn:
        """One action of each episode, (episodes,)."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """All that the next step depends on."""
        ...

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Goes on from a kept state."""
        ...


class Mazes:
    """T-mazes: what is seen at the start tells the turn at the end of the corridor.

    At the start 011 says north and 110 south, on the way the corridor shows 101, its end 010. The
    right turn earns 4, the wrong one -0.1, and either ends the episode; -0.1 for standing still,
    before a wall, else nothing.

    Args:
        n: How many.
        corridor_steps: From the start to the junction.
        noisy: True: the corridor shows (a, 0, b), a and b uniform in [0, 1], anew at every step.
        most_steps: After so many an episode is cut; None: never.

    Example:
        >>> mazes = Mazes(1, corridor_steps=1)
        >>> mazes.begin(np.array([True]), np.array([[0.2, 0, 0]]))
        >>> mazes.observe(np.zeros((1, 3))).tolist()  # north it is
        [[0.0, 1.0, 1.0]]
        >>> for action in (EAST, NORTH):
        ...     turn = mazes.step(np.array([action]))
        >>> float(turn.reward[0]), bool(turn.is_over[0])
        (4.0, True)
    """

    n_features, n_actions, n_draws = 3, 4, 3

    def __init__(
        self, n: int, corridor_steps: int, noisy: bool = False, most_steps: int | None = None
    ) -> None:
        check_whole("corridor_steps", corridor_steps, least=1)
        if most_steps is not None:
            check_whole("most_steps", most_steps, least=1)
        self.n, self.corridor_steps, self.noisy = n, corridor_steps, noisy
        self.place, self.goal = np.zeros(n, np.int64), np.full(n, NORTH)
        self.taken = np.zeros(n, np.int64)
        self._most_steps = np.inf if most_steps is None else most_steps

    def begin(self, rows: np.ndarray, draws: np.ndarray) -> None:
        self.place[rows] = self.taken[rows] = 0
        self.goal[rows] = np.where(draws[rows, 0] < 0.5, NORTH, SOUTH)

    def observe(self, draws: np.ndarray) -> np.ndarray:
        seen = np.empty((self.n, 3))
        seen[:] = _CORRIDOR
        if self.noisy:
            seen[:, 0::2] = draws[:, 1:]
        starts, ends = self.place == 0, self.place == self.corridor_steps
        seen[starts & (self.goal == NORTH)] = _TO_NORTH
        seen[starts & (self.goal == SOUTH)] = _TO_SOUTH
        seen[ends] = _JUNCTION
        return seen

    def step(self, actions: np.ndarray) -> Turn:
        along = (actions == EAST) * 1 - (actions == WEST)
        moved = np.clip(self.place + along, 0, self.corridor_steps)
        is_over = (self.place == self.corridor_steps) & (along == 0)
        is_right = is_over & (actions == self.goal)
        reward = np.where(is_right, 4.0, np.where(is_over | (moved == self.place), -0.1, 0.0))
        self.place, self.taken = moved, self.taken + 1
        is_cut = ~is_over & (self.taken >= self._most_steps)
        return Turn(reward, is_over, is_cut, is_right)

    def state(self) -> dict[str, np.ndarray]:
        return {"place": self.place, "goal": self.goal, "taken": self.taken}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self.place, self.goal = state["place"].copy(), state["goal"].copy()
        self.taken = state["taken"].copy()


class Poles:
    """Poles on carts, of which position and angle are seen, and for a second the mode.

    In mode 1 action 1 pushes to the right, in mode -1 to the left. It is shown for the first 50
    steps of 20 ms, then a 0. -1 for falling (12 degrees) or leaving the track (2.4 m), else
    nothing. The physics is gymnasium's.

    Args:
        n: How many.
        most_steps: Balanced for so long, an episode is cut.
        modes: 1 or -1, (poles,); None: either, by chance.

    Example:
        >>> poles = Poles(2, most_steps=10_000)
        >>> poles.begin(np.array([True, True]), np.full((2, 5), [0.1, 0.5, 0.5, 0.5, 0.5]))
        >>> poles.observe(np.zeros((2, 5))).tolist()[0]  # centred, upright, mode 1
        [0.0, 0.0, 1.0]
    """

    n_features, n_actions, n_draws = 3, 2, 5
    shown_steps = 50

    def __init__(self, n: int, most_steps: int, modes: np.ndarray | None = None) -> None:
        self.n, self.most_steps, self._modes = n, most_steps, modes
        self._carts: Any = CartPoleVectorEnv(n, 2**30, sutton_barto_reward=True)
        self._carts.reset(seed=0)
        self.mode, self.taken = np.ones(n, np.int64), np.zeros(n, np.int64)
        # So that both are of the order of one: their greatest values.
        self._scale = (self._carts.x_threshold, self._carts.theta_threshold_radians)

    def begin(self, rows: np.ndarray, draws: np.ndarray) -> None:
        self._carts.state[:, rows] = 0.1 * draws[rows, 1:].T - 0.05
        self.taken[rows] = 0
        either = np.where(draws[rows, 0] < 0.5, 1, -1)
        self.mode[rows] = either if self._modes is None else self._modes[rows]

    def observe(self, draws: np.ndarray) -> np.ndarray:
        position, _, angle, _ = self._carts.state
        shown = np.where(self.taken < self.shown_steps, self.mode, 0)
        return np.stack([position / self._scale[0], angle / self._scale[1], shown], axis=1)

    def step(self, actions: np.ndarray) -> Turn:
        self._carts.prev_done[:] = False  # a fallen pole is set up by `begin` alone
        pushes = np.where(self.mode == 1, actions, 1 - actions)
        _, reward, is_over, _, _ = self._carts.step(pushes)
        self.taken = self.taken + 1
        is_cut = ~is_over & (self.taken >= self.most_steps)
        return Turn(reward.astype(float), is_over, is_cut, is_cut)

    def state(self) -> dict[str, np.ndarray]:
        return {"carts": self._carts.state, "mode": self.mode, "taken": self.taken}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self._carts.state = state["carts"].copy()
        self.mode, self.taken = state["mode"].copy(), state["taken"].copy()


class _Alone(gymnasium.Env):
    """One episode at a time of some worlds."""

    def __init__(self, worlds: Worlds, high: float) -> None:
        self._worlds = worlds
        self.action_space = gymnasium.spaces.Discrete(worlds.n_actions)
        low = 0.0 if isinstance(worlds, Mazes) else -high
        self.observation_space = gymnasium.spaces.Box(low, high, (worlds.n_features,), np.float32)

    def _draws(self) -> np.ndarray:
        return self.np_random.random((1, self._worlds.n_draws))

    def _seen(self) -> np.ndarray:
        return self._worlds.observe(self._draws())[0].astype(np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self._worlds.begin(np.ones(1, bool), self._draws())
        return self._seen(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        turn = self._worlds.step(np.array([action]))
        found = (float(turn.reward[0]), bool(turn.is_over[0]), bool(turn.is_cut[0]))
        return self._seen(), *found, {"is_right": bool(turn.is_right[0])}


class TMaze(_Alone):
    """`Mazes`, one at a time: a `gymnasium` environment.

    Args:
        corridor_steps: From the start to the junction.
        noisy: As in `Mazes`.

    Example:
        >>> maze = TMaze(corridor_steps=10)
        >>> observation, _ = maze.reset(seed=0)
        >>> observation.tolist() in ([0.0, 1.0, 1.0], [1.0, 1.0, 0.0])
        True
    """

    def __init__(self, corridor_steps: int = 10, noisy: bool = False) -> None:
        super().__init__(Mazes(1, corridor_steps, noisy), high=1.0)


class TwoModePole(_Alone):
    """`Poles`, one at a time: a `gymnasium` environment.

    Args:
        most_steps: As in `Poles`.

    Example:
        >>> pole = TwoModePole()
        >>> observation, _ = pole.reset(seed=0)
        >>> abs(observation[2])
        np.float32(1.0)
    """

    def __init__(self, most_steps: int = 10_000) -> None:
        super().__init__(Poles(1, most_steps), high=2.0)
