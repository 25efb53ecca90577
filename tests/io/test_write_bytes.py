"""Writing never leaves half a file, and never replaces one by accident."""

import errno
import os
import stat

import pytest

from lstmmusic.errors import OutputError
from lstmmusic.io import _bytes, read_bytes, write_bytes, write_together


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tune.mid"


def fails_with(code):
    def fail(*arguments, **named):
        raise OSError(code, os.strerror(code))

    return fail


def test_a_new_file_holds_the_bytes(path):
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == [path.name]


def test_a_new_file_has_the_usual_permissions(path, tmp_path):
    (tmp_path / "usual").write_bytes(b"")
    write_bytes(path, b"new")
    usual = (tmp_path / "usual").stat().st_mode
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(usual)


def test_an_existing_file_is_refused(path):
    path.write_bytes(b"old")
    with pytest.raises(OutputError, match=r"tune\.mid: expected a new file, .* got one that exis"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"


def test_force_replaces(path):
    path.write_bytes(b"old")
    write_bytes(path, b"new", force=True)
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == [path.name]


def test_a_missing_folder_is_refused(path):
    deep = path.parent / "none" / "tune.mid"
    with pytest.raises(OutputError, match=r"expected a file in a folder that exists, got no folde"):
        write_bytes(deep, b"new")
    assert os.listdir(path.parent) == []


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_is_never_replaced(tmp_path, force):
    with pytest.raises(OutputError, match="expected the name of a file, got a folder"):
        write_bytes(tmp_path, b"new", force=force)


def test_a_folder_that_cannot_be_written_is_refused_at_once(path, monkeypatch):
    monkeypatch.setattr(_bytes.tempfile, "mkstemp", fails_with(errno.EACCES))
    with pytest.raises(OutputError, match="a folder that can be written, got Permission denied"):
        write_bytes(path, b"new")


@pytest.mark.parametrize("call", ["fsync", "chmod", "replace"])
def test_a_failure_on_the_way_leaves_the_old_file_and_nothing_else(path, monkeypatch, call):
    path.write_bytes(b"old")
    monkeypatch.setattr(_bytes.os, call, fails_with(errno.ENOSPC))
    with pytest.raises(OutputError, match=r"tune\.mid: expected room to write, got No space left"):
        write_bytes(path, b"new", force=True)
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == [path.name]


def test_a_failure_on_the_way_leaves_no_new_file(path, monkeypatch):
    monkeypatch.setattr(_bytes.os, "fsync", fails_with(errno.EIO))
    with pytest.raises(OutputError, match="expected room to write, got Input/output error"):
        write_bytes(path, b"new")
    assert os.listdir(path.parent) == []


def test_a_file_that_appears_meanwhile_is_not_replaced(path, monkeypatch):
    fsync = os.fsync

    def someone_else_writes(descriptor):
        fsync(descriptor)
        path.write_bytes(b"theirs")

    monkeypatch.setattr(_bytes.os, "fsync", someone_else_writes)
    with pytest.raises(OutputError, match=r"expected a new file, .* got one that exists"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"theirs"
    assert os.listdir(path.parent) == [path.name]


def test_a_file_system_without_hard_links_is_written_too(path, monkeypatch):
    monkeypatch.setattr(_bytes.os, "link", fails_with(errno.EPERM))
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("failing", range(3))
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_several_files_are_written_together_or_not_at_all(
    tmp_path, monkeypatch, force, failing, call
):
    paths = [tmp_path / name for name in "abc"]
    if force:
        paths[0].write_bytes(b"old")  # one that is replaced, beside two that are new
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    usual, done = getattr(os, call), []

    def fails_once(*arguments, **named):
        done.append(arguments)
        if len(done) == failing + 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return usual(*arguments, **named)

    if not force:  # so that new files are renamed, too
        monkeypatch.setattr(_bytes.os, "link", fails_with(errno.EPERM))
    monkeypatch.setattr(_bytes.os, call, fails_once)
    with pytest.raises(OutputError, match=f"{'abc'[failing]}: expected room to write"):
        write_together(dict.fromkeys(paths, b"new"), force)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    write_together(dict.fromkeys(paths, b"new"), force)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == dict.fromkeys(
        "abc", b"new"
    )


def test_a_file_that_holds_more_than_it_says_is_read_whole(path, monkeypatch):
    path.write_bytes(bytes(range(256)) * 40)
    honest = path.stat()
    fields = list(honest)
    fields[stat.ST_SIZE] = 100
    monkeypatch.setattr(type(path), "stat", lambda *_, **__: os.stat_result(fields))
    assert len(read_bytes(path)) == honest.st_size
