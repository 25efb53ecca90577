"""The page for exploring, driven headless: every state that it can be in, and what it starts."""

import base64
import contextlib
import io
import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import lstmmusic
from lstmmusic.app import (
    explored,
    grouping,
    groups_view,
    job_view,
    jobs,
    looking,
    playing,
    sounding,
)
from lstmmusic.app.explored import Explored
from lstmmusic.app.jobs import Jobs, read_json, write_json
from lstmmusic.cli import main
from lstmmusic.clustering.examples import example_sequences
from lstmmusic.clustering.sequences import Sequences
from lstmmusic.clustering.synthetic import make_family
from lstmmusic.clustering.tables import read_csv
from lstmmusic.corpus.labels import files_of_group
from lstmmusic.errors import InputError
from tests.app import driving
from tests.app.driving import labels, shown, texts, widget
from tests.corpus.conftest import small_tunes

pytestmark = [pytest.mark.keras, pytest.mark.filterwarnings("ignore")]

SCRIPT = "from lstmmusic.app import explore_page\nexplore_page.render()"
opened = partial(driving.opened, SCRIPT)
SETTINGS = {
    "objective": "bingo",
    "clusters": 2,
    "seed": 0,
    "features": None,
    "notes": None,
    "updates": 0,
    "yardsticks": True,
}
OF_MUSIC = {**SETTINGS, "features": ["intervals", "values"], "notes": 32}
OF_MUSIC["yardsticks"] = False
ODD = "odd [x](y) <b>"  # a name that is no markup


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Folders of one test, in which nothing starts by itself."""
    monkeypatch.setenv("LSTMMUSIC_JOBS", str(tmp_path / "jobs"))
    monkeypatch.setenv("LSTMMUSIC_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(jobs, "_start_runner", lambda folder: None)
    return tmp_path


def do(job):
    """Runs the command of a job here, and marks it as done."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()) as said:
        code = main(list(job.command[3:]))
    assert code == 0, said.getvalue()
    (job.folder / "result.json").write_text(printed.getvalue())
    set_state(job, "done")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of jobs: waves that were grouped, and tunes that were looked at and grouped."""
    base = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "_start_runner", lambda folder: None)
        patch.setenv("LSTMMUSIC_JOBS", str(base / "jobs"))
        waves, _ = make_family("frequency", 24)
        waves = waves.named([ODD, *waves.names[1:]])
        material = grouping.of_numbers("waves", [("waves.csv", grouping.as_table(waves))], "")
        numbers = grouping.start(material, SETTINGS)
        do(numbers)
        folder = small_tunes(base / "tunes", 6)
        (folder / "broken.mid").write_bytes(b"MThd")
        look = looking.look("tunes", str(folder), "")
        do(look)
        music = grouping.start(grouping.of_music(look), OF_MUSIC)
        do(music)
    return base, {"numbers": numbers.id, "look": look.id, "music": music.id}


@pytest.fixture
def job(home, made):
    """Gives a finished job; all of them are there."""
    base, ids = made
    shutil.copytree(base / "jobs", home / "jobs")
    for name in ids.values():  # their folders are named in them
        path = home / "jobs" / name / "job.json"
        path.write_text(path.read_text().replace(str(base / "jobs"), str(home / "jobs")))
    return lambda name: Jobs().find(ids[name])


def set_state(job, state, **more):
    path = job.folder / "status.json"
    write_json(path, {**read_json(path), "state": state, "heartbeat": time.time(), **more})


def figure(page, place=0):
    return json.loads(page.get("plotly_chart")[place].proto.spec)


def places_of(trace):
    return np.stack([np.frombuffer(base64.b64decode(trace[axis]["bdata"])) for axis in "xy"], 1)


def find(page):
    widget(page, "button", "Find groups").click().run()
    assert not page.exception, page.exception


def test_the_empty_page_offers_an_example_at_one_click(home):
    page = opened()
    assert page.button_group[0].value == "An example"
    assert widget(page, "selectbox", "Example").value == "rhythm"
    assert not page.expander
    find(page)
    job = shown(page)
    asked = " ".join(job.command[3:])
    here = job.folder
    assert asked == (
        f"cluster {here}/numbers/table-1.csv -o {here}/labels.csv --save {here}/model "
        "--objective bingo --seed 0 --clusters auto --baselines quick --force --json"
    )
    known = example_sequences("rhythm")
    stored = read_csv(here / "numbers" / "table-1.csv")
    assert stored.names == known.names
    assert stored.feature_names == known.feature_names
    assert all(np.array_equal(a, b) for a, b in zip(stored.items, known.items))
    assert "about to start" in texts(page, "markdown")
    assert "Stop" in labels(page)


def test_every_setting_reaches_the_command(home):
    page = opened()
    widget(page, "selectbox", "Objective").set_value("neo")
    widget(page, "number_input", "Number of groups").set_value(3)
    widget(page, "number_input", "Seed").set_value(7)
    widget(page, "number_input", "Updates of each network").set_value(40)
    widget(page, "toggle", "Hold it against yardsticks").set_value(False)
    find(page)
    asked = " ".join(shown(page).command)
    for words in ("--objective neo --seed 7 --clusters 3", "--baselines none", "--updates 40"):
        assert words in asked


def test_an_example_of_music_is_looked_at_first(home):
    page = opened()
    widget(page, "selectbox", "Example").set_value("twelve_bar").run()
    assert "Find groups" not in labels(page)
    widget(page, "button", "Look at the files").click().run()
    assert shown(page).command[3] == "corpus"
    assert shown(page).command[4].endswith("twelve_bar")


@pytest.mark.parametrize("typed", ["/no/such/place", "/no/such/table.csv"])
def test_what_is_not_there_is_one_line(home, typed):
    page = opened()
    page.button_group[0].set_value("A folder").run()
    page.text_input(key="explore_folder").set_value(typed).run()
    for button in page.button:
        if button.label == "Look at the files":
            button.click().run()
    assert "folder: expected" in texts(page, "error")
    assert not Jobs().listed("", is_local=True)


def test_a_table_on_this_computer_is_grouped(home, tmp_path):
    (tmp_path / "mine.csv").write_text("1,2,3\n4,5,6\n")
    page = opened()
    page.button_group[0].set_value("A folder").run()
    page.text_input(key="explore_folder").set_value(str(tmp_path / "mine.csv")).run()
    find(page)
    stored = shown(page).folder / "numbers" / "table-1.csv"
    assert stored.read_bytes() == (tmp_path / "mine.csv").read_bytes()


def test_without_uploads_nothing_can_be_started(home):
    page = opened()
    page.button_group[0].set_value("Files to upload").run()
    assert "Nothing is chosen yet" in texts(page, "caption")
    assert not {"Find groups", "Look at the files"} & set(labels(page))


def test_uploads_keep_their_session_and_lose_their_names_on_disk(home):
    page = opened(session="mine")
    page.button_group[0].set_value("Files to upload").run()
    page.file_uploader[0].set_value([("../[a](b).csv", b"1,2\n3,4\n", "text/csv")]).run()
    find(page)
    (job,) = Jobs().listed("mine", is_local=True)
    assert [path.name for path in (job.folder / "numbers").iterdir()] == ["table-1.csv"]
    assert "[a](b).csv" in texts(page, "subheader")
    assert "[a](b).csv" not in texts(opened(session="other"), "markdown")


@pytest.mark.parametrize(
    ("files", "kind"),
    [([("a.mid", b"MThd", "audio/midi")], "corpus"), ([("a.npy", b"x", "x")], "cluster")],
)
def test_music_is_looked_at_and_numbers_are_grouped(home, files, kind):
    page = opened(session="mine")
    page.button_group[0].set_value("Files to upload").run()
    page.file_uploader[0].set_value(files).run()
    button = "Look at the files" if kind == "corpus" else "Find groups"
    widget(page, "button", button).click().run()
    assert shown(page).kind == kind


def test_music_and_numbers_do_not_mix(home):
    page = opened(session="mine")
    page.button_group[0].set_value("Files to upload").run()
    page.file_uploader[0].set_value([("a.mid", b"MThd", "x"), ("a.csv", b"1", "x")]).run()
    find(page)
    assert "files: expected all music, or all .csv" in texts(page, "error")


def test_from_another_computer_there_is_no_folder(home, monkeypatch):
    from lstmmusic.app import explore_page

    for module in (job_view, looking, explore_page):
        monkeypatch.setattr(module, "is_local", lambda: False)
    page = opened(session="mine")
    assert "A folder" not in page.button_group[0].options
    find(page)
    assert shown(page).session == "mine"


def test_a_link_to_nothing_says_so(home):
    page = AppTest.from_string(SCRIPT, default_timeout=60)
    page.query_params["job"] = "../jobs"
    page.run()
    assert "The link names no job" in texts(page, "warning")
    assert "Find groups" in labels(page)


def test_music_that_was_looked_at_is_grouped_by_chosen_features(job):
    page = opened(job("look"))
    assert "6 of 7 files have a melody" in texts(page, "markdown")
    features = widget(page, "multiselect", "What the network is told of each note")
    features.set_value(["values", "rests"])
    find(page)
    asked = " ".join(shown(page).command)
    assert f"cluster {job('look').folder}/corpus.parquet" in asked
    assert "--features values,rests --notes 128" in asked


def test_without_features_nothing_is_grouped(job):
    page = opened(job("look"))
    widget(page, "multiselect", "What the network is told of each note").set_value([])
    find(page)
    assert "features: expected some of" in texts(page, "error")
    assert shown(page).id == job("look").id


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "100 of 500 updates",
            r"Learning: 100 of 500 updates, at most \d+ (min \d+ )?s left, then",
        ),
        ("1 of 4 yardsticks", "Held against yardsticks: 1 of 4 yardsticks"),
    ],
)
def test_while_it_learns_it_says_how_far_it_is(job, line, words):
    busy = job("numbers")
    set_state(busy, "running", begun=time.time() - 10, pid=None)
    (busy.folder / "log").write_text(f"{line}\n")
    page = opened(busy)
    assert re.search(words, page.get("progress")[0].proto.text)
    assert "Stop" in labels(page)
    assert not page.dataframe
    (busy.folder / "log").write_text("")
    page.run()
    assert "Loading what learns" in texts(page, "info")


def test_what_failed_says_why_and_which_upload_it_was(job):
    failed = job("numbers")
    set_state(failed, "failed")
    (failed.folder / "log").write_text("table-1.csv, line 2: expected [a number], got 'x'\n")
    page = opened(failed)
    assert "line 2: expected [a number], got 'x'" in texts(page, "error")
    assert "table-1.csv is waves.csv" in texts(page, "caption")
    widget(page, "button", "Resume").click().run()
    assert Jobs().status(failed).state == "queued"


def test_groups_are_told_in_a_table_and_items_shown_on_a_map(job):
    page = opened(job("numbers"))
    report = job("numbers").result
    told = {metric.label: metric.value for metric in page.metric}
    assert (told["Sequences"], told["Groups"]) == ("24", "2")
    table = page.dataframe[0].value
    assert table["Size"].tolist() == report["sizes"]
    assert table["Prototype"].tolist() == [row["prototype"] for row in report["groups"]]
    assert table["Group"].tolist() == ["● Group 0", "■ Group 1"]
    drawn = figure(page)["data"]
    groups = [trace for trace in drawn if trace.get("customdata") is not None]
    assert len({trace["marker"]["symbol"] for trace in groups}) == 2
    assert len({trace["marker"]["color"] for trace in groups}) == 2
    assert figure(page)["layout"]["xaxis"]["title"]["text"].startswith("first direction")
    beside = page.dataframe[1].value
    assert "k-means on the same network untrained" in beside["Made by"].tolist()
    assert "Nothing is chosen" in texts(page, "caption")
    assert len(page.get("plotly_chart")) == 1
    assert not [words for words in labels(page) if words.startswith("Train")]  # these are numbers


def test_an_item_is_chosen_beside_the_map_and_shown(job):
    page = opened(job("numbers"))
    widget(page, "selectbox", "Item").set_value(0).run()
    assert not page.exception
    assert f"**{ODD}**" in texts(page, "markdown")
    assert "<b>" not in json.dumps(figure(page))  # plotly would make it bold
    _, near, _, ring = figure(page)["data"][-4:]
    found = explored.load(job("numbers"))
    assert places_of(ring) == pytest.approx(found.places[[0]])
    assert places_of(near) == pytest.approx(found.places[found.nearest(0)])
    line = figure(page, 1)
    assert line["layout"]["xaxis"]["title"]["text"] == "step"
    assert (
        line["layout"]["yaxis"]["title"]["text"] == make_family("frequency", 1)[0].feature_names[0]
    )
    near = [button for button in page.button if (button.key or "").startswith("near_")]
    assert len(near) == 5
    before = widget(page, "selectbox", "Item").value
    near[0].click().run()
    assert widget(page, "selectbox", "Item").value != before
    prototype = job("numbers").result["groups"][0]["prototype"]
    widget(page, "button", prototype).click().run()
    assert f"**{prototype}**" in texts(page, "markdown")


@pytest.mark.parametrize(
    ("data", "item"),
    [(3, 3), ([3], 3), ([3.0, 9], 3), ("3", None), (None, None), (True, None), ([], None)],
)
def test_a_click_says_which_item(data, item):
    assert groups_view._item_of(data) == item


def test_names_of_groups_stay_and_are_in_the_labels(job):
    page = opened(job("numbers"))
    widget(page, "text_input", "Its name").set_value("=slow [x]").run()
    assert not page.exception
    page = opened(job("numbers"))
    assert page.dataframe[0].value["Group"].tolist()[0] == "● Group 0: =slow [x]"
    found = explored.load(job("numbers"))
    rows = explored.labels_to_keep(found, explored.names_of(job("numbers"))).decode().splitlines()
    plain = (job("numbers").folder / "labels.csv").read_text().splitlines()
    assert rows[0] == plain[0] + ",name"
    assert {row.rpartition(",")[2] for row in rows[1:]} == {"'=slow [x]", ""}
    assert [row.rpartition(",")[0] for row in rows] == plain
    assert explored.labels_to_keep(found, {}).decode().splitlines() == plain


def test_two_groups_cannot_have_one_name(job):
    explored.rename(job("numbers"), 1, "slow")
    page = opened(job("numbers"))
    widget(page, "text_input", "Its name").set_value(" slow ").run()
    assert "expected another name for every group, got 'slow'" in texts(page, "error")
    explored.rename(job("numbers"), 1, "")
    assert explored.names_of(job("numbers")) == {}


def test_the_same_again_is_compared_with_what_was_before(job):
    first = job("numbers")
    page = opened(first)
    assert "Compare with another run" not in texts(page, "subheader")
    widget(page, "button", "Same seed again").click().run()
    second = shown(page)
    assert second.id != first.id
    theirs, ours = (" ".join(one.command).replace(one.id, "") for one in (first, second))
    assert theirs == ours
    table = "numbers/table-1.csv"
    assert (second.folder / table).read_bytes() == (first.folder / table).read_bytes()
    do(second)
    page = opened(second)
    assert widget(page, "metric", "Agreement").value == "1.00"
    assert widget(page, "metric", "Moved").value == "0"
    assert page.dataframe[-1].value["Overlap"].tolist() == [1.0, 1.0]


def test_groups_that_differ_say_what_has_moved(job):
    first = job("numbers")
    second = grouping.start(grouping.again(first), SETTINGS, before=first.id)
    for name in ("labels.csv", "result.json", "model"):
        copy = shutil.copytree if name == "model" else shutil.copy
        copy(first.folder / name, second.folder / name)
    rows = (second.folder / "labels.csv").read_text().splitlines()
    name, label, sure = rows[2].split(",")
    rows[2] = f"{name},{1 - int(label)},{sure}"
    (second.folder / "labels.csv").write_text("\n".join(rows) + "\n")
    set_state(second, "done")
    page = opened(second)
    assert widget(page, "metric", "Moved").value == "1"
    assert f"In no matching groups: {name}" in texts(page, "caption")


def test_other_settings_begin_with_those_of_the_run(job):
    page = opened(job("music"))
    form = {found.label: found.value for found in page.number_input}
    assert (form["Number of groups"], form["Notes from the beginning, at most"]) == (2, 32)
    features = widget(page, "multiselect", "What the network is told of each note")
    assert features.value == ["intervals", "values"]
    widget(page, "number_input", "Number of groups").set_value(3)
    find(page)
    assert "--clusters 3" in " ".join(shown(page).command)
    assert shown(page).about["before"] == job("music").id


def test_a_melody_is_heard_when_it_is_chosen(job, monkeypatch):
    heard = []
    monkeypatch.setattr(groups_view, "hear_item", lambda music, name, key: heard.append(name))
    page = opened(job("music"))
    assert not heard
    widget(page, "selectbox", "Item").set_value(2).run()
    assert heard == ["tune002.mid"]


def test_a_group_is_learnt_from_alone_as_by_the_command(job, monkeypatch):
    went = []
    monkeypatch.setattr(
        groups_view.st, "switch_page", lambda page, query_params: went.append(query_params)
    )
    page = opened(job("music"))
    size = job("music").result["sizes"][0]
    words = f"Train on this group ({size} file{'s' if size > 1 else ''})"
    widget(page, "button", words).click().run()
    assert not page.exception
    assert went == [{"job": job("look").id, "group": f"{job('music').id}-0"}]
    set_state(job("look"), "done")
    explored.rename(job("music"), 0, "slow [x]")
    page = in_training(**went[0])
    files = f"{size} files are" if size > 1 else "1 file is"
    assert f"Of tunes, group 0: slow [x]: {files} learnt from." in texts(page, "info")
    widget(page, "button", "Train").click().run()
    assert not page.exception
    started = shown(page)
    assert "group" not in page.query_params
    asked = started.command
    assert asked[3:5] == ("train", str(job("look").folder / "corpus.parquet"))
    table, _, number = asked[asked.index("--group") + 1].rpartition(":")
    assert table == str(started.folder / "labels.csv")  # which outlives the grouping
    members = explored.load(job("music")).members(0)
    assert files_of_group(table, number) == set(members)
    assert started.about["music"] == "tunes, group 0: slow [x]"


def in_training(**query):
    page = AppTest.from_string(
        "from lstmmusic.app import train_page\ntrain_page.render()", default_timeout=60
    )
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ("x", "group: expected one that is still there, got 'x'"),
        ("../../jobs-0", "group: expected one that is still there"),
        ("{look}-0", "group: expected one that is still there"),
        ("{numbers}-0", "group: expected one of this music, got one of other music"),
        ("{music}-7", "labels.csv: expected one of the groups 0, 1, got '7'"),
    ],
)
def test_a_link_to_no_group_is_one_line_and_all_is_learnt_from(job, group, said):
    ids = {name: job(name).id for name in ("look", "numbers", "music")}
    page = in_training(job=ids["look"], group=group.format(**ids))
    assert not page.exception
    assert said in texts(page, "warning")
    widget(page, "button", "Train").click().run()
    assert "--group" not in shown(page).command


def test_from_a_group_one_goes_back_to_all_of_the_music(job):
    page = in_training(job=job("look").id, group=f"{job('music').id}-1")
    widget(page, "button", "Learn from all of it").click().run()
    assert not texts(page, "info").startswith("Of tunes")
    assert "group" not in page.query_params


def test_music_that_was_removed_is_told(job):
    shutil.rmtree(job("look").folder)
    page = opened(job("music"))
    assert "corpus.parquet: expected a folder or a file, got nothing there" in texts(page, "error")
    widget(page, "button", "Same seed again").click().run()
    assert "sequences: expected those that were grouped, got none" in texts(page, "error")
    assert shown(page).id == job("music").id


def test_a_model_that_cannot_be_read_can_be_made_again(job):
    numbers = job("numbers")
    (numbers.folder / "model" / "clusterer.safetensors").write_bytes(b"")
    page = opened(numbers)
    assert "clusterer.safetensors" in texts(page, "error")
    widget(page, "button", "Same seed again").click().run()
    assert shown(page).id != numbers.id


def test_other_sequences_than_were_grouped_are_not_shown(job):
    numbers = job("numbers")
    with (numbers.folder / "numbers" / "table-1.csv").open("a") as file:
        file.write("another,0,1.0\n")
    (numbers.folder / "result.json").touch()
    with pytest.raises(InputError, match="the 24 that were grouped, got 25"):
        explored.load(numbers)


def test_the_map_shows_how_much_of_the_spread_it_shows():
    points = np.array([[0.0, 0, 0], [2, 0, 0], [0, 1, 0], [2, 1, 0]])
    found = Explored(Sequences([[1]] * 4), np.zeros(4, int), np.ones(4), points, {})
    assert found.shares == pytest.approx((0.8, 0.2))
    assert found.nearest(0, 1) == [2]


def test_other_pages_load_nothing_that_groups_and_this_one_nothing_that_learns(job):
    code = (
        "import sys\ndef print_loaded(*names):\n"
        "    print([name for name in names if name in sys.modules])\n"
        "from lstmmusic.app import explore_page, improvise_page, lab_page, train_page\n"
        "print_loaded('sklearn', 'tensorflow', 'keras')\n"
        "lab_page.list_tasks()\n"
        "from lstmmusic.app import explored, groups_view\nfrom lstmmusic.app.jobs import Jobs\n"
        f"explored.load(Jobs().find({job('numbers').id!r}))\n"
        "print_loaded('tensorflow', 'keras')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["[]", "[]"]


def test_a_blues_is_played_like_the_files_of_a_group_alone(job, monkeypatch):
    heard = []

    def like(group, *, seed):
        heard.append({melody.title for melody in group.melodies})
        piece = lstmmusic.improvise(seed=seed)
        told = {"overlap": 0.5, "without": 0.25}
        return replace(piece, report={**piece.report, "like": told})

    monkeypatch.setattr(playing, "improvise_like", like)
    monkeypatch.setattr(sounding, "stems_of", lambda score: ((), "none in this test"))
    page = opened(job("music"))
    members = set(explored.load(job("music")).members(0))
    widget(page, "button", "Play like this group").click().run()
    assert not page.exception
    assert heard == [members]
    assert "overlap with the group 0.50, without it 0.25" in texts(page, "caption")
    page.run()
    assert len(heard) == 1
    assert "Play like this group" not in labels(opened(job("numbers")))
