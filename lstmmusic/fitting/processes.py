"""Several processes that train one network together: each takes its rows of every batch.

They are started by `python -m training.distributed`. Keras (on JAX) adds their gradients up; all of
them hold the same weights, measure them alone, and so come to the same decisions.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

import keras

from lstmmusic.errors import InputError
from lstmmusic.models import StoredNetwork

Arrays = dict[str, Any]

_copies: WeakKeyDictionary[StoredNetwork, StoredNetwork] = WeakKeyDictionary()


def local_share(batch: tuple[Arrays, Arrays, Arrays]) -> tuple[Arrays, Arrays, Arrays]:
    """This process' rows of a batch; all of them where it trains alone.

    Raises:
        InputError: The rows cannot be shared out evenly.
    """
    if keras.distribution.distribution() is None:
        return batch
    import jax

    n, k = jax.process_count(), jax.process_index()
    n_rows = len(next(iter(batch[0].values())))
    if n_rows % n:
        raise InputError("batch_size", f"a multiple of {n} processes", n_rows)
    rows = slice(k * n_rows // n, (k + 1) * n_rows // n)
    inputs, targets, weights = (
        {name: array[rows] for name, array in arrays.items()} for arrays in batch
    )
    return inputs, targets, weights


def local_copy(network: StoredNetwork) -> StoredNetwork:
    """A network of the same weights that this process can run alone; itself where it is alone."""
    if keras.distribution.distribution() is None:
        return network
    weights = network.stored_weights()
    with alone():
        if network not in _copies:
            _copies[network] = type(network)(len(weights["lstm/recurrent_kernel"]))
        _copies[network].load_stored_weights(weights)
    return _copies[network]


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """What happens within concerns this process alone."""
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)
