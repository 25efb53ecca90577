"""The explorer's story in a real browser: upload, group, click, hear, name, again, train."""

import io
import zipfile
from urllib.parse import urlsplit

import pytest
import symusic

from benchmarks import browser
from lstmmusic.io import load
from lstmmusic.io.synthesiser import find_library, find_soundfont
from tests.corpus.conftest import small_tunes

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(browser.CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(not (find_library() and find_soundfont()), reason="no synthesiser"),
]
LONG = 600_000  # milliseconds: TensorFlow loads twice on a computer that may be busy
SHORT = 90_000
SETTLED = """
() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'
"""
CHOSEN_ANEW = """
(known) => {
  const box = [...document.querySelectorAll('input[role=combobox]')]
    .find((one) => one.getAttribute('aria-label')?.includes('Item'));
  return box?.value && !known.includes(box.value);
}
"""
POINTS = ".js-plotly-plot .scatterlayer .trace:nth-of-type(1) .points path"


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click(timeout=SHORT)


def test_from_an_upload_to_a_group_to_train_on(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in small_tunes(tmp_path / "tunes", 12).iterdir():
            archive.write(path, path.name)
    folders = {name: str(tmp_path / name.lower()) for name in ("jobs", "models")}
    environment = {f"LSTMMUSIC_{name.upper()}": folder for name, folder in folders.items()}
    with (
        browser.served(environment) as (url, _),
        browser.opened(f"{url}/explore", ready="Find groups") as page,
    ):
        page.get_by_text("Files to upload", exact=True).click()
        page.locator("input[type=file]").set_input_files(
            {"name": "tunes.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
        )
        press(page, "Look at the files")
        page.get_by_text("12 of 12 files have a melody").wait_for(timeout=LONG)
        page.get_by_role("spinbutton", name="Number of groups").fill("2")
        page.get_by_role("spinbutton", name="Updates of each network").fill("10")
        page.keyboard.press("Tab")
        press(page, "Find groups")
        page.get_by_role("button", name="Download the labels").wait_for(timeout=LONG)

        page.locator(POINTS).first.wait_for(timeout=SHORT)
        heard = set()
        for place in (0, 1):
            point = page.locator(POINTS).nth(place)
            point.scroll_into_view_if_needed()
            box = point.bounding_box()
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            page.wait_for_function(CHOSEN_ANEW, arg=list(heard), timeout=SHORT)
            page.wait_for_function(SETTLED, timeout=SHORT)  # then the roll is that of the new item
            page.locator(".roll[data-state=ready]").wait_for(timeout=SHORT)
            heard.add(page.get_by_role("combobox", name="Item").input_value())
        assert len(heard) == 2
        page.get_by_role("button", name="Play", exact=True).click()
        page.locator(".roll[data-state=playing]").wait_for(timeout=SHORT)

        page.get_by_role("textbox", name="Its name").fill("the first")
        page.keyboard.press("Enter")
        page.locator(".legendtext", has_text="Group 0: the first").wait_for(timeout=SHORT)
        page.wait_for_timeout(2000)
        with page.expect_download(timeout=SHORT) as kept:
            press(page, "Download the labels")
        rows = kept.value.path().read_text().splitlines()
        assert rows[0] == "item,cluster,confidence,name"
        assert {row.rpartition(",")[2] for row in rows[1:]} == {"the first", ""}

        press(page, "Same seed again")
        page.get_by_text("Compare with another run").wait_for(timeout=LONG)
        told = page.get_by_test_id("stMetric").filter(has_text="Agreement")
        assert told.get_by_test_id("stMetricValue").inner_text() == "1.00"

        press(page, "Play like this group")
        page.get_by_text("overlap with the group").wait_for(timeout=LONG)
        with page.expect_download(timeout=SHORT) as kept:
            press(page, "Download MIDI")
        kept.value.save_as(tmp_path / "like.mid")
        assert load(tmp_path / "like.mid").n_bars == 12
        assert symusic.Score(tmp_path / "like.mid").note_num() > 0

        page.get_by_role("button", name="Train on this group").click()
        page.get_by_role("heading", name="Train a model on your music").wait_for(timeout=SHORT)
        page.get_by_role("button", name="Train", exact=True).wait_for(timeout=LONG)
        number = sum(row.endswith(",the first") for row in rows)
        told = "1 file is" if number == 1 else f"{number} files are"
        # The second run has no names of its own.
        page.get_by_text(f", group 0: {told} learnt from.").wait_for(timeout=SHORT)
        assert page.faults == []
        hosts = {urlsplit(url).hostname for url in page.requested if url.startswith(("http", "ws"))}
        assert hosts == {"127.0.0.1"}
