"""The one training loop, run folders, and what trains a model from a folder, a corpus or pieces.

* `train_model`: music in, a stored model out; `train_networks` is its middle, for tunes at hand.
* `Recipe`, `read_recipe`, `usual_recipe`: what is asked of a training.
* `melody_tunes`, `chord_choruses`, `performance`: pieces to what networks learn from.
  `train_harmony`, `train_melody`, `train_feel`: one network.
* `fit`: updates, a look at unseen music, checkpoints; `Schedule` says how long and how fast.

Names are loaded on first use: who watches a run folder needs no Keras.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# Public name -> the file it lives in.
_FILES = {
    "Material": "train",
    "Measure": "loop",
    "Network": "recipe",
    "Recipe": "recipe",
    "RunFolder": "run_folder",
    "Schedule": "loop",
    "TrainedModel": "train",
    "chord_choruses": "tunes",
    "facts_of": "train",
    "fit": "loop",
    "melody_tunes": "tunes",
    "performance": "performances",
    "read_recipe": "recipe",
    "train_feel": "feel",
    "train_harmony": "networks",
    "train_melody": "networks",
    "train_model": "train",
    "train_networks": "train",
    "usual_recipe": "recipe",
    "versions": "run_folder",
}

__all__ = [
    "Material",
    "Measure",
    "Network",
    "Recipe",
    "RunFolder",
    "Schedule",
    "TrainedModel",
    "chord_choruses",
    "facts_of",
    "fit",
    "melody_tunes",
    "performance",
    "read_recipe",
    "train_feel",
    "train_harmony",
    "train_melody",
    "train_model",
    "train_networks",
    "usual_recipe",
    "versions",
]

if TYPE_CHECKING:
    from lstmmusic.fitting.feel import train_feel
    from lstmmusic.fitting.loop import Measure, Schedule, fit
    from lstmmusic.fitting.networks import train_harmony, train_melody
    from lstmmusic.fitting.performances import performance
    from lstmmusic.fitting.recipe import Network, Recipe, read_recipe, usual_recipe
    from lstmmusic.fitting.run_folder import RunFolder, versions
    from lstmmusic.fitting.train import (
        Material,
        TrainedModel,
        facts_of,
        train_model,
        train_networks,
    )
    from lstmmusic.fitting.tunes import chord_choruses, melody_tunes


def __getattr__(name: str) -> Any:
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_FILES[name]}"), name)
