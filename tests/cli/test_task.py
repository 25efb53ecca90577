"""`lstmmusic task`: the list, a run, and what goes wrong in one line."""

import json

import pytest

from lstmmusic.cli import main
from lstmmusic.tasks import list_tasks, registry
from tests.cli.test_main import RUN, imported_by


@pytest.fixture
def task(capsys):
    """Runs the command; returns exit code, JSON (None without any) and people's text."""

    def run(*arguments):
        code = main(["task", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return run


@pytest.fixture
def tiny_task(task, monkeypatch):
    """As `task`, with the tiny preset in place of the quick one."""
    entry = registry.task_named("embedded_reber")
    monkeypatch.setitem(entry.presets, "quick", entry.tiny)
    return task


@pytest.mark.parametrize("arguments", [["task", "list"], ["task", "list", "--json"]], ids=" ".join)
def test_listing_imports_nothing_heavy(arguments):
    assert imported_by(RUN, *arguments) == set()


def test_experiments_are_listed_for_people(capsys):
    assert main(["task", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [task.name for task in list_tasks()]
    assert (
        "published: 8440 training strings"
        in lines[[t.name for t in list_tasks()].index("embedded_reber")]
    )


def test_experiments_are_listed_as_json(task):
    code, report, text = task("list", "--json")
    assert (code, text) == (0, "")
    for row, entry in zip(report["tasks"], list_tasks(), strict=True):
        assert (row["name"], row["about"]) == (entry.name, entry.about)
        assert row["variants"] == list(entry.variants)
        assert row["presets"]["paper"]["budget"] == entry.presets["paper"].budget
        assert all(figure["source"] for figure in row["published"])


def test_experiments_are_listed_by_tag(task):
    _, report, _ = task("list", "--json", "--tag", "grammar")
    assert [row["name"] for row in report["tasks"]] == [t.name for t in list_tasks("grammar")]


@pytest.mark.keras
def test_a_run_is_one_object_on_stdout_and_text_on_stderr(tiny_task, tmp_path):
    out = tmp_path / "run"
    code, report, text = tiny_task(
        "run", "embedded_reber", "--seeds", 2, "--seed", 5, "-o", out, "--json"
    )
    assert code == 0
    assert (report["task"], report["variant"], report["seeds"]) == ("embedded_reber", "peephole", 2)
    assert [outcome["seed"] for outcome in report["each"]] == [5, 6]
    assert "solved 0 of 2 in 16 training strings" in text
    assert "published: 8440 training strings" in text
    assert json.loads((out / "result.json").read_text()) == report
    code, _, text = tiny_task("run", "embedded_reber", "--seeds", 2, "--seed", 5, "-o", out)
    assert code == 2
    assert text == f"{out}: expected an empty run folder, got one that holds a run\n"
    code, again, _ = tiny_task(
        "run", "embedded_reber", "--seeds", 2, "--seed", 5, "-o", out, "--resume", "--json"
    )
    assert (code, again["each"]) == (0, report["each"])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "sing"], "task: expected one of blues_chords, "),
        (
            ["run", "embedded_reber", "--preset", "slow"],
            "preset: expected one of quick, paper, got",
        ),
        (["run", "embedded_reber", "--variant", "gru"], "variant: expected one of peephole, "),
        (["run", "embedded_reber", "--seeds", "0"], "seeds: expected a whole number from 1 on"),
        (["run", "embedded_reber", "--seed", "-1"], "seed: expected a whole number from 0 on"),
        (["run", "embedded_reber", "--resume"], "resume: expected a run folder to go on from"),
        (
            ["run", "embedded_reber", "--resume", "-o", "none"],
            "resume: expected a run folder to go on from in none, got none",
        ),
        (["list", "--tag", "opera"], "tag: expected one of "),
        (["run"], "Missing argument 'NAME'"),
        ([], "Missing command"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(task, arguments, expected):
    code, report, text = task(*arguments)
    assert (code, report) == (2, None)
    assert text.startswith(expected)
    assert len(text.splitlines()) == 1


def test_an_interruption_has_its_own_exit_code(task, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("lstmmusic.cli.task.run_task", interrupted)
    assert task("run", "embedded_reber") == (130, None, "interrupted\n")
