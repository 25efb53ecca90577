"""The one training loop: Keras' `fit`, watched by a run folder."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from lstmmusic.errors import InputError, InternalError
from lstmmusic.fitting.run_folder import RunFolder
from lstmmusic.models import StoredNetwork

Batch = tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]]


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
        if not (self.learning_rate > 0 and self.weight_decay >= 0 and self.patience >= 0):
            expected = "learning_rate above 0, weight_decay and patience not below"
            raise InputError("schedule", expected, self)
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


class _Batches(keras.utils.PyDataset):
    """Batches made as they are needed, the same for the same seed."""

    def __init__(self, make: Callable[[np.random.Generator], Batch], n: int, seed: int) -> None:
        super().__init__()
        self._make, self._n, self._seed, self._epoch = make, n, seed, 0

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, index: int) -> Batch:
        return self._make(np.random.default_rng([self._seed, self._epoch, index]))

    def on_epoch_end(self) -> None:
        self._epoch += 1


class _Watch(keras.callbacks.Callback):
    """After each epoch: metrics, best weights, progress."""

    def __init__(
        self, run: RunFolder, network: StoredNetwork, progress: Progress, epochs: int
    ) -> None:
        super().__init__()
        self._run, self._network, self._progress = run, network, progress
        self._task = progress.add_task(network.name, total=epochs, loss="")
        self._best = math.inf

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        logs = logs or {}
        self._run.log_epoch(epoch + 1, logs)
        if logs["val_loss"] < self._best:
            self._best = logs["val_loss"]
            self._run.save_best(self._network.stored_weights())
        self._progress.update(
            self._task,
            completed=epoch + 1,
            loss=f"loss {logs['loss']:.3f}, unseen {logs['val_loss']:.3f} (best {self._best:.3f})",
        )


def fit(
    network: StoredNetwork,
    make_batch: Callable[[np.random.Generator], Batch],
    validation: Batch,
    schedule: Schedule,
    run: RunFolder,
    seed: int = 0,
) -> dict[str, Any]:
    """Trains a network and leaves it with the weights of its best epoch on the validation batch.

    Args:
        network: Inputs and outputs by name; every output is logits of a choice.
        make_batch: A random generator -> inputs, targets, weights.
        validation: One batch that is never trained on; it chooses the epoch.
        schedule: How long and how fast.
        run: Where progress and weights go.
        seed: Of the batches, the dropout and the process-wide generators.

    Returns:
        `epochs` run, `best_epoch`, and its `val_loss` in nats a step, summed over the outputs.
    """
    keras.utils.set_random_seed(seed)
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
        for name in validation[1]
    }
    network.compile(optimizer=optimizer, loss=loss)
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        callbacks: list[keras.callbacks.Callback] = [
            _Watch(run, network, progress, schedule.epochs)
        ]
        if schedule.averaging:  # before the watch, which then sees and keeps the averages
            callbacks.insert(0, keras.callbacks.SwapEMAWeights(swap_on_epoch=True))
        if schedule.patience:
            callbacks.append(keras.callbacks.EarlyStopping("val_loss", patience=schedule.patience))
        try:
            history = network.fit(
                _Batches(make_batch, schedule.batches_per_epoch, seed),
                validation_data=validation,
                validation_batch_size=len(next(iter(validation[2].values()))),
                epochs=schedule.epochs,
                callbacks=callbacks,
                verbose=0,  # pyright: ignore[reportArgumentType]
            )
        except KeyboardInterrupt:
            run.set_state("interrupted")
            raise
        except BaseException:
            run.set_state("failed")
            raise
    losses = history.history["val_loss"]
    if not np.isfinite(losses).any():
        run.set_state("failed")
        raise InternalError("training never reached a finite loss")
    network.load_stored_weights(run.load_best())
    best = int(np.nanargmin(losses))
    run.set_state("done", epoch=len(losses), best_epoch=best + 1)
    return {"epochs": len(losses), "best_epoch": best + 1, "val_loss": float(losses[best])}
