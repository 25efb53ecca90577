"""Groups that were written are read back, and what is no such table is one line."""

import pytest

from lstmmusic.clustering.writing import labels_csv
from lstmmusic.corpus.labels import files_of_group
from lstmmusic.errors import InputError

NAMES = ["a.mid", "=b.mid", "'c.mid", "sub/d, e.mid", "é.mid"]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_bytes(labels_csv(NAMES, [0, 1, 1, 10, -1], [1, 0.5, 0.5, 1, 0.2]))
    return path


@pytest.mark.parametrize(
    ("group", "files"),
    [("0", NAMES[:1]), ("1", NAMES[1:3]), ("10", NAMES[3:4]), ("-1", NAMES[4:])],
)
def test_what_was_written_is_read_back(table, group, files):
    assert files_of_group(table, group) == set(files)


def test_a_piece_in_windows_is_where_most_of_them_are(tmp_path):
    path = tmp_path / "labels.csv"
    names = [f"a.mid, notes {n}-{n + 127}" for n in (1, 129, 257)]
    path.write_bytes(labels_csv([*names, "b.mid, notes 1-128"], [1, 0, 1, 0], [1, 1, 1, 1]))
    assert files_of_group(path, "1") == {"a.mid"}
    assert files_of_group(path, "0") == {"b.mid"}


def test_what_is_no_such_table_or_group_is_one_line(table, tmp_path):
    with pytest.raises(InputError, match=r"labels.csv: expected one of the groups -1, 0, 1, 10, "):
        files_of_group(table, "2")
    other = tmp_path / "notes.csv"
    other.write_text("pitch,onset\n60,1\n")
    with pytest.raises(InputError, match=r"notes.csv: .* columns item and cluster, got pitch, ons"):
        files_of_group(other, "2")
    with pytest.raises(InputError, match=r"nothing\.csv: expected a file"):
        files_of_group(tmp_path / "nothing.csv", "2")
