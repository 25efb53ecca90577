import numpy as np
import pytest

from lstmmusic.analysis.sounding import listen
from lstmmusic.score import Metre, Note, Part, Score, Timed


@pytest.mark.parametrize(
    ("metre", "edges"),
    [
        ("4/4", [0, 2, 4]),
        ("3/4", [0, 2, 3]),
        ("2/4", [0, 1, 2]),
        ("6/8", [0, 1.5, 3]),
        ("9/8", [0, 3, 4.5]),
        ("12/8", [0, 3, 6]),
        ("5/4", [0, 3, 5]),
        ("6/4", [0, 3, 6]),
        ("7/4", [0, 4, 7]),
        ("1/4", [0, 1]),
    ],
)
def test_bars_are_cut_in_two_at_a_felt_beat(metre, edges):
    metre = Metre.parse(metre)
    heard = listen(Score(metres=[Timed(0.0, metre)], length_quarters=metre.bar_quarters), None)
    assert heard.edges.tolist() == edges
    assert heard.is_bar.tolist() == [True, False][: len(edges) - 1]
    assert heard.slot_beats.sum() == metre.n_beats


def test_slots_follow_pickup_metre_changes_and_bars_cut_short():
    metres = [Timed(0.0, Metre(4, 4)), Timed(6.0, Metre(3, 4))]  # the second bar has one beat
    heard = listen(Score(metres=metres, pickup_quarters=1.0, length_quarters=9), None)
    assert heard.edges.tolist() == [1, 3, 5, 6, 8, 9]
    assert heard.is_bar.tolist() == [True, False, True, True, False]


def test_notes_weigh_what_they_last_in_felt_beats_and_a_quarter_for_the_attack():
    shuffle = listen(Score([Part([Note(1, 2, 60)])]), 0)
    slow = listen(Score([Part([Note(1.5, 3, 72)])], metres=[Timed(0.0, Metre(12, 8))]), 0)
    assert shuffle.melody[:, 0].tolist() == [1.25, 1.0]
    np.testing.assert_array_equal(slow.melody, shuffle.melody)


def test_a_note_just_before_the_bar_line_belongs_to_the_bar():
    heard = listen(Score([Part([Note(3.9, 1.1, 60)])], length_quarters=8), 0)
    assert heard.melody[:, 0].tolist() == [0, 0, 1.25, 0]


def test_parts_are_sorted_into_melody_bass_and_the_rest():
    tune, bass = Part([Note(0, 1, 62)]), Part([Note(0, 1, 40)], "bass")
    chords = Part([Note(0, 1, pitch) for pitch in (60, 64, 67)])
    drums = Part([Note(0, 1, 66)], is_drum=True)
    heard = listen(Score([drums, bass, chords, tune]), 3)
    assert np.flatnonzero(heard.melody.any(axis=0)).tolist() == [2]
    assert np.flatnonzero(heard.bass.any(axis=0)).tolist() == [4]
    assert np.flatnonzero(heard.others.any(axis=0)).tolist() == [0, 4, 7]
    assert np.flatnonzero(heard.lowest.any(axis=0)).tolist() == [0]


def test_the_top_of_a_melody_in_chords_is_the_melody_and_the_rest_goes_with_it():
    heard = listen(Score([Part([Note(0.0, 1, 72), Note(0.01, 1, 64), Note(0.015, 1, 60)])]), 0)
    assert np.flatnonzero(heard.melody.any(axis=0)).tolist() == [0]
    assert np.flatnonzero(heard.others.any(axis=0)).tolist() == [0, 4]


def test_a_bass_weighs_more_where_a_slot_begins():
    bass = Part([Note(0, 1, 36), Note(1, 1, 43)], "bass")
    heard = listen(Score([bass]), None)
    assert heard.bass[0, [0, 7]].tolist() == [2.25, 1.25]


def test_nothing_sounds_in_an_empty_score():
    heard = listen(Score(), None)
    assert heard.melody.shape == (0, 12)
    assert heard.edges.tolist() == [0]
