"""What no track may hold is taken out, and everything else stays at its place."""

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.io import _midi_events, format_midi, parse_midi
from lstmmusic.io._midi_events import mend_track
from tests.strategies import scores

SCALE = bytes.fromhex("00903c40 60803c00 00903e40 60803e00 00ff2f00")
NAMES = {
    *((f"{status:02x}", 0) for status in (0xF4, 0xF5, 0xF6, *range(0xF8, 0xFF))),
    *(("f1", 1), ("f2", 2), ("f3", 1)),
}


@pytest.mark.parametrize(("status", "n_data"), sorted(NAMES))
@pytest.mark.parametrize("place", [0, 4, 8, 16])
def test_messages_that_belong_on_cables_are_left_out_and_their_time_is_kept(status, n_data, place):
    message = bytes.fromhex("30" + status) + b"\x40" * n_data
    repairs = []
    mended = mend_track(SCALE[:place] + message + SCALE[place:], repairs)
    expected = bytearray(SCALE)
    expected[place] += 0x30
    if expected[place] > 0x7F:
        expected[place : place + 1] = b"\x81\x10"
    assert mended == bytes(expected)
    assert repairs == [f"messages that no file may hold ({status}) were left out"]


def test_a_running_status_goes_on_after_system_exclusive_data():
    repairs = []
    sysex = "00f0057e7f0601f7"
    mended = mend_track(bytes.fromhex(f"00903c40 603c00 {sysex} 003e40 603e00 00ff2f00"), repairs)
    assert mended == bytes.fromhex(f"00903c40 603c00 {sysex} 00903e40 603e00 00ff2f00")
    assert repairs == ["a running status went on after system-exclusive data"]


@pytest.mark.parametrize(
    "events",
    [
        SCALE,
        bytes.fromhex("00f0057e7f0601f7") + SCALE,  # system-exclusive data at its place
        b"\x00\xff\x01\x04\xf1\xf4\xf9a" + SCALE,  # a text
        b"\xf1\x00\x90\x3c\x40\x00\x80\x3c\x00\x00\xff\x2f\x00",  # a long time
        b"\x00\x3c\x40\x00\xf4" + SCALE,  # no status to begin with: not for us to guess
        b"\x00\xf4\x00\x90\x3c",  # cut off
        b"\xf4\xf4\xf4\xf4\xf4",
    ],
)
def test_everything_else_stays_as_it_is(events):
    repairs = []
    assert mend_track(events, repairs) == events
    assert repairs == []


@given(scores())
def test_what_we_write_needs_no_mending(score):
    repairs = []
    parse_midi(format_midi(score), "song.mid", repairs)
    assert repairs == []


@given(st.binary(max_size=60))
def test_no_bytes_make_it_fail(events):
    mend_track(events, [])
    mend_track(b"\x00\xf4" + events, [])


def test_a_mended_track_is_one_that_a_strict_library_reads():
    import io

    data = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60MTrk"
    track = mend_track(b"\x00\xf4\x00\xf2\x01\x02" + SCALE, [])
    file = mido.MidiFile(file=io.BytesIO(data + len(track).to_bytes(4, "big") + track))
    assert [m.note for m in file if m.type == "note_on"] == [60, 62]


EVENTS = ["903c40", "3c40", "c005", "05", "f0027ef7", "f70101", "ff5902fe00", "ff510309f4f8", "f8"]


@given(st.lists(st.tuples(st.sampled_from(["00", "84f600", "f0f8f87f"]), st.sampled_from(EVENTS))))
def test_what_looks_sound_at_one_glance_is_sound_event_by_event(events):
    track = bytes.fromhex("".join(time + event for time, event in [("00", "903c40"), *events]))
    if _midi_events._SOUND.fullmatch(track):
        assert _midi_events._walk(track) == (track, set(), False)


def test_suspicious_bytes_in_their_places_are_seen_at_one_glance(monkeypatch):
    places = "00ff5902fe00 00ff510309f4f8 84f600903c40 f0f8f87f3c40 00f0027ef7 00ff0103f1f4f9"
    monkeypatch.setattr(_midi_events, "_walk", None)
    assert mend_track(bytes.fromhex(places) + SCALE, []) == bytes.fromhex(places) + SCALE
