"""A band from rules: bass and drums around the chords. No network plays here.

Everything is worked out on the melody's grid, twelve steps to the felt beat, so that one set of
rules serves a shuffle in 4/4 and a slow blues in 12/8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT, steps_per_bar
from lstmmusic.score import Bar, Chord, Metre, place_chart

Event = tuple[int, int, int, int]  # onset and duration in steps, pitch, velocity

LOWEST_BASS, HIGHEST_BASS = 28, 50  # E1 to D3
KICK, SNARE, CLOSED_HAT, PEDAL_HAT, RIDE, CRASH, SIDE_STICK = 36, 38, 42, 44, 51, 49, 37


@dataclass(frozen=True)
class Feel:
    """How a style is played.

    Attributes:
        bass: `walk` (a note a beat), `two` (on beats one and three) or `eighths`.
        fill: Steps of the snare in the last beat of every fourth bar.
        hits: (step of the bar, instrument, velocity) of a bar in four.
    """

    bass: str
    fill: tuple[int, ...]
    hits: tuple[tuple[int, int, int], ...]


def _every(
    steps: Sequence[int], instrument: int, velocity: int
) -> tuple[tuple[int, int, int], ...]:
    return tuple((step, instrument, velocity) for step in steps)


_BEATS = range(0, 48, 12)
_OFFBEATS = range(6, 48, 12)
_BACKBEATS = (12, 36)

FEELS: dict[str, Feel] = {
    "shuffle": Feel(
        "walk",
        (36, 40, 44),
        _every(_BEATS, RIDE, 84)
        + _every(_OFFBEATS, RIDE, 62)
        + _every(_BACKBEATS, SNARE, 88)
        + _every(_BACKBEATS, PEDAL_HAT, 60)
        + _every((0, 24), KICK, 82),
    ),
    "jump": Feel(
        "walk",
        (36, 42),
        _every(_BEATS, RIDE, 86)
        + _every((18, 42), RIDE, 66)
        + _every(_BACKBEATS, PEDAL_HAT, 70)
        + _every(_BACKBEATS, SNARE, 92)
        + _every(_BEATS, KICK, 64),
    ),
    "straight": Feel(
        "eighths",
        (36, 39, 42, 45),
        _every(range(0, 48, 6), CLOSED_HAT, 70)
        + _every(_BACKBEATS, SNARE, 94)
        + _every((0, 24, 30), KICK, 90),
    ),
    "slow": Feel(
        "two",
        (40, 44),
        tuple(
            (beat + third, RIDE, 80 if third == 0 else 58) for beat in _BEATS for third in (0, 4, 8)
        )
        + _every(_BACKBEATS, SIDE_STICK, 84)
        + _every((0, 24), KICK, 80),
    ),
}


def bass_line(
    chart: Sequence[Bar], metre: Metre, style: str, rng: np.random.Generator
) -> list[Event]:
    """A bass line: roots on chord changes, chord tones between, a step into each new root."""
    beats = _chords_by_beat(chart, metre)
    kind = FEELS[style].bass
    events: list[Event] = []
    last = 40
    for beat, chord in enumerate(beats):
        if chord.root_pitch_class is None:
            continue
        is_new = beat == 0 or beats[beat - 1] != chord or beat % metre.n_beats == 0
        if kind == "two" and beat % 2 and not is_new:
            continue
        coming = beats[beat + 1] if beat + 1 < len(beats) else None
        last = _bass_pitch(chord, coming, is_new, last, rng)
        onset = beat * STEPS_PER_BEAT
        if kind == "eighths":
            events += [(onset, 5, last, 92), (onset + 6, 5, last, 78)]
        else:
            length = 2 * STEPS_PER_BEAT if kind == "two" and beat % 2 == 0 else STEPS_PER_BEAT
            if kind == "two" and beat + 1 < len(beats) and beats[beat + 1] != chord:
                length = STEPS_PER_BEAT
            events.append((onset, length - 1, last, 96 if is_new else 84))
    return _tonic_at_the_end(events, beats)


def drum_hits(n_bars: int, metre: Metre, style: str) -> list[Event]:
    """A drum pattern, a crash where a chorus could begin, a fill at the end of every four bars."""
    bar_steps = steps_per_bar(metre)
    events: list[Event] = []
    for bar in range(n_bars):
        start = bar * bar_steps
        fill = bar % 4 == 3 and bar_steps == 48
        for step, instrument, velocity in FEELS[style].hits:
            if step < bar_steps and not (fill and instrument == SNARE and step == 36):
                events.append((start + step, 3, instrument, velocity))
        if bar % 12 == 0:
            events.append((start, 6, CRASH, 80))
        if fill:
            for index, step in enumerate(FEELS[style].fill):
                events.append((start + step, 3, SNARE, 70 + 8 * index))
    last = n_bars * bar_steps
    # The piece ends on the first beat of its last bar.
    kept = [event for event in events if event[0] <= last - bar_steps]
    return [*kept, (last - bar_steps, 12, CRASH, 88)]


def _chords_by_beat(chart: Sequence[Bar], metre: Metre) -> list[Chord]:
    n_beats = len(chart) * metre.n_beats
    beats: list[Chord] = [Chord()] * n_beats
    for onset, chord in place_chart(chart, metre):
        start = round(onset / metre.beat_quarters)
        beats[start:] = [chord] * (n_beats - start)
    return beats


def _bass_pitch(
    chord: Chord, coming: Chord | None, is_new: bool, last: int, rng: np.random.Generator
) -> int:
    bass, root = chord.bass_pitch_class, chord.root_pitch_class
    if bass is None or root is None:
        return last
    if is_new:
        return _nearest(bass, last)
    if coming is not None and coming != chord and coming.bass_pitch_class is not None:
        target = _nearest(coming.bass_pitch_class, last)
        return _in_range(target + (1 if rng.random() < 0.5 else -1))
    tones = [(root + interval) % 12 for interval in chord.kind.intervals]
    choices = [_nearest(tone, last + int(rng.integers(-5, 6))) for tone in tones]
    choices = [pitch for pitch in choices if pitch != last] or choices
    distances = np.array([abs(pitch - last) for pitch in choices], float)
    weights = np.exp(-distances / 4)
    return int(choices[rng.choice(len(choices), p=weights / weights.sum())])


def _nearest(pitch_class: int, pitch: int) -> int:
    """The pitch of that class nearest to another, within the range of the bass."""
    below = pitch - (pitch - pitch_class) % 12
    return _in_range(below if pitch - below <= 6 else below + 12)


def _in_range(pitch: int) -> int:
    while pitch < LOWEST_BASS:
        pitch += 12
    while pitch > HIGHEST_BASS:
        pitch -= 12
    return pitch


def _tonic_at_the_end(events: list[Event], beats: Sequence[Chord]) -> list[Event]:
    """The last chord is struck once and held."""
    if not events or not beats or beats[-1].bass_pitch_class is None:
        return events
    first = len(beats) - 1
    while first > 0 and beats[first - 1] == beats[-1] and first > len(beats) - 4:
        first -= 1
    start = first * STEPS_PER_BEAT
    kept = [event for event in events if event[0] < start]
    last = kept[-1][2] if kept else 40
    length = (len(beats) - first) * STEPS_PER_BEAT - 1
    return [*kept, (start, length, _nearest(beats[-1].bass_pitch_class, last), 96)]
