"""TensorFlow takes seconds to import: `-m "not keras"` leaves the files unread that ask for it."""


def pytest_ignore_collect(collection_path, config):
    trains = (
        "test_training.py",
        "test_blues_networks.py",
        "test_actors.py",
        "test_advantage.py",
        "test_error_flow.py",
        "test_online_rnn.py",
        "test_published_networks.py",
        "test_whole_episodes.py",
    )
    if collection_path.name in trains and "not keras" in config.option.markexpr:
        return True
    return None
