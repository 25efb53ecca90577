"""What the browser gets of a piece."""

import base64

import numpy as np
import pytest

from lstmmusic.app.piano_roll import roll_data
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
        roll_data(score, [b"a", b"b"])["id"],
        roll_data(score.transpose(1))["id"],
    }
    assert len(ids) == 3
    assert roll_data(score)["id"] in ids


def test_sound_travels_unchanged(score):
    stem = np.arange(256, dtype=np.uint8).tobytes()
    assert [base64.b64decode(text) for text in roll_data(score, [stem])["audio"]] == [stem]
