"""The documents do not lie: their commands run, their tables are those of the records."""

import re
import shlex
from pathlib import Path

import pytest

from benchmarks import tables
from lstmmusic.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

_COMMANDS = re.findall(r"^\.venv/bin/(lstmmusic .*)$", README, flags=re.M)
_DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_PYTHON = [
    pytest.param(code, id=f"{path.name} {number}")
    for path in _DOCUMENTS
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", path.read_text("utf-8"), re.S))
]


_TRAINING = [command for command in _COMMANDS if re.search("corpus|train|my-blues", command)]
_GROUPING = [command for command in _COMMANDS if " cluster " in command]


def test_commands_of_the_readme_run_in_their_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = [command for command in _COMMANDS if command not in _TRAINING + _GROUPING]
    assert len(commands) >= 6
    for command in commands:
        assert main(shlex.split(command)[1:]) == 0, command
    assert {path.name for path in tmp_path.iterdir()} >= {"bb.mid", "slow.musicxml", "next.mid"}


@pytest.mark.keras
def test_commands_of_the_readme_lead_from_a_folder_to_a_blues(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LSTMMUSIC_MODELS", str(tmp_path / "models"))
    (tmp_path / "datasets").symlink_to(ROOT / "datasets")
    assert len(_TRAINING) == 3
    for command in _TRAINING:
        hurry = ["--epochs", "1"] if "train" in command else []
        assert main([*shlex.split(command)[1:], *hurry]) == 0, command
    assert (tmp_path / "my.mid").is_file()


@pytest.mark.keras
def test_commands_of_the_readme_find_groups_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len(_GROUPING) == 2
    for command in _GROUPING:
        hurry = ["--updates", "20", "--clusters", "2"] if "--save" in command else []
        assert main([*shlex.split(command)[1:], *hurry]) == 0, command
    groups = [
        [line.split(",")[:2] for line in Path(name).read_text("utf-8").splitlines()]
        for name in ("labels.csv", "again.csv")
    ]
    assert groups[0] == groups[1]


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("code", _PYTHON)
def test_python_of_the_documents_runs(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "document", "exec"), {})


@pytest.mark.parametrize("path", tables.DOCUMENTS, ids=lambda path: path.name)
def test_tables_of_the_documents_are_those_of_the_records(path):
    text = path.read_text(encoding="utf-8")
    assert tables.filled(text) == text


def test_every_table_stands_in_a_document_and_every_mark_has_its_table():
    texts = [path.read_text(encoding="utf-8") for path in tables.DOCUMENTS]
    marks = {name for text in texts for name in re.findall(r"<!-- table: (\w+) -->", text)}
    assert marks == set(tables.TABLES)


def test_rooms_of_the_architecture_are_those_of_the_package():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(\w+)/?`", text.split("Beside it")[0]))
    rooms = {
        path.stem
        for path in (ROOT / "lstmmusic").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert rooms - {"__init__", "__main__"} <= told


def test_make_targets_of_the_documents_exist():
    documents = [README, *(p.read_text(encoding="utf-8") for p in ROOT.glob("C*.md"))]
    told = set(re.findall(r"`?make (\w+)", " ".join(documents))) - {"to"}
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert told <= targets | {"and", "in"}, told - targets
