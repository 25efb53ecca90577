"""`Score` -> MusicXML, through music21, which is imported on first use."""

from __future__ import annotations

import re
from collections.abc import Collection
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmmusic.io._bytes import write_bytes
from lstmmusic.io._chord_kinds import kind_of
from lstmmusic.score import Key, Metre, Part, Score

if TYPE_CHECKING:
    from music21 import stream

# Notation is written on this grid: sixteenths and triplets are both exact.
STEPS_PER_QUARTER = 12
BARS_PER_LINE = 4
MAX_SIGNS_PER_BAR = 12  # notes and rests; where a bar has more, half as many bars are in a line


def write_musicxml(score: Score, path: str | Path, force: bool = False) -> None:
    """Writes `.musicxml`: notes on the twelfth-of-a-quarter grid, chord symbols, tempo, key.

    Drum parts are left out: their pitches name instruments. Onsets and lengths are rounded to the
    grid; within a part, notes that overlap share a staff in voices.

    Raises:
        OutputError: The file exists, or cannot be written.
    """
    write_bytes(Path(path), format_musicxml(score), force)


def format_musicxml(score: Score, written_higher: int = 0) -> bytes:
    """The bytes of the MusicXML file: the same score gives the same bytes.

    Args:
        score: As it sounds.
        written_higher: Semitones that its readers' instruments are written above their sound, 2 for
            a trumpet in Bb. The file says so, and programs play it as it sounds.
    """
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    data = GeneralObjectExporter(_to_music21(score, written_higher)).parse()
    # music21 dates the file and gives the parts random names.
    data = re.sub(rb"\s*<encoding-date>[^<]*</encoding-date>", b"", data)
    # It signs as the composer where there is none.
    data = re.sub(rb'\s*<creator type="composer">Music21</creator>', b"", data)
    for number, name in enumerate(dict.fromkeys(re.findall(rb'"([PI][0-9a-f]{32})"', data))):
        data = data.replace(name, b"%s%d" % (name[:1], number // 2 + 1))
    # music21 treats chord roots as notes and writes naturals that engravers would print.
    return re.sub(rb"\s*<(root|bass)-alter>0</\1-alter>", b"", data)


def _to_music21(score: Score, written_higher: int) -> stream.Score:
    from music21 import metadata, stream

    score = score.transpose(written_higher) if written_higher else score
    result = stream.Score()
    result.metadata = metadata.Metadata(title=score.title or "Untitled")
    pitched = [part for part in score.parts if not part.is_drum] or [Part(name="melody")]
    for index, part in enumerate(pitched):
        result.insert(0, _staff(score, part, index == 0, written_higher))
    return result


def _staff(score: Score, part: Part, with_chords: bool, written_higher: int) -> stream.Part:
    from music21 import clef, instrument, interval, key, layout, meter, stream

    # A pickup is written as the end of a full bar, whose empty beginning is then cut off.
    shift = Fraction(0)
    if score.pickup_quarters:
        shift = _fraction(score.metre.bar_quarters - score.pickup_quarters)
    staff = stream.Part(id=part.name or None)
    staff.partName = part.name
    player = instrument.instrumentFromMidiProgram(part.program)
    player.partName = part.name
    player.instrumentAbbreviation = player.partAbbreviation = ""
    # Not the instrument's own: a saxophone's notes are at concert pitch unless asked otherwise.
    player.transposition = interval.Interval(-written_higher) if written_higher else None
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
            _split_tuplets(voice, measure)
            _insert_rests(voice, measure)
            _bracket_tuplets(voice, measure)
    if score.pickup_quarters:
        _cut_pickup(measures, shift)
    bars = measures.getElementsByClass(stream.Measure)
    crowd = max((len(measure.flatten().notesAndRests) for measure in bars), default=0)
    bars_per_line = BARS_PER_LINE if crowd <= MAX_SIGNS_PER_BAR else BARS_PER_LINE // 2
    for measure in bars:
        if measure.number > 1 and measure.number % bars_per_line == 1:
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

    metre = _metre(measure)
    sounding = [(place, Fraction(found.quarterLength)) for place, found in _sounding(holder)]
    edges = {edge for start, length in sounding for edge in (start, start + length)}
    stop = Fraction(measure.barDuration.quarterLength)
    place = Fraction(0)
    for start, length in [*sounding, (stop, Fraction(0))]:
        if (place, start) == (0, stop):
            holder.insert(0, note.Rest(quarterLength=stop))
            return
        while place < start:
            rest = _rest_length(place, start, metre, edges)
            holder.insert(place, note.Rest(quarterLength=rest))
            place += rest
        place = start + length


def _metre(measure: stream.Measure) -> Metre:
    signature: Any = measure.getContextByClass("TimeSignature")
    return Metre(signature.numerator, signature.denominator) if signature else Metre()


def _split_tuplets(holder: stream.Stream, measure: stream.Measure) -> None:
    """Ties what is held into or out of a triplet at the beat, where the triplet begins or ends.

    What no single sign has the length of, within a beat, is tied at its half.
    """
    metre = _metre(measure)
    beat = Fraction(metre.beat_quarters)
    if metre.is_compound:
        return
    for place, element in _sounding(holder):
        start, stop = place, place + Fraction(element.quarterLength)
        cuts = []
        if start % (beat / 4):
            cuts.append((start // beat + 1) * beat)
        if stop % (beat / 4):
            cuts.append(stop // beat * beat)
        half = (start // beat + Fraction(1, 2)) * beat
        if cuts and min(stop, (start // beat + 1) * beat) - start == beat * Fraction(5, 6):
            cuts.append(half)
        for cut in sorted(set(cuts)):
            if start < cut < stop:
                _, element = element.splitAtQuarterLength(cut - start)
                holder.insert(cut, element)
                start = cut


def _bracket_tuplets(holder: stream.Stream, measure: stream.Measure) -> None:
    """One bracket a beat, as players read; music21 goes on until the first sign is there thrice."""
    beat = Fraction(_metre(measure).beat_quarters)
    by_beat: dict[int, list[Any]] = {}
    for element in holder.notesAndRests:
        if len(element.duration.tuplets) == 1:
            place = Fraction(holder.elementOffset(element))
            by_beat.setdefault(place // beat, []).append(element.duration.tuplets[0])
    for tuplets in by_beat.values():
        for tuplet in tuplets:
            tuplet.type = None
        tuplets[0].type, tuplets[-1].type = "start", "stop"
        if len(tuplets) == 1:
            tuplets[0].type = "startStop"


def _rest_length(
    place: Fraction, stop: Fraction, metre: Metre, edges: Collection[Fraction] = ()
) -> Fraction:
    """The longest rest that fits from a place on, and begins where a rest of its length may.

    A rest before or after notes of a triplet is a part of the triplet, which fills a beat or, where
    notes begin or end within its thirds (`edges`), a half.

    Example:
        >>> third = Fraction(1, 3)
        >>> [str(_rest_length(Fraction(0), stop, Metre())) for stop in (third, 2 * third)]
        ['1/3', '2/3']
        >>> str(_rest_length(Fraction(0), Fraction(3, 4), Metre()))
        '1/2'
    """
    beat = Fraction(metre.beat_quarters)
    rest = stop - place
    for span in () if metre.is_compound else (beat, beat / 2):
        within = [edge for edge in edges if 0 <= edge - place // span * span <= span]
        if any(edge % (span / 3) for edge in within):
            continue
        begin = place % span
        rest = min(stop - place, span - begin)
        thirds = {begin % (span / 3), rest % (span / 3)}
        quarters = {begin % (beat / 4), rest % (beat / 4)}
        if thirds == {0} and quarters != {0}:
            return rest
    eighth = Fraction(1, 2)
    lengths = [2 * beat, beat, eighth, Fraction(1, 4), Fraction(1, 3), Fraction(1, 6)]
    for length in lengths:
        if place % length == 0 and place + length <= stop:
            return length
    return rest


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
        kind, degrees = kind_of(found.quality)
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
