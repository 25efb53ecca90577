"""The one training loop, run folders, and what a recipe trains.

* `fit`: Keras' loop, watched by a `RunFolder`; `Schedule` says how long and how fast.
* `Recipe`, `read_recipe`, `train_harmony`, `train_melody`, `melody_facts`: a blues model.
"""

from lstmmusic.fitting.blues import (
    Recipe,
    melody_facts,
    read_recipe,
    train_harmony,
    train_melody,
)
from lstmmusic.fitting.loop import Schedule, fit
from lstmmusic.fitting.run_folder import RunFolder, versions

__all__ = [
    "Recipe",
    "RunFolder",
    "Schedule",
    "fit",
    "melody_facts",
    "read_recipe",
    "train_harmony",
    "train_melody",
    "versions",
]
