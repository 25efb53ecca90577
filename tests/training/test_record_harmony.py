"""How the harmony's figures are taken: what is right, when it slips, and the controls."""

import json

import numpy as np
import pytest

from lstmmusic.encoding.harmony_clock import N_SYMBOLS
from lstmmusic.errors import InputError
from lstmmusic.fitting import read_recipe
from lstmmusic.player import Sampling
from tests.tunes import some_tunes
from training import record_harmony as recording

pytestmark = pytest.mark.keras

STREAMS = (("standard", "quick-change"), ("bird",), ("minor",))
SURE = Sampling(temperature=0)


@pytest.fixture(scope="module")
def tunes(twelve_bar):
    return some_tunes(twelve_bar)


@pytest.fixture(scope="module")
def choruses(tunes):
    return recording.Choruses(tunes, STREAMS, steps_per_bar=2)


class Reader:
    """Plays what is written."""

    def __init__(self, symbols):
        self.symbols, self.tick, self.heard = symbols, 0, []

    def logits(self):
        symbol = self.symbols[self.tick % len(self.symbols)]
        self.tick += 1
        return np.where(np.arange(N_SYMBOLS) == symbol, 0.0, -np.inf)

    def hear(self, symbol):
        self.heard.append(symbol)


def played(symbols, choruses, is_minor=False, most=recording.CHORUSES):
    rng = np.random.default_rng(0)
    return recording.play(Reader(symbols), choruses, is_minor, SURE, rng, most)


def test_a_training_chorus_is_right_for_ever(choruses):
    chorus = choruses.families[0][0]
    symbols, right, n_right = played(chorus, choruses, most=50)
    assert (symbols == chorus).all()
    assert right.shape == (32, 12)
    assert right.all()
    assert n_right == 50


@pytest.mark.parametrize("slip", [3, 31, 40])
def test_the_first_slip_is_found_and_counted(choruses, slip):
    """One bar line of one chorus is wrong; the second half of a bar is not looked at."""
    chorus = choruses.families[0][0]
    symbols = np.tile(chorus, 60)
    symbols[24 * 2 + 7] = N_SYMBOLS - 1
    symbols[24 * slip + 8] = N_SYMBOLS - 1
    _, right, n_right = played(symbols, choruses, most=60)
    assert n_right == slip
    wrong = np.argwhere(~right).tolist()
    assert wrong == ([[slip, 4]] if slip < 32 else [])


def test_a_bar_late_is_wrong_for_ever(choruses):
    chorus = choruses.families[0][0]
    symbols = np.concatenate([chorus, np.roll(np.tile(chorus, 31), 2)])
    _, right, n_right = played(symbols, choruses)
    assert n_right == 1
    assert right[0].all()
    shares = right[1:].mean(axis=1)
    assert (shares == shares[0]).all()
    assert 0.3 < shares[0] < 0.9


def test_chorus_1_says_which_family_is_meant(choruses):
    """A bird chorus in between is wrong where standard and quick-change are meant."""
    standard, bird = choruses.families[0][0], choruses.families[1][0]
    _, right, n_right = played(np.concatenate([bird, standard]), choruses)
    assert right[::2].all()
    assert not right[1::2].all(axis=1).any()
    assert n_right == 1


def test_draws_are_right_and_known(choruses, monkeypatch):
    monkeypatch.setattr(recording, "MOST_CHORUSES", 40)

    def new(is_minor):
        return recording.Draws(choruses, is_minor, np.random.default_rng(2))

    found = recording.measure(new, choruses, Sampling(), seed=0)
    assert found["right"] == found["known"] == found["without_a_slip"] == 1
    assert found["choruses_before_a_slip"] == 40
    known = {c.tobytes() for family in choruses.families for c in family}
    assert 2 <= found["distinct"] <= len(known)
    assert found["choruses"] == 2 * 20 * 32


def test_the_bar_counter_has_the_counts_of_its_place(choruses):
    """Standard and quick-change differ in bar 2; bird is the third of its mode."""
    counter = recording.BarCounter(choruses, is_minor=False)
    known = [c for family in choruses.families[:2] for c in family]
    for tick in range(48):
        logits = counter.logits()
        probs = np.exp(logits) / np.exp(logits).sum()
        found = [chorus[tick % 24] for chorus in known]
        for symbol in set(found):
            assert probs[symbol] == pytest.approx(found.count(symbol) / len(known))
        assert probs.sum() == pytest.approx(1)


def test_bits_of_who_knows_all_but_the_draw(tunes):
    """One family of two choruses that part in one half-bar: a bit a chorus for the counter."""
    two = recording.Choruses(tunes[:2], [("standard", "quick-change")], 2)
    assert len(two.families[0]) == 2
    n_differ = int((two.families[0][0] != two.families[0][1]).sum())
    new = lambda is_minor: recording.BarCounter(two, is_minor)  # noqa: E731
    bits = recording.bits_per_chorus(new, two, np.random.default_rng(0))
    assert bits == pytest.approx(n_differ)


def test_all_clocks_are_trained_alike_and_hear_two_choruses():
    recipe = read_recipe(recording.RECIPE)
    n_ticks = recipe.harmony.batch_size * recipe.harmony.length
    for name, setting in recording.SETTINGS.items():
        options = recording.recipe_for(setting, recipe, 3)
        assert options.seed == 3
        assert options.harmony.batch_size * options.harmony.length == n_ticks, name
        assert options.harmony.length >= 24 * setting.steps_per_bar
        assert options.harmony.schedule == recipe.harmony.schedule
        if setting == recording.SETTINGS["half-bars"]:
            assert options.harmony == recipe.harmony


@pytest.mark.slow
def test_what_is_recorded_is_not_measured_again(tmp_path, monkeypatch):
    done = []

    def measured(setting, recipe, tunes, seed, runs):
        done.append((setting.about, seed))
        samplings = {name: {"right": 1.0} for name in recording.SAMPLINGS}
        return {"seed": seed, "seconds": 0, "samplings": samplings}

    monkeypatch.setattr(recording, "record_seed", measured)
    path = tmp_path / "harmony.json"
    recording.record(["draws"], 2, tmp_path, path=path)
    recording.record(["half-bars", "draws"], 3, tmp_path, path=path)
    table = json.loads(path.read_text())["settings"]
    assert list(table) == ["half-bars", "draws"]  # as they are declared
    assert [[s["seed"] for s in row["seeds"]] for row in table.values()] == [[0, 1, 2]] * 2
    assert len(done) == 6
    recording.record(["draws"], 1, tmp_path, again=True, path=path)
    assert len(done) == 7


def test_settings_of_solos_ask_for_their_folder(tmp_path):
    """`all` leaves them out where there is none."""
    with pytest.raises(InputError, match=r"^from: expected folders with blues solos"):
        recording.main(["--settings", "draws,solos"])
    with pytest.raises(InputError, match=r"^settings: expected some of half-bars, .* got wrong"):
        recording.main(["--settings", "wrong"])


def test_settings_of_solos_hear_the_chords_of_solos(shared_data, tmp_path, monkeypatch):
    folder = tmp_path / "music"
    folder.mkdir()
    for file in sorted((shared_data / "blues").glob("*__*__[0-9]*.mid"))[:12]:
        (folder / file.name).symlink_to(file)
    heard = {}

    def measured(setting, recipe, tunes, seed, runs):
        heard[setting.recipe.name] = tunes
        return {"seed": seed, "seconds": 0, "samplings": {"temperature 1, top-p 1": {"right": 1}}}

    monkeypatch.setattr(recording, "record_seed", measured)
    path = tmp_path / "harmony.json"
    recording.record(["solos draws", "draws"], 1, tmp_path, path=path, folders=[folder])
    rows = json.loads(path.read_text())["settings"]
    assert [row["recipe"] for row in rows.values()] == ["twelve_bar.toml", "soloist.toml"]
    recipe = read_recipe(recording.RECIPES / "soloist.toml")
    forms = {form for forms in recipe.harmony_streams for form in forms}
    assert heard["soloist.toml"]
    assert {tune.form for tune in heard["soloist.toml"]} <= forms
    assert {tune.name.split("#")[0] for tune in heard["soloist.toml"]} <= {
        file.name for file in folder.iterdir()
    }
