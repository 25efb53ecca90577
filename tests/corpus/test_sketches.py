"""What is kept of fingerprints on disk while a corpus is made finds the same near duplicates."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lstmmusic.analysis import Fingerprints, fingerprint, near_duplicates
from lstmmusic.corpus import sketches
from lstmmusic.corpus.ledger import Ledger
from lstmmusic.corpus.sketches import KeptFingerprints
from lstmmusic.score import Note, Part, Score


def tune(seed, transposed=0):
    pitches = 60 + transposed + np.random.default_rng(seed).integers(0, 13, 80)
    return Score([Part([Note(place / 2, 0.5, int(p)) for place, p in enumerate(pitches)])])


@pytest.mark.parametrize("pieces_at_once", [1, 3, 1000])
def test_kept_fingerprints_are_as_good_as_whole_ones(tmp_path, monkeypatch, pieces_at_once):
    monkeypatch.setattr(sketches, "_PIECES_AT_ONCE", pieces_at_once)
    whole = [fingerprint(tune(seed)) for seed in range(6)]
    whole += [fingerprint(Score()), fingerprint(tune(2, 5))]
    with Ledger() as ledger:
        kept = KeptFingerprints(ledger)
        for start in range(0, len(whole), 3):
            some = whole[start : start + 3]
            columns = {name: [getattr(one, name) for one in some] for name in ("grams", "sketch")}
            arrays = {name: pa.array(rows, pa.list_(pa.uint64())) for name, rows in columns.items()}
            pq.write_table(pa.table(arrays), tmp_path / f"{start}.parquet")
            kept.add(tmp_path / f"{start}.parquet")
        assert len(kept) == len(whole)
        assert near_duplicates(kept) == near_duplicates(whole) == [[2, 7]]
        assert [kept.grams(n).tolist() for n in range(8)] == [one.grams.tolist() for one in whole]
        two = slice(8, 10)
        numbers = Fingerprints(whole).numbers(two).astype(np.uint16)
        np.testing.assert_array_equal(kept.numbers(two), numbers)
        places = np.array([1, 2, 6, 7])
        assert near_duplicates(kept.only(places)) == [[1, 3]]
