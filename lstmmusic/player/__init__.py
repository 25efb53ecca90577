"""Plays stored models with NumPy alone: reads weights, runs `lstmmusic.step`, samples.

Neither Keras nor TensorFlow is imported here or on the way here.
"""

from lstmmusic.player.players import (
    Echo,
    HarmonyPlayer,
    MelodyLimits,
    MelodyPlayer,
    Taste,
    Thinning,
)
from lstmmusic.player.sampling import Sampling
from lstmmusic.player.stored import (
    DEFAULT_MODEL,
    StoredModel,
    load_model,
    model_folder,
    models_folder,
    read_card,
    shipped_models,
    store_model,
    user_models,
)

__all__ = [
    "DEFAULT_MODEL",
    "Echo",
    "HarmonyPlayer",
    "MelodyLimits",
    "MelodyPlayer",
    "Sampling",
    "StoredModel",
    "Taste",
    "Thinning",
    "load_model",
    "model_folder",
    "models_folder",
    "read_card",
    "shipped_models",
    "store_model",
    "user_models",
]
