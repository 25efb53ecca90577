"""`lstmmusic cluster`: groups, labels and JSON for what is right, one line for the rest."""

import csv
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from lstmmusic.app import grouping
from lstmmusic.cli import main
from lstmmusic.clustering import SequenceClusterer
from lstmmusic.clustering.reading import read_sequences
from lstmmusic.clustering.synthetic import make_family
from tests.cli.test_main import RUN, imported_by
from tests.corpus.conftest import small_tunes

KEYS = "objective clusters sizes stability baselines labels groups items files left_out seed"


@pytest.fixture
def cluster(capsys, tmp_path, monkeypatch):
    """Runs the command; returns exit code, JSON (None without any) and people's text."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = main(["cluster", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return run


@pytest.fixture
def waves(tmp_path):
    sequences, _ = make_family("amplitude", 24, 0)
    rows = [[name, *item[:, 0].tolist()] for name, item in zip(sequences.names, sequences.items)]
    with (tmp_path / "waves.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path / "waves.csv"


def read_labels(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")
def test_groups_are_found_told_kept_and_found_again(cluster, waves, tmp_path):
    quick = ("--updates", 40, "--clusters", 3, "--seed", 3)
    code, report, text = cluster(
        waves, "-o", "a.csv", "--save", "m", "--names", "soft,loud", "--json", *quick
    )
    assert code == 0
    assert set(KEYS.split()) <= report.keys()
    assert (report["objective"], report["clusters"], report["items"]) == ("bingo", 3, 24)
    assert sum(report["sizes"]) == 24
    assert set(report["baselines"]) == {"moments", "ngrams", "spectra", "untrained"}
    rows = read_labels("a.csv")
    assert [row["item"] for row in rows] == [f"amplitude {n + 1}" for n in range(24)]
    counts = np.bincount([int(row["cluster"]) for row in rows], minlength=3)
    assert counts.tolist() == report["sizes"]
    assert f"group 0 (soft): {report['sizes'][0]} of 24" in text
    assert "typical: amplitude" in text
    assert "k-means on the same network untrained" in text
    assert "labels: a.csv" in text
    code, again, text = cluster(waves, "-o", "b.csv", "--model", "m", "--json")
    assert code == 0
    assert (again["baselines"], again["model"]) == ({}, "m")
    assert "group 0 (soft)" in text
    assert read_labels("b.csv") == rows


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("updates", [0, 2])
def test_command_line_app_and_python_find_the_same_groups(
    cluster, waves, tmp_path, monkeypatch, updates
):
    """What is asked without naming it is the same everywhere, and so is what a seed draws."""
    started = []
    jobs = SimpleNamespace(start=lambda kind, title, arguments, **more: started.append(arguments))
    monkeypatch.setattr(grouping, "Jobs", lambda: jobs)
    material = grouping.of_numbers("waves", [("waves.csv", waves.read_bytes())], "")
    settings = {"objective": "bingo", "clusters": 3, "seed": 5, "features": None, "notes": None}
    grouping.start(material, {**settings, "updates": updates, "yardsticks": False})
    [asked] = started
    (tmp_path / "job" / "numbers").mkdir(parents=True)
    shutil.copy(waves, tmp_path / "job" / "numbers" / "table-1.csv")
    _, *arguments = [one.replace(grouping.HERE, str(tmp_path / "job")) for one in asked]
    assert cluster(*arguments)[0] == 0
    clusterer = SequenceClusterer(3, updates=updates, random_state=5)
    found = clusterer.fit(read_sequences(waves).sequences)
    labels = [str(label) for label in found.labels_]
    assert [row["cluster"] for row in read_labels(tmp_path / "job" / "labels.csv")] == labels
    if not updates:  # what is not trained compiles nothing
        plain = ("--clusters", 3, "--seed", 5, "--updates", 0, "--baselines", "none")
        assert cluster(waves, "-o", "plain.csv", *plain)[0] == 0
        assert [row["cluster"] for row in read_labels("plain.csv")] == labels


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")
def test_melodies_are_told_of_in_words_and_their_files_sorted(cluster, tmp_path):
    folder = small_tunes(tmp_path / "music", 6)
    options = ("--updates", 0, "--clusters", 2, "--baselines", "none", "--workers", 1)
    code, report, text = cluster(
        folder,
        "-o",
        "a.csv",
        "--features",
        "intervals,bar",
        "--sort-into",
        "out",
        "--json",
        *options,
    )
    assert code == 0
    assert report["files"]["used"] == 6
    assert report["features"] == ["interval", "bar sine", "bar cosine", "downbeat"]
    copies = {path.name for path in (tmp_path / "out").rglob("*.mid")}
    assert copies == {path.name for path in folder.iterdir()}
    assert report["copied"] == 6
    assert "6 melodies in" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["waves.csv", "-o", "a.txt"], "a.txt: expected a name that ends in .csv, got '.txt'"),
        (["waves.csv", "-o", "waves.csv"], "waves.csv: expected"),
        (["nowhere", "-o", "a.csv"], "nowhere: expected a folder or a file, got nothing there"),
        (["waves.csv", "-o", "a.csv", "--clusters", "few"], "clusters: expected a number from 1"),
        (["waves.csv", "-o", "a.csv", "--clusters", "0"], "clusters: expected a number from 1"),
        (["waves.csv", "-o", "a.csv", "--objective", "luck"], "objective: expected one of bingo"),
        (["waves.csv", "-o", "a.csv", "--features", "luck"], "features: expected some of"),
        (["waves.csv", "-o", "a.csv", "--baselines", "luck"], "baselines: expected all, or some"),
        (["waves.csv", "-o", "a.csv", "--layout", "tall"], "layout: expected one of auto, long"),
        (["waves.csv", "-o", "a.csv", "--save", "."], ".: expected a new folder (or --force)"),
        (["waves.csv", "-o", "a.csv", "--sort-into", "."], ".: expected an empty folder"),
        (["waves.csv", "-o", "a.csv", "--sort-into", "new"], "sort into: expected files of music"),
        (["waves.csv", "-o", "a.csv", "--model", "new"], "new"),
        (["waves.csv", "-o", "a.csv", "--model", "m", "--save", "n"], "save: expected no --save"),
        (["waves.csv", "-o", "a.csv", "--model", "m", "--clusters", "2"], "model: expected no"),
        (["waves.csv"], "Missing option '--output'"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(
    cluster, waves, tmp_path, arguments, words
):
    code, report, text = cluster(*arguments)
    assert (code, report) == (2, None)
    assert words in text
    assert len(text.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["waves.csv"]


def test_help_imports_nothing_heavy():
    assert imported_by(RUN, "cluster", "--help") == set()
