"""Which melodies are nearly the same."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.analysis.feel import find_feel, on_the_grid
from lstmmusic.analysis.fingerprint import (
    SIMILAR,
    Fingerprints,
    fingerprint,
    hanging_together,
    near_duplicates,
)
from lstmmusic.io import load
from lstmmusic.score import Note, Part, Score


def melody(seed, n_notes=120):
    rng = np.random.default_rng(seed)
    onsets = np.cumsum(rng.choice([0.25, 0.5, 1.0], n_notes))
    pitches = 60 + np.cumsum(rng.integers(-4, 5, n_notes)) % 24
    return Score(
        [Part([Note(on, 0.2, int(pitch)) for on, pitch in zip(onsets, pitches, strict=True)])]
    )


def changed(score, notes):
    return replace(score, parts=[replace(score.parts[0], notes=notes)])


@given(seed=st.integers(0, 5), semitones=st.integers(-24, 24), slower=st.floats(0.3, 3))
def test_neither_key_octave_nor_tempo_counts(seed, semitones, slower):
    score = melody(seed)
    notes = score.parts[0].notes.copy()
    notes["onset_quarters"] *= slower
    other = fingerprint(changed(score, notes).transpose(semitones))
    np.testing.assert_array_equal(other.grams, fingerprint(score).grams)


def test_hashes_are_the_same_everywhere():
    """Python's own would differ from run to run."""
    assert fingerprint(melody(0)).grams[:2].tolist() == [92510145739339595, 94349391822766465]


@pytest.mark.parametrize("how", ["half", "tenth changed", "twentieth dropped", "later"])
def test_a_worn_copy_is_found(how):
    score = melody(1)
    notes = score.parts[0].notes.copy()
    rng = np.random.default_rng(9)
    if how == "half":
        notes = notes[60:]
    elif how == "tenth changed":
        notes["pitch"][rng.random(len(notes)) < 0.08] += 1
    elif how == "twentieth dropped":
        notes = notes[rng.random(len(notes)) > 0.05]
    else:
        notes["onset_quarters"] += 17
    prints = [fingerprint(melody(seed)) for seed in range(20)]
    prints.append(fingerprint(changed(score, notes)))
    assert near_duplicates(prints) == [[1, 20]]
    assert prints[1].likeness(prints[20]) >= SIMILAR


def test_different_melodies_are_not():
    assert near_duplicates([fingerprint(melody(seed)) for seed in range(200)]) == []


def test_many_copies_hang_together():
    prints = [fingerprint(melody(seed % 3)) for seed in range(9)]
    assert near_duplicates(prints) == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]


def test_a_scale_is_no_tune():
    scale = Score([Part([Note(step, 1, 40 + step) for step in range(60)])])
    assert len(fingerprint(scale).grams) == 0
    assert near_duplicates([fingerprint(scale)] * 2) == []


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [Part([Note(0, 1, 60)])],
        [Part([Note(0, 1, 60), Note(0, 1, 64)])],
        [Part([Note(beat, 0.5, 36) for beat in range(50)], is_drum=True)],
    ],
    ids=["no parts", "one note", "one chord", "drums"],
)
def test_what_is_no_melody_is_like_nothing(parts):
    found = fingerprint(Score(parts))
    assert found.likeness(found) == 0
    assert near_duplicates([found, found]) == []


def test_the_highest_of_a_chord_is_the_melody():
    score = melody(2)
    low = [Note(note.onset_quarters, 0.2, 30) for note in score.parts[0]]
    doubled = replace(score, parts=[Part([*score.parts[0], *low])])
    np.testing.assert_array_equal(fingerprint(doubled).grams, fingerprint(score).grams)


@given(
    st.integers(1, 12).flatmap(
        lambda n: st.tuples(
            st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)))
        )
    )
)
def test_groups_are_what_links_hold_together(given_links):
    """Its slow twin joins one link after another; groups are numbered as they appear."""
    n_items, links = given_links
    joined = list(range(n_items))
    for one, other in links:
        joined = [joined[one] if label == joined[other] else label for label in joined]
    numbers = {label: number for number, label in enumerate(dict.fromkeys(joined))}
    found = hanging_together(n_items, np.array(links, np.int64).reshape(-1, 2))
    assert found.tolist() == [numbers[label] for label in joined]


def test_some_of_many_fingerprints_are_as_good_as_a_list_of_them():
    prints = [fingerprint(melody(seed % 4)) for seed in range(9)]
    prints.insert(2, fingerprint(Score()))
    places = np.array([0, 2, 4, 5, 8])
    some = Fingerprints(prints).only(places)
    listed = [prints[place] for place in places]
    assert near_duplicates(some) == near_duplicates(listed) == [[0, 3], [2, 4]]
    assert [some.likeness(0, n) for n in range(5)] == [listed[0].likeness(one) for one in listed]


def test_solos_over_the_same_changes_are_different(shared_data):
    """Two takes of Giant Steps among them; a solo and its quantised copy are one."""
    paths = sorted((shared_data / "jazz_other").glob("*.mid"))[:60]
    scores = [load(path) for path in paths]
    prints = [fingerprint(score) for score in scores]
    assert near_duplicates(prints) == []
    solo = replace(scores[0], parts=scores[0].parts[:1])
    copy = on_the_grid(solo, find_feel(solo)).score
    assert near_duplicates([*prints, fingerprint(copy)]) == [[0, len(prints)]]


def test_one_dance_tune_has_two_names(shared_data):
    names = ["cre__ClonmelFiddlerpolkaThe.mid", "cre__DancingMastersReelpolkaThe.mid"]
    paths = [shared_data / "folk" / name for name in names]
    first, second = (fingerprint(load(path)) for path in paths)
    assert first.likeness(second) > SIMILAR
