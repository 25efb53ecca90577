from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import analysis as benchmark
from lstmmusic.analysis import find_key
from lstmmusic.analysis import key as key_module
from lstmmusic.score import Key, Note, Part, Score, Timed, place_chart
from lstmmusic.score.form import FORMS
from tests.strategies import scores


def same(one, other):
    return (one.pitch_class, one.mode) == (other.pitch_class, other.mode)


def tune(*pitches):
    return Score([Part([Note(beat, 1, pitch) for beat, pitch in enumerate(pitches)])])


MAJOR = tune(60, 62, 64, 65, 67, 69, 71, 72, 71, 67, 64, 65, 62, 59, 60, 60)
MINOR = tune(69, 71, 72, 74, 76, 77, 76, 74, 72, 68, 69, 76, 72, 71, 69, 69)
BLUES = tune(60, 63, 65, 67, 70, 67, 64, 60, 65, 69, 72, 70, 67, 63, 60, 60)
DORIAN = tune(*(62, 64, 65, 67, 69, 71, 72, 74, 72, 69, 71, 65, 64, 60, 65, 62) * 2)


@pytest.mark.parametrize(
    ("score", "key"), [(MAJOR, "C"), (MINOR, "Am"), (BLUES, "C"), (DORIAN, "Dm")]
)
@pytest.mark.parametrize("up", range(-5, 7))
def test_tunes_are_in_their_key_wherever_they_are(score, key, up):
    found = find_key(score.transpose(up), 0)
    assert same(found.value, Key.parse(key).transpose(up))
    assert found.source == "inferred"


def test_the_key_of_our_own_pieces_comes_back(blues):
    found = find_key(replace(blues, keys=(), chords=()), 0)
    assert same(found.value, blues.key)
    assert found.source == "played"


def test_transposing_a_piece_transposes_its_key(blues):
    hidden = replace(blues, keys=(), chords=())
    here, there = find_key(hidden, 0), find_key(hidden.transpose(-3), 0)
    assert same(there.value, here.value.transpose(-3))
    assert there.confidence == pytest.approx(here.confidence)


def test_a_written_key_is_kept_as_it_is_spelt(shuffle):
    said = replace(shuffle, chords=(), keys=[Timed(0.0, Key("A#"))])
    found = find_key(said, 0)
    assert (found.value, found.source) == (Key("Bb"), "written")
    sharp = replace(MAJOR.transpose(6), keys=[Timed(0.0, Key("F#"))])
    assert str(find_key(sharp, 0).value) == "F#"
    assert find_key(sharp, 0).confidence > 0.99


@pytest.mark.parametrize(("said", "relative"), [("D", "Bm"), ("Bm", "D"), ("Eb", "Cm")])
def test_a_written_key_speaks_for_its_relative_too(said, relative):
    """Many files have the right signature and the wrong mode."""
    odds = key_module._by_file(Key.parse(said))
    said, relative = Key.parse(said), Key.parse(relative)
    itself = odds[int(said.is_minor), said.pitch_class]
    assert itself > odds[int(relative.is_minor), relative.pitch_class] > 0
    assert np.count_nonzero(odds) == 2


def test_c_major_that_the_notes_contradict_is_nobodys_word(blues):
    found = find_key(replace(blues, keys=[Timed(0.0, Key("C"))], chords=()), 0)
    assert same(found.value, blues.key)
    assert found.source != "written"


def test_a_blues_is_in_the_key_of_its_first_degree():
    """C7 F7 G7 are the dominants of F, Bb and C, and yet this is C."""
    bars = FORMS["standard"].chart_for(Key("C"), 2)
    score = Score(chords=place_chart(bars, Score().metre), length_quarters=96)
    found = find_key(score, None)
    assert (str(found.value), found.source) == ("C", "played")


@pytest.mark.parametrize("form", FORMS)
def test_forms_are_in_their_key_by_their_chords_alone(form):
    key = FORMS[form].key(Key("Eb"))
    chords = place_chart(FORMS[form].chart_for(key, 2), Score().metre)
    assert same(find_key(Score(chords=chords, length_quarters=100), None).value, key)


def test_nothing_tells_no_key():
    drums = Score([Part([Note(0, 1, 40)], is_drum=True)])
    for score in (Score(), Score(length_quarters=8), drums):
        assert find_key(score, None) == (Key("C"), 0.0, "inferred")


def test_where_only_the_file_speaks_it_is_believed():
    found = find_key(Score(keys=[Timed(0.0, Key("Eb", "minor"))]), None)
    assert (found.value, found.source) == (Key("Eb", "minor"), "written")


def test_one_note_and_one_pitch_tell_little():
    assert find_key(tune(60), 0).confidence < 0.5
    found = find_key(tune(*[65] * 32), 0)
    assert found.value.pitch_class == 5


@given(scores(pitches=st.integers(20, 100)))
def test_every_score_has_a_key_and_a_chance(score):
    melody = next((n for n, part in enumerate(score.parts) if not part.is_drum), None)
    found = find_key(score, melody)
    assert 0 <= found.confidence <= 1
    assert found.source in ("written", "played", "inferred")


@pytest.mark.parametrize(
    ("folder", "heard", "floor"),
    [("blues", "chords and bass", 0.72), ("blues", "melody", 0.58), ("folk", "melody", 0.7)],
)
def test_keys_of_real_pieces(shared_data, folder, heard, floor):
    exact = [
        same(find_key(benchmark.HEARD[heard](benchmark.hidden(piece.score)), 0).value, piece.key)
        for piece in benchmark.pieces(shared_data / folder)[::2]
        if piece.key is not None
    ]
    assert np.mean(exact) > floor
