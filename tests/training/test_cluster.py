"""Groups scored on labels: what is drawn, what is scored, and what is kept of it."""

import csv
import json

import numpy as np
import pytest

from lstmmusic.clustering.synthetic import FAMILIES
from lstmmusic.errors import InputError
from tests.corpus.conftest import small_tunes
from training import cluster

pytestmark = pytest.mark.keras


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "RESULTS", tmp_path / "results")
    return tmp_path / "results"


def test_a_family_is_drawn_by_the_seed_and_its_groups_are_named():
    (waves, known), (other, _) = (cluster.drawn("wave", seed, []) for seed in (3, 4))
    again, same = cluster.drawn("wave", 3, [])
    assert len(waves) == len(known) == 300
    assert set(known) == set(FAMILIES["wave"].groups)
    assert (known == same).all()
    assert all((a == b).all() for a, b in zip(waves.items, again.items, strict=True))
    assert any(len(a) != len(b) for a, b in zip(waves.items, other.items, strict=True))


def test_music_is_known_by_its_table_or_its_folder(tmp_path):
    one, two = (small_tunes(tmp_path / name, n) for name, n in (("one", 3), ("two", 2)))
    names = sorted(path.name for path in one.iterdir())
    with (one / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "label"), *zip(names, ["jig", "reel", "jig"])])
    sequences, known = cluster.drawn(f"folk={one}", 0, ["intervals"])
    assert dict(zip(sequences.names, known)) == dict(zip(names, ["jig", "reel", "jig"]))
    sequences, known = cluster.drawn(f"kinds={one},{two}", 0, ["intervals"])
    assert known.tolist() == ["one"] * 3 + ["two"] * 2
    assert {name.partition("/")[0] for name in sequences.names} == {"one", "two"}


@pytest.mark.parametrize("name", ["colour", "folk", "wave=here"])
def test_another_set_is_one_input_error(name):
    with pytest.raises(InputError, match=r"^set: expected one of frequency, .*folk=FOLDER"):
        cluster.drawn(name, 0, [])


def test_another_method_is_one_input_error():
    labelled = cluster.drawn("wave", 0, [])
    with pytest.raises(InputError, match=r"^methods: expected .*, got bingo:sideways$"):
        cluster.network(labelled, "bingo:sideways", 0)


def test_untrained_networks_are_scored_as_trained_ones_are(results):
    sequences, known = cluster.drawn("amplitude", 0, [])
    labelled = sequences.take(range(60)), known[:60]
    row = cluster.network(labelled, "bingo:untrained", 1)
    assert -0.1 <= row["ami"] <= 1
    assert row == {**cluster.network(labelled, "bingo:untrained", 1), "seconds": row["seconds"]}
    assert cluster.yardstick(labelled, "moments", 1)["ami"] > 0.4  # amplitude is a spread


def test_what_is_recorded_stands_beside_what_was_and_in_place_of_its_like(results):
    def keep(method, features, *scores):
        about = {"features": features, "sequences": 9, "groups": ["a", "b"], "seeds": [5, 6]}
        rows = [{"ami": score, "seconds": 1.0} for score in scores]
        cluster.record("folk=elsewhere", method, rows, about)

    keep("bingo", ["values"], 0.1, 0.2)
    keep("neo", ["values"], 0.5, 0.5)
    keep("bingo", ["intervals"], 0.3, 0.3)
    keep("bingo", ["values"], 0.4, 0.6)
    table = json.loads((results / "folk.json").read_text())
    found = {(row["method"], *row["features"]): row["ami"] for row in table["rows"]}
    assert found == {
        ("neo", "values"): 0.5,
        ("bingo", "intervals"): 0.3,
        ("bingo", "values"): 0.5,
    }
    [row] = [row for row in table["rows"] if row["ami"] == 0.5 and row["method"] == "bingo"]
    assert row["deviation"] == pytest.approx(np.std([0.4, 0.6], ddof=1), abs=1e-4)
    assert [one["ami"] for one in row["each"]] == [0.4, 0.6]
    assert "elsewhere" not in (results / "folk.json").read_text()
