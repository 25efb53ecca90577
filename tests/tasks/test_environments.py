"""The worlds keep gymnasium's contract, their own rules, and its physics."""

import numpy as np
import pytest
from gymnasium.envs.classic_control.cartpole import CartPoleEnv
from gymnasium.utils.env_checker import check_env

from lstmmusic.errors import InputError
from lstmmusic.tasks._environments import EAST, NORTH, SOUTH, WEST, Mazes, Poles, TMaze, TwoModePole

NO_DRAWS = np.zeros((1, 3))


@pytest.mark.parametrize("make", [TMaze, lambda: TMaze(5, noisy=True), TwoModePole])
def test_gymnasium_takes_it_for_one_of_its_own(make):
    check_env(make(), skip_render_check=True)


@pytest.mark.parametrize("make", [lambda: TMaze(4, noisy=True), TwoModePole])
def test_an_episode_is_the_same_again_by_its_seed_and_stays_within_its_space(make):
    def episode(seed):
        env = make()
        rng = np.random.default_rng(1)
        seen = [env.reset(seed=seed)[0]]
        for _ in range(40):
            x, reward, over, cut, _ = env.step(int(rng.integers(env.action_space.n)))
            assert env.observation_space.contains(x)
            seen.append(np.append(x, [reward, over]))
            if over or cut:
                break
        return np.concatenate(seen)

    np.testing.assert_array_equal(episode(3), episode(3))
    assert episode(3).tolist() != episode(4).tolist()


@pytest.mark.parametrize(
    ("draw", "shown", "goal"), [(0.4, [0, 1, 1], NORTH), (0.6, [1, 1, 0], SOUTH)]
)
def test_a_maze_shows_the_goal_once_and_pays_for_it_at_the_end(draw, shown, goal):
    def walk(actions, corridor_steps=2):
        mazes = Mazes(1, corridor_steps)
        mazes.begin(np.array([True]), np.array([[draw, 0, 0]]))
        seen, paid = [], []
        for action in actions:
            seen.append(mazes.observe(NO_DRAWS)[0].tolist())
            turn = mazes.step(np.array([action]))
            paid.append((turn.reward[0], turn.is_over[0], turn.is_right[0]))
        return seen, paid

    corridor, junction = [1, 0, 1], [0, 1, 0]
    seen, paid = walk([WEST, EAST, NORTH, EAST, EAST, goal])
    assert seen == [shown, shown, corridor, corridor, junction, junction]
    assert [reward for reward, *_ in paid] == [-0.1, 0, -0.1, 0, -0.1, 4]
    assert [over for _, over, _ in paid] == [False] * 5 + [True]
    other = NORTH + SOUTH - goal
    assert walk([EAST, EAST, other])[1][-1] == (-0.1, True, False)
    assert walk([EAST, WEST, EAST])[0] == [shown, corridor, shown]  # the way back is open


def test_only_a_noisy_corridor_is_shown_by_chance():
    mazes = Mazes(4, 5, noisy=True)
    draws = np.random.default_rng(0).random((4, 3))
    mazes.begin(np.ones(4, bool), draws)
    assert set(map(tuple, mazes.observe(draws))) <= {(0, 1, 1), (1, 1, 0)}
    mazes.step(np.full(4, EAST))
    seen = mazes.observe(draws)
    np.testing.assert_array_equal(seen[:, 1], 0)
    np.testing.assert_array_equal(seen[:, 0::2], draws[:, 1:])


def test_poles_are_gymnasiums_and_mode_2_turns_the_pushes_round():
    n, rng = 4, np.random.default_rng(2)
    poles = Poles(n, most_steps=1000)
    draws = rng.random((n, 5))
    poles.begin(np.ones(n, bool), draws)
    twins = [CartPoleEnv(sutton_barto_reward=True) for _ in range(n)]
    for twin, draw in zip(twins, draws, strict=True):
        twin.reset(seed=0)
        twin.state = 0.1 * draw[1:] - 0.05
    assert set(poles.mode) == {1, -1}
    fallen = np.zeros(n, bool)
    for _ in range(30):
        actions = rng.integers(2, size=n)
        turn = poles.step(actions)
        for k in np.flatnonzero(~fallen):
            push = actions[k] if poles.mode[k] == 1 else 1 - actions[k]
            x, reward, over, _, _ = twins[k].step(int(push))
            seen = poles.observe(draws)[k, :2] * (twins[k].x_threshold, np.deg2rad(12))
            np.testing.assert_allclose(seen, x[[0, 2]], atol=1e-6)
            assert (turn.reward[k], turn.is_over[k]) == (reward, over)
        fallen |= turn.is_over
    assert fallen.any()


def test_the_mode_is_shown_for_a_second_and_a_long_episode_is_cut():
    poles = Poles(1, most_steps=60, modes=np.array([-1]))
    poles.begin(np.array([True]), np.full((1, 5), 0.5))
    shown = []
    for t in range(60):
        shown.append(poles.observe(np.zeros((1, 5)))[0, 2])
        poles._carts.state[:] = 0  # held upright
        turn = poles.step(np.array([t % 2]))
        assert bool(turn.is_cut[0]) == bool(turn.is_right[0]) == (t == 59)
    assert shown == [-1] * 50 + [0] * 10


@pytest.mark.parametrize("make", [lambda: Mazes(3, 4, True), lambda: Poles(3, 100)])
def test_what_goes_on_from_a_kept_state_is_the_same(make):
    rng = np.random.default_rng(0)
    worlds, other = make(), make()
    draws = rng.random((3, worlds.n_draws))
    worlds.begin(np.ones(3, bool), draws)
    worlds.step(np.array([1, 1, 0]))
    other.restore(worlds.state())
    for _ in range(3):
        np.testing.assert_array_equal(worlds.observe(draws), other.observe(draws))
        for found, twin in zip(worlds.step(np.ones(3, int)), other.step(np.ones(3, int))):
            np.testing.assert_array_equal(found, twin)


def test_a_corridor_has_a_length():
    with pytest.raises(
        InputError, match=r"^corridor_steps: expected a whole number from 1 on, got 0$"
    ):
        TMaze(0)


def test_a_maze_may_be_cut_and_then_begins_with_its_steps_uncounted():
    def cuts(mazes, actions):
        mazes.begin(np.array([True]), np.array([[0.1, 0, 0]]))
        turns = [mazes.step(np.array([action])) for action in actions]
        return [(bool(turn.is_over[0]), bool(turn.is_cut[0])) for turn in turns]

    mazes = Mazes(1, 1, most_steps=3)
    for _ in range(2):
        assert cuts(mazes, [NORTH, WEST, WEST]) == [(False, False)] * 2 + [(False, True)]
    assert cuts(mazes, [NORTH, EAST, SOUTH]) == [(False, False)] * 2 + [(True, False)]
    assert cuts(Mazes(1, 1), [WEST] * 50) == [(False, False)] * 50
    with pytest.raises(InputError, match=r"^most_steps: expected a whole number from 1 on"):
        Mazes(1, 1, most_steps=0)


def test_a_maze_goes_on_from_a_kept_state_to_the_same_cut():
    one, other = (Mazes(1, 3, most_steps=4) for _ in range(2))
    one.begin(np.array([True]), np.array([[0.9, 0, 0]]))
    for _ in range(3):
        one.step(np.array([WEST]))
    other.restore({name: values.copy() for name, values in one.state().items()})
    assert other.step(np.array([WEST])).is_cut.tolist() == [True]
    assert other.goal.tolist() == [SOUTH]
