"""MIDI written and read again: every event on its old tick."""

import io
from dataclasses import replace
from unittest.mock import patch

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.errors import InputError
from lstmmusic.io import format_midi, midi_read, parse_midi
from lstmmusic.score import COUNT_IN, Metre, Note, Part, Score, TempoMap, Timed
from tests.strategies import labels, scores

METAL = Part([Note(0, 1, 60)], program=30)


def in_ticks(score):
    """The score with its length on a tick: a sum of two floats may miss it by their last bit."""
    clock = score.ticks_per_quarter
    return replace(score, length_quarters=round(score.length_quarters * clock) / clock)


@given(scores())
def test_reading_what_was_written_gives_the_score(score):
    assert in_ticks(parse_midi(format_midi(score))) == in_ticks(score)


@given(scores())
def test_writing_twice_gives_equal_bytes(score):
    assert format_midi(score) == format_midi(replace(score))


@given(scores())
def test_both_libraries_read_the_same_score(score):
    data = format_midi(score)
    with patch.object(midi_read, "_read_symusic", side_effect=RuntimeError("refused")):
        read_by_mido = parse_midi(data)
    assert read_by_mido == parse_midi(data)


@given(scores())
def test_mido_finds_the_notes_on_their_ticks(score):
    clock = score.ticks_per_quarter
    file = mido.MidiFile(file=io.BytesIO(format_midi(score)))
    for track, part in zip(file.tracks[1:], score.parts, strict=True):
        tick, found, sounding = 0, [], {}
        for message in track:
            tick += message.time
            if message.type == "note_on":
                assert (message.channel == 9) == part.is_drum
                sounding[message.note] = (tick, message.velocity)
            elif message.type == "note_off":
                onset, velocity = sounding.pop(message.note)
                found.append((onset, tick - onset, message.note, velocity))
        assert not sounding
        expected = [
            (round(n.onset_quarters * clock), round(n.duration_quarters * clock), *n[2:])
            for n in part
        ]
        assert sorted(found) == sorted(expected)


@given(onset=st.floats(0, 100), length=st.floats(1e-6, 10), clock=st.sampled_from([96, 960]))
def test_notes_between_ticks_go_to_the_nearest(onset, length, clock):
    score = Score([Part([Note(onset, length, 60)])], ticks_per_quarter=clock)
    (note,) = parse_midi(format_midi(score)).parts[0]
    assert abs(note.onset_quarters - onset) * clock <= 0.5 + 1e-6
    assert note.duration_quarters == max(round(length * clock), 1) / clock


def test_a_note_ends_where_its_pitch_is_struck_again():
    part = Part([Note(0, 4, 60), Note(1, 1, 60), Note(1, 4, 64)])
    read = parse_midi(format_midi(Score([part]))).parts[0]
    assert [note[:3] for note in read] == [(0, 1, 60), (1, 1, 60), (1, 4, 64)]


def test_a_count_in_is_a_bar_0_as_long_as_the_others():
    score = Score(
        [Part([Note(4, 1, 60)])],
        sections=[Timed(0.0, COUNT_IN), Timed(4.0, "Chorus 1")],
        pickup_quarters=4.0,
        length_quarters=12.0,
    )
    read = parse_midi(format_midi(score))
    assert read == score
    assert read.bar_at(4) == 1


@pytest.mark.parametrize("pickup", [1 / 3, 1 / 32])
def test_a_pickup_that_no_metre_can_say_is_refused(pickup):
    with pytest.raises(InputError, match=r"^pickup_quarters: expected .* 64th"):
        format_midi(Score(pickup_quarters=pickup, length_quarters=4))


def test_a_pickup_of_more_than_64_64ths_is_refused():
    score = Score(metres=[Timed(0.0, Metre(3, 2))], pickup_quarters=65 / 16, length_quarters=6)
    with pytest.raises(InputError, match=r"^pickup_quarters: expected at most 64 notes"):
        format_midi(score)


def test_a_tempo_too_slow_for_midi_becomes_the_slowest_it_can_say():
    read = parse_midi(format_midi(Score([METAL], tempo_map=TempoMap.constant(1))))
    assert read.tempo_map.quarter_bpm == pytest.approx(60e6 / (2**24 - 1))


def test_fifteen_programmes_may_share_any_number_of_parts():
    parts = [replace(METAL, program=index % 15, name=str(index)) for index in range(40)]
    assert parse_midi(format_midi(Score(parts))).parts == tuple(parts)


def test_fifteen_pitched_parts_and_any_drums_keep_channels_of_their_own():
    drums = [replace(METAL, program=0, is_drum=True)] * 3
    pitched = [replace(METAL, controls=[(0.0, 7, volume)]) for volume in range(15)]
    score = Score([*drums, *pitched])
    file = mido.MidiFile(file=io.BytesIO(format_midi(score)))
    channels = [next(m.channel for m in track if m.type == "note_on") for track in file.tracks[1:]]
    assert channels[:3] == [9, 9, 9]
    assert sorted(channels[3:]) == [channel for channel in range(16) if channel != 9]
    assert parse_midi(format_midi(score)).parts == score.parts


def test_a_sixteenth_programme_is_refused():
    parts = [replace(METAL, program=index) for index in range(16)]
    with pytest.raises(InputError, match=r"^parts: expected at most 15 different pitched prog"):
        format_midi(Score(parts))


@given(title=labels, name=labels)
def test_names_in_any_script_survive(title, name):
    score = Score([replace(METAL, name=name)], title=title)
    read = parse_midi(format_midi(score))
    assert (read.title, read.parts[0].name) == (title, name)


def test_parts_without_notes_are_left_out_on_reading():
    score = Score([Part(controls=[(0.0, 7, 100)], name="silence"), METAL])
    assert parse_midi(format_midi(score)).parts == (METAL,)


def test_events_are_ordered_so_that_a_note_ends_before_it_starts_again():
    data = format_midi(Score([Part([Note(0, 1, 60), Note(1, 1, 60)])]))
    track = mido.MidiFile(file=io.BytesIO(data)).tracks[1]
    kinds = [message.type for message in track if message.type.startswith("note")]
    assert kinds == ["note_on", "note_off", "note_on", "note_off"]
    onsets = parse_midi(data).parts[0].notes["onset_quarters"]
    np.testing.assert_array_equal(onsets, [0, 1])
