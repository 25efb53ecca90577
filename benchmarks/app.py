"""The app in chromium: `python -m benchmarks.app` writes its part of `benchmarks/results.json`.

How soon the first page is there, from click to sound, how near the playhead is to the sound and how
smoothly it moves, how soon a map answers a click, and how much memory the app takes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.browser import CHROMIUM, WATCH_PLAYHEAD, improvise, opened, served, window

RESULTS = Path(__file__).parent / "results.json"
PIECES = 5
STARTS = 3
NOTES = (700, 20_000)
POINTS = 2_000
CLICKS = 7
_LONG = 180_000  # milliseconds

# A page that is a piano roll alone: so many notes in four parts over five minutes, and a soft tone.
_ROLL = """
import io
import numpy as np
import soundfile
import streamlit as st
from lstmmusic.app.piano_roll import piano_roll
from lstmmusic.score import Note, Part, Score, TempoMap

seconds, n_notes = 300, int(st.query_params["notes"])
rng = np.random.default_rng(0)
onsets = np.sort(rng.uniform(0, seconds - 1, n_notes))
parts = [
    Part([Note(onset, 0.2, int(pitch)) for onset, pitch in
          zip(onsets[k::4], rng.integers(40, 90, len(onsets[k::4])))], f"part {k + 1}")
    for k in range(4)
]
tone = 0.01 * np.sin(np.arange(seconds * 8000) / 8)
buffer = io.BytesIO()
soundfile.write(buffer, tone, 8000, format="FLAC")
score = Score(parts, tempo_map=TempoMap.constant(60), length_quarters=seconds)
piano_roll(score, lambda speed: ([buffer.getvalue()], ""))
"""


def measure() -> dict[str, float] | None:
    """Every figure of the app; None without chromium."""
    if CHROMIUM is None:
        return None
    return {**_start(), **_sound(), **_frames(), **_map(), **_memory()}


def _start() -> dict[str, float]:
    """From the start of the server until the first page can be used, with a browser that waits."""
    seconds = []
    for _ in range(STARTS):
        with window() as page:
            begun = time.perf_counter()
            with served() as (url, _):
                page.goto(url)
                page.get_by_role("button", name="Improvise", exact=True).wait_for(timeout=_LONG)
                seconds.append(time.perf_counter() - begun)
    return {"first_page_seconds": round(statistics.median(seconds), 2)}


def _sound() -> dict[str, float]:
    with served() as (url, _), opened(url) as page:
        first = improvise(page, seed=1)
        time.sleep(1)
        seen = page.evaluate(WATCH_PLAYHEAD)
        later = []
        for piece in range(PIECES):
            page.get_by_role("button", name="Pause").click()
            later.append(improvise(page, seed=100 + piece))
    return {
        "first_click_to_sound_seconds": round(first, 2),
        "later_click_to_sound_seconds": round(statistics.median(later), 2),
        "playhead_error_ms": round(1000 * statistics.median(seen["errors"]), 1),
        "frames_per_second": round(seen["fps"], 1),
    }


def _frames() -> dict[str, float]:
    """Frames a second while that many notes play, the view moving on with them."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "roll.py"
        script.write_text(_ROLL, encoding="utf-8")
        with served(script=script) as (url, _), window() as page:
            for notes in NOTES:
                page.goto(f"{url}/?notes={notes}")
                page.locator(".roll[data-state=ready]").wait_for(timeout=_LONG)
                page.get_by_role("button", name="Play", exact=True).click()
                time.sleep(1)
                rounds = [page.evaluate(WATCH_PLAYHEAD)["fps"] for _ in range(3)]
                found[f"frames_per_second_{notes}_notes"] = round(statistics.median(rounds), 1)
    return found


def _map() -> dict[str, float]:
    """From a click on a point of the map until what it is stands beside it."""
    with tempfile.TemporaryDirectory() as home, mock.patch.dict(os.environ, _folders(home)):
        job = _grouped()
        with served(_folders(home)) as (url, _), window() as page:
            page.goto(f"{url}/explore?job={job}")
            points = page.locator(".scatterlayer path.point")
            points.first.wait_for(timeout=_LONG)
            points.first.scroll_into_view_if_needed()
            pointed = page.locator(".hoverlayer .hovertext text.nums")
            shown = page.get_by_text(re.compile("confidence [0-9]+%"))
            seconds, chosen = [], ""
            for point in range(0, POINTS, POINTS // (4 * CLICKS)):
                box = points.nth(point).bounding_box()
                x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
                page.mouse.move(x, y, steps=3)
                time.sleep(0.5)
                # Points lie on top of each other: the one that is clicked is the one that is named.
                # A click on the one that is shown already changes nothing.
                name = pointed.first.text_content() if pointed.count() else chosen
                if name == chosen:
                    continue
                begun = time.perf_counter()
                page.mouse.click(x, y)
                told = shown.filter(has_text=re.compile(rf"^{re.escape(name)}\D"))
                told.wait_for(timeout=30_000)
                seconds.append(time.perf_counter() - begun)
                chosen = name
                time.sleep(1)
                if len(seconds) > CLICKS:
                    break
    return {"map_click_ms": round(1000 * statistics.median(seconds[1:]))}


def _folders(home: str) -> dict[str, str]:
    return {f"LSTMMUSIC_{kind}": f"{home}/{kind.lower()}" for kind in ("JOBS", "MODELS")}


def _grouped() -> str:
    """The id of a job that has grouped so many sequences, by networks that have not learnt."""
    from lstmmusic.app import grouping
    from lstmmusic.app.jobs import Jobs
    from lstmmusic.clustering.synthetic import make_family

    waves, _ = make_family("frequency", POINTS)
    material = grouping.of_numbers("waves", [("waves.csv", grouping.as_table(waves))], "")
    settings: Mapping[str, Any] = {
        "objective": "bingo",
        "clusters": 8,
        "seed": 0,
        "features": None,
        "notes": None,
        "updates": 0,
        "yardsticks": False,
    }
    job = grouping.start(material, settings)
    while Jobs().status(job).is_alive:
        time.sleep(0.5)
    if Jobs().status(job).state != "done":
        raise RuntimeError(job.last_words)
    return job.id


def _memory() -> dict[str, float]:
    """What the process of the app holds after a first piece, and after all pages and eight more."""
    found = {}
    with _empty() as environment, served(environment) as (url, process), opened(url) as page:
        improvise(page, seed=1)
        found["memory_first_piece_mib"] = _resident_mib(process)
        for seed in range(2, 10):
            page.get_by_role("button", name="Pause").click()
            improvise(page, seed=seed)
        for path, button in (("train", "Look at the files"), ("explore", "Find groups")):
            page.goto(f"{url}/{path}")
            page.get_by_role("button", name=button, exact=True).wait_for(timeout=_LONG)
        page.goto(f"{url}/lab")
        page.get_by_role("radio", name="Inside a blues").click()
        page.locator(".roll[data-state=ready]").wait_for(timeout=_LONG)
        found["memory_all_pages_mib"] = _resident_mib(process)
    return found


@contextmanager
def _empty() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as home:
        yield _folders(home)


def _resident_mib(process: int) -> int:
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s*(\d+) kB", text)
    return round(int(found[1]) / 1024) if found else 0


def main() -> None:
    """Measures, and puts the figures in their place among those of the other benchmarks."""
    steps: dict[str, Callable[[], dict[str, float]]] = {
        "start": _start,
        "sound": _sound,
        "frames": _frames,
        "map": _map,
        "memory": _memory,
    }
    if CHROMIUM is None:
        raise SystemExit("chromium is not installed")
    parser = argparse.ArgumentParser(description="Measures the app in chromium.")
    parser.add_argument("--steps", nargs="*", choices=list(steps), default=list(steps))
    found = {}
    for name in parser.parse_args().steps:
        found |= steps[name]()
        print(name, found, flush=True)
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    results["app"] |= found
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
