"""What a network hears of a melody keeps its promises, and facts say what they count."""

from dataclasses import replace

import numpy as np
import pytest

from lstmmusic.clustering.features import (
    DEFAULT_FEATURES,
    FACTS,
    FEATURES,
    TEMPO,
    TRANSPOSITION,
    columns_of,
    encode,
    facts_of,
    windows,
)
from lstmmusic.errors import InputError
from lstmmusic.score import Chord, Key, Metre, Note, Part, Score, TempoMap, Timed

FOUR = Metre(4, 4)


def a_piece(metre=FOUR, n=40, seed=1):
    rng = np.random.default_rng(seed)
    gaps = rng.choice([0.5, 0.5, 1.0, 1.5], n)
    onsets = np.concatenate([[0], np.cumsum(gaps)[:-1]])
    pitches = 60 + rng.choice([0, 2, 4, 5, 7, 9, 11], n)
    lengths = gaps * rng.choice([1.0, 0.5], n)
    notes = [Note(*row) for row in zip(onsets, lengths, map(int, pitches))]
    return Score(
        [Part(notes, "melody")],
        metres=[Timed(0.0, metre)],
        keys=[Timed(0.0, Key("C"))],
        chords=[Timed(0.0, Chord.parse("C7")), Timed(8.0, Chord.parse("F7"))],
    )


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("metre", [Metre(4, 4), Metre(6, 8)], ids=str)
class TestFeatures:
    def test_a_column_for_every_name(self, name, metre):
        score = a_piece(metre)
        array = encode(score, [name])
        assert array.shape == (40, len(columns_of([name])))
        assert np.isfinite(array).all()
        assert np.ptp(array) > 0 or name == "feel"  # written music is never late

    def test_transposition(self, name, metre):
        score = a_piece(metre)
        is_same = np.allclose(encode(score, [name]), encode(score.transpose(3), [name]))
        assert is_same == (TRANSPOSITION in FEATURES[name].same_under)

    def test_tempo(self, name, metre):
        score = a_piece(metre)
        faster = replace(score, tempo_map=TempoMap.constant(200))
        is_same = np.allclose(encode(score, [name]), encode(faster, [name]))
        assert is_same == (TEMPO in FEATURES[name].same_under)

    def test_the_first_notes_do_not_depend_on_how_many_are_asked_for(self, name, metre):
        score = a_piece(metre)
        np.testing.assert_array_equal(encode(score, [name], 16), encode(score, [name], 40)[:16])


def test_the_default_hears_no_metre():
    """A jig and a reel are to be told apart by their notes, not by what the file says."""
    score = a_piece()
    other = replace(score, metres=[Timed(0.0, Metre(2, 4))])
    np.testing.assert_array_equal(encode(score), encode(other))
    assert not np.array_equal(encode(score, ["bar"]), encode(other, ["bar"]))
    assert set(DEFAULT_FEATURES) <= set(FEATURES)


def test_an_echo_is_a_note_that_started_so_long_before():
    onsets = [0, 0.5, 1, 2, 2.5, 4]
    score = Score([Part([Note(onset, 0.5, 60) for onset in onsets])])
    found = encode(score, ["echoes"])
    lags = [0.5, 0.75, 1, 1.5, 2, 3, 4, 6]
    assert found.tolist() == [[onset - lag in onsets for lag in lags] for onset in onsets]


def test_windows_put_together_are_the_piece():
    score = a_piece(n=40)
    parts = list(windows(score, n_notes=8))
    assert [first for first, _ in parts] == [0, 8, 16, 24, 32]
    np.testing.assert_array_equal(np.concatenate([array for _, array in parts]), encode(score))


@pytest.mark.parametrize(
    ("quarters", "name"),
    [(0.25, "sixteenth"), (1 / 3, "eighth of a triplet"), (0.75, "dotted eighth"), (9.0, "whole")],
)
def test_a_length_is_the_nearest_note_value(quarters, name):
    array = encode(Score([Part([Note(0, quarters, 60)])]), ["values"])
    assert array.sum() == 1
    assert columns_of(["values"])[array[0].argmax()] == name


def test_a_piece_without_melody_has_no_rows():
    assert encode(Score([]), ["intervals", "rests"]).shape == (0, 2)
    assert all(np.isnan(value) for value in facts_of(Score([])).values())


@pytest.mark.parametrize(
    ("features", "notes", "words"),
    [
        (["colour"], 64, "features: expected some of intervals, .* got colour"),
        ([], 64, "features: .* got none"),
        (["rests", "rests"], 64, "features: .* got rests, rests"),
        (["rests"], 3, "max_notes: expected 4 to 4,096 notes, got 3"),
    ],
)
def test_what_cannot_be_told_is_refused(features, notes, words):
    with pytest.raises(InputError, match=words):
        encode(a_piece(), features, notes)


def melody(onsets, pitches=None, metre=FOUR, length=None):
    gaps = np.diff([*onsets, onsets[-1] + 1])
    pitches = [60] * len(onsets) if pitches is None else pitches
    lengths = gaps if length is None else [length] * len(onsets)
    notes = [Note(*row) for row in zip(onsets, lengths, pitches)]
    return Score([Part(notes)], metres=[Timed(0.0, metre)], keys=[Timed(0.0, Key("C"))])


# What one fact says of a melody of which it can be counted on the fingers.
COUNTED = [
    ("notes per beat", melody(np.arange(8) / 2), 8 / 4.5),
    ("thirds", melody(np.arange(9) / 2, metre=Metre(9, 8)), 6 / 9),
    ("halves", melody(np.arange(8) / 2), 0.5),
    ("quarters", melody(np.arange(8) / 4), 0.5),
    ("even", melody(np.arange(8) / 2), 1.0),
    ("dotted", melody([0, 0.75, 1, 1.75, 2]), 1.0),
    ("syncopation", melody([0, 0.5, 1.5, 2.5]), 0.75),
    ("silence", melody(np.arange(4.0), length=0.5), 0.5 - 0.5 / 7),
    ("alike bars", melody(np.arange(16.0)), 1.0),
    ("beats in a bar", melody(np.arange(8) / 2, metre=Metre(3, 4)), 3.0),
    ("interval", melody(range(3), [60, 62, 66]), 3.0),
    ("repeats", melody(range(3), [60, 60, 66]), 0.5),
    ("leaps", melody(range(4), [60, 65, 66, 67]), 1 / 3),
    ("range", melody(range(3), [60, 72, 66]), 12.0),
    ("pitch", melody(range(3), [60, 62, 64]), 62.0),
    ("minor", melody(range(3)), 0.0),
    ("outside the key", melody(range(4), [60, 61, 62, 64]), 0.25),
    ("tempo", melody(range(3), metre=Metre(6, 8)), 80.0),
    ("bars", melody(range(9)), 3.0),
]


@pytest.mark.parametrize(("name", "score", "expected"), COUNTED, ids=[row[0] for row in COUNTED])
def test_facts_are_what_one_counts(name, score, expected):
    assert facts_of(score)[name] == pytest.approx(expected)


def test_every_fact_is_counted_here_but_swing():
    assert {row[0] for row in COUNTED} | {"swing"} == set(FACTS)
    swung = melody([beat + place for beat in range(8) for place in (0, 0.62)])
    assert facts_of(swung)["swing"] == pytest.approx(0.62, abs=0.01)
