"""The events of a MIDI track: what no file may hold is taken out before a library parses it.

System messages belong on cables; in a file the libraries stop at them, or read what follows as
something else. The same befalls a status that goes on running across system-exclusive data.
"""

from __future__ import annotations

import re

_TRACK_NAME, _END_OF_TRACK, _META, _SYSEX = 0x03, 0x2F, 0xFF, (0xF0, 0xF7)
# Status -> data bytes of what belongs on cables alone.
_CABLE = {0xF1: 1, 0xF2: 2, 0xF3: 1, **dict.fromkeys((0xF4, 0xF5, 0xF6, *range(0xF8, 0xFF)), 0)}
_SUSPECT = {0xF0, *_CABLE}
_HARMLESS = bytes(value for value in range(256) if value not in _SUSPECT)
# The status of a note and its pitch, and not a delta time (such as 9e 00) before a meta event.
_NOTE_ON = re.compile(rb"[\x90-\x9f](?!\xff|[\x00-\x7f]\xff)")

# A track as it should be. Of lengths, only those of one byte; a status runs on across meta events,
# and not across system-exclusive data. No part is tried twice (`*+`), so the time is linear.
_TICKS = rb"[\x80-\xff]{0,3}+[\x00-\x7f]"
_SIZED = b"(?>" + b"|".join(b"\\x%02x.{%d}" % (size, size) for size in range(0x80)) + b")"
_RUNNING = rb"%b%b(?:%b(?:%b|\xff.%b))*+"
_TWO, _ONE = (
    _RUNNING % (statuses, data, _TICKS, data, _SIZED)
    for statuses, data in (
        (rb"[\x80-\xbf\xe0-\xef]", rb"[\x00-\x7f]{2}"),
        (rb"[\xc0-\xdf]", rb"[\x00-\x7f]"),
    )
)
_SOUND = re.compile(
    rb"(?:%b(?:\xff.%b|%b|%b|[\xf0\xf7]%b))*+" % (_TICKS, _SIZED, _TWO, _ONE, _SIZED), re.DOTALL
)


class _UnclearError(Exception):
    """The bytes cannot be cut into events: the libraries may guess."""


def may_need_mending(events: bytes) -> bool:
    """False where no byte, of one track or of several, could be what `mend_track` mends."""
    return bool(events.translate(None, _HARMLESS))


def mend_track(events: bytes, repairs: list[str]) -> bytes:
    """The events of a track without what no file may hold; their places stay as they were.

    Args:
        events: All bytes of the track chunk after its length.
        repairs: What was mended is added, in words.

    Example:
        >>> words = []
        >>> mend_track(bytes.fromhex("00f400903c40 60803c00 00ff2f00"), words).hex(), words
        ('00903c4060803c0000ff2f00', ['messages that no file may hold (f4) were left out'])
    """
    suspects = set(events.translate(None, _HARMLESS))
    if not suspects - {0xF0} and not (suspects and _runs_across_sysex(events)):
        return events
    if _SOUND.fullmatch(events):  # they stand in texts, in numbers, or where they should
        return events
    try:
        kept, left_out, resumed = _walk(events)
    except (_UnclearError, IndexError):
        return events
    if left_out:
        names = " ".join(f"{status:02x}" for status in sorted(left_out))
        repairs.append(f"messages that no file may hold ({names}) were left out")
    if resumed:
        repairs.append("a running status went on after system-exclusive data")
    return kept if left_out or resumed else events


def name_without_notes(events: bytes) -> bytes:
    """The name of a track that holds no notes; empty where it has none, or holds notes."""
    name = b""
    # Where nothing looks like a note, nothing behind the name matters.
    to_the_end = _NOTE_ON.search(events) is not None
    running, position = 0, 0
    try:
        while position < len(events) and (to_the_end or not name):
            _, position = _number(events, position)
            status = events[position]
            if status >= 0xF0:
                size, data = _number(events, position + (2 if status == _META else 1))
                if not name and status == _META and events[position + 1] == _TRACK_NAME:
                    name = events[data : data + size]
                position = data + size
                continue
            if status >= 0x80:
                running = status
                position += 1
            if running & 0xF0 == 0x90 and events[position + 1]:
                return b""
            position += 1 if running & 0xE0 == 0xC0 else 2
    except (_UnclearError, IndexError):
        pass  # what is cut off or unclear behind it does not change a name
    return name


def _runs_across_sysex(events: bytes) -> bool:
    """True where a byte that may begin system-exclusive data is followed by a data byte."""
    position = events.find(0xF0)
    while position >= 0:
        try:
            size, start = _number(events, position + 1)
            _, following = _number(events, start + size)
            if events[following] < 0x80:
                return True
        except (_UnclearError, IndexError):
            pass  # a byte of a text or of a number
        position = events.find(0xF0, position + 1)
    return False


def _walk(events: bytes) -> tuple[bytes, set[int], bool]:
    """The events that stay, the statuses left out, and whether a running status was resumed."""
    kept = bytearray()
    left_out: set[int] = set()
    running, is_interrupted, resumed = 0, False, False
    position, ticks = 0, 0
    while position < len(events):
        delta, position = _number(events, position)
        ticks += delta
        status = events[position]
        if status in _CABLE:
            position += 1 + _CABLE[status]
            left_out.add(status)
            is_interrupted = True
            continue
        start = position
        if status >= 0xF0:
            size, data = _number(events, position + (2 if status == _META else 1))
            position = data + size
            is_interrupted |= status in _SYSEX
        else:
            if status >= 0x80:
                running, is_interrupted = status, False
                position += 1
            position += 1 if running & 0xE0 == 0xC0 else 2
        if not running and status < 0x80:
            raise _UnclearError
        if position > len(events):
            raise _UnclearError
        kept += _as_number(ticks)
        ticks = 0
        if status < 0x80 and is_interrupted:
            kept.append(running)
            is_interrupted, resumed = False, True
        kept += events[start:position]
        if status == _META and events[start + 1] == _END_OF_TRACK:
            break
    return bytes(kept), left_out, resumed


def _number(data: bytes, position: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = 0
    for place in range(position, position + 4):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    raise _UnclearError


def _as_number(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))
