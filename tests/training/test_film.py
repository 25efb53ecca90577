"""The film of the robot: two robots, one maze, and what is drawn of them."""

import numpy as np
from PIL import Image

from lstmmusic.tasks._robot_events import N_CHOICES, Driver, Grouping
from lstmmusic.tasks.robot import RobotSettings
from training.figures import _FRAME_MS, _film_of_robot, _save_film


class DrivesOn:
    """A policy whose two cells hold what it has heard so far."""

    def states(self, n):
        return [np.zeros((n, 4)), np.zeros((n, 4))]

    def __call__(self, x, states):
        return np.eye(N_CHOICES)[np.zeros(len(x), int)], [states[0], states[1] + x[:, :4]]


def test_a_film_is_a_picture_every_four_steps_and_then_rests(tmp_path):
    def bright(windows):
        return (windows.mean(axis=1)[:, 8:].max(axis=1) > 0.3).astype(int)

    settings = RobotSettings(most_steps=9)
    frames = _film_of_robot("", settings, Driver(DrivesOn(), Grouping(bright, 10)))
    assert len(frames) == 3 + 10
    pictures = [np.asarray(frame.convert("RGB")).astype(int) for frame in frames]
    assert (pictures[0] != pictures[2]).any()
    assert (pictures[-2] == pictures[-1]).all()
    # The lamps hang on both sides: above the left maze's middle, below the right one's.
    gold = np.argwhere((np.abs(pictures[0] - (255, 215, 0)) < 12).all(axis=-1))
    half = pictures[0].shape[1] / 2
    left, right = gold[gold[:, 1] < half], gold[gold[:, 1] > half]
    assert left[:, 0].mean() < right[:, 0].mean()
    path = _save_film(frames, tmp_path / "film.gif")
    with Image.open(path) as film:
        # Pictures that are alike are one that is shown longer.
        shown = []
        for k in range(film.n_frames):
            film.seek(k)
            shown.append(film.info["duration"])
    assert sum(shown) == len(frames) * _FRAME_MS
