"""The shipped tunes as pieces of a corpus, made by hand."""

from functools import lru_cache
from pathlib import Path

from lstmmusic.analysis import Chorus
from lstmmusic.corpus import read_passport
from lstmmusic.corpus.piece import Piece
from lstmmusic.io import load

SPLITS = ("train", "train", "train", "validation", "train", "train", "test", "train")

TINY_RECIPE = """
name = "tiny"
seed = 3
harmony_streams = [["standard", "quick-change", "jazz"], ["minor"]]
[harmony]
units = 6
batch_size = 4
length = 48
[harmony.schedule]
epochs = 2
batches_per_epoch = 2
learning_rate = 2e-2
averaging = 0.9
[melody]
units = 8
batch_size = 4
length = 40
input_dropout = 0.1
dropout = 0.2
[melody.schedule]
epochs = 3
batches_per_epoch = 3
learning_rate = 1e-2
weight_decay = 0.05
patience = 3
averaging = 0.5
"""


@lru_cache
def some_pieces(folder: Path, n_pieces: int = 16) -> tuple[Piece, ...]:
    """The first of them, each a chorus and a group of its own."""
    entries = read_passport(folder).entries[:n_pieces]
    pieces = []
    for number, entry in enumerate(entries):
        score = load(folder / entry.file)
        pieces.append(
            Piece(
                file=entry.file,
                score=score,
                title=score.title,
                performer="",
                tune=entry.file,
                group=number,
                split=SPLITS[number % len(SPLITS)],
                choruses=(Chorus(1, score.n_bars, entry.form, 1.0),),
                swing=None,
                is_performance=False,
                chords_source="written",
                chords_confidence=1.0,
            )
        )
    return tuple(pieces)
