"""Uploads: what is stored bears our names, and is read as what it was."""

import io
import zipfile

import pytest

from lstmmusic.app import uploads
from lstmmusic.app.uploads import packed
from lstmmusic.corpus.scan import scan
from lstmmusic.errors import InputError


def test_names_of_uploads_never_name_a_file_on_disk():
    hostile = ["../../etc/passwd.mid", "C:\\x\\tune.mid", "/tune.mid", "a\nb.mid", ".mid"]
    content, music = packed([(name, b"MThd") for name in hostile])
    assert list(content) == [music] == ["music/files.zip"]
    names = zipfile.ZipFile(io.BytesIO(content[music])).namelist()
    assert names == ["passwd.mid", "tune.mid", "tune (2).mid", "a\\nb.mid", ".mid"]


def test_archives_stay_as_they_are_beside_the_files(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("inner.mid", b"MThd inner")
    content, music = packed([("set.ZIP", buffer.getvalue()), ("single.mid", b"MThd single")])
    assert music == "music"
    for name, data in content.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    found = [item.file for item in scan(tmp_path / music).items]
    assert found == ["archive-1.zip/inner.mid", "files.zip/single.mid"]


def test_one_archive_is_the_music_itself():
    assert packed([("set.zip", b"PK")]) == ({"music/archive-1.zip": b"PK"}, "music/archive-1.zip")


def test_too_much_is_refused(monkeypatch):
    with pytest.raises(InputError, match="at least one, got none"):
        packed([])
    monkeypatch.setattr(uploads, "MAX_FILES", 1)
    with pytest.raises(InputError, match="at most 1 and 200 MiB, got 2 and 0 MiB"):
        packed([("a.mid", b""), ("b.mid", b"")])
    monkeypatch.setattr(uploads, "MAX_MIB", 1)
    with pytest.raises(InputError, match="got 1 and 2 MiB"):
        packed([("a.mid", bytes(2 * 2**20))])
