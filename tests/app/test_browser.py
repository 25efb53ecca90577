"""The page in a real browser: it plays, follows the sound, mutes, and hands out its files.

Needs Debian's chromium; skipped where there is none.
"""

import io
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from lstmmusic.io import load, parse_midi
from lstmmusic.io.synthesiser import find_library, find_soundfont

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(not (find_library() and find_soundfont()), reason="no synthesiser"),
]

# Runs in the page before anything else: remembers when sources start, and hears what goes out.
_EAR = """
window.ear = {starts: []};
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when = 0, offset = 0) {
  window.ear.starts.push({context: this.context, when, offset});
  return start.call(this, when, offset);
};
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...rest) {
  if (target === this.context.destination) {
    window.ear.analysers = window.ear.analysers || [];
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 8192;
    window.ear.analysers.push(analyser);
    connect.call(this, analyser);
  }
  return connect.call(this, target, ...rest);
};
"""

# For half a second of frames: how far the playhead is from where the audio clock says it should be.
_WATCH = """
async () => {
  const root = [...document.querySelectorAll('*')]
    .map((e) => e.shadowRoot?.querySelector('.roll')).find(Boolean)
    || document.querySelector('.roll');
  const view = root.querySelector('.view');
  const head = root.querySelector('.playhead');
  const scroller = root.querySelector('.scroller');
  const slider = root.querySelector('.slider');
  const perSecond = (root.querySelector('.length').offsetWidth - 60) / Number(slider.max);
  const errors = [];
  let frames = 0;
  const begin = performance.now();
  while (performance.now() - begin < 2000) {
    await new Promise(requestAnimationFrame);
    const source = window.ear.starts.at(-1);
    const late = source.context.outputLatency || 0;
    const heard = source.context.currentTime - late - source.when + source.offset;
    const x = new DOMMatrix(getComputedStyle(head).transform).m41;
    errors.push(Math.abs((x - 52 + scroller.scrollLeft) / perSecond - heard));
    frames += 1;
  }
  return {errors, fps: frames / ((performance.now() - begin) / 1000)};
}
"""

_LEVELS = """
() => window.ear.analysers.map((analyser) => {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
})
"""


@pytest.fixture(scope="module")
def address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]
    command += ["--server.headless", "true", "--server.port", str(port)]
    server = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                break
        except OSError:
            time.sleep(0.1)
    yield url, server.pid
    server.terminate()
    server.wait(timeout=20)


@pytest.fixture
def page(address):
    from playwright.sync_api import sync_playwright

    url, _ = address
    flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
    flags += ["--disable-sync", "--no-first-run", "--autoplay-policy=no-user-gesture-required"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 1400}, accept_downloads=True)
        page.requested, page.faults = [], []
        page.on("request", lambda request: page.requested.append(request.url))
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.add_init_script(_EAR)
        page.goto(url)
        page.get_by_role("button", name="Improvise").wait_for(timeout=60_000)
        yield page
        browser.close()
        assert page.faults == []
        hosts = {re.sub(r"^\w+://([^/]*).*", r"\1", url) for url in page.requested}
        assert {
            host for host in hosts if not host.startswith(("127.0.0.1:", "blob:", "data:"))
        } <= {""}


def improvise(page, seed="3"):
    page.get_by_role("textbox", name="Seed").fill(seed)
    page.get_by_role("button", name="Improvise").click()
    page.locator(".roll[data-state=playing]").wait_for(timeout=60_000)


def test_the_playhead_follows_the_sound(page):
    improvise(page)
    time.sleep(1)
    seen = page.evaluate(_WATCH)
    assert statistics.median(seen["errors"]) <= 0.010
    assert sorted(seen["errors"])[int(len(seen["errors"]) * 0.9)] <= 0.025
    assert seen["fps"] >= 30  # the figure on an idle computer is in the benchmarks


def test_a_muted_part_is_silent_and_the_others_are_not(page):
    improvise(page)
    time.sleep(1.5)
    before = page.evaluate(_LEVELS)
    assert before[0] > 0.001 or before[1] > 0.001
    for part in ("melody", "piano (rules)"):
        page.get_by_role("button", name=f"Mute {part}").click()
    time.sleep(0.5)
    after = page.evaluate(_LEVELS)
    assert after[0] == after[2] == 0
    assert max(after[1], after[3]) > 0.001


def test_the_three_files_open_elsewhere(page, tmp_path):
    import music21
    import soundfile
    import symusic

    improvise(page)
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
    improvise(page)
    started = page.evaluate("window.ear.starts.length")
    page.get_by_text("Score", exact=True).click()
    time.sleep(1)
    assert page.evaluate("window.ear.starts.length") == started
    assert page.locator(".roll[data-state=playing]").count() == 1


def test_the_keyboard_plays_and_moves_by_bars(page):
    improvise(page)
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
    improvise(page, seed="11")
    said = page.get_by_text("seed 11").inner_text()
    page.goto(page.url)
    page.get_by_text("seed 11").wait_for(timeout=60_000)
    assert page.get_by_text("seed 11").inner_text() == said


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")
def test_playing_leaves_tensorflow_out_of_memory(page, address):
    improvise(page)
    maps = Path(f"/proc/{address[1]}/maps").read_text()
    assert "symusic" in maps or "numpy" in maps
    assert "tensorflow" not in maps
    assert os.path.exists(f"/proc/{address[1]}")
