"""`lstmmusic corpus`: JSON and text for what is right, one line and an exit code for the rest."""

import json
import os
import signal

import pytest

from lstmmusic.cli import corpus as command
from lstmmusic.cli import main
from lstmmusic.corpus import Corpus, shards
from tests.cli.test_main import RUN, imported_by
from tests.corpus.conftest import small_tunes

NAMES = "files used repaired skipped duplicates choruses notes report"


@pytest.fixture
def corpus(capsys, tmp_path, monkeypatch):
    """Runs the command; returns exit code, JSON (None without any) and people's text."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = main(["corpus", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return run


@pytest.fixture
def folder(tmp_path):
    music = small_tunes(tmp_path / "music", 3)
    (music / "page.mid").write_bytes(b"<html>")
    (music / "words.txt").write_text("words")
    return music


def test_json_is_one_object_on_stdout_and_text_for_people_goes_to_stderr(corpus, folder, tmp_path):
    code, report, text = corpus(folder, "-o", "c.parquet", "--json", "--workers", 1)
    assert code == 0
    assert set(NAMES.split()) <= report.keys()
    counted = [report[name] for name in ("used", "repaired", "skipped", "duplicates")]
    assert report["files"] == sum(counted) == 4
    assert (report["corpus"], report["report"]) == ("c.parquet", "c.report.html")
    assert "4 files: 3 used, 0 repaired, 1 skipped, 0 duplicates; 1 file ignored" in text
    assert "1 skipped: expected a MIDI file (such as page.mid)" in text
    assert "too few to train from scratch" in text
    assert {path.name for path in tmp_path.iterdir()} == {
        *("music", "c.parquet", "c.report.csv", "c.report.json", "c.report.html")
    }
    assert Corpus.read("c.parquet").n_pieces == 3


def test_a_melody_for_all_and_overrides_for_some(corpus, folder, tmp_path):
    (tmp_path / "o.toml").write_text('["tune000.mid"]\nmelody = 1\n["none"]\nexclude = true\n')
    options = ("--workers", 1, "--melody", "Bass", "--overrides", "o.toml")
    code, report, text = corpus(folder, "-o", "c.parquet", "--json", *options)
    assert code == 0
    assert report["unknown_patterns"] == ["none"]
    assert "the pattern 'none' matches no file" in text
    parts = [piece.score.parts[0].program for piece in Corpus.read("c.parquet").pieces()]
    assert parts == [65, 32, 32]


@pytest.fixture
def hears_ctrl_c():
    """What is started in the background ignores it, and so would the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("hears_ctrl_c")
def test_an_interruption_has_its_exit_code_and_says_how_to_go_on(corpus, folder, monkeypatch):
    monkeypatch.setattr(shards, "ITEMS_PER_SHARD", 1)

    def interrupt(done, _):
        if done >= 2:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(command, "_shown", lambda: interrupt)
    code, report, text = corpus(folder, "-o", "c.parquet", "--workers", 1)
    assert (code, report) == (130, None)
    assert text.splitlines() == [
        "what has been read is kept: the same command goes on from there",
        "interrupted",
    ]
    monkeypatch.undo()
    monkeypatch.chdir(folder.parent)
    assert corpus(folder, "-o", "c.parquet")[0] == 0


def test_progress_tells_the_time_left(capsys, monkeypatch):
    now = iter([0.0, 1.0, 10.0, 11.0, 100.0])
    monkeypatch.setattr(command.time, "monotonic", lambda: next(now))
    show = command._shown()
    for done in (0, 50, 60, 100):
        show(done, 10_000)
    assert capsys.readouterr().err.splitlines() == [
        "50 of 10,000 files, 33 min 10 s left",
        "100 of 10,000 files, 2 h 45 min left",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["none", "-o", "c.parquet"], "none: expected a folder or a zip archive, got no such"),
        (["empty", "-o", "c.parquet"], "empty: expected a folder with music (.mid"),
        (["music", "-o", "c.txt"], "c.txt: expected a name that ends in .parquet, got '.txt'"),
        (["music", "-o", "old.parquet"], "old.parquet: expected a new file, or --force"),
        (["music", "-o", "c.parquet", "--engine", "ray"], "engine: expected one of local, dask"),
        (["music", "-o", "c.parquet", "--workers", "0"], "workers: expected 1 to 256, got 0"),
        (["music", "-o", "c.parquet", "--overrides", "no.toml"], "no.toml: expected a file that"),
        (["music", "-o", "c.parquet", "--seed", "x"], "Invalid value for '--seed'"),
        (["music"], "Missing option '--output'"),
    ],
    ids=lambda value: " ".join(value)[-30:] if isinstance(value, list) else "",
)
def test_what_is_wrong_is_one_line_and_exit_code_2(corpus, folder, tmp_path, arguments, expected):
    (tmp_path / "old.parquet").write_bytes(b"old")
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    code, report, text = corpus(*arguments)
    assert (code, report) == (2, None)
    assert len(text.splitlines()) == 1
    assert expected in text
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_without_usable_music_is_one_line_and_a_report(corpus, tmp_path):
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "a.mid").write_bytes(b"no music")
    code, report, text = corpus("music", "-o", "c.parquet", "--workers", 1)
    assert (code, report) == (2, None)
    assert text == (
        "music: expected music that can be used, got none in 1 file; see c.report.html\n"
    )
    assert (tmp_path / "c.report.html").is_file()


def test_nothing_heavy_is_imported(tmp_path):
    folder = small_tunes(tmp_path / "music", 1)
    out = tmp_path / "c.parquet"
    assert imported_by(RUN, "corpus", str(folder), "-o", str(out), "--workers", "1") == set()
