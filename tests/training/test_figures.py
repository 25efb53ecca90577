"""What the figures show is what the tasks ask."""

import numpy as np
import pytest

from lstmmusic.tasks import task_named
from training.figures import _LONG_NUMBER, DRAWN, SHOWN


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_read_is_of_the_task_and_told_step_by_step(name):
    settings = task_named(name).presets["paper"].settings
    inputs, below = SHOWN[name](settings)
    assert inputs.shape[0] == 1
    assert inputs.ndim == 3
    assert len(below) in (0, inputs.shape[1])
    assert not inputs.any() or inputs[0, -1].any()  # nothing behind the end
    again, _ = SHOWN[name](settings)
    np.testing.assert_array_equal(inputs, again)


def test_every_family_of_the_tutorial_is_shown():
    families = {task_named(name).family for name in DRAWN}
    assert families >= {
        "continual",
        "counting",
        "error_flow",
        "grammars",
        "learning_to_learn",
        "noisy_lags",
        "parity",
        "reinforcement",
        "rhythm",
        "temporal_order",
        "timing",
    }


def test_numbers_of_a_path_are_shortened_and_names_are_not():
    line = 'M 57.123456 -41.98 \nL 3.25 17.5 " id="m1.2345" transform="translate(1.2345 2)"'
    short = _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.1f}", line)
    assert short == 'M 57.1 -42.0 \nL 3.2 17.5 " id="m1.2345" transform="translate(1.2345 2)"'
