"""The outer shell of a MIDI file: header and track chunks, before any library parses them.

Parsers of MIDI guess what a damaged file means, each in its own way, and some crash. This module
finds damage first: it says what is wrong, or hands on bytes whose chunks are whole.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from lstmmusic.errors import InputError
from lstmmusic.io._bytes import describe

MAX_TRACKS = 1024


@dataclass(frozen=True, slots=True)
class Shell:
    """What the header says.

    Attributes:
        data: The MIDI bytes, out of their RIFF wrapper if they had one, without trailing bytes.
        ticks_per_quarter: Clock of the file; of SMPTE files, at 120 quarters per minute.
        is_smpte: True where ticks are fractions of film frames and tempo events mean nothing.
    """

    data: bytes
    ticks_per_quarter: int
    is_smpte: bool = False


def open_shell(data: bytes, source: str) -> Shell:
    """Checks the chunks of a MIDI (or RIFF MIDI) file.

    Args:
        data: The whole file.
        source: Its name, for the error message.

    Raises:
        InputError: No MIDI header, no tracks, or a track that is cut off.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        start = data.find(b"MThd")
        data = data[start:] if start >= 0 else data
    if data[:4] != b"MThd":
        raise InputError(source, "a MIDI file", describe(data))
    if len(data) < 14 or struct.unpack(">I", data[4:8])[0] < 6:
        raise InputError(source, "a whole MIDI file", "a damaged header")
    header_end = 8 + struct.unpack(">I", data[4:8])[0]
    division = struct.unpack(">H", data[12:14])[0]
    tracks, position = 0, header_end
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
                f"a truncated one: track {tracks + 1} lacks {missing} of its bytes",
            )
        tracks += name == b"MTrk"
        position = stop
    if not tracks:
        raise InputError(source, "a MIDI file with tracks", "none")
    if tracks > MAX_TRACKS:
        raise InputError(source, f"at most {MAX_TRACKS} tracks", tracks)
    if division & 0x8000:
        ticks_per_second = (256 - (division >> 8)) * (division & 0xFF)
        ticks = max(round(ticks_per_second / 2), 1)
        return Shell(data[:12] + struct.pack(">H", ticks) + data[14:position], ticks, True)
    if division == 0:
        raise InputError(source, "a whole MIDI file", "a clock of 0 ticks per quarter")
    return Shell(data[:position], division)
