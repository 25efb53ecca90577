"""Values and slopes are the same on every backend, in a process without TensorFlow."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.objectives.test_objectives import LOSSES, outputs, value_and_slope

pytestmark = pytest.mark.keras

ANSWER = """
import json, sys

sys.modules["tensorflow"] = None  # whoever imports it fails
import keras
import numpy as np
from lstmmusic import objectives

found = {}
asked = json.load(sys.stdin)
for name, config in asked["losses"].items():
    loss = keras.saving.deserialize_keras_object(config)
    if keras.backend.backend() == "jax":
        import jax

        # Compiled once for all outputs, which have one shape.
        ask = jax.jit(jax.value_and_grad(lambda y, loss=loss: loss.call(None, y)))
    else:
        import torch

        def ask(y, loss=loss):
            leaf = torch.tensor(y, requires_grad=True)
            value = loss.call(None, leaf)
            return value, torch.autograd.grad(value, leaf)[0]

    for kind, y in asked["outputs"].items():
        value, slope = ask(np.asarray(y, np.float32))
        found[f"{name}, {kind}"] = [float(value), np.asarray(slope).tolist()]
print(json.dumps(found))
"""


SPREAD = outputs(10, 2)
GIVEN = {
    "spread": SPREAD.tolist(),
    "far off": (1e3 + SPREAD * [10, 0.1]).tolist(),
    # What whitening divides by is next to nothing in one direction.
    "nearly one node": (SPREAD[:, :1] + 0.1 * SPREAD).tolist(),
}


@pytest.fixture(scope="module", params=["jax", "torch"])
def found(request):
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    import keras

    losses = {name: keras.saving.serialize_keras_object(loss) for name, loss in LOSSES.items()}
    done = subprocess.run(
        [sys.executable, "-c", ANSWER],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "KERAS_BACKEND": request.param, "JAX_PLATFORMS": "cpu"},
        input=json.dumps({"outputs": GIVEN, "losses": losses}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", GIVEN)
@pytest.mark.parametrize("name", LOSSES)
def test_values_and_slopes_are_those_of_tensorflow(name, kind, found):
    y = np.asarray(GIVEN[kind], np.float32)
    value, slope = value_and_slope(lambda y: LOSSES[name].call(None, y), tf.constant(y))
    found_value, found_slope = found[f"{name}, {kind}"]
    assert np.isfinite(found_value)
    assert found_value == pytest.approx(float(value), rel=1e-4, abs=1e-5)
    largest = max(float(np.abs(slope).max()), 1e-2)
    np.testing.assert_allclose(found_slope, slope, rtol=1e-3, atol=1e-3 * largest)
