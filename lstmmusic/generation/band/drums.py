"""Drums: the pattern of a style, a fill at the end of every line, a crash where a chorus begins."""

from __future__ import annotations

from collections.abc import Collection

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT, steps_per_bar
from lstmmusic.generation.band.rhythm import CRASH, FEELS, KICK, SIDE_STICK, SNARE, BandEvent
from lstmmusic.score import Metre

LINE_BARS = 4
LAST_BEAT = 3 * STEPS_PER_BEAT


def drum_hits(
    n_bars: int,
    metre: Metre,
    style: str,
    choruses: Collection[int] = (0,),
    first_form_bar: int = 0,
    ends: bool = True,
    final_step: int = 0,
) -> list[BandEvent]:
    """The drums of a piece.

    Args:
        n_bars: Its length.
        metre: Bars and felt beats.
        style: A key of `FEELS`.
        choruses: Bars (from 0) in which a chorus begins.
        first_form_bar: Place in the form of the first bar, so that fills end its lines.
        ends: True where the piece ends: its last bar is one stroke.
        final_step: Where in the last bar that stroke is; one on beat one leads to it.
    """
    bar_steps = steps_per_bar(metre)
    feel = FEELS[style]
    events: list[BandEvent] = []
    for bar in range(n_bars):
        start = bar * bar_steps
        if ends and bar + 1 == n_bars:
            if final_step:
                events += [(start, 3, KICK, 82), (start, 3, SNARE, 82)]
            final = start + final_step
            events += [(final, STEPS_PER_BEAT, CRASH, 88), (final, STEPS_PER_BEAT, KICK, 88)]
            break
        fill = (bar + first_form_bar) % LINE_BARS == LINE_BARS - 1 and bar_steps > max(feel.fill)
        if bar in choruses:
            events.append((start, 6, CRASH, 80))
        for step, instrument, velocity in feel.drums:
            # In a fill the snare plays the fill alone, and no one else between its strokes: an
            # off-beat would swing away from them.
            in_fill = fill and step >= LAST_BEAT
            clashes = in_fill and (instrument == SNARE or step not in (LAST_BEAT, *feel.fill))
            if step < bar_steps and not clashes:
                events.append((start + step, 3, instrument, velocity))
        for index, step in enumerate(feel.fill if fill else ()):
            events.append((start + step, 3, SNARE, 70 + 8 * index))
    return events


def count_in(metre: Metre) -> list[BandEvent]:
    """A bar of side-stick, one stroke a beat."""
    return [(beat * STEPS_PER_BEAT, 3, SIDE_STICK, 90) for beat in range(metre.n_beats)]
