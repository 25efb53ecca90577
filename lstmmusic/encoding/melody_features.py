"""What the melody network is told: the notes so far, the chords, the place, the lookback.

One code serves training (over all notes of a tune) and playing (note by note). Everything is
relative to the tonic, so that all keys are one. Steps are those of `MelodyEvents`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT, steps_per_bar
from lstmmusic.score import Bar, Key, Metre, place_chart

STYLES = ("shuffle", "jump", "straight", "slow")
LINE_BARS = 4
LOOKBACK_BARS = 4
SECTION_BARS = 8  # of music without a known form
NO_ROOT = 12

# Lengths in steps are told in bins: exact where rhythm is, coarse where only "long" matters.
LENGTH_BINS = np.array([1, 2, 3, 4, 5, 6, 8, 9, 12, 16, 18, 24, 30, 36, 48, 72, 96])
N_BINS = len(LENGTH_BINS)
MAX_BEATS = 6
N_PLACE = MAX_BEATS + STEPS_PER_BEAT + LINE_BARS + 4
N_GENERAL = len(STYLES) + 2
N_INTERVALS = 25  # -12 ... 12; wider leaps count as an octave

N_HEARD = N_INTERVALS + 1 + 12 + 12 + 1 + 2 * N_BINS + N_PLACE + N_GENERAL
N_RHYTHM_CUE = N_BINS + 1
N_PITCH_CUE = N_PLACE + 24 + N_BINS + 13 + 1

Event = tuple[int, int, int]  # onset, duration, pitch, as a row of MelodyEvents


@dataclass(frozen=True)
class MelodySetting:
    """What is fixed before the first note: chords, key, metre, form, style.

    Args:
        chart: Chords of every bar from bar 1 on.
        key: Tonic and mode.
        metre: Bars and felt beats.
        style: One of `STYLES`.
        form_bars: Bars of one chorus, for the place in the form.
        notes_per_bar: How busy the tune is.
        first_form_bar: Where in the form bar 1 lies, counted from 0.
    """

    chart: Sequence[Bar]
    key: Key
    metre: Metre
    style: str = "shuffle"
    form_bars: int = 12
    notes_per_bar: float = 4.0
    first_form_bar: int = 0
    roots: np.ndarray = field(init=False, repr=False, compare=False)
    tones: np.ndarray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        bar_steps = steps_per_bar(self.metre)
        step = self.metre.beat_quarters / STEPS_PER_BEAT
        n_steps = len(self.chart) * bar_steps
        roots = np.full(n_steps, NO_ROOT)
        tones = np.zeros((n_steps, 12), np.float32)
        for onset, chord in place_chart(self.chart, self.metre):
            start = round(onset / step)
            root = chord.root_pitch_class
            roots[start:] = NO_ROOT if root is None else (root - self.key.pitch_class) % 12
            tones[start:] = 0
            for pitch_class in chord.pitch_classes:
                tones[start:, (pitch_class - self.key.pitch_class) % 12] = 1
        object.__setattr__(self, "roots", roots)
        object.__setattr__(self, "tones", tones)

    @property
    def bar_steps(self) -> int:
        """Steps in one bar."""
        return steps_per_bar(self.metre)

    @property
    def n_steps(self) -> int:
        """Steps in the whole piece."""
        return len(self.roots)

    def root_at(self, step: int) -> int:
        """Degree of the chord root above the tonic, or `NO_ROOT`; a pickup hears bar 1."""
        return int(self.roots[min(max(step, 0), self.n_steps - 1)])

    def tones_at(self, step: int) -> np.ndarray:
        """Chord tones as 12 flags from the tonic up."""
        return self.tones[min(max(step, 0), self.n_steps - 1)]

    def form_bar(self, bar: int) -> int:
        """Where in the form a bar lies; both counted from 0."""
        return (bar + self.first_form_bar) % self.form_bars

    def place(self, step: int) -> np.ndarray:
        """Beat of the bar, step of the beat, bar of the line, line of the form: (N_PLACE,)."""
        bar, within = divmod(step, self.bar_steps)
        beat, tick = divmod(within, STEPS_PER_BEAT)
        form_bar = self.form_bar(bar)
        vector = np.zeros(N_PLACE, np.float32)
        vector[min(beat, MAX_BEATS - 1)] = 1
        vector[MAX_BEATS + tick] = 1
        vector[MAX_BEATS + STEPS_PER_BEAT + form_bar % LINE_BARS] = 1
        vector[MAX_BEATS + STEPS_PER_BEAT + LINE_BARS + min(form_bar // LINE_BARS, 3)] = 1
        return vector

    def general(self) -> np.ndarray:
        """Style, mode and business: (N_GENERAL,)."""
        vector = np.zeros(N_GENERAL, np.float32)
        vector[STYLES.index(self.style)] = 1
        vector[-2] = self.key.is_minor
        vector[-1] = self.notes_per_bar / 4 - 1
        return vector

    def start_pitch(self) -> int:
        """What the first interval is measured from: the tonic in the octave above middle C."""
        return 60 + self.key.pitch_class

    def start_step(self) -> int:
        """What the first inter-onset time is measured from: a bar before bar 1."""
        return -self.bar_steps


def length_bin(steps: int) -> int:
    """Index of the bin that a length in steps falls into."""
    return int(np.searchsorted(LENGTH_BINS, max(steps, 1), side="right")) - 1


class MelodyMemory:
    """The notes played so far, ready to be told to the network.

    Args:
        setting: What is fixed.

    Example:
        >>> from lstmmusic.score import Key, Metre, form_named
        >>> setting = MelodySetting(form_named("standard").bars(Key("C")), Key("C"), Metre())
        >>> memory = MelodyMemory(setting)
        >>> memory.heard().shape == (N_HEARD,)
        True
        >>> memory.append((0, 12, 60))
        >>> memory.pitch_cue(onset=12).shape == (N_PITCH_CUE,)
        True
    """

    def __init__(self, setting: MelodySetting) -> None:
        self.setting = setting
        self.events: list[Event] = []
        self._by_onset: dict[int, Event] = {}

    def append(self, event: Event) -> None:
        """Adds the next note."""
        self.events.append(event)
        self._by_onset[event[0]] = event

    @property
    def last_onset(self) -> int:
        """Onset of the last note, or where counting starts."""
        return self.events[-1][0] if self.events else self.setting.start_step()

    @property
    def last_pitch(self) -> int:
        """Pitch of the last note, or what the first interval is measured from."""
        return self.events[-1][2] if self.events else self.setting.start_pitch()

    def heard(self) -> np.ndarray:
        """Input of the LSTM after the last note: (N_HEARD,)."""
        setting = self.setting
        interval = np.zeros(N_INTERVALS + 1, np.float32)
        degree, chord_degree = np.zeros(12, np.float32), np.zeros(12, np.float32)
        ioi, length = np.zeros(N_BINS, np.float32), np.zeros(N_BINS, np.float32)
        register = np.zeros(1, np.float32)
        if self.events:
            onset, duration, pitch = self.events[-1]
            before = self.events[-2] if len(self.events) > 1 else None
            previous = before[2] if before else setting.start_pitch()
            interval[int(np.clip(pitch - previous, -12, 12)) + 12] = 1
            degree[(pitch - setting.key.pitch_class) % 12] = 1
            root = setting.root_at(onset)
            if root != NO_ROOT:
                chord_degree[(pitch - setting.key.pitch_class - root) % 12] = 1
            ioi[length_bin(onset - (before[0] if before else setting.start_step()))] = 1
            length[length_bin(duration)] = 1
            register[0] = (pitch - 66) / 12
        else:
            interval[-1] = 1
        place = setting.place(self.last_onset)
        parts = (interval, degree, chord_degree, register, ioi, length, place, setting.general())
        return np.concatenate(parts)

    def rhythm_cue(self) -> np.ndarray:
        """How long until the next note if line one came again: (N_RHYTHM_CUE,)."""
        cue = np.zeros(N_RHYTHM_CUE, np.float32)
        place = self.last_onset - LOOKBACK_BARS * self.setting.bar_steps
        following = bisect_right(self.events, place, key=lambda event: event[0])
        if following < len(self.events):
            cue[length_bin(self.events[following][0] - place)] = 1
        else:
            cue[-1] = 1
        return cue

    def looked_back(self, onset: int) -> Event | None:
        """The note that started at the same place four bars ago."""
        return self._by_onset.get(onset - LOOKBACK_BARS * self.setting.bar_steps)

    def pitch_cue(self, onset: int) -> np.ndarray:
        """Place, chord, next chord, time since the last note, lookback: (N_PITCH_CUE,)."""
        setting = self.setting
        ioi = np.zeros(N_BINS, np.float32)
        ioi[length_bin(onset - self.last_onset)] = 1
        lookback = np.zeros(13, np.float32)
        leap = np.zeros(1, np.float32)
        found = self.looked_back(onset)
        if found is None:
            lookback[12] = 1
        else:
            lookback[(found[2] - setting.key.pitch_class) % 12] = 1
            leap[0] = np.clip(found[2] - self.last_pitch, -12, 12) / 12
        soon = setting.tones_at(onset + 2 * STEPS_PER_BEAT)
        tones = setting.tones_at(onset)
        return np.concatenate((setting.place(onset), tones, soon, ioi, lookback, leap))
