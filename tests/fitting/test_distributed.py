"""Two processes that share every batch come to the weights of one."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from lstmmusic.corpus import build
from lstmmusic.player import load_model
from tests.conftest import REPO_ROOT
from tests.pieces import TINY_RECIPE

pytestmark = [
    pytest.mark.keras,
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed"),
]


def test_two_processes_learn_what_one_learns(twelve_bar, tmp_path):
    build(twelve_bar, tmp_path / "c.parquet", workers=1)
    (tmp_path / "tiny.toml").write_text(TINY_RECIPE)
    for n_processes in (1, 2):
        command = [sys.executable, "-m", "training.distributed", str(tmp_path / "c.parquet")]
        options = ["-o", str(tmp_path / f"by-{n_processes}"), "--processes", str(n_processes)]
        more = ["--recipe", str(tmp_path / "tiny.toml")]
        done = subprocess.run(
            [*command, *options, *more],
            cwd=REPO_ROOT,
            env={**os.environ, "JAX_PLATFORMS": "cpu"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    one, two = (load_model(str(tmp_path / f"by-{n}")) for n in (1, 2))
    assert one.networks.keys() == two.networks.keys() == {"harmony", "melody"}
    for network, weights in one.networks.items():
        for name, weight in weights.items():
            np.testing.assert_allclose(two.networks[network][name], weight, rtol=0, atol=1e-5)
