"""What the browser gets of a piece."""

import json

import pytest
from streamlit import dataframe_util
from streamlit.components.v2.bidi_component.serialization import serialize_mixed_data
from streamlit.proto.BidiComponent_pb2 import BidiComponent as BidiComponentProto

from lstmmusic.app.browser_data import for_browser
from lstmmusic.app.piano_roll import bars_asked, roll_data
from lstmmusic.score import Chord, Note, Part, Score, TempoMap, Timed


@pytest.fixture
def score():
    return Score(
        [
            Part([Note(0, 1, 60), Note(4, 2, 63, 50)], "melody"),
            Part([Note(4, 1, 36)], is_drum=True),
        ],
        chords=[Timed(0.0, Chord("C", "7")), Timed(4.0, Chord("F", "7"))],
        tempo_map=TempoMap(((0.0, 120.0), (4.0, 60.0))),
        length_quarters=8.0,
    )


def test_everything_is_in_seconds(score):
    data = roll_data(score)
    assert data["seconds"] == 6.0
    assert data["bars"] == [0.0, 2.0]
    assert data["chords"] == [[0.0, "C7"], [2.0, "F7"]]
    assert data["parts"][0]["notes"] == [[0.0, 0.5, 60, 90], [2.0, 2.0, 63, 50]]
    assert [part["drums"] for part in data["parts"]] == [False, True]


def test_the_id_changes_with_the_music_and_with_the_sound(score):
    ids = {
        roll_data(score)["id"],
        roll_data(score, ["/media/a.flac", "/media/b.flac"])["id"],
        roll_data(score.transpose(1))["id"],
    }
    assert len(ids) == 3
    assert roll_data(score)["id"] in ids


def test_at_half_the_speed_all_lasts_twice_as_long_and_the_piece_is_the_same(score):
    data, slow = roll_data(score), roll_data(score, speed=0.5)
    assert slow["piece"] == data["piece"]
    assert slow["id"] != data["id"]
    assert slow["seconds"] == 2 * data["seconds"]
    assert slow["bars"] == [2 * start for start in data["bars"]]
    first = [note for part in data["parts"] for note in part["notes"]]
    second = [note for part in slow["parts"] for note in part["notes"]]
    assert second == [[2 * start, 2 * length, *rest] for start, length, *rest in first]
    assert roll_data(score.transpose(1))["piece"] != data["piece"]


@pytest.mark.parametrize("told", [[1], [3, 2], [0, 1], [1, 13], ["1", "2"], "1-2", [1.5, 2]])
def test_bars_that_cannot_be_selected_are_none(told):
    assert bars_asked({"bars": told}, 12) is None


def test_what_the_browser_gets_is_the_same_and_needs_no_data_frames(score, monkeypatch):
    def is_asked(value):
        raise AssertionError(f"pandas is loaded for {value!r}")

    monkeypatch.setattr(dataframe_util, "determine_data_format", is_asked)
    data = roll_data(score, ["/media/a.flac", "/media/b.flac"])
    proto = BidiComponentProto()
    serialize_mixed_data(for_browser(data), proto)
    assert json.loads(proto.json) == data
