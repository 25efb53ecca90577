from dataclasses import replace

import numpy as np
import pytest

from lstmmusic.analysis import Analysis, analyse
from lstmmusic.errors import InputError
from lstmmusic.io import load
from lstmmusic.score import Key, Note, Part, Score, Timed

TUNE = Part([Note(beat, 1, 60 + (0, 4, 7, 5)[beat % 4]) for beat in range(32)], "tune")
BASS = Part([Note(beat, 1, 36) for beat in range(32)], "bass")
DRUMS = Part([Note(beat, 1, 38) for beat in range(32)], is_drum=True)


def test_our_own_piece_is_understood_with_its_symbols_hidden(blues):
    hidden = replace(blues, chords=(), keys=(), sections=())
    found = analyse(replace(hidden, parts=hidden.parts[::-1]))
    assert isinstance(found, Analysis)
    assert found.score.parts[0] == blues.part("melody")
    assert len(found.score.parts) == len(blues.parts)
    assert found.score.key == found.key.value
    assert (found.key.value.pitch_class, found.key.value.mode) == (
        blues.key.pitch_class,
        blues.key.mode,
    )
    assert found.score.chords == found.chords.value
    assert (found.metre.value, found.metre.source) == (str(blues.metre), "written")
    assert found.score.metres == blues.metres


def test_choruses_of_a_standard_blues_are_found(shuffle):
    found = analyse(replace(shuffle, chords=(), keys=(), sections=()))
    assert [(c.first_bar, c.n_bars) for c in found.choruses] == [(1, 12), (13, 12)]


def test_what_is_written_stays(shuffle):
    found = analyse(shuffle)
    assert found.score == shuffle
    assert {found.key.source, found.metre.source, found.chords.source} == {"written"}
    assert found.repairs == ()


def test_the_melody_goes_first_under_its_own_name():
    found = analyse(Score([DRUMS, BASS, TUNE]))
    assert found.melody.value == 2
    assert [part.name for part in found.score.parts] == ["melody", "", "bass"]
    np.testing.assert_array_equal(found.score.parts[0].notes, TUNE.notes)


def test_someone_may_say_which_part_is_the_melody():
    found = analyse(Score([DRUMS, BASS, TUNE]), [1])
    assert (found.melody.value, found.melody.confidence, found.melody.source) == (1, 1.0, "written")
    np.testing.assert_array_equal(found.score.parts[0].notes, BASS.notes)
    assert found.feel == analyse(Score([BASS])).feel


def test_parts_that_share_a_melody_are_joined():
    halves = [replace(TUNE, notes=TUNE.notes[:16]), replace(TUNE, notes=TUNE.notes[16:])]
    found = analyse(Score([BASS, *halves]), [1, 2])
    np.testing.assert_array_equal(found.score.parts[0].notes, TUNE.notes)
    assert [part.name for part in found.score.parts] == ["melody", "bass"]


@pytest.mark.parametrize("score", [Score(), Score([DRUMS]), Score([Part(name="melody")])])
def test_without_pitched_notes_there_is_nothing_to_analyse(score):
    with pytest.raises(InputError, match="no pitched notes"):
        analyse(score)


@pytest.mark.parametrize("parts", [[], [3], [-1], [0], [0, 1]])
def test_a_melody_that_is_not_there_is_refused(parts):
    with pytest.raises(InputError, match=r"pitched parts with notes \(1, 2\)"):
        analyse(Score([DRUMS, BASS, TUNE]), parts)


def test_a_key_that_the_notes_contradict_is_mended(shuffle):
    wrong = replace(shuffle, chords=(), keys=[Timed(0.0, Key("C"))])
    found = analyse(wrong)
    assert found.score.keys == (Timed(0.0, Key("Bb")),)
    assert found.repairs == ("the file says C major: Bb major found",)


def test_key_changes_stay_where_the_first_key_is_right(shuffle):
    keys = (Timed(0.0, Key("Bb")), Timed(48.0, Key("Eb")))
    assert analyse(replace(shuffle, keys=keys)).score.keys == keys


def test_a_metre_that_nobody_wrote_is_found():
    found = analyse(replace(Score([TUNE, BASS]), metre_is_known=False))
    assert found.metre.source == "inferred"
    assert found.score.metre_is_known
    assert any("no metre" in repair for repair in found.repairs)


@pytest.mark.parametrize("notes", [[Note(0, 1, 60)], [Note(beat, 1, 60) for beat in range(40)]])
def test_poor_pieces_are_analysed_all_the_same(notes):
    found = analyse(Score([Part(notes)]))
    assert found.melody.value == 0
    assert found.choruses == ()


def test_a_real_solo_is_understood(shared_data):
    score = load(shared_data / "blues" / "Miles_Davis__Vierd_Blues__326.mid")
    found = analyse(replace(score, chords=(), keys=(), sections=()))
    assert str(found.key.value) == "Bb"
    assert found.chords.source == "played"
    assert len(found.choruses) >= 3
