"""Where a line of four bars has to rest, for music of which every line does.

A line has rested when silence of a beat or more is heard in its fourth bar; it may begin before
that bar or last beyond it. Bars at the end of a form that are no whole line need none. The
scorecard's `breathing` counts the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lstmmusic.encoding import MelodySetting
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.encoding.melody_features import LINE_BARS, Event
from lstmmusic.player.network import MAX_STEPS

REST = STEPS_PER_BEAT  # the shortest silence that is heard as a rest, in steps
_HALF = STEPS_PER_BEAT // 2
_SWUNG = STEPS_PER_BEAT // 6  # so far swing may move an end that lies within half a beat


class LineRests:
    """What leaves each line its rest.

    Args:
        setting: Its form says where lines end.
        shortest: The shortest note there is, in steps.

    Example:
        >>> from lstmmusic.score import Key, Metre, form_named
        >>> form = form_named("standard").bars(Key("C"))
        >>> rests = LineRests(MelodySetting(form, Key("C"), Metre()), shortest=3)
        >>> before = [(140, 40, 60), (180, 9, 63)]  # a sixteenth of bar 4 is left
        >>> rests.open_onsets(before, np.array([189, 192, 201, 202, 216])).tolist()
        [False, False, False, False, True]
        >>> rests.longest([(140, 10, 60)], onset=168), rests.longest([(140, 10, 60)], onset=156)
        (192, 35)
    """

    def __init__(self, setting: MelodySetting, shortest: int) -> None:
        bars = range(len(setting.chart))
        ends = [bar for bar in bars if setting.form_bar(bar) % LINE_BARS == LINE_BARS - 1]
        self._stops = [(bar + 1) * setting.bar_steps for bar in ends]
        self._bar_steps = setting.bar_steps
        self._shortest = shortest

    def open_onsets(
        self, events: Sequence[Event], onsets: np.ndarray, due: int | None = None
    ) -> np.ndarray:
        """Flags of the onsets at which the next note may begin.

        Args:
            events: The notes before.
            onsets: To choose from.
            due: Where another note will begin, before which the line has to have rested.
        """
        if not events:
            return np.ones(len(onsets), bool)
        free = events[-1][0] + events[-1][1]
        last_bar = self._due(events, free)
        if last_bar is None:
            return np.ones(len(onsets), bool)
        heard = REST + _SWUNG if free % _HALF else REST
        rests = (onsets - free >= heard) & (onsets > last_bar.start)
        return rests | (onsets + self._shortest <= _last_end(last_bar, due))

    def longest(self, events: Sequence[Event], onset: int, due: int | None = None) -> int:
        """How long a note that begins there may be, in steps; see `open_onsets`."""
        recent = events[-self._bar_steps :]  # no more begin in one bar
        last_bar = self._due([*recent, (onset, 0, 0)], onset)
        return MAX_STEPS if last_bar is None else _last_end(last_bar, due) - onset

    def _due(self, events: Sequence[Event], step: int) -> range | None:
        """The last bar of the line that a step lies in, if no rest has been heard there."""
        found = bisect_right(self._stops, step)
        if found == len(self._stops):
            return None
        stop = self._stops[found]
        last_bar = range(stop - self._bar_steps, stop)
        if events[0][0] > last_bar.start:  # it was silent before
            return None
        for after, (onset, duration, _) in pairwise(reversed(events)):
            if after[0] <= last_bar.start:
                break
            silent_from = onset + duration
            if after[0] - silent_from >= REST and silent_from < last_bar.stop:
                return None
        return last_bar


def _last_end(last_bar: range, due: int | None) -> int:
    """Where a note has to end at the latest, so that a rest is heard in the bar."""
    if due is None:
        return last_bar.stop - 1
    return min(last_bar.stop - 1, due - REST - _SWUNG)
