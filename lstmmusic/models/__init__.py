"""The networks made of layers, and music as they see it.

* `HarmonyNetwork`: the next chord symbol. `MelodyNetwork`: the next note.
  `FeelNetwork`: how it is played.
* `Tune`, `melody_example`, `harmony_example`: scores to training arrays.
* `Performance`, `feel_example`: melodies as played to training arrays.
* `transpose_example`, `window`, `windows`, `pad_batch`: training arrays to batches.
"""

from lstmmusic.models.examples import (
    Example,
    Tune,
    harmony_example,
    melody_example,
    open_transpositions,
    pad_batch,
    transpose_example,
    window,
    windows,
)
from lstmmusic.models.feel_examples import Performance, feel_example
from lstmmusic.models.networks import FeelNetwork, HarmonyNetwork, MelodyNetwork, StoredNetwork

__all__ = [
    "Example",
    "FeelNetwork",
    "HarmonyNetwork",
    "MelodyNetwork",
    "Performance",
    "StoredNetwork",
    "Tune",
    "feel_example",
    "harmony_example",
    "melody_example",
    "open_transpositions",
    "pad_batch",
    "transpose_example",
    "window",
    "windows",
]
