"""How notes lie in time, and where they belong."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.analysis import pieces
from benchmarks.analysis_time import measure_quantiser
from lstmmusic.analysis import swing_steps
from lstmmusic.analysis.feel import find_feel, follows_the_beat, on_the_grid
from lstmmusic.errors import InputError
from lstmmusic.io import load
from lstmmusic.score import Metre, Note, Part, Score, TempoMap, Timed

STRAIGHT_BEATS = ((0,), (0, 6), (0, 3, 6, 9), (0, 4, 8), (6,), (0, 3, 6), (0, 6, 9), ())
SWUNG_BEATS = ((0, 6), (0,), (6,), (0, 4, 8))


def piece(steps, step=1 / 12, length=1 / 24, **fields):
    notes = [Note(at * step, length, 60 + number % 7) for number, at in enumerate(steps)]
    return Score([Part(notes)], **fields)


def beats_to_steps(beats):
    return [12 * number + step for number, beat in enumerate(beats) for step in beat]


def steps_of(score):
    return np.round(score.parts[0].notes["onset_quarters"] * 12, 6).tolist()


def placed(score):
    return on_the_grid(score, find_feel(score))


@given(st.lists(st.sampled_from(STRAIGHT_BEATS), min_size=1, max_size=20))
def test_what_lies_on_the_grid_stays(beats):
    steps = beats_to_steps(beats)
    found = placed(piece(steps))
    assert steps_of(found.score) == steps
    np.testing.assert_allclose(found.deviations_beats[0], 0, atol=1e-9)


@given(st.lists(st.integers(0, 240), min_size=1, max_size=60, unique=True).map(sorted))
def test_placing_twice_is_placing_once(steps):
    once = placed(piece(steps)).score
    assert placed(once).score == once


@given(
    swing=st.floats(0.57, 0.72),
    beats=st.lists(st.sampled_from(SWUNG_BEATS), min_size=1, max_size=20),
)
def test_swing_is_undone(swing, beats):
    """As the generator puts it on; six plain pairs first, so that the swing is known."""
    steps = beats_to_steps([(0, 6)] * 6 + beats)
    played = piece(swing_steps(steps, steps, swing), step=1)
    feel = find_feel(played)
    assert not feel.is_performance
    if feel.swing == pytest.approx(swing):
        assert steps_of(on_the_grid(played, feel).score) == steps


def test_swung_sixteenths_come_back():
    steps = beats_to_steps([(0, 6)] * 6 + [(0, 3, 6, 9), (0, 6, 9)])
    played = piece(swing_steps(steps, steps, 0.62), step=1)
    assert steps_of(placed(played).score) == steps


def performance(beats, seed=0, sd=0.03, late=0.02, **fields):
    rng = np.random.default_rng(seed)
    steps = beats_to_steps(beats)
    onsets = np.sort(np.array(steps) / 12 + rng.normal(late, sd, len(steps)))
    return steps, piece(np.maximum(onsets, 0), step=1, **fields)


def test_a_performance_is_put_where_it_would_be_written():
    steps, played = performance(STRAIGHT_BEATS * 8)
    feel = find_feel(played)
    assert feel.is_performance
    assert 0.01 < feel.deviation_beats < 0.06
    found = on_the_grid(played, feel)
    assert np.mean(np.array(steps_of(found.score)) == steps) > 0.95
    assert found.score.parts[0].is_monophonic


def test_deviations_say_how_late_each_note_was():
    _, played = performance(STRAIGHT_BEATS * 8)
    found = placed(played)
    back = found.score.parts[0].notes["onset_quarters"] + found.deviations_beats[0]
    np.testing.assert_allclose(back, played.parts[0].notes["onset_quarters"])


@given(tempo=st.floats(40, 300), semitones=st.integers(-12, 12))
def test_tempo_and_key_change_no_feel(tempo, semitones):
    _, played = performance(STRAIGHT_BEATS * 3)
    other = replace(played.transpose(semitones), tempo_map=TempoMap.constant(tempo))
    assert find_feel(other) == find_feel(played)


def test_a_pickup_moves_nothing():
    steps, played = performance(STRAIGHT_BEATS * 4)
    notes = [note._replace(onset_quarters=note.onset_quarters + 1.0) for note in played.parts[0]]
    later = Score([Part(notes)], pickup_quarters=1.0)
    assert steps_of(placed(later).score) == [step + 12 for step in steps_of(placed(played).score)]
    assert len(steps) == len(notes)


def test_chords_stay_together():
    """Three notes within thirty thousandths of a beat are one chord."""
    notes = [
        Note(max(beat + 0.5 + late, 0), 0.4, pitch)
        for beat in range(12)
        for late, pitch in ((0.0, 60), (0.013, 64), (0.027, 67))
    ]
    found = placed(Score([Part(notes)])).score.parts[0].notes["onset_quarters"]
    assert sorted(set(found.tolist())) == [beat + 0.5 for beat in range(12)]


def test_in_compound_metres_the_dotted_quarter_is_divided():
    notes = [Note(onset * 0.5, 0.4, 60) for onset in range(24)]
    score = Score([Part(notes)], metres=[Timed(0.0, Metre(12, 8))])
    feel = find_feel(score)
    assert feel.swing is None
    found = on_the_grid(score, feel).score
    assert found.parts[0].notes["onset_quarters"].tolist() == [onset * 0.5 for onset in range(24)]


@pytest.mark.parametrize(
    "parts",
    [[], [Part()], [Part([Note(0.3, 1, 60)])], [Part([Note(0.31, 1, 36)], is_drum=True)]],
    ids=["no parts", "no notes", "one note", "one drum"],
)
def test_little_music_has_no_feel(parts):
    score = Score(parts)
    feel = find_feel(score)
    assert not feel.is_performance
    assert feel.swing is None
    assert len(on_the_grid(score, feel).score.parts) == len(parts)


def test_notes_that_ignore_the_beat_are_refused():
    rng = np.random.default_rng(5)
    score = piece(np.cumsum(rng.uniform(0.1, 0.6, 200)), step=1)
    feel = find_feel(score)
    assert not follows_the_beat(score)
    with pytest.raises(InputError, match="a performance whose beats the file knows"):
        on_the_grid(score, feel)


def test_our_own_pieces_are_read_as_they_were_written(blues):
    """Straight eighths come back; the swing found is the one that was put on."""
    feel = find_feel(blues)
    assert not feel.is_performance
    melody = replace(blues, parts=[blues.part("melody")])
    found = on_the_grid(melody, feel).score.parts[0].notes["onset_quarters"]
    beat = blues.metre.beat_quarters
    steps = (found - blues.pickup_quarters) / beat * 12
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)


def test_solos_are_performances_and_dance_tunes_are_not(shared_data):
    for path in sorted((shared_data / "blues").glob("*__[0-9]*.mid"))[::8]:
        assert find_feel(load(path)).is_performance, path.name
    for path in sorted((shared_data / "folk").glob("*.mid"))[::20]:
        assert not find_feel(load(path)).is_performance, path.name


def test_drummers_are_performers(shared_data):
    for path in sorted((shared_data / "blues").glob("groove__*.mid")):
        assert find_feel(load(path)).is_performance, path.name


def test_notes_of_solos_go_where_the_annotation_puts_them(shared_data):
    """Measured: 0.84 in all; rounding to the nearest twelfth finds 0.38."""
    solos = [piece for piece in pieces(shared_data / "blues") if piece.is_test]
    found = measure_quantiser(shared_data / "blues", solos)["test"]
    assert found["annotated"] > 0.8
    assert found["notated"] > 0.8
    assert found["within_a_step"] > 0.88
    assert found["nearest"] < 0.5
