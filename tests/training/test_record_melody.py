"""How the figures of the melody network are taken: splits, bits, mixtures, what is kept."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lstmmusic.fitting.loop import mean_nats
from lstmmusic.fitting.networks import all_windows
from lstmmusic.fitting.recipe import Network, Schedule
from lstmmusic.models import MelodyNetwork
from tests.recipes import small_recipe
from tests.tunes import some_tunes
from training import record_melody as recording

pytestmark = pytest.mark.keras

OPTIONS = Network(units=6, batch_size=2, length=24, schedule=Schedule(1, 1))


@pytest.fixture(scope="module")
def solos(twelve_bar):
    """Ten players with two solos each, on 17 tunes, and more by two of them and others."""
    tunes = some_tunes(twelve_bar)
    rows = [(f"p{n}", f"t{(2 * n + k) % 17}", False) for n in range(10) for k in range(2)]
    rows += [("p0", "m", True), ("q", "t0", True), ("r", "m", True), ("p3", "n", True)]
    return [
        recording.Solo(player, tune, is_more, (tunes[number % len(tunes)],))
        for number, (player, tune, is_more) in enumerate(rows)
    ]


@pytest.fixture(scope="module")
def material(solos):
    return recording.split(solos, 0)


@pytest.mark.parametrize("fold", range(recording.FOLDS))
def test_no_player_and_no_tune_is_on_two_sides(solos, fold):
    found = recording.split(solos, fold)
    sides = [found.train, found.validation, found.test]
    for name in ("player", "tune"):
        kept = [{getattr(solo, name) for solo in side} for side in sides]
        assert not kept[0] & kept[1]
        assert not kept[0] & kept[2]
        assert not kept[1] & kept[2]
    assert not any(solo.is_more for solo in found.validation + found.test)
    assert found.validation
    assert found.test


def test_every_solo_is_tried_on_once(solos):
    tried = [solo for fold in range(recording.FOLDS) for solo in recording.split(solos, fold).test]
    assert len(tried) == 20
    assert {id(solo) for solo in tried} == {id(solo) for solo in solos if not solo.is_more}


def test_what_a_network_tells_is_what_its_training_measures(solos):
    """Bits of all notes against the loss of the loop; times before the last note ends cost none."""
    network = MelodyNetwork(OPTIONS.units, seed=1)
    some = solos[:3]
    told = recording.told_by(network, some, OPTIONS)
    found = np.sum(recording.bits_by_solo(told, some), axis=0)
    windows = all_windows([tune.example for solo in some for tune in solo.tunes], OPTIONS)
    nats = mean_nats(network, windows)
    n_notes = sum(solo.n_notes for solo in some)
    for k, choice in enumerate(recording.N_CHOICES):
        expected = nats[choice] * n_notes / np.log(2)
        assert found[k] == pytest.approx(expected, rel=1e-4) or choice == "ioi"
    assert found[0] < nats["ioi"] * n_notes / np.log(2)


def test_no_onset_is_told_before_the_last_note_ends(solos):
    n_notes = solos[0].n_notes
    equal = {c: np.full((n_notes, n), 1 / n) for c, n in recording.N_CHOICES.items()}
    told = recording.allowed(equal, solos[:1])["ioi"]
    durations = solos[0].tunes[0].events[:, 1]
    assert (told[0] > 0).all()
    for note in range(1, n_notes):
        n_open = recording.N_CHOICES["ioi"] - durations[note - 1] + 1
        np.testing.assert_allclose(told[note][durations[note - 1] - 1 :], 1 / n_open)
        assert not told[note][: durations[note - 1] - 1].any()


def test_n_grams_are_kept_and_the_solo_so_far_helps_where_it_repeats(material, tmp_path):
    path = tmp_path / "n-grams.npz"
    told = recording.yardsticks(material, path)
    again = recording.yardsticks(replace(material, train=[]), path)
    bits = {}
    for model, by_side in told.items():
        for side in recording.SIDES:
            for choice, probs in by_side[side].items():
                np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-4)
                np.testing.assert_array_equal(probs, again[model][side][choice])
        bits[model] = np.sum(recording.bits_by_solo(by_side["test"], material.test))
    assert bits[recording.ONLINE] < bits[recording.STATIC]
    assert np.sum(recording.plain_bits(material)) > 0


def test_mixed_with_who_knows_is_to_know(material):
    """A network that says nothing, pooled with chances that are nearly sure of what comes."""
    sides = {side: material.side(side) for side in recording.SIDES}
    sure, equal = {}, {}
    for side, solos in sides.items():
        came = recording.chosen(solos)
        for chances, weight in ((sure, 0.9), (equal, 0.0)):
            chances[side] = {}
            for choice, n in recording.N_CHOICES.items():
                probs = np.full((len(came[choice]), n), (1 - weight) / n)
                probs[np.arange(len(probs)), came[choice]] += weight
                chances[side][choice] = probs
    found = recording.bits_by_solo(recording.mixed(equal, sure, sides), material.test)
    alone = recording.bits_by_solo(sure["test"], material.test)
    assert np.sum(found) < np.sum(alone)


TABLE = {
    "folds": [
        {
            "fold": k,
            "players": ["a", "b"],
            "notes": [10, 30],
            "bits": {
                recording.STATIC: [[20, 40, 9], [60, 120, 9]],
                recording.ONLINE: [[20, 20, 9], [60, 90, 9]],
            },
        }
        for k in (0, 1)
    ],
    "runs": [
        {"model": "network", "fold": 0, "seed": 0, "bits": {"alone": [[20, 10, 9], [60, 60, 9]]}},
        {"model": "network", "fold": 0, "seed": 5, "bits": {"alone": [[20, 30, 9], [60, 40, 9]]}},
    ],
}


def test_the_summary_compares_on_the_same_solos_and_averages_seeds():
    rows = {row["model"]: row for row in recording.summary(TABLE)}
    network = rows["network"]
    assert (network["trainings"], network["folds"], network["notes"]) == (2, [0], 40)
    assert network["ioi"] == 2
    assert network["bits_per_note"] == pytest.approx((30 + 120 + 50 + 100) / 80)
    against = network["against"][recording.STATIC]
    assert against["change"] == pytest.approx((20 + 20 + 60 + 50) / 240 - 1, abs=1e-4)
    assert against["by_training"] == pytest.approx([150 / 240 - 1, 150 / 240 - 1], abs=1e-4)
    assert against["solos_better"] == 2
    low, high = against["interval"]
    assert low == pytest.approx(110 / 180 - 1, abs=1e-4)  # player b alone
    assert high == pytest.approx(40 / 60 - 1, abs=1e-4)  # player a alone
    assert rows[recording.STATIC]["bits_per_note"] == 6
    assert "network" not in rows[recording.STATIC]["against"]  # not tried on the other fold


def test_what_is_recorded_is_not_done_again(tmp_path, monkeypatch):
    done = []

    def fold_row(fold, solos, runs):
        done.append(fold)
        return {**TABLE["folds"][0], "fold": fold}

    def run(name, fold, seed, solos, runs):
        done.append((name, fold, seed))
        bits = {"alone": [[20, 10, 9], [60, 60, 9]]}
        return {"model": name, "fold": fold, "seed": seed, "best_epoch": 1, "bits": bits}

    monkeypatch.setattr(recording, "record_fold", fold_row)
    monkeypatch.setattr(recording, "record_run", run)
    path = tmp_path / "melody.json"
    recording.record([], ["GRU", "network"], [1, 0], 1, tmp_path, most=3, path=path)
    assert done == [1, 0, ("GRU", 1, 1), ("GRU", 0, 0), ("network", 1, 1)]
    recording.record([], ["network"], [0, 1], 2, tmp_path, path=path)
    assert done[5:] == [("network", 0, 0), ("network", 0, 5), ("network", 1, 6)]
    text = path.read_text()
    table = json.loads(text)
    assert [run["seed"] for run in table["runs"]] == [0, 1, 5, 6, 0, 1]
    assert [run["model"] for run in table["runs"]] == ["network"] * 4 + ["GRU"] * 2
    for rows in ("summary", "folds", "runs"):
        assert all(f"  {json.dumps(row)}" in text for row in table[rows])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["network", "no key", "GRU", "Transformer", "no extra data"])
def test_a_training_is_measured_alone_and_mixed(solos, tmp_path, monkeypatch, name):
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(small_recipe(melody_length=32))
    monkeypatch.setattr(recording, "usual_recipe", lambda n_notes: recipe)
    row = recording.record_fold(0, solos, tmp_path)
    run = recording.record_run(name, 0, 0, solos, tmp_path)
    again = recording.record_run(name, 0, 0, solos, tmp_path)  # its run folder is done
    assert again["bits"] == run["bits"]
    assert all(len(rows) == len(row["notes"]) for rows in run["bits"].values())
    table = {"folds": [row], "runs": [run]}
    found = {one["model"]: one for one in recording.summary(table)}
    alone = found[name]["bits_per_note"]
    assert alone < np.log2(recording.N_CHOICES["ioi"]) + np.log2(recording.N_CHOICES["pitch"])
    assert found[f"{name} with {recording.ONLINE}"]["bits_per_note"] < alone
