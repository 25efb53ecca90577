"""Playing again until nothing is copied."""

import pytest

from lstmmusic.errors import InputError
from lstmmusic.evaluation import Reference, scorecard
from lstmmusic.generation import improvise, improvise_original, original
from lstmmusic.player import load_model

MODEL = load_model()
ASKED = {"model": MODEL, "band": False}


@pytest.fixture(scope="module")
def known():
    """Music that has what seed 5 plays, and other pieces."""
    pieces = [(f"{seed}.mid", improvise(seed=seed, **ASKED).score) for seed in (5, 6, 7, 8)]
    return Reference.of(pieces, {"title": "known"})


def test_what_is_known_is_not_played_again(known):
    found = improvise_original(known, seed=5, **ASKED)
    told = found.report["original"]
    assert told == {"music": "known", "tries": told["tries"], "light": "green"}
    assert told["tries"] > 1
    assert found.score != improvise(seed=5, **ASKED).score
    assert scorecard(found.score, known)["originality"]["light"] == "green"
    assert found.report["seed"] == found.report["settings"]["seed"] == 5


def test_what_is_new_is_what_its_seed_plays(known):
    found = improvise_original(known, seed=1, **ASKED)
    assert found.report["original"]["tries"] == 1
    assert found.score == improvise(seed=1, **ASKED).score


def test_the_same_seed_gives_the_same_piece(known):
    pieces = [improvise_original(known, seed=seed, **ASKED).score for seed in (5, 5, 6)]
    assert pieces[0] == pieces[1] != pieces[2]


def test_a_model_that_knows_one_piece_alone_is_told_to_copy(monkeypatch):
    """At temperature 0 every seed plays the same."""
    monkeypatch.setattr(original, "TRIES", 3)
    sure = {**ASKED, "temperature": 0.0, "answer": 0.0}
    same = Reference.of([("a.mid", improvise(seed=1, **sure).score)], {"title": "same"})
    found = improvise_original(same, seed=2, **sure)
    assert found.report["original"] == {"music": "same", "tries": 3, "light": "red"}


def test_ranges_without_notes_cannot_tell():
    with pytest.raises(InputError, match=r"^original: expected a folder or a corpus, got blues"):
        improvise_original("model", model="soloist")
