"""TensorFlow takes seconds to import: `-m "not keras"` leaves the files unread that ask for it."""


def pytest_ignore_collect(collection_path, config):
    trains = ("test_training.py", "test_blues_networks.py")
    if collection_path.name in trains and "not keras" in config.option.markexpr:
        return True
    return None
