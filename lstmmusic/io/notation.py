"""MusicXML and ABC <-> `Score`, through music21.

music21 is imported on first use (it takes longer than everything else on the way of playing), is
given text rather than files (it would keep pickled copies of files), and never reads MIDI here.
"""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmmusic.errors import ChordError, InputError
from lstmmusic.io._bytes import MAX_BYTES, describe, read_bytes, write_bytes
from lstmmusic.io.midi_read import MAX_QUARTERS
from lstmmusic.score import (
    COUNT_IN,
    Chord,
    Key,
    Metre,
    Note,
    Part,
    Score,
    TempoMap,
    Timed,
    parse_quality,
)

if TYPE_CHECKING:
    from music21 import stream

# Notation is written on this grid: sixteenths and triplets are both exact.
STEPS_PER_QUARTER = 12
BARS_PER_LINE = 4


def read_musicxml(path: str | Path) -> Score:
    """Reads `.musicxml`, `.xml` or compressed `.mxl`; repeats are played out.

    Raises:
        InputError: Not MusicXML; the message names the file.
    """
    path = Path(path)
    data = read_bytes(path)
    if data[:2] == b"PK":
        data = _unzip(data, str(path))
    if b"<score-partwise" not in data[:4096] and b"<score-timewise" not in data[:4096]:
        raise InputError(str(path), "a MusicXML score", describe(data))
    return _parse(data.decode("utf-8", errors="replace"), "musicxml", str(path))


def read_abc(path: str | Path) -> Score:
    """Reads the first tune of an `.abc` file.

    Raises:
        InputError: Not ABC; the message names the file.
    """
    path = Path(path)
    text = read_bytes(path).decode("utf-8", errors="replace")
    if "K:" not in text or "X:" not in text:
        raise InputError(
            str(path), "an ABC tune with the fields X: and K:", describe(text.encode())
        )
    return _parse(text, "abc", str(path))


def write_musicxml(score: Score, path: str | Path, force: bool = False) -> None:
    """Writes `.musicxml`: notes on the twelfth-of-a-quarter grid, chord symbols, tempo, key.

    Drum parts are left out: their pitches name instruments. Onsets and lengths are rounded to the
    grid; within a part, notes that overlap share a staff in voices.

    Raises:
        OutputError: The file exists, or cannot be written.
    """
    write_bytes(Path(path), format_musicxml(score), force)


def format_musicxml(score: Score) -> bytes:
    """The bytes of the MusicXML file: the same score gives the same bytes."""
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    data = GeneralObjectExporter(_to_music21(score)).parse()
    # music21 dates the file and gives the parts random names.
    data = re.sub(rb"\s*<encoding-date>[^<]*</encoding-date>", b"", data)
    # It signs as the composer where there is none.
    data = re.sub(rb'\s*<creator type="composer">Music21</creator>', b"", data)
    for number, name in enumerate(dict.fromkeys(re.findall(rb'"([PI][0-9a-f]{32})"', data))):
        data = data.replace(name, b"%s%d" % (name[:1], number // 2 + 1))
    # music21 treats chord roots as notes and writes naturals that engravers would print.
    return re.sub(rb"\s*<(root|bass)-alter>0</\1-alter>", b"", data)


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
        chord = _chord(found)
        if chord is not None:
            chords[onset] = chord
    return tuple(Timed(*item) for item in sorted(chords.items()))


def _chord(symbol: Any) -> Chord | None:
    """Our chord for music21's; None where it has no root."""
    try:
        root = symbol.root().name.replace("-", "b")
        bass = symbol.bass().name.replace("-", "b")
    except (AttributeError, TypeError):
        return None
    bases = [quality for quality, kind in _KINDS.items() if kind == symbol.chordKind]
    if bases:
        qualities = [_quality(symbol, bases[0]), bases[0]]
    else:
        tones = {(pitch.pitchClass - symbol.root().pitchClass) % 12 for pitch in symbol.pitches}
        qualities = [name for name in _KINDS if set(parse_quality(name).intervals) == tones]
    qualities.append("m" if symbol.semitonesFromChordStep(3) == 3 else "")
    for quality in qualities:
        try:
            return Chord(root, quality, bass)
        except ChordError:
            continue
    return None


def _quality(symbol: Any, base: str) -> str:
    """The text after the root that says what <kind> (`base`) and <degree>s say."""
    added = [
        (change.degree, change.interval.semitones if change.interval else 0)
        for change in symbol.chordStepModifications
        if change.modType != "subtract"  # an omitted fifth makes no other chord
    ]
    if base.startswith("sus") and (7, -1) in added:
        number = max(degree for degree, semitones in added if semitones == 0 or degree == 7)
        base, added = f"{number}{base}", [change for change in added if change[1] and change[0] > 7]
    for degree in (13, 11, 9):
        if (degree, 0) in added and base.endswith("7"):
            base = base[:-1] + str(degree)
            added = [change for change in added if change[1] or change[0] > degree]
    if (9, 0) in added:
        added.remove((9, 0))
        base = base + "9" if base.endswith("6") else base + "add9"
    return base + "".join(f"{_SIGN.get(sign, '?')}{degree}" for degree, sign in sorted(added))


def _kind(quality: str) -> tuple[str, list[tuple[str, int, int]]]:
    """MusicXML's <kind> and <degree>s (type, degree, semitones) for the text after the root."""
    match = _QUALITY.fullmatch(quality)
    base, number, sus, added, altered = match.groups() if match else ("", "", "", "", "")
    degrees: list[tuple[str, int, int]] = []
    if altered == "alt":
        altered = "#5b9#9"
    if base == "dimmaj":
        base, number = "dim", ""  # MusicXML has no kind for it
    if sus:
        base = sus
        ninth = () if re.search("[b#]9", altered) else (9,)
        upper = {"": (), "7": (7,), "9": (7, *ninth), "13": (7, *ninth, 13)}[number]
        degrees += [("add", degree, -1 if degree == 7 else 0) for degree in upper]
    elif number == "69":
        base += "6"
        degrees.append(("add", 9, 0))
    elif number == "13" and ("b9" in altered or "#9" in altered):
        base += "7"
        degrees.append(("add", 13, 0))
    elif number in {"9", "11", "13"} and base + number not in _KINDS:
        base += "7"
        upper = {"9": (9,), "11": (9, 11), "13": (9, 13)}[number]
        degrees += [("add", degree, 0) for degree in upper]
    else:
        base += number
    if base == "7" and altered.startswith("#5"):
        base, altered = "7#5", altered[2:]
    if base == "m7" and altered.startswith("b5"):
        base, altered = "m7b5", altered[2:]
    if added:
        degrees.append(("add", 9, 0))
    for sign, degree in re.findall(r"([b#])(\d+)", altered):
        degrees.append(("alter" if degree == "5" else "add", int(degree), -1 if sign == "b" else 1))
    return _KINDS.get(base, "major"), degrees


_QUALITY = re.compile(
    r"(mmaj|maj|m|dimmaj|dim|aug|)(69|6|7|9|11|13|5|)(sus[24]|)(add9|)((?:[b#](?:5|9|11|13))*|alt)"
)
_SIGN = {-1: "b", 0: "", 1: "#"}
_KINDS = {
    "": "major",
    "m": "minor",
    "7": "dominant-seventh",
    "maj7": "major-seventh",
    "m7": "minor-seventh",
    "m7b5": "half-diminished-seventh",
    "dim": "diminished",
    "dim7": "diminished-seventh",
    "aug": "augmented",
    "7#5": "augmented-seventh",
    "6": "major-sixth",
    "m6": "minor-sixth",
    "mmaj7": "minor-major-seventh",
    "9": "dominant-ninth",
    "maj9": "major-ninth",
    "maj11": "major-11th",
    "m9": "minor-ninth",
    "11": "dominant-11th",
    "m11": "minor-11th",
    "13": "dominant-13th",
    "maj13": "major-13th",
    "m13": "minor-13th",
    "sus4": "suspended-fourth",
    "sus2": "suspended-second",
    "5": "power",
}


def _to_music21(score: Score) -> stream.Score:
    from music21 import metadata, stream

    result = stream.Score()
    result.metadata = metadata.Metadata(title=score.title or "Untitled")
    pitched = [part for part in score.parts if not part.is_drum] or [Part(name="melody")]
    for index, part in enumerate(pitched):
        result.insert(0, _staff(score, part, with_chords=index == 0))
    return result


def _staff(score: Score, part: Part, with_chords: bool) -> stream.Part:
    from music21 import clef, instrument, key, layout, meter, stream

    # A pickup is written as the end of a full bar, whose empty beginning is then cut off.
    shift = Fraction(0)
    if score.pickup_quarters:
        shift = _fraction(score.metre.bar_quarters - score.pickup_quarters)
    staff = stream.Part(id=part.name or None)
    staff.partName = part.name
    player = instrument.instrumentFromMidiProgram(part.program)
    player.partName = part.name
    player.instrumentAbbreviation = player.partAbbreviation = ""
    staff.insert(0, player)
    low = len(part) and float(np.median(part.notes["pitch"])) < 55
    staff.insert(0, clef.BassClef() if low else clef.TrebleClef())
    for onset, metre in score.metres:
        at = _fraction(onset) + shift if onset else Fraction(0)
        staff.insert(at, meter.TimeSignature(str(metre)))
    for onset, found in score.keys:
        at = _fraction(onset) + shift if onset else Fraction(0)
        staff.insert(at, key.Key(found.tonic.replace("b", "-"), found.mode))
    elements = _notes(part, score)
    if with_chords:
        elements += _chord_symbols(score) + _marks(score)
    for onset, element in elements:
        staff.insert(onset + shift, element)
    stop = _fraction(score.length_quarters) + shift
    measures: Any = staff.makeMeasures(refStreamOrTimeRange=[0, stop])
    measures.makeTies(inPlace=True)
    for measure in measures.getElementsByClass(stream.Measure):
        for voice in _voices(measure):
            _insert_rests(voice, measure)
    if score.pickup_quarters:
        _cut_pickup(measures, shift)
    for measure in measures.getElementsByClass(stream.Measure):
        if measure.number > 1 and measure.number % BARS_PER_LINE == 1:
            measure.insert(0, layout.SystemLayout(isNew=True))
    measures.makeAccidentals(inPlace=True)
    measures.makeBeams(inPlace=True)
    return measures


def _voices(measure: stream.Measure) -> list[stream.Stream]:
    """Parts the notes that overlap into voices; the bar itself where none do."""
    from music21 import stream

    voices: list[Any] = []
    for place, element in _sounding(measure):
        free = next((voice for voice in voices if voice.highestTime <= place), None)
        if free is None:
            free = stream.Voice(id=str(len(voices) + 1))
            voices.append(free)
        free.insert(place, element)
    if len(voices) < 2:
        return [measure]
    for voice in voices:
        for element in voice:
            measure.remove(element)
        measure.insert(0, voice)
    return voices


def _sounding(holder: stream.Stream) -> list[tuple[Fraction, Any]]:
    """Notes and their places; chord symbols, which music21 counts among them, left out."""
    from music21 import harmony

    found = [e for e in holder.notes if not isinstance(e, harmony.ChordSymbol)]
    return [(Fraction(holder.elementOffset(element)), element) for element in found]


def _insert_rests(holder: stream.Stream, measure: stream.Measure) -> None:
    """Rests as a reader expects them: a silent bar is one rest, others begin on their own beat.

    Args:
        holder: The bar, or a voice in it.
        measure: The bar.
    """
    from music21 import note

    signature: Any = measure.getContextByClass("TimeSignature")
    metre = Metre(signature.numerator, signature.denominator) if signature else Metre()
    sounding = [(place, Fraction(found.quarterLength)) for place, found in _sounding(holder)]
    stop = Fraction(measure.barDuration.quarterLength)
    place = Fraction(0)
    for start, length in [*sounding, (stop, Fraction(0))]:
        if (place, start) == (0, stop):
            holder.insert(0, note.Rest(quarterLength=stop))
            return
        while place < start:
            rest = _rest_length(place, start, metre)
            holder.insert(place, note.Rest(quarterLength=rest))
            place += rest
        place = start + length


def _rest_length(place: Fraction, stop: Fraction, metre: Metre) -> Fraction:
    """The longest rest that fits from a place on, and begins where a rest of its length may."""
    beat = Fraction(metre.beat_quarters)
    eighth = Fraction(1, 2)
    lengths = [2 * beat, beat, eighth, Fraction(1, 4), Fraction(1, 3), Fraction(1, 6)]
    for length in lengths:
        if place % length == 0 and place + length <= stop:
            return length
    return min(stop - place, beat - place % beat)


def _fraction(quarters: float) -> Fraction:
    return Fraction(round(quarters * STEPS_PER_QUARTER), STEPS_PER_QUARTER)


def _notes(part: Part, score: Score) -> list[tuple[Fraction, Any]]:
    """Notes on the grid; those that start and end together make one chord."""
    from music21 import chord, note, pitch

    together: dict[tuple[Fraction, Fraction], dict[int, int]] = {}
    for onset, length, number, velocity in part:
        start = _fraction(onset)
        stop = max(_fraction(onset + length), start + Fraction(1, STEPS_PER_QUARTER))
        together.setdefault((start, stop - start), {})[number] = velocity
    elements: list[tuple[Fraction, Any]] = []
    for (start, length), found in sorted(together.items()):
        names = score.key_at(float(start)) or Key("C")
        pitches = []
        for number in sorted(found):
            name = names.note_name(number).replace("b", "-")
            spelt = pitch.Pitch(name)
            spelt.octave = number // 12 - 1
            pitches.append(spelt)
        one = len(pitches) == 1
        element = note.Note(pitches[0]) if one else chord.Chord(pitches)
        element.quarterLength = length
        element.volume.velocity = max(found.values())
        elements.append((start, element))
    return elements


def _chord_symbols(score: Score) -> list[tuple[Fraction, Any]]:
    from music21 import harmony

    elements: list[tuple[Fraction, Any]] = []
    for onset, found in score.chords:
        if found.is_silent:
            elements.append((_fraction(onset), harmony.NoChord()))
            continue
        kind, degrees = _kind(found.quality)
        symbol = harmony.ChordSymbol(
            root=found.root.replace("b", "-"),
            bass=found.bass.replace("b", "-") or None,
            kind=kind,
        )
        for change, degree, semitones in degrees:
            step = harmony.ChordStepModification(change, degree, semitones)
            symbol.addChordStepModification(step)
        elements.append((_fraction(onset), symbol))
    return elements


def _marks(score: Score) -> list[tuple[Fraction, Any]]:
    """Tempo, feel and sections, which stand above the staff."""
    from music21 import expressions, tempo

    marks: list[tuple[Fraction, Any]] = []
    for onset, text in score.sections:
        marks.append((_fraction(onset), expressions.RehearsalMark(text)))
    if score.feel:
        feel: Any = expressions.TextExpression(score.feel)
        feel.placement = "above"
        marks.append((Fraction(0), feel))
    for onset, quarter_bpm in score.tempo_map.changes:
        beat = score.metre.beat_quarters if score.metre.is_compound else 1.0
        mark = tempo.MetronomeMark(number=round(quarter_bpm / beat, 3), referent=beat)
        marks.append((_fraction(onset), mark))
    return marks


def _cut_pickup(staff: stream.Part, shift: Fraction) -> None:
    """Turns the first bar into bar 0 that lacks its first `shift` quarters."""
    from music21 import note, stream

    measures = list(staff.getElementsByClass(stream.Measure))
    first = measures[0]
    for holder in (first, *first.voices):
        for rest in list(holder.getElementsByClass(note.Rest)):
            if rest.offset < shift:
                holder.remove(rest)
                left = rest.offset + rest.quarterLength - shift
                if left > 0:
                    holder.insert(shift, note.Rest(quarterLength=left))
        for element in holder.elements:
            holder.setElementOffset(element, max(element.offset - shift, 0))
    first.paddingLeft = shift
    for number, measure in enumerate(measures):
        measure.number = number
        if number:
            staff.setElementOffset(measure, measure.offset - shift)
