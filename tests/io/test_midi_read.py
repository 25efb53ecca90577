"""What other people's MIDI files say."""

import csv
import io
from unittest.mock import Mock

import mido
import pytest

from lstmmusic.errors import InputError
from lstmmusic.io import midi_read, parse_midi, read_midi
from lstmmusic.score import Chord, Key, Metre, Timed

ON, OFF = mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=480)


def text(kind, words, time=0):
    return mido.MetaMessage(kind, text=words, time=time)


def metre(numerator, denominator, time=0):
    return mido.MetaMessage(
        "time_signature", numerator=numerator, denominator=denominator, time=time
    )


def midi(*tracks, clock=480, charset="latin-1", kind=1):
    file = mido.MidiFile(type=kind, ticks_per_beat=clock, charset=charset)
    file.tracks.extend(mido.MidiTrack(track) for track in tracks)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["marker", "text"])
def test_chord_symbols_are_taken_from_markers_and_texts(kind):
    data = midi([text(kind, "chord=Eb-7/Bb"), text(kind, "chord= NC ", 960), ON, OFF])
    assert parse_midi(data).chords == (Timed(0.0, Chord("Eb", "m7", "Bb")), Timed(2.0, Chord()))


def test_markers_that_say_nothing_of_ours_are_sections():
    labels = ["Chorus 1", "chord=ridiculous", "end of it"]
    data = midi([text("marker", words, 480) for words in labels] + [ON, OFF])
    assert parse_midi(data).sections == tuple(
        Timed(float(index + 1), words) for index, words in enumerate(labels)
    )


def test_other_texts_are_not_sections():
    assert parse_midi(midi([text("text", "by someone"), ON, OFF])).sections == ()


def test_the_end_marker_says_where_a_piece_ends_that_closes_with_a_rest():
    score = parse_midi(midi([ON, OFF, text("marker", "end", 960)]))
    assert score.length_quarters == 3
    assert score.sections == ()


def test_the_feel_is_read_from_its_marker():
    assert parse_midi(midi([text("marker", "feel=Swing"), ON, OFF])).feel == "Swing"


def test_a_file_without_time_signature_says_no_metre():
    score = parse_midi(midi([ON, OFF]))
    assert score.metres == (Timed(0.0, Metre(4, 4)),)
    assert not score.metre_is_known


@pytest.mark.parametrize("signature", [metre(4, 4), metre(3, 4)])
def test_a_time_signature_is_known(signature):
    assert parse_midi(midi([signature, ON, OFF])).metre_is_known


def test_an_absurd_time_signature_alone_says_no_metre():
    assert not parse_midi(midi([metre(0, 4), ON, OFF])).metre_is_known


def test_a_single_short_first_bar_is_a_pickup():
    score = parse_midi(midi([metre(1, 4), metre(4, 4, 480), ON, OFF]))
    assert score.pickup_quarters == 1
    assert score.metres == (Timed(0.0, Metre(4, 4)),)


@pytest.mark.parametrize(
    "signatures",
    [
        [metre(3, 4), metre(4, 4, 2 * 3 * 480)],
        [metre(4, 4), metre(3, 4, 4 * 480)],
        [metre(1, 4), metre(4, 4, 720)],
    ],
)
def test_other_changes_of_metre_are_no_pickup(signatures):
    score = parse_midi(midi([*signatures, ON, OFF]))
    assert score.pickup_quarters == 0
    assert len(score.metres) == 2


def test_an_absurd_metre_leaves_the_one_before():
    score = parse_midi(midi([metre(3, 4), metre(255, 4, 480), metre(0, 4, 480), ON, OFF]))
    assert score.metres == (Timed(0.0, Metre(3, 4)),)


def test_a_metre_said_twice_is_one():
    score = parse_midi(midi([metre(3, 4), metre(3, 4, 9 * 480), metre(4, 4, 480), ON, OFF]))
    assert score.metres == (Timed(0.0, Metre(3, 4)), Timed(10.0, Metre(4, 4)))


def test_what_a_file_leaves_out_is_common_time_at_120():
    score = parse_midi(midi([ON, OFF]))
    assert score.metres == (Timed(0.0, Metre(4, 4)),)
    assert score.tempo_map.changes == ((0, 120),)
    assert score.keys == ()
    assert score.title == ""


def test_keys_are_read_with_their_mode():
    keys = [mido.MetaMessage("key_signature", key=key, time=480) for key in ("Ebm", "F#")]
    assert parse_midi(midi([*keys, ON, OFF])).keys == (
        Timed(1.0, Key("Eb", "minor")),
        Timed(2.0, Key("F#")),
    )


def test_the_title_is_the_name_of_a_first_track_without_notes():
    name = mido.MetaMessage("track_name", name="Blues")
    assert parse_midi(midi([name], [ON, OFF])).title == "Blues"
    score = parse_midi(midi([name, ON, OFF]))
    assert (score.title, score.parts[0].name) == ("", "Blues")


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_titles_are_read_in_utf8_and_in_latin_1(charset):
    name = mido.MetaMessage("track_name", name="Señor Blues")
    assert parse_midi(midi([name], [ON, OFF], charset=charset)).title == "Señor Blues"


def test_a_track_of_several_channels_becomes_a_part_for_each():
    messages = [
        message.copy(channel=channel, time=0 if message.type == "note_on" else 480)
        for channel in (0, 1, 9)
        for message in (ON, OFF)
    ]
    parts = parse_midi(midi(messages, kind=0)).parts
    assert sorted(part.is_drum for part in parts) == [False, False, True]
    assert sorted(part.notes["onset_quarters"].tolist() for part in parts) == [[0], [1], [2]]


@pytest.mark.parametrize("reader", ["symusic", "mido"])
def test_of_overlapping_notes_of_one_pitch_the_first_ends_first(monkeypatch, reader):
    if reader == "mido":
        monkeypatch.setattr(midi_read, "_read_symusic", Mock(side_effect=RuntimeError("refused")))
    data = midi([ON, ON.copy(time=480), OFF, OFF.copy(time=960)])
    assert [note[:2] for note in parse_midi(data).parts[0]] == [(0, 2), (1, 3)]


def test_tempo_events_become_the_tempo_map():
    tempi = [
        mido.MetaMessage("set_tempo", tempo=500_000),
        mido.MetaMessage("set_tempo", tempo=250_000, time=960),
        mido.MetaMessage("set_tempo", tempo=1, time=480),
    ]
    score = parse_midi(midi([*tempi, ON, OFF]))
    assert score.tempo_map.changes == ((0, 120), (2, 240), (3, 2000))


@pytest.mark.parametrize("signature", [b"\x4a\x00", b"\x02\x05", b"\x80\xff"])
def test_a_nonsensical_key_signature_costs_nothing_else(signature):
    plain = midi([mido.MetaMessage("key_signature", key="D")], [ON, OFF])
    data = plain.replace(b"\xff\x59\x02\x02\x00", b"\xff\x59\x02" + signature)
    assert data != plain
    score = parse_midi(data)
    assert score.keys == ()
    assert score.parts == parse_midi(plain).parts


def test_chord_texts_beside_a_foreign_chunk_cost_nothing_else():
    data = midi([text("text", "chord=C7"), ON, OFF])
    foreign = b"XFIH" + (4).to_bytes(4, "big") + b"abcd"
    score = parse_midi(data[:14] + foreign + data[14:])
    assert len(score.parts[0]) == 1


def rows(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_a_weimar_solo_is_read_as_its_database_tells_it(shared_data):
    blues, name = shared_data / "blues", "Charlie_Parker__Billie_s_Bounce__052"
    score = read_midi(blues / f"{name}.mid")
    pitches = [round(float(row["pitch"])) for row in rows(blues / "truth" / f"{name}.notes.csv")]
    assert score.part("melody as").notes["pitch"].tolist() == pitches
    beats = rows(blues / "truth" / f"{name}.beats.csv")
    symbols = [row["chord"] for row in beats if row["chord"]]
    changes = [chord for chord, before in zip(symbols, ["", *symbols]) if chord != before]
    assert [chord for _, chord in score.chords] == [Chord.parse(symbol) for symbol in changes]
    assert score.key == Key("F")
    assert score.title == "Charlie Parker - Billie's Bounce"


def test_times_beyond_any_piece_are_refused_by_the_name_of_the_file():
    track = mido.MidiTrack()
    for _ in range(20):
        track.append(mido.Message("note_on", note=60, velocity=90, time=0x0FFFFFFF))
        track.append(mido.Message("note_off", note=60, time=1))
    file, data = mido.MidiFile(ticks_per_beat=1, tracks=[track]), io.BytesIO()
    file.save(file=data)
    with pytest.raises(InputError, match=r"^far\.mid: expected at most 1,000,000 quarter notes"):
        parse_midi(data.getvalue(), "far.mid")
