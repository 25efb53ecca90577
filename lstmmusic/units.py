"""Conversions between ticks, quarter notes and seconds.

*Tick*: the whole-number clock of a MIDI file. *Quarter*: one quarter note, the unit of time in
memory, a float. *Tempo*: quarter notes per minute here; a felt beat may be longer (a dotted
quarter in 12/8), see `lstmmusic.score.Metre.beat_quarters`.
"""

from __future__ import annotations

MICROSECONDS_PER_MINUTE = 60_000_000


def ticks_to_quarters(ticks: float, ticks_per_quarter: int) -> float:
    """Ticks to quarter notes.

    Example:
        >>> ticks_to_quarters(1440, 960)
        1.5
    """
    return ticks / ticks_per_quarter


def quarters_to_ticks(quarters: float, ticks_per_quarter: int) -> int:
    """Quarter notes to the nearest tick.

    Example:
        >>> quarters_to_ticks(1 / 3, 960)
        320
    """
    return round(quarters * ticks_per_quarter)


def quarter_bpm_to_microseconds(quarter_bpm: float) -> int:
    """Quarter notes per minute to MIDI's microseconds per quarter note.

    Example:
        >>> quarter_bpm_to_microseconds(120)
        500000
    """
    return round(MICROSECONDS_PER_MINUTE / quarter_bpm)


def microseconds_to_quarter_bpm(microseconds_per_quarter: float) -> float:
    """MIDI's microseconds per quarter note to quarter notes per minute.

    Example:
        >>> microseconds_to_quarter_bpm(500_000)
        120.0
    """
    return MICROSECONDS_PER_MINUTE / microseconds_per_quarter
