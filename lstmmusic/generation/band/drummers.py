"""How drummers play the pattern: loudness and lateness of each stroke, measured on people.

The table is of statistics alone, made by `training.groove` from Groove MIDI Dataset (CC BY 4.0).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.generation.band.rhythm import BandEvent

DRUMMERS = Path(__file__).parent / "drummers.json"
PLACES = ("strong beat", "back beat", "off-beat")
VOICES = {
    **dict.fromkeys((36,), "kick"),
    **dict.fromkeys((38, 40), "snare"),
    **dict.fromkeys((22, 42), "closed hat"),
    **dict.fromkeys((44,), "pedal hat"),
    **dict.fromkeys((51, 53, 59), "ride"),
    **dict.fromkeys((49, 55, 57), "crash"),
}
_QUARTILE = 0.6745  # of a normal distribution, in standard deviations


def place_of(step: int) -> str:
    """Which kind of place a step of the bar is.

    Example:
        >>> place_of(0), place_of(12), place_of(18)
        ('strong beat', 'back beat', 'off-beat')
    """
    beat, within = divmod(step, STEPS_PER_BEAT)
    return "off-beat" if within else PLACES[beat % 2]


def as_drummers(
    hits: Sequence[BandEvent], bar_steps: int, tempo_bpm: float, rng: np.random.Generator
) -> tuple[list[BandEvent], np.ndarray]:
    """The strokes as loud, and as early or late, as drummers play them.

    Each is drawn from a normal distribution with the median and the quartiles of the same
    instrument at such a place, at most two standard deviations away; strokes that the table does
    not tell of stay as they are. All in all the drums stay as loud as they were.

    Args:
        hits: Onset and duration in steps from bar 1, instrument, velocity.
        bar_steps: Steps of a bar.
        tempo_bpm: Felt beats a minute.
        rng: Random numbers; two are used a stroke.

    Returns:
        The strokes with their velocities, and how late each is, in beats.
    """
    table = _table()
    rows = [table.get(VOICES.get(p, ""), {}).get(place_of(a % bar_steps)) for a, _, p, _ in hits]
    told = [(hit[3], row["velocity"][1]) for hit, row in zip(hits, rows, strict=True) if row]
    level = sum(v for v, _ in told) / sum(middle for _, middle in told) if told else 1.0
    played, late = [], np.zeros(len(hits))
    for index, ((onset, duration, pitch, velocity), row) in enumerate(zip(hits, rows, strict=True)):
        drawn = rng.standard_normal(2).clip(-2, 2)
        if row is not None:
            velocity = round(level * _value(row["velocity"], drawn[0]))
            late[index] = _value(row["late_ms"], drawn[1]) * tempo_bpm / 60_000
        played.append((onset, duration, pitch, min(max(velocity, 1), 127)))
    return played, late


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return json.loads(DRUMMERS.read_text(encoding="utf-8"))["table"]


def _value(quartiles: Sequence[float], drawn: float) -> float:
    low, middle, high = quartiles
    return middle + (high - low) / (2 * _QUARTILE) * drawn
