"""Line two answers line one, as in the AAB of the sung blues.

In every chorus that has four bars before them, bars 5 to 8 may lean towards what bars 1 to 4 had
at the same places. This is a rule mixed into the network's own choices, not something it learnt.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from lstmmusic.encoding import MelodySetting
from lstmmusic.encoding.melody_features import LINE_BARS, Event, MelodyMemory
from lstmmusic.player import Echo


class Answers:
    """Where line two answers, and with what.

    Args:
        setting: Chords, key, metre and form of the piece.
        share: How much of each choice is line one's, 0 to 1.
        first_bar: The first bar to be played; what is before it stands.
    """

    def __init__(self, setting: MelodySetting, share: float, first_bar: int = 0) -> None:
        self._setting = setting
        self._share = share
        self._line_steps = LINE_BARS * setting.bar_steps
        bars = range(max(first_bar, LINE_BARS), len(setting.chart))
        places = [(bar + setting.first_form_bar) % setting.form_bars for bar in bars]
        self._bars = {
            bar
            for bar, place in zip(bars, places, strict=True)
            if share and LINE_BARS <= place < 2 * LINE_BARS
        }

    def begins_between(self, onset: int, following: int) -> int | None:
        """Where an answer begins after a place outside it and at or before another, in steps."""
        bar_steps = self._setting.bar_steps
        for bar in range(onset // bar_steps + 1, following // bar_steps + 1):
            if bar in self._bars and bar - 1 not in self._bars:
                return bar * bar_steps
        return None

    def next_begin(self, onset: int) -> int | None:
        """Where the next answer begins after a place outside any, in steps."""
        if onset // self._setting.bar_steps in self._bars:
            return None
        return self.begins_between(onset, self._setting.n_steps - 1)

    def due(self, memory: MelodyMemory, onset: int) -> int | None:
        """Where the first note of the next answer begins, from a place in the line before it."""
        begin = self.next_begin(onset)
        if begin is None or begin - onset > self._line_steps or not memory.events:
            return None
        echo = self.after(memory, begin)
        return None if echo is None or echo.event is None else echo.event[0]

    def after(self, memory: MelodyMemory, earliest: int) -> Echo | None:
        """What line one had next, from a place in an answer on; None outside answers."""
        bar_steps = self._setting.bar_steps
        bar = earliest // bar_steps
        if bar not in self._bars:
            return None
        stop = bar
        while stop in self._bars:
            stop += 1
        index = bisect_left(memory.events, earliest - self._line_steps, key=lambda e: e[0])
        if index < len(memory.events):
            event = self._moved(memory.events[index])
            if event[0] < stop * bar_steps:
                return Echo(self._share, event, event[0])
        return Echo(self._share, None, stop * bar_steps)

    def at(self, memory: MelodyMemory, onset: int) -> Echo | None:
        """The note that line one had at the place of this one; None without any."""
        if onset // self._setting.bar_steps not in self._bars:
            return None
        found = memory.looked_back(onset)
        return None if found is None else Echo(self._share, self._moved(found), onset)

    def _moved(self, event: Event) -> Event:
        onset, duration, pitch = event
        here = onset + self._line_steps
        tones = (self._setting.tones_at(onset), self._setting.tones_at(here))
        return here, duration, lead(pitch, self._setting.key.pitch_class, *tones)


def lead(pitch: int, tonic: int, before: np.ndarray, now: np.ndarray) -> int:
    """Leads a note of one chord into another, as guide tones are led.

    A tone of the chord before that lies a semitone beside a tone of the chord now moves there,
    down rather than up; everything else stays: common tones, and blue notes above all.

    Args:
        pitch: The note.
        tonic: Pitch class of the key.
        before: Tones of the chord that it sounded with, 12 flags from the tonic up.
        now: Tones of the chord that it goes to.

    Example:
        >>> c7, f7 = (np.isin(range(12), tones) for tones in ([0, 4, 7, 10], [5, 9, 0, 3]))
        >>> [lead(pitch, 0, c7, f7) for pitch in (60, 64, 67, 70)]  # C E G Bb over F7
        [60, 63, 67, 69]
    """
    degree = (pitch - tonic) % 12
    if before[degree] and not now[degree]:
        for move in (-1, 1):
            if now[(degree + move) % 12]:
                return pitch + move
    return pitch
