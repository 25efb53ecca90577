"""Files of unknown origin are tried out in a process of their own."""

import re
import sys
import time

import pytest

from lstmmusic.errors import InputError
from lstmmusic.io import load, load_untrusted, save, untrusted
from lstmmusic.score import Note, Part, Score

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="stands a shell in for Python")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "tune.mid"
    save(Score([Part([Note(0, 1, 60)], "melody")]), path)
    return path


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """Lets a shell script stand in for the Python that reads the file."""

    def stand_in(script):
        program = tmp_path / "python"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))

    return stand_in


@pytest.fixture
def never_read_here(monkeypatch):
    def fail(_, name):
        raise AssertionError(f"{name} was read in this process")

    monkeypatch.setattr(untrusted, "parse", fail)


def test_a_harmless_file_is_loaded(path):
    assert load_untrusted(path) == load(path)


def test_a_refused_file_is_refused_in_the_same_words_without_reading_it_here(path, monkeypatch):
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match="truncated") as plain:
        load(path)
    monkeypatch.setattr(untrusted, "parse", None)
    with pytest.raises(InputError, match=f"^{re.escape(str(plain.value))}$"):
        load_untrusted(path)


@needs_posix
@pytest.mark.parametrize("script", ["kill -SEGV $$", "exit 1", "exit 2", "kill -KILL $$"])
@pytest.mark.usefixtures("never_read_here")
def test_a_file_that_crashes_its_reader_is_refused(path, reader, script):
    reader(script)
    with pytest.raises(InputError, match=r"tune\.mid: expected .* got one that crashes its reader"):
        load_untrusted(path)


@needs_posix
@pytest.mark.usefixtures("never_read_here")
def test_a_file_that_takes_too_long_is_refused(path, reader):
    reader("exec sleep 60")
    start = time.monotonic()
    with pytest.raises(InputError, match=r"tune\.mid: expected .* within 0\.2 s, got a slower one"):
        load_untrusted(path, max_seconds=0.2)
    assert time.monotonic() - start < 20


def test_what_is_no_file_to_read_needs_no_reader(tmp_path, reader):
    reader("exit 1")
    with pytest.raises(InputError, match=r"none\.mid: expected .* got no such file"):
        load_untrusted(tmp_path / "none.mid")
    with pytest.raises(InputError, match=r"expected a name that ends in \.mid"):
        load_untrusted(tmp_path / "tune.wav")


@pytest.mark.skipif(sys.platform != "linux", reason="memory limits are those of Linux")
def test_a_file_that_fills_the_memory_is_refused_without_reading_it_here(tmp_path, monkeypatch):
    path = tmp_path / "bomb.abc"
    path.write_text("X:1\nM:1200000000/4\nL:1/8\nK:C\nC4|]\n", encoding="utf-8")
    monkeypatch.setattr(untrusted, "parse", None)
    with pytest.raises(InputError, match=r"bomb\.abc: expected abc that can be read, got damage"):
        load_untrusted(path, max_seconds=20)
