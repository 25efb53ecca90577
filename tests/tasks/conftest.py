"""TensorFlow takes seconds to import: `-m "not keras"` leaves the files unread that ask for it."""

import pytest


def pytest_ignore_collect(collection_path, config):
    trains = (
        "test_training.py",
        "test_blues_networks.py",
        "test_actors.py",
        "test_advantage.py",
        "test_error_flow.py",
        "test_online_rnn.py",
        "test_published_networks.py",
        "test_replayed.py",
        "test_slopes.py",
        "test_twins.py",
        "test_whole_episodes.py",
    )
    if collection_path.name in trains and "not keras" in config.option.markexpr:
        return True
    return None


@pytest.fixture
def quickly_built(monkeypatch):
    """Networks are built without XLA: a few steps cost less than to compile them.

    What is compiled is held against what is not in `layers/test_side_by_side.py`, and `slow` runs
    the experiments as they are.
    """
    import tensorflow as tf

    function = tf.function

    def plain(*arguments, jit_compile=None, **more):
        return function(*arguments, **more)

    monkeypatch.setattr(tf, "function", plain)
