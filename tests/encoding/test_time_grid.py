import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.encoding import TimeGrid, snap
from lstmmusic.encoding.time_grid import ONSET, SOUNDING
from lstmmusic.score import Chord, Note, Part, Score, Timed
from tests.strategies import scores


def melody(*notes):
    return Score([Part(notes, "melody")])


def test_a_note_is_its_velocity_where_it_starts_and_ones_while_it_sounds():
    array = TimeGrid().encode(melody(Note(0.25, 0.5, 60, 77), Note(1, 1 / 3, 64, 99)))
    assert array.shape == (16, 1, 2, 128)
    onsets, sounding = array[:, 0, ONSET], array[:, 0, SOUNDING]
    assert dict(zip(*np.nonzero(onsets), strict=True)) == {3: 60, 12: 64}
    assert (onsets[3, 60], onsets[12, 64]) == (77, 99)
    assert np.flatnonzero(sounding[:, 60]).tolist() == list(range(3, 9))
    assert np.flatnonzero(sounding[:, 64]).tolist() == list(range(12, 16))
    assert sounding.sum() == 10


@pytest.mark.parametrize(
    ("onset", "duration", "snapped"),
    [
        (1 / 3, 1 / 3, (4, 4)),
        (0.25, 0.25, (3, 3)),
        (0.04, 0.5, (0, 6)),
        (1 / 24, 0.5, (1, 6)),
        (0.49, 0.001, (6, 1)),
        (0.5, 0.54, (6, 6)),
    ],
)
def test_onsets_and_ends_go_to_the_nearest_step(onset, duration, snapped):
    (note,) = TimeGrid().quantise(melody(Note(onset, duration, 60))).parts[0]
    assert (round(note.onset_quarters * 12), round(note.duration_quarters * 12)) == snapped


def test_a_note_ends_where_its_pitch_is_struck_again():
    score = melody(Note(0, 4, 60), Note(1, 1, 60), Note(1, 2, 62))
    (first, second, other) = TimeGrid().quantise(score).parts[0]
    assert (first.duration_quarters, second.duration_quarters) == (1, 1)
    assert other.duration_quarters == 2


def test_of_notes_that_fall_together_the_longest_stays():
    for lengths in ((1, 2), (2, 1)):
        score = melody(Note(0, lengths[0], 60), Note(0.01, lengths[1], 60))
        (note,) = TimeGrid().quantise(score).parts[0]
        assert note[:3] == (0, 2, 60)


def test_chords_snap_to_the_grid_and_stay_in_the_frame():
    c7, f7 = Chord("C", "7"), Chord("F", "7")
    score = Score(chords=[Timed(0.01, c7), Timed(1.97, f7)], length_quarters=4)
    grid = TimeGrid()
    decoded = grid.decode(grid.encode(score), score)
    assert decoded.chords == (Timed(0.0, c7), Timed(2.0, f7))


def test_a_finer_grid_holds_sixteenth_triplets():
    score = melody(*(Note(index / 6 + 1 / 24, 1 / 24, 60) for index in range(6)))
    assert grid_steps(TimeGrid(24).quantise(score), 24) == [(1 + 4 * k, 1) for k in range(6)]
    assert grid_steps(TimeGrid(12).quantise(score), 24) == [(2 + 4 * k, 2) for k in range(6)]


def grid_steps(score, steps_per_quarter):
    return [
        tuple(round(quarters * steps_per_quarter) for quarters in note[:2])
        for note in score.parts[0]
    ]


@given(scores())
def test_nothing_moves_by_more_than_half_a_step(score):
    for before, after in zip(score.parts, TimeGrid().quantise(score).parts, strict=True):
        places = after.notes["onset_quarters"]
        for onset in before.notes["onset_quarters"]:
            assert np.abs(places - onset).min() <= 1 / 24 + 1e-9


@given(st.lists(st.floats(0, 1000), min_size=2).map(sorted))
def test_neighbours_never_swap(places):
    assert (np.diff(snap(np.array(places), 1 / 12)) >= 0).all()
