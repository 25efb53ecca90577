"""Shared by all tests: one reproducible Hypothesis profile, and the music that lies beside."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile(
    "lstmmusic", derandomize=True, deadline=None, max_examples=50, database=None
)
settings.load_profile("lstmmusic")

REPO_ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Music that no one here wrote; it lies beside the repository, where it is present at all."""
    beside = REPO_ROOT.parent / "shared" / "data"
    folder = Path(os.environ.get("LSTMMUSIC_TEST_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no shared data: {folder} (set LSTMMUSIC_TEST_DATA to its folder)")
    return folder


@pytest.fixture(scope="session")
def twelve_bar() -> Path:
    """The data set that this project ships."""
    return REPO_ROOT / "datasets" / "twelve_bar"
