"""The page for training, driven headless: every state that it can be in, and what it starts."""

import json
import re
import shutil
import time
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from lstmmusic.app import doctor, job_view, jobs, looking, train_page
from lstmmusic.app.job_runner import work
from lstmmusic.app.jobs import Jobs, read_json, write_json
from lstmmusic.fitting import RunFolder
from lstmmusic.generation import Settings, improvise
from lstmmusic.io import save
from lstmmusic.score import Note, Part, Score
from tests.app import driving
from tests.app.driving import labels, shown, texts, widget
from tests.tiny_model import store_tiny

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SCRIPT = "from lstmmusic.app import train_page\ntrain_page.render()"
opened = partial(driving.opened, SCRIPT)
RESULT = {
    "bits_per_note": 5.25,
    "val_bits_per_note": 5.5,
    "test_bits_per_note": None,
    "ngram_test_bits_per_note": None,
    "warnings": ["learnt [by heart]"],
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Folders of one test, in which nothing starts by itself."""
    monkeypatch.setenv("LSTMMUSIC_JOBS", str(tmp_path / "jobs"))
    monkeypatch.setenv("LSTMMUSIC_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(jobs, "_start_runner", lambda folder: None)
    return tmp_path


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory, twelve_bar):
    """The folder of a job that has looked at three files, one of them no music."""
    base = tmp_path_factory.mktemp("looked")
    music = base / "music"
    music.mkdir()
    for path in sorted(twelve_bar.glob("*.abc"))[:2]:
        shutil.copy(path, music)
    (music / "broken.mid").write_bytes(b"MThd")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "_start_runner", lambda folder: None)
        patch.setenv("LSTMMUSIC_JOBS", str(base / "jobs"))
        job = looking.look("music", str(music), "")
    assert work(job.folder) == "done", job.log
    return job.folder


@pytest.fixture
def corpus(home, looked_at):
    folder = home / "jobs" / looked_at.name
    shutil.copytree(looked_at, folder)
    return Jobs().find(looked_at.name)


def only_job():
    return next(iter(Jobs().listed("", is_local=True)))


def set_state(job, state, **more):
    path = job.folder / "status.json"
    write_json(path, {**read_json(path), "state": state, "heartbeat": time.time(), **more})


def start_training(home, network="melody", epochs=0, **more):
    """A job with a run folder in which so many epochs are over."""
    run = home / "models" / "mine" / "run"
    about = {"corpus": "0" * 32, "name": "mine", "model": "mine", "music": "music"}
    job = Jobs().start(
        "train", "Train mine", ["train"], resume=["--resume"], run=str(run), about=about, **more
    )
    folder = RunFolder(run / network, {})
    for epoch in range(1, epochs + 1):
        row = {"loss": 1.0, "bits_per_note": 6 - epoch, "val_bits_per_note": 6.5 - epoch / 2}
        folder.log_epoch(epoch, row)
        folder.save_checkpoint(epoch, 10.0 * epoch, {})
    whole = {"network": network, "epoch": epochs, "epochs": 8} if epochs else {}
    write_json(run / "status.json", {"state": "running", **whole})
    return job


def test_the_empty_page_says_what_to_do_and_offers_the_example(home):
    page = opened()
    assert "Choose music to learn from" in texts(page, "markdown")
    assert page.button_group[0].value == "An example"
    assert labels(page) == ["Look at the files"]
    assert not page.expander


def test_the_example_is_looked_at_with_one_click(home):
    page = opened()
    widget(page, "button", "Look at the files").click().run()
    job = only_job()
    assert job.command[3:5] == ("corpus", str(train_page.EXAMPLE))
    assert shown(page) == job
    assert "about to start" in texts(page, "markdown")
    assert "Stop" in labels(page)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "folder: expected the path of a folder, got none"),
        ("/no/such/place", "folder: expected a folder that is there, got '/no/such/place'"),
        ("~nobody_of_that_name/x", "folder: expected the path of a folder"),
        ("a\0b", "folder: expected a folder that is there"),
    ],
)
def test_a_folder_that_is_not_there_is_one_line(home, typed, said):
    page = opened()
    page.button_group[0].set_value("A folder").run()
    page.text_input(key="train_folder").set_value(typed)
    widget(page, "button", "Look at the files").click().run()
    assert said in texts(page, "error")
    assert not Jobs().listed("", is_local=True)


def test_a_folder_is_looked_at(home, tmp_path):
    (tmp_path / "songs").mkdir()
    page = opened()
    page.button_group[0].set_value("A folder").run()
    page.text_input(key="train_folder").set_value(str(tmp_path / "songs"))
    widget(page, "button", "Look at the files").click().run()
    assert only_job().title == "Look at songs"


def test_without_files_nothing_is_looked_at(home):
    page = opened()
    page.button_group[0].set_value("Files to upload").run()
    assert "Nothing is chosen yet" in texts(page, "caption")
    assert "Look at the files" not in labels(page)


def test_uploads_are_seen_by_their_session_and_by_who_has_the_link(home):
    page = opened(session="mine")
    page.button_group[0].set_value("Files to upload").run()
    page.file_uploader[0].set_value([("x/../tune.mid", b"MThd", "audio/midi")]).run()
    widget(page, "button", "Look at the files").click().run()
    (job,) = Jobs().listed("mine", is_local=True)
    assert (job.folder / "music" / "files.zip").is_file()
    assert job.command[4] == str(job.folder / "music" / "files.zip")
    assert "tune.mid" in texts(opened(session="mine"), "markdown")
    assert "tune.mid" not in texts(opened(session="other"), "markdown")
    assert "tune.mid" in texts(opened(job, session="other"), "subheader")


def test_from_another_computer_there_is_no_folder_and_no_job_of_this_one(home, monkeypatch):
    Jobs().start("corpus", "A private folder", [], about={"name": "x", "music": "x"})
    assert "A private folder" in texts(opened(), "markdown")
    for module in (job_view, looking, train_page):
        monkeypatch.setattr(module, "is_local", lambda: False)
    page = opened()
    assert "A folder" not in page.button_group[0].options
    assert "A private folder" not in texts(page, "markdown")


@pytest.mark.parametrize("job_id", ["../jobs", "0" * 32])
def test_a_link_to_nothing_says_so(home, job_id):
    page = AppTest.from_string(SCRIPT, default_timeout=60)
    page.query_params["job"] = job_id
    page.run()
    assert "The link names no job" in texts(page, "warning")
    assert "Look at the files" in labels(page)


def test_while_files_are_read_it_says_how_many(corpus):
    set_state(corpus, "running", begun=time.time() - 5, pid=None)
    (corpus.folder / "log").write_text("3 of 1,200 files, 9 s left\n")
    page = opened(corpus)
    progress = page.get("progress")[0].proto
    assert progress.text == "3 of 1,200 files, 9 s left"
    assert "Stop" in labels(page)
    assert not page.metric


def test_every_file_is_accounted_for(corpus):
    page = opened(corpus)
    told = {metric.label: metric.value for metric in page.metric}
    assert (told["Files"], told["Used"], told["Skipped"]) == ("3", "2", "1")
    table = page.dataframe[0].value
    assert table["Status"].tolist().count("skipped") == 1
    reason = table.set_index("File").loc["broken.mid", "Reason"]
    assert "MIDI" in reason
    assert "start from a trained model" in texts(page, "info")
    assert len(page.get("plotly_chart")) >= 5
    assert "Select a file to hear it" in texts(page, "caption")
    assert widget(page, "selectbox", "Begin with").value == "twelve-bar"


def test_files_are_filtered_by_what_became_of_them(corpus):
    page = opened(corpus)
    page.button_group(key="status").set_value("skipped").run()
    assert page.dataframe[0].value["File"].tolist() == ["broken.mid"]


def test_selected_files_are_left_out_of_another_look(corpus, monkeypatch):
    monkeypatch.setattr(doctor, "_table", lambda rows: ["broken.mid", "a[1].mid"])
    page = opened(corpus)
    widget(page, "button", "Leave out 2 and look again").click().run()
    job = shown(page)
    assert job.id != corpus.id
    assert job.about["left_out"] == ["broken.mid", "a[1].mid"]
    assert '["a[[]1].mid"]' in (job.folder / "left_out.toml").read_text()
    assert job.command[-2:] == ("--overrides", str(job.folder / "left_out.toml"))


def test_a_selected_file_is_heard(corpus, monkeypatch):
    heard = []
    monkeypatch.setattr(doctor, "_table", lambda rows: ["broken.mid"])
    monkeypatch.setattr(doctor, "hear_item", lambda music, name, key: heard.append((music, name)))
    page = opened(corpus)
    assert not heard
    widget(page, "button", "Hear broken.mid").click().run()
    assert [(music.name, name) for music, name in heard] == [("music", "broken.mid")]


def test_a_look_that_failed_says_why_and_can_be_taken_again(corpus):
    set_state(corpus, "failed")
    (corpus.folder / "log").write_text("music: expected a folder with [music], got none\n")
    (corpus.folder / "corpus.report.json").unlink()
    page = opened(corpus)
    assert "expected a folder with [music], got none" in texts(page, "error")
    widget(page, "button", "Resume").click().run()
    assert Jobs().status(corpus).state == "queued"


def test_a_training_is_started_with_what_was_asked(corpus):
    page = opened(corpus)
    widget(page, "text_input", "Name of the model").set_value("road songs")
    widget(page, "selectbox", "Recipe").set_value("small")
    widget(page, "number_input", "Epochs, at most").set_value(3)
    widget(page, "button", "Train").click().run()
    job = shown(page)
    asked = " ".join(job.command[3:])
    assert asked.startswith(f"train {corpus.folder}/corpus.parquet -o road songs --recipe")
    assert asked.endswith("small.toml --epochs 3 --from twelve-bar --sample-every 5 --json")
    assert job.run.endswith("models/road songs/run")
    assert job.about["corpus"] == corpus.id
    assert "road songs" in texts(page, "subheader")


@pytest.mark.parametrize("name", ["", "../x", "a/b", "twelve-bar", "taken", "-o"])
def test_a_name_that_no_model_may_have_is_one_line(corpus, home, name):
    (home / "models" / "taken").mkdir(parents=True)
    page = opened(corpus)
    widget(page, "text_input", "Name of the model").set_value(name)
    widget(page, "button", "Train").click().run()
    assert "name of the model: expected" in texts(page, "error")
    assert shown(page) == corpus


def test_from_another_computer_a_model_stays_with_its_job(corpus, home, monkeypatch):
    for module in (job_view, looking, train_page):
        monkeypatch.setattr(module, "is_local", lambda: False)
    store_tiny(home / "models" / "private")
    page = opened(corpus)
    assert "private" not in widget(page, "selectbox", "Begin with").options
    widget(page, "button", "Train").click().run()
    job = shown(page)
    assert job.run.startswith(str(job.folder))


def test_a_queued_training_says_that_it_waits(home):
    Jobs().start("task", "Before it", [])
    job = start_training(home)
    page = opened(job)
    assert "1 job before it" in texts(page, "markdown")
    assert "begins by itself" in texts(page, "info")


def test_before_the_first_epoch_it_says_what_is_waited_for(home):
    job = start_training(home)
    set_state(job, "running", begun=time.time())
    page = opened(job)
    assert "Loading what trains" in texts(page, "info")
    assert not page.get("plotly_chart")


def test_a_training_shows_its_curves_and_the_time_left_and_stops(home):
    job = start_training(home, epochs=4)
    set_state(job, "running", begun=time.time() - 75)
    page = opened(job)
    assert re.search(r"1 min \d+ s", texts(page, "markdown"))
    assert page.get("progress")[0].proto.text == "Melody: epoch 4 of 8, at most 40 s left"
    assert "4.50 bits per note on music that it does not learn from" in texts(page, "caption")
    figure = json.loads(page.get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["xaxis"]["range"][1] > 8
    assert [trace["name"] for trace in figure["data"]] == ["learnt from", "other music"]
    assert figure["layout"]["yaxis"]["title"]["text"] == "bits per note"
    widget(page, "button", "Stop").click().run()
    assert Jobs().status(job).is_stopping
    assert widget(page, "button", "Stop").disabled


def test_a_stopped_training_keeps_its_curves_and_goes_on(home):
    job = start_training(home, epochs=2)
    set_state(job, "interrupted")
    page = opened(job)
    assert len(page.get("plotly_chart")) == 1
    widget(page, "button", "Resume").click().run()
    assert Jobs().status(job).state == "queued"
    assert read_json(job.folder / "status.json")["resume"] is True


def test_a_training_that_was_lost_says_so_and_goes_on(home):
    job = start_training(home, epochs=2)
    write_json(job.folder / "status.json", {"state": "running", "heartbeat": time.time() - 100})
    page = opened(job)
    assert "Its process has gone" in texts(page, "warning")
    assert "Resume" in labels(page)


def test_a_finished_training_says_what_came_out(home):
    job = start_training(home, epochs=3)
    set_state(job, "done")
    write_json(job.folder / "result.json", RESULT)
    page = opened(job)
    assert {m.label: m.value for m in page.metric} == {
        "Learnt from": "5.25",
        "Chose the epoch": "5.50",
    }
    assert "learnt [by heart]" in texts(page, "warning")
    assert "Improvise with this model" in labels(page)


def test_samples_are_heard(home, monkeypatch):
    heard = []
    monkeypatch.setattr(train_page, "hear_file", lambda path, key: heard.append(path.name))
    job = start_training(home, epochs=3)
    folder = home / "models" / "mine" / "run" / "samples"
    folder.mkdir()
    for epoch in (5, 10):
        save(Score([Part([Note(0, 1, 60)])]), folder / f"epoch-{epoch:03}.mid")
    page = opened(job)
    assert widget(page, "selectbox", "After epoch").options == ["10", "5"]
    widget(page, "button", "Hear it").click().run()
    assert heard == ["epoch-010.mid"]


def test_before_a_job_is_removed_it_is_asked(corpus):
    page = opened(corpus)
    widget(page, "button", "Remove").click().run()
    assert Jobs().find(corpus.id) is not None
    assert "Remove it" in labels(page)


@pytest.mark.slow
def test_a_folder_becomes_a_model_that_plays(tmp_path, monkeypatch, twelve_bar):
    monkeypatch.setenv("LSTMMUSIC_JOBS", str(tmp_path / "jobs"))
    monkeypatch.setenv("LSTMMUSIC_MODELS", str(tmp_path / "models"))
    page = opened()
    widget(page, "button", "Look at the files").click().run()
    wait(only_job())
    page.run()
    widget(page, "number_input", "Epochs, at most").set_value(1)
    widget(page, "text_input", "Name of the model").set_value("tried")
    widget(page, "button", "Train").click().run()
    job = only_job()
    assert job.kind == "train"
    wait(job)
    page.run()
    assert "Improvise with this model" in labels(page)
    assert improvise(Settings(model="tried", seed=1)).report["model"] == "tried"


def wait(job, seconds=500):
    until = time.monotonic() + seconds
    while Jobs().status(job).is_alive:
        assert time.monotonic() < until, job.log
        time.sleep(0.5)
    assert Jobs().status(job).state == "done", job.log
