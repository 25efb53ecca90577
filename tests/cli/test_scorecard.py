"""`lstmmusic scorecard`."""

import json

import pytest

from lstmmusic.cli import main
from lstmmusic.generation import improvise
from lstmmusic.io import save
from lstmmusic.score import Score

PROMISED = {
    "form_accuracy",
    "form_accuracy_worst",
    "chord_tone_ratio",
    "swing",
    "beat_upbeat_ratio",
    "timing_error_ms",
    "aab",
    "originality",
    "distribution_match",
}


@pytest.fixture
def folder(tmp_path):
    for seed in range(2):
        save(improvise(seed=seed).score, tmp_path / f"{seed}.mid")
    return tmp_path


def test_a_file_gives_one_json_object_and_a_table_for_people(folder, capsys):
    assert main(["scorecard", str(folder / "0.mid"), "--json"]) == 0
    out, err = capsys.readouterr()
    assert set(json.loads(out)) >= PROMISED
    assert len(out.splitlines()) == 1
    assert "12 bars" in err
    assert "standard form, sounding" in err
    assert "compared with Twelve bars: 66 pieces" in err
    marked = [line for line in err.splitlines() if line.endswith((" in", " OUT"))]
    assert len(marked) > 15


def test_without_json_stdout_is_silent(folder, capsys):
    assert main(["scorecard", str(folder / "1.mid")]) == 0
    assert capsys.readouterr().out == ""


def test_a_folder_is_scored_as_a_whole_against_another(folder, capsys):
    assert main(["scorecard", str(folder), "--reference", str(folder), "--json"]) == 0
    out, err = capsys.readouterr()
    card = json.loads(out)
    assert [piece["file"] for piece in card["pieces"]] == ["0.mid", "1.mid"]
    assert card["originality"]["light"] == "red"
    assert "2 pieces, means over them" in err
    assert "of pieces in)" in err


def test_an_empty_piece_has_a_card(tmp_path, capsys):
    save(Score(length_quarters=4.0), tmp_path / "a.mid")
    assert main(["scorecard", str(tmp_path / "a.mid")]) == 0
    assert "0 notes, no chords" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing.mid"], "nothing.mid: expected a file of music, or a folder, got nothing there"),
        (["."], "expected a folder with music that can be read, got 0 music files"),
        ([".", "--reference", "none.parquet"], "none.parquet: expected a corpus, got no such file"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_code_2(
    arguments, words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(["scorecard", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.strip().splitlines()) == ("", [err.strip()])
    assert words in err
