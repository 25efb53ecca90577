"""The trainer's story in a real browser: folder, doctor, train, stop, reload, resume, play."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from urllib.parse import urlsplit

import pytest
import symusic

from benchmarks import browser
from lstmmusic.app.jobs import Jobs, read_json
from lstmmusic.io.synthesiser import find_library, find_soundfont

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(browser.CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(not (find_library() and find_soundfont()), reason="no synthesiser"),
]
LONG = 600_000  # milliseconds: TensorFlow loads twice on a computer that may be busy
SHORT = 90_000


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click(timeout=SHORT)


def test_from_a_folder_to_a_blues(tmp_path, twelve_bar):
    songs = tmp_path / "songs"
    songs.mkdir()
    for path in sorted(twelve_bar.glob("*.abc"))[:24]:
        shutil.copy(path, songs)
    (songs / "broken.mid").write_bytes(b"MThd")
    folders = {name: str(tmp_path / name.lower()) for name in ("jobs", "models")}
    environment = {f"LSTMMUSIC_{name.upper()}": folder for name, folder in folders.items()}
    with (
        browser.served(environment) as (url, _),
        browser.opened(f"{url}/train", ready="Look at the files") as page,
    ):
        page.get_by_text("A folder", exact=True).click()
        page.get_by_role("textbox", name="Folder of music on this computer").fill(str(songs))
        page.keyboard.press("Enter")
        press(page, "Look at the files")

        page.get_by_text("Notes of melody", exact=True).first.wait_for(timeout=LONG)
        told = page.get_by_test_id("stMetric").filter(has_text="Skipped")
        assert told.get_by_test_id("stMetricValue").inner_text() == "1"
        page.get_by_role("button", name="Train", exact=True).wait_for(timeout=SHORT)
        page.get_by_role("textbox", name="Name of the model").fill("road songs")
        page.get_by_role("spinbutton", name="Epochs, at most").fill("6")
        page.get_by_role("spinbutton", name="A sample every").fill("1")
        press(page, "Train")

        page.get_by_text(re.compile(r"epoch \d of 6")).wait_for(timeout=LONG)
        page.reload()
        page.get_by_text(re.compile(r"epoch \d of 6")).wait_for(timeout=LONG)
        press(page, "Stop")
        page.get_by_role("button", name="Resume", exact=True).wait_for(timeout=LONG)
        address = page.url
        metrics = next((tmp_path / "models" / "road songs" / "run").glob("*/metrics.jsonl"))
        before = metrics.read_text().splitlines()

        page.goto("about:blank")  # the tab is closed, and opened again by its address
        page.goto(address)
        press(page, "Resume")
        os.kill(trainer_of(tmp_path / "jobs"), signal.SIGKILL)
        page.get_by_text("Its process has gone").wait_for(timeout=SHORT)
        press(page, "Resume")
        page.get_by_role("button", name="Improvise with this model").wait_for(timeout=LONG)
        after = [json.loads(line)["epoch"] for line in metrics.read_text().splitlines()]
        assert after == list(range(1, 7))
        assert metrics.read_text().splitlines()[: len(before)] == before

        press(page, "Hear it")
        page.locator(".roll[data-state=ready]").wait_for(timeout=SHORT)
        press(page, "Improvise with this model")
        press(page, "Improvise")
        page.locator(".roll[data-state=playing]").wait_for(timeout=SHORT)
        page.get_by_text("melody by the model road songs").wait_for(timeout=SHORT)
        with page.expect_download(timeout=SHORT) as waiting:
            press(page, "Download MIDI")
        waiting.value.save_as(tmp_path / "played.mid")
        assert len(symusic.Score(tmp_path / "played.mid").tracks) == 4
        assert page.faults == []
        hosts = {urlsplit(url).hostname for url in page.requested if url.startswith(("http", "ws"))}
        assert hosts == {"127.0.0.1"}
    states = {Jobs(tmp_path / "jobs").status(job).state for job in jobs_in(tmp_path / "jobs")}
    assert states == {"done"}


def jobs_in(folder):
    return Jobs(folder).listed("", is_local=True)


def trainer_of(folder):
    """The process that trains: a child of the runner of its job, once that has begun."""
    (job,) = (job for job in jobs_in(folder) if job.kind == "train")
    for _ in range(600):
        status = read_json(job.folder / "status.json")
        if status["state"] == "running":
            command = ["pgrep", "-P", str(status["pid"])]
            return int(subprocess.run(command, capture_output=True, check=True).stdout.split()[0])
        time.sleep(0.1)
    raise AssertionError(status)
