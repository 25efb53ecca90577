import hashlib

import pytest

from lstmmusic.corpus import PASSPORT, read_passport
from lstmmusic.errors import InputError
from lstmmusic.io import save
from lstmmusic.score import Note, Part, Score

HEAD = 'title = "Set"\norigin = "here"\nlicence = "CC0-1.0"\ncitation = "us"\n'


@pytest.fixture
def folder(tmp_path):
    rows = []
    for name, pitch, split in (("a.mid", 60, "train"), ("b.mid", 64, "validation")):
        save(Score([Part([Note(0, 1, pitch)], "melody")]), tmp_path / name)
        digest = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        rows.append(
            f'[[files]]\nfile = "{name}"\nsha256 = "{digest}"\n'
            f'form = "standard"\nstyle = "shuffle"\nsplit = "{split}"\n'
        )
    (tmp_path / PASSPORT).write_text(HEAD + "".join(rows), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("split", "pitches"), [(None, [60, 64]), ("train", [60]), ("validation", [64])]
)
def test_a_split_holds_its_own_files(folder, split, pitches):
    found = list(read_passport(folder).scores(split))
    assert [score.parts[0].notes["pitch"][0] for _, score in found] == pitches
    assert all(split in (None, entry.split) for entry, _ in found)


def test_a_passport_tells_what_it_says_and_its_own_checksum(folder):
    passport = read_passport(folder)
    assert (passport.title, passport.origin) == ("Set", "here")
    assert (passport.licence, passport.citation) == ("CC0-1.0", "us")
    assert passport.sha256 == hashlib.sha256((folder / PASSPORT).read_bytes()).hexdigest()
    assert [entry.file for entry in passport.entries] == ["a.mid", "b.mid"]


def test_a_changed_file_is_not_read(folder):
    data = bytearray((folder / "a.mid").read_bytes())
    data[-8] ^= 1
    (folder / "a.mid").write_bytes(data)
    scores = read_passport(folder).scores()
    with pytest.raises(InputError, match=r"a\.mid: expected the checksum in its passport, got ano"):
        next(scores)


def test_a_missing_file_is_named(folder):
    (folder / "b.mid").unlink()
    scores = read_passport(folder).scores("validation")
    with pytest.raises(InputError, match=r"b\.mid: expected .* got no such file"):
        next(scores)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = ", "expected a passport in TOML"),
        (HEAD, "expected an entry 'files', got none"),
        (HEAD.replace("licence", "license") + "files = []\n", "expected an entry 'licence'"),
        (HEAD + '[[files]]\nfile = "a.mid"\n', "expected an entry 'sha256', got none"),
    ],
)
def test_a_passport_with_something_missing_is_refused(tmp_path, text, message):
    (tmp_path / PASSPORT).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=f"{PASSPORT}: {message}"):
        read_passport(tmp_path)


def test_a_folder_without_passport_is_refused(tmp_path):
    with pytest.raises(InputError, match=rf"{PASSPORT}: expected .* got no such file"):
        read_passport(tmp_path)
