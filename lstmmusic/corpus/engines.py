"""Who reads the shards: threads of this process, or Dask's workers.

Either way it is one `ReaderProcess` a worker that meets the files; an engine only hands out work
and yields how many shards are done. What they write is the same.
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path
from typing import Any

from lstmmusic.corpus import shards
from lstmmusic.corpus.items import Source
from lstmmusic.corpus.shards import Shard
from lstmmusic.errors import InputError
from lstmmusic.io import ReaderProcess

Engine = Callable[[Iterable[Shard], Path, int], Iterator[Shard]]
_AT_ONCE = 4  # shards that are known for each worker: of a large folder they are very many


def default_workers() -> int:
    """As many as there are processors for us."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def local(wanted: Iterable[Shard], work: Path, workers: int) -> Iterator[Shard]:
    """Makes the shards with that many reading processes; yields each when it is kept."""
    local_state = threading.local()
    readers: list[ReaderProcess] = []
    sources: list[Source] = []

    def begin() -> None:
        local_state.reader, local_state.source = shards.new_reader(), Source()
        readers.append(local_state.reader)
        sources.append(local_state.source)

    def make(shard: Shard) -> Shard:
        shards.make(shard, work, local_state.reader, local_state.source)
        return shard

    waiting = iter(wanted)
    pool = ThreadPoolExecutor(workers, initializer=begin)
    try:
        running = {pool.submit(make, shard) for shard in islice(waiting, _AT_ONCE * workers)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
                running |= {pool.submit(make, shard) for shard in islice(waiting, 1)}
    finally:  # also on an interruption: first the children, so that no thread waits for one
        for reader in readers:
            reader.close()
        pool.shutdown(wait=True, cancel_futures=True)
        for source in sources:
            source.close()


def dask(wanted: Iterable[Shard], work: Path, workers: int) -> Iterator[Shard]:
    """As `local`, by the workers of a Dask cluster on this machine.

    Raises:
        InputError: Dask is not installed.
    """
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise InputError("engine", "local, or pip install 'lstmmusic[scale]'", "dask") from None
    waiting = iter(wanted)
    with (
        distributed.LocalCluster(workers, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):

        def submitted(count: int) -> list[Any]:
            return [
                client.submit(_make_in_worker, shard, str(work), pure=False)
                for shard in islice(waiting, count)
            ]

        running = distributed.as_completed(submitted(_AT_ONCE * workers))
        for future in running:
            yield future.result()
            for more in submitted(1):
                running.add(more)


_in_worker = threading.local()


def _make_in_worker(shard: Shard, work: str) -> Shard:
    """Runs in a worker of Dask, which keeps its reading process from shard to shard."""
    if not hasattr(_in_worker, "reader"):
        _in_worker.reader, _in_worker.source = shards.new_reader(), Source()
    shards.make(shard, Path(work), _in_worker.reader, _in_worker.source)
    return shard


ENGINES: dict[str, Engine] = {"local": local, "dask": dask}
