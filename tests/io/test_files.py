import os
from pathlib import Path

import pytest

import lstmmusic
from lstmmusic.errors import InputError, OutputError
from lstmmusic.io import READERS, WRITERS, check_save, load, save
from lstmmusic.score import Note, Part, Score

SCORE = Score([Part([Note(0, 1, 60), Note(1, 1, 63)], "melody")], length_quarters=4)


@pytest.mark.parametrize("suffix", [*WRITERS, ".MID", ".MusicXML"])
@pytest.mark.parametrize("kind", [str, Path])
def test_what_is_saved_is_loaded_by_any_suffix(tmp_path, suffix, kind):
    path = kind(tmp_path / f"tune{suffix}")
    save(SCORE, path)
    assert [note[:3] for note in load(path).part("melody")] == [(0, 1, 60), (1, 1, 63)]


@pytest.mark.parametrize("suffix", [".kar", ".rmi"])
def test_midi_goes_by_other_names_too(tmp_path, suffix):
    save(SCORE, tmp_path / "tune.mid")
    path = (tmp_path / "tune.mid").rename(tmp_path / f"tune{suffix}")
    assert load(path).parts == SCORE.parts


@pytest.mark.parametrize("name", ["tune.wav", "tune", ".mid", "tune.mid.txt"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"ends in \.mid \.midi \.kar .* \.abc, got '"):
        load(path)


@pytest.mark.parametrize("write", [save, lambda score, path: check_save(path)])
@pytest.mark.parametrize("name", ["tune.abc", "tune.mxl", "tune"])
def test_what_cannot_be_written_is_refused_before_anything_is_done(tmp_path, write, name):
    with pytest.raises(InputError, match=r"ends in \.mid \.midi \.musicxml \.xml, got '"):
        write(SCORE, tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_every_format_that_is_written_is_read():
    assert set(WRITERS) <= set(READERS)


@pytest.mark.parametrize("suffix", [".mid", ".musicxml"])
def test_an_existing_file_is_replaced_only_by_force(tmp_path, suffix):
    path = tmp_path / f"tune{suffix}"
    save(SCORE, path)
    before = path.read_bytes()
    higher = SCORE.transpose(12)
    with pytest.raises(OutputError, match="expected a new file, or --force to replace it"):
        save(higher, path)
    assert path.read_bytes() == before
    save(higher, path, force=True)
    assert load(path).parts[0].notes["pitch"].tolist() == [72, 75]


def test_checking_writes_nothing(tmp_path):
    check_save(tmp_path / "tune.mid")
    assert os.listdir(tmp_path) == []


def test_load_and_save_are_those_of_the_package():
    assert lstmmusic.load is load
    assert lstmmusic.save is save


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
def test_a_pipe_is_not_waited_for(tmp_path):
    path = tmp_path / "tune.mid"
    os.mkfifo(path)
    with pytest.raises(InputError, match="not a plain file"):
        load(path)
