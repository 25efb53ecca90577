"""The one training loop: updates, a look at unseen music, checkpoints; watched by a run folder.

What an update sees depends on the seed, the epoch and its number alone, and all that goes on from
epoch to epoch is in the checkpoint: a run that was killed ends with the weights of one that was
not.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from lstmmusic.errors import InputError, InternalError
from lstmmusic.fitting.processes import alone, local_copy, local_share
from lstmmusic.fitting.run_folder import RunFolder
from lstmmusic.models import StoredNetwork

Batch = tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]]
AfterEpoch = Callable[[StoredNetwork, int, Mapping[str, float]], None]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train.

    Attributes:
        epochs: At most that many.
        batches_per_epoch: Updates in an epoch.
        learning_rate: At the start; it falls to 0 along a cosine.
        weight_decay: Of AdamW.
        patience: Epochs without a better validation loss before training stops; 0 = never.
        averaging: Share of the old average kept at each update of averaged weights; 0 = off.
    """

    epochs: int
    batches_per_epoch: int
    learning_rate: float = 2e-3
    weight_decay: float = 0.0
    patience: int = 0
    averaging: float = 0.0

    def __post_init__(self) -> None:
        check_counts(self, "epochs", "batches_per_epoch")
        for name in ("weight_decay", "patience"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError(name, "a finite number from 0 on", getattr(self, name))
        if not 0 < self.learning_rate < math.inf:
            raise InputError("learning_rate", "a finite number above 0", self.learning_rate)
        if not 0 <= self.averaging < 1:
            raise InputError("averaging", "0 to less than 1", self.averaging)


def check_counts(table: object, *names: str) -> None:
    """That those fields are whole numbers from 1 on.

    Raises:
        InputError: One is not.
    """
    for name in names:
        value = getattr(table, name)
        if not isinstance(value, int) or value < 1:
            raise InputError(name, "a whole number from 1 on", repr(value))


@dataclass(frozen=True)
class Measure:
    """The figure that people are told of a network: bits of some outputs, times a number of steps.

    Attributes:
        name: As it stands in the metrics; on unseen music with `val_` before it.
        outputs: Whose bits are added.
        steps: Bits of that many steps.
    """

    name: str
    outputs: tuple[str, ...]
    steps: int = 1

    def of(self, nats: Mapping[str, float]) -> float:
        """The figure, from nats a step by output.

        Example:
            >>> round(Measure("bits_per_chorus", ("symbol",), 24).of({"symbol": 0.05}), 3)
            1.731
        """
        return self.steps * sum(nats[name] for name in self.outputs) / math.log(2)


@dataclass
class _Progress:
    """What goes on from epoch to epoch beside weights: all of it is in the checkpoint.

    Attributes:
        best_loss, best_epoch: Of the best epoch so far; epoch 0 is the start.
        waited: Epochs since then.
        is_over: True once patience has ended the training.
    """

    best_loss: float = math.inf
    best_epoch: int = 0
    waited: int = 0
    is_over: bool = False


def fit(
    network: StoredNetwork,
    make_batch: Callable[[np.random.Generator], Batch],
    validation: Sequence[Batch],
    schedule: Schedule,
    run: RunFolder,
    seed: int = 0,
    *,
    measure: Measure | None = None,
    seen: Sequence[Batch] = (),
    from_start: bool = False,
    after_epoch: AfterEpoch | None = None,
) -> dict[str, Any]:
    """Trains a network and leaves it with the weights of its best epoch on the validation batches.

    A run that was resumed (`RunFolder(..., resume=True)`) goes on from its checkpoint and comes to
    the same weights, byte for byte on the same machine, as if it had not been stopped.

    Args:
        network: Inputs and outputs by name; every output is logits of a choice.
        make_batch: A random generator -> inputs, targets, weights; always of one shape.
        validation: Batches of one shape that are never trained on; they choose the epoch.
        schedule: How long and how fast.
        run: Where progress and weights go.
        seed: Of the batches, the dropout and the process-wide generators.
        measure: The figure for people, in the metrics beside the losses.
        seen: Batches of training music, measured as the validation batches are.
        from_start: The network has learnt before: its weights at the start count as epoch 0, and
            stay the best where no epoch is better.
        after_epoch: Hears the network, the epoch and its metrics; the network then holds the
            weights that were measured.

    Returns:
        `epochs` run, `best_epoch`, and its `val_loss` in nats a step, summed over the outputs.

    Raises:
        InternalError: No epoch had a finite validation loss.
        OutputError: The run folder cannot be written; what was written is whole, and resumable.
    """
    keras.utils.set_random_seed(seed)
    make_deterministic()
    _compile(network, schedule, validation[0][1])
    told, averaged = _Progress(), _averages(network, schedule)

    def look() -> dict[str, float]:
        """What is measured after an epoch."""
        nats = mean_nats(network, validation)
        found = {"val_loss": sum(nats.values())}
        if measure is not None:
            found[f"val_{measure.name}"] = measure.of(nats)
            if seen:
                found[measure.name] = measure.of(mean_nats(network, seen))
        return found

    def conclude(n_epoch: int, metrics: dict[str, float]) -> None:
        """Keeps the epoch; the order is such that a kill between two lines loses nothing."""
        if metrics["val_loss"] < told.best_loss:
            told.best_loss, told.best_epoch, told.waited = metrics["val_loss"], n_epoch, 0
            run.save_best(network.stored_weights())
        else:
            told.waited += 1
        told.is_over = 0 < schedule.patience <= told.waited
        if after_epoch is not None:
            after_epoch(network, n_epoch, metrics)
        run.log_epoch(n_epoch, metrics)

    start = time.perf_counter()
    try:
        done, spent = _restore(network, told, run), run.seconds
        if from_start and done < 0:
            conclude(0, look())
            done = 0
            run.save_checkpoint(0, 0.0, _state(network, told))
        done = max(done, 0)
        with _bar(network.name, schedule, done) as advance:
            while done < schedule.epochs and not told.is_over:
                network.reset_metrics()
                logs: Any = {}
                for index in range(schedule.batches_per_epoch):
                    rng = np.random.default_rng([seed, done, index])
                    batch = local_share(make_batch(rng))
                    logs = network.train_on_batch(*batch, return_dict=True)
                    run.beat()
                    advance(told.best_loss)
                done += 1
                with averaged():
                    conclude(done, {"loss": float(logs["loss"]), **look()})
                seconds = spent + time.perf_counter() - start
                run.save_checkpoint(done, seconds, _state(network, told))
    except KeyboardInterrupt:
        run.leave("interrupted")
        raise
    except BaseException:
        run.leave("failed")
        raise
    if not math.isfinite(told.best_loss):
        run.leave("failed")
        raise InternalError("training never reached a finite loss")
    network.load_stored_weights(run.load_best())
    run.set_state("done", epoch=done, best_epoch=told.best_epoch)
    return {"epochs": done, "best_epoch": told.best_epoch, "val_loss": told.best_loss}


def mean_nats(network: StoredNetwork, batches: Sequence[Batch]) -> dict[str, float]:
    """Nats a step of each output, over all steps that count, without dropout.

    Args:
        network: Outputs by name, logits (batch, time, choices).
        batches: Inputs, targets and weights, all of one shape: others would be compiled anew.
    """
    network = local_copy(network)
    total: dict[str, float] = {}
    weight: dict[str, float] = {}
    for inputs, targets, weights in batches:
        with alone():
            outputs: Any = network.predict_on_batch(inputs)
        for name, logits in outputs.items():
            scores = np.asarray(logits, np.float64)
            scores -= scores.max(axis=-1, keepdims=True)
            log_probs = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
            chosen = np.take_along_axis(log_probs, targets[name][..., None], axis=-1)[..., 0]
            total[name] = total.get(name, 0.0) - float((chosen * weights[name]).sum())
            weight[name] = weight.get(name, 0.0) + float(weights[name].sum())
    return {name: total[name] / weight[name] for name in total}


def make_deterministic() -> None:
    """Makes every operation of TensorFlow give the same bits each time, process-wide."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def _compile(network: StoredNetwork, schedule: Schedule, outputs: Mapping[str, Any]) -> None:
    n_updates = schedule.epochs * schedule.batches_per_epoch
    falling: Any = keras.optimizers.schedules.CosineDecay(schedule.learning_rate, n_updates)
    optimizer = keras.optimizers.AdamW(
        falling,
        weight_decay=schedule.weight_decay,
        global_clipnorm=1.0,
        use_ema=schedule.averaging > 0,
        ema_momentum=schedule.averaging or 0.99,
        ema_overwrite_frequency=None,
    )
    loss = {
        name: keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        )
        for name in outputs
    }
    network.compile(optimizer=optimizer, loss=loss)
    optimizer.build(network.trainable_variables)


def _averages(
    network: StoredNetwork, schedule: Schedule
) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """A context in which the network has its averaged weights, where they are kept."""
    if not schedule.averaging:
        return contextlib.nullcontext
    swap = keras.callbacks.SwapEMAWeights()
    swap.set_model(network)

    @contextlib.contextmanager
    def averaged() -> Iterator[None]:
        swap.on_test_begin()
        yield
        swap.on_test_end()

    return averaged


def _state(network: StoredNetwork, told: _Progress) -> dict[str, np.ndarray]:
    """All that the next epoch depends on: weights, seeds of the dropout, optimizer, the best."""
    variables = [*network.variables, *_optimizer(network).variables]
    return {
        **{f"variable/{k}": np.asarray(variable) for k, variable in enumerate(variables)},
        **{name: np.asarray(value) for name, value in vars(told).items()},
    }


def _restore(network: StoredNetwork, told: _Progress, run: RunFolder) -> int:
    """Goes on from the checkpoint; its epoch, -1 where there is none."""
    state = run.load_checkpoint()
    if not state:
        return -1
    for k, variable in enumerate([*network.variables, *_optimizer(network).variables]):
        variable.assign(state[f"variable/{k}"].reshape(variable.shape))
    for name, value in vars(told).items():
        setattr(told, name, type(value)(state[name].item()))
    return run.checkpoint_epoch


def _optimizer(network: StoredNetwork) -> Any:
    return network.optimizer


@contextlib.contextmanager
def _bar(name: str, schedule: Schedule, done: int) -> Iterator[Callable[[float], None]]:
    """A progress bar with the time left, where someone looks at stderr."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("epoch {task.fields[epoch]} of {task.fields[epochs]}{task.fields[best]}"),
        TimeRemainingColumn(),
    )
    per_epoch = schedule.batches_per_epoch
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(
            name,
            total=schedule.epochs * per_epoch,
            completed=done * per_epoch,
            epoch=done + 1,
            epochs=schedule.epochs,
            best="",
        )
        n_updates = done * per_epoch

        def advance(best: float) -> None:
            nonlocal n_updates
            n_updates += 1
            shown = f", best unseen loss {best:.3f}" if math.isfinite(best) else ""
            epoch = min(n_updates // per_epoch + 1, schedule.epochs)
            progress.update(task, completed=n_updates, epoch=epoch, best=shown)

        yield advance
