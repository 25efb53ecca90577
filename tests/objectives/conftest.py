"""TensorFlow takes seconds to import: `-m "not keras"` leaves these files unread."""


def pytest_ignore_collect(collection_path, config):
    if collection_path.suffix == ".py" and "not keras" in config.option.markexpr:
        return True
    return None
