"""Stop-time: in the bars named the band strikes the first beat and is silent."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.generation.band.rhythm import BandEvent


def stopped(events: Sequence[BandEvent], bars: Collection[int], bar_steps: int) -> list[BandEvent]:
    """The events of a part, in the bars named only those of beat one, a beat long at most.

    Args:
        events: What the part would play.
        bars: Counted from 0.
        bar_steps: Steps in a bar.

    Example:
        >>> walk = [(0, 11, 36, 96), (12, 11, 40, 84), (24, 11, 43, 84), (36, 11, 45, 84)]
        >>> stopped(walk, {0}, 48)
        [(0, 11, 36, 96)]
    """
    found = []
    for onset, duration, pitch, velocity in events:
        bar, step = divmod(onset, bar_steps)
        if bar not in bars:
            found.append((onset, duration, pitch, velocity))
        elif step == 0:
            found.append((onset, min(duration, STEPS_PER_BEAT - 1), pitch, velocity))
    return found
