"""The networks made of layers, and music as they see it.

* `HarmonyNetwork`: the next chord symbol. `MelodyNetwork`: the next note.
* `Tune`, `melody_example`, `harmony_example`, `pad_batch`: scores to training arrays.
"""

from lstmmusic.models.examples import Tune, harmony_example, melody_example, pad_batch
from lstmmusic.models.networks import HarmonyNetwork, MelodyNetwork, StoredNetwork

__all__ = [
    "HarmonyNetwork",
    "MelodyNetwork",
    "StoredNetwork",
    "Tune",
    "harmony_example",
    "melody_example",
    "pad_batch",
]
