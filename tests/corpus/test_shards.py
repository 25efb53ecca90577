"""What is kept of a fingerprint while a corpus is made finds the same near duplicates."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lstmmusic.analysis import fingerprint, near_duplicates
from lstmmusic.corpus.shards import read_fingerprints
from lstmmusic.score import Note, Part, Score


def tune(seed, transposed=0):
    pitches = 60 + transposed + np.random.default_rng(seed).integers(0, 13, 80)
    return Score([Part([Note(place / 2, 0.5, int(p)) for place, p in enumerate(pitches)])])


def test_a_kept_fingerprint_is_as_good_as_the_whole_one(tmp_path):
    whole = [fingerprint(tune(seed)) for seed in range(6)] + [fingerprint(tune(2, 5))]
    columns = {name: [getattr(one, name) for one in whole] for name in ("grams", "sketch")}
    arrays = {name: pa.array(rows, pa.list_(pa.uint64())) for name, rows in columns.items()}
    pq.write_table(pa.table(arrays), tmp_path / "shard.parquet")
    kept = read_fingerprints(tmp_path / "shard.parquet")
    assert near_duplicates(kept) == near_duplicates(whole) == [[2, 6]]
    assert [one.grams.tolist() for one in kept] == [one.grams.tolist() for one in whole]
    assert sum(one.sketch.nbytes for one in kept) * 4 == sum(one.sketch.nbytes for one in whole)
    assert not any("grams" in vars(one) for one in kept)  # they are read when they are asked for
