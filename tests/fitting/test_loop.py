"""The training loop: it learns, keeps the best, stops when told, and does the same twice."""

import json
import shutil
from functools import partial

import numpy as np
import pytest

from lstmmusic.errors import InputError, InternalError
from lstmmusic.fitting import Measure, RunFolder, Schedule, fit
from lstmmusic.fitting.loop import mean_nats
from lstmmusic.models import HarmonyNetwork, harmony_example, pad_batch
from lstmmusic.player import HarmonyPlayer

pytestmark = pytest.mark.keras

# Two bars of one chord, two of another, and again: what comes next is told by memory alone.
SYMBOLS = np.tile([0, 0, 0, 0, 40, 40, 40, 40], 3)
LENGTH = len(SYMBOLS)


def make_batch(rng):
    shifts = 2 * rng.integers(0, 4, size=4)
    examples = [harmony_example(np.roll(SYMBOLS, shift), False) for shift in shifts]
    return pad_batch(examples, LENGTH)


VALIDATION = make_batch(np.random.default_rng(99))
AVERAGED = Schedule(3, 3, learning_rate=0.02, weight_decay=0.1, averaging=0.9, patience=9)


def train(
    path,
    seed=0,
    schedule=None,
    make_batch=make_batch,
    validation=VALIDATION,
    run=RunFolder,
):
    network = HarmonyNetwork(6, input_dropout=0.1, dropout=0.1, seed=1)
    run = run(path, {"seed": seed})
    schedule = schedule or Schedule(3, 3, learning_rate=0.02)
    return network, run, fit(network, make_batch, [validation], schedule, run, seed)


def status(run):
    return json.loads((run.path / "status.json").read_text())


def player_loss(weights, validation=VALIDATION):
    """Nats a step on the validation batch, worked out by the player instead of Keras."""
    total = 0.0
    for row in validation[1]["symbol"].tolist():
        player = HarmonyPlayer(weights, is_minor=False)
        for symbol in row:
            logits = player.logits().astype(float)
            total += np.log(np.exp(logits).sum()) - logits[symbol]
            player.hear(symbol)
    return total / validation[1]["symbol"].size


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train(tmp_path_factory.mktemp("trained") / "run")


@pytest.fixture(scope="module")
def averaged(tmp_path_factory):
    return train(tmp_path_factory.mktemp("averaged") / "run", schedule=AVERAGED)


def test_training_lowers_the_loss(trained):
    _, run, _ = trained
    metrics = run.metrics()
    assert metrics[-1]["val_loss"] < metrics[0]["val_loss"] - 0.05
    assert metrics[-1]["loss"] < metrics[0]["loss"] - 0.05


def test_the_run_folder_holds_the_whole_run(trained):
    _, run, result = trained
    assert [line["epoch"] for line in run.metrics()] == [1, 2, 3]
    assert status(run)["state"] == "done"
    assert status(run)["best_epoch"] == result["best_epoch"]
    names = {path.name for path in run.path.iterdir()}
    assert names == {
        "config.json",
        "status.json",
        "metrics.jsonl",
        "best.safetensors",
        "checkpoint.safetensors",
    }


def test_the_player_plays_what_keras_measured(trained):
    network, _, result = trained
    assert player_loss(network.stored_weights()) == pytest.approx(result["val_loss"], rel=1e-4)


def test_the_best_weights_are_restored(tmp_path):
    """What is validated is never played in training: the more is learnt, the worse it gets."""
    unheard = pad_batch([harmony_example(np.full(LENGTH, 90), False)], LENGTH)
    schedule = Schedule(3, 3, learning_rate=0.05)
    network, run, result = train(tmp_path / "run", schedule=schedule, validation=unheard)
    losses = [line["val_loss"] for line in run.metrics()]
    assert losses[0] < losses[1] < losses[2]
    assert result["best_epoch"] == status(run)["best_epoch"] == 1
    assert result["val_loss"] == pytest.approx(losses[0], abs=1e-6)
    assert player_loss(network.stored_weights(), unheard) == pytest.approx(losses[0], rel=1e-4)
    for name, weight in run.load_best().items():
        np.testing.assert_array_equal(weight, network.stored_weights()[name])


def test_averaged_weights_are_those_measured_and_kept(averaged, trained):
    network, _, result = averaged
    assert player_loss(network.stored_weights()) == pytest.approx(result["val_loss"], rel=1e-4)
    kernels = [n.stored_weights()["symbol/kernel"] for n in (network, trained[0])]
    assert np.abs(kernels[0] - kernels[1]).max() > 1e-3


def test_the_same_seed_gives_the_same_weights_and_another_does_not(tmp_path, trained):
    """Batches, dropout and all."""
    network, run, _ = trained
    again, again_run, _ = train(tmp_path / "again")
    for name, weight in network.stored_weights().items():
        np.testing.assert_array_equal(weight, again.stored_weights()[name])
    assert again_run.metrics() == run.metrics()
    other, _, _ = train(tmp_path / "other", seed=1)
    kernels = [n.stored_weights()["lstm/kernel"] for n in (network, other)]
    assert np.abs(kernels[0] - kernels[1]).max() > 1e-4


def test_batches_are_new_at_every_update(tmp_path):
    seen = []

    def watched(rng):
        batch = make_batch(rng)
        seen.append(rng.integers(2**60))
        return batch

    train(tmp_path / "run", schedule=Schedule(2, 3), make_batch=watched)
    assert len(set(seen)) == len(seen) == 6


def test_patience_ends_a_training_that_gets_no_better(tmp_path):
    schedule = Schedule(10, 1, learning_rate=1e-30, patience=2)
    _, run, result = train(tmp_path / "run", schedule=schedule)
    assert (result["epochs"], result["best_epoch"]) == (3, 1)
    assert len(run.metrics()) == 3


class Interrupted(RunFolder):
    """Someone presses Ctrl-C after the second epoch."""

    def log_epoch(self, epoch, metrics):
        super().log_epoch(epoch, metrics)
        if epoch == 2:
            raise KeyboardInterrupt


def test_an_interrupted_run_says_so_and_keeps_its_best(tmp_path):
    path = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(path, run=Interrupted)
    assert json.loads((path / "status.json").read_text())["state"] == "interrupted"
    assert len((path / "metrics.jsonl").read_text().splitlines()) == 2
    assert (path / "best.safetensors").is_file()


def test_a_loss_that_is_never_finite_is_our_own_fault(tmp_path):
    network = HarmonyNetwork(4)
    network.heads["symbol/bias"].assign(np.full(network.heads["symbol/bias"].shape, np.nan))
    run = RunFolder(tmp_path / "run", {})
    with pytest.raises(InternalError, match="never reached a finite loss"):
        fit(network, make_batch, [VALIDATION], Schedule(1, 1), run)
    assert status(run)["state"] == "failed"


class Stopped(RunFolder):
    """Killed when the second epoch is kept, or in the middle of what is kept of it."""

    def save_checkpoint(self, epoch, seconds, state):
        if epoch == 2:
            raise Killed
        super().save_checkpoint(epoch, seconds, state)


class Killed(BaseException):
    pass


def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(averaged, tmp_path):
    """Weights, metrics and result: dropout, optimizer, averages, patience and all."""
    schedule = AVERAGED
    network, whole, result = averaged
    with pytest.raises(Killed):
        train(tmp_path / "stopped", schedule=schedule, run=Stopped)
    assert len(RunFolder.metrics_in(tmp_path / "stopped")) == 2
    resumed = partial(RunFolder, resume=True)
    again, run, result_again = train(tmp_path / "stopped", schedule=schedule, run=resumed)
    for name, weight in network.stored_weights().items():
        np.testing.assert_array_equal(weight, again.stored_weights()[name])
    assert run.metrics() == whole.metrics()
    assert result_again == result
    for name, array in whole.load_checkpoint().items():
        np.testing.assert_array_equal(array, run.load_checkpoint()[name])


def test_a_run_that_is_done_is_not_done_again(tmp_path, trained):
    network, run, result = trained
    shutil.copytree(run.path, tmp_path / "run")
    resumed = partial(RunFolder, resume=True)
    again, _, result_again = train(tmp_path / "run", run=resumed, make_batch=None)
    assert result_again == result
    kernels = [n.stored_weights()["symbol/kernel"] for n in (network, again)]
    np.testing.assert_array_equal(*kernels)


def test_a_start_that_no_epoch_betters_is_kept_as_epoch_nought(tmp_path, trained):
    """What is validated is never played in training."""
    unheard = pad_batch([harmony_example(np.full(LENGTH, 90), False)], LENGTH)
    network = HarmonyNetwork(6, seed=5)
    network.load_stored_weights(trained[0].stored_weights())
    start = network.stored_weights()
    run = RunFolder(tmp_path / "run", {})
    heard = []
    result = fit(
        network,
        make_batch,
        [unheard],
        Schedule(3, 3, learning_rate=0.05, patience=2),
        run,
        measure=Measure("bits", ("symbol",), 2),
        seen=[VALIDATION],
        from_start=True,
        after_epoch=lambda network, epoch, metrics: heard.append((network.kind, epoch)),
    )
    assert (result["epochs"], result["best_epoch"]) == (2, 0)
    for name, weight in network.stored_weights().items():
        np.testing.assert_array_equal(weight, start[name])
    metrics = run.metrics()
    assert heard == [("harmony", 0), ("harmony", 1), ("harmony", 2)]
    assert [line["epoch"] for line in metrics] == [0, 1, 2]
    for line in metrics:
        assert line["val_bits"] == pytest.approx(2 * line["val_loss"] / np.log(2), abs=1e-5)
    assert metrics[-1]["bits"] < metrics[0]["bits"]
    last = player_loss(start, VALIDATION) * 2 / np.log(2)
    assert metrics[0]["bits"] == pytest.approx(last, rel=1e-4)


def test_steps_without_weight_count_in_no_measure(trained):
    """Two batches of which one is half padding: the mean is over steps, not over batches."""
    network, _, _ = trained
    examples = [harmony_example(SYMBOLS, False), harmony_example(np.roll(SYMBOLS, 2), False)]
    full, half = pad_batch(examples, LENGTH), pad_batch(examples, LENGTH, [LENGTH // 2, LENGTH])
    nats = [mean_nats(network, [batch])["symbol"] for batch in (full, half)]
    both = mean_nats(network, [full, half])["symbol"]
    assert both == pytest.approx((4 * nats[0] + nats[1]) / 5)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"epochs": 0}, "epochs"),
        ({"batches_per_epoch": 2.5}, "batches_per_epoch"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"weight_decay": -1.0}, "weight_decay"),
        ({"patience": -1}, "patience"),
        ({"averaging": 1.0}, "averaging"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(changes, field):
    with pytest.raises(InputError, match=f"^{field}: expected"):
        Schedule(**{"epochs": 1, "batches_per_epoch": 1, **changes})
