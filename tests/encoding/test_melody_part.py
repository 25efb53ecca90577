import numpy as np
import pytest
from hypothesis import given

from lstmmusic.encoding import is_bass_line, melody_odds, melody_part
from lstmmusic.score import Note, Part, Score
from tests.strategies import scores

TUNE = [Note(beat, 1, pitch) for beat, pitch in enumerate((67, 69, 71, 74, 72, 69, 67, 64))]
BASS = [Note(beat, 1, pitch) for beat, pitch in enumerate((36, 40, 43, 45, 36, 40, 43, 45))]
BLOCKS = [Note(beat, 1, pitch) for beat in range(8) for pitch in (72, 76, 79)]


@given(scores())
def test_odds_are_those_of_the_pitched_parts_with_notes(score):
    odds = melody_odds(score)
    usable = [bool(len(part)) and not part.is_drum for part in score.parts]
    assert ((odds > 0) <= usable).all()
    assert odds.sum() == pytest.approx(float(any(usable)))


def test_a_tune_wins_by_its_notes_over_higher_chords_and_the_bass():
    parts = [Part(BLOCKS), Part(BASS), Part(TUNE)]
    assert melody_part(Score(parts)) == parts[2]
    assert melody_part(Score(parts[::-1])) == parts[2]
    assert melody_odds(Score(parts), by_notes=True)[2] > 0.8


@pytest.mark.parametrize("name", ["Lead vocal", "MELODY", "guitar solo", "Right hand", "vox"])
def test_a_name_outweighs_the_notes(name):
    low = Part([Note(beat, 1, 60) for beat in range(8)], name)
    odds = melody_odds(Score([Part(TUNE), low]))
    assert odds[1] > odds[0]
    assert melody_odds(Score([Part(TUNE), low]), by_notes=True)[1] < 0.5


@pytest.mark.parametrize(
    ("part", "is_bass"),
    [
        (Part(TUNE, "Bass"), True),
        (Part(TUNE, "bass (rules)"), True),
        (Part(TUNE, "Bass clarinet"), False),
        (Part(TUNE, "Bassoon"), False),
        (Part(TUNE, "x", 33), True),
        (Part(BASS, "x"), True),
        (Part(TUNE, "x"), False),
        (Part([Note(0, 1, pitch) for pitch in (36, 40, 43)], "left hand"), False),
        (Part(BASS, "bass", is_drum=True), False),
        (Part([], "bass"), False),
    ],
)
def test_a_bass_is_known_by_name_programme_or_low_single_notes(part, is_bass):
    assert is_bass_line(part) == is_bass


def test_a_tune_that_stops_early_is_not_the_melody():
    long = Part([Note(4 * bar + beat, 1, 60 + beat) for bar in range(16) for beat in range(4)])
    short = Part([Note(beat, 1, 64 + beat) for beat in range(4)])
    assert np.argmax(melody_odds(Score([short, long]))) == 1
