"""What a folder may hold to harm us, and what comes of it."""

import os
import stat
import zipfile

import pytest

from lstmmusic.corpus import items
from lstmmusic.corpus.items import Source, printable
from lstmmusic.corpus.scan import scan
from lstmmusic.errors import InputError


def archive_of(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def only(folder):
    (item,) = scan(folder).items
    return item


@pytest.mark.parametrize(
    ("name", "is_music"),
    [
        *((f"a{suffix}", True) for suffix in (".mid", ".MID", ".Midi", ".kar", ".RMI", ".abc")),
        *((f"a{suffix}", True) for suffix in (".musicxml", ".xml", ".mxl", ".MXL")),
        *((name, False) for name in ("a.txt", "mid", ".mid", "a.mid.bak", "a.mp3", "._a.mid")),
    ],
)
def test_names_decide_what_is_music(tmp_path, name, is_music):
    (tmp_path / name).write_bytes(b"?")
    found = scan(tmp_path)
    assert [item.file for item in found.items] == [name] * is_music
    assert [entry.file for entry in found.ignored] == [name] * (not is_music)


def test_a_bomb_is_not_unpacked(tmp_path):
    archive_of(tmp_path / "bomb.zip", [("zeros.mid", bytes(20 * 2**20)), ("a.mid", b"MThd")])
    bomb, other = sorted(scan(tmp_path).items, key=lambda item: item.sha256)
    assert bomb.refusal.startswith("expected data packed at most 200 times, got ")
    assert (other.file, other.refusal) == ("bomb.zip/a.mid", "")


@pytest.mark.parametrize(
    ("limit", "value", "expected"),
    [
        ("MAX_MEMBERS", 1, "expected at most 1 members, got 2"),
        ("MAX_ARCHIVE_BYTES", 1000, "expected at most 0 GiB unpacked"),
    ],
)
def test_an_archive_beyond_the_limits_is_refused_as_a_whole(
    tmp_path, monkeypatch, limit, value, expected
):
    monkeypatch.setattr(items, limit, value)
    archive_of(tmp_path / "set.zip", [("a.mid", bytes(600)), ("b.mid", bytes(600))])
    item = only(tmp_path)
    assert item.file == "set.zip"
    assert item.refusal.startswith(expected)


def test_a_member_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(items, "MAX_BYTES", 2**10)
    archive_of(tmp_path / "set.zip", [("a.mid", os.urandom(2**11))], zipfile.ZIP_STORED)
    assert only(tmp_path).refusal == "expected at most 0 MiB, got a larger file"


def test_damage_and_passwords_cost_one_member(tmp_path):
    path = archive_of(tmp_path / "set.zip", [(f"{n}.mid", b"music" * 9) for n in "ab"], 0)
    data = bytearray(path.read_bytes())
    data[data.index(b"music")] ^= 1  # the checksum of a.mid no longer holds
    with zipfile.ZipFile(path) as archive:
        second = archive.start_dir
    place = data.index(b"PK\x01\x02", second + 1)
    data[place + 8] |= 1  # b.mid is said to be encrypted
    path.write_bytes(bytes(data))
    damaged, locked = scan(tmp_path).items
    assert damaged.refusal.startswith("expected a file that can be unpacked, got Bad CRC")
    assert locked.refusal == "expected a file without a password, got an encrypted one"


def test_names_in_archives_lead_nowhere(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    names = ["../up.mid", "/etc/root.mid", "a/../../b.mid", "two.mid", "C:\\x.mid"]
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive_of(folder / "s.zip", [*((n, n.encode()) for n in names), ("two.mid", b"other")])
    found = scan(folder).items
    assert {item.file for item in found} == {f"s.zip/{n}" for n in names} | {"s.zip/two (2).mid"}
    with Source() as source:
        assert {source.read(item) for item in found} == {b"other", *map(str.encode, names)}
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "s.zip"]


def test_what_is_no_plain_file_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.mid")
    assert only(tmp_path).refusal == "not a plain file"


def test_a_folder_behind_two_links_is_read_once(tmp_path):
    (tmp_path / "in" / "real").mkdir(parents=True)
    (tmp_path / "in" / "real" / "a.mid").write_bytes(b"a")
    (tmp_path / "in" / "real" / "self").symlink_to(tmp_path / "in" / "real")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in" / "real")
    found = scan(tmp_path / "in")
    assert len(found.items) == 1
    assert len(found.ignored) == 2


def test_a_folder_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked" / "a.mid").write_bytes(b"a")
    (tmp_path / "locked").chmod(0)
    try:
        if os.access(tmp_path / "locked", os.R_OK):
            pytest.skip("this user may read everywhere")
        (entry,) = scan(tmp_path).ignored
    finally:
        (tmp_path / "locked").chmod(stat.S_IRWXU)
    assert entry == ("locked", "a folder that cannot be read (Permission denied)")


def test_a_file_that_vanishes_is_an_error_with_words(tmp_path):
    (tmp_path / "a.mid").write_bytes(b"a")
    item = only(tmp_path)
    (tmp_path / "a.mid").unlink()
    with Source() as source, pytest.raises(InputError, match="got no such file"):
        source.read(item)


def test_items_are_sorted_and_have_one_name_each(tmp_path):
    for name in ("b.mid", "a.mid", "B.mid", "a\n.mid", "a\\n.mid", "é.mid"):
        (tmp_path / name).write_bytes(name.encode())
    names = [item.file for item in scan(tmp_path).items]
    assert names == sorted(names)
    assert len(set(names)) == 6
    assert all(name == printable(name) for name in names)
