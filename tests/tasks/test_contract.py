"""What every experiment keeps to, those of later days as well."""

import json
import subprocess
import sys
from dataclasses import FrozenInstanceError, asdict, fields, is_dataclass

import numpy as np
import pytest

import lstmmusic
from lstmmusic.errors import InputError, OutputError
from lstmmusic.tasks import Preset, list_tasks, run_task, task_named

TASKS = list_tasks()
KEYS = ["task", "preset", "variant", "seeds", "solved", "metrics", "published", "steps", "seconds"]
every_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
FIRST = {
    task.name for k, task in enumerate(TASKS) if task.family not in {t.family for t in TASKS[:k]}
}
# What trains takes seconds: without `slow`, one of each family has to do.
every_task_that_runs = pytest.mark.parametrize(
    "task",
    [
        pytest.param(task, marks=[] if task.name in FIRST else pytest.mark.slow, id=task.name)
        for task in TASKS
    ],
)
every_variant = pytest.mark.parametrize(
    ("task", "variant"),
    [
        pytest.param(
            task,
            variant,
            marks=[] if task.name in FIRST and variant == task.variants[0] else pytest.mark.slow,
            id=f"{task.name} {variant}",
        )
        for task in TASKS
        for variant in task.variants
    ],
)


def tiny_run(task, variant=None, seeds=2, **more):
    return run_task(task.name, task.tiny, seeds=seeds, variant=variant, **more)


def without_time(report):
    return {key: value for key, value in report.items() if key != "seconds"}


def test_the_list_is_public_and_imports_nothing_heavy():
    code = (
        "import sys, lstmmusic; assert lstmmusic.list_tasks();"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"tensorflow", "keras", "music21", "streamlit"} & set(done.stdout.split())
    assert lstmmusic.run_task is run_task


def test_names_are_ids_of_their_own():
    names = [task.name for task in TASKS]
    assert len(set(names)) == len(names)
    for name in names:
        assert name.isidentifier()
        assert name == name.lower()


@every_task
def test_an_entry_says_what_it_is_and_who_reached_what(task):
    assert task.title
    assert task.tags
    assert "Success" in task.about
    assert task.step_unit
    assert set(task.step_units) <= set(task.variants)
    assert len(set(task.variants)) == len(task.variants) > 0
    assert task.published
    for figure in task.published:
        assert np.isfinite(figure.value)
        assert figure.unit
        assert figure.network
        assert any(year in figure.source for year in map(str, range(1985, 2030)))
        assert figure.variant in ("", *task.variants)


@every_task
def test_presets_are_quick_and_paper_and_cannot_be_changed(task):
    assert list(task.presets) == ["quick", "paper"]
    for name, preset in {**task.presets, "tiny": task.tiny}.items():
        assert preset.name == name
        assert set(preset.budgets) <= set(task.variants)
        assert is_dataclass(preset.settings)
        first = fields(preset.settings)[0].name
        with pytest.raises(FrozenInstanceError):
            setattr(preset.settings, first, 1)
        json.dumps(asdict(preset.settings))
    assert task.presets["quick"].bar
    assert task.presets["quick"].solved_share >= 2 / 3


@every_task
def test_who_knows_the_rule_passes_the_success_test(task):
    for preset in (task.presets["quick"], task.tiny):
        assert task.test(preset.settings, 0, task.oracle(preset.settings)).solved


@every_task
@pytest.mark.slow  # a thousand strings of a thousand steps, a million symbols
def test_who_knows_the_rule_passes_the_published_one_too(task):
    for preset in task.presets.values():
        for seed in (0, 7):
            assert task.test(preset.settings, seed, task.oracle(preset.settings)).solved


@every_task
def test_who_knows_nothing_has_not_solved(task):
    settings = task.tiny.settings
    oracle = task.oracle(settings)
    assert not task.test(settings, 3, lambda *asked: np.zeros_like(oracle(*asked))).solved


@every_task_that_runs
@pytest.mark.keras
def test_who_has_not_learnt_has_not_solved(task, quickly_built):
    untrained = Preset("untrained", task.tiny.settings, budget=0)
    report = run_task(task.name, untrained, seeds=2)
    assert report["solved"] == 0
    assert report["steps"] == 0
    assert not any(outcome["has_stopped"] for outcome in report["each"])


@every_variant
@pytest.mark.keras
def test_a_run_is_reported_in_json_and_kept_in_its_folder(task, variant, quickly_built, tmp_path):
    shown, folder = [], tmp_path / "run"
    report = tiny_run(task, variant, out=folder, progress=lambda *found: shown.append(found))
    assert set(KEYS) <= report.keys()
    assert (report["task"], report["preset"], report["variant"]) == (task.name, "tiny", variant)
    assert (report["seeds"], len(report["each"])) == (2, 2)
    assert report["solved"] == sum(outcome["solved"] for outcome in report["each"])
    assert [outcome["seed"] for outcome in report["each"]] == [0, 1]
    for outcome in report["each"]:
        assert outcome["metrics"].keys() == report["metrics"].keys()
        assert 0 < outcome["steps"] <= report["budget"]
    assert report["published"] == [asdict(figure) for figure in task.published]
    assert shown[-1][:2] == (max(outcome["steps"] for outcome in report["each"]), report["budget"])
    assert json.loads(json.dumps(report, allow_nan=False)).keys() == report.keys()
    read = {path.name: path for path in folder.iterdir()}
    assert read.keys() >= {
        "config.json",
        "status.json",
        "metrics.jsonl",
        "checkpoint.safetensors",
        "result.json",
    }
    assert json.loads(read["result.json"].read_text()) == json.loads(json.dumps(report))
    assert json.loads(read["status.json"].read_text())["state"] == "done"
    with pytest.raises(OutputError, match="expected an empty run folder"):
        tiny_run(task, variant, out=folder)
    with pytest.raises(OutputError, match="a run of the same seed, got one of another"):
        tiny_run(task, variant, out=folder, seed=4, resume=True)
    again = tiny_run(task, variant, out=folder, resume=True)
    assert without_time(again) == without_time(report)


@every_variant
@pytest.mark.keras
@pytest.mark.slow  # the same of a small learner: test_training.py
def test_the_same_run_comes_to_the_same(task, variant):
    assert without_time(tiny_run(task, variant)) == without_time(tiny_run(task, variant))


@every_variant
@pytest.mark.keras
@pytest.mark.slow  # the same of a small learner: test_training.py
def test_a_network_learns_the_same_alone_and_in_company(task, variant):
    alone = tiny_run(task, variant, seeds=1, seed=1)["each"][0]
    company = tiny_run(task, variant)["each"][1]
    assert alone["seed"] == company["seed"] == 1
    assert (alone["solved"], alone["steps"]) == (company["solved"], company["steps"])
    assert alone["metrics"] == pytest.approx(company["metrics"], rel=1e-4, abs=1e-5)


class Killed(Exception):
    pass


@every_task_that_runs
@pytest.mark.keras
@pytest.mark.slow  # the same of a small learner: test_training.py
def test_a_killed_run_goes_on_as_if_it_had_not_been(task, tmp_path, monkeypatch):
    from lstmmusic.tasks import _training

    monkeypatch.setattr(_training, "CHECKPOINT_SECONDS", 0.0)
    whole = tiny_run(task, out=tmp_path / "whole")

    def kill(steps, budget, metrics):
        if steps == budget:
            raise Killed

    with pytest.raises(Killed):
        tiny_run(task, out=tmp_path / "run", progress=kill)
    status = json.loads((tmp_path / "run" / "status.json").read_text())
    assert status["state"] == "failed"
    went_on = []
    found = tiny_run(
        task, out=tmp_path / "run", resume=True, progress=lambda *found: went_on.append(found)
    )
    assert len(went_on) == 1  # the last round alone
    assert without_time(found) == without_time(whole)
    metrics = [(tmp_path / name / "metrics.jsonl").read_text() for name in ("run", "whole")]
    assert metrics[0] == metrics[1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"name": "sing"}, "task: expected one of .*embedded_reber.*, got 'sing'"),
        ({"preset": "slow"}, "preset: expected one of quick, paper, got 'slow'"),
        ({"variant": "gru"}, "variant: expected one of peephole, .*, got 'gru'"),
        ({"seeds": 0}, "seeds: expected a whole number from 1 on, got 0"),
        ({"seeds": 2.5}, "seeds: expected a whole number from 1 on, got 2.5"),
        ({"seed": -1}, "seed: expected a whole number from 0 on, got -1"),
        ({"resume": True}, "resume: expected a run folder to go on from, got none"),
    ],
)
def test_what_cannot_be_run_is_one_input_error(arguments, expected):
    with pytest.raises(InputError, match=f"^{expected}$"):
        run_task(**{"name": "embedded_reber", **arguments})


def test_tasks_are_found_by_tag_and_name():
    assert task_named("embedded_reber") in list_tasks("grammar")
    with pytest.raises(InputError, match=r"^tag: expected one of .*grammar.*, got 'opera'$"):
        list_tasks("opera")


@pytest.mark.keras
@pytest.mark.slow
@every_task
def test_the_default_reaches_its_quick_bar(task):
    report = run_task(task.name, "quick")
    assert report["bar"]["reached"], report
    assert report["seconds"] < 120
