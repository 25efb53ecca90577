"""Scoops and curls: pitch bends from rules, on instruments whose players bend.

No network plays here. A *curl* draws the flat third over the major tonic chord up towards the
third: the quarter tone that the blues sings. A *scoop* reaches a long chord tone from below: by a
whole tone on a guitar string where it is the tonic or the fifth, else by a semitone. Every bend
begins and ends within its note, and the wheel is at rest where the note ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.encoding.melody_features import NO_ROOT, Event, MelodySetting
from lstmmusic.score import TICKS_PER_QUARTER

RANGE_SEMITONES = 2
FULL = 8192  # of the wheel

# Controllers that set the range (registered parameter 0) and then let go of it.
RANGE_CONTROLS = ((101, 0), (100, 0), (6, RANGE_SEMITONES), (38, 0), (101, 127), (100, 127))

_GUITARS = range(24, 32)
BENDING_PROGRAMS = {22, *_GUITARS, *range(40, 44), *range(56, 80)}  # harp, strings, brass, reeds

_CURL_SEMITONES = 0.5
_CURL_FROM = 0.35  # share of the note before the curl begins; it has arrived at _CURL_TO
_CURL_TO = 0.8
_SCOOP_QUARTERS = 0.25  # at most; never more than half the note
_LEAST_CURL_STEPS = STEPS_PER_BEAT // 2
_LEAST_SCOOP_STEPS = STEPS_PER_BEAT
_MOVES = 8  # of the wheel in one ramp


def choose_bends(
    events: Sequence[Event],
    setting: MelodySetting,
    program: int,
    share: float,
    rng: np.random.Generator,
) -> dict[int, float]:
    """Which notes bend: onset in steps -> semitones, above 0 a curl, below 0 a scoop.

    Args:
        events: The melody.
        setting: Its key and chords.
        program: The General MIDI programme that plays it.
        share: How many of the suitable notes bend, 0 to 1.
        rng: One random number a suitable note.

    Example:
        >>> from lstmmusic.score import Key, Metre, parse_chart
        >>> setting = MelodySetting(parse_chart("| C7 | F7 |"), Key("C"), Metre())
        >>> rng = np.random.default_rng(1)
        >>> choose_bends([(0, 12, 63), (12, 12, 67), (24, 4, 64)], setting, 27, 1.0, rng)
        {0: 0.5, 12: -2.0}
    """
    found = {}
    for event in events:
        semitones = _bend(event, setting, program)
        if semitones and rng.random() < share:
            found[event[0]] = semitones
    return found


def _bend(event: Event, setting: MelodySetting, program: int) -> float:
    """What suits a note; 0 where nothing does."""
    onset, duration, pitch = event
    degree = (pitch - setting.key.pitch_class) % 12
    tones, root = setting.tones_at(onset), setting.root_at(onset)
    if degree == 3 and tones[4] and not tones[3] and root == 0:
        return _CURL_SEMITONES if duration >= _LEAST_CURL_STEPS else 0.0
    if duration < _LEAST_SCOOP_STEPS or root == NO_ROOT or not tones[degree]:
        return 0.0
    return -2.0 if program in _GUITARS and degree in (0, 7) else -1.0


def wheel(
    start_quarters: float,
    length_quarters: float,
    semitones: float,
    ticks_per_quarter: int = TICKS_PER_QUARTER,
    range_semitones: float = RANGE_SEMITONES,
) -> list[tuple[float, int]]:
    """The moves of the pitch wheel for one note, the last of them to rest.

    A curl rests a tick before the note ends, so that the next may begin with a move of its own.

    Args:
        start_quarters: Where the note begins.
        length_quarters: How long it sounds.
        semitones: As `choose_bends` gives them.
        ticks_per_quarter: Moves lie on these ticks.
        range_semitones: How far the wheel reaches each way.

    Example:
        >>> wheel(0.0, 1.0, -1.0)[0], wheel(0.0, 1.0, -1.0)[-1]
        ((0.0, -4096), (0.25, 0))
    """
    start = round(start_quarters * ticks_per_quarter)
    length = max(round(length_quarters * ticks_per_quarter), 1)
    ramp = np.linspace(0.0, 1.0, _MOVES + 1)
    if semitones < 0:
        ticks = ramp * min(_SCOOP_QUARTERS * ticks_per_quarter, length / 2)
        moves = list(zip(ticks, semitones * (1 - ramp), strict=True))
    else:
        ticks = length * (_CURL_FROM + ramp[1:] * (_CURL_TO - _CURL_FROM))
        moves = [*zip(ticks, semitones * ramp[1:], strict=True), (length - 1, 0.0)]
    return [
        (
            (start + min(int(tick), length - 1)) / ticks_per_quarter,
            min(max(round(value * FULL / range_semitones), -FULL), FULL - 1),
        )
        for tick, value in moves
    ]
