"""A stored model of random weights, small enough to make anew in every test."""

from pathlib import Path
from typing import Any

import numpy as np

from lstmmusic.player import StoredModel, store_model
from lstmmusic.player.network import HEAD_SHAPES, LSTM_INPUTS

CARD: dict[str, Any] = {
    "name": "tiny",
    "knows": {
        "metres": ["4/4", "12/8"],
        "styles": ["shuffle"],
        "iois": [4, 6, 8, 12, 24, 48, 72],
        "durations": [4, 6, 12, 24],
        "range": [57, 81],
        "notes_per_bar": {"shuffle": 4.0},
    },
}


def tiny_weights(network: str, seed: int = 0, units: int = 4, spread: float = 1.0) -> dict:
    """Random float32 weights of a `harmony`, `melody` or `feel` network."""
    shapes = {
        "lstm/kernel": (LSTM_INPUTS[network], 4 * units),
        "lstm/recurrent_kernel": (units, 4 * units),
        "lstm/bias": (4 * units,),
        "lstm/peephole_kernel": (3, units),
        **HEAD_SHAPES[network](units),
    }
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0, spread, shape).astype(np.float32) for name, shape in shapes.items()}


def tiny_model(seed: int = 0) -> StoredModel:
    networks = {name: tiny_weights(name, seed) for name in ("harmony", "melody")}
    return StoredModel("tiny", CARD, networks)


def feeling_model(base: StoredModel | None = None, seed: int = 0) -> StoredModel:
    """The model with a feel network of random weights beside its own, for 4/4."""
    base = base or tiny_model(seed)
    card = {**base.card, "knows": {**base.card["knows"], "feel": {"metres": ["4/4"]}}}
    networks = {**base.networks, "feel": tiny_weights("feel", seed, spread=0.1)}
    return StoredModel(base.name, card, networks)


def store_tiny(folder: Path, seed: int = 0) -> StoredModel:
    """Writes the model into the folder and returns what should be read from it."""
    model = tiny_model(seed)
    store_model(folder, model.card, model.networks)
    return model
