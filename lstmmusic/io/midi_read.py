"""MIDI file -> `Score`.

symusic reads first (it is the fastest and the most tolerant); what it refuses, mido reads with
out-of-range data clipped. Both give the same `Score`.
"""

from __future__ import annotations

import io
from collections import defaultdict
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


class _Raw:
    """What either library found, in ticks."""

    def __init__(self) -> None:
        self.title = ""
        self.parts: list[dict[str, Any]] = []
        self.tempos: Events = []
        self.metres: Events = []
        self.keys: Events = []
        self.texts: Events = []


def _read_symusic(shell: Shell) -> _Raw:
    score: Any = symusic.Score.from_midi(shell.data)  # its stubs lack the attributes
    raw = _Raw()
    for track in score.tracks:
        notes = track.notes.numpy()
        controls, bends = track.controls.numpy(), track.pitch_bends.numpy()
        raw.parts.append(
            {
                "name": track.name,
                "program": track.program,
                "is_drum": track.is_drum,
                "notes": tuple(notes[k] for k in ("time", "duration", "pitch", "velocity")),
                "controls": tuple(controls[k] for k in ("time", "number", "value")),
                "bends": tuple(bends[k] for k in ("time", "value")),
            }
        )
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


def _track_parts(track: mido.MidiTrack, raw: _Raw) -> list[dict[str, Any]]:
    """Splits a track by channel and programme, as symusic does."""
    tick = 0
    program: dict[int, int] = defaultdict(int)
    sounding: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    rows: dict[tuple[int, int], dict[str, list[tuple[int, ...]]]] = defaultdict(
        lambda: {"notes": [], "controls": [], "bends": []}
    )
    for message in track:
        tick += message.time
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
        columns = {
            name: tuple(np.array(column) for column in zip(*found[name], strict=True))
            or (np.empty(0),) * width
            for name, width in (("notes", 4), ("controls", 3), ("bends", 2))
        }
        name, is_drum = _utf8(track.name), channel == 9
        parts.append({"name": name, "program": number, "is_drum": is_drum, **columns})
    return parts


def _texts(file: mido.MidiFile) -> Events:
    texts: Events = []
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "marker" or (
                message.type == "text" and message.text.startswith(CHORD_PREFIX)
            ):
                texts.append((tick, _utf8(message.text)))
    return sorted(texts, key=lambda event: event[0])


def _score(raw: _Raw, shell: Shell, source: str, repairs: list[str]) -> Score:
    tpq = shell.ticks_per_quarter
    n_notes = sum(len(part["notes"][0]) for part in raw.parts)
    if n_notes > MAX_NOTES:
        raise InputError(source, f"at most {MAX_NOTES:,} notes", f"{n_notes:,}")
    times = [np.asarray(part["notes"][0], np.int64) for part in raw.parts]
    if any((column < 0).any() for column in times):  # beyond what the reader counts to
        raise InputError(source, f"at most {MAX_QUARTERS:,} quarter notes", "more")
    parts = [part for part in (_part(part, tpq) for part in raw.parts) if part is not None]
    if any((np.asarray(part["notes"][1]) < 1).any() for part in raw.parts):
        repairs.append("notes without length last one tick")
    metres, pickup, metre_is_known = _metres(raw.metres, tpq, repairs)
    labels = _labels(raw.texts, tpq)
    chords, sections, length = labels.chords, labels.sections, labels.length
    if len(sections) > 1 and sections[0] == (0.0, COUNT_IN):
        pickup = sections[1].onset_quarters
    end = max([length, *(part.end_quarters for part in parts)])
    if end > MAX_QUARTERS:
        raise InputError(source, f"at most {MAX_QUARTERS:,} quarter notes", f"{end:,.0f}")
    tempos = [] if shell.is_smpte else raw.tempos
    return Score(
        parts=tuple(parts),
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


def _part(raw: dict[str, Any], tpq: int) -> Part | None:
    ticks, durations, pitches, velocities = raw["notes"]
    notes = np.empty(len(ticks), NOTE_DTYPE)
    notes["onset_quarters"] = np.asarray(ticks) / tpq
    notes["duration_quarters"] = np.maximum(durations, 1) / tpq
    notes["pitch"], notes["velocity"] = pitches, np.maximum(velocities, 1)
    controls = np.empty(len(raw["controls"][0]), CONTROL_DTYPE)
    controls["onset_quarters"] = np.asarray(raw["controls"][0]) / tpq
    controls["controller"], controls["value"] = raw["controls"][1:]
    bends = np.empty(len(raw["bends"][0]), BEND_DTYPE)
    bends["onset_quarters"] = np.asarray(raw["bends"][0]) / tpq
    bends["bend"] = raw["bends"][1]
    if not len(notes):
        return None
    program = 0 if raw["is_drum"] else raw["program"]
    return Part(notes, raw["name"], program, raw["is_drum"], controls, bends)


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
def _chord(text: str) -> Chord:
    """A chord symbol; a piece has few different ones."""
    return Chord.parse(text)


def _labels(events: Events, tpq: int) -> _Labels:
    chords: dict[float, Chord] = {}
    sections: list[Timed[str]] = []
    length, feel = 0.0, ""
    for tick, text in events:
        onset = ticks_to_quarters(tick, tpq)
        if text.startswith(CHORD_PREFIX):
            try:
                chords[onset] = _chord(text.removeprefix(CHORD_PREFIX).strip())
            except ChordError:
                sections.append(Timed(onset, text))  # a label of someone else's making
        elif text == END_MARKER:
            length = max(length, onset)
        elif text.startswith(FEEL_PREFIX):
            feel = text.removeprefix(FEEL_PREFIX)
        elif text:
            sections.append(Timed(onset, text))
    placed = tuple(Timed(*item) for item in sorted(chords.items()))
    return _Labels(placed, tuple(sections), length, feel)
