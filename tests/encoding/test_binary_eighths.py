import numpy as np
import pytest

from lstmmusic.encoding import BinaryEighthGrid
from lstmmusic.score import Chord, Key, Metre, Note, Part, Score, Timed, form_named, place_chart

GRID = BinaryEighthGrid()


def units(array, step):
    return np.flatnonzero(array[step]).tolist()


def test_chords_are_folded_into_the_octave_from_chord_low():
    score = Score(chords=[Timed(0.0, Chord("F", "7")), Timed(1.0, Chord())], length_quarters=2)
    array = GRID.encode(score)
    assert array.shape == (4, 25)
    assert array.dtype == np.uint8
    assert units(array, 0) == units(array, 1) == [0, 3, 5, 9]
    assert units(array, 2) == []


@pytest.mark.parametrize(
    ("pitch", "unit"), [(60, 12), (71, 23), (72, 24), (59, 23), (73, 13), (84, 12), (48, 12)]
)
def test_a_melody_is_folded_into_thirteen_units_above(pitch, unit):
    array = GRID.encode(Score([Part([Note(0, 0.5, pitch)], "melody")]))
    assert units(array, 0) == [unit]


def test_a_held_note_and_repeated_eighths_look_the_same():
    held = Score([Part([Note(0, 1, 60)], "melody")])
    repeated = Score([Part([Note(0, 0.5, 60), Note(0.5, 0.5, 60)], "melody")])
    np.testing.assert_array_equal(GRID.encode(held), GRID.encode(repeated))


def test_a_short_note_lasts_one_step():
    array = GRID.encode(Score([Part([Note(0.3, 0.1, 60)], "melody")], length_quarters=2))
    assert np.flatnonzero(array[:, 12]).tolist() == [1]


def test_units_become_notes_of_two_parts():
    array = np.zeros((6, 25), np.uint8)
    array[0:4, 0] = array[2:4, 4] = array[1:3, 24] = array[5, 24] = 1
    chords, melody = GRID.decode(array, Score()).parts
    assert (chords.name, melody.name) == ("chords", "melody")
    assert [note[:3] for note in chords] == [(0, 2, 48), (1, 1, 52)]
    assert [note[:3] for note in melody] == [(0.5, 1, 72), (2.5, 0.5, 72)]


def test_a_chorus_of_the_study_has_96_steps_of_eight_chord_changes():
    blues = place_chart(form_named("standard").bars(Key("C")), Metre())
    array = GRID.encode(Score(chords=blues, length_quarters=48))
    assert array.shape == (96, 25)
    changes = np.flatnonzero(np.any(np.diff(array.astype(int), axis=0), axis=1)) + 1
    assert (changes / 8).tolist() == [4, 6, 8, 9, 10]


def test_without_melody_the_chords_are_not_taken_for_one():
    score = Score(chords=[Timed(0.0, Chord("C"))], length_quarters=4)
    melody = GRID.quantise(GRID.quantise(score)).part("melody")
    assert len(melody) == 0


def test_another_register_moves_both_parts():
    low = BinaryEighthGrid(chord_low=45)
    score = Score(
        [Part([Note(0, 1, 57)], "melody")], chords=[Timed(0.0, Chord("A"))], length_quarters=1
    )
    chords, melody = low.quantise(score).parts
    assert chords.notes["pitch"].tolist() == [45, 49, 52]
    assert melody.notes["pitch"].tolist() == [57]
