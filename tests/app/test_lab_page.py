"""The page of the experiments, driven headless."""

import json
import textwrap
import time

import pytest

import lstmmusic
from lstmmusic.app import jobs, lab_page
from lstmmusic.app.jobs import Jobs, read_json, write_json
from lstmmusic.tasks import list_tasks, task_named
from lstmmusic.tasks.inside import inside_of_piece
from tests.app import driving
from tests.app.driving import texts, widget
from tests.tasks.test_inside import write_run

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SCRIPT = "from lstmmusic.app import lab_page\nlab_page.render()"
RESULT = {
    "solved": 2,
    "seeds": 3,
    "steps": 19500,
    "step_unit": "training strings",
    "metrics": {"wrong": 6.0},
    "bar": {"text": "99 % right", "needed": 2, "reached": True},
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LSTMMUSIC_JOBS", str(tmp_path / "jobs"))
    monkeypatch.setattr(jobs, "_start_runner", lambda folder: None)
    return tmp_path


def opened(job=None, task="adding_100"):
    return driving.opened(SCRIPT, job, **({} if job else {"lab_task": task}))


def begin(variant="peephole", state="running", rounds=0):
    job = lab_page._start(task_named("adding_100"), variant, 3, 0)
    path = job.folder / "status.json"
    beat = {"state": state, "heartbeat": time.time(), "begun": time.time() - 100}
    write_json(path, {**read_json(path), **beat})
    if rounds:
        run = write_run(job.folder / "run", variant=variant)
        rows = [
            {"epoch": k, "steps": 100.0 * k, "stopped": 1.0, "loss": 1 / k, "right": k / 10}
            for k in range(1, rounds + 1)
        ]
        (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return job


def test_every_experiment_says_what_it_is_and_what_others_reached(home):
    # All below each other: a page for each would take most of the time of these tests.
    script = """
        from lstmmusic.app import lab_page
        from lstmmusic.tasks import list_tasks
        for task in list_tasks():
            lab_page._about(task)
    """
    page = driving.opened(textwrap.dedent(script))
    tasks = list_tasks()
    said = texts(page, "markdown")
    told = [frame.value for frame in page.dataframe if "Figure" in frame.value]
    assert len(told) == len(tasks) > 20
    for task, figures in zip(tasks, told):
        assert task.about.split("`")[0] in said
        assert len(figures) == len(task.published)
        if task.published:
            assert figures["Network"].tolist() == [row.network for row in task.published]
            assert task.published[0].source in figures["Source"][0]


@pytest.mark.parametrize("name", ["adding_100", "blues_chords"])
def test_the_experiment_that_is_chosen_is_the_one_that_is_told(home, name):
    page = opened(task=name)
    assert widget(page, "selectbox", "Experiment").value == name
    assert task_named(name).about.split("`")[0] in texts(page, "markdown")


def test_recorded_runs_are_those_of_the_records(home):
    page = opened()
    rows = json.loads((lab_page.RESULTS / "adding_100.json").read_text())["results"]
    told = page.dataframe[1].value
    assert told["Solved"].tolist() == [f"{row['solved']} of {row['seeds']}" for row in rows]
    assert told["Median training strings"][0] == f"{rows[0]['steps']:,}"


def test_without_records_it_says_so(home, monkeypatch, tmp_path):
    monkeypatch.setattr(lab_page, "RESULTS", tmp_path)
    assert "Nothing was recorded" in texts(opened(), "info")


def test_a_run_is_started_with_what_was_asked(home):
    page = opened()
    page.selectbox(key="variant_adding_100").set_value("keras_lstm")
    widget(page, "number_input", "How many networks, side by side").set_value(2)
    widget(page, "button", "Run").click().run()
    (job,) = Jobs().listed("", is_local=True)
    asked = " ".join(job.command[3:])
    run = job.folder / "run"
    assert asked == (f"task run adding_100 --variant keras_lstm --seeds 2 --seed 0 -o {run} --json")
    assert "about to start" in texts(page, "markdown")


def test_before_the_first_round_it_says_what_is_waited_for(home):
    page = opened(begin())
    assert "Loading what trains" in texts(page, "info")
    assert widget(page, "button", "Stop")


def test_rounds_are_shown_as_they_come(home):
    page = opened(begin(rounds=4))
    said = page.get("progress")[0].proto.text
    assert said.startswith("400 of at most 1,000 training strings, 1 of 1 networks have stopped")
    assert "2 min 30 s left" in said or "2 min 3" in said
    figure = json.loads(page.get("plotly_chart")[0].proto.spec)
    assert figure["data"][0]["x"] == [100, 200, 300, 400]
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["loss", "right"]


def test_the_verdict_is_told(home):
    job = begin(state="done", rounds=3)
    write_json(job.folder / "result.json", RESULT)
    page = opened(job)
    assert {m.label: m.value for m in page.metric} == {
        "Solved": "2 of 3",
        "Median training strings": "19,500",
        "wrong": "6",
    }
    assert "Reached: 99 % right." in texts(page, "success")


def test_a_link_opens_its_experiment_and_another_choice_leaves_it(home):
    page = opened(begin(rounds=2))
    assert widget(page, "selectbox", "Experiment").value == "adding_100"
    widget(page, "selectbox", "Experiment").set_value("embedded_reber").run()
    assert not page.exception
    assert not page.get("progress")


def test_the_inside_asks_for_both_kinds_of_network(home):
    begin("peephole", state="done", rounds=2)
    page = opened()
    assert "Missing: `keras_lstm`" in texts(page, "info")
    widget(page, "button", "Run what is missing").click().run()
    assert {job.about["variant"] for job in Jobs().listed("", is_local=True)} == {
        "peephole",
        "keras_lstm",
    }


def test_the_inside_waits_for_the_jobs_that_bring_it(home):
    begin("peephole", state="done", rounds=2)
    job = begin("keras_lstm")
    page = opened()
    assert "Run what is missing" not in [button.label for button in page.button]
    assert [button.key for button in page.button if button.label == "Stop"] == [f"stop_{job.id}"]
    page = opened(job)  # then it is followed where it is shown
    assert [button.key for button in page.button if button.label == "Stop"] == [f"stop_{job.id}"]


def test_the_inside_of_both_is_shown_side_by_side(home):
    for variant in ("peephole", "keras_lstm"):
        begin(variant, state="done", rounds=2)
    page = opened()
    specs = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    assert len(specs) == 2
    assert specs[0]["data"][0] == specs[1]["data"][0]  # the same string
    assert specs[0]["data"][1] != specs[1]["data"][1]
    page.button_group(key="inside_kind").set_value("f").run()
    gates = json.loads(page.get("plotly_chart")[0].proto.spec)["data"][1]
    assert (gates["zmin"], gates["zmax"]) == (0, 1)


def test_the_inside_of_a_blues_is_that_of_the_command(home, quiet):
    blues = lstmmusic.improvise(seed=7, choruses=3).score
    page = opened()
    page.button_group(key="lab_view").set_value("Inside a blues").run()
    assert not page.exception
    for network, kind in (("harmony", "c"), ("melody", "f")):
        page.button_group(key="inside_network").set_value(network)
        page.button_group(key="inside_of_blues").set_value(kind).run()
        assert not page.exception
        roles = inside_of_piece(blues, network).roles(kind)
        rows = page.table[0].value
        assert rows["Carries"].tolist() == ["form", "chord", "beat", "mixed"]
        assert rows.iloc[:, 2].tolist() == [str(roles.count(name)) for name in rows["Carries"]]
    widget(page, "button", "Another one").click().run()
    assert page.session_state["inside_take"].settings.choruses == 3
