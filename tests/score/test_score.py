from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.errors import InputError
from lstmmusic.score import NO_CHORD, Chord, Key, Metre, Note, Part, Score, TempoMap, Timed
from tests.strategies import parts, scores

MIDDLE = st.integers(24, 103)
semitones = st.integers(-24, 24)


def sounds(score):
    """What is heard, whatever it is called."""
    return (
        [part.notes.tolist() for part in score.parts],
        [
            (onset, frozenset(chord.pitch_classes), chord.bass_pitch_class)
            for onset, chord in score.chords
        ],
        [(onset, key.pitch_class, key.mode) for onset, key in score.keys],
    )


@given(score=scores(pitches=MIDDLE), semitones=semitones)
def test_transposing_up_and_down_gives_back_every_sound(score, semitones):
    assert sounds(score.transpose(semitones).transpose(-semitones)) == sounds(score)


@given(score=scores(pitches=MIDDLE), semitones=semitones)
def test_transposing_up_and_down_gives_back_every_name_of_a_spelt_score(score, semitones):
    spelt = score.spelt()
    assert spelt.transpose(semitones).transpose(-semitones) == spelt


@given(score=scores(pitches=MIDDLE), semitones=semitones)
def test_transposing_moves_pitches_chords_and_keys_alike(score, semitones):
    moved = score.transpose(semitones)
    for before, after in zip(score.parts, moved.parts, strict=True):
        shift = 0 if before.is_drum else semitones
        assert (after.notes["pitch"] - before.notes["pitch"] == shift).all()
        assert after == replace(before, notes=after.notes)
    for (onset, before), (new_onset, after) in zip(score.chords, moved.chords, strict=True):
        assert new_onset == onset
        assert set(after.pitch_classes) == {(t + semitones) % 12 for t in before.pitch_classes}
    assert [key.pitch_class for _, key in moved.keys] == [
        (key.pitch_class + semitones) % 12 for _, key in score.keys
    ]
    assert replace(moved, parts=(), chords=(), keys=()) == replace(
        score, parts=(), chords=(), keys=()
    )


@given(scores())
def test_spelling_changes_no_sound_and_nothing_the_second_time(score):
    assert sounds(score.spelt()) == sounds(score)
    assert score.spelt().spelt() == score.spelt()


def test_chords_are_spelt_in_the_key_of_arrival():
    score = Score(
        chords=[Timed(0.0, Chord("C", "7")), Timed(8.0, Chord("F", "7"))],
        keys=[Timed(0.0, Key("C")), Timed(8.0, Key("F"))],
    )
    moved = score.transpose(1)
    assert [str(key) for _, key in moved.keys] == ["Db", "Gb"]
    assert [str(chord) for _, chord in moved.chords] == ["Db7", "Gb7"]


def test_a_pitch_that_leaves_the_range_is_refused():
    score = Score([Part([Note(0, 1, 120)])])
    with pytest.raises(InputError, match=r"^pitch: expected 0 to 127, got 132"):
        score.transpose(12)


@given(part=parts(), data=st.data())
def test_notes_are_kept_sorted_in_any_order_given(part, data):
    shuffled = data.draw(st.permutations(list(part)))
    assert replace(part, notes=shuffled) == part
    places = part.notes[["onset_quarters", "pitch"]].tolist()
    assert places == sorted(places)


def test_controls_at_one_place_keep_their_order():
    coarse_tuning = [(0.0, 101, 0), (0.0, 100, 2), (0.0, 6, 64)]
    part = Part([Note(0, 1, 60)], controls=[(1.0, 7, 90), *coarse_tuning], bends=[(2.0, 5)])
    assert part.controls.tolist() == [*coarse_tuning, (1.0, 7, 90)]
    bends = [(0.0, 100), (0.0, -100)]
    assert Part(bends=bends).bends.tolist() == bends


def test_a_part_cannot_be_changed():
    part = Part([Note(0, 1, 60)])
    with pytest.raises(ValueError, match=r"read-only"):
        part.notes["pitch"] = 61


def test_a_part_takes_a_copy_of_its_table():
    table = Part([Note(0, 1, 60)]).notes.copy()
    part = Part(table)
    table["pitch"] = 72
    assert part.notes["pitch"].tolist() == [60]


@pytest.mark.parametrize(
    ("note", "message"),
    [
        (Note(0, 1, 128), "^pitch: expected 0 to 127, got 128"),
        (Note(0, 1, -1), "^pitch: expected 0 to 127, got -1"),
        (Note(0, 1, 60, 0), "^velocity: expected 1 to 127, got 0"),
        (Note(0, 1, 60, 128), "^velocity: expected 1 to 127, got 128"),
        (Note(-0.5, 1, 60), "^onset_quarters: expected 0 to inf, got -0.5"),
        (Note(float("nan"), 1, 60), "^onset_quarters: expected 0 to inf, got nan"),
        (Note(0, 0, 60), "^duration: expected more than 0 quarters, got 0"),
        (Note(0, float("nan"), 60), "^duration: expected more than 0 quarters, got nan"),
    ],
)
def test_a_note_out_of_range_is_refused(note, message):
    with pytest.raises(InputError, match=message):
        Part([Note(0, 1, 60), note])


@pytest.mark.parametrize("program", [-1, 128])
def test_a_programme_out_of_range_is_refused(program):
    with pytest.raises(InputError, match=rf"^program: expected 0 to 127, got {program}"):
        Part(program=program)


@pytest.mark.parametrize(
    ("notes", "is_monophonic"),
    [
        ([], True),
        ([Note(0, 1, 60), Note(1, 1, 62)], True),
        ([Note(0, 1.0005, 60), Note(1, 1, 62)], True),
        ([Note(0, 1.1, 60), Note(1, 1, 62)], False),
        ([Note(0, 1, 60), Note(0, 1, 64)], False),
    ],
)
def test_a_part_is_monophonic_where_no_note_starts_early(notes, is_monophonic):
    assert Part(notes).is_monophonic is is_monophonic


@pytest.mark.parametrize(
    "change",
    [
        {"notes": [Note(0, 1, 61)]},
        {"name": "bass"},
        {"program": 33},
        {"is_drum": True},
        {"controls": [(0.0, 7, 100)]},
        {"bends": [(0.0, 1)]},
    ],
)
def test_parts_that_differ_in_anything_are_unequal(change):
    part = Part([Note(0, 1, 60)], name="melody", program=65)
    assert part != replace(part, **change)
    assert replace(part, **change) == replace(part, **change)


def test_the_length_is_at_least_that_of_the_longest_part():
    parts = [Part([Note(0, 9, 60)]), Part([Note(4, 2, 60)])]
    assert Score(parts).length_quarters == 9
    assert Score(parts, length_quarters=8).length_quarters == 9
    assert Score(parts, length_quarters=12).length_quarters == 12


@pytest.mark.parametrize("metres", [(), (Timed(4.0, Metre()),)])
def test_a_score_begins_with_a_metre(metres):
    with pytest.raises(InputError, match=r"^metres: expected a first metre at 0 quarters"):
        Score(metres=metres)


@pytest.mark.parametrize(
    ("quarters", "bar"),
    [(0, 0), (0.99, 0), (1, 1), (4.9, 1), (5, 2), (9 - 1e-9, 3), (11.9, 3), (12, 4), (14.9, 4)],
)
def test_bars_are_counted_from_one_after_the_pickup(quarters, bar):
    score = Score(
        metres=[Timed(0.0, Metre(4, 4)), Timed(9.0, Metre(3, 4))],
        pickup_quarters=1.0,
        length_quarters=15.0,
    )
    assert score.bar_starts.tolist() == [1, 5, 9, 12]
    assert score.n_bars == 4
    assert score.bar_at(quarters) == bar


@given(scores())
def test_every_bar_contains_its_start_and_what_follows(score):
    starts = score.bar_starts
    for number, start in enumerate(starts, start=1):
        assert score.bar_at(start) == number
    for number, middle in enumerate((starts[:-1] + starts[1:]) / 2, start=1):
        assert score.bar_at(middle) == number
    if score.pickup_quarters:
        assert score.bar_at(score.pickup_quarters / 2) == 0


def test_a_chord_holds_until_the_next():
    c7, f7 = Chord("C", "7"), Chord("F", "7")
    score = Score(chords=[Timed(1.0, c7), Timed(4.0, f7)])
    found = [score.chord_at(place) for place in (0, 1, 3.9, 4, 100)]
    assert found == [NO_CHORD, c7, c7, f7, f7]


def test_a_key_holds_until_the_next_and_the_first_before_it_begins():
    score = Score(keys=[Timed(2.0, Key("C")), Timed(4.0, Key("F"))])
    assert [score.key_at(place) for place in (0, 2, 3.9, 4)] == [
        Key("C"),
        Key("C"),
        Key("C"),
        Key("F"),
    ]
    assert score.key == Key("C")
    assert Score().key is None
    assert Score().key_at(3) is None


def test_tempo_counts_felt_beats():
    slow = Score(metres=[Timed(0.0, Metre(12, 8))], tempo_map=TempoMap.constant(90))
    assert slow.tempo_bpm == 60
    assert Score(tempo_map=TempoMap.constant(90)).tempo_bpm == 90


def test_a_piece_sounds_as_long_as_its_tempi_say():
    score = Score(tempo_map=TempoMap(((0, 120), (4, 60))), length_quarters=6)
    assert score.seconds == 4


def test_a_part_is_found_by_name():
    melody, bass = Part(name="melody"), Part(name="bass")
    assert Score([melody, bass]).part("bass") is bass


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (Score([Part(name="melody")]), "^part: expected one of 'melody', got 'bass'"),
        (Score(), "^part: expected one of no parts, got 'bass'"),
    ],
)
def test_a_missing_part_is_named_with_those_there_are(score, message):
    with pytest.raises(InputError, match=message):
        score.part("bass")


def test_the_end_of_a_part_is_the_end_of_its_last_sound():
    part = Part([Note(0, 8, 48), Note(1, 1, 60)])
    assert part.end_quarters == 8
    assert Part().end_quarters == 0
    assert len(part) == 2
    np.testing.assert_array_equal(part.notes["onset_quarters"], [0, 1])
