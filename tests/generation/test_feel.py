"""Swing that is asked for is in the file; a learned feel moves the melody's notes and no others."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lstmmusic.analysis.swing import off_beats
from lstmmusic.encoding import melody_part
from lstmmusic.errors import InputError
from lstmmusic.generation import Settings, improvise, parse_swing, redo
from lstmmusic.generation.band import as_drummers, drum_hits
from lstmmusic.generation.band.drummers import DRUMMERS, place_of
from lstmmusic.generation.band.rhythm import RIDE
from lstmmusic.io import load, save
from lstmmusic.player import load_model
from lstmmusic.score import Metre
from tests.tiny_model import feeling_model

MIN_PAIRS = 50


@pytest.fixture(scope="module")
def model():
    return feeling_model(load_model())


@pytest.mark.parametrize("swing", [0.5, 0.58, 0.62, 2 / 3, 0.72])
def test_swing_asked_for_is_measured_in_the_file(swing, tmp_path):
    piece = improvise(swing=swing, choruses=8, style="jump", seed=1)
    save(piece.score, tmp_path / "a.mid")
    score = load(tmp_path / "a.mid")
    part = melody_part(score)
    assert part is not None
    onsets = (part.notes["onset_quarters"] - score.pickup_quarters) / score.metre.beat_quarters
    found = off_beats(np.unique(onsets))
    assert len(found) >= MIN_PAIRS
    assert np.median(found) == pytest.approx(swing, abs=0.02)


@pytest.mark.parametrize("asked", [{}, {"count_in": True}, {"pickup": 2}, {"ending": "turnaround"}])
def test_a_learned_feel_moves_melody_and_drums_and_changes_no_note(model, asked):
    by_rule = improvise(model=model, seed=4, **asked)
    learned = improvise(model=model, seed=4, swing="learned", **asked)
    assert learned.written.parts[:3] == by_rule.written.parts[:3]
    (melody, *band, drums), (moved, *band_too, played) = by_rule.score.parts, learned.score.parts
    assert band == band_too
    assert sorted(drums.notes["pitch"]) == sorted(played.notes["pitch"])
    assert (drums.notes["velocity"] != played.notes["velocity"]).mean() > 0.5
    for part in (played, moved):
        assert (part.notes["duration_quarters"] > 0).all()
    np.testing.assert_array_equal(melody.notes["pitch"], moved.notes["pitch"])
    np.testing.assert_array_equal(melody.notes["velocity"], moved.notes["velocity"])
    assert (melody.notes["onset_quarters"] != moved.notes["onset_quarters"]).mean() > 0.9
    onsets = moved.notes["onset_quarters"]
    ends = onsets + moved.notes["duration_quarters"]
    assert (onsets[1:] > onsets[:-1]).all()
    assert (ends[:-1] <= onsets[1:] + 1e-9).all()
    assert onsets[0] >= 0
    assert ends[-1] <= learned.score.length_quarters + 1e-9
    assert (learned.report["feel"], by_rule.report["feel"]) == ("learned", "rule")
    assert learned.report["swing"] == by_rule.report["swing"]


def usually_felt(model, **row):
    """The model with a learned feel as what is usual in 4/4."""
    usual = {
        "style": "jump",
        "tempo": 150.0,
        "swing": 0.62,
        "notes_per_bar": 5.0,
        "forms": ["jazz"],
    }
    knows = {**model.card["knows"], "usual": {"4/4": {**usual, "feel": "learned", **row}}}
    return replace(model, card={**model.card, "knows": knows})


def test_a_feel_that_is_usual_is_played_unless_a_swing_is_asked_for(model):
    soloist = usually_felt(model)
    usual, learned = (improvise(model=soloist, seed=4, swing=a) for a in (None, "learned"))
    assert usual.score == learned.score
    assert usual.report["feel"] == "learned"
    by_rule = improvise(model=soloist, seed=4, swing=0.62)
    assert by_rule.report["feel"] == "rule"
    assert by_rule.written.parts[0] == usual.written.parts[0]
    assert improvise(model=usually_felt(model, feel="rule"), seed=4).score == by_rule.score


def test_drums_are_as_loud_as_before_and_vary_as_drummers_do():
    """Each place by its own median; about half of the strokes within the quartiles."""
    hits = drum_hits(400, Metre(4, 4), "shuffle", ends=False)
    played, late = as_drummers(hits, 48, 120.0, np.random.default_rng(0))
    before, after = (np.array([hit[3] for hit in found]) for found in (hits, played))
    assert after.mean() == pytest.approx(before.mean(), rel=0.03)
    table = json.loads(DRUMMERS.read_text())["table"]["ride"]
    loud = {}
    for place, row in table.items():
        on_ride = np.array([p == RIDE and place_of(a % 48) == place for a, _, p, _ in hits])
        milliseconds = late[on_ride] * 500
        low, middle, high = row["late_ms"]
        assert np.median(milliseconds) == pytest.approx(middle, abs=1.5)
        within = np.abs(milliseconds - middle) < (high - low) / 2
        assert within.mean() == pytest.approx(0.5, abs=0.08)
        loud[place] = after[on_ride].mean()
    assert loud["back beat"] > loud["strong beat"] > loud["off-beat"]


def test_the_same_seed_plays_the_same(model):
    first, again = (improvise(model=model, seed=2, swing="learned").score for _ in range(2))
    assert first == again


def test_tempo_is_told(model):
    slow, fast = (
        improvise(model=model, seed=2, swing="learned", tempo=tempo).score.parts[0].notes
        for tempo in (60, 240)
    )
    np.testing.assert_array_equal(slow["pitch"], fast["pitch"])
    assert (slow["onset_quarters"] != fast["onset_quarters"]).any()


def test_a_model_that_heard_no_performances_says_so():
    with pytest.raises(
        InputError, match=r"^swing: expected .* twelve-bar has heard no performances"
    ):
        improvise(swing="learned")


def test_a_metre_that_was_not_heard_performed_is_refused(model):
    with pytest.raises(InputError, match=r"^swing: expected 0\.5 to 0\.75 in 12/8, or 4/4"):
        improvise(model=model, swing="learned", metre="12/8")


def test_redoing_bars_keeps_to_the_feel_of_the_piece(model):
    piece = improvise(model=model, seed=1).score
    with pytest.raises(InputError, match=r"^swing: expected 0\.5 to 0\.75; new notes lie as"):
        redo(piece, "3", model=model, swing="learned")


@pytest.mark.parametrize("wrong", ["swung", "0.9", ""])
def test_what_is_no_swing_is_refused(wrong):
    with pytest.raises(InputError, match=r"^swing: expected 0\.5"):
        Settings(swing=parse_swing(wrong))


def test_settings_with_a_learned_feel_swing_the_band_by_style():
    settings = Settings(swing="learned")
    assert settings.asked_swing is None
    assert settings.swing_or_usual("jump") == 0.62
    assert replace(settings, swing=0.6).asked_swing == 0.6
