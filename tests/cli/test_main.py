"""The entry point: help, version, exit codes, and what is not imported on the way."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from lstmmusic import __version__
from lstmmusic.cli import main
from lstmmusic.cli.output import print_json
from lstmmusic.player import shipped_models

HEAVY = {"tensorflow", "keras", "streamlit", "music21", "jax", "torch", "plotly"}


def imported_by(code, *arguments):
    """Which of the heavy packages a new Python has imported after running the code."""
    report = "import sys; print(*sys.modules, file=sys.__stderr__)"
    command = [sys.executable, "-c", f"{code}\n{report}", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {name.partition(".")[0] for name in done.stderr.split()} & HEAVY


RUN = "import sys; from lstmmusic.cli import main; assert main(sys.argv[1:]) == 0"


def test_import_lstmmusic_imports_nothing_heavy():
    assert imported_by("import lstmmusic") == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["generate", "--help"],
        ["models"],
        ["generate", "--harmony", "model", "--seed", "1"],
    ],
    ids=" ".join,
)
def test_playing_and_help_import_nothing_heavy(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert imported_by(RUN, *arguments) == set()


def test_only_musicxml_asks_for_music21(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert imported_by(RUN, "generate", "--musicxml", "a.musicxml") == {"music21"}


def test_version_is_printed(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


def test_help_names_every_command(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for command in ("generate", "models", "app"):
        assert command in text


def test_the_module_runs_as_a_program():
    command = [sys.executable, "-m", "lstmmusic", "--version"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == f"{__version__}\n"


@pytest.mark.parametrize("arguments", [["sing"], ["--loud"], ["models", "--seed"]])
def test_an_unknown_command_or_option_is_one_line_and_exit_code_2(arguments, capsys):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert arguments[-1] in err


@pytest.mark.parametrize("error", [KeyboardInterrupt, typer.Abort])
def test_an_interruption_has_its_own_exit_code(error, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise error

    monkeypatch.setattr("lstmmusic.cli.generate.improvise", interrupted)
    assert main(["generate", "-o", "never.mid"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_fault_of_our_own_is_not_hidden(monkeypatch, tmp_path):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lstmmusic.cli.generate.improvise", broken)
    with pytest.raises(ZeroDivisionError):
        main(["generate"])


def test_models_are_listed_as_json_with_their_cards(capsys):
    assert main(["models", "--json"]) == 0
    models = json.loads(capsys.readouterr().out)["models"]
    assert [model["name"] for model in models] == list(shipped_models())
    for model in models:
        card = json.loads((Path(model["folder"]) / "card.json").read_text())
        assert {name: model[name] for name in card} == card


def test_models_are_listed_for_people(capsys):
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(shipped_models())
    for line, name in zip(lines, shipped_models(), strict=True):
        assert line.startswith(f"{name}: ")
        assert "bits a note" in line


def test_without_arguments_the_help_is_shown(capsys):
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert "generate" in shown
    assert len(shown.splitlines()) > 5


def test_an_interruption_while_loading_is_one_line_too():
    code = (
        "import sys\n"
        "class Impatient:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'typer': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Impatient())\n"
        "from lstmmusic.cli import main\n"
        "raise SystemExit(main(['--version']))\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (130, "interrupted\n")


def test_a_name_that_is_no_text_is_still_json(capsys):
    print_json({"file": "\udcff.mid", "key": "E♭"})
    assert json.loads(capsys.readouterr().out) == {"file": "\udcff.mid", "key": "E♭"}
