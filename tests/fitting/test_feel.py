"""The feel network learns what players do, and a model has one where there is enough to learn."""

from dataclasses import replace

import numpy as np
import pytest

from lstmmusic.analysis import find_feel
from lstmmusic.corpus.piece import Piece
from lstmmusic.encoding import FeelEvents, FeelSetting
from lstmmusic.errors import InputError
from lstmmusic.fitting import read_recipe, train
from lstmmusic.fitting.feel import expected_lateness, train_feel
from lstmmusic.fitting.performances import performance
from lstmmusic.fitting.recipe import RECIPES
from lstmmusic.generation import improvise
from lstmmusic.io import load
from lstmmusic.models import Performance
from lstmmusic.player import load_model
from lstmmusic.score import Metre, Note, Part, Score, Timed

pytestmark = pytest.mark.keras

NETWORK = """
units = 10
batch_size = 8
length = 32
[{0}.schedule]
epochs = {1}
batches_per_epoch = 20
learning_rate = 2e-2
"""
RECIPE = 'name = "tiny"\nseed = 1\nharmony_streams = []\n' + "".join(
    f"[{kind}]" + NETWORK.format(kind, epochs)
    for kind, epochs in (("harmony", 1), ("melody", 1), ("feel", 4))
)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(RECIPE)
    return path


def player(seed, n=300):
    """Eighths: off-beats .12 late, and a drift that goes on from note to note."""
    rng = np.random.default_rng(seed)
    late, drift = np.empty(n), 0.0
    for note in range(n):
        drift = 0.9 * drift + rng.normal(0, 0.015)
        late[note] = drift + 0.12 * (note % 2) + rng.normal(0, 0.005)
    written = np.column_stack([np.arange(n) * 6, np.full(n, 6), 60 + rng.integers(0, 12, n)])
    starts = written[:, 0] / 12 + late
    events = FeelEvents.joined(written, starts, starts + 0.4)
    return Performance(f"{seed}", f"{seed}", events, FeelSetting(120.0, Metre(4, 4)))


@pytest.fixture(scope="module")
def trained(recipe, tmp_path_factory):
    seen, unseen = [player(k) for k in range(4)], [player(9)]
    folder = tmp_path_factory.mktemp("run")
    return *train_feel(seen, unseen, read_recipe(recipe), folder), unseen


def test_class_and_drift_are_learnt(trained):
    """Below what the place alone leaves, and so from what went before."""
    weights, scores, unseen = trained
    late = unseen[0].deviations[0]
    error = expected_lateness(weights, unseen[0]) - late
    by_place = np.concatenate([late[k::2] - late[k::2].mean() for k in (0, 1)])
    assert np.sqrt(np.mean(error**2)) < 0.8 * by_place.std()
    assert scores["rmse_beats"] == pytest.approx(np.sqrt(np.mean(error**2)), abs=1e-4)
    assert scores["spread_beats"] == pytest.approx(late.std(), abs=1e-4)


def test_what_was_played_is_not_used_where_it_is_not_told(trained):
    weights, _, unseen = trained
    told = expected_lateness(weights, unseen[0], hears_itself=False)
    events = unseen[0].events.copy()
    events[:, 3] = 0
    deaf = expected_lateness(weights, replace(unseen[0], events=events), hears_itself=False)
    np.testing.assert_array_equal(told, deaf)


def test_without_performances_or_a_recipe_for_them_it_says_so(recipe, tmp_path):
    plan = read_recipe(recipe)
    with pytest.raises(InputError, match="performances: expected some to learn from"):
        train_feel([player(0)], [], plan, tmp_path)
    with pytest.raises(InputError, match="recipe: expected a feel network"):
        train_feel([player(0)], [player(1)], replace(plan, feel=None), tmp_path)


def test_every_recipe_of_the_package_has_a_feel_network():
    assert all(read_recipe(path).feel is not None for path in RECIPES.glob("*.toml"))


def performed(name, seed, split, n_bars=40, grid=False):
    """A corpus piece of eighths as `player` plays them."""
    found = player(seed, 8 * n_bars)
    starts, stops = FeelEvents.played(found.events)
    starts = found.events[:, 0] / 12 if grid else np.maximum(starts, 0)
    notes = [
        Note(float(a), max(float(b - a), 0.1), int(pitch))
        for a, b, pitch in zip(starts, stops, found.events[:, 2], strict=True)
    ]
    score = Score([Part(notes, "melody")], metres=[Timed(0.0, Metre(4, 4))])
    return piece_of(name, score, split, is_performance=not grid, swing=0.62)


def piece_of(name, score, split="train", **known):
    return Piece(
        file=name,
        score=score,
        title=name,
        performer=name,
        tune=name,
        group=0,
        split=split,
        choruses=(),
        chords_source="",
        chords_confidence=0.0,
        **known,
    )


def test_a_model_of_enough_performances_has_a_feel_network(recipe, tmp_path):
    pieces = [performed(f"{k}.mid", k, "train") for k in range(7)]
    pieces += [performed("v.mid", 20, "validation")]
    train.train_model(pieces, tmp_path / "felt", recipe=recipe, sample_every=0)
    model = load_model(str(tmp_path / "felt"))
    heard = model.card["knows"]["feel"]
    assert heard == {"metres": ["4/4"], "performances": 7, "performers": 7, "notes": 7 * 320}
    assert model.card["scores"]["feel"]["rmse_beats"] < model.card["scores"]["feel"]["spread_beats"]
    blues = improvise(model=model, swing="learned", seed=1)
    assert blues.report["feel"] == "learned"


@pytest.mark.slow
def test_too_few_performed_notes_make_none(recipe, tmp_path):
    music = [performed("a.mid", 1, "train"), performed("b.mid", 2, "train", grid=True)]
    music += [performed("v.mid", 20, "validation")]
    done = train.train_model(music, tmp_path / "m", recipe=recipe, sample_every=0, epochs=1)
    assert done.report()["feel"] is False
    assert done.card["trained_on"]["performed_notes"]["train"] == 320


def test_what_has_no_timing_of_a_player_is_no_performance():
    piece = performed("a.mid", 1, "train")
    assert performance(piece) is not None
    assert performance(replace(piece, is_performance=False)) is None
    metres = [Timed(0.0, Metre(4, 4)), Timed(8.0, Metre(3, 4))]
    assert performance(replace(piece, score=replace(piece.score, metres=metres))) is None
    few = [Part(piece.score.parts[0].notes[:20], "melody")]
    assert performance(replace(piece, score=replace(piece.score, parts=few))) is None


def test_deviations_are_those_that_were_played(shared_data):
    """A solo: mostly a little behind the beat, by less than a sixteenth."""
    score = load(shared_data / "blues" / "Charlie_Parker__Billie_s_Bounce__052.mid")
    melody = replace(score, parts=score.parts[:1])
    feel = find_feel(melody)
    found = performance(piece_of("a", melody, is_performance=feel.is_performance, swing=feel.swing))
    assert found is not None
    assert len(found) == len(melody.parts[0])
    late = found.deviations[0]
    assert 0.0 < late.mean() < 0.15
    assert 0.04 < late.std() < 0.15
