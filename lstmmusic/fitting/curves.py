"""Learning curves as TensorBoard reads them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras

from lstmmusic.errors import OutputError


class Curves:
    """The metrics as TensorBoard reads them: event files under a folder.

    Where TensorFlow is not the backend nothing is written. After a kill an epoch may stand there
    twice; `metrics.jsonl` has it once.

    Args:
        folder: Of one network.

    Raises:
        OutputError: The folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            with self._told():
                self._writer = tf.summary.create_file_writer(str(folder))

    def add(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """One epoch."""
        if self._writer is None:
            return
        import tensorflow as tf

        with self._told(), self._writer.as_default(step=epoch):
            # What tf.summary.scalar would write; it needs TensorBoard, which only readers need.
            kind: Any = tf.compat.v1.SummaryMetadata(data_class="DATA_CLASS_SCALAR")
            kind.plugin_data.plugin_name = "scalars"
            for name, value in metrics.items():
                tf.summary.write(name, tf.constant(value, tf.float32), metadata=kind)
            self._writer.flush()

    def close(self) -> None:
        """Nothing more will come."""
        if self._writer is not None:
            with self._told():
                self._writer.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        import tensorflow as tf

        try:
            yield
        except (tf.errors.OpError, OSError) as error:
            message = str(getattr(error, "message", error))
            raise OutputError(str(self._folder), "room to write", message) from None
