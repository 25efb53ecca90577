"""`Score` -> MIDI file, with mido.

The first track carries tempo, metre, key and, as markers that a sequencer shows, sections and
chord symbols (`chord=C7`); the others carry one part each. `lstmmusic.io.midi_read` reads all of
it back on the same ticks.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mido
import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.io._bytes import write_bytes
from lstmmusic.io.midi_read import CHORD_PREFIX, END_MARKER, FEEL_PREFIX
from lstmmusic.score import Part, Score
from lstmmusic.units import quarter_bpm_to_microseconds, quarters_to_ticks

DRUM_CHANNEL = 9
_CHANNELS = [channel for channel in range(16) if channel != DRUM_CHANNEL]

# Events on one tick are written in this order: a note must end before it is struck again.
_META, _OFF, _PROGRAM, _CONTROL, _ON = range(5)


@dataclass(frozen=True, order=True)
class _Event:
    tick: int
    rank: int
    serial: int
    message: mido.Message | mido.MetaMessage


def write_midi(score: Score, path: str | Path, force: bool = False) -> None:
    """Writes a `.mid` file.

    Args:
        score: The piece. Onsets and lengths go to the nearest tick of `ticks_per_quarter`.
        path: Where to; an existing file is refused without `force`.
        force: Replace an existing file.

    Raises:
        OutputError: The file exists, or cannot be written.
        InputError: More than 15 different pitched programmes.
    """
    write_bytes(Path(path), format_midi(score), force)


def format_midi(score: Score) -> bytes:
    """The bytes of the MIDI file: the same score gives the same bytes."""
    file = mido.MidiFile(type=1, ticks_per_beat=score.ticks_per_quarter, charset="utf-8")
    file.tracks.append(_conductor(score))
    channels = _channels(score.parts)
    for part, channel in zip(score.parts, channels, strict=True):
        file.tracks.append(_track(part, channel, score.ticks_per_quarter))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _conductor(score: Score) -> mido.MidiTrack:
    tpq = score.ticks_per_quarter
    events: list[_Event] = []

    def add(quarters: float, kind: str, **fields: Any) -> None:
        message = mido.MetaMessage(kind, **fields)
        events.append(_Event(quarters_to_ticks(quarters, tpq), _META, len(events), message))

    if score.title:
        add(0, "track_name", name=score.title)
    if score.feel:
        add(0, "marker", text=f"{FEEL_PREFIX}{score.feel}")
    short = 0 < score.pickup_quarters < score.metre.bar_quarters
    if short:
        numerator, denominator = _pickup_metre(score.pickup_quarters)
        add(0, "time_signature", numerator=numerator, denominator=denominator)
    for onset, metre in score.metres:
        onset = max(onset, score.pickup_quarters) if short else onset
        fields = {"numerator": metre.numerator, "denominator": metre.denominator}
        add(onset, "time_signature", **fields)
    for onset, key in score.keys:
        add(onset, "key_signature", key=str(key))
    for onset, quarter_bpm in score.tempo_map.changes:
        microseconds = min(quarter_bpm_to_microseconds(quarter_bpm), 2**24 - 1)
        add(onset, "set_tempo", tempo=microseconds)
    for onset, section in score.sections:
        add(onset, "marker", text=section)
    for onset, chord in score.chords:
        add(onset, "marker", text=f"{CHORD_PREFIX}{chord}")
    add(score.length_quarters, "marker", text=END_MARKER)
    return _deltas(events)


def _pickup_metre(quarters: float) -> tuple[int, int]:
    """A metre whose one bar is the pickup.

    Raises:
        InputError: No metre has such a bar (a pickup that starts inside a triplet).
    """
    for denominator in (4, 8, 16, 32, 64):
        numerator = quarters * denominator / 4
        if abs(numerator - round(numerator)) < 1e-9 and 1 <= round(numerator) <= 64:
            return round(numerator), denominator
    raise InputError("pickup_quarters", "at most 64 notes of one kind, 64th the shortest", quarters)


def _channels(parts: Sequence[Part]) -> list[int]:
    programs: dict[int, int] = {}
    pitched = [part for part in parts if not part.is_drum]
    alone = len(pitched) <= len(_CHANNELS)
    channels = []
    for part in parts:
        if part.is_drum:
            channels.append(DRUM_CHANNEL)
            continue
        slot = len(programs) if alone else part.program
        programs.setdefault(slot, len(programs))
        if programs[slot] >= len(_CHANNELS):
            raise InputError("parts", "at most 15 different pitched programmes", len(pitched))
        channels.append(_CHANNELS[programs[slot]])
    return channels


def _track(part: Part, channel: int, tpq: int) -> mido.MidiTrack:
    events = [_Event(0, _META, 0, mido.MetaMessage("track_name", name=part.name))]
    program = mido.Message("program_change", channel=channel, program=part.program)
    events.append(_Event(0, _PROGRAM, 0, program))
    for onset, controller, value in part.controls.tolist():
        message = mido.Message("control_change", channel=channel, control=controller, value=value)
        events.append(_Event(quarters_to_ticks(onset, tpq), _CONTROL, len(events), message))
    for onset, bend in part.bends.tolist():
        message = mido.Message("pitchwheel", channel=channel, pitch=bend)
        events.append(_Event(quarters_to_ticks(onset, tpq), _CONTROL, len(events), message))
    for onset, stop, pitch, velocity in _ticks(part, tpq):
        on = mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)
        off = mido.Message("note_off", channel=channel, note=pitch, velocity=0)
        events.append(_Event(onset, _ON, len(events), on))
        events.append(_Event(stop, _OFF, len(events), off))
    return _deltas(events)


def _ticks(part: Part, tpq: int) -> list[tuple[int, int, int, int]]:
    """Notes as (onset, stop, pitch, velocity) in ticks, no two of one pitch sounding at once."""
    onsets = np.rint(part.notes["onset_quarters"] * tpq).astype(int)
    lengths = np.maximum(np.rint(part.notes["duration_quarters"] * tpq).astype(int), 1)
    stops = onsets + lengths
    latest: dict[int, int] = {}
    for index, pitch in enumerate(part.notes["pitch"].tolist()):
        before = latest.get(pitch)
        if before is not None and onsets[index] > onsets[before]:
            stops[before] = min(stops[before], onsets[index])
        latest[pitch] = index
    columns = (onsets, stops, part.notes["pitch"], part.notes["velocity"])
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _deltas(events: list[_Event]) -> mido.MidiTrack:
    track = mido.MidiTrack()
    tick = 0
    for event in sorted(events):
        track.append(event.message.copy(time=event.tick - tick))
        tick = event.tick
    track.append(mido.MetaMessage("end_of_track", time=0))
    return track
