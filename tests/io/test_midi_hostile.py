"""Damaged, odd and hostile MIDI: it loads, or one error names the file."""

import csv
import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.errors import InputError
from lstmmusic.io import _bytes, _midi_chunks, format_midi, load, midi_read, parse, parse_midi
from lstmmusic.score import Chord, Key, Note, Part, Score, TempoMap, Timed

SCORE = Score(
    [
        Part(
            [Note(index / 2, 0.5, 60 + index) for index in range(8)],
            name="melody",
            program=65,
            controls=[(0.0, 7, 100)],
            bends=[(1.0, 512)],
        ),
        Part([Note(index, 0.5, 36) for index in range(4)], is_drum=True),
    ],
    chords=[Timed(0.0, Chord("C", "7"))],
    tempo_map=TempoMap(((0, 120), (2, 90))),
    keys=[Timed(0.0, Key("Bb"))],
    sections=[Timed(0.0, "Chorus 1")],
    title="Blues",
    pickup_quarters=1.0,
)
MIDI = format_midi(SCORE)


def header(kind=1, tracks=1, division=480, size=6):
    return b"MThd" + struct.pack(">IHHH", size, kind, tracks, division)


def track(events=b""):
    body = events + b"\x00\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(body)) + body


NOTE_ON_OFF = b"\x00\x90\x3c\x40\x60\x80\x3c\x00"


def n_notes(score):
    return sum(len(part) for part in score.parts)


def score_or_refusal(read, *arguments):
    """What was read, or the words of the one error that may be raised."""
    try:
        return read(*arguments)
    except InputError as error:
        return str(error)


@pytest.fixture(scope="module")
def expectations(shared_data):
    text = (shared_data / "hostile" / "expect.csv").read_text(encoding="utf-8")
    return {
        shared_data / "hostile" / row["file"]: row["expected"]
        for row in csv.DictReader(text.splitlines())
    }


def test_files_of_public_test_suites_load_as_expected_or_are_refused_by_name(expectations):
    assert len(expectations) > 50
    for path, expected in expectations.items():
        promised = re.match(r"(?:valid|recoverable|load as empty)\D*(\d+) notes", expected)
        repairs = []
        read = score_or_refusal(parse, path.read_bytes(), path.name, repairs)
        if isinstance(read, str):
            assert not promised, read
            assert read.startswith(f"{path.name}: expected "), path.name
            assert "\n" not in read, path.name
            continue
        assert not expected.startswith("reject: "), path.name
        assert not promised or n_notes(read) == int(promised[1]), path.name
        if expected.startswith("recoverable") and path.suffix != ".rmi":
            assert repairs, path.name


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "an empty file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG image"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "a JPEG image"),
        (b"PK\x03\x04" + bytes(100), "a zip archive"),
        (b"<!doctype HTML><p>404", "an HTML page"),
        (b"ID3\x04" + bytes(100), "an MP3 recording"),
        (b"hello, world", "bytes that begin with b'hello, w'"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "bytes that begin with b'RIFF"),
        (b"RIFF\x10\x00\x00\x00RMIDdata", "bytes that begin with b'RIFF"),
        (b"MThd", "a damaged header"),
        (header()[:13], "a damaged header"),
        (header(size=5) + track(NOTE_ON_OFF), "a damaged header"),
        (header(), "none"),
        (header() + b"JUNK\x00\x00\x00\x04abcd", "none"),
        (header() + track(NOTE_ON_OFF)[:-1], "track 1 lacks 1 of its bytes"),
        (header(tracks=2) + track() + track()[:8], "track 2 lacks 4 of its bytes"),
        (header(division=0) + track(NOTE_ON_OFF), "a clock of 0 ticks per quarter"),
    ],
)
def test_what_is_no_whole_midi_file_is_refused_with_what_it_is(tmp_path, data, found):
    path = tmp_path / "song.mid"
    path.write_bytes(data)
    with pytest.raises(InputError, match=re.escape(found)) as caught:
        load(path)
    assert caught.value.argument == str(path)


def test_every_cut_of_a_file_loads_whole_tracks_or_is_refused():
    for length in range(len(MIDI)):
        read = score_or_refusal(parse_midi, MIDI[:length], "song.mid")
        if isinstance(read, str):
            assert read.startswith("song.mid: expected ")
        else:
            assert set(map(len, read.parts)) <= set(map(len, SCORE.parts))


@given(data=st.data())
def test_no_change_of_bytes_raises_anything_but_one_error_that_names_the_file(data):
    damaged = bytearray(MIDI)
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    read = score_or_refusal(parse_midi, bytes(damaged), "song.mid")
    if isinstance(read, str):
        assert read.startswith("song.mid: expected ")
    else:
        assert read.length_quarters <= midi_read.MAX_QUARTERS


def test_junk_after_the_last_track_is_ignored():
    assert parse_midi(MIDI + b"\x00junk") == parse_midi(MIDI)
    assert parse_midi(MIDI + b"JUNK\xff\xff\xff\xff") == parse_midi(MIDI)


def test_chunks_of_other_kinds_are_skipped():
    foreign = b"XFIH\x00\x00\x00\x04abcd"
    data = header() + foreign + track(NOTE_ON_OFF) + foreign
    assert n_notes(parse_midi(data)) == 1


def test_a_riff_wrapper_is_taken_off(tmp_path):
    chunk = b"data" + struct.pack("<I", len(MIDI)) + MIDI
    path = tmp_path / "song.rmi"
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"RMID" + chunk)
    assert load(path) == parse_midi(MIDI)


def test_a_wrong_number_of_tracks_in_the_header_is_forgiven():
    data = header(tracks=7) + track(NOTE_ON_OFF) + track(NOTE_ON_OFF)
    assert n_notes(parse_midi(data)) == 2


@pytest.mark.parametrize(("frames", "ticks"), [(24, 4), (25, 40), (30, 80)])
def test_film_time_is_read_in_seconds_and_its_tempo_ignored(frames, ticks):
    division = (256 - frames) << 8 | ticks
    half_a_second = struct.pack(">B", frames * ticks // 2 & 0x7F)
    if frames * ticks // 2 > 0x7F:
        half_a_second = struct.pack(">B", 0x80 | frames * ticks // 2 >> 7) + half_a_second
    tempo = b"\x00\xff\x51\x03\x01\x00\x00"
    events = tempo + half_a_second + b"\x90\x3c\x40" + half_a_second + b"\x80\x3c\x00"
    score = parse_midi(header(division=division) + track(events))
    (note,) = score.parts[0]
    assert score.tempo_map.seconds_at(note.onset_quarters) == pytest.approx(0.5)
    assert score.tempo_map.seconds_at(note.duration_quarters) == pytest.approx(0.5)


def test_out_of_range_data_is_clipped_where_only_mido_reads_the_file():
    loud = b"\x00\x90\x3c\xff\x60\x80\x3c\x00"
    repairs = []
    (note,) = parse_midi(header() + track(loud), "song.mid", repairs).parts[0]
    assert (note.pitch, note.velocity) == (60, 127)
    assert repairs == ["data beyond 127 was clipped"]


def test_a_note_without_length_lasts_one_tick():
    (note,) = parse_midi(header() + track(b"\x00\x90\x3c\x40\x00\x80\x3c\x00")).parts[0]
    assert note.duration_quarters == 1 / 480


def test_too_many_tracks_are_refused():
    data = header(tracks=1025) + track() * (_midi_chunks.MAX_TRACKS + 1)
    with pytest.raises(InputError, match=r"^bomb: expected at most 1024 tracks, got 1025"):
        parse_midi(data, "bomb")


def test_too_many_notes_are_refused(monkeypatch):
    monkeypatch.setattr(midi_read, "MAX_NOTES", 11)
    with pytest.raises(InputError, match=r"^bomb: expected at most 11 notes, got 12"):
        parse_midi(MIDI, "bomb")


@pytest.mark.parametrize(
    "late", [b"\x80\x3c\x00" + b"\x00\xff\x06\x01.", b"\xff\x06\x03end"], ids=["note", "end"]
)
def test_a_piece_without_end_is_refused(late):
    events = b"\x00\x90\x3c\x40" + b"\xff\xff\xff\x7f" + late
    with pytest.raises(InputError, match=r"^bomb: expected at most 1,000,000 quarter notes, got"):
        parse_midi(header(division=1) + track(events), "bomb")


def test_too_many_bytes_are_refused_unread(monkeypatch, tmp_path):
    monkeypatch.setattr(_bytes, "MAX_BYTES", 2**20)
    path = tmp_path / "bomb.mid"
    path.write_bytes(MIDI + bytes(2**20))
    with pytest.raises(InputError, match=r"bomb\.mid: expected at most 1 MiB, got a larger file"):
        load(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.mid: expected .* got no such file"):
        load(tmp_path / "none.mid")
    (tmp_path / "folder.mid").mkdir()
    with pytest.raises(InputError, match=r"folder\.mid: expected .* got a folder"):
        load(tmp_path / "folder.mid")


def test_times_beyond_all_numbers_are_too_long():
    # A pitch beyond 127 leaves it to the second reader, which counts as far as the bytes say.
    late = b"\xff" * 12 + b"\x7f"
    events = b"\x00\x90\xbc\x40" + late + b"\x80\xbc\x00" + late + NOTE_ON_OFF[1:]
    with pytest.raises(InputError, match="expected at most 1,000,000 quarter notes, got"):
        parse_midi(header() + track(events))
