"""MIDI file -> `Score`.

symusic reads first (it is the fastest and the most tolerant); what it refuses, mido reads with
out-of-range data clipped. Both give the same `Score`.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import mido
import numpy as np
import symusic
from mido.midifiles.meta import KeySignatureError

from lstmmusic.errors import ChordError, InputError
from lstmmusic.io._bytes import read_bytes
from lstmmusic.io._midi_chunks import Shell, open_shell
from lstmmusic.io._midi_events import name_without_notes
from lstmmusic.score import (
    BEND_DTYPE,
    CONTROL_DTYPE,
    COUNT_IN,
    NOTE_DTYPE,
    Chord,
    Key,
    Metre,
    Part,
    Score,
    TempoMap,
    Timed,
)
from lstmmusic.units import microseconds_to_quarter_bpm, ticks_to_quarters

MAX_NOTES = 1_000_000
MAX_QUARTERS = 1_000_000
CHORD_PREFIX = "chord="
FEEL_PREFIX = "feel="
END_MARKER = "end"
_FAR_TICKS = 2**62  # beyond every limit, and still a number that an array can hold

# What mido raises on damaged files.
_REFUSALS = (OSError, EOFError, ValueError, KeyError, IndexError, KeySignatureError)

Events = list[tuple[int, Any]]


def read_midi(path: str | Path) -> Score:
    """Reads a `.mid`, `.midi`, `.kar` or `.rmi` file.

    Chord symbols are taken from marker and text events of the form `chord=C7`; other markers are
    sections, but for `end`, which says where a piece ends that closes with a rest, and `feel=`.
    A first bar shorter than its successors (a first time signature that lasts exactly one bar) is
    a pickup, and so is all that a first section named `Count-in` holds.

    Raises:
        InputError: Not a MIDI file, damaged, or beyond the limits; the message names the file.
    """
    path = Path(path)
    return parse_midi(read_bytes(path), str(path))


def parse_midi(data: bytes, source: str = "MIDI", repairs: list[str] | None = None) -> Score:
    """Reads the bytes of a MIDI file.

    Args:
        data: The whole file.
        source: Its name, for error messages.
        repairs: What had to be mended is added to this list, in words for people.

    Raises:
        InputError: As `read_midi`.
    """
    mended = [] if repairs is None else repairs
    shell = open_shell(data, source)
    mended.extend(shell.repairs)
    try:
        raw = _read_symusic(shell)
    except (RuntimeError, ValueError) as refusal:
        raw = _read_mido(shell, source, refusal, mended)
    return _score(raw, shell, source, mended)


class _RawPart(NamedTuple):
    """One instrument, in ticks; its events as columns, no columns where there are none.

    Attributes:
        name, program, is_drum: As of a `Part`.
        notes: Onset, duration, pitch, velocity.
        controls: Tick, number, value.
        bends: Tick, value.
    """

    name: str
    program: int
    is_drum: bool
    notes: Sequence[np.ndarray]
    controls: Sequence[np.ndarray] = ()
    bends: Sequence[np.ndarray] = ()


class _Raw:
    """What either library found, in ticks."""

    def __init__(self) -> None:
        self.title = ""
        self.parts: list[_RawPart] = []
        self.tempos: Events = []
        self.metres: Events = []
        self.keys: Events = []
        self.texts: Events = []


def _read_symusic(shell: Shell) -> _Raw:
    score: Any = symusic.Score.from_midi(shell.data)  # its stubs lack the attributes
    raw = _Raw()
    for track in score.tracks:
        if len(track.notes):  # a part is what has notes
            columns = (
                _columns(track.notes, ("time", "duration", "pitch", "velocity")),
                _columns(track.controls, ("time", "number", "value")),
                _columns(track.pitch_bends, ("time", "value")),
            )
            raw.parts.append(_RawPart(track.name, track.program, track.is_drum, *columns))
    raw.tempos = [(t.time, t.mspq) for t in score.tempos]
    raw.metres = [(m.time, (m.numerator, m.denominator)) for m in score.time_signatures]
    raw.keys = [(k.time, (k.key, k.tonality)) for k in score.key_signatures]
    raw.texts = [(m.time, m.text) for m in score.markers]
    # symusic drops text events: where the bytes promise chord symbols in them, mido fetches them.
    if CHORD_PREFIX.encode() in shell.data and not any(
        text.startswith(CHORD_PREFIX) for _, text in raw.texts
    ):
        try:
            raw.texts = _texts(mido.MidiFile(file=io.BytesIO(shell.data), clip=True))
        except _REFUSALS:
            pass  # the notes are whole; the labels stay those that symusic found
    raw.title = _title(shell.data)
    return raw


def _columns(events: Any, names: Sequence[str]) -> Sequence[np.ndarray]:
    """Columns of symusic's events; none where there is nothing, as that would take as long."""
    if not len(events):
        return ()
    found = events.numpy()
    return [found[name] for name in names]


def _title(data: bytes) -> str:
    """The name of the first track if it holds no notes: symusic keeps no such track."""
    size = int.from_bytes(data[18:22], "big")
    return _utf8(name_without_notes(data[22 : 22 + size]).decode("latin-1"))


def _utf8(text: str) -> str:
    """Text events name no charset and mido takes them for Latin-1: what is UTF-8 becomes so."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _read_mido(shell: Shell, source: str, refusal: Exception, repairs: list[str]) -> _Raw:
    try:
        try:
            file = mido.MidiFile(file=io.BytesIO(shell.data))
        except _REFUSALS:
            file = mido.MidiFile(file=io.BytesIO(shell.data), clip=True)
            repairs.append("data beyond 127 was clipped")
    except _REFUSALS as error:
        reason = str(error) or str(refusal)
        raise InputError(source, "a MIDI file that can be read", f"damage ({reason})") from None
    raw = _Raw()
    for index, track in enumerate(file.tracks):
        parts = _track_parts(track, raw)
        raw.parts.extend(parts)
        if index == 0 and not parts:
            raw.title = _utf8(track.name)
    raw.texts = _texts(file)
    return raw


def _track_parts(track: mido.MidiTrack, raw: _Raw) -> list[_RawPart]:
    """Splits a track by channel and programme, as symusic does."""
    tick = 0
    program: dict[int, int] = defaultdict(int)
    sounding: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    rows: dict[tuple[int, int], dict[str, list[tuple[int, ...]]]] = defaultdict(
        lambda: {"notes": [], "controls": [], "bends": []}
    )
    for message in track:
        tick = min(tick + message.time, _FAR_TICKS)
        kind = message.type
        if kind == "set_tempo":
            raw.tempos.append((tick, message.tempo))
        elif kind == "time_signature":
            raw.metres.append((tick, (message.numerator, message.denominator)))
        elif kind == "key_signature":
            key = Key.parse(message.key)
            raw.keys.append((tick, (key.signature, int(key.is_minor))))
        elif kind == "program_change":
            program[message.channel] = message.program
        elif kind == "note_on" and message.velocity:
            channel = message.channel
            sounding[channel, message.note].append((tick, message.velocity, program[channel]))
        elif kind in ("note_on", "note_off"):
            started = sounding[message.channel, message.note]
            if started:
                onset, velocity, number = started.pop(0)
                row = (onset, max(tick - onset, 1), message.note, velocity)
                rows[message.channel, number]["notes"].append(row)
        elif kind == "control_change":
            where = rows[message.channel, program[message.channel]]
            where["controls"].append((tick, message.control, message.value))
        elif kind == "pitchwheel":
            rows[message.channel, program[message.channel]]["bends"].append((tick, message.pitch))
    parts = []
    for (channel, number), found in sorted(rows.items()):
        columns = [
            [np.array(column) for column in zip(*found[name], strict=True)]
            for name in ("notes", "controls", "bends")
        ]
        parts.append(_RawPart(_utf8(track.name), number, channel == 9, *columns))
    return parts


def _texts(file: mido.MidiFile) -> Events:
    texts: Events = []
    for track in file.tracks:
        tick = 0
        for message in track:
            tick = min(tick + message.time, _FAR_TICKS)
            if message.type == "marker" or (
                message.type == "text" and message.text.startswith(CHORD_PREFIX)
            ):
                texts.append((tick, _utf8(message.text)))
    return sorted(texts, key=lambda event: event[0])


def _score(raw: _Raw, shell: Shell, source: str, repairs: list[str]) -> Score:
    tpq = shell.ticks_per_quarter
    parts = _parts([part for part in raw.parts if part.notes], tpq, source, repairs)
    metres, pickup, metre_is_known = _metres(raw.metres, tpq, repairs)
    labels = _labels(raw.texts, tpq)
    chords, sections, length = labels.chords, labels.sections, labels.length
    if len(sections) > 1 and sections[0] == (0.0, COUNT_IN):
        pickup = sections[1].onset_quarters
    tempos = [] if shell.is_smpte else raw.tempos
    score = Score(
        parts=parts,
        chords=chords,
        metres=metres,
        tempo_map=TempoMap.clean(
            (ticks_to_quarters(tick, tpq), microseconds_to_quarter_bpm(max(mspq, 1)))
            for tick, mspq in tempos
        ),
        keys=_keys(raw.keys, tpq),
        sections=sections,
        title=raw.title,
        feel=labels.feel,
        pickup_quarters=pickup,
        length_quarters=length,
        ticks_per_quarter=tpq,
        metre_is_known=metre_is_known,
    )
    if score.length_quarters > MAX_QUARTERS:
        length = score.length_quarters
        raise InputError(source, f"at most {MAX_QUARTERS:,} quarter notes", f"{length:,.0f}")
    return score


def _parts(raw: Sequence[_RawPart], tpq: int, source: str, repairs: list[str]) -> tuple[Part, ...]:
    """The parts, each of which has notes; one table holds them all until it is cut."""
    if not raw:
        return ()
    ends = np.cumsum([len(part.notes[0]) for part in raw]).tolist()
    if ends[-1] > MAX_NOTES:
        raise InputError(source, f"at most {MAX_NOTES:,} notes", f"{ends[-1]:,}")
    ticks, durations, pitches, velocities = (
        np.concatenate(columns) for columns in zip(*(part.notes for part in raw), strict=True)
    )
    if ticks.min() < 0:  # beyond what the reader counts to
        raise InputError(source, f"at most {MAX_QUARTERS:,} quarter notes", "more")
    if durations.min() < 1:
        repairs.append("notes without length last one tick")
    notes = np.empty(len(ticks), NOTE_DTYPE)
    notes["onset_quarters"] = ticks / tpq
    notes["duration_quarters"] = np.maximum(durations, 1) / tpq
    notes["pitch"], notes["velocity"] = pitches, np.maximum(velocities, 1)
    return tuple(
        Part(
            notes[start:end],
            part.name,
            0 if part.is_drum else part.program,
            part.is_drum,
            _timed_table(part.controls, CONTROL_DTYPE, tpq),
            _timed_table(part.bends, BEND_DTYPE, tpq),
        )
        for part, start, end in zip(raw, (0, *ends), ends, strict=False)
    )


def _timed_table(
    columns: Sequence[np.ndarray], dtype: np.dtype, tpq: int
) -> np.ndarray | tuple[()]:
    """A table of events from their columns, the first of them ticks; nothing from none."""
    if not columns:
        return ()
    ticks, *values = columns
    table = np.empty(len(ticks), dtype)
    for name, column in zip(dtype.names or (), (ticks / tpq, *values), strict=True):
        table[name] = column
    return table


def _metres(
    events: Events, tpq: int, repairs: list[str]
) -> tuple[tuple[Timed[Metre], ...], float, bool]:
    """The metres, the length of the pickup, and whether the file says any."""
    by_onset: dict[float, Metre] = {}
    for tick, (numerator, denominator) in sorted(events, key=lambda event: event[0]):
        try:
            by_onset[ticks_to_quarters(tick, tpq)] = Metre(numerator, denominator)
        except InputError:  # it says nothing; the one before holds
            repairs.append(
                f"a time signature that cannot be ({numerator}/{denominator}) was left out"
            )
    changes = sorted(by_onset.items())
    if not changes or changes[0][0] > 0:
        changes.insert(0, (0.0, Metre()))
    pickup = 0.0
    if len(changes) > 1:
        (_, first), (start, second) = changes[:2]
        if start == first.bar_quarters < second.bar_quarters:
            pickup = start
            changes[:2] = [(0.0, second)]
    merged = [changes[0]]
    merged += [change for before, change in pairwise(changes) if before[1] != change[1]]
    return tuple(Timed(onset, metre) for onset, metre in merged), pickup, bool(by_onset)


def _keys(events: Events, tpq: int) -> tuple[Timed[Key], ...]:
    by_onset = {
        ticks_to_quarters(tick, tpq): Key.from_signature(fifths, "minor" if minor else "major")
        for tick, (fifths, minor) in events
        if -7 <= fifths <= 7 and minor in (0, 1)
    }
    return tuple(Timed(onset, key) for onset, key in sorted(by_onset.items()))


class _Labels(NamedTuple):
    """What markers say."""

    chords: tuple[Timed[Chord], ...]
    sections: tuple[Timed[str], ...]
    length: float
    feel: str


@lru_cache(maxsize=1024)
def _chord(text: str) -> Chord | None:
    """The chord that a label names, None where it names none; a piece has few different ones."""
    if not text.startswith(CHORD_PREFIX):
        return None
    try:
        return Chord.parse(text.removeprefix(CHORD_PREFIX).strip())
    except ChordError:
        return None


def _labels(events: Events, tpq: int) -> _Labels:
    chords: dict[float, Chord] = {}
    sections: list[Timed[str]] = []
    length, feel = 0.0, ""
    for tick, text in events:
        onset = ticks_to_quarters(tick, tpq)
        if (chord := _chord(text)) is not None:
            chords[onset] = chord
        elif text == END_MARKER:
            length = max(length, onset)
        elif text.startswith(FEEL_PREFIX):
            feel = text.removeprefix(FEEL_PREFIX)
        elif text:  # also a chord of someone else's making
            sections.append(Timed(onset, text))
    placed = tuple(Timed(onset, chords[onset]) for onset in sorted(chords))
    return _Labels(placed, tuple(sections), length, feel)
