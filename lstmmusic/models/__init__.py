"""The networks made of layers, and music as they see it.

* `HarmonyNetwork`: the next chord symbol. `MelodyNetwork`: the next note.
* `Tune`, `melody_example`, `harmony_example`: scores to training arrays.
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
from lstmmusic.models.networks import HarmonyNetwork, MelodyNetwork, StoredNetwork

__all__ = [
    "Example",
    "HarmonyNetwork",
    "MelodyNetwork",
    "StoredNetwork",
    "Tune",
    "harmony_example",
    "melody_example",
    "open_transpositions",
    "pad_batch",
    "transpose_example",
    "window",
    "windows",
]
