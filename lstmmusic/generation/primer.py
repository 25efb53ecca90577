"""A primer: the last phrase of someone's melody, for the network to go on from."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from lstmmusic.analysis.swing import estimate_swing, unswing
from lstmmusic.encoding import MelodyEvents, melody_part, steps_per_bar
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.encoding.melody_features import Event
from lstmmusic.errors import InputError
from lstmmusic.score import Bar, Key, Metre, Part, Score, read_chart

MAX_PHRASE_BARS = 8
FROM_FORM_BAR = "From bar {} of the form"  # the section of a piece that begins inside a chorus
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
        swing: Share of the beat taken by the on-beat eighth; None where the piece does not tell.
    """

    events: tuple[Event, ...]
    n_bars: int
    chart: tuple[Bar, ...] | None
    form_bar: int
    key: Key | None
    metre: Metre
    tempo_bpm: float
    swing: float | None


def last_phrase(score: Score, source: str = "primer") -> Primer:
    """The last phrase of the melody part of a piece.

    A phrase begins after a rest of a beat or more, has at least four notes where the piece has
    them, and at most eight bars. Swung off-beats are taken back to where they are written. The
    place in the form is counted from the last section that names a chorus (`Chorus 2`,
    `form=A1 chorus=2`) or a bar of the form, else from bar 1.

    Raises:
        InputError: The piece has no pitched notes.
    """
    swing = swing_of(score)
    events = MelodyEvents().encode(_as_written(score, swing) if swing else score)
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
        form_bar=first_bar - form_start(score, last_bar),
        key=score.key,
        metre=score.metre,
        tempo_bpm=score.metre.n_beats * 60 / bar_seconds,
        swing=swing,
    )


def swing_of(score: Score) -> float | None:
    """The swing of the melody; compound metres write theirs out."""
    part = melody_part(score)
    if part is None or score.metre.is_compound:
        return None
    onsets = part.notes["onset_quarters"] - score.pickup_quarters
    return estimate_swing(onsets / score.metre.beat_quarters)


def _as_written(score: Score, swing: float) -> Score:
    """The melody alone, its swing undone: the network knows notes as they are written."""
    part = melody_part(score)
    if part is None:
        return score
    return replace(score, parts=[replace(part, notes=notes_as_written(part, score, swing))])


def notes_as_written(part: Part, score: Score, swing: float) -> np.ndarray:
    """The notes of a part, row by row, with their swing undone.

    Args:
        part: Of the score.
        score: Its pickup and metre say where beats are.
        swing: Share of the beat taken by the on-beat eighth.

    Returns:
        A table of `NOTE_DTYPE`.
    """
    beat = score.metre.beat_quarters
    onsets = (part.notes["onset_quarters"] - score.pickup_quarters) / beat
    ends = onsets + part.notes["duration_quarters"] / beat
    notes = part.notes.copy()
    starts = unswing(onsets, onsets, swing) * beat
    stops = unswing(onsets, ends, swing) * beat
    notes["onset_quarters"] = np.maximum(starts + score.pickup_quarters, 0.0)
    notes["duration_quarters"] = np.maximum(stops - starts, 1e-3)
    return notes


def _phrase_start(events: np.ndarray, bar_steps: int) -> int:
    first = len(events) - 1
    earliest = events[-1, 0] - MAX_PHRASE_BARS * bar_steps + bar_steps
    while first > 0 and events[first - 1, 0] >= earliest:
        rest = events[first, 0] - (events[first - 1, 0] + events[first - 1, 1])
        if rest >= STEPS_PER_BEAT and len(events) - first >= MIN_PHRASE_NOTES:
            break
        first -= 1
    return first


def form_start(score: Score, last_bar: int) -> int:
    """Index of the bar in which the chorus begins that the last bar belongs to."""
    found = 0
    for onset, text in score.sections:
        bar = max(score.bar_at(onset) - 1, 0)
        words = text.lower()
        inside = re.fullmatch(FROM_FORM_BAR.replace("{}", r"(\d+)"), text)
        if inside and bar <= last_bar:
            found = bar - int(inside[1]) + 1
        if "chorus" in words and "chorus=0" not in words and bar <= last_bar:
            found = bar
    return found
