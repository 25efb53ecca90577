"""The training of both networks on a few tunes."""

from dataclasses import replace

import numpy as np
import pytest

from lstmmusic.encoding import HarmonyClock
from lstmmusic.encoding.harmony_clock import N_SYMBOLS
from lstmmusic.errors import InputError
from lstmmusic.evaluation import MelodyNGram, measure
from lstmmusic.fitting import Material, facts_of, networks, read_recipe, train_harmony, train_melody
from lstmmusic.generation import improvise
from lstmmusic.models import melody_example
from lstmmusic.player import HarmonyPlayer, MelodyLimits, MelodyPlayer, load_model, store_model
from lstmmusic.score import Key
from tests.recipes import small_recipe
from tests.tunes import some_tunes

pytestmark = pytest.mark.keras

TEXT = small_recipe(melody_length=64)


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


def test_harmony_training_reports_bits_beside_what_no_model_can_save(harmony):
    folder, weights, scores = harmony
    assert scores["epochs"] == 2
    assert scores["bits_per_chorus"] == pytest.approx(24 * scores["val_loss"] / np.log(2), abs=1e-3)
    assert 0 < scores["floor_bits_per_chorus"] < scores["bits_per_chorus"]
    assert weights["lstm/recurrent_kernel"].shape == (6, 24)
    assert (folder / "harmony" / "best.safetensors").is_file()


@pytest.mark.slow
def test_harmony_can_be_trained_on_another_clock_and_without_peepholes(tunes, recipe, tmp_path):
    """It is played on that clock, and its bits are those that the player finds."""
    options = replace(recipe.harmony, peepholes=False, batch_size=2, length=96)
    bare = replace(recipe, harmony=options, harmony_streams=(("standard",),))
    clock = HarmonyClock(steps_per_bar=8)
    weights, scores = train_harmony(tunes, bare, tmp_path, clock=clock)
    assert weights["lstm/kernel"].shape == (N_SYMBOLS + 8 + 1, 24)
    assert (weights["lstm/peephole_kernel"] == 0).all()
    symbols = clock.encode(next(tune for tune in tunes if tune.form == "standard").score)
    player, nats = HarmonyPlayer(weights, is_minor=False), 0.0
    for symbol in symbols.tolist():
        logits = player.logits().astype(float)
        nats += np.log(np.exp(logits).sum()) - logits[symbol]
        player.hear(symbol)
    assert scores["bits_per_chorus"] == pytest.approx(nats / np.log(2), rel=1e-3)
    assert scores["floor_bits_per_chorus"] == 0


def test_floor_is_what_drawing_the_choruses_costs(tunes, recipe, tmp_path, monkeypatch):
    """Two different choruses, drawn anew each time: a bit a chorus, and none for the family."""
    standard, quick = tunes[0], tunes[1]
    assert (standard.symbols != quick.symbols).any()
    monkeypatch.setattr(networks, "fit_in_folder", lambda *_, **__: {"val_loss": 1.0})
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
        events = tune.events.tolist()[: len(targets["pitch"])]
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


def test_the_n_gram_stands_beside_on_the_same_notes(tunes, melody):
    """Its notes are counted anew from the events."""
    _, _, scores = melody

    def table(tune):
        times = np.diff(tune.events[:, 0], prepend=-48)
        before = np.append(60 + tune.score.key.pitch_class, tune.events[:-1, 2])
        return np.stack([times, before, tune.events[:, 2]], axis=1)

    bits = MelodyNGram().fit(map(table, tunes[:3])).bits(map(table, tunes[3:]))
    assert scores["ngram"] == {"bits_per_note": pytest.approx(sum(bits), abs=1e-4)}
    assert scores["train_notes"] == sum(len(tune.events) for tune in tunes[:3])


def test_long_tunes_are_measured_whole_and_each_note_once(tunes, recipe, tmp_path):
    """Windows half as long as the tunes, each hearing some notes of the one before."""
    short = replace(recipe, melody=replace(recipe.melody, length=24))
    _, scores = train_melody(tunes[:3], tunes[3:], short, tmp_path, test=tunes[3:])
    assert scores["unseen_notes"] == scores["test_notes"] > 48
    assert scores["test_bits_per_note"] == scores["bits_per_note"]
    assert scores["ngram"]["test_bits_per_note"] == scores["ngram"]["bits_per_note"]


def test_nothing_to_be_tried_on_is_an_input_error(tunes, recipe, tmp_path):
    with pytest.raises(InputError, match=r"tunes: expected .*, got 5 and 0"):
        train_melody(tunes, [], recipe, tmp_path)


def test_no_chorus_of_a_wanted_form_is_an_input_error(tunes, recipe, tmp_path):
    other = replace(recipe, harmony_streams=(("sixteen-bar",),))
    with pytest.raises(InputError, match="harmony_streams: expected forms that the tunes have"):
        train_harmony(tunes, other, tmp_path)


def test_melody_training_lowers_the_loss(melody):
    folder, _, _ = melody
    lines = (folder / "melody" / "metrics.jsonl").read_text().splitlines()
    losses = [float(line.split('"loss": ')[1].split(",")[0].rstrip("}")) for line in lines]
    assert losses[-1] < losses[0]


def test_facts_are_counted_over_the_tunes(tunes):
    facts = facts_of(Material(tuple(tunes), ()))
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
    for mode, minor in (("major", False), ("minor", True)):
        found = [tune for tune in tunes if tune.is_minor == minor]
        degrees = [
            (tune.events[:, 2] - Key.parse(str(tune.score.key)).pitch_class) % 12 for tune in found
        ]
        counts = np.bincount(np.concatenate(degrees), minlength=12)
        assert facts["degrees"][mode] == np.flatnonzero(counts >= 2).tolist()
    shuffles = [tune for tune in tunes if tune.style == "shuffle"]
    expected = np.mean([len(t.events) / 12 for t in shuffles])
    assert facts["notes_per_bar"]["shuffle"] == pytest.approx(expected, abs=0.01)


def test_what_lines_have_in_common_is_told_where_there_are_enough(tunes):
    few = [tune for tune in tunes if tune.score.n_bars == 12][:7]
    assert not facts_of(Material(tuple(few), ())).keys() & {"breathing", "notes_per_bar_range"}
    many = few * 2
    facts = facts_of(Material(tuple(many), ()))
    rates = [len(tune.events) / 12 for tune in many]
    assert facts["notes_per_bar_range"] == pytest.approx(np.percentile(rates, [5, 95]), abs=0.006)
    rests = [measure(tune.score).numbers["breathing"] for tune in many]
    assert facts["breathing"] == np.mean(rests) == 1


def test_what_was_trained_can_be_stored_and_played(tunes, harmony, melody, tmp_path):
    knows = {"metres": ["4/4"], "styles": ["shuffle"], **facts_of(Material(tuple(tunes), ()))}
    networks = {"harmony": harmony[1], "melody": melody[1]}
    store_model(tmp_path / "mine", {"name": "mine", "knows": knows}, networks)
    model = load_model(str(tmp_path / "mine"))
    blues = improvise(model=model, harmony="model", seed=1)
    assert blues.score.n_bars == 12
    assert blues.report["notes"] > 5
