"""MusicXML written and read again: the same music on the grid of notation."""

import re
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from lstmmusic.corpus import read_passport
from lstmmusic.generation import improvise
from lstmmusic.generation.written import lead_as_written
from lstmmusic.io import load, save
from lstmmusic.io.notation_write import format_musicxml
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
    form_named,
    place_chart,
)
from tests.strategies import QUALITIES, STEPS_PER_QUARTER, notated_scores

# Symbols that MusicXML has no kind for, and what they become; all but the last sound the same.
SIMPLIFIED = {"7alt": "7#5b9#9", "dimmaj7": "dim"}


@pytest.fixture
def written(tmp_path):
    def write_and_read(score):
        path = tmp_path / "tune.musicxml"
        path.write_bytes(format_musicxml(score))
        return load(path)

    return write_and_read


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("musicxml")


def on_grid(changes):
    """Changes in steps: music21 rounds places inside a tied note to its own divisions."""
    return [(round(onset * STEPS_PER_QUARTER), value) for onset, value in changes]


def notes_on_grid(part):
    return [
        (*(round(quarters * STEPS_PER_QUARTER) for quarters in note[:2]), note.pitch)
        for note in part
    ]


def as_written(chord):
    return Chord(chord.root, SIMPLIFIED.get(chord.quality, chord.quality), chord.bass)


def assert_same_music(read, score):
    for part, original in zip(read.parts, score.parts, strict=True):
        assert notes_on_grid(part) == notes_on_grid(original)
        assert part.name == original.name
    expected = [(onset, as_written(chord)) for onset, chord in score.chords]
    assert on_grid(read.chords) == on_grid(expected)
    assert on_grid(read.sections) == on_grid(score.sections)
    assert on_grid(read.tempo_map.changes) == on_grid(score.tempo_map.changes)
    assert read.keys == score.keys
    assert read.metres == score.metres
    assert (read.title, read.feel) == (score.title, score.feel)
    assert read.pickup_quarters == pytest.approx(score.pickup_quarters)
    assert read.length_quarters == pytest.approx(score.length_quarters)


@settings(max_examples=40)
@given(score=notated_scores())
def test_reading_what_was_written_gives_the_music(folder, score):
    path = folder / "tune.musicxml"
    save(score, path, force=True)
    assert_same_music(load(path), score)


def test_tunes_of_the_shipped_data_set_survive(written, twelve_bar):
    entries = read_passport(twelve_bar).entries
    for entry in entries[:: len(entries) // 12]:
        tune = load(twelve_bar / entry.file)
        score = replace(tune, parts=[replace(part, name="melody") for part in tune.parts])
        assert_same_music(written(score), score)


def test_every_quality_survives_where_musicxml_knows_it(written):
    placed = [Timed(float(place), Chord("Bb", symbol)) for place, symbol in enumerate(QUALITIES)]
    read = written(Score(chords=placed, length_quarters=len(placed)))
    expected = [SIMPLIFIED.get(symbol, symbol) for symbol in QUALITIES]
    assert [chord.quality for _, chord in read.chords] == expected
    assert {chord.root for _, chord in read.chords} == {"Bb"}


@pytest.mark.parametrize("quality", ["", "m7", "7", "13", "maj7#11", "m7b5"])
@pytest.mark.parametrize("bass", ["D", "F#", "Bb", "B"])
def test_a_slash_chord_keeps_its_quality_over_any_bass(written, quality, bass):
    chord = Chord("C", quality, bass)
    assert written(Score(chords=[Timed(0.0, chord)], length_quarters=4)).chords == ((0.0, chord),)


def test_a_change_after_the_last_note_is_not_lost(written):
    blues = form_named("standard").bars(Key("C"))
    score = Score(
        parts=[Part([Note(0, 1, 60)], "melody")],
        chords=place_chart(blues, Metre()),
        tempo_map=TempoMap(((0, 100), (44, 80))),
        keys=[Timed(0.0, Key("C"))],
        sections=[Timed(44.0, "Coda")],
        title="One note",
        length_quarters=48,
    )
    assert_same_music(written(score), score)


def test_metre_and_key_may_change_at_a_bar_line(written):
    score = Score(
        parts=[Part([Note(0, 8, 60), Note(8, 1.5, 63)], "melody")],
        metres=[Timed(0.0, Metre(4, 4)), Timed(8.0, Metre(6, 8))],
        keys=[Timed(0.0, Key("C")), Timed(8.0, Key("Eb", "minor"))],
        title="Turn",
        length_quarters=14,
    )
    assert_same_music(written(score), score)


def test_a_count_in_is_a_bar_0_as_long_as_the_others(written):
    score = Score(
        parts=[Part([Note(4, 4, 60)], "melody")],
        sections=[Timed(0.0, COUNT_IN), Timed(4.0, "Chorus 1")],
        title="Two",
        pickup_quarters=4.0,
        length_quarters=12.0,
    )
    assert_same_music(written(score), score)


def test_a_natural_held_over_a_bar_line_stays_one_note(written):
    score = Score(
        parts=[Part([Note(1 / 3, 25 / 12, 71), Note(3, 5 + 1 / 12, 71)], "melody")],
        keys=[Timed(0.0, Key("C", "minor"))],
        length_quarters=12,
    )
    assert notes_on_grid(written(score).parts[0]) == notes_on_grid(score.parts[0])


def test_notes_that_sound_together_keep_their_onsets_and_lengths(written):
    chord = [Note(0, 2, pitch) for pitch in (60, 64, 67, 70)]
    part = Part([*chord, Note(2, 2, 48), Note(3, 1, 65), Note(4, 4, 60), Note(5, 1, 67)], "piano")
    read = written(Score([part], length_quarters=8))
    assert notes_on_grid(read.parts[0]) == notes_on_grid(part)


def test_drums_are_left_out(written):
    melody = Part([Note(0, 1, 60)], "melody")
    drums = Part([Note(0, 1, 36)], "drums", is_drum=True)
    read = written(Score([drums, melody], length_quarters=4))
    assert [part.name for part in read.parts] == ["melody"]


def test_onsets_off_the_grid_go_to_its_nearest_step(written):
    part = Part([Note(0.03, 0.5, 60), Note(0.96, 0.001, 62)], "melody")
    read = written(Score([part], length_quarters=4))
    assert notes_on_grid(read.parts[0]) == [(0, 6, 60), (12, 1, 62)]


def test_writing_twice_gives_equal_bytes_that_tell_no_date():
    parts = [Part([Note(0, 1, 60)], "melody"), Part([Note(0, 1, 40)], "bass")]
    score = Score(parts, title="Again", length_quarters=4)
    data = format_musicxml(score)
    assert format_musicxml(score) == data
    assert b"date" not in data
    assert re.findall(rb'<(?:score-part|part) id="(.*?)"', data) == [b"P1", b"P2", b"P1", b"P2"]


@pytest.mark.parametrize("program", [0, 2, 6, 25, 32, 40, 56, 65, 66, 73])
def test_instruments_of_the_blues_survive(written, program):
    score = Score([Part([Note(0, 1, 60)], "lead", program)], length_quarters=4)
    assert written(score).parts[0].program == program


@pytest.mark.parametrize(("pickup", "numbers"), [(0.0, [b"1", b"2"]), (1.5, [b"0", b"1", b"2"])])
def test_a_pickup_is_numbered_0(pickup, numbers):
    score = Score(pickup_quarters=pickup, length_quarters=pickup + 8)
    assert re.findall(rb'<measure [^>]*number="(\d+)"', format_musicxml(score)) == numbers


@pytest.mark.parametrize("program", [0, 56, 65, 66])  # piano, trumpet, alto and tenor saxophone
@pytest.mark.parametrize("higher", [0, 2, -3])
def test_a_part_sounds_the_same_for_whomever_it_is_written(program, higher):
    """As music21 reads it: the notes on paper, and those that sound."""
    from music21 import converter

    melody = Part([Note(0, 1, 60), Note(1, 1, 67), Note(2, 2, 70)], "melody", program)
    tune = Score([melody], keys=[Timed(0.0, Key("C"))], length_quarters=4)
    found: Any = converter.parseData(format_musicxml(tune, higher).decode(), format="musicxml")
    assert midi_pitches(found) == [60 + higher, 67 + higher, 70 + higher]
    assert found.parts[0].flatten().keySignature.sharps == {0: 0, 2: 2, -3: 3}[higher]
    assert midi_pitches(found.toSoundingPitch()) == [60, 67, 70]


def midi_pitches(found):
    return [note.pitch.midi for note in found.parts[0].recurse().notes]


def signs_of(score):
    """Of every note and rest of bar 1: is it a rest, its length in quarters, its brackets."""
    bar = ElementTree.fromstring(format_musicxml(score)).find("part/measure")
    assert bar is not None
    divisions = int(bar.findtext("attributes/divisions", "0"))
    return [
        (
            note.find("rest") is not None,
            Fraction(int(note.findtext("duration", "0")), divisions),
            [tuplet.get("type") for tuplet in note.iter("tuplet")],
        )
        for note in bar.findall("note")
    ]


def piece(*notes):
    """Onset and length in twelfths of a quarter."""
    part = Part([Note(Fraction(a, 12), Fraction(b, 12), 60) for a, b in notes])
    return Score([part], length_quarters=4.0)


@pytest.mark.parametrize(
    ("notes", "wanted"),
    [
        ([(4, 4), (8, 4)], [(True, 4), (False, 4), (False, 4)]),
        ([(8, 4)], [(True, 8), (False, 4)]),
        ([(4, 4)], [(True, 4), (False, 4), (True, 4)]),
        ([(0, 8), (8, 4)], [(False, 8), (False, 4)]),
        ([(0, 4), (8, 10), (18, 6)], [(False, 4), (True, 4), (False, 4), (False, 6), (False, 6)]),
    ],
)
def test_a_triplet_is_whole_with_its_rests_and_has_one_bracket(notes, wanted):
    """What is held out of it is tied on at the beat; the beat after has a bracket of its own."""
    after = [(24, 4), (28, 4), (32, 4)]
    found = signs_of(piece(*notes, *after))
    lengths = [(is_rest, length * 12) for is_rest, length, _ in found]
    assert lengths[: len(wanted)] == wanted
    n_first = next(n for n in range(1, 9) if sum(length for _, length in lengths[:n]) == 12)
    brackets = [kinds for *_, kinds in found]
    assert brackets[:n_first] == [["start"], *[[]] * (n_first - 2), ["stop"]]
    assert sum(map(len, brackets)) == 4


def test_what_soloist_plays_has_as_many_brackets_as_beats_with_triplets():
    for seed in range(3):
        score = lead_as_written(improvise(model="soloist", seed=seed, band=False).score)
        bars = ElementTree.fromstring(format_musicxml(score)).findall("part/measure")
        kinds, beats, divisions = [], set(), 1
        for number, bar in enumerate(bars):
            divisions = int(bar.findtext("attributes/divisions", str(divisions)))
            place = 0
            for note in bar.findall("note"):
                kinds += [tuplet.get("type") for tuplet in note.iter("tuplet")]
                if note.find("time-modification") is not None:
                    beats.add((number, place // divisions))
                place += int(note.findtext("duration", "0"))
        assert kinds == ["start", "stop"] * len(beats)


@pytest.mark.parametrize("grid", [2, 3, 4])
def test_brackets_open_and_close_wherever_a_note_lies_in_two_beats(grid):
    """On sixths, fourths and thirds of the beat."""
    for start, stop in combinations(range(0, 25, grid), 2):
        note = Note(start / 12, (stop - start) / 12, 60)
        score = Score([Part([note], "melody")], length_quarters=4)
        bar = ElementTree.fromstring(format_musicxml(score)).find("part/measure")
        kinds = [tuplet.get("type") for tuplet in bar.iter("tuplet")]
        assert kinds == ["start", "stop"] * (len(kinds) // 2), (start, stop)
