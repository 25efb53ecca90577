"""`lstmmusic redo`: a file, JSON, and one line for what cannot be."""

import json

import pytest

from lstmmusic.cli import main
from lstmmusic.errors import OutputError
from lstmmusic.generation import improvise
from lstmmusic.io import _bytes, format_midi, load, save
from lstmmusic.score import Note, Part, Score

NAMES = "seed model file bars key tempo metre form swing chords harmony notes seconds settings"


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(improvise(seed=1, key="Bb").score, "blues.mid")


@pytest.fixture
def redo(capsys):
    """Runs the command; returns exit code, JSON (None without any) and people's text."""

    def run(*arguments):
        code = main(["redo", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return run


def test_json_is_that_of_generate_and_the_file_is_written(redo):
    code, report, text = redo("blues.mid", "--bars", "9-10", "-o", "g.mid", "--seed", 3, "--json")
    assert code == 0
    assert set(NAMES.split()) <= report.keys()
    assert (report["seed"], report["file"], report["redone"]) == (3, "g.mid", "9-10")
    assert (report["bars"], report["key"], report["metre"]) == (12, "Bb", "4/4")
    assert report["harmony"] == "piece"
    assert report["chords"].startswith("| Bb7 | Bb7 |")
    before, after = load("blues.mid"), load("g.mid")
    assert report["notes"] == len(after.parts[0])
    assert before.parts[1:] == after.parts[1:]
    kept = [[note for note in s.parts[0] if not 32 <= note[0] < 40] for s in (before, after)]
    assert kept[0] == kept[1]
    assert before.parts[0] != after.parts[0]
    assert "bar 9-10 of 12 in Bb played anew" in text
    assert "seed 3" in text


def test_the_usual_name_lies_beside_the_piece_and_is_not_replaced(redo, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "blues.mid").rename(tmp_path / "folder" / "a.mid")
    assert redo("folder/a.mid", "--bars", 3)[0] == 0
    assert (tmp_path / "folder" / "a-redo.mid").is_file()
    code, _, text = redo("folder/a.mid", "--bars", 3)
    assert code == 2
    assert "folder/a-redo.mid: expected a new file, or --force" in text
    assert redo("folder/a.mid", "--bars", 3, "--force")[0] == 0


def test_the_same_seed_gives_the_same_bytes_and_a_seed_not_given_is_shown(redo, tmp_path):
    _, one, text = redo("blues.mid", "--bars", "1-12", "-o", "a.mid", "--json")
    assert f"seed {one['seed']}" in text
    redo("blues.mid", "--bars", "1-12", "-o", "b.mid", "--seed", one["seed"])
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()


@pytest.mark.parametrize(
    ("option", "value", "setting"),
    [
        ("--temperature", 0.2, "temperature"),
        ("--top-p", 0.5, "top_p"),
        ("--top-k", 2, "top_k"),
        ("--density", 8.0, "density"),
        ("--range", "C4-C6", "range"),
        ("--bends", 1.0, "bends"),
    ],
)
def test_options_reach_the_settings_and_the_notes(redo, option, value, setting):
    redo("blues.mid", "--bars", "3-10", "-o", "usual.mid", "--seed", 3)
    arguments = ("blues.mid", "--bars", "3-10", "-o", "a.mid", "--seed", 3, "--json")
    _, report, _ = redo(*arguments, option, value)
    assert report["settings"][setting] == value
    assert load("a.mid").parts[0] != load("usual.mid").parts[0]


def test_a_score_is_written_too(redo):
    code, report, _ = redo("blues.mid", "--bars", 5, "--musicxml", "a.musicxml", "--json")
    assert code == 0
    assert report["musicxml"] == "a.musicxml"
    written = load("a.musicxml")
    sounding = load("blues-redo.mid")
    assert written.part("melody").notes["pitch"].tolist() == (
        sounding.part("melody").notes["pitch"].tolist()
    )
    steps = written.part("melody").notes["onset_quarters"] * 6
    assert steps.tolist() == pytest.approx(steps.round().tolist())


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_of_two_files_both_are_written_or_none(redo, tmp_path, monkeypatch, force):
    for name in ("a.mid", "a.musicxml") if force else ():
        (tmp_path / name).write_bytes(b"old")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    rename = _bytes._rename

    def fail_at_the_second(name, path, *more, **named):
        if path.suffix == ".musicxml":
            raise OutputError(str(path), "room to write", "No space left on device")
        rename(name, path, *more, **named)

    monkeypatch.setattr(_bytes, "_rename", fail_at_the_second)
    options = ("-o", "a.mid", "--musicxml", "a.musicxml", *force)
    code, _, text = redo("blues.mid", "--bars", 5, *options)
    assert (code, text) == (2, "a.musicxml: expected room to write, got No space left on device\n")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["blues.mid", "--bars", "1", "-o", ""], "output: expected the name of a file, got none"),
        (["blues.mid", "--bars", "13"], "bars: expected bars within 1 to 12, got 13"),
        (["blues.mid", "--bars", "0"], "bars: expected bars within 1 to 12, got 0"),
        (["blues.mid", "--bars", "x"], "bars: expected a bar or a span of bars"),
        (["blues.mid"], "--bars"),
        (["none.mid", "--bars", "1"], "none.mid: expected a file"),
        (["silent.mid", "--bars", "1"], "melody: expected a part with pitched notes, got none"),
        (["chords.mid", "--bars", "2"], "melody: expected one note at a time"),
        (["blues.mid", "--bars", "1", "--top-p", "0"], "top_p: expected more than 0"),
        (["blues.mid", "--bars", "1", "-o", "blues.mid"], "blues.mid: expected a new file"),
        (["blues.mid", "--bars", "1", "--musicxml", "a.pdf"], "a.pdf: expected a name that ends"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(redo, tmp_path, arguments, expected):
    save(Score(length_quarters=16), "silent.mid")
    chords = [Note(beat, 1, pitch) for beat in range(16) for pitch in (60, 64, 67)]
    (tmp_path / "chords.mid").write_bytes(format_midi(Score([Part(chords, "melody")])))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    code, report, text = redo(*arguments)
    assert (code, report) == (2, None)
    assert len(text.splitlines()) == 1
    assert expected in text
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
