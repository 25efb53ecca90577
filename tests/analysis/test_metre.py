"""Which metre and which bar lines a piece has whose file names none."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.analysis import Found
from lstmmusic.analysis.metre import find_metre, with_bar_lines
from lstmmusic.io import load
from lstmmusic.score import Chord, Metre, Note, Part, Score, Timed

# Durations in quarters of two bars, the second ending longer; pitches as they come.
TUNES = {
    "3/4": ([1, 0.5, 0.5, 1], [2, 1]),
    "4/4": ([1, 0.5, 0.5, 1, 0.5, 0.5], [1.5, 0.5, 2]),
    "6/8": ([0.5] * 6, [1, 0.5, 1.5]),
    "9/8": ([0.5] * 6 + [1, 0.5], [0.5] * 6 + [1.5]),
}
PITCHES = (67, 60, 62, 64, 71, 69, 67, 65, 64, 72, 60, 59, 62)


def tune(metre, n_times=8, first_quarters=0.0):
    """The two bars again and again, the first note of each bar the lowest, without a metre."""
    notes, onset = [], first_quarters
    for time in range(n_times):
        for bar in TUNES[metre]:
            for place, length in enumerate(bar):
                pitch = 48 if place == 0 else PITCHES[(place + 3 * (time % 4)) % len(PITCHES)]
                notes.append(Note(onset, length, pitch))
                onset += length
    return Score([Part(notes)], metre_is_known=False)


def with_harmony(score, metre, first_quarters=0.0):
    """A chord at each bar line."""
    bar = Metre.parse(metre).bar_quarters
    onsets = np.arange(first_quarters, score.length_quarters, bar)
    chords = [Timed(float(onset), Chord("CFG"[i % 3])) for i, onset in enumerate(onsets)]
    return replace(score, chords=chords)


def test_what_the_file_says_is_believed():
    score = Score([Part([Note(0, 1, 60)])], metres=[Timed(0.0, Metre(7, 8))])
    assert find_metre(score) == Found("7/8", 1.0, "written")
    assert with_bar_lines(score, find_metre(score)) is score


@pytest.mark.parametrize("metre", TUNES)
def test_the_metre_of_a_plain_tune_is_found(metre):
    found = find_metre(tune(metre))
    assert found.value == metre
    assert found.source == "inferred"
    assert 0.3 < found.confidence < 1


@pytest.mark.parametrize("metre", TUNES)
@pytest.mark.parametrize("pickup", [0.0, 0.5, 1.0])
def test_chords_tell_where_the_bars_begin(metre, pickup):
    """A pickup moves the bar lines and no note."""
    plain = tune(metre, first_quarters=pickup)
    lead = Part([Note(0.0, pickup, 55)] if pickup else [])
    score = replace(plain, parts=[Part([*lead, *plain.parts[0]])])
    score = with_harmony(score, metre, pickup)
    barred = with_bar_lines(score, Found(metre, 0.9, "inferred"))
    assert barred.pickup_quarters == pickup
    assert str(barred.metre) == metre
    assert barred.metre_is_known
    assert barred.parts == score.parts


@given(semitones=st.integers(-12, 12), metre=st.sampled_from(sorted(TUNES)))
def test_key_and_octave_change_nothing(semitones, metre):
    score = tune(metre)
    assert find_metre(score.transpose(semitones)) == find_metre(score)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [Part()],
        [Part([Note(0, 1, 60)])],
        [Part([Note(beat, 0.25, 36) for beat in range(32)], is_drum=True)],
    ],
    ids=["no parts", "no notes", "one note", "drums"],
)
def test_too_little_tells_no_metre(parts):
    score = Score(parts, metre_is_known=False)
    found = find_metre(score)
    assert found == Found("4/4", 0.0, "inferred")
    barred = with_bar_lines(score, found)
    assert barred.pickup_quarters == 0
    assert barred.metre_is_known


def test_our_own_pieces_get_their_bars_back(blues):
    start = blues.bar_starts[0]
    hidden = Score(
        [replace(part, controls=(), bends=()) for part in blues.parts],
        blues.chords,
        metre_is_known=False,
    )
    barred = with_bar_lines(hidden, find_metre(hidden))
    assert barred.metre == blues.metre
    assert (barred.pickup_quarters - start) % blues.metre.bar_quarters == 0


def test_dance_tunes_are_heard_in_their_metre(shared_data):
    """Every fourth tune: 2/4 and 4/4, 6/8 and 12/8 share their beats."""
    same = {"2/4": "4/4", "2/2": "4/4", "6/8": "12/8"}
    exact, beats = [], []
    for path in sorted((shared_data / "folk").glob("*.mid"))[1::4]:
        score = load(path)
        true = str(score.metre)
        found = find_metre(replace(score, metre_is_known=False)).value
        exact.append(found == true)
        beats.append(same.get(found, found) == same.get(true, true))
    assert np.mean(exact) > 0.75
    assert np.mean(beats) > 0.95
