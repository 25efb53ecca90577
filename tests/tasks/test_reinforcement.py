"""The tests of what acts: what counts as right, and who knows the way."""

import numpy as np
import pytest

from lstmmusic.errors import InputError
from lstmmusic.tasks import reinforcement, task_named
from lstmmusic.tasks._environments import EAST, NORTH
from lstmmusic.tasks.reinforcement import MazeSettings, PoleSettings

MAZE = MazeSettings(4, test_episodes=200)
MAZES = [f"t_maze{kind}_{n}" for kind in ("", "_noisy") for n in (5, 20, 40, 70, 100)]


def at_junction(x):
    return (x == (0, 1, 0)).all(axis=1)


@pytest.mark.parametrize("name", MAZES)
def test_the_paper_preset_is_the_paper_maze(name):
    settings = task_named(name).presets["paper"].settings
    assert settings.corridor_steps == int(name.rpartition("_")[2])
    assert settings.noisy == ("noisy" in name)
    assert (settings.cells, settings.ordinary, settings.elman_units) == (3, 12, 16)
    assert (settings.discount, settings.trace, settings.scale) == (0.98, 0.8, 0.1)
    assert settings.test_right == 0.8
    assert task_named(name).presets["paper"].budget <= 2_000_000


def test_who_always_turns_north_is_right_half_of_the_time():
    found = reinforcement._test_maze(
        MAZE, 0, lambda x, begins, draws: np.where(at_junction(x), NORTH, EAST)
    )
    assert 0.35 < found.metrics["right"] < 0.65
    assert not found.solved
    assert found.metrics["way_over_shortest"] == 1


@pytest.mark.parametrize(("errs", "solved"), [(0.1, True), (0.3, False)])
def test_more_than_eight_in_ten_have_to_be_right(errs, solved):
    """Who knows the way and turns wrongly by chance."""
    knows = reinforcement._maze_oracle(MAZE)

    def solve(x, begins, draws):
        action = knows(x, begins, draws)
        return np.where(at_junction(x) & (draws < errs), 2 - action, action)

    found = reinforcement._test_maze(MAZE, 0, solve)
    assert found.metrics["right"] == pytest.approx(1 - errs, abs=0.07)
    assert found.solved == solved


def test_who_dawdles_is_late():
    knows, settings = (
        reinforcement._maze_oracle(MAZE),
        MazeSettings(4, test_episodes=20, patience=3),
    )

    def slow(lazy):
        count = 0

        def solve(x, begins, draws):
            nonlocal count
            count += 1
            go = count % lazy == 0
            return np.where(at_junction(x) | go, knows(x, begins, draws), NORTH)

        return solve

    found = reinforcement._test_maze(settings, 0, slow(2))
    assert found.solved
    assert 1.5 < found.metrics["way_over_shortest"] < 2
    assert reinforcement._test_maze(settings, 0, slow(6)).metrics["right"] == 0


def test_a_pole_in_one_mode_is_no_success():
    settings = PoleSettings(most_steps=200, test_episodes=4)
    knows = reinforcement._pole_oracle(settings)
    both = reinforcement._test_pole(settings, 0, knows)
    assert both.solved
    assert both.metrics["steps_mode_1"] == both.metrics["steps_mode_2"] == 200

    def one(x, begins, draws):
        taken = x.copy()
        taken[:, 2] = np.abs(taken[:, 2])  # takes every mode for the first
        return knows(taken, begins, draws)

    found = reinforcement._test_pole(settings, 0, one)
    assert found.metrics["balanced_mode_1"] == 1
    assert found.metrics["steps_mode_2"] < 50
    assert not found.solved


def test_settings_are_checked():
    with pytest.raises(InputError, match=r"^corridor_steps: expected a whole number from 1 on"):
        MazeSettings(0)
    with pytest.raises(InputError, match=r"^most_steps: expected a whole number from 1 on"):
        PoleSettings(0)
