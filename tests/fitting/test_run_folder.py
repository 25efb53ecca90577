"""The files of a training."""

import json
import os
import shutil
import time

import numpy as np
import pytest

from lstmmusic.errors import OutputError
from lstmmusic.fitting import RunFolder, run_folder, versions

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


def test_a_resumed_run_goes_on_from_its_checkpoint(tmp_path):
    first = RunFolder(tmp_path / "run", {"seed": 3, "sizes": (1, 2)})
    assert (first.checkpoint_epoch, first.seconds, first.load_checkpoint()) == (0, 0.0, {})
    first.log_epoch(1, {"loss": 0.5})
    first.save_checkpoint(1, 2.5, {"w": np.eye(2), "stopped": np.array([True, False])})
    first.log_epoch(2, {"loss": 0.25})
    with (first.path / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 3, "lo')
    again = RunFolder(tmp_path / "run", {"seed": 3, "sizes": (1, 2)}, resume=True)
    assert again.metrics() == [{"epoch": 1, "loss": 0.5}]
    assert (again.checkpoint_epoch, again.seconds) == (1, 2.5)
    state = again.load_checkpoint()
    assert state.keys() == {"w", "stopped"}
    np.testing.assert_array_equal(state["w"], np.eye(2))
    assert state["stopped"].tolist() == [True, False]
    status = read(again, "status.json")
    assert (status["state"], status["epoch"]) == ("running", 1)


def test_without_a_checkpoint_a_resumed_run_begins_again(tmp_path):
    RunFolder(tmp_path / "run", {"seed": 3}).log_epoch(1, {"loss": 0.5})
    again = RunFolder(tmp_path / "run", {"seed": 3}, resume=True)
    assert (again.checkpoint_epoch, again.metrics()) == (0, [])


def test_resuming_a_new_folder_starts_one(tmp_path):
    run = RunFolder(tmp_path / "run", {"seed": 3}, resume=True)
    assert read(run, "config.json")["seed"] == 3


def test_a_run_of_another_config_is_not_gone_on_with(tmp_path):
    RunFolder(tmp_path / "run", {"seed": 1, "rate": 0.1})
    with pytest.raises(OutputError, match="expected a run of the same rate, seed, got one of"):
        RunFolder(tmp_path / "run", {"seed": 2}, resume=True)
    assert json.loads((tmp_path / "run" / "config.json").read_text())["seed"] == 1


def test_what_is_no_run_is_not_gone_on_with(tmp_path):
    (tmp_path / "config.json").write_text("no run")
    with pytest.raises(OutputError, match="expected a run folder, got"):
        RunFolder(tmp_path, {"seed": 2}, resume=True)


def running(path, **changes):
    """A run that another process is at work in, this test's parent."""
    RunFolder(path, {})
    status = json.loads((path / "status.json").read_text())
    (path / "status.json").write_text(json.dumps({**status, "pid": os.getppid(), **changes}))


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_in_which_another_process_trains_is_refused(resume, tmp_path):
    running(tmp_path)
    before = (tmp_path / "status.json").read_bytes()
    expected = rf"expected a folder in which no one is training, got process {os.getppid()} on "
    with pytest.raises(OutputError, match=expected):
        RunFolder(tmp_path, {}, resume)
    assert (tmp_path / "status.json").read_bytes() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "interrupted"},
        {"pid": 2**22 + 1},  # beyond the highest number of a process
        {"heartbeat": time.time() - 3600},
        {"heartbeat": "x"},
        {"host": "elsewhere", "heartbeat": time.time() - 3600},
    ],
)
def test_a_process_that_is_gone_is_no_hindrance(changes, tmp_path):
    running(tmp_path, **changes)
    assert RunFolder(tmp_path, {}, resume=True).checkpoint_epoch == 0


def test_a_process_on_another_computer_is_told_by_its_heartbeat(tmp_path):
    running(tmp_path, host="elsewhere", pid=2**22 + 1)
    with pytest.raises(OutputError, match="on elsewhere, heard of"):
        RunFolder(tmp_path, {}, resume=True)


def test_the_heart_beats_every_few_seconds(tmp_path, monkeypatch):
    run = RunFolder(tmp_path / "run", {})
    run.set_state("running", epoch=4, network="melody")
    first = read(run, "status.json")
    run.beat()
    assert read(run, "status.json") == first
    monkeypatch.setattr(run_folder, "BEAT_SECONDS", 0.0)
    run.beat()
    second = read(run, "status.json")
    assert second.pop("heartbeat") >= first.pop("heartbeat")
    assert second == first


def test_leaving_never_hides_why(tmp_path):
    run = RunFolder(tmp_path / "run", {})
    run.leave("failed")
    assert read(run, "status.json")["state"] == "failed"
    shutil.rmtree(run.path)
    run.leave("failed")


def test_no_room_for_metrics_is_one_output_error(tmp_path):
    run = RunFolder(tmp_path / "run", {})
    shutil.rmtree(run.path)
    with pytest.raises(OutputError, match=r"metrics\.jsonl: expected room to write, got No such"):
        run.log_epoch(1, {})


def test_metrics_are_read_while_a_line_is_being_written(tmp_path):
    assert RunFolder.metrics_in(tmp_path) == []
    (tmp_path / "metrics.jsonl").write_text('{"epoch": 1}\n{"epo')
    assert RunFolder.metrics_in(tmp_path) == [{"epoch": 1}]


def test_the_result_is_kept(tmp_path):
    run = RunFolder(tmp_path / "run", {})
    run.save_result({"solved": 2})
    assert read(run, "result.json") == {"solved": 2}
