"""The app in a real browser: what its tests and its benchmark share.

Needs chromium (Debian's package) and the Python package playwright.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

_FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)

# Runs in the page before anything else: remembers when sources start, and hears what goes out.
_EAR = """
window.ear = {starts: [], analysers: []};
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when = 0, offset = 0) {
  window.ear.starts.push({context: this.context, when, offset});
  return start.call(this, when, offset);
};
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...rest) {
  if (target === this.context.destination) {
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 8192;
    window.ear.analysers.push(analyser);
    connect.call(this, analyser);
  }
  return connect.call(this, target, ...rest);
};
"""

# For two seconds of frames: seconds between the playhead and where the audio clock says it belongs.
WATCH_PLAYHEAD = """
async () => {
  const root = [...document.querySelectorAll('*')]
    .map((element) => element.shadowRoot?.querySelector('.roll')).find(Boolean)
    || document.querySelector('.roll');
  const head = root.querySelector('.playhead');
  const scroller = root.querySelector('.scroller');
  const seconds = Number(root.querySelector('.slider').max);
  const perSecond = (root.querySelector('.length').offsetWidth - 60) / seconds;
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

# What goes out of each part's gain node now, root mean square.
LEVELS = """
() => window.ear.analysers.map((analyser) => {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
})
"""


@contextmanager
def served(
    environment: Mapping[str, str] | None = None, script: Path = ROOT / "app.py"
) -> Iterator[tuple[str, int]]:
    """The app on a free port, with these variables set: its address and process number.

    Args:
        environment: Variables beside those of this process.
        script: Another entry than the app's.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.headless", "true", "--server.port", str(port)]
    quiet = subprocess.DEVNULL
    environment = {**os.environ, **(environment or {})}
    server = subprocess.Popen(command, cwd=ROOT, stdout=quiet, stderr=quiet, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                    break
            except OSError:
                time.sleep(0.1)
        yield url, server.pid
    finally:
        server.terminate()
        server.wait(timeout=20)


@contextmanager
def window(
    width: int = 1280, height: int = 1400, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Any]:
    """An empty page; it notes every request (`requested`) and script error (`faults`).

    Args:
        width: Of the window, in pixels.
        height: The same.
        scheme: Light or dark.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        page: Any = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        page.requested, page.faults = [], []
        page.on("request", lambda request: page.requested.append(request.url))
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.add_init_script(_EAR)
        try:
            yield page
        finally:
            browser.close()


@contextmanager
def opened(
    url: str,
    ready: str = "Improvise",
    width: int = 1280,
    height: int = 1400,
    scheme: Literal["light", "dark"] = "light",
) -> Iterator[Any]:
    """A page of the app in a `window`, ready.

    Args:
        url: Of the page.
        ready: The button that says that it is there.
        width: As of the window.
        height: The same.
        scheme: The same.
    """
    with window(width, height, scheme) as page:
        page.goto(url)
        page.get_by_role("button", name=ready, exact=True).wait_for(timeout=60_000)
        yield page


def improvise(page: Any, seed: int = 3) -> float:
    """Asks for a piece and returns the seconds from the click to its sound."""
    page.get_by_role("textbox", name="Seed").fill(str(seed))
    begun = time.perf_counter()
    page.get_by_role("button", name="Improvise").click()
    page.locator(".roll[data-state=playing]").wait_for(timeout=60_000)
    return time.perf_counter() - begun
