"""A folder may hold any number of files: what a build holds of each is on disk."""

import copy
import gc
import tracemalloc
from dataclasses import asdict

import numpy as np
import pytest

from lstmmusic.corpus import Override, build, reading, report_page, shards, sketches
from lstmmusic.io import format_midi
from tests.corpus.conftest import tune

MAX_BYTES_PER_FILE = 200
AT_ONCE = 16


class QuickReader:
    """Stands in for the process that reads: every file is the same tune with notes of its own."""

    def __init__(self):
        request = {"name": "a.mid", "override": asdict(Override())}
        self.words, self.content = reading.read_piece(request, format_midi(tune(0, n_choruses=1)))

    def ask(self, request, data):
        words = copy.deepcopy(self.words)
        words["row"]["title"] = "A tune called " + "".join(
            chr(ord("a") + byte - ord("0")) for byte in data
        )
        n_print = 8 * sum(words["sizes"][-2:])
        grams = np.sort(
            np.random.default_rng(list(data)).integers(0, 2**63, n_print // 8, np.uint64)
        )
        return words, self.content[:-n_print] + grams.tobytes()

    def close(self):
        pass


@pytest.fixture
def traced_peak(tmp_path, monkeypatch):
    """The peak of traced memory of a build of so many files."""
    for module, name in (
        (sketches, "_PIECES_AT_ONCE"),
        (report_page, "MAX_ROWS"),
        (shards, "ITEMS_PER_SHARD"),
    ):
        monkeypatch.setattr(module, name, AT_ONCE)  # so that a small folder fills them, too
    monkeypatch.setattr(shards, "new_reader", QuickReader)

    def peak(count):
        folder = tmp_path / str(count)
        folder.mkdir()
        for number in range(count):
            (folder / f"{number:05}.mid").write_bytes(str(number).encode())
        gc.collect()
        tracemalloc.start()
        try:
            report = build(folder, tmp_path / f"{count}.parquet", workers=1)
            found = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert report.summary()["used"] == report.n_tunes == count
        return found

    return peak


def test_four_times_the_files_take_the_same_memory(traced_peak):
    traced_peak(2 * AT_ONCE)  # what is imported and cached once
    few, many = 40, 160
    assert traced_peak(many) - traced_peak(few) < (many - few) * MAX_BYTES_PER_FILE
