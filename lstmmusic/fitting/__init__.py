"""The one training loop, run folders, and what trains a model from a folder, a corpus or pieces.

* `train_model`: music in, a stored model out; `train_networks` is its middle, for tunes at hand.
* `Recipe`, `read_recipe`, `usual_recipe`: what is asked of a training.
* `melody_tunes`, `chord_choruses`: pieces to tunes. `train_harmony`, `train_melody`: one network.
* `fit`: updates, a look at unseen music, checkpoints; `Schedule` says how long and how fast.
"""

from lstmmusic.fitting.loop import Measure, Schedule, fit
from lstmmusic.fitting.networks import train_harmony, train_melody
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
    "read_recipe",
    "train_harmony",
    "train_melody",
    "train_model",
    "train_networks",
    "usual_recipe",
    "versions",
]
