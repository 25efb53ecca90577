"""The page in a real browser: it plays, follows the sound, mutes, and hands out its files.

Needs Debian's chromium; skipped where there is none.
"""

import io
import statistics
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks import browser
from lstmmusic.io import load, parse_midi
from lstmmusic.io.synthesiser import find_library, find_soundfont

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(not (find_library() and find_soundfont()), reason="no synthesiser"),
]


@pytest.fixture(scope="module")
def server():
    with browser.served() as found:
        yield found


@pytest.fixture
def page(server):
    with browser.opened(server[0]) as page:
        yield page
        assert page.faults == []
        hosts = {urlsplit(url).hostname for url in page.requested if url.startswith(("http", "ws"))}
        assert hosts == {"127.0.0.1"}


def test_the_playhead_follows_the_sound(page):
    browser.improvise(page)
    time.sleep(1)
    for _ in range(4):  # a busy computer may drop frames for a while
        seen = page.evaluate(browser.WATCH_PLAYHEAD)
        if seen["fps"] >= 55:
            break
    assert statistics.median(seen["errors"]) <= 0.010
    assert sorted(seen["errors"])[int(len(seen["errors"]) * 0.9)] <= 0.025
    assert seen["fps"] >= 55


def test_a_muted_part_is_silent_and_the_others_are_not(page):
    browser.improvise(page)
    time.sleep(1.5)
    before = page.evaluate(browser.LEVELS)
    assert before[0] > 0.001 or before[1] > 0.001
    for part in ("melody", "piano (rules)"):
        page.get_by_role("button", name=f"Mute {part}").click()
    time.sleep(0.5)
    after = page.evaluate(browser.LEVELS)
    assert after[0] == after[2] == 0
    assert max(after[1], after[3]) > 0.001


def test_the_three_files_open_elsewhere(page, tmp_path):
    import music21
    import soundfile
    import symusic

    browser.improvise(page)
    paths = {}
    for label in ("MIDI", "MusicXML", "WAV"):
        with page.expect_download(timeout=60_000) as waiting:
            page.get_by_role("button", name=f"Download {label}").click()
        paths[label] = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(paths[label])
    assert len(symusic.Score(paths["MIDI"]).tracks) == 4
    piece = parse_midi(paths["MIDI"].read_bytes())
    notation = music21.converter.parseData(paths["MusicXML"].read_text(), format="musicxml")
    assert len(notation.parts[0].getElementsByClass("Measure")) == piece.n_bars == 12
    assert load(paths["MusicXML"]).chords == piece.chords
    samples, rate = soundfile.read(io.BytesIO(paths["WAV"].read_bytes()))
    assert abs(samples).max() <= 0.9
    assert len(samples) / rate == pytest.approx(piece.seconds + 2, abs=0.01)


def test_another_widget_does_not_interrupt_the_sound(page):
    browser.improvise(page)
    started = page.evaluate("window.ear.starts.length")
    page.get_by_text("Score", exact=True).click()
    time.sleep(1)
    assert page.evaluate("window.ear.starts.length") == started
    assert page.locator(".roll[data-state=playing]").count() == 1


def test_a_bar_is_redone_undone_and_taken_away(page, tmp_path):
    browser.improvise(page, seed=3)
    page.get_by_role("spinbutton", name="From bar").fill("9")
    page.get_by_role("spinbutton", name="To bar").fill("9")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Other notes").click()
    page.get_by_text("Other notes in bars 9.").wait_for(timeout=60_000)
    page.locator(".roll[data-state=playing]").wait_for(timeout=60_000)
    taken = {}
    settled = "document.querySelector('[data-testid=stApp]').dataset.testScriptState"
    for state in ("redone", "undone"):
        page.wait_for_function(f"{settled} === 'notRunning'", timeout=60_000)
        with page.expect_download(timeout=60_000) as waiting:
            page.get_by_role("button", name="Download MIDI").click()
        path = tmp_path / f"{state}.mid"
        waiting.value.save_as(path)
        taken[state] = parse_midi(path.read_bytes())
        if state == "redone":
            page.get_by_role("button", name="Undo").click()
            page.get_by_text("Other notes in bars 9.").wait_for(state="hidden", timeout=60_000)
    assert taken["redone"].parts[0] != taken["undone"].parts[0]
    assert taken["redone"].parts[1:] == taken["undone"].parts[1:]


def test_the_keyboard_plays_and_moves_by_bars(page):
    browser.improvise(page)
    roll = page.locator(".roll")
    roll.focus()
    page.keyboard.press("Space")
    page.locator(".roll[data-state=ready]").wait_for(timeout=5_000)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert "bar 3" in page.locator(".where").inner_text()
    page.keyboard.press("ArrowLeft")
    assert "bar 2" in page.locator(".where").inner_text()


def test_the_link_brings_the_same_piece_to_another_browser(page):
    browser.improvise(page, seed=11)
    said = page.get_by_text("seed 11").inner_text()
    page.goto(page.url)
    page.get_by_text("seed 11").wait_for(timeout=60_000)
    assert page.get_by_text("seed 11").inner_text() == said


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")
def test_playing_leaves_tensorflow_out_of_memory(page, server):
    browser.improvise(page)
    maps = Path(f"/proc/{server[1]}/maps").read_text()
    assert "symusic" in maps or "numpy" in maps
    assert "tensorflow" not in maps
