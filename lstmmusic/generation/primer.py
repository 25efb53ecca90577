"""A primer: the last phrase of someone's melody, for the network to go on from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lstmmusic.encoding import MelodyEvents, steps_per_bar
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.encoding.melody_features import Event
from lstmmusic.errors import InputError
from lstmmusic.score import Bar, Key, Metre, Score, read_chart

MAX_PHRASE_BARS = 8
MIN_PHRASE_NOTES = 4


@dataclass(frozen=True)
class Primer:
    """A phrase and its place.

    Attributes:
        events: Its notes, onsets in steps from the start of its first bar.
        n_bars: Bars from its first to its last.
        chart: Its own chords, one entry a bar; None where the file has none.
        form_bar: How many bars after the start of a chorus its first bar lies.
        key: Of the file; None when unknown.
        metre: Of the file at the start.
        tempo_bpm: Felt beats a minute in the bar where it begins.
    """

    events: tuple[Event, ...]
    n_bars: int
    chart: tuple[Bar, ...] | None
    form_bar: int
    key: Key | None
    metre: Metre
    tempo_bpm: float


def last_phrase(score: Score, source: str = "primer") -> Primer:
    """The last phrase of the melody part of a piece.

    A phrase begins after a rest of a beat or more, has at least four notes where the piece has
    them, and at most eight bars. The place in the form is counted from the last section that
    names a chorus (`Chorus 2`, `form=A1 chorus=2`), else from bar 1.

    Raises:
        InputError: The piece has no pitched notes.
    """
    events = MelodyEvents().encode(score)
    if not len(events):
        raise InputError(source, "a piece with a melody", "no pitched notes")
    bar_steps = steps_per_bar(score.metre)
    first = _phrase_start(events, bar_steps)
    first_bar = int(events[first, 0] // bar_steps)
    last_bar = int(events[-1, 0] // bar_steps)
    onset = first_bar * bar_steps
    phrase = [
        (int(start) - onset, int(length), int(pitch)) for start, length, pitch in events[first:]
    ]
    room = (last_bar - first_bar + 1) * bar_steps
    start, length, pitch = phrase[-1]
    phrase[-1] = (start, min(length, room - start), pitch)
    starts = score.bar_starts[max(first_bar, 0) : last_bar + 1]
    chart = read_chart(score.chords, starts.tolist(), score.metre.bar_quarters)
    seconds = score.tempo_map.seconds_at
    begin = float(starts[0]) if len(starts) else 0.0
    bar_seconds = seconds(begin + score.metre.bar_quarters) - seconds(begin)
    return Primer(
        events=tuple(phrase),
        n_bars=last_bar - first_bar + 1,
        chart=chart if score.chords and len(chart) == last_bar - first_bar + 1 else None,
        form_bar=first_bar - _form_start(score, last_bar),
        key=score.key,
        metre=score.metre,
        tempo_bpm=score.metre.n_beats * 60 / bar_seconds,
    )


def _phrase_start(events: np.ndarray, bar_steps: int) -> int:
    first = len(events) - 1
    earliest = events[-1, 0] - MAX_PHRASE_BARS * bar_steps + bar_steps
    while first > 0 and events[first - 1, 0] >= earliest:
        rest = events[first, 0] - (events[first - 1, 0] + events[first - 1, 1])
        if rest >= STEPS_PER_BEAT and len(events) - first >= MIN_PHRASE_NOTES:
            break
        first -= 1
    return first


def _form_start(score: Score, last_bar: int) -> int:
    """Index of the bar in which the chorus begins that the last bar belongs to."""
    found = 0
    for onset, text in score.sections:
        bar = max(score.bar_at(onset) - 1, 0)
        words = text.lower()
        if "chorus" in words and "chorus=0" not in words and bar <= last_bar:
            found = bar
    return found
