"""What drummers do with loudness and time: `python -m training.groove FOLDER`.

Reads the grooves of Groove MIDI Dataset (Gillick et al. 2019) in a folder (`groove__*.mid`) that
swing, and writes `lstmmusic/generation/band/drummers.json`: for every instrument and kind of place
in the bar the middle and the quartiles of the velocities, and of how late the strokes are. The
middle is the median of the files' medians, the quartiles are those of the distances from the
medians of their files, so that they tell how one drummer varies and not how drummers differ. All
are late by the delay of the click that they played to; its median is taken off.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from lstmmusic.analysis.swing import TRIPLET, off_beats
from lstmmusic.errors import InputError
from lstmmusic.generation.band.drummers import DRUMMERS, PLACES, VOICES, place_of
from lstmmusic.io import load
from lstmmusic.score import Score

MIN_STROKES = 30  # of an instrument at a place; fewer are not told
MIN_IN_FILE = 8
_NEAR = 0.12  # of a beat: strokes so near to the beat or the swung off-beat are meant there


def strokes(score: Score) -> list[tuple[str, str, int, float]]:
    """Voice, place, velocity and lateness in milliseconds of the strokes on beats and off-beats."""
    notes = score.parts[0].notes
    beats = notes["onset_quarters"] / score.metre.beat_quarters
    shares = off_beats(np.unique(beats))
    swing = float(np.median(shares)) if len(shares) else TRIPLET
    milliseconds = 60_000 / score.tempo_bpm
    found = []
    for beat, pitch, velocity in zip(beats, notes["pitch"], notes["velocity"], strict=True):
        for meant, step in ((np.floor(beat + _NEAR), 0), (np.floor(beat) + swing, 6)):
            late = float(beat - meant)
            if abs(late) < _NEAR and int(pitch) in VOICES:
                place = place_of(int(meant) % 4 * 12 + step)
                found.append((VOICES[int(pitch)], place, int(velocity), late * milliseconds))
                break
    return found


def make_table(folder: Path) -> dict:
    """The table, with what it was made from.

    Raises:
        InputError: The folder holds no grooves that swing.
    """
    files = sorted(folder.glob("groove__*.mid"))
    files = [path for path in files if "swing" in path.name or "shuffle" in path.name]
    if not files:
        raise InputError(str(folder), "grooves that swing (groove__*.mid)", "none")
    rows: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    n_strokes = 0
    for path in files:
        found = strokes(load(path))
        n_strokes += len(found)
        for key in {(voice, place) for voice, place, *_ in found}:
            same = [(row[2], row[3]) for row in found if row[:2] == key]
            if len(same) >= MIN_IN_FILE:
                rows[key].append(np.array(same))
    click = float(np.median(np.concatenate([x[:, 1] for found in rows.values() for x in found])))
    table: dict[str, dict[str, dict]] = {}
    for voice in dict.fromkeys(VOICES.values()):
        for place in PLACES:
            found = rows[voice, place]
            if sum(map(len, found)) < MIN_STROKES:
                continue
            medians = np.array([np.median(x, axis=0) for x in found])
            spread = np.concatenate([x - m for x, m in zip(found, medians, strict=True)])
            middle = np.median(medians, axis=0) - [0.0, click]
            low, high = (middle + quartile for quartile in np.percentile(spread, (25, 75), axis=0))
            velocity, late = np.stack([low, middle, high]).T
            table.setdefault(voice, {})[place] = {
                "strokes": len(spread),
                "velocity": velocity.round(1).tolist(),
                "late_ms": late.round(1).tolist(),
            }
    return {
        "made_by": "python -m training.groove",
        "origin": "Groove MIDI Dataset (Gillick, Roberts, Engel, Eck, Bamman 2019), CC BY 4.0",
        "files": len(files),
        "strokes": n_strokes,
        "click_ms": round(click, 1),
        "table": table,
    }


def main() -> None:
    """Writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    text = json.dumps(make_table(parser.parse_args().folder), indent=1)
    DRUMMERS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
