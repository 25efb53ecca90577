"""`lead-sheet`, `practice` and `inside`: files that are what was asked, or one line."""

import csv
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

import lstmmusic
from lstmmusic.cli import main
from lstmmusic.io.engraving import engrave
from lstmmusic.tasks.inside import inside_of_piece
from tests.tasks.test_inside import write_run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lstmmusic.save(lstmmusic.improvise(seed=3, choruses=2).score, "blues.mid")
    return tmp_path


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_a_lead_sheet_is_that_of_the_piece_as_it_was_written(folder, capsys):
    assert main(["lead-sheet", "blues.mid", "-o", "sheet.svg", "--for", "Eb", "--json"]) == 0
    report = told(capsys)
    assert (report["bars"], report["for"], report["pages"]) == (24, "Eb", ["sheet.svg"])
    written = lstmmusic.improvise(seed=3, choruses=2).written
    notes = [row[:2] for row in engrave(written, "Eb").notes]
    assert report["notes"] == len(notes)
    assert "E♭ instruments" in Path("sheet.svg").read_text("utf-8")


def test_a_practice_pack_holds_what_it_says(folder, capsys):
    assert main(["practice", "blues.mid", "-o", "pack.zip", "--slow", "0.5", "--json"]) == 0
    with zipfile.ZipFile("pack.zip") as archive:
        assert archive.namelist() == told(capsys)["files"]
        archive.extract("slow.mid")
    slow, full = lstmmusic.load("slow.mid"), lstmmusic.load("blues.mid")
    assert slow.seconds == pytest.approx(2 * full.seconds, rel=1e-5)


@pytest.mark.parametrize("network", ["harmony", "melody"])
def test_the_inside_of_a_piece_is_that_of_python(folder, capsys, network):
    asked = ["inside", "blues.mid", "--network", network, "--kind", "f", "-o", "f.csv", "--json"]
    assert main(asked) == 0
    report = told(capsys)
    found = inside_of_piece(lstmmusic.load("blues.mid"), network)
    assert report["roles"] == found.roles("f")
    assert np.allclose(report["values"], found.values.f, atol=1e-4)
    rows = list(csv.reader(Path("f.csv").read_text("utf-8").splitlines()))
    assert len(rows) == report["steps"] + 1
    assert main(["inside", "blues.mid", "-o", "cells.png"]) == 0
    assert Path("cells.png").read_bytes().startswith(b"\x89PNG")


def test_the_inside_of_a_run_is_told_step_by_step(folder, capsys):
    write_run(folder / "run")
    assert main(["task", "inside", "run", "--kind", "o", "-o", "o.csv", "--json"]) == 0
    report = told(capsys)
    assert np.shape(report["values"]) == (report["steps"], 3) == (len(report["inputs"]), 3)
    assert len(Path("o.csv").read_text("utf-8").splitlines()) == report["steps"] + 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["lead-sheet", "blues.mid", "-o", "a.pdf"], "a name that ends in .svg"),
        (["lead-sheet", "blues.mid", "-o", "a.svg", "--for", "F"], "for: expected one of"),
        (["practice", "blues.mid", "-o", "blues.mid"], "a name that ends in .zip"),
        (["practice", "blues.mid", "-o", "a.zip", "--slow", "9"], "speed: expected 0.25 to 2"),
        (["inside", "blues.mid", "-o", "a.gif"], "a name that ends in .svg .png .pdf .csv"),
        (["inside", "blues.mid", "--kind", "q"], "kind: expected one of c, i, f, o, y"),
        (["task", "inside", "nowhere"], "nowhere: expected the run of an experiment"),
    ],
)
def test_what_cannot_be_is_one_line_and_writes_nothing(folder, capsys, asked, said):
    assert main(asked) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["blues.mid"]
