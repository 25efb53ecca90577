"""The robot: its world, its events, what it learns from, and what counts as right."""

from dataclasses import replace

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.errors import InputError
from lstmmusic.tasks import robot
from lstmmusic.tasks._robot_events import (
    AHEAD,
    LEFT,
    RIGHT,
    TURN_STEPS,
    WINDOW,
    Grouping,
    Pilot,
    babble,
    explore,
    steady_and_new,
)
from lstmmusic.tasks._robot_world import (
    ARM,
    AXES,
    LAMP_REACH,
    RADIUS,
    REACH,
    TOP_SPEED,
    WIDTH,
    Robots,
    RobotTMaze,
)
from lstmmusic.tasks.robot import RobotSettings

MIDDLE = np.full((1, 32), 0.5)  # no noise, no slip
SHORT = (0.8, 0.8)


def one_robot(x=0.4, y=0.0, heading=0.0, lamp_left=True):
    robots = Robots(1, SHORT, most_steps=600)
    draws = MIDDLE.copy()
    draws[0, 2] = 0.2 if lamp_left else 0.8
    robots.begin(np.array([True]), draws)
    robots.place[0] = x, y, heading
    return robots


def readings(robots):
    near, bright = robots.observe(MIDDLE)[0].reshape(2, 8)
    return near, bright


def test_gymnasium_takes_it_for_one_of_its_own():
    check_env(RobotTMaze(), skip_render_check=True)


def test_an_episode_is_the_same_again_by_its_seed():
    def episode(seed):
        env, rng = RobotTMaze(most_steps=30), np.random.default_rng(1)
        seen = [env.reset(seed=seed)[0]]
        for _ in range(30):
            x, _, over, cut, _ = env.step(rng.uniform(-0.1, 0.1, 2).astype(np.float32))
            assert env.observation_space.contains(x)
            seen.append(x)
        assert cut
        assert not over
        return np.concatenate(seen)

    np.testing.assert_array_equal(episode(3), episode(3))
    assert episode(3).tolist() != episode(4).tolist()


def test_nearness_falls_from_one_centimetre_to_five():
    near, _ = readings(one_robot())
    side = WIDTH / 2 - RADIUS  # 32.5 mm to either wall
    expected = (REACH - side) / 0.04
    assert near[[0, 5]] == pytest.approx(expected)
    assert near[[1, 2, 3, 4]].tolist() == [0, 0, 0, 0]  # the others look along the corridor
    near, _ = readings(one_robot(y=WIDTH / 2 - RADIUS - 0.01))
    assert near[0] == pytest.approx(1.0)
    assert near[5] == 0.0
    near, _ = readings(one_robot(x=0.8 + WIDTH - RADIUS - 0.02, heading=0.0))
    assert near[2] == near[3] == pytest.approx((0.05 - 0.02 / np.cos(AXES[2])) / 0.04, abs=0.02)
    assert near[[0, 5]].tolist() == [0, 0]  # the arms are open


def test_a_lamp_is_seen_from_its_side_and_to_its_reach():
    lamp = 0.225
    _, bright = readings(one_robot(x=lamp))
    assert bright.argmax() == 0
    assert bright[4:7].max() == 0
    _, bright = readings(one_robot(x=lamp, lamp_left=False))
    assert bright.argmax() == 5
    assert bright[:2].max() == 0
    for x, is_lit in ((lamp + 0.15, True), (lamp + LAMP_REACH + RADIUS, False)):
        robots = one_robot(x=x)
        _, bright = readings(robots)
        assert (bright.max() > 0) == robots.lit[0] == is_lit


def test_wheels_drive_as_two_wheels_do():
    robots = one_robot()
    robots.step(np.array([[0.05, 0.05]]), MIDDLE)
    assert robots.place[0].tolist() == pytest.approx([0.405, 0, 0])
    robots = one_robot()
    robots.step(np.array([[-0.0265, 0.0265]]), MIDDLE)  # 1 rad/s on the spot
    assert robots.place[0].tolist() == pytest.approx([0.4, 0, 0.1])
    robots = one_robot()
    robots.step(np.array([[7.0, 7.0]]), MIDDLE)  # no faster than it can
    assert robots.place[0, 0] == pytest.approx(0.4 + TOP_SPEED * 0.1)


@given(seed=st.integers(0, 10**6))
def test_no_robot_leaves_its_maze(seed):
    rng = np.random.default_rng(seed)
    robots = Robots(8, (0.6, 1.0), most_steps=1000)
    robots.begin(np.ones(8, bool), rng.random((8, 32)))
    robots.put(rng.random((8, 2)), np.ones(8, bool))
    for _ in range(40):
        robots.step(rng.uniform(0, TOP_SPEED, (8, 2)), rng.random((8, 32)))
        x, y = robots.place[:, 0], np.abs(robots.place[:, 1])
        in_corridor = (x >= RADIUS - 1e-6) & (y <= WIDTH / 2 - RADIUS + 1e-6)
        in_arms = (x >= robots.corridor + RADIUS - 1e-6) & (y <= ARM - RADIUS + 1e-6)
        at_corner = (x > robots.corridor) & (y < WIDTH / 2)
        assert (in_corridor | in_arms | at_corner).all()
        assert (x <= robots.corridor + WIDTH - RADIUS + 1e-6).all()


@pytest.mark.parametrize("lamp_left", [True, False])
@pytest.mark.parametrize("turns_left", [True, False])
def test_the_arm_on_the_side_of_the_lamp_is_right(lamp_left, turns_left):
    robots = one_robot(x=0.86, heading=np.pi / 2 * (1 if turns_left else -1), lamp_left=lamp_left)
    for _ in range(24):
        turn = robots.step(np.full((1, 2), TOP_SPEED), MIDDLE)
        if turn.is_over[0]:
            break
    assert turn.is_over[0]
    assert turn.is_right[0] == (lamp_left == turns_left)
    assert turn.reward[0] == (4.0 if lamp_left == turns_left else -0.1)


def test_a_corridor_is_long_enough_to_lose_sight_of_the_lamp():
    for corridors in ((0.3, 0.8), (1.0, 0.9)):
        with pytest.raises(InputError, match=r"^corridors: expected two lengths from 0.5 m on"):
            Robots(1, corridors, 10)


def by_nearness(windows):
    """Two groups: a wall on the left, or none."""
    return (windows.mean(axis=1)[:, 0] > 0.2).astype(int)


def test_an_event_is_a_group_that_lasts_and_choices_are_asked_for_at_events():
    pilot = Pilot(1, lambda windows: (windows[:, -1, 0] > 0.5).astype(int), n_groups=2)
    low, high = np.zeros((1, 16)), np.zeros((1, 16))
    high[0, 0] = 1.0
    asked, groups = [], []
    for t, x in enumerate([low, low, high, low, high, high, high]):
        asked.append(bool(pilot.hear(x, np.array([t == 0]))[0]))
        groups.append(int(pilot.group[0]))
        pilot.drive(np.array([AHEAD]))
    assert asked == [True, False, False, False, False, True, False]  # not for the short one
    assert groups == [0, 0, 0, 0, 0, 1, 1]


def test_what_is_heard_is_the_group_the_time_and_the_last_choice():
    pilot = Pilot(1, lambda windows: np.ones(len(windows), int), n_groups=2)
    pilot.hear(np.zeros((1, 16)), np.array([True]))
    assert pilot.heard[0].tolist() == [0, 1, 0, 0, 0, 0]
    for t in range(TURN_STEPS):
        pilot.drive(np.array([LEFT if t == 0 else RIGHT]))  # nobody is asked on the way
        asked = pilot.hear(np.zeros((1, 16)), np.array([False]))[0]
        assert asked == (t == TURN_STEPS - 1)
    expected = [0, 1, np.log1p(TURN_STEPS) / 5, 0, 1, 0]
    assert pilot.heard[0].tolist() == pytest.approx(expected)


@pytest.mark.parametrize(("choice", "turned"), [(LEFT, np.pi / 2), (RIGHT, -np.pi / 2)])
def test_a_turn_is_a_quarter(choice, turned):
    robots, pilot = one_robot(), Pilot(1, by_nearness, 2)
    for t in range(TURN_STEPS):
        pilot.hear(robots.observe(MIDDLE), np.array([t == 0]))
        robots.step(pilot.drive(np.array([choice])), MIDDLE)
    assert robots.place[0, 2] == pytest.approx(turned, abs=1e-6)


def test_driving_on_before_a_wall_is_given_up():
    robots = one_robot(x=0.8 + WIDTH - RADIUS - 0.005)
    pilot, asked = Pilot(1, lambda windows: np.zeros(len(windows), int), 2), []
    for t in range(7):
        asked.append(bool(pilot.hear(robots.observe(MIDDLE), np.array([t == 0]))[0]))
        robots.step(pilot.drive(np.array([AHEAD])), MIDDLE)
    assert asked[0]
    assert sum(asked[1:]) == 1


def test_driving_on_keeps_to_the_middle():
    robots, pilot = one_robot(x=0.1, y=0.02, heading=0.3), Pilot(1, by_nearness, 2)
    for t in range(60):
        pilot.hear(robots.observe(MIDDLE), np.array([t == 0]))
        robots.step(pilot.drive(np.array([AHEAD])), MIDDLE)
    assert robots.place[0, 0] > 0.6
    assert abs(robots.place[0, 1]) < 0.005
    assert abs(robots.place[0, 2]) < 0.05


def test_windows_are_steady_and_each_new():
    sensed = babble(Robots(4, (0.8, 1.0), 200), 0, 150)
    assert sensed.shape == (150, 4, 16)
    windows = steady_and_new(sensed, 30, 0)
    assert windows.shape == (30, WINDOW, 16)
    everywhere = np.lib.stride_tricks.sliding_window_view(sensed, WINDOW, axis=0)
    usual = np.sqrt(everywhere.var(axis=-1).mean(axis=-1))
    assert np.sqrt(windows.var(axis=1).mean(axis=1)).max() <= np.median(usual)
    still = np.repeat(sensed[:1], 150, axis=0)  # where nothing changes, one of each robot is new
    assert len(steady_and_new(still + np.linspace(0, 1e-6, 150)[:, None, None], 30, 0)) <= 4


def test_what_is_recorded_is_what_was_driven():
    robots = Robots(40, (0.8, 0.9), most_steps=400)
    recorded = explore(robots, Grouping(by_nearness, 3), 0, ahead=0.6, most_events=30)
    x, choices, rewards, seconds, lengths, is_cut = recorded
    steps = np.arange(30) < lengths[:, None]
    assert x.shape == (40, 31, 7)
    np.testing.assert_array_equal(x[:, :-1, :3].sum(axis=-1)[steps], 1)  # one group each
    assert (seconds[steps] > 0).all()
    # A turn lasts a second unless the episode is over before.
    turns = steps & (choices > 0) & (np.arange(30) < lengths[:, None] - 1)
    assert seconds[turns] == pytest.approx(TURN_STEPS / 10)
    # The next event tells what was done and for how long.
    after = x[:, 1:, 4:].argmax(axis=-1)
    goes_on = np.arange(30) < lengths[:, None] - 1
    np.testing.assert_array_equal(after[goes_on], choices[goes_on])
    assert x[:, 1:, 3][goes_on] == pytest.approx(np.log1p(10 * seconds[goes_on]) / 5)
    paid = rewards.sum(axis=1)
    assert set(np.unique(paid)) <= {-0.1, 0.0, 4.0}
    np.testing.assert_array_equal(paid == 0, is_cut)
    assert 0.5 < (choices[steps] == AHEAD).mean() < 0.7


def test_who_always_turns_left_is_right_half_of_the_time():
    settings = RobotSettings(test_episodes=100)
    open_sides = lambda windows: (windows.mean(axis=1)[:, [0, 5]].max(axis=1) < 0.1).astype(int)  # noqa: E731
    pilot = None

    def solve(x, begins):
        nonlocal pilot
        if begins.all():
            pilot = Pilot(len(x), open_sides, 2)
        asked = pilot.hear(x, begins)
        return pilot.drive(np.where(asked & (pilot.group == 1), LEFT, AHEAD))

    found = robot._test(settings, 0, solve)
    assert 0.35 < found.metrics["right"] < 0.65
    assert found.metrics["right"] + found.metrics["wrong"] > 0.95
    assert not found.solved


def test_lags_are_those_of_the_corridor():
    """Who knows the way drives a centimetre a step from the lamp's reach to the arm."""
    settings = RobotSettings(test_episodes=50, corridors=(1.0, 1.0), far_corridors=(2.0, 2.0))
    found = robot._test(settings, 0, robot._oracle(settings))
    assert found.solved
    for name, corridor in (("", 1.0), ("_far", 2.0)):
        way = corridor - 0.225 - LAMP_REACH + WIDTH
        assert found.metrics[f"lag_steps{name}"] == pytest.approx(100 * way + TURN_STEPS, abs=15)
        assert found.metrics[f"lag_steps{name}_most"] >= found.metrics[f"lag_steps{name}"]


def test_settings_are_checked():
    with pytest.raises(InputError, match=r"^episodes: expected a whole number from 1 on"):
        RobotSettings(episodes=0)
    with pytest.raises(InputError, match=r"^windows: expected a whole number from 10 on"):
        RobotSettings(windows=9)
    with pytest.raises(InputError, match=r"^scale: expected a number above 0, up to 1"):
        replace(RobotSettings(), scale=0.0)
