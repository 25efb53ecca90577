"""How choruses are held against music by people."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lstmmusic.corpus import Passport, read_passport
from lstmmusic.errors import InputError
from lstmmusic.evaluation import measure, shipped_reference
from lstmmusic.player import load_model
from training import record_choruses as recording

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def passport(twelve_bar):
    return read_passport(twelve_bar)


@pytest.fixture(scope="module")
def read(passport):
    return list(passport.scores())  # in ABC, which takes seconds


@pytest.fixture(scope="module")
def people(read):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Passport, "scores", lambda self: iter(read))
        return recording.people_of("twelve-bar", [], Path())


@pytest.fixture(scope="module")
def tunes(read):
    return [score for _, score in read]


def test_people_against_themselves_are_alike_and_copies(people, tunes):
    found = recording.held_against(tunes, people)
    assert found["overlap"] > found["people"]  # the same, not one half against the other
    assert found["spread"]["ratio"] == pytest.approx(1, abs=1e-3)
    assert found["spread"]["low"] < 1 < found["spread"]["high"]
    assert found["copied"]["mean"] == 1
    assert found["copied"]["lights"]["red"] == len(tunes)
    assert found["numbers"]["aab"]["inside"]


def test_one_chorus_again_and_again_has_no_spread(people, tunes):
    found = recording.held_against([tunes[0]] * 4, people)
    assert found["spread"]["ratio"] == 0
    assert found["overlap"] < found["people"]


def test_every_piece_is_asked_as_one_of_the_people(people, passport):
    entries = passport.entries
    assert [(row["form"], row["style"]) for row in people.asked] == [
        (entry.form, entry.style) for entry in entries
    ]
    model = load_model("twelve-bar")
    n_asked = len(people.asked)
    found = recording.pieces_of(model, "as the pieces", people, n_asked + 1)
    bars = {"eight-bar": 8, "sixteen-bar": 16}
    for score, row in zip(found[:n_asked], people.asked, strict=True):
        assert score.n_bars == bars.get(row["form"], 12)
        assert score.key is not None
        assert score.key.is_minor == (row["form"] == "minor")
    assert found[n_asked].n_bars == found[0].n_bars
    assert found[n_asked] != found[0]  # another seed


def test_what_is_recorded_stands_beside_what_was(people, tmp_path, monkeypatch):
    path = tmp_path / "choruses.json"
    path.write_text(json.dumps({"other": {"kept": True}}))
    model = load_model("twelve-bar")
    monkeypatch.setattr(recording, "TIMED", 2)
    monkeypatch.setattr(recording, "people_of", lambda *_: people)
    recording.record(["twelve-bar"], [], n_choruses=4, path=path)
    found = json.loads(path.read_text())
    assert found["other"] == {"kept": True}
    row = found["twelve-bar"]
    assert tuple(row["ways"]) == recording.WAYS == tuple(recording.ways_of(model))
    assert all(row["ways"][way]["pieces"] == 4 for way in recording.WAYS)
    card = {**model.card, "knows": {**model.card["knows"], "answer": 0.0}}
    assert "no answer" not in recording.ways_of(replace(model, card=card))
    assert 0 < row["seconds_a_chorus"]["median"] <= row["seconds_a_chorus"]["slowest"]
    ways = row["ways"]
    assert ways["as usual"] != ways["as set"]
    assert ways["as usual"] != ways["no answer"]
    again = recording.pieces_of(model, "as usual", people, 4)
    assert recording.held_against(again, people) == ways["as usual"]


def test_a_soloist_is_held_against_solos(tmp_path):
    with pytest.raises(InputError, match=r"^folders: expected folders with blues solos, for"):
        recording.people_of("soloist", [], tmp_path)


def test_the_spread_of_a_part_is_told_against_the_whole(tunes):
    some = [measure(tune) for tune in tunes[::2]]
    found = recording.spread_of(some, shipped_reference())
    assert found["low"] < found["ratio"] < found["high"]
