"""Music in memory: notes, parts, and the score that holds them.

Time is in quarter notes from the start of the piece, as floats; a score remembers the ticks per
quarter of the file it came from, so that writing it again puts every event on its old tick.
Everything here is a value: changing means making a new one with `dataclasses.replace`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.score.chord import NO_CHORD, Chord
from lstmmusic.score.key import Key
from lstmmusic.score.metre import Metre, TempoMap, bar_starts

Value = TypeVar("Value")

TICKS_PER_QUARTER = 960
COUNT_IN = "Count-in"  # the section that is a bar 0 as long as the others

NOTE_DTYPE = np.dtype(
    [
        ("onset_quarters", "f8"),
        ("duration_quarters", "f8"),
        ("pitch", "i2"),
        ("velocity", "i2"),
    ]
)
CONTROL_DTYPE = np.dtype([("onset_quarters", "f8"), ("controller", "i2"), ("value", "i2")])
BEND_DTYPE = np.dtype([("onset_quarters", "f8"), ("bend", "i2")])


class Note(NamedTuple):
    """One note: onset and duration in quarters, pitch and velocity as in MIDI (0-127, 1-127)."""

    onset_quarters: float
    duration_quarters: float
    pitch: int
    velocity: int = 90


class Timed(NamedTuple, Generic[Value]):
    """A value that holds from its onset (in quarters) until the next one."""

    onset_quarters: float
    value: Value


# What all parts without notes, controls or bends share.
_NO_ROWS = {
    dtype.names: np.frombuffer(b"", dtype) for dtype in (NOTE_DTYPE, CONTROL_DTYPE, BEND_DTYPE)
}


def _table(rows: object, dtype: np.dtype) -> np.ndarray:
    if isinstance(rows, tuple) and not rows:
        return _NO_ROWS[dtype.names]
    if isinstance(rows, np.ndarray) and rows.dtype == dtype:
        table = rows
    else:
        table = np.array([tuple(row) for row in rows], dtype=dtype)  # type: ignore[attr-defined]
    if dtype is NOTE_DTYPE:
        order = np.lexsort((table["duration_quarters"], table["pitch"], table["onset_quarters"]))
    else:  # of controls at one place the order means something (101, 100, 6)
        order = np.argsort(table["onset_quarters"], kind="stable")
    table = table.take(order)  # a copy; of rows many times faster than an index in brackets
    table.flags.writeable = False
    return table


@dataclass(frozen=True, eq=False)
class Part:
    """One instrument's notes and controls.

    MIDI knows one sounding note per pitch and part: a note that is struck again while it still
    sounds ends there when it is written.

    Args:
        notes: `Note` tuples in any order, or a table of `NOTE_DTYPE`; kept as a read-only table
            sorted by onset and pitch.
        name: As the file or the writer calls it.
        program: General MIDI programme, 0-127 (0 = piano).
        is_drum: True for the percussion channel; `pitch` then names an instrument of the kit.
        controls: Controller changes (`CONTROL_DTYPE`), such as volume 7, pan 10, pedal 64.
        bends: Pitch bends (`BEND_DTYPE`), -8192 to 8191.

    Raises:
        InputError: A pitch, velocity, duration or onset outside its range.

    Example:
        >>> part = Part([Note(1.0, 0.5, 63), Note(0.0, 1.0, 60)], name="melody")
        >>> [note.pitch for note in part], part.end_quarters
        ([60, 63], 1.5)
    """

    notes: np.ndarray = field(default_factory=lambda: np.empty(0, NOTE_DTYPE))
    name: str = ""
    program: int = 0
    is_drum: bool = False
    controls: np.ndarray = field(default_factory=lambda: np.empty(0, CONTROL_DTYPE))
    bends: np.ndarray = field(default_factory=lambda: np.empty(0, BEND_DTYPE))

    def __init__(
        self,
        notes: np.ndarray | Iterable[Note] = (),
        name: str = "",
        program: int = 0,
        is_drum: bool = False,
        controls: np.ndarray | Iterable[tuple[float, int, int]] = (),
        bends: np.ndarray | Iterable[tuple[float, int]] = (),
    ) -> None:
        table = _table(notes, NOTE_DTYPE)
        _check(table, "pitch", 0, 127)
        _check(table, "velocity", 1, 127)
        onsets = table["onset_quarters"]
        if len(onsets) and not 0 <= onsets[0] <= onsets[-1] <= np.inf:  # sorted: the ends tell
            _check(table, "onset_quarters", 0, np.inf)
        if np.count_nonzero(table["duration_quarters"] > 0) < len(table):
            raise InputError("duration", "more than 0 quarters", table["duration_quarters"].min())
        if not 0 <= program <= 127:
            raise InputError("program", "0 to 127", program)
        object.__setattr__(self, "notes", table)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "program", program)
        object.__setattr__(self, "is_drum", is_drum)
        object.__setattr__(self, "controls", _table(controls, CONTROL_DTYPE))
        object.__setattr__(self, "bends", _table(bends, BEND_DTYPE))

    def __len__(self) -> int:
        return len(self.notes)

    def __iter__(self) -> Iterator[Note]:
        return (Note(*row) for row in self.notes.tolist())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Part):
            return NotImplemented
        tables = ("notes", "controls", "bends")
        return (self.name, self.program, self.is_drum) == (
            other.name,
            other.program,
            other.is_drum,
        ) and all(np.array_equal(getattr(self, t), getattr(other, t)) for t in tables)

    __hash__ = None  # type: ignore[assignment]

    @property
    def end_quarters(self) -> float:
        """Where the last note ends; 0 without notes."""
        ends = self.notes["onset_quarters"] + self.notes["duration_quarters"]
        return float(ends.max()) if len(ends) else 0.0

    @property
    def is_monophonic(self) -> bool:
        """True where no note starts before the one before it has ended (to 1/1000 quarter)."""
        ends = self.notes["onset_quarters"] + self.notes["duration_quarters"]
        return bool((self.notes["onset_quarters"][1:] >= ends[:-1] - 1e-3).all())

    def transpose(self, semitones: int) -> Part:
        """The part that many semitones higher; drums stay.

        Raises:
            InputError: A pitch would leave 0-127.
        """
        if self.is_drum or not semitones:
            return self
        notes = self.notes.copy()
        notes["pitch"] += semitones
        return replace(self, notes=notes)


def _check(table: np.ndarray, name: str, low: float, high: float) -> None:
    values = table[name]
    inside = (values >= low) & (values <= high)
    if np.count_nonzero(inside) < len(values):  # several times faster than `all`
        raise InputError(name, f"{low:g} to {high:g}", values[~inside][0])


@dataclass(frozen=True)
class Score:
    """A piece of music.

    Args:
        parts: In the order of the score.
        chords: Chord symbols, each holding until the next.
        metres: Metre changes, the first at 0 (also when a pickup comes first).
        tempo_map: Tempo changes.
        keys: Key changes; empty when unknown.
        sections: Labels such as `Chorus 1`, each holding until the next.
        title: Empty when unknown.
        feel: How to play what is written, as stands above the first bar: `Swing`.
        pickup_quarters: Length of the incomplete bar 0; bar 1 starts where it ends.
        length_quarters: Where the piece ends; at least the end of its last note.
        ticks_per_quarter: Clock of the file it came from or goes to.
        metre_is_known: False where the file names no metre, and 4/4 from 0 is an assumption.

    Example:
        >>> score = Score([Part([Note(0, 1, 60)])], length_quarters=48.0)
        >>> score.n_bars, score.transpose(2).parts[0].notes["pitch"].tolist()
        (12, [62])
    """

    parts: Sequence[Part] = ()
    chords: Sequence[Timed[Chord]] = ()
    metres: Sequence[Timed[Metre]] = (Timed(0.0, Metre()),)
    tempo_map: TempoMap = field(default_factory=TempoMap)
    keys: Sequence[Timed[Key]] = ()
    sections: Sequence[Timed[str]] = ()
    title: str = ""
    feel: str = ""
    pickup_quarters: float = 0.0
    length_quarters: float = 0.0
    ticks_per_quarter: int = TICKS_PER_QUARTER
    metre_is_known: bool = True

    def __post_init__(self) -> None:
        for name in ("parts", "chords", "metres", "keys", "sections"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not self.metres or self.metres[0].onset_quarters != 0:
            raise InputError("metres", "a first metre at 0 quarters", list(self.metres))
        length = max([self.length_quarters, *(part.end_quarters for part in self.parts)])
        object.__setattr__(self, "length_quarters", float(length))

    @property
    def metre(self) -> Metre:
        """The metre at the start."""
        return self.metres[0].value

    @property
    def key(self) -> Key | None:
        """The key at the start; None when unknown."""
        return self.keys[0].value if self.keys else None

    @property
    def seconds(self) -> float:
        """How long the piece sounds."""
        return self.tempo_map.seconds_at(self.length_quarters)

    @property
    def tempo_bpm(self) -> float:
        """The tempo at the start in felt beats per minute."""
        return self.tempo_map.quarter_bpm / self.metre.beat_quarters

    @property
    def bar_starts(self) -> np.ndarray:
        """Onsets of bars 1, 2, ... in quarters."""
        return bar_starts(self.metres, self.pickup_quarters, self.length_quarters)

    @property
    def n_bars(self) -> int:
        """Bars, without the pickup."""
        return len(self.bar_starts)

    def bar_at(self, onset_quarters: float) -> int:
        """The bar (counted from 1; 0 = pickup) that a place lies in."""
        return int(np.searchsorted(self.bar_starts, onset_quarters + 1e-6, side="right"))

    def chord_at(self, onset_quarters: float) -> Chord:
        """The chord that holds at a place; "no chord" before the first."""
        found = NO_CHORD
        for onset, chord in self.chords:
            if onset > onset_quarters + 1e-6:
                break
            found = chord
        return found

    def part(self, name: str) -> Part:
        """The part of that name.

        Raises:
            InputError: There is none.
        """
        for part in self.parts:
            if part.name == name:
                return part
        names = ", ".join(repr(part.name) for part in self.parts) or "no parts"
        raise InputError("part", f"one of {names}", repr(name))

    def transpose(self, semitones: int) -> Score:
        """The piece that many semitones higher: notes, chords (spelt in the new key) and keys.

        Drum parts stay. Up and down again gives back every sound; it gives back every name too
        where the names were those of `spelt`.

        Raises:
            InputError: A pitch would leave 0-127.
        """
        keys = tuple(Timed(onset, key.transpose(semitones)) for onset, key in self.keys)
        moved = replace(self, keys=keys, parts=tuple(p.transpose(semitones) for p in self.parts))
        chords = tuple(
            Timed(onset, chord.transpose(semitones, moved.key_at(onset)))
            for onset, chord in self.chords
        )
        return replace(moved, chords=chords)

    def spelt(self) -> Score:
        """The same piece with keys and chord roots named as players name them."""
        return self.transpose(0)

    def key_at(self, onset_quarters: float) -> Key | None:
        """The key that holds at a place (the first one before it begins); None when unknown."""
        found = self.key
        for onset, key in self.keys:
            if onset <= onset_quarters + 1e-6:
                found = key
        return found
