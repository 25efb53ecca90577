"""From music to a stored model: what is promised of it, and what a stop at any moment leaves."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from lstmmusic.clustering.writing import labels_csv
from lstmmusic.errors import InputError, OutputError
from lstmmusic.fitting import RunFolder, train, train_model
from lstmmusic.fitting.train import MIN_CHORUSES
from lstmmusic.generation import improvise
from lstmmusic.io import load
from lstmmusic.player import load_model
from tests.conftest import REPO_ROOT
from tests.pieces import TINY_RECIPE, some_pieces

pytestmark = pytest.mark.keras

WEIGHTS = ("harmony.safetensors", "melody.safetensors", "card.json")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(TINY_RECIPE)
    return path


@pytest.fixture(scope="module")
def pieces(twelve_bar):
    return some_pieces(twelve_bar)


@pytest.fixture(scope="module")
def whole(pieces, recipe, tmp_path_factory):
    heard = []
    out = tmp_path_factory.mktemp("whole") / "model"
    trained = train_model(pieces, out, recipe, sample_every=2, progress=heard.append)
    return trained, heard


def test_the_report_has_what_is_promised(whole):
    report = whole[0].report()
    assert json.loads(json.dumps(report)) == report
    assert (report["epochs"], report["recipe"], report["seed"]) == (3, "tiny", 3)
    assert report["model"] == str(whole[0].folder)
    assert report["notes"].keys() == {"train", "validation", "test"}
    for name in ("", "val_", "test_", "ngram_", "ngram_test_"):
        assert 0 < report[f"{name}bits_per_note"] < 12
    assert report["seconds"] > 0
    assert report["harmony"] is True
    assert json.loads((whole[0].folder / "run" / "result.json").read_text()) == report


def test_the_card_says_what_the_model_was_made_of(whole, pieces):
    card = load_model(str(whole[0].folder)).card
    assert card == whole[0].card
    files = card["trained_on"]["files"]
    assert files == {
        split: [piece.file for piece in pieces if piece.split == split]
        for split in ("train", "validation", "test")
    }
    assert card["licence"] == "your own data"
    assert card["trained_on"]["choruses"] >= MIN_CHORUSES
    assert card["seed"] == card["settings"]["seed"] == 3
    assert card["versions"]["keras"]
    assert card["knows"]["usual"].keys() == set(card["knows"]["metres"]) == {"4/4", "12/8"}


def test_the_model_plays(whole):
    model = load_model(str(whole[0].folder))
    blues = improvise(model=model, harmony="model", seed=1)
    assert blues.score.n_bars == 12
    usual = model.card["knows"]["usual"]["4/4"]
    assert blues.report["style"] == usual["style"]
    assert blues.report["tempo"] == usual["tempo"]


def test_samples_are_played_on_the_way(whole):
    folder = whole[0].folder / "run" / "samples"
    assert sorted(path.name for path in folder.iterdir()) == ["epoch-002.mid"]
    assert load(folder / "epoch-002.mid").n_bars == 12


def test_curves_are_kept_for_people_and_for_tensorboard(whole):
    run = whole[0].folder / "run"
    curve = RunFolder.metrics_in(run / "melody")
    assert [line["epoch"] for line in curve] == [1, 2, 3]
    assert all({"loss", "val_loss", "bits_per_note", "val_bits_per_note"} <= {*x} for x in curve)
    assert curve[-1]["val_bits_per_note"] < curve[0]["val_bits_per_note"]
    best = whole[0].card["scores"]["melody"]
    assert best["bits_per_note"] == pytest.approx(
        curve[best["best_epoch"] - 1]["val_bits_per_note"], abs=1e-4
    )
    for network in ("harmony", "melody"):
        (events,) = (run / "tensorboard" / network).iterdir()
        found = events.read_bytes()
        assert all(name.encode() in found for name in ("val_loss", "scalars"))


def test_progress_is_told_epoch_by_epoch(whole):
    told = [(state["network"], state["epoch"], state["epochs"]) for state in whole[1]]
    expected = [("harmony", n, 2) for n in (1, 2)] + [("melody", n, 3) for n in (1, 2, 3)]
    assert told == expected
    assert whole[1][-1]["seconds_left"] == 0
    status = json.loads((whole[0].folder / "run" / "status.json").read_text())
    assert (status["state"], status["epoch"]) == ("done", 3)


def stop_at(network, epoch):
    def progress(state):
        if (state.get("network"), state.get("epoch")) == (network, epoch):
            raise KeyboardInterrupt

    return progress


def test_a_training_that_was_stopped_ends_in_the_same_bytes(whole, pieces, recipe, tmp_path):
    """In the melody's second epoch; then it is let run."""
    out = tmp_path / "model"
    with pytest.raises(KeyboardInterrupt):
        train_model(pieces, out, recipe, progress=stop_at("melody", 2))
    assert json.loads((out / "run" / "status.json").read_text())["state"] == "interrupted"
    assert not (out / "card.json").exists()
    with pytest.raises(OutputError, match="--resume to go on"):
        train_model(pieces, out, recipe)
    with pytest.raises(OutputError, match="a run of the same seed, got one of another"):
        train_model(pieces, out, recipe, resume=True, seed=9)
    with pytest.raises(OutputError, match="a run of the same music, got one of another"):
        train_model(pieces[:-1], out, recipe, resume=True)
    trained = train_model(pieces, out, recipe, resume=True)
    assert same_bytes(out, whole[0].folder)
    assert trained.card == whole[0].card
    curves = [RunFolder.metrics_in(f / "run" / "melody") for f in (out, whole[0].folder)]
    assert curves[0] == curves[1]


def same_bytes(one, other):
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in WEIGHTS)


def test_learning_by_heart_is_told_and_the_best_epoch_kept(whole, pieces, recipe, tmp_path):
    """Tunes that the start learnt from are unseen now, and one tune is learnt to the end."""
    plain = [replace(piece, choruses=(), chords_source="") for piece in pieces[:6]]
    moved = [replace(piece, split="validation") for piece in plain[1:]]
    eager = tmp_path / "eager.toml"
    eager.write_text(TINY_RECIPE.replace("learning_rate = 1e-2", "learning_rate = 1.0"))
    heard = []
    trained = train_model(
        [replace(plain[0], split="train"), *moved],
        tmp_path / "model",
        eager,
        start_from=str(whole[0].folder),
        progress=heard.append,
    )
    card = trained.card
    assert "harmony" not in card["networks"]
    assert card["started_from"] == "model"
    assert card["settings"]["melody"]["schedule"]["learning_rate"] == pytest.approx(0.3)
    curve = RunFolder.metrics_in(trained.folder / "run" / "melody")
    vals = [line["val_loss"] for line in curve]
    assert card["scores"]["melody"]["best_epoch"] == int(np.argmin(vals))
    expected = (
        curve[-1]["val_bits_per_note"] > curve[0]["val_bits_per_note"]
        and curve[-1]["bits_per_note"] < curve[0]["bits_per_note"]
    )
    assert bool(trained.warnings) == expected
    assert card["warnings"] == list(trained.warnings)


def test_what_learning_by_heart_is(tmp_path):
    def told(*bits):
        run = RunFolder(tmp_path / f"{bits}", {})
        for epoch, (seen, unseen) in enumerate(bits):
            run.log_epoch(epoch, {"bits_per_note": seen, "val_bits_per_note": unseen})
        return train._overfitting(run.path)

    assert "from 5.00 to 4.00 bits a note, on those it does not see from 5.50 to 5.60" in told(
        (5, 5.5), (4, 5.6)
    )
    assert told((5, 5.5), (4, 5.4)) is None
    assert told((5, 5.5), (5.1, 5.6)) is None
    assert train._overfitting(tmp_path / "none") is None


def test_a_start_of_another_size_is_one_line(whole, pieces, recipe, tmp_path):
    bigger = tmp_path / "bigger.toml"
    bigger.write_text(TINY_RECIPE.replace("units = 8", "units = 9"))
    expected = "^from: expected a melody network of 9 units, as the recipe has it, got 8 units in"
    with pytest.raises(InputError, match=expected):
        train_model(pieces, tmp_path / "out", bigger, start_from=str(whole[0].folder))


def test_a_model_is_not_replaced_unasked(whole, pieces, tmp_path):
    before = (whole[0].folder / "card.json").read_bytes()
    with pytest.raises(OutputError, match="expected a new model, or --force to replace it"):
        train_model(pieces, whole[0].folder)
    assert (whole[0].folder / "card.json").read_bytes() == before


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_something_else_is_left_alone(force, pieces, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(OutputError, match="expected a new or empty folder"):
        train_model(pieces, tmp_path, force=force)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("force", [False, True])
def test_a_run_folder_of_someone_else_is_left_alone(force, pieces, tmp_path):
    notes = tmp_path / "docs" / "run" / "notes.txt"
    notes.parent.mkdir(parents=True)
    notes.write_text("mine")
    with pytest.raises(OutputError, match="one that holds something else"):
        train_model(pieces, tmp_path / "docs", force=force)
    assert notes.read_text() == "mine"


def test_what_was_refused_leaves_nothing_behind(recipe, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: expected a folder with music"):
        train_model(tmp_path / "empty", tmp_path / "model", recipe=recipe)
    assert not (tmp_path / "model").exists()


def test_the_name_of_a_shipped_model_is_taken(pieces, tmp_path):
    with pytest.raises(OutputError, match="a name that no shipped model has, got 'twelve-bar'"):
        train_model(pieces, tmp_path / "twelve-bar")


def test_force_does_not_break_into_a_training(pieces, recipe, tmp_path):
    run = RunFolder(tmp_path / "model" / "run", {})
    status = json.loads((run.path / "status.json").read_text())
    (run.path / "status.json").write_text(json.dumps({**status, "pid": os.getppid()}))
    with pytest.raises(OutputError, match="a folder in which no one is training"):
        train_model(pieces, tmp_path / "model", recipe, force=True)
    assert run.path.is_dir()


def test_a_folder_that_vanishes_is_one_line(pieces, recipe, tmp_path):
    """Here before the first epoch is kept."""

    def vanish(state):
        shutil.rmtree(tmp_path / "model")

    with pytest.raises(OutputError, match=r"in a folder that exists|room to write"):
        train_model(pieces, tmp_path / "model", recipe, sample_every=0, progress=vanish)


@pytest.mark.parametrize(
    ("chosen", "changes", "expected"),
    [
        (slice(0), {}, "^music: expected at least two pieces with a melody, .*, got 0"),
        (slice(1), {}, "^music: expected at least two pieces with a melody, .*, got 1"),
        (slice(4), {"group": "x"}, "^group: expected a performer, .* one of 4 groups, .* got 'x'"),
    ],
)
def test_too_little_music_is_one_line(chosen, changes, expected, pieces, recipe, tmp_path):
    with pytest.raises(InputError, match=expected):
        train_model(pieces[chosen], tmp_path / "model", recipe, **changes)


def test_what_is_no_corpus_is_one_line(recipe, tmp_path):
    (tmp_path / "c.parquet").write_text("no")
    for name in ("c.parquet", "none.parquet"):
        with pytest.raises(InputError, match=rf"{name}: expected a corpus"):
            train_model(tmp_path / name, tmp_path / name.replace(".", "-"), recipe)


def test_a_group_is_a_number_a_performer_or_a_folder(pieces):
    some = [
        replace(pieces[0], file="blues/a.mid", performer="Ma Rainey", group=4),
        replace(pieces[1], file="folk/b.mid", performer="", group=5),
    ]
    for group, expected in (("4", 0), ("ma rainey", 0), ("folk", 1), ("folk/", 1), ("blues", 0)):
        is_of = train._is_of(group)
        assert [is_of(piece) for piece in some] == [expected == 0, expected == 1]


def test_a_group_may_be_one_that_was_found(pieces, tmp_path):
    table = tmp_path / "labels.csv"
    names = [piece.file for piece in pieces[:3]]
    table.write_bytes(labels_csv(names, [0, 2, 2], [1, 1, 1]))
    is_of = train._is_of(f"{table}:2")
    assert [is_of(piece) for piece in pieces[:4]] == [False, True, True, False]
    with pytest.raises(InputError, match=r"labels\.csv: expected one of the groups 0, 2, got '1'"):
        train._is_of(f"{table}:1")


@pytest.mark.parametrize("splits", ["tttttttt", "tttttxxx", "xxxxxxxx", "txxxxxxx", "vvvvvvvv"])
def test_no_tune_is_on_two_sides_where_the_split_is_mended(splits, pieces):
    """Two versions of each tune; t, v, x for train, validation, test."""
    names = {"t": "train", "v": "validation", "x": "test"}
    some = [
        replace(piece, split=names[splits[n // 2]], tune=f"tune {n // 2}")
        for n, piece in enumerate(pieces[:16])
    ]
    found = train._with_validation(some)
    assert [piece.file for piece in found] == [piece.file for piece in some]
    sides = {}
    for piece in found:
        sides.setdefault(piece.tune, set()).add(piece.split)
    assert all(len(split) == 1 for split in sides.values())
    assert {"train", "validation"} <= {piece.split for piece in found}
    if splits == "tttttxxx":
        kept = [piece for piece in found if piece.split == "test"]
        assert kept == [piece for piece in some if piece.split == "test"]


def test_a_whole_split_is_left_as_it_is(pieces):
    assert train._with_validation(list(pieces)) == list(pieces)


CHILD = """
import sys
from pathlib import Path
from lstmmusic.fitting import train_model
from tests.pieces import some_pieces

pieces = some_pieces(Path("datasets/twelve_bar"))
train_model(pieces, sys.argv[1], sys.argv[2], resume=True, sample_every=1)
"""


@pytest.mark.slow
def test_a_kill_at_any_moment_loses_nothing(whole, recipe, tmp_path):
    """Kill -9 after ever more files have appeared; the bytes are those of a run in one go."""
    out = tmp_path / "model"

    def child():
        command = [sys.executable, "-c", CHILD, str(out), str(recipe)]
        return subprocess.Popen(command, cwd=REPO_ROOT, stderr=subprocess.DEVNULL)

    moments = [
        ("run/status.json", 0.5),
        ("run/harmony/best.safetensors", 0.0),
        ("run/harmony/checkpoint.safetensors", 0.0),
        ("run/melody/status.json", 2.0),
        ("run/melody/best.safetensors", 0.0),
        ("run/samples/epoch-002.mid", 0.0),
        ("run/melody/checkpoint.safetensors", 0.05),
        ("melody.safetensors", 0.0),
    ]
    for name, wait in moments:
        process = child()
        seen_before = (out / name).stat().st_mtime_ns if (out / name).exists() else 0
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            if (out / name).exists() and (out / name).stat().st_mtime_ns > seen_before:
                time.sleep(wait)
                break
        process.send_signal(signal.SIGKILL)
        process.wait()
    last = child()
    assert last.wait() == 0
    assert same_bytes(out, whole[0].folder)
    assert sorted(p.name for p in (out / "run" / "samples").iterdir()) == [
        f"epoch-{n:03}.mid" for n in (1, 2, 3)
    ]
