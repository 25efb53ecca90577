"""The family on another backend of Keras: what is handed over, what comes back.

TensorFlow saves one model of all variants side by side, with inputs, outputs and gradients
(`hand_over`). A process of its own, with another backend and no TensorFlow, loads, computes and
saves the same (`answer`, run by `ask`).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

from tests.layers.variants import BATCH, FEATURES, VARIANTS, build

ROOT = Path(__file__).parents[2]
TIME = 7
ANSWER = """
import pathlib, sys

sys.modules["tensorflow"] = None  # whoever imports it fails
from tests.layers import other_backend

other_backend.answer(pathlib.Path(sys.argv[1]))
"""


def hand_over(folder):
    inputs = keras.Input((None, FEATURES))
    # Whoever loads the model makes its weights first, and is sooner done with zeros.
    start = {f"{kind}_initializer": "zeros" for kind in ("kernel", "recurrent", "peephole")}
    layers = []
    for number, options in enumerate(VARIANTS.values()):
        layers.append(build(options, dtype="float32", name=f"variant_{number}", **start))
        layers[-1].set_weights(build(options).get_weights())
    model = keras.Model(inputs, {layer.name: layer(inputs) for layer in layers})
    x = np.random.default_rng(0).normal(size=(BATCH, TIME, FEATURES)).astype("float32")
    keep(folder / "tensorflow", model, x)


def answer(folder):
    model = keras.saving.load_model(folder / "tensorflow" / "model.keras")
    with np.load(folder / "tensorflow" / "found.npz") as file:
        keep(folder / keras.backend.backend(), model, file["inputs"])


def keep(folder, model, x):
    """Saves a model, and what this backend makes of it."""
    folder.mkdir()
    model.save(folder / "model.keras")
    np.savez(folder / "found.npz", inputs=x, **outputs_and_gradients(model, x))
    backend = sys.modules[keras.backend.backend()]
    versions = {"version": backend.__version__.split("+")[0], "keras": keras.__version__}
    (folder / "versions.json").write_text(json.dumps(versions), encoding="utf-8")


def outputs_and_gradients(model, x):
    """Outputs by variant, and by weight the gradients of the sum of their squares."""
    weights = [weight.value for weight in model.trainable_variables]

    def total(outputs):
        return sum(keras.ops.sum(output**2) for output in outputs.values())

    if keras.backend.backend() == "jax":
        import jax

        others = [variable.value for variable in model.non_trainable_variables]

        @jax.jit
        def compute(weights):
            def loss_and_outputs(weights):
                outputs, _ = model.stateless_call(weights, others, x)
                return total(outputs), outputs

            return jax.grad(loss_and_outputs, has_aux=True)(weights)

        gradients, outputs = compute(weights)
    elif keras.backend.backend() == "torch":
        import torch

        outputs = model(x)
        gradients = torch.autograd.grad(total(outputs), weights)
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            outputs = model(x)
            loss = total(outputs)
        gradients = tape.gradient(loss, weights)
    paths = [weight.path for weight in model.trainable_variables]
    found = {**outputs, **dict(zip(paths, gradients, strict=True))}
    return {name: keras.ops.convert_to_numpy(array) for name, array in found.items()}


def ask(backend, folder, python=sys.executable, **environment):
    """Lets a process answer, on the processor; returns the versions of backend and Keras."""
    asked = {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [str(python), "-c", ANSWER, str(folder)],
        cwd=ROOT,
        env={**os.environ, **asked, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / backend / "versions.json").read_text(encoding="utf-8"))


def differences(folder, backend, number):
    """Of one variant: the largest of the outputs, and the largest of the gradients.

    A gradient's is relative to the largest slope of its weight.
    """
    files = (folder / name / "found.npz" for name in ("tensorflow", backend))
    with np.load(next(files)) as ours, np.load(next(files)) as theirs:
        assert ours.keys() == theirs.keys()
        variant = f"variant_{number}"
        output = np.abs(theirs[variant] - ours[variant]).max()
        slopes = [
            np.abs(theirs[name] - ours[name]).max() / np.abs(ours[name]).max()
            for name in ours
            if name.startswith(f"{variant}/")
        ]
        return float(output), float(max(slopes))
