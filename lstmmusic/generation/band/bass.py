"""A bass line: roots on chord changes, chord tones between, a step into each new root."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.generation.band.rhythm import FEELS, BandEvent, chords_by_step
from lstmmusic.score import Bar, Chord, Metre

LOWEST, HIGHEST = 28, 50  # E1 to D3
_OPEN = 40


def bass_line(
    chart: Sequence[Bar], metre: Metre, style: str, rng: np.random.Generator, ends: bool = True
) -> list[BandEvent]:
    """A walking, two-beat or eighth-note bass, as the style has it.

    Args:
        chart: Chords of every bar.
        metre: Bars and felt beats.
        style: A key of `FEELS`.
        rng: Chooses between chord tones, and from which side a new root is reached.
        ends: True where the piece ends: its last chord is struck once and held.
    """
    beats = chords_by_step(chart, metre)[::STEPS_PER_BEAT]
    kind = FEELS[style].bass
    events: list[BandEvent] = []
    last = _OPEN
    for beat, chord in enumerate(beats):
        if chord.is_silent:
            continue
        is_new = beat % metre.n_beats == 0 or beats[beat - 1] != chord
        if kind == "two" and beat % 2 and not is_new:
            continue
        coming = beats[beat + 1] if beat + 1 < len(beats) else chord
        last = _pitch(chord, coming, is_new, last, rng)
        onset = beat * STEPS_PER_BEAT
        if kind == "eighths":
            events += [(onset, 5, last, 92), (onset + 6, 5, last, 78)]
        else:
            long = kind == "two" and beat % 2 == 0 and coming == chord
            length = (2 if long else 1) * STEPS_PER_BEAT - 1
            events.append((onset, length, last, 96 if is_new else 84))
    return _held_at_the_end(events, beats, metre) if ends else events


def _pitch(chord: Chord, coming: Chord, is_new: bool, last: int, rng: np.random.Generator) -> int:
    bass, root = chord.bass_pitch_class, chord.root_pitch_class
    if bass is None or root is None:
        return last
    if is_new:
        return _nearest(bass, last)
    if coming != chord and coming.bass_pitch_class is not None:
        target = _nearest(coming.bass_pitch_class, last)
        return _in_range(target + (1 if rng.random() < 0.5 else -1))
    tones = [(root + interval) % 12 for interval in chord.kind.intervals]
    choices = [_nearest(tone, last + int(rng.integers(-5, 6))) for tone in tones]
    choices = [pitch for pitch in choices if pitch != last] or choices
    weights = np.exp(-np.abs(np.array(choices) - last) / 4)
    return int(choices[int(rng.choice(len(choices), p=weights / weights.sum()))])


def _nearest(pitch_class: int, pitch: int) -> int:
    """The pitch of that class nearest to another, within the range of the bass."""
    below = pitch - (pitch - pitch_class) % 12
    return _in_range(below if pitch - below <= 6 else below + 12)


def _in_range(pitch: int) -> int:
    while pitch < LOWEST:
        pitch += 12
    while pitch > HIGHEST:
        pitch -= 12
    return pitch


def _held_at_the_end(
    events: list[BandEvent], beats: Sequence[Chord], metre: Metre
) -> list[BandEvent]:
    if not events or beats[-1].bass_pitch_class is None:
        return events
    first = len(beats) - 1
    while first % metre.n_beats and beats[first - 1] == beats[-1]:
        first -= 1
    start = first * STEPS_PER_BEAT
    kept = [event for event in events if event[0] < start]
    pitch = _nearest(beats[-1].bass_pitch_class, kept[-1][2] if kept else _OPEN)
    return [*kept, (start, (len(beats) - first) * STEPS_PER_BEAT - 1, pitch, 96)]
