"""Labels that a spreadsheet can open, and files that are copied and never moved."""

import csv
import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lstmmusic.clustering.exploring import explore
from lstmmusic.clustering.sequences import Sequences
from lstmmusic.clustering.writing import labels_csv, sort_into
from lstmmusic.errors import InputError, OutputError


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@sum", "\tx", 'a"b,c', "a\nb", "é", "\udcff"]
)
def test_a_name_comes_back_and_is_never_a_formula(name):
    text = labels_csv([name], [2], [0.5]).decode("utf-8", "surrogateescape")
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    assert row["item"].removeprefix("'") == name
    assert row["item"][0] not in "=+-@\t\r\n"
    assert (row["cluster"], row["confidence"]) == ("2", "0.5000")


@pytest.fixture
def found(tmp_path):
    """Four files in two groups and none; two have one name, and one item has no file."""
    paths = [tmp_path / name for name in ("one/a.mid", "two/a.mid", "b.mid", "far.mid")]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(path))
    sources = [*map(str, paths), ""]
    labels = np.array([0, 0, 1, -1, 1])
    model = SimpleNamespace(
        labels_=labels,
        confidence_=np.ones(5),
        membership_=np.eye(2)[np.maximum(labels, 0)],
        embedding_=np.arange(5.0)[:, None],
        n_clusters_=2,
        stability_=1.0,
        predict=lambda items: labels,
    )
    return explore(model, Sequences([[1]] * 5, "abcde", sources=sources)).named({1: "slow / low?"})


def test_files_are_copied_by_group_and_stay(found, tmp_path):
    into = tmp_path / "sorted"
    assert sort_into(into, found) == 4
    copies = {path.relative_to(into).as_posix(): path for path in into.rglob("*.mid")}
    assert set(copies) == {
        "group-0/a.mid",
        "group-0/a (2).mid",
        "group-1-slow-low/b.mid",
        "no-group/far.mid",
    }
    originals = {source for source in found.sequences.sources if source}
    assert {path.read_text() for path in copies.values()} == originals
    assert all(Path(source).read_text() == source for source in originals)


def test_a_folder_with_something_in_it_is_left_alone(found, tmp_path):
    with pytest.raises(OutputError, match="expected an empty folder, or a new one"):
        sort_into(tmp_path / "one", found)
    with pytest.raises(OutputError, match="got a file"):
        sort_into(tmp_path / "b.mid", found)


def test_what_has_no_files_cannot_be_sorted(found, tmp_path):
    bare = Sequences([[1]] * 5)
    twice = Sequences([[1]] * 5, sources=[found.sequences.sources[0]] * 5)
    for sequences, words in ((bare, "got none"), (twice, "got several of one file")):
        other = SimpleNamespace(sequences=sequences, groups=found.groups, outliers=())
        with pytest.raises(InputError, match=words):
            sort_into(tmp_path / "sorted", other)
