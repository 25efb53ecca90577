"""Music, corpora, tables, arrays and examples all become sequences, and every file is told of."""

import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lstmmusic.clustering import examples
from lstmmusic.clustering.features import FACTS, encode
from lstmmusic.clustering.reading import read_sequences
from lstmmusic.corpus import build
from lstmmusic.errors import InputError
from lstmmusic.io import load
from tests.corpus.conftest import small_tunes

ABC = "X:1\nL:1/8\nM:6/8\nK:D\nABc dcB|ABc dcB|ABc dcB|ABc d3|\n"


@pytest.fixture
def folder(tmp_path):
    music = small_tunes(tmp_path / "music", 3)
    (music / "page.mid").write_bytes(b"<html>")
    return music


def test_a_folder_is_its_melodies_and_every_file_is_told_of(folder):
    seen = []
    found = read_sequences(folder, workers=1, progress=lambda *told: seen.append(told))
    sequences = found.sequences
    assert found.is_music
    assert sequences.names == ("tune000.mid", "tune001.mid", "tune002.mid")
    assert sequences.sources == tuple(str(folder / name) for name in sequences.names)
    assert set(sequences.facts) == set(FACTS)
    assert (found.files["used"], found.files["skipped"]) == (3, 1)
    [(name, reason)] = found.left_out
    assert name == "page.mid"
    assert "expected a MIDI file" in reason
    assert seen[-1] == (4, 4)
    score = load(folder / "tune001.mid")
    np.testing.assert_allclose(sequences.items[1], encode(score), atol=1e-6)


def test_a_corpus_is_the_same_without_its_files(folder, tmp_path):
    build(folder, tmp_path / "c.parquet", workers=1)
    one = read_sequences(folder, workers=1).sequences
    two = read_sequences(tmp_path / "c.parquet").sequences
    assert two.names == one.names
    assert two.sources == ("",) * 3
    for a, b in zip(one.items, two.items, strict=True):
        np.testing.assert_array_equal(a, b)


def test_files_by_themselves_archives_and_books(folder, tmp_path):
    book = tmp_path / "book.abc"
    book.write_text(ABC + "\n" + ABC.replace("X:1", "X:2").replace("dcB", "efg"))
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.write(folder / "tune002.mid", "inside.mid")
    found = read_sequences([folder / "tune000.mid", book, tmp_path / "set.zip"], workers=1)
    names = found.sequences.names
    assert names == ("book.abc#1", "book.abc#2", "set.zip/inside.mid", "tune000.mid")
    assert found.sequences.sources == ("", "", "", str(folder / "tune000.mid"))


def test_windows_are_sequences_of_their_own(folder):
    whole = read_sequences(folder, max_notes=4096, workers=1).sequences
    parts = read_sequences(folder, max_notes=16, in_windows=True, workers=1).sequences
    first = [i for i, name in enumerate(parts.names) if name.startswith("tune000.mid, notes ")]
    assert parts.names[first[1]] == "tune000.mid, notes 17-32"
    joined = np.concatenate([parts.items[i] for i in first])
    np.testing.assert_array_equal(joined, whole.items[0][: len(joined)])


def test_several_tables_are_one_set(tmp_path):
    (tmp_path / "a.csv").write_text("1,2\n3,4\n")
    (tmp_path / "b.csv").write_text("id,x\nup,5\nup,6\n")
    found = read_sequences([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert not found.is_music
    assert found.sequences.names == ("a 1", "a 2", "b up")
    (tmp_path / "c.csv").write_text("id,x,y\nup,5,1\nup,6,1\n")
    with pytest.raises(InputError, match=r"c\.csv: expected 1 features at each step, as in a\.csv"):
        read_sequences([tmp_path / "a.csv", tmp_path / "c.csv"])


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        ([], "paths: expected at least one folder or file, got none"),
        (["nowhere"], "nowhere: expected a folder or a file, got nothing there"),
        (["a.doc"], r"a\.doc: expected a folder, or a name that ends in .*\.csv.*, got '\.doc'"),
        (["a.csv", "music"], "music: expected .*, as before, got"),
        (["example:colour"], "example: expected one of frequency, .* got 'colour'"),
        (["example:wave", "a.csv"], "paths: expected one example by itself, got 2"),
    ],
)
def test_what_cannot_be_read_is_refused(folder, tmp_path, monkeypatch, paths, words):
    monkeypatch.chdir(tmp_path)
    Path("a.doc").write_text("words")
    Path("a.csv").write_text("1,2\n")
    with pytest.raises(InputError, match=words):
        read_sequences(paths)


def test_synthetic_examples_follow_the_seed():
    one, two = (read_sequences("example:factors", seed=s).sequences for s in (1, 2))
    assert len(one) == examples.N_SYNTHETIC
    assert not np.array_equal(one.items[0], two.items[0])
    assert set(examples.examples()) >= {"rhythm", "factors", "ryansMammoth"}


@pytest.fixture
def a_music21(tmp_path, monkeypatch):
    """A music21 whose corpus is two tunes."""
    folder = tmp_path / "music21" / "corpus" / "ryansMammoth"
    folder.mkdir(parents=True)
    (tmp_path / "music21" / "__init__.py").touch()
    (folder / "AJig.abc").write_text(ABC)
    (folder / "BReel.abc").write_text(ABC.replace("6/8", "2/2").replace("dcB", "efg"))
    spec = SimpleNamespace(origin=str(tmp_path / "music21" / "__init__.py"))
    monkeypatch.setattr(examples, "find_spec", lambda name: spec)
    monkeypatch.setenv("LSTMMUSIC_CACHE", str(tmp_path / "cache"))
    return folder


def test_tunes_of_music21_are_read_once_and_kept(a_music21, monkeypatch):
    first = read_sequences("example:ryansMammoth").sequences
    assert first.names == ("AJig.abc", "BReel.abc")
    monkeypatch.setattr("lstmmusic.corpus.building.build", None)
    assert read_sequences("example:ryansMammoth").sequences.names == first.names


def test_a_damaged_cache_is_made_again(a_music21):
    kept = examples.cache_folder() / "ryansMammoth.parquet"
    kept.parent.mkdir()
    kept.write_bytes(b"damage")
    assert len(read_sequences("example:ryansMammoth").sequences) == 2


def test_a_music21_without_its_corpus_is_one_clear_line(a_music21):
    for path in a_music21.iterdir():
        path.unlink()
    a_music21.rmdir()
    with pytest.raises(InputError, match="example: expected a music21 with its corpus"):
        read_sequences("example:ryansMammoth")
