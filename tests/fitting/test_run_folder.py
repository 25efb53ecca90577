"""The files of a training."""

import json
import time

import numpy as np
import pytest

from lstmmusic.errors import OutputError
from lstmmusic.fitting import RunFolder, versions

pytestmark = pytest.mark.keras


def read(run, name):
    return json.loads((run.path / name).read_text())


def test_a_new_run_holds_what_was_asked_and_runs(tmp_path):
    run = RunFolder(tmp_path / "deep" / "run", {"seed": 3, "recipe": {"name": "b♭"}})
    config = read(run, "config.json")
    assert config == {"seed": 3, "recipe": {"name": "b♭"}, "versions": versions()}
    assert config["versions"].keys() == {"python", "keras", "numpy", "tensorflow"}
    status = read(run, "status.json")
    assert (status["state"], status["epoch"]) == ("running", 0)
    assert abs(status["heartbeat"] - time.time()) < 60


def test_metrics_come_back_a_line_an_epoch_and_the_status_follows(tmp_path):
    run = RunFolder(tmp_path / "run", {})
    run.log_epoch(1, {"loss": 0.5, "val_loss": np.float32(0.25)})
    run.log_epoch(2, {"loss": 1 / 3, "val_loss": 0.125})
    assert run.metrics() == [
        {"epoch": 1, "loss": 0.5, "val_loss": 0.25},
        {"epoch": 2, "loss": 0.333333, "val_loss": 0.125},
    ]
    assert read(run, "status.json")["epoch"] == 2


def test_states_replace_each_other(tmp_path):
    run = RunFolder(tmp_path / "run", {})
    run.set_state("done", epoch=7, best_epoch=4)
    status = read(run, "status.json")
    del status["heartbeat"]
    assert status == {"state": "done", "epoch": 7, "best_epoch": 4}


def test_best_weights_go_round_and_replace_each_other(tmp_path):
    run = RunFolder(tmp_path / "run", {})
    run.save_best({"a/kernel": np.zeros((2, 3), np.float32)})
    kernel = np.arange(6, dtype=np.float32).reshape(3, 2).T  # not contiguous
    run.save_best({"a/kernel": kernel})
    found = run.load_best()
    assert found.keys() == {"a/kernel"}
    np.testing.assert_array_equal(found["a/kernel"], kernel)


def test_a_run_leaves_no_other_files(tmp_path):
    run = RunFolder(tmp_path / "run", {})
    run.log_epoch(1, {"loss": 1.0})
    run.save_best({"a": np.zeros(1, np.float32)})
    names = {path.name for path in run.path.iterdir()}
    assert names == {"config.json", "status.json", "metrics.jsonl", "best.safetensors"}


def test_an_empty_folder_will_do(tmp_path):
    assert RunFolder(tmp_path, {}).path == tmp_path


def test_a_folder_that_holds_a_run_is_refused_and_left_alone(tmp_path):
    RunFolder(tmp_path / "run", {"seed": 1})
    with pytest.raises(OutputError, match="expected an empty run folder, got one that holds a run"):
        RunFolder(tmp_path / "run", {"seed": 2})
    assert json.loads((tmp_path / "run" / "config.json").read_text())["seed"] == 1


def test_a_file_in_the_way_is_one_input_error(tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(OutputError, match="expected a folder that can be made"):
        RunFolder(tmp_path / "file" / "run", {})
