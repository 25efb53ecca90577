"""What TensorFlow computes and saves, JAX and PyTorch compute and save, and back."""

import importlib.util

import keras
import numpy as np
import pytest

from tests.layers import other_backend
from tests.layers.conftest import saving
from tests.layers.variants import VARIANTS

pytestmark = [pytest.mark.keras, saving]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backends")
    other_backend.hand_over(folder)
    return folder


@pytest.fixture(scope="module", params=["jax", "torch"])
def backend(request, folder):
    """One that has answered, in a process where TensorFlow cannot be imported."""
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    # Compiling takes longer than computing here.
    other_backend.ask(request.param, folder, XLA_FLAGS="--xla_backend_optimization_level=0")
    return request.param


@pytest.mark.parametrize("number", range(len(VARIANTS)), ids=VARIANTS)
def test_outputs_and_gradients_are_those_of_tensorflow(number, backend, folder):
    output, gradient = other_backend.differences(folder, backend, number)
    assert output <= 1e-5
    assert gradient <= 1e-4


def test_files_come_back_to_tensorflow(backend, folder):
    model = keras.saving.load_model(folder / backend / "model.keras")
    with np.load(folder / "tensorflow" / "found.npz") as found:
        for name, output in model(found["inputs"]).items():
            np.testing.assert_array_equal(output, found[name])
