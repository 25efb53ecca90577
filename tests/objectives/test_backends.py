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
y = np.asarray(asked["outputs"], np.float32)
for name, config in asked["losses"].items():
    loss = keras.saving.deserialize_keras_object(config)
    if keras.backend.backend() == "jax":
        import jax

        value, slope = jax.jit(jax.value_and_grad(lambda y: loss.call(None, y)))(y)
    else:
        import torch

        leaf = torch.tensor(y, requires_grad=True)
        value = loss.call(None, leaf)
        (slope,) = torch.autograd.grad(value, leaf)
    found[name] = [float(value), np.asarray(slope).tolist()]
print(json.dumps(found))
"""


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
        input=json.dumps({"outputs": outputs(10, 2).tolist(), "losses": losses}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", LOSSES)
def test_values_and_slopes_are_those_of_tensorflow(name, found):
    y = outputs(10, 2).astype(np.float32)
    value, slope = value_and_slope(lambda y: LOSSES[name].call(None, y), tf.constant(y))
    assert found[name][0] == pytest.approx(float(value), rel=1e-4, abs=1e-5)
    np.testing.assert_allclose(found[name][1], slope, rtol=1e-3, atol=1e-5)
