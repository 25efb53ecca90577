"""The player's first minute, in chromium: from click to sound, and the playhead's error."""

from __future__ import annotations

import statistics
import time

from benchmarks.browser import CHROMIUM, WATCH_PLAYHEAD, improvise, opened, served

PIECES = 5


def measure() -> dict[str, float] | None:
    """Seconds to the sound of a first and of later pieces of 12 bars; None without chromium."""
    if CHROMIUM is None:
        return None
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
