import csv
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from music21 import harmony

from lstmmusic.errors import ChordError
from lstmmusic.score import NO_CHORD, Chord, Key, parse_quality
from lstmmusic.score.pitch import pitch_class_of
from tests.strategies import QUALITIES, chords, keys, note_names, sounding_chords

# What players write -> the canonical symbol and the semitones above the root.
SPELLINGS = {
    "C": ("C", (0, 4, 7)),
    "CM": ("C", (0, 4, 7)),
    "Cmaj": ("C", (0, 4, 7)),
    "Cm": ("Cm", (0, 3, 7)),
    "C-": ("Cm", (0, 3, 7)),
    "Cmin": ("Cm", (0, 3, 7)),
    "Cdim": ("Cdim", (0, 3, 6)),
    "C°": ("Cdim", (0, 3, 6)),
    "C+": ("Caug", (0, 4, 8)),
    "Caug": ("Caug", (0, 4, 8)),
    "C5": ("C5", (0, 7)),
    "C6": ("C6", (0, 4, 7, 9)),
    "C6/9": ("C69", (0, 2, 4, 7, 9)),
    "C6/9/E": ("C69/E", (0, 2, 4, 7, 9)),
    "C7": ("C7", (0, 4, 7, 10)),
    "Cmaj7": ("Cmaj7", (0, 4, 7, 11)),
    "CM7": ("Cmaj7", (0, 4, 7, 11)),
    "CΔ": ("Cmaj7", (0, 4, 7, 11)),
    "C^7": ("Cmaj7", (0, 4, 7, 11)),
    "Cm7": ("Cm7", (0, 3, 7, 10)),
    "Cmi7": ("Cm7", (0, 3, 7, 10)),
    "CmM7": ("Cmmaj7", (0, 3, 7, 11)),
    "Cm(maj7)": ("Cmmaj7", (0, 3, 7, 11)),
    "Cø": ("Cm7b5", (0, 3, 6, 10)),
    "Cø7": ("Cm7b5", (0, 3, 6, 10)),
    "Ch7": ("Cm7b5", (0, 3, 6, 10)),
    "Cm7(b5)": ("Cm7b5", (0, 3, 6, 10)),
    "Cm7♭5": ("Cm7b5", (0, 3, 6, 10)),
    "C°7": ("Cdim7", (0, 3, 6, 9)),
    "Csus": ("Csus4", (0, 5, 7)),
    "Csus2": ("Csus2", (0, 2, 7)),
    "C7sus4": ("C7sus4", (0, 5, 7, 10)),
    "Cadd9": ("Cadd9", (0, 2, 4, 7)),
    "C9": ("C9", (0, 2, 4, 7, 10)),
    "C13": ("C13", (0, 2, 4, 7, 9, 10)),
    "C7#9": ("C7#9", (0, 3, 4, 7, 10)),
    "C7+9": ("C7#9", (0, 3, 4, 7, 10)),
    "C7-9": ("C7b9", (0, 1, 4, 7, 10)),
    "C7(b9,#11)": ("C7b9#11", (0, 1, 4, 6, 7, 10)),
    "C7+5": ("C7#5", (0, 4, 8, 10)),
    "C+7": ("C7#5", (0, 4, 8, 10)),
    "Caug7": ("C7#5", (0, 4, 8, 10)),
    "Calt": ("C7alt", (0, 1, 3, 4, 8, 10)),
    "C7alt": ("C7alt", (0, 1, 3, 4, 8, 10)),
    # as the Weimar Jazz Database writes them
    "C-7": ("Cm7", (0, 3, 7, 10)),
    "Cj7": ("Cmaj7", (0, 4, 7, 11)),
    "C-j7": ("Cmmaj7", (0, 3, 7, 11)),
    "C79": ("C9", (0, 2, 4, 7, 10)),
    "C79b": ("C7b9", (0, 1, 4, 7, 10)),
    "C79#": ("C7#9", (0, 3, 4, 7, 10)),
    "C7913": ("C13", (0, 2, 4, 7, 9, 10)),
    "C7911#": ("C9#11", (0, 2, 4, 6, 7, 10)),
    "C79b13b": ("C7b9b13", (0, 1, 4, 7, 8, 10)),
    "Cj7911#": ("Cmaj9#11", (0, 2, 4, 6, 7, 11)),
    "Csus7913": ("C13sus4", (0, 2, 5, 7, 9, 10)),
    "C69": ("C69", (0, 2, 4, 7, 9)),
    "Co7": ("Cdim7", (0, 3, 6, 9)),
    "C-7b5": ("Cm7b5", (0, 3, 6, 10)),
}

# music21's name of a kind -> ours. Its thirteenths hold the eleventh that players leave out.
MUSIC21_KINDS = {
    **{"major": "", "minor": "m", "augmented": "aug", "diminished": "dim", "power": "5"},
    **{"dominant-seventh": "7", "major-seventh": "maj7", "minor-major-seventh": "mmaj7"},
    **{"minor-seventh": "m7", "augmented-major-seventh": "maj7#5", "augmented-seventh": "7#5"},
    **{"half-diminished-seventh": "m7b5", "diminished-seventh": "dim7"},
    **{"seventh-flat-five": "7b5", "major-sixth": "6", "minor-sixth": "m6"},
    **{"major-ninth": "maj9", "dominant-ninth": "9", "minor-major-ninth": "mmaj9"},
    **{"minor-ninth": "m9", "augmented-major-ninth": "maj9#5", "augmented-dominant-ninth": "9#5"},
    **{"half-diminished-ninth": "m9b5", "diminished-ninth": "dim9"},
    **{"dominant-11th": "11", "major-11th": "maj11", "minor-11th": "m11"},
    **{"dominant-13th": "13", "major-13th": "maj13", "minor-13th": "m13"},
    **{"suspended-second": "sus2", "suspended-fourth": "sus4"},
    **{"suspended-fourth-seventh": "7sus4"},
}


@pytest.mark.parametrize(("text", "meaning"), SPELLINGS.items())
def test_a_spelling_is_read_as_players_mean_it(text, meaning):
    chord = Chord.parse(text)
    assert (str(chord), chord.kind.intervals) == meaning


@pytest.mark.parametrize(
    ("text", "root", "quality", "bass"),
    [
        ("Bb7", "Bb", "7", ""),
        ("B♭7", "Bb", "7", ""),
        ("F♯m7/C♯", "F#", "m7", "C#"),
        ("Ebb", "Ebb", "", ""),
        ("F##dim", "F##", "dim", ""),
        ("C/E", "C", "", "E"),
        ("Bb-7/F", "Bb", "m7", "F"),
        ("G7/D♭", "G", "7", "Db"),
        ("C7/C", "C", "7", ""),
    ],
)
def test_root_quality_and_bass_are_told_apart(text, root, quality, bass):
    chord = Chord.parse(text)
    assert (chord.root, chord.quality, chord.bass) == (root, quality, bass)


@pytest.mark.parametrize("text", ["N.C.", "NC", "nc", "n.c.", "-"])
def test_no_chord_has_many_spellings_and_no_sound(text):
    assert Chord.parse(text) == NO_CHORD
    assert str(NO_CHORD) == "N.C."
    assert NO_CHORD.is_silent
    assert NO_CHORD.pitch_classes == ()
    assert NO_CHORD.root_pitch_class is None
    assert NO_CHORD.bass_pitch_class is None


@pytest.mark.parametrize(
    "text",
    ["", "H7", "c7", "C7x", "Cm7m", "C/", "C/H", "C#b7", "Cbbb", "C7//E", "C77", "Cb##", "C maj"],
)
def test_an_unreadable_chord_is_named_with_its_place(text):
    with pytest.raises(ChordError, match=r"^chords, bar 4, column 9: ") as caught:
        Chord.parse(text, bar=4, column=9)
    assert (caught.value.token, caught.value.bar, caught.value.column) == (text, 4, 9)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("arguments", [("H",), ("C", "m7m"), ("C", "", "X"), ("C", "7", "E4")])
def test_a_chord_cannot_be_made_of_nonsense(arguments):
    with pytest.raises(ChordError, match=r"expected a chord such as"):
        Chord(*arguments)


@given(chords)
def test_reading_what_a_chord_prints_gives_the_chord(chord):
    assert Chord.parse(str(chord)) == chord


def test_every_symbol_stands_for_itself():
    prefixes = ("", "m", "dim", "aug", "maj", "mmaj", "-j", "ø", "o", "Δ", "+")
    numbers = ("", "5", "6", "69", "7", "9", "11", "13")
    suspensions = ("", "sus4", "sus2")
    alterations = ("", "b5", "#5", "b9", "#9", "#11", "b13", "b5b9", "#5#9", "b9#11", "alt", "add9")
    readable = 0
    for parts in product(prefixes, numbers, suspensions, alterations):
        try:
            quality = parse_quality("".join(parts))
        except ValueError:
            continue
        readable += 1
        assert parse_quality(quality.symbol) == quality, parts
    assert readable > 1000


@pytest.mark.parametrize("symbol", QUALITIES)
def test_the_common_qualities_are_spelt_as_they_print(symbol):
    assert parse_quality(symbol).symbol == symbol


@pytest.mark.parametrize(("kind", "symbol"), MUSIC21_KINDS.items())
def test_chord_tones_are_those_of_music21(kind, symbol):
    theirs = {pitch.pitchClass for pitch in harmony.ChordSymbol(root="C", kind=kind).pitches}
    left_out = {5} if kind.endswith("13th") else set()
    assert set(parse_quality(symbol).intervals) == theirs - left_out


@given(chord=sounding_chords)
def test_chord_tones_stand_above_the_root(chord):
    root = pitch_class_of(chord.root)
    assert chord.pitch_classes[0] == root
    assert [(tone - root) % 12 for tone in chord.pitch_classes] == list(chord.kind.intervals)
    assert chord.bass_pitch_class == pitch_class_of(chord.bass or chord.root)


@pytest.mark.parametrize(
    ("symbol", "minor", "diminished"),
    [("m7", True, False), ("m7b5", True, False), ("dim7", True, True), ("7#9", False, False)],
)
def test_a_quality_knows_its_third_and_whether_it_is_diminished(symbol, minor, diminished):
    quality = parse_quality(symbol)
    assert (quality.is_minor, quality.is_diminished) == (minor, diminished)


@given(chord=chords, key=st.one_of(st.none(), keys), semitones=st.integers(-24, 24))
def test_transposing_moves_every_tone_and_the_bass(chord, key, semitones):
    moved = chord.transpose(semitones, key)
    tones = [(tone + semitones) % 12 for tone in chord.pitch_classes]
    assert list(moved.pitch_classes) == tones
    assert moved.quality == chord.quality
    if not chord.is_silent:
        assert moved.bass_pitch_class == (chord.bass_pitch_class + semitones) % 12


@given(chord=chords, key=keys)
def test_spelling_in_a_key_changes_no_sound_and_nothing_the_second_time(chord, key):
    spelt = chord.spelt_in(key)
    assert set(spelt.pitch_classes) == set(chord.pitch_classes)
    assert spelt.spelt_in(key) == spelt


@given(root=note_names, symbol=st.sampled_from(QUALITIES))
def test_a_bass_that_is_the_root_is_not_written(root, symbol):
    assert Chord(root, symbol, root) == Chord(root, symbol)


def test_diminished_passing_chords_are_spelt_upwards():
    assert str(Chord.parse("Gbdim7").spelt_in(Key("C"))) == "F#dim7"
    assert str(Chord.parse("A#7").spelt_in(Key("F"))) == "Bb7"


def test_every_chord_of_the_weimar_blues_is_read(shared_data):
    paths = sorted((shared_data / "blues" / "truth").glob("*.beats.csv"))
    found = set()
    for path in paths:
        with path.open(newline="", encoding="utf-8") as file:
            found |= {row["chord"] for row in csv.DictReader(file)} - {""}
    assert len(found) > 50
    for text in found:
        chord = Chord.parse(text)
        assert Chord.parse(str(chord)) == chord
