import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.score.pitch import FLAT_NAMES, fifths_of, name_of, pitch_class_of, plain_name

LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@given(st.integers(-40, 40))
def test_a_name_and_its_place_on_the_line_of_fifths_are_inverse(fifths):
    assert fifths_of(name_of(fifths)) == fifths


@given(letter=st.sampled_from(sorted(LETTERS)), sign=st.sampled_from("#b"), count=st.integers(0, 4))
def test_each_accidental_moves_a_letter_by_one_semitone(letter, sign, count):
    shift = count if sign == "#" else -count
    assert pitch_class_of(letter + sign * count) == (LETTERS[letter] + shift) % 12


@given(st.integers(-40, 40))
def test_a_fifth_is_seven_semitones(fifths):
    step = pitch_class_of(name_of(fifths + 1)) - pitch_class_of(name_of(fifths))
    assert step % 12 == 7


@given(st.integers(-40, 40))
def test_plain_names_sound_the_same_and_have_one_accidental_at_most(fifths):
    plain = plain_name(fifths)
    assert pitch_class_of(plain) == pitch_class_of(name_of(fifths))
    assert len(plain) <= 2
    assert plain not in {"Cb", "Fb", "E#", "B#"}


def test_a_plain_name_stays_as_it_is_where_it_can():
    for name in ("C", "Gb", "F#", "Db", "C#", "A#"):
        assert plain_name(fifths_of(name)) == name


def test_flat_names_stand_at_their_pitch_class():
    assert [pitch_class_of(name) for name in FLAT_NAMES] == list(range(12))


@pytest.mark.parametrize("text", ["", "H", "c", "C#b", "C4", "♭", " C"])
def test_other_texts_are_no_note_names(text):
    with pytest.raises(ValueError, match=r"not a note name"):
        fifths_of(text)
