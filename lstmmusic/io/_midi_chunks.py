"""The outer shell of a MIDI file: header and track chunks, before any library parses them.

Parsers of MIDI guess what a damaged file means, each in its own way, and some crash. This module
finds damage first: it says what is wrong, or hands on bytes whose chunks are whole and hold only
events that a file may hold.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from lstmmusic.errors import InputError
from lstmmusic.io._bytes import describe
from lstmmusic.io._midi_events import may_need_mending, mend_track

MAX_TRACKS = 1024
_FIRST_EVENTS = 22  # where they begin behind a header of the usual size


@dataclass(frozen=True, slots=True)
class Shell:
    """What the header says.

    Attributes:
        data: The MIDI bytes, out of their RIFF wrapper if they had one: header and tracks.
        ticks_per_quarter: Clock of the file; of SMPTE files, at 120 quarters per minute.
        is_smpte: True where ticks are fractions of film frames and tempo events mean nothing.
        repairs: What was mended, in words for people.
    """

    data: bytes
    ticks_per_quarter: int
    is_smpte: bool = False
    repairs: tuple[str, ...] = ()


def open_shell(data: bytes, source: str) -> Shell:
    """Checks and mends the chunks of a MIDI (or RIFF MIDI) file.

    Args:
        data: The whole file.
        source: Its name, for the error message.

    Raises:
        InputError: No MIDI header, no tracks, or a track that is cut off.
    """
    is_riff = data[:4] == b"RIFF" and data[8:12] == b"RMID"
    if is_riff:
        start = data.find(b"MThd")
        data = data[start:] if start >= 0 else data
    if data[:4] != b"MThd":
        raise InputError(source, "a MIDI file", describe(data))
    if len(data) < 14 or struct.unpack(">I", data[4:8])[0] < 6:
        raise InputError(source, "a whole MIDI file", "a damaged header")
    promised, division = struct.unpack(">HH", data[10:14])
    repairs: list[str] = []
    tracks, end = _tracks(data, source, repairs)
    if end < len(data) and not is_riff:
        repairs.append("bytes after the last track were left out")
    if not tracks:
        raise InputError(source, "a MIDI file with tracks", "none")
    if len(tracks) > MAX_TRACKS:
        raise InputError(source, f"at most {MAX_TRACKS} tracks", len(tracks))
    if promised != len(tracks):
        repairs.append(f"the header says {promised} tracks, the file has {len(tracks)}")
    ticks, is_smpte = division, bool(division & 0x8000)
    if is_smpte:
        ticks_per_second = (256 - (division >> 8)) * (division & 0xFF)
        ticks = max(round(ticks_per_second / 2), 1)
        repairs.append("film time was turned into 120 quarters a minute")
    if ticks == 0:
        raise InputError(source, "a whole MIDI file", "a clock of 0 ticks per quarter")
    is_plain = not repairs and tracks[0].start == _FIRST_EVENTS and end == len(data)
    if is_plain and not may_need_mending(data):  # as nearly every file: nothing is copied
        return Shell(data, ticks)
    bodies = [mend_track(data[track], repairs) for track in tracks]
    whole = struct.pack(">4sI2sHH", b"MThd", 6, data[8:10], len(bodies), ticks)
    whole += b"".join(struct.pack(">4sI", b"MTrk", len(body)) + body for body in bodies)
    return Shell(whole, ticks, is_smpte, tuple(dict.fromkeys(repairs)))


def _tracks(data: bytes, source: str, repairs: list[str]) -> tuple[list[slice], int]:
    """Where the bodies of the track chunks lie, and where the last whole chunk ends."""
    tracks: list[slice] = []
    position = 8 + struct.unpack(">I", data[4:8])[0]
    while position < len(data):
        name, size = data[position : position + 4], data[position + 4 : position + 8]
        if len(size) < 4:
            break
        stop = position + 8 + struct.unpack(">I", size)[0]
        if stop > len(data):
            if name != b"MTrk":
                break
            missing = stop - len(data)
            raise InputError(
                source,
                "a whole MIDI file",
                f"a truncated one: track {len(tracks) + 1} lacks {missing} of its bytes",
            )
        if name == b"MTrk":
            tracks.append(slice(position + 8, stop))
        else:
            repairs.append("chunks that are no tracks were left out")
        position = stop
    return tracks, min(position, len(data))
