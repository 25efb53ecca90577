"""Recipes, and the training of both networks on a few tunes."""

from dataclasses import replace

import numpy as np
import pytest

from lstmmusic.errors import InputError
from lstmmusic.fitting import (
    Recipe,
    Schedule,
    melody_facts,
    read_recipe,
    train_harmony,
    train_melody,
)
from lstmmusic.fitting.blues import Network
from lstmmusic.generation import improvise
from lstmmusic.models import melody_example
from lstmmusic.player import MelodyLimits, MelodyPlayer, load_model, store_model
from tests.conftest import REPO_ROOT
from tests.tunes import some_tunes

pytestmark = pytest.mark.keras

TEXT = """
name = "tiny"
seed = 3
harmony_streams = [["standard", "quick-change"], ["minor"]]
[harmony]
units = 6
batch_size = 4
length = 48
[harmony.schedule]
epochs = 2
batches_per_epoch = 3
learning_rate = 2e-2
[melody]
units = 8
batch_size = 3
length = 40
dropout = 0.2
[melody.schedule]
epochs = 2
batches_per_epoch = 3
learning_rate = 1e-2
patience = 4
"""


@pytest.fixture(scope="module")
def tunes(twelve_bar):
    return some_tunes(twelve_bar)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(TEXT)
    return read_recipe(path)


@pytest.fixture(scope="module")
def harmony(tunes, recipe, tmp_path_factory):
    folder = tmp_path_factory.mktemp("harmony")
    return folder, *train_harmony(tunes, recipe, folder)


@pytest.fixture(scope="module")
def melody(tunes, recipe, tmp_path_factory):
    folder = tmp_path_factory.mktemp("melody")
    return folder, *train_melody(tunes[:3], tunes[3:], recipe, folder)


def test_a_recipe_is_what_its_file_says(recipe):
    assert recipe == Recipe(
        name="tiny",
        seed=3,
        harmony_streams=(("standard", "quick-change"), ("minor",)),
        harmony=Network(6, 4, 48, Schedule(2, 3, 2e-2)),
        melody=Network(8, 3, 40, Schedule(2, 3, 1e-2, patience=4), dropout=0.2),
    )


@pytest.mark.parametrize("path", sorted((REPO_ROOT / "training/recipes").glob("*.toml")))
def test_shipped_recipes_can_be_read(path):
    assert read_recipe(path).name == path.stem.replace("_", "-")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('name = "tiny"', "", "a recipe with 'name', got none"),
        ("harmony_streams", "streams", "a recipe with 'harmony_streams', got none"),
        ("[melody.schedule]", "[melody.plan]", "a recipe with 'schedule', got none"),
        ("dropout = 0.2", "droput = 0.2", "a recipe, got .*droput"),
        ("patience = 4", "endurance = 4", "a recipe, got .*endurance"),
        ("seed = 3", 'seed = "3"', "a recipe, got .*seed no whole number"),
        ("seed = 3", "seed = ", "a recipe, got .*line 3"),
        ('["minor"]', '["minr"]', "a recipe, got form: expected one of .*, got 'minr'"),
        ("units = 6", "units = 0", "a recipe, got units: expected a whole number from 1 on"),
        ("units = 6", 'units = "six"', "a recipe, got units: expected a whole number"),
        ("dropout = 0.2", "dropout = 1.0", "a recipe, got dropout: expected 0 to less than 1"),
        ("learning_rate = 1e-2", 'learning_rate = "fast"', "a recipe, got"),
    ],
)
def test_a_wrong_recipe_is_one_input_error_that_names_the_file(tmp_path, old, new, expected):
    path = tmp_path / "wrong.toml"
    assert old in TEXT
    path.write_text(TEXT.replace(old, new))
    with pytest.raises(InputError, match=rf"wrong\.toml: expected {expected}"):
        read_recipe(path)


@pytest.mark.parametrize(
    ("data", "expected"), [(b"\xff\xfe", "a recipe, got"), (None, "a recipe that can be read")]
)
def test_a_recipe_that_cannot_be_read_is_one_input_error(tmp_path, data, expected):
    path = tmp_path / "wrong.toml"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError, match=rf"wrong\.toml: expected {expected}"):
        read_recipe(path)


def test_harmony_training_reports_bits_beside_what_no_model_can_save(harmony):
    folder, weights, scores = harmony
    assert scores["epochs"] == 2
    assert scores["bits_per_chorus"] == pytest.approx(24 * scores["val_loss"] / np.log(2), abs=1e-3)
    assert 0 < scores["floor_bits_per_chorus"] < scores["bits_per_chorus"]
    assert weights["lstm/recurrent_kernel"].shape == (6, 24)
    assert (folder / "harmony" / "best.safetensors").is_file()


def test_floor_is_what_drawing_the_choruses_costs(tunes, recipe, tmp_path):
    """Two different choruses, drawn anew each time: a bit a chorus, and none for the family."""
    standard, quick = tunes[0], tunes[1]
    assert (standard.symbols != quick.symbols).any()
    one_family = replace(recipe, harmony_streams=(("standard", "quick-change"),))
    _, scores = train_harmony([standard, quick], one_family, tmp_path)
    assert scores["floor_bits_per_chorus"] == pytest.approx(1.0)


def test_melody_training_reports_bits_a_note_on_unseen_tunes(tunes, melody):
    """Worked out again, note by note, with the player."""
    folder, weights, scores = melody
    bits = {"ioi": 0.0, "pitch": 0.0, "duration": 0.0}
    n_notes = 0
    for tune in tunes[3:]:
        _, targets = melody_example([tune])
        player = MelodyPlayer(weights, tune.setting(), MelodyLimits())
        events = tune.events.tolist()[: len(targets["pitch"])][:40]
        for note, (onset, duration, pitch) in enumerate(events):
            pitch_logits, state = player.pitch_logits(onset)
            logits = {
                "ioi": player.rhythm_logits(),
                "pitch": pitch_logits,
                "duration": player.duration_logits(state, onset, pitch),
            }
            for name, values in logits.items():
                values = values.astype(float)
                right = values[targets[name][note]]
                bits[name] += (np.log(np.exp(values - right).sum())) / np.log(2)
            player.hear((onset, duration, pitch))
            n_notes += 1
    assert scores["unseen_notes"] == n_notes
    for name, total in bits.items():
        assert scores[f"bits_{name}"] == pytest.approx(total / n_notes, abs=2e-3)
    assert scores["bits_per_note"] == pytest.approx(
        scores["bits_ioi"] + scores["bits_pitch"], abs=2e-4
    )
    assert (folder / "melody" / "config.json").is_file()


def test_melody_training_lowers_the_loss(melody):
    folder, _, _ = melody
    lines = (folder / "melody" / "metrics.jsonl").read_text().splitlines()
    losses = [float(line.split('"loss": ')[1].split(",")[0].rstrip("}")) for line in lines]
    assert losses[-1] < losses[0]


def test_facts_are_counted_over_the_tunes(tunes):
    facts = melody_facts(tunes)
    onsets = [tune.events[:, 0] for tune in tunes]
    gaps = np.concatenate([[o[0] + 48, *np.diff(o)] for o in onsets])
    for steps in range(1, 193):
        assert (steps in facts["iois"]) == ((gaps == steps).sum() >= 2)
    durations = np.concatenate([tune.events[:, 1] for tune in tunes])
    assert facts["durations"] == [n for n in range(1, 193) if (durations == n).sum() >= 2]
    pitches = np.sort(np.concatenate([tune.events[:, 2] for tune in tunes]))
    low, high = facts["range"]
    assert (pitches < low).mean() <= 0.011
    assert (pitches > high + 1).mean() <= 0.011
    shuffles = [tune for tune in tunes if tune.style == "shuffle"]
    expected = np.mean([len(t.events) / 12 for t in shuffles])
    assert facts["notes_per_bar"]["shuffle"] == pytest.approx(expected, abs=0.01)


def test_what_was_trained_can_be_stored_and_played(tunes, harmony, melody, tmp_path):
    knows = {"metres": ["4/4"], "styles": ["shuffle"], **melody_facts(tunes)}
    networks = {"harmony": harmony[1], "melody": melody[1]}
    store_model(tmp_path / "mine", {"name": "mine", "knows": knows}, networks)
    model = load_model(str(tmp_path / "mine"))
    blues = improvise(model=model, harmony="model", seed=1)
    assert blues.score.n_bars == 12
    assert blues.report["notes"] > 5
