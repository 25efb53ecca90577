"""Comping: three voices without the root, the third and the seventh of every chord among them.

The voices are led: from chord to chord none moves more than four semitones where that can be.
The bass has the root.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise, permutations, product

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT, steps_per_bar
from lstmmusic.errors import InternalError
from lstmmusic.generation.band.rhythm import FEELS, BandEvent, chords_by_step
from lstmmusic.generation.band.stops import stopped
from lstmmusic.score import Bar, Chord, Metre

LOWEST, HIGHEST = 51, 72  # above the bass, below most of the melody
MAX_MOVE = 4
_STRUCK = ((0, STEPS_PER_BEAT // 2, 78),)
_START = (55, 59, 64)

# What colours a chord beside its third and seventh, by preference: fifth, ninth, thirteenth.
_COLOURS = {
    "minor": (7, 2),
    "dominant": (2, 9, 7),
    "major": (2, 7),
}


def guide_tones(chord: Chord) -> tuple[int, int]:
    """Semitones above the root of what tells the chord: its third and its seventh.

    A suspended chord gives its fourth for the third; a chord without a seventh gives its sixth,
    else its fifth.

    Example:
        >>> [guide_tones(Chord.parse(text)) for text in ("C7", "Cm7", "C6", "Cdim7", "C7sus4")]
        [(4, 10), (3, 10), (4, 9), (3, 9), (5, 10)]
    """
    intervals = chord.kind.intervals
    third = next((i for i in (4, 3, 5, 2) if i in intervals), 7)
    seventh = next((i for i in (10, 11, 9, 7, 8, 6) if i in intervals and i != third), 0)
    return third, seventh


def lead_voices(chord: Chord, before: tuple[int, int, int] | None) -> tuple[int, int, int]:
    """Three pitches for a chord, each near to the voice it comes from.

    Args:
        chord: Not "no chord".
        before: The voices of the chord before; None at the start.

    Returns:
        Pitches of the three voices, from low to high; third and seventh are among them.
    """
    root = chord.root_pitch_class or 0
    third, seventh = guide_tones(chord)
    kind = chord.kind
    family = "minor" if kind.is_minor else "dominant" if 10 in kind.intervals else "major"
    colours = [i for i in (*_COLOURS[family], 7, 6, 8) if _fits(i, kind.intervals)]
    start = before or _START
    # Where no voicing lies within reach (suspended and altered chords), a wider move is made.
    found = (before and _best(root, third, seventh, colours, start, bounded=True)) or _best(
        root, third, seventh, colours, start, bounded=False
    )
    if not found:
        raise InternalError(f"no voicing for {chord} after {before}")
    return found


def _best(
    root: int,
    third: int,
    seventh: int,
    colours: Sequence[int],
    start: tuple[int, int, int],
    bounded: bool,
) -> tuple[int, int, int] | None:
    """The cheapest voicing; None where there is none."""
    best: tuple[float, tuple[int, int, int]] | None = None
    for rank, colour in enumerate(colours):
        for roles in permutations((third, seventh, colour)):
            near = (
                _near(root + role, voice, bounded) for role, voice in zip(roles, start, strict=True)
            )
            for low, middle, high in product(*near):
                if low < middle < high:
                    cost = 0.5 * rank + _cost((low, middle, high), start)
                    if best is None or cost < best[0]:
                        best = (cost, (low, middle, high))
    return best and best[1]


def _cost(voices: tuple[int, int, int], start: tuple[int, int, int]) -> float:
    """Small moves, within the range, near its middle, neither wide apart nor in a cluster."""
    moved = sum(abs(a - b) for a, b in zip(voices, start, strict=True))
    outside = sum(max(LOWEST - v, v - HIGHEST, 0) for v in voices)
    centre = abs(sum(voices) / 3 - (LOWEST + HIGHEST) / 2)
    spread = voices[2] - voices[0]
    clusters = sum(b - a == 1 for a, b in pairwise(voices))
    return moved + 4 * outside + 0.4 * centre + max(spread - 12, 0) + 2 * clusters


def _fits(colour: int, intervals: Sequence[int]) -> bool:
    """A fifth only as the chord has it; a ninth or thirteenth not beside an altered one."""
    if colour in (6, 7, 8):
        return colour in intervals
    return not {colour - 1, colour + 1} & (set(intervals) - {3, 4, 10})


def _near(pitch_class: int, pitch: int, bounded: bool) -> list[int]:
    """Pitches of a class around another: within `MAX_MOVE` when bounded, else the nearest two."""
    below = pitch - (pitch - pitch_class) % 12
    around = (below, below + 12)
    return [p for p in around if abs(p - pitch) <= MAX_MOVE] if bounded else list(around)


def comping(
    chart: Sequence[Bar],
    metre: Metre,
    style: str,
    ends: bool = True,
    stops: Collection[int] = (),
) -> list[BandEvent]:
    """The chords, in the rhythm of the style; the last one held where the piece ends.

    Args:
        chart: Chords of every bar.
        metre: Bars and felt beats.
        style: A key of `FEELS`.
        ends: True where the piece ends with the chart.
        stops: Bars (from 0) that are struck on the first beat.

    Example:
        >>> from lstmmusic.score import parse_chart
        >>> events = comping(parse_chart("| C7 | F7 |"), Metre(4, 4), "shuffle")
        >>> sorted(pitch % 12 for onset, _, pitch, _ in events if onset == 12)  # E G Bb
        [4, 7, 10]
    """
    bar_steps = steps_per_bar(metre)
    steps = chords_by_step(chart, metre)
    patterns = FEELS[style].comping
    events: list[BandEvent] = []
    voices: tuple[int, int, int] | None = None
    sounding: Chord | None = None
    for bar in range(len(chart)):
        is_last = ends and bar + 1 == len(chart)
        pattern = ((0, bar_steps, 66),) if is_last else patterns[bar % len(patterns)]
        if bar in stops:
            pattern = _STRUCK
        bar_chords = steps[bar * bar_steps : (bar + 1) * bar_steps]
        for step, duration, velocity in _hits(pattern, bar_chords):
            chord = bar_chords[step]
            if chord.is_silent:
                continue
            if chord != sounding:
                voices, sounding = lead_voices(chord, voices), chord
            onset = bar * bar_steps + step
            events += [(onset, duration, pitch, velocity) for pitch in sorted(voices or ())]
    return stopped(events, stops, bar_steps)


def _hits(
    pattern: Sequence[tuple[int, int, int]], chords: Sequence[Chord]
) -> list[tuple[int, int, int]]:
    """The hits of one bar: none rings into another chord, and no chord goes by unheard.

    Args:
        pattern: Of the style.
        chords: The chord at every step of the bar.
    """
    changes = [s for s in range(len(chords)) if s == 0 or chords[s] != chords[s - 1]]
    ends = [*changes[1:], len(chords)]
    hits: list[tuple[int, int, int]] = []
    for start, stop in zip(changes, ends, strict=True):
        within = [hit for hit in pattern if start <= hit[0] < stop]
        if not within and (start > 0 or len(changes) > 1):
            within = [(start, stop - start, pattern[0][2])]
        hits += [
            (step, min(duration, stop - step), velocity) for step, duration, velocity in within
        ]
    return hits
