import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.errors import InputError
from lstmmusic.score import Key
from lstmmusic.score.pitch import pitch_class_of
from tests.strategies import keys

SIGNATURES = {
    **{"Cb": -7, "Gb": -6, "Db": -5, "Ab": -4, "Eb": -3, "Bb": -2, "F": -1, "C": 0},
    **{"G": 1, "D": 2, "A": 3, "E": 4, "B": 5, "F#": 6, "C#": 7},
    **{"Abm": -7, "Ebm": -6, "Bbm": -5, "Fm": -4, "Cm": -3, "Gm": -2, "Dm": -1, "Am": 0},
    **{"Em": 1, "Bm": 2, "F#m": 3, "C#m": 4, "G#m": 5, "D#m": 6, "A#m": 7},
}


@pytest.mark.parametrize(("text", "signature"), SIGNATURES.items())
def test_a_key_knows_its_signature_and_a_signature_its_key(text, signature):
    key = Key.parse(text)
    assert key.signature == signature
    assert Key.from_signature(signature, key.mode) == key


@given(keys)
def test_reading_what_a_key_prints_gives_the_key(key):
    assert Key.parse(str(key)) == key


@pytest.mark.parametrize(
    ("text", "tonic", "mode"),
    [
        ("bb", "Bb", "major"),
        ("B♭", "Bb", "major"),
        ("F♯ minor", "F#", "minor"),
        ("a min", "A", "minor"),
        ("A-", "A", "minor"),
        ("bb m", "Bb", "minor"),
        (" Eb major ", "Eb", "major"),
        ("CM", "C", "major"),
        ("Gmaj", "G", "major"),
        ("d", "D", "major"),
    ],
)
def test_spellings_of_keys_are_read(text, tonic, mode):
    assert Key.parse(text) == Key(tonic, mode)


@pytest.mark.parametrize(
    ("written", "plain"), [("A#", "Bb"), ("D#", "Eb"), ("G#", "Ab"), ("Fb", "E"), ("B#", "C")]
)
def test_tonics_with_more_than_seven_accidentals_take_their_other_name(written, plain):
    assert Key(written).tonic == plain


@pytest.mark.parametrize("text", ["H", "", "C##", "Cm7", "X minor", "C majors", "7"])
def test_other_texts_are_no_keys(text):
    with pytest.raises(InputError, match=r"^key: expected a key such as C, Bb, F# or Am, got"):
        Key.parse(text)


def test_another_mode_is_refused():
    with pytest.raises(InputError, match=r"^mode: expected major or minor, got 'dorian'"):
        Key("C", "dorian")


@given(key=keys, semitones=st.integers(-30, 30))
def test_transposing_moves_the_tonic_and_keeps_the_mode(key, semitones):
    moved = key.transpose(semitones)
    assert moved.pitch_class == (key.pitch_class + semitones) % 12
    assert moved.mode == key.mode
    assert abs(moved.signature) <= 6


@given(key=keys, semitones=st.integers(-30, 30))
def test_transposing_a_plain_key_up_and_down_gives_it_back(key, semitones):
    plain = key.transpose(0)
    assert plain.transpose(semitones).transpose(-semitones) == plain


@given(key=keys, pitch=st.integers(0, 127), rising=st.booleans())
def test_names_in_a_key_sound_as_they_must(key, pitch, rising):
    assert pitch_class_of(key.note_name(pitch)) == pitch % 12
    assert pitch_class_of(key.chord_root_name(pitch % 12, rising)) == pitch % 12


def test_blues_in_c_is_spelt_on_the_flat_side():
    names = [Key("C").chord_root_name(pitch_class) for pitch_class in range(12)]
    assert names == ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]


def test_diminished_chords_climb():
    rising = [Key("C").chord_root_name(degree, rising=True) for degree in (1, 3, 6, 8)]
    assert rising == ["C#", "D#", "F#", "G#"]


def test_blue_notes_are_flat_thirds_fifths_and_sevenths():
    assert [Key("C").note_name(60 + degree) for degree in (3, 6, 10)] == ["Eb", "Gb", "Bb"]
    assert [Key("E").note_name(64 + degree) for degree in (3, 6, 10)] == ["G", "Bb", "D"]
