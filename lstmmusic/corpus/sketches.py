"""The fingerprints of all pieces of a build, which stay on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from lstmmusic.analysis import Fingerprints
from lstmmusic.corpus.ledger import Ledger

_PIECES_AT_ONCE = 1024
_NUMBER = np.dtype(np.uint16)
_GRAM = np.dtype(np.uint64)


class KeptFingerprints(Fingerprints):
    """The fingerprints of the pieces of one shard after another.

    Few pieces are ever held against each other: the ledger keeps their grams. Of the sketch, which
    tells the pieces that may be alike, 16 bits a number do: what they take for equal by chance is
    held against each other, no more.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._length = 0
        self._sketched: list[np.ndarray] = []
        self._n_blocks = 0
        self._block: list[np.ndarray] = []

    def add(self, path: Path) -> None:
        """The pieces of the next shard."""
        with pq.ParquetFile(path) as file:
            table = file.read(columns=["sketch", "grams"])
        sketches, grams = (
            [np.array(row.values, _GRAM) for row in table.column(name)]
            for name in ("sketch", "grams")
        )
        here = [place for place, sketch in enumerate(sketches) if len(sketch)]
        self._ledger.add_grams(self._length, grams)
        self._sketched.append(np.array(here, np.int32) + self._length)
        self._length += len(sketches)
        self._block += [sketches[place].astype(_NUMBER) for place in here]
        if len(self._block) >= _PIECES_AT_ONCE:
            self._put()

    def __len__(self) -> int:
        return self._length

    def grams(self, place: int) -> np.ndarray:  # noqa: D102
        return self._ledger.grams(place, _GRAM)

    def sketched(self) -> np.ndarray:  # noqa: D102
        return np.concatenate([np.empty(0, np.int64), *self._sketched])

    def numbers(self, rows: slice) -> np.ndarray:  # noqa: D102
        self._put()
        numbers = range(rows.start, rows.stop)
        return np.stack([self._ledger.sketches(number, _NUMBER) for number in numbers], axis=1)

    def _put(self) -> None:
        if self._block:
            self._ledger.add_sketches(self._n_blocks, np.stack(self._block, axis=1))
            self._n_blocks += 1
            self._block = []
