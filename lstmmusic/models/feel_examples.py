"""Performances as the feel network sees them while it trains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lstmmusic.encoding.feel_features import (
    FeelSetting,
    deviations,
    feel_cues,
    length_cues,
    played_cue,
)
from lstmmusic.models.examples import Example
from lstmmusic.player.network import LATE_CENTRES, RATIO_CENTRES


@dataclass(frozen=True, eq=False)
class Performance:
    """A melody as written and as played.

    Attributes:
        name: Of its file.
        performer: Empty when unknown.
        events: Of `FeelEvents`, shape (notes, 5).
        setting: Tempo and metre.
    """

    name: str
    performer: str
    events: np.ndarray
    setting: FeelSetting

    def __len__(self) -> int:
        return len(self.events)

    @cached_property
    def deviations(self) -> tuple[np.ndarray, np.ndarray]:
        """How late each note is, in beats, and log2 of its length as played to that as written."""
        return deviations(self.events)

    @cached_property
    def cues(self) -> np.ndarray:
        """Of `feel_cues`."""
        return feel_cues(self.events[:, :3], self.setting)

    @cached_property
    def example(self) -> Example:
        """`feel_example` of the whole."""
        return feel_example(self)


def feel_example(performance: Performance, hears_itself: bool = True) -> Example:
    """Inputs and targets of a performance.

    Args:
        performance: At least one note.
        hears_itself: False silences how the notes before were played.

    Returns:
        Inputs `heard` and `length_cue`, targets `late` and `ratio`, time (notes) first.
    """
    late, ratio = performance.deviations
    before = played_cue(np.append(0.0, late[:-1]))
    if not hears_itself:
        before = np.zeros_like(before)
    lengths = length_cues(performance.events[:, :3], late, performance.setting.metre)
    lengths[1:, -1] = ratio[:-1]
    inputs = {
        "heard": np.concatenate([performance.cues, before], axis=1),
        "length_cue": lengths,
    }
    return inputs, {"late": nearest(LATE_CENTRES, late), "ratio": nearest(RATIO_CENTRES, ratio)}


def nearest(centres: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Index of the bin of each value; what lies outside is in the last one."""
    step = (centres[-1] - centres[0]) / (len(centres) - 1)
    index = np.floor((values - centres[0]) / step + 0.5)
    return np.clip(index, 0, len(centres) - 1).astype(np.int32)
