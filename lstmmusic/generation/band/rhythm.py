"""How each style is played: a table that bass, comping and drums read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT, steps_per_bar
from lstmmusic.score import Bar, Chord, Metre, place_chart

BandEvent = tuple[int, int, int, int]  # onset and duration in steps, pitch, velocity

KICK, SIDE_STICK, SNARE, CLOSED_HAT, PEDAL_HAT, CRASH, RIDE = 36, 37, 38, 42, 44, 49, 51


@dataclass(frozen=True)
class Feel:
    """How a style is played in a bar of four beats; other bars use as much of it as they hold.

    Attributes:
        bass: `walk` (a note a beat), `two` (on beats one and three) or `eighths`.
        comping: (step, duration, velocity) of the chords, for two bars in turn.
        drums: (step, instrument, velocity).
        fill: Steps of the snare in the last beat of a line.
    """

    bass: str
    comping: tuple[tuple[tuple[int, int, int], ...], ...]
    drums: tuple[tuple[int, int, int], ...]
    fill: tuple[int, ...]


def _every(
    steps: Sequence[int], instrument: int, velocity: int
) -> tuple[tuple[int, int, int], ...]:
    return tuple((step, instrument, velocity) for step in steps)


_BEATS = range(0, 48, 12)
_OFF_BEATS = range(6, 48, 12)
_BACK_BEATS = (12, 36)

FEELS: dict[str, Feel] = {
    "shuffle": Feel(
        bass="walk",
        comping=(((12, 4, 66), (36, 4, 70)), ((12, 4, 66), (30, 5, 62), (36, 4, 70))),
        drums=_every(_BEATS, RIDE, 84)
        + _every(_OFF_BEATS, RIDE, 62)
        + _every(_BACK_BEATS, SNARE, 88)
        + _every(_BACK_BEATS, PEDAL_HAT, 60)
        + _every((0, 24), KICK, 82),
        fill=(36, 40, 44),
    ),
    "jump": Feel(
        bass="walk",
        comping=(((0, 8, 68), (18, 5, 72)), ((18, 5, 70), (42, 5, 66))),
        drums=_every(_BEATS, RIDE, 86)
        + _every((18, 42), RIDE, 66)
        + _every(_BACK_BEATS, PEDAL_HAT, 70)
        + _every(_BACK_BEATS, SNARE, 92)
        + _every(_BEATS, KICK, 64),
        fill=(36, 42),
    ),
    "straight": Feel(
        bass="eighths",
        comping=(((12, 5, 70), (36, 5, 72)), ((6, 5, 62), (12, 5, 68), (36, 5, 72))),
        drums=_every(range(0, 48, 6), CLOSED_HAT, 70)
        + _every(_BACK_BEATS, SNARE, 94)
        + _every((0, 24, 30), KICK, 90),
        fill=(36, 39, 42, 45),
    ),
    "slow": Feel(
        bass="two",
        comping=(((0, 22, 60), (24, 22, 56)), ((0, 22, 60), (24, 10, 56), (36, 10, 52))),
        drums=_every(_BEATS, RIDE, 80)
        + _every(range(4, 48, 12), RIDE, 56)
        + _every(range(8, 48, 12), RIDE, 60)
        + _every(_BACK_BEATS, SIDE_STICK, 84)
        + _every((0, 24), KICK, 80),
        fill=(40, 44),
    ),
}


def chords_by_step(chart: Sequence[Bar], metre: Metre) -> list[Chord]:
    """The chord that holds at every step of the chart."""
    n_steps = len(chart) * steps_per_bar(metre)
    steps: list[Chord] = [Chord()] * n_steps
    for onset, chord in place_chart(chart, metre):
        start = round(onset / metre.beat_quarters * STEPS_PER_BEAT)
        steps[start:] = [chord] * (n_steps - start)
    return steps
