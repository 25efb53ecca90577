"""Playing like a group: nothing counted tilts nothing, and what is played is nearer."""

import numpy as np
import pytest

from lstmmusic.errors import InputError
from lstmmusic.evaluation import Reference, measure
from lstmmusic.generation import Settings, improvise, improvise_like
from lstmmusic.generation.liking import counts_of, taste_of
from lstmmusic.io import format_midi
from lstmmusic.player import Taste, load_model
from lstmmusic.player.network import MAX_STEPS
from lstmmusic.score import Key, Note, Part, Score, Timed

MODEL = load_model()
PLAIN = Settings(band=False, seed=3)


def slow_tune(seed):
    """Quarters and halves up and down the first five degrees of a key."""
    rng = np.random.default_rng(seed)
    tonic, onset, notes = int(rng.integers(12)), 0.0, []
    while onset < 48:
        length = float(rng.choice([1, 1, 1, 2]))
        notes.append(Note(onset, length, 60 + tonic + int(rng.choice([0, 2, 4, 5, 7]))))
        onset += length
    names = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
    return Score([Part(notes, "melody")], keys=[Timed(0.0, Key(names[tonic]))])


@pytest.fixture(scope="module")
def group():
    return Reference.of(((str(n), slow_tune(n)) for n in range(12)), {"title": "slow tunes"})


def notes_of(piece):
    return piece.score.parts[0].notes.tolist()


def test_what_is_counted_is_what_one_counts(group):
    iois, durations, degrees = counts_of(group.melodies)
    events = [melody.events for melody in group.melodies]
    assert degrees.sum() == durations.sum() == sum(map(len, events))
    assert iois.sum() == degrees.sum() - len(events)
    assert np.flatnonzero(durations).tolist() == [11, 23]
    assert np.flatnonzero(degrees).tolist() == [0, 2, 4, 5, 7]


def test_no_taste_is_an_empty_one(group):
    taste = taste_of(group.melodies, PLAIN, model=MODEL, rounds=0)
    assert not any(array.any() for array in taste)
    by_itself, tilted = (improvise(PLAIN, model=MODEL, taste=one) for one in (None, taste))
    assert notes_of(by_itself) == notes_of(tilted)


def test_a_taste_makes_likelier_what_it_says():
    """Quarters alone, on the fifth alone, but for what leaves a line its rest, or comes home."""
    flat = Taste(*(np.full(size, -20.0) for size in (MAX_STEPS, MAX_STEPS, 12)))
    for array, place in zip(flat, (11, 11, 7), strict=True):
        array[place] = 0
    events = measure(improvise(PLAIN, model=MODEL, taste=flat).score).melody.events[:-1]
    assert np.mean(events[:, 2] % 12 == 7) == 1
    bars, lengths = events[:, 0] // 48, events[:, 1]
    cut = events[:, 0] + 12 > 11 * 48  # by the last bar
    assert np.all(lengths[(bars % 4 != 3) & ~cut] == 12)
    assert np.mean(np.diff(events[:, 0]) == 12) > 0.9


def test_what_is_played_is_nearer_to_the_group(group):
    found = [improvise_like(group, PLAIN, model=MODEL, seed=seed) for seed in range(4)]
    told = [piece.report["like"] for piece in found]
    gains = [one["overlap"] - one["without"] for one in told]
    assert np.mean(gains) > 0.05
    assert sum(gain > 0 for gain in gains) >= 3
    assert {one["pieces"] for one in told} == {12}
    lengths = [counts_of([measure(piece.score).melody])[1] for piece in found]
    itself = [improvise(PLAIN, model=MODEL, seed=seed) for seed in range(4)]
    plain = [counts_of([measure(piece.score).melody])[1] for piece in itself]

    def in_quarters(counts):
        return sum(row[[11, 23]].sum() for row in counts) / sum(row.sum() for row in counts)

    assert in_quarters(lengths) > in_quarters(plain) + 0.1


def test_the_same_seed_plays_the_same_and_is_the_one_that_is_told(group):
    first, again = (improvise_like(group, PLAIN, model=MODEL, seed=11) for _ in range(2))
    assert notes_of(first) == notes_of(again)
    assert first.report["seed"] == first.report["settings"]["seed"] == 11
    assert format_midi(first.score) == format_midi(again.score)


def test_no_music_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"nowhere: expected a corpus \(\.parquet\) or a folder"):
        improvise_like(tmp_path / "nowhere", PLAIN, model=MODEL)
