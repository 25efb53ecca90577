"""`lstmmusic train`: arguments in, a model out, one line for what goes wrong."""

import json

import pytest

from lstmmusic import fitting
from lstmmusic.cli import main
from lstmmusic.errors import OutputError
from lstmmusic.fitting import TrainedModel
from tests.tiny_model import CARD, store_tiny

pytestmark = pytest.mark.keras

SCORES = {
    "epochs": 7,
    "best_epoch": 5,
    "bits_per_note": 5.5,
    "unseen_notes": 1200,
    "train_bits_per_note": 5.25,
    "train_notes": 12000,
    "ngram": {"bits_per_note": 6.0},
}


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """The training itself is tested in tests/fitting; here it only hears what is asked of it."""
    heard = {}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "blues.parquet").touch()

    def train_model(music, out, **options):
        heard.update(options, music=music, out=out)
        state = {"network": "melody", "epoch": 1, "epochs": 7, "val_bits_per_note": 5.5}
        options["progress"]({**state, "seconds_left": 12.0, "warning": None})
        networks = {"melody": {"weights": 1}}
        card = {**CARD, "scores": {"melody": SCORES}, "recipe": "small", "seed": 0}
        return TrainedModel(out, {**card, "networks": networks}, 3.14, ("by heart",))

    monkeypatch.setattr(fitting, "train_model", train_model)
    return heard


def test_the_json_has_what_is_promised(asked, tmp_path, capsys):
    assert main(["train", "blues.parquet", "-o", str(tmp_path / "m"), "--json"]) == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert report["model"] == str(tmp_path / "m")
    assert (report["epochs"], report["seconds"]) == (7, 3.1)
    assert (report["bits_per_note"], report["val_bits_per_note"]) == (5.25, 5.5)
    assert report["ngram_bits_per_note"] == 6.0
    assert report["test_bits_per_note"] is None
    assert "melody: epoch 1 of 7, val bits per note 5.50; at most 12 s left" in err
    assert "5.50 on 1,200 that chose the epoch (n-gram 6.00)" in err
    assert err.endswith("by heart\n")


def begun(model):
    """As a training leaves it that was stopped."""
    (model / "run").mkdir(parents=True)
    (model / "run" / "config.json").write_text("{}")


def test_without_a_run_there_is_nothing_to_resume(asked, tmp_path, capsys):
    assert main(["train", "blues.parquet", "-o", str(tmp_path / "m"), "--resume"]) == 2
    run = tmp_path / "m" / "run"
    assert capsys.readouterr().err == (
        f"resume: expected a run folder to go on from in {run}, "
        "got none (without --resume a new run begins)\n"
    )
    assert not asked
    assert not (tmp_path / "m").exists()


def test_a_model_without_a_name_names_the_option(asked, capsys):
    assert main(["train", "blues.parquet", "-o", ""]) == 2
    assert capsys.readouterr().err.startswith("output: expected the name or the folder of a model")


def test_options_reach_the_training(asked, tmp_path, capsys):
    options = ["--recipe", "r.toml", "--epochs", "9", "--from", "twelve-bar", "--group", "4"]
    more = ["--resume", "--seed", "8", "--sample-every", "0", "--force"]
    begun(tmp_path / "m")
    assert main(["train", "folder", "-o", str(tmp_path / "m"), *options, *more]) == 0
    assert capsys.readouterr().out == ""
    del asked["progress"]
    assert {name: str(value) for name, value in asked.items()} == {
        "music": "folder",
        "out": str(tmp_path / "m"),
        "recipe": "r.toml",
        "epochs": "9",
        "start_from": "twelve-bar",
        "group": "4",
        "resume": "True",
        "seed": "8",
        "sample_every": "0",
        "force": "True",
    }


def test_a_bare_name_lies_among_the_models_of_the_user(asked, tmp_path, monkeypatch):
    monkeypatch.setenv("LSTMMUSIC_MODELS", str(tmp_path / "models"))
    assert main(["train", "blues.parquet", "-o", "mine"]) == 0
    assert asked["out"] == tmp_path / "models" / "mine"


def test_an_interruption_says_how_to_go_on(asked, tmp_path, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "train_model", interrupted)
    assert main(["train", "blues.parquet", "-o", str(tmp_path / "m")]) == 130
    assert capsys.readouterr().err == "interrupted\n"  # there is nothing to go on with
    begun(tmp_path / "m")
    assert main(["train", "blues.parquet", "-o", str(tmp_path / "m")]) == 130
    assert "what has been learnt is kept; the same command with --resume" in capsys.readouterr().err


def test_what_goes_wrong_is_one_line(asked, tmp_path, monkeypatch, capsys):
    def full(*_, **__):
        raise OutputError("m", "room to write", "No space left on device")

    monkeypatch.setattr(fitting, "train_model", full)
    assert main(["train", "blues.parquet", "-o", str(tmp_path / "m")]) == 2
    assert capsys.readouterr().err == "m: expected room to write, got No space left on device\n"


def test_music_that_is_not_there_is_one_line_before_anything_is_loaded(capsys):
    assert main(["train", "nowhere", "-o", "m"]) == 2
    expected = "nowhere: expected a corpus (.parquet) or a folder of music, got no such file\n"
    assert capsys.readouterr().err == expected


def test_models_of_the_user_are_listed_and_played_by_name(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LSTMMUSIC_MODELS", str(tmp_path / "models"))
    store_tiny(tmp_path / "models" / "mine")
    (tmp_path / "models" / "half" / "run").mkdir(parents=True)  # a training that goes on
    assert main(["models", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["models"]
    assert [(m["name"], m["whose"]) for m in found] == [
        ("soloist", "shipped"),
        ("twelve-bar", "shipped"),
        ("mine", "yours"),
    ]
    assert found[2]["folder"] == str(tmp_path / "models" / "mine")
    assert main(["models"]) == 0
    assert "mine: untitled, " in capsys.readouterr().out
    out = tmp_path / "a.mid"
    assert main(["generate", "--model", "mine", "--seed", "1", "-o", str(out)]) == 0
    assert out.is_file()


def test_a_damaged_model_does_not_hide_the_others(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LSTMMUSIC_MODELS", str(tmp_path))
    store_tiny(tmp_path / "mine")
    store_tiny(tmp_path / "other")
    (tmp_path / "mine" / "melody.safetensors").write_bytes(b"")
    assert main(["models"]) == 0
    out, err = capsys.readouterr()
    assert "other: " in out
    assert "mine: " not in out
    assert "expected the checksum that the card gives" in err
