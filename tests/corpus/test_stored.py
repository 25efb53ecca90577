"""A piece comes back as it was kept, and what is no corpus is refused."""

import dataclasses

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from lstmmusic.analysis import Chorus
from lstmmusic.corpus import Corpus, Piece, stored
from lstmmusic.corpus.reading import TABLES, describe, unpack
from lstmmusic.corpus.schema import FOUND, PLACED, SCHEMA, SCHEMA_VERSION, pieces_of, table_of
from lstmmusic.errors import InputError
from lstmmusic.score import Part, Score
from tests.strategies import scores

PLACE = {"performer": "Someone", "tune": "a tune", "group": 3, "split": "train"}
ABOUT = {
    "file": "a.mid",
    "sha256": "00",
    "repairs": [],
    "melody_part": 1,
    "melody_source": "inferred",
    "melody_confidence": 0.5,
    "chords_source": "written",
    "chords_confidence": 1.0,
    "key_source": "written",
    "key_confidence": 1.0,
    "metre_source": "written",
    "metre_confidence": 1.0,
    "choruses": [{"first_bar": 1, "n_bars": 12, "form": "standard", "fit": 0.75}],
    "swing": None,
    "is_performance": True,
}


def row_of(score):
    part = score.parts[0]
    tables = (part.notes, part.controls, part.bends)
    content = b"".join(table.tobytes() for table in tables)
    columns = unpack(content, [*map(len, tables), 0, 0])
    return {**describe(score), **columns, "program": part.program, **ABOUT}


def piece_of(score):
    return Piece(
        file="a.mid",
        score=score,
        title=score.title,
        performer="Someone",
        tune="a tune",
        group=3,
        split="train",
        choruses=(Chorus(1, 12, "standard", 0.75),),
        swing=None,
        is_performance=True,
        chords_source="written",
        chords_confidence=1.0,
    )


def with_melody(score):
    """The score with its first part alone, as a corpus holds it."""
    part = score.parts[0] if score.parts else Part()
    melody = dataclasses.replace(part, name="melody", is_drum=False)
    return dataclasses.replace(score, parts=(melody,))


@given(scores(), scores())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])  # two scores each
def test_pieces_come_back_as_they_were(one, other):
    wanted = [with_melody(one), with_melody(other)]
    table = table_of([{**row_of(score), **PLACE} for score in wanted], SCHEMA)
    assert list(pieces_of(table)) == [piece_of(score) for score in wanted]


def test_everything_that_a_score_says_has_a_column():
    told = {"tempo_map": "tempos", "parts": "program"}
    names = {told.get(field.name, field.name) for field in dataclasses.fields(Score)}
    assert names <= set(FOUND.names)
    names = {field.name for field in dataclasses.fields(Piece)} - {"score"}
    assert names <= set(SCHEMA.names)
    assert set(FOUND.names) | set(PLACED.names) == set(SCHEMA.names)
    assert len(set(SCHEMA.names)) == len(SCHEMA.names)
    for prefix, dtype in TABLES.items():
        assert {f"{prefix}_{name}" for name in dtype.names} <= set(FOUND.names)


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "c.parquet"
    rows = []
    for index in range(600):
        place = {**PLACE, "split": ("train", "test", "validation")[index % 3]}
        rows.append({**row_of(Score([Part(name="melody")])), **place, "file": f"{index:03}"})
    batches = table_of(rows, SCHEMA).to_batches(max_chunksize=64)
    stored.write(path, iter(batches), 7, "0.0.1")
    return path


def test_a_corpus_tells_of_itself(corpus):
    found = Corpus.read(corpus)
    assert (found.n_pieces, found.seed, found.version) == (600, 7, "0.0.1")


def test_pieces_are_read_by_split(corpus):
    found = Corpus.read(corpus)
    assert [piece.file for piece in found.pieces()] == [f"{index:03}" for index in range(600)]
    for index, split in enumerate(("train", "test", "validation")):
        files = [piece.file for piece in found.pieces(split)]
        assert files == [f"{number:03}" for number in range(index, 600, 3)]


def test_an_unknown_split_is_refused(corpus):
    with pytest.raises(InputError, match="split: expected one of train, validation, test, got 'a'"):
        list(Corpus.read(corpus).pieces("a"))


def write_foreign(path):
    pq.write_table(pa.table({"a": [1]}), path)


def write_later(path):
    words = {stored.VERSION_KEY: str(SCHEMA_VERSION + 1)}
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata(words), path)


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda path: None, "c.parquet: expected a corpus, got no such file"),
        (lambda path: path.write_bytes(b""), r"c.parquet: expected a corpus \(.parquet\), got"),
        (lambda path: path.write_bytes(b"PAR1junkPAR1"), r"expected a corpus \(.parquet\), got"),
        (write_foreign, "expected a corpus of ours, got a Parquet file without its marks"),
        (write_later, "expected a corpus of version 1, got 2"),
        (lambda path: path.mkdir(), r"c.parquet: expected a corpus"),
    ],
)
def test_what_is_no_corpus_is_refused_in_one_line(tmp_path, write, expected):
    path = tmp_path / "c.parquet"
    write(path)
    with pytest.raises(InputError, match=expected) as caught:
        Corpus.read(path)
    assert "\n" not in str(caught.value)


def test_a_corpus_that_is_cut_is_refused(corpus):
    data = corpus.read_bytes()
    corpus.write_bytes(
        data[: len(data) // 2] + bytes(len(data) - len(data) // 2 - 500) + data[-500:]
    )
    with pytest.raises(InputError, match=r"c\.parquet: expected"):
        list(Corpus.read(corpus).pieces())
