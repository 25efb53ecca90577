"""Tables and arrays come out as they were put in; what is wrong is said with its place."""

import zipfile

import numpy as np
import pytest

from lstmmusic.clustering.tables import read_csv, read_npy, read_npz
from lstmmusic.errors import InputError


@pytest.fixture
def write(tmp_path):
    def written(text, name="table.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return written


def lists(sequences):
    return [item.squeeze(1).tolist() for item in sequences.items]


@pytest.mark.parametrize(
    "text",
    [
        "id,x\na,1\na,2.5\nb,3\n",
        "item;x\r\na;1\r\na;2,5\r\nb;3\r\n",
        "name\tx\na\t1\na\t2,5\nb\t3\n",
        "\ufeffid,x\na,1\na,2.5\n\nb,3",
        'id,time,x\n"a",1,2.5\na,0,1\nb,7,3\n',
    ],
)
def test_long_tables(write, text):
    found = read_csv(write(text))
    assert (found.names, found.feature_names) == (("a", "b"), ("x",))
    assert lists(found) == [[1, 2.5], [3]]


def test_a_long_table_has_several_features(write):
    found = read_csv(write("id,t,x,y\n1,0,1,2\n1,1,3,4\n2,0,5,6\n"), "long")
    assert found.feature_names == ("x", "y")
    assert found.items[0].tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1,2,3\n4,5,\n", ("1", "2")),
        ("t0,t1,t2\n1,2,3\n4,5\n", ("1", "2")),
        ("id,t0,t1,t2\n10,1,2,3\n20,4,5,\n", ("10", "20")),
        ("up,1,2,3\ndown,4,5\n", ("up", "down")),
        ("name,,,\nup,1,2,3\ndown,4,5,\n", ("up", "down")),
    ],
)
def test_wide_tables(write, text, names):
    found = read_csv(write(text))
    assert found.names == names
    assert lists(found) == [[1, 2, 3], [4, 5]]


def test_a_table_of_zeros_and_ones_is_wide(write):
    found = read_csv(write("a,b,c\n0,1,1\n0,1,0\n0,0,0\n"))
    assert lists(found) == [[0, 1, 1], [0, 1, 0], [0, 0, 0]]


def test_letters_of_an_old_spreadsheet_are_understood(write):
    assert read_csv(write("id,x\né,1\né,2\n", encoding="latin-1")).names == ("é",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a table with rows, got an empty file"),
        ("id,x\na,1\na,two\n", r"line 3, column 'x': expected a finite number, got 'two'"),
        ("id,x\na,1\na,\n", r"line 3, column 'x': expected a finite number, got an empty cell"),
        ("id,x\na,1\na,nan\n", r"line 3, column 'x': expected a finite number, got 'nan'"),
        ("id,x\na,1\na,1,2\n", r"line 3: expected 2 cells, got 3"),
        ("1,2,3\n4,,5\n", r"line 2, column 2: expected a finite number, got an empty cell"),
        ("up,1\ndown\n", r"line 2: expected at least one number, got none"),
        ("a,1\nb,2\nb,3\n", r"names: expected another name for every sequence, got 'b' twice"),
        ("a\0b", "expected a table as text"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(write, text, words):
    with pytest.raises(InputError, match=words):
        read_csv(write(text))


def test_arrays_come_back(tmp_path):
    array = np.arange(24.0).reshape(2, 4, 3)
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "a.npz", short=array[0, :2], long=array[1])
    assert np.array_equal(np.stack(read_npy(tmp_path / "a.npy").items), array)
    found = read_npz(tmp_path / "a.npz")
    assert found.names == ("short", "long")
    assert [item.shape for item in found.items] == [(2, 3), (4, 3)]


@pytest.mark.parametrize("read", [read_npy, read_npz])
def test_files_that_are_no_arrays_are_refused(tmp_path, read):
    path = tmp_path / "a.npy"
    for content in (b"", b"no array", b"PK\x03\x04"):
        path.write_bytes(content)
        with pytest.raises(InputError, match="expected arrays of numbers as NumPy saves them"):
            read(path)
    np.save(path, np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(InputError, match=r"Object arrays cannot be loaded"):
        read(path)
    with pytest.raises(InputError, match="nothing there"):
        read(tmp_path / "none.npy")


def test_an_archive_that_unpacks_to_more_than_memory_is_refused(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "a.npz", zeros=np.zeros(10_000))
    assert zipfile.is_zipfile(tmp_path / "a.npz")
    monkeypatch.setattr("lstmmusic.clustering.tables.MAX_BYTES", 50_000)
    with pytest.raises(InputError, match="at most 4 GiB unpacked"):
        read_npz(tmp_path / "a.npz")


def test_one_array_where_several_belong_is_refused(tmp_path):
    np.save(tmp_path / "a.npz.npy", np.zeros((2, 2)))
    with pytest.raises(InputError, match="expected an archive of arrays"):
        read_npz(tmp_path / "a.npz.npy")
    np.save(tmp_path / "a.npy", np.zeros(3))
    with pytest.raises(InputError, match=r"got shape \(3,\)"):
        read_npy(tmp_path / "a.npy")
