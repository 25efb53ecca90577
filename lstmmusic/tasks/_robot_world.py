"""A small wheeled robot in a T-maze of walls, with a lamp early in the corridor.

The lamp hangs on the left or the right wall; at the junction, long after it is out of sight, the
arm on its side is the right one. Everything is continuous, metres, seconds and radians; x runs
along the corridor, y to the left of it. `Robots` has the rules for many episodes side by side, all
that is random comes in as uniform numbers; `RobotTMaze` is one, as a `gymnasium` environment.

The robot is like a Khepera: two wheels driven apart, and around its rim eight infrared sensors,
six before and two behind, that tell how near the walls are, and how bright it is.

    v = (v_left + v_right) / 2,  ω = (v_right - v_left) / base      each wheel slips by up to 5 %
    nearness  1 - (d - 1 cm) / 4 cm within [0, 1], d from rim to wall; ± 10 %, ± 0.02
    brightness  max(0, cos φ) (1 - (d / 20 cm)²) within [0, 1]; ± 5 %, ± 0.02

with φ between a sensor's axis and the lamp. Infrared reaches about 5 cm. The slopes are straight
lines in place of the measured ones, each sensor sends one ray, and no lamp is so near the junction
that a corner could hide it.

References:
    Bakker, Zhumatiy, Gruener, Schmidhuber (2003), A robot that reinforcement-learns to identify and
    memorize important previous observations, IROS (a real robot in a T-maze; its sizes are not
    known to us).
    Mondada, Franzi, Ienne (1993), Mobile robot miniaturisation: a tool for investigation in control
    algorithms, ISER (Khepera: 55 mm across, eight infrared sensors).
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.tasks._environments import Turn

STEP_SECONDS = 0.1
RADIUS, BASE = 0.0275, 0.053
TOP_SPEED = 0.1  # of a wheel
WIDTH, ARM = 0.12, 0.30  # of corridor and arms; from the middle of the junction to an arm's end
REACHED = 0.06  # so far from its end an arm counts as walked
# Axes of the sensors, to the left of straight on: six before from left to right, two behind.
AXES = np.deg2rad([90.0, 45.0, 10.0, -10.0, -45.0, -90.0, -165.0, 165.0])
REACH, NEAREST = 0.05, 0.01
LAMP_REACH = 0.2
LAMPS = (0.15, 0.30)  # how far along the corridor the lamp hangs
RIGHT_REWARD, WRONG_REWARD = 4.0, -0.1
_SLIP, _RANGE_NOISE, _LIGHT_NOISE, _FLOOR_NOISE = 0.05, 0.1, 0.05, 0.02


class Robots:
    """Robots, each in a T-maze of its own.

    At the end of the arm on the lamp's side an episode earns 4, at the end of the other -0.1, and
    nothing before; either ends it.

    Args:
        n: How many.
        corridors: Least and greatest length of a corridor, drawn anew for every episode, m.
        most_steps: Of 0.1 s; then an episode is cut.

    Example:
        >>> robots = Robots(1, (0.8, 0.8), most_steps=600)
        >>> robots.begin(np.array([True]), np.full((1, 32), 0.5))
        >>> for _ in range(60):  # six seconds straight on
        ...     turn = robots.step(np.full((1, 2), TOP_SPEED), np.full((1, 32), 0.5))
        >>> robots.place[0, :2].round(2).tolist()  # the middle of the junction is at 0.86
        [0.65, 0.0]
    """

    n_features, n_draws = 16, 32

    def __init__(self, n: int, corridors: tuple[float, float], most_steps: int) -> None:
        low, high = corridors
        if not LAMPS[1] + LAMP_REACH <= low <= high:
            least = f"two lengths from {LAMPS[1] + LAMP_REACH:g} m on, the shorter first"
            raise InputError("corridors", least, str(corridors))
        self.n, self.most_steps, self._corridors = n, most_steps, corridors
        self.place = np.zeros((n, 3))  # x, y, heading
        self.corridor = np.full(n, low)
        self.lamp = np.zeros((n, 2))
        self.taken = np.zeros(n, np.int64)
        self.lit = np.zeros(n, bool)
        self.walls = np.zeros((n, 8, 4))

    @property
    def side(self) -> np.ndarray:
        """1 where the lamp is on the left, -1 where on the right, (robots,)."""
        return np.sign(self.lamp[:, 1])

    def begin(self, rows: np.ndarray, draws: np.ndarray) -> None:
        """New episodes where `rows`, (robots,), is True; draws (robots, n_draws)."""
        d = draws[rows]
        low, high = self._corridors
        self.corridor[rows] = low + (high - low) * d[:, 0]
        self.lamp[rows, 0] = LAMPS[0] + (LAMPS[1] - LAMPS[0]) * d[:, 1]
        self.lamp[rows, 1] = np.where(d[:, 2] < 0.5, WIDTH / 2, -WIDTH / 2)
        self.place[rows, 0] = 0.05
        self.place[rows, 1] = 0.02 * (d[:, 3] - 0.5)
        self.place[rows, 2] = 0.2 * (d[:, 4] - 0.5)
        self.taken[rows] = 0
        self.walls[rows] = _walls_of(self.corridor[rows])

    def put(self, draws: np.ndarray, rows: np.ndarray) -> None:
        """Puts those of `rows` anywhere in their corridors, headed anywhere; draws (robots, 2)."""
        far = self.corridor + WIDTH / 2
        self.place[rows, 0] = (0.05 + (far - 0.05) * draws[:, 0])[rows]
        self.place[rows, 1] = 0.0
        self.place[rows, 2] = np.pi * (2 * draws[rows, 1] - 1)

    def observe(self, draws: np.ndarray) -> np.ndarray:
        """Nearness, then brightness, of the sensors in the order of `AXES`: (robots, 16)."""
        axes = self.place[:, 2:] + AXES
        ways = np.stack([np.cos(axes), np.sin(axes)], axis=-1)
        rims = self.place[:, None, :2] + RADIUS * ways
        d = _to_walls(rims, ways, self.walls)
        near = 1 - (d - NEAREST) / (REACH - NEAREST)
        away = self.lamp[:, None] - rims
        far = np.sqrt((away**2).sum(axis=-1))
        facing = (ways * away).sum(axis=-1) / np.maximum(far, 1e-9)
        bright = np.maximum(facing, 0.0) * np.maximum(1 - (far / LAMP_REACH) ** 2, 0.0)
        self.lit = (bright > 0).any(axis=1)
        seen = np.concatenate([np.clip(near, 0.0, 1.0), bright], axis=1)
        share, floor = 2 * draws[:, :16] - 1, 2 * draws[:, 16:] - 1
        share = share * np.repeat([_RANGE_NOISE, _LIGHT_NOISE], 8)
        return np.clip(seen * (1 + share) + _FLOOR_NOISE * floor, 0.0, 1.0)

    def step(self, wheels: np.ndarray, draws: np.ndarray) -> Turn:
        """Drives for a step.

        Args:
            wheels: Speeds of the left and the right wheel, m/s, (robots, 2); what is faster than
                `TOP_SPEED` is that.
            draws: (robots, n_draws).
        """
        slip = 1 + _SLIP * (2 * draws[:, :2] - 1)
        left, right = (np.clip(wheels, -TOP_SPEED, TOP_SPEED) * slip).T
        turned = (right - left) / BASE * STEP_SECONDS
        moved = (left + right) / 2 * STEP_SECONDS
        halfway = self.place[:, 2] + turned / 2
        self.place[:, 0] += moved * np.cos(halfway)
        self.place[:, 1] += moved * np.sin(halfway)
        self.place[:, 2] = (self.place[:, 2] + turned + np.pi) % (2 * np.pi) - np.pi
        for _ in range(2):  # out of a wall may be into the next
            self.place[:, :2] += _out_of_walls(self.place[:, :2], self.walls)
        self.taken = self.taken + 1
        is_over = np.abs(self.place[:, 1]) >= ARM - REACHED
        is_right = is_over & (np.sign(self.place[:, 1]) == self.side)
        reward = np.where(is_right, RIGHT_REWARD, np.where(is_over, WRONG_REWARD, 0.0))
        return Turn(reward, is_over, ~is_over & (self.taken >= self.most_steps), is_right)


def _walls_of(corridor: np.ndarray) -> np.ndarray:
    """Ends of the eight walls, (mazes, 8, x y x y)."""
    near, far = corridor, corridor + WIDTH
    no, half, arm = np.zeros_like(corridor), np.full_like(corridor, WIDTH / 2), ARM + 0 * corridor
    walls = [
        (no, -half, no, half),
        (no, half, near, half),
        (no, -half, near, -half),
        (near, half, near, arm),
        (near, -half, near, -arm),
        (far, -arm, far, arm),
        (near, arm, far, arm),
        (near, -arm, far, -arm),
    ]
    return np.stack([np.stack(wall, axis=-1) for wall in walls], axis=1)


def _to_walls(starts: np.ndarray, ways: np.ndarray, walls: np.ndarray) -> np.ndarray:
    """How far rays run until a wall.

    Args:
        starts: Shape (mazes, rays, 2).
        ways: Of length 1, the same.
        walls: Shape (mazes, walls, 4).

    Returns:
        Shape (mazes, rays), m; a metre or more is a metre.
    """
    p, d = starts[:, :, None], ways[:, :, None]
    a, b = walls[:, None, :, :2], walls[:, None, :, 2:]
    along = b - a
    across = d[..., 0] * along[..., 1] - d[..., 1] * along[..., 0]
    across = np.where(np.abs(across) < 1e-12, 1e-12, across)
    to = a - p
    t = (to[..., 0] * along[..., 1] - to[..., 1] * along[..., 0]) / across
    s = (to[..., 0] * d[..., 1] - to[..., 1] * d[..., 0]) / across
    hits = (t >= 0) & (s >= -1e-9) & (s <= 1 + 1e-9)
    return np.where(hits, t, 1.0).min(axis=-1)


def _out_of_walls(centres: np.ndarray, walls: np.ndarray) -> np.ndarray:
    """What moves each robot, (mazes, 2), out of the wall that it is deepest in, (mazes, 2)."""
    a, b = walls[..., :2], walls[..., 2:]
    along = b - a
    share = ((centres[:, None] - a) * along).sum(axis=-1) / (along**2).sum(axis=-1)
    away = centres[:, None] - (a + np.clip(share, 0.0, 1.0)[..., None] * along)
    d = np.sqrt((away**2).sum(axis=-1))
    rows, nearest = np.arange(len(d)), d.argmin(axis=1)
    d, away = d[rows, nearest], away[rows, nearest]
    return away / np.maximum(d, 1e-9)[:, None] * np.maximum(RADIUS - d, 0.0)[:, None]


class RobotTMaze(gymnasium.Env):
    """One robot of `Robots`: a `gymnasium` environment.

    An action is the speed of the left and the right wheel, m/s; an observation the sixteen
    readings of `Robots.observe`.

    Args:
        corridors: As in `Robots`.
        most_steps: The same.

    Example:
        >>> robot = RobotTMaze()
        >>> readings, _ = robot.reset(seed=0)
        >>> readings.shape, robot.action_space.shape
        ((16,), (2,))
    """

    def __init__(self, corridors: tuple[float, float] = (0.8, 1.6), most_steps: int = 600) -> None:
        self._robots = Robots(1, corridors, most_steps)
        self.action_space = gymnasium.spaces.Box(-TOP_SPEED, TOP_SPEED, (2,), np.float32)
        self.observation_space = gymnasium.spaces.Box(0.0, 1.0, (16,), np.float32)

    def _draws(self) -> np.ndarray:
        return self.np_random.random((1, self._robots.n_draws))

    def _seen(self) -> np.ndarray:
        return self._robots.observe(self._draws())[0].astype(np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self._robots.begin(np.ones(1, bool), self._draws())
        return self._seen(), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        turn = self._robots.step(np.asarray(action, float)[None], self._draws())
        found = (float(turn.reward[0]), bool(turn.is_over[0]), bool(turn.is_cut[0]))
        return self._seen(), *found, {"is_right": bool(turn.is_right[0])}
