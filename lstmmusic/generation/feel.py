"""Learned feel: the melody placed in time as the players did that the model has heard.

The band keeps to the swing of its style, which is a rule: players of the solo and of the rhythm
section swing differently. Its drums have the loudness and the scatter of drummers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstmmusic.encoding import FeelEvents, FeelSetting
from lstmmusic.encoding.melody_features import Event
from lstmmusic.errors import InputError
from lstmmusic.player import StoredModel
from lstmmusic.player.feel_player import perform
from lstmmusic.score import Metre

LEARNED, RULE = "learned", "rule"


def check_feel(model: StoredModel, metre: Metre) -> None:
    """That the model has learnt how melodies in the metre are played.

    Raises:
        InputError: It has not.
    """
    if "feel" not in model.networks:
        expected = f"0.5 to 0.75 (the model {model.name} has heard no performances)"
        raise InputError("swing", expected, LEARNED)
    heard = model.card["knows"]["feel"]["metres"]
    if str(metre) not in heard:
        expected = f"0.5 to 0.75 in {metre}, or {' or '.join(heard)} (what was heard performed)"
        raise InputError("swing", expected, LEARNED)


def learned_times(
    model: StoredModel,
    written: Sequence[Event],
    setting: FeelSetting,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Where the notes of a melody start and end when it is played.

    Args:
        model: It has a feel network.
        written: Onset in steps from bar 1, duration in steps, pitch.
        setting: Tempo and metre.
        rng: Random numbers.

    Returns:
        Starts and ends in felt beats from bar 1, each of shape (notes,).
    """
    rows = np.array(written, np.int64).reshape(-1, 3)
    return FeelEvents.played(perform(model.networks["feel"], rows, setting, rng))
