"""TensorFlow takes seconds to import: `-m "not keras"` leaves these files unread."""

import pytest

# Keras 3.15 asks TensorFlow 2.21 for arrays in a way that NumPy 2 no longer likes.
saving = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)


def pytest_ignore_collect(collection_path, config):
    if collection_path.suffix == ".py" and "not keras" in config.option.markexpr:
        return True
    return None
