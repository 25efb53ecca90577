"""TensorFlow takes seconds to import: `-m "not keras"` leaves the file unread that asks for it."""


def pytest_ignore_collect(collection_path, config):
    if collection_path.name == "test_training.py" and "not keras" in config.option.markexpr:
        return True
    return None
