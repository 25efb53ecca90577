"""MusicXML and ABC -> `Score`, through music21.

music21 is imported on first use (it takes longer than everything else on the way of playing), is
given text rather than files (it would keep pickled copies of files), and never reads MIDI here.
"""

from __future__ import annotations

import codecs
import io
import lzma
import re
import zipfile
import zlib
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstmmusic.errors import InputError
from lstmmusic.io._bytes import MAX_BYTES, describe, read_bytes
from lstmmusic.io._chord_kinds import chord_of
from lstmmusic.io.midi_read import MAX_QUARTERS
from lstmmusic.score import COUNT_IN, Chord, Key, Metre, Note, Part, Score, TempoMap, Timed

if TYPE_CHECKING:
    from music21 import stream


_ABC_TUNE = re.compile(rb"^X:", re.M)
_ABC_FIELD = re.compile(rb"^[A-DF-IL-OQRZmrs]:.*\n", re.M)  # those that may stand at the head


def read_musicxml(path: str | Path) -> Score:
    """Reads `.musicxml`, `.xml` or compressed `.mxl`; repeats are played out.

    Raises:
        InputError: Not MusicXML; the message names the file.
    """
    path = Path(path)
    return parse_musicxml(read_bytes(path), str(path))


def parse_musicxml(data: bytes, source: str) -> Score:
    """As `read_musicxml`, from bytes that `source` names."""
    if data[:2] == b"PK":
        data = _unzip(data, source)
    if b"<score-partwise" not in data[:4096] and b"<score-timewise" not in data[:4096]:
        raise InputError(source, "a MusicXML score", describe(data))
    return _parse(data.decode("utf-8", errors="replace"), "musicxml", source)


def parse_abc(data: bytes, source: str) -> Score:
    """The first tune of an ABC file, from bytes that `source` names.

    Raises:
        InputError: Not ABC; the message names the file.
    """
    tune, *_ = split_abc(data) or [data]
    text = tune.decode("utf-8", errors="replace")
    if "K:" not in text or "X:" not in text:
        raise InputError(source, "an ABC tune with the fields X: and K:", describe(text.encode()))
    return _parse(text, "abc", source)


def split_abc(data: bytes) -> list[bytes]:
    r"""The tunes of an ABC file, each with the fields that stand before the first one.

    Example:
        >>> book = b"M:3/4\nX:1\nK:C\nabc\nX:2\nK:G\nbag\n"
        >>> split_abc(book)[1]
        b'X:2\nM:3/4\nK:G\nbag\n'
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    starts = [match.start() for match in _ABC_TUNE.finditer(data)]
    head = b"".join(_ABC_FIELD.findall(data[: starts[0]])) if starts else b""
    tunes = []
    for start, stop in pairwise([*starts, len(data)]):
        number, newline, rest = data[start:stop].partition(b"\n")
        tunes.append(number + newline + head + rest)
    return tunes


def _unzip(data: bytes, source: str) -> bytes:
    """The score inside a compressed MusicXML file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [
                info
                for info in archive.infolist()
                if info.filename.endswith((".xml", ".musicxml"))
                and not info.filename.startswith("META-INF")
            ]
            if not names:
                raise InputError(source, "a score inside the archive", "none")
            with archive.open(names[0]) as file:
                text = file.read(MAX_BYTES + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        NotImplementedError,
        OSError,
        RuntimeError,
    ) as error:
        raise InputError(source, "a compressed MusicXML file", f"damage ({error})") from None
    if len(text) > MAX_BYTES:
        raise InputError(source, f"at most {MAX_BYTES // 2**20} MiB inside", "more")
    return text


def _parse(text: str, kind: str, source: str) -> Score:
    from music21 import converter, stream
    from music21.exceptions21 import Music21Exception

    try:
        parsed: Any = converter.parseData(text, format=kind)
        if isinstance(parsed, stream.Opus):
            parsed = parsed.scores[0]
        score = _from_music21(parsed)
    except InputError as error:
        raise InputError(source, error.expected, error.received) from None
    except (
        Music21Exception,
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        RecursionError,
        SyntaxError,
        TypeError,
        ValueError,
    ) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(source, f"{kind} that can be read", f"damage ({reason[0]})") from None
    if score.length_quarters > MAX_QUARTERS:
        found = f"{score.length_quarters:,.0f}"
        raise InputError(source, f"at most {MAX_QUARTERS:,} quarter notes", found)
    return score


def _from_music21(parsed: stream.Score) -> Score:
    from music21 import expressions, meter, tempo
    from music21 import key as m21_key
    from music21.exceptions21 import Music21Exception

    try:
        parsed = parsed.expandRepeats()
    except Music21Exception:
        pass  # repeats that do not close: the music as written
    flat = parsed.flatten()
    parts = list(parsed.parts) or [parsed]
    metres = {
        float(found.getOffsetInHierarchy(parsed)): Metre(found.numerator, found.denominator)
        for found in flat.getElementsByClass(meter.TimeSignature)
    }
    if 0.0 not in metres:
        metres[0.0] = Metre()
    keys = {}
    for found in flat.getElementsByClass(m21_key.KeySignature):
        mode = found.mode if isinstance(found, m21_key.Key) else "major"
        onset = float(found.getOffsetInHierarchy(parsed))
        keys[onset] = Key.from_signature(
            max(min(found.sharps, 7), -7), "minor" if mode == "minor" else "major"
        )
    tempos = [
        (float(found.getOffsetInHierarchy(parsed)), round(float(found.getQuarterBPM() or 120.0), 6))
        for found in flat.getElementsByClass(tempo.MetronomeMark)
    ]
    merged: list[Timed[Metre]] = []
    for onset, metre in sorted(metres.items()):
        if not merged or merged[-1].value != metre:
            merged.append(Timed(onset, metre))
    pickup = _pickup(parts[0], merged[0].value)
    sections = {
        float(found.getOffsetInHierarchy(parsed)): str(found.content)
        for found in flat.getElementsByClass(expressions.RehearsalMark)
    }
    first, *later = sorted(sections.items()) or [(0.0, "")]
    if first == (0.0, COUNT_IN) and later:
        pickup = later[0][0]
    words = [
        str(found.content)
        for found in flat.getElementsByClass(expressions.TextExpression)
        if not found.getOffsetInHierarchy(parsed)
    ]
    return Score(
        parts=tuple(_part(part) for part in parts),
        chords=_chords(flat, parsed),
        metres=tuple(merged),
        tempo_map=TempoMap.clean(tempos),
        keys=tuple(Timed(onset, value) for onset, value in sorted(keys.items())),
        sections=tuple(Timed(onset, text) for onset, text in sorted(sections.items())),
        title=_title(parsed),
        feel=words[0] if words else "",
        pickup_quarters=pickup,
        length_quarters=float(parsed.highestTime),
    )


def _title(parsed: stream.Score) -> str:
    from music21 import metadata

    for found in (parsed.metadata, *parsed.recurse().getElementsByClass(metadata.Metadata)):
        if found is not None and found.bestTitle:
            return str(found.bestTitle)
    return ""


def _pickup(part: stream.Stream, metre: Metre) -> float:
    from music21 import stream

    measures = list(part.getElementsByClass(stream.Measure))
    if len(measures) < 2:
        return 0.0
    length = float(measures[0].highestTime)
    is_short = 0 < length < metre.bar_quarters
    return length if is_short and (measures[0].number == 0 or measures[0].paddingLeft) else 0.0


def _part(part: stream.Stream) -> Part:
    from music21 import chord, harmony, note

    rows: list[list[Any]] = []
    tied: dict[int, list[Any]] = {}  # notes to be continued, by pitch
    for element in part.flatten().notes:
        if isinstance(element, harmony.ChordSymbol) or not element.quarterLength:
            continue  # grace notes take no time
        velocity = max(min(int(element.volume.velocity or 90), 127), 1)
        start = Fraction(element.offset)
        stop = start + Fraction(element.quarterLength)
        for member in element.notes if isinstance(element, chord.Chord) else (element,):
            if not isinstance(member, note.Note):
                continue  # percussion has no pitch
            tie, pitch = member.tie.type if member.tie else None, member.pitch.midi
            row = tied.pop(pitch, None)
            if row is None or row[1] != start or tie not in ("continue", "stop"):
                row = [start, stop, pitch, velocity]
                rows.append(row)
            row[1] = stop
            if tie in ("start", "continue"):
                tied[pitch] = row
    notes = [Note(float(start), float(stop - start), *heard) for start, stop, *heard in rows]
    instrument: Any = part.getInstrument(returnDefault=True)
    program = instrument.midiProgram if instrument and instrument.midiProgram else 0
    name = str(getattr(part, "partName", None) or "")
    return Part(notes, name, program)


def _chords(flat: stream.Stream, parsed: stream.Stream) -> tuple[Timed[Chord], ...]:
    from music21 import harmony

    chords: dict[float, Chord] = {}
    for found in flat.getElementsByClass(harmony.ChordSymbol):
        onset = float(found.getOffsetInHierarchy(parsed))
        if isinstance(found, harmony.NoChord):
            chords[onset] = Chord()
            continue
        chord = chord_of(found)
        if chord is not None:
            chords[onset] = chord
    return tuple(Timed(*item) for item in sorted(chords.items()))
