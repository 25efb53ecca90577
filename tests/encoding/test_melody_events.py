import numpy as np
import pytest
from hypothesis import given

from lstmmusic.encoding import MelodyEvents, melody_part, steps_per_bar
from lstmmusic.io import load
from lstmmusic.score import Metre, Note, Part, Score, Timed
from tests.strategies import scores

EVENTS = MelodyEvents()


def rows(*notes, **fields):
    return EVENTS.encode(Score([Part(notes)], **fields)).tolist()


def test_events_are_onset_duration_and_pitch_in_twelfths_of_a_beat():
    notes = [Note(0, 1, 60), Note(4 / 3, 2 / 3, 63), Note(2.25, 0.25, 58)]
    assert rows(*notes) == [[0, 12, 60], [16, 8, 63], [27, 3, 58]]


def test_a_slow_blues_in_12_8_looks_like_a_shuffle_in_4_4():
    shuffle = rows(Note(0, 2 / 3, 60), Note(2 / 3, 1 / 3, 63), Note(3, 1, 67))
    slow = rows(
        *(Note(0, 1, 60), Note(1, 0.5, 63), Note(4.5, 1.5, 67)), metres=[Timed(0.0, Metre(12, 8))]
    )
    assert slow == shuffle
    assert steps_per_bar(Metre(12, 8)) == steps_per_bar(Metre(4, 4)) == 48


def test_a_pickup_is_negative():
    assert rows(Note(0, 0.5, 60), Note(1, 1, 62), pickup_quarters=1.0) == [
        [-12, 6, 60],
        [0, 12, 62],
    ]


def test_of_notes_that_start_together_the_highest_counts():
    assert rows(Note(0, 1, 60), Note(0.01, 2, 67), Note(0, 1, 64)) == [[0, 24, 67]]


def test_a_note_ends_where_the_next_begins():
    assert rows(Note(0, 4, 60), Note(1, 1, 62)) == [[0, 12, 60], [12, 12, 62]]


def test_a_short_note_lasts_one_step():
    assert rows(Note(0, 0.001, 60)) == [[0, 1, 60]]


def test_a_piece_without_melody_has_no_events():
    drums = Part([Note(0, 1, 36)], is_drum=True)
    assert EVENTS.encode(Score([drums, Part(name="melody")])).shape == (0, 3)


def test_decoding_gives_one_part_that_keeps_the_instrument():
    frame = Score(
        [Part([Note(0, 1, 60)], "tenor sax", program=66)], title="Blue", length_quarters=9
    )
    decoded = EVENTS.decode(np.array([[12, 6, 65]]), frame)
    assert [note[:3] for note in decoded.part("melody")] == [(1, 0.5, 65)]
    assert decoded.part("melody").program == 66
    assert (decoded.title, decoded.length_quarters, len(decoded.parts)) == ("Blue", 9, 1)


@given(scores())
def test_events_are_one_voice_in_order(score):
    onsets, durations, _ = EVENTS.encode(score).T
    assert (durations >= 1).all()
    assert (onsets[1:] >= onsets[:-1] + durations[:-1]).all()


LOW = Part([Note(0, 1, 40), Note(1, 1, 43), Note(2, 1, 45)], "bass")
HIGH = Part([Note(0, 1, 70), Note(1, 1, 72), Note(2, 1, 74)], "x")
BLOCKS = Part([Note(beat, 1, pitch) for beat in range(3) for pitch in (60, 64, 67)], "piano")
DRUMS = Part([Note(index / 4, 0.25, 90) for index in range(99)], "melody", is_drum=True)


@pytest.mark.parametrize(
    ("parts", "melody"),
    [
        ([LOW, HIGH], HIGH),
        ([HIGH, LOW, BLOCKS], HIGH),
        ([BLOCKS, LOW], LOW),
        ([HIGH, Part([Note(0, 1, 40)], "Lead Guitar")], Part([Note(0, 1, 40)], "Lead Guitar")),
        ([DRUMS, LOW], LOW),
        ([DRUMS], None),
        ([Part(name="melody"), LOW], LOW),
        ([], None),
    ],
)
def test_the_melody_is_the_part_named_so_or_the_most_melodic(parts, melody):
    assert melody_part(Score(parts)) == melody


def test_real_solos_are_found_by_their_part(shared_data):
    score = load(shared_data / "blues" / "Sonny_Rollins__Blue_Seven__379.mid")
    assert melody_part(score).name.startswith("melody")
    assert melody_part(score).is_monophonic
