"""How often the analysis is right, against truth that no one here wrote.

    python -m benchmarks.analysis --data FOLDER

Writes `benchmarks/analysis.json`.

The folder holds `blues` and `jazz_other` (solos of the Weimar Jazz Database with the keys and
chords of their transcribers) and `folk` (dance tunes with written keys); what is absent is left
out. Whatever is measured is hidden from the analysis.

The parameters were chosen by hand on the *development* half: files at even places in the order of
their names, beginning with the first. The *test* half is the others. The halves share tunes and
players, so the test figures say how well the parameters were not fitted to single solos, no more.
The database's bass was transcribed by a machine and is wrong or in another key in most files, so
the bass is measured twice: as it stands, and as the roots of the database's own chords.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import mir_eval
import numpy as np

from benchmarks import analysis_time
from lstmmusic.analysis import find_chords, find_key, find_melody
from lstmmusic.encoding.harmony_clock import family_of
from lstmmusic.io import read_midi
from lstmmusic.score import NOTE_DTYPE, Chord, Key, Part, Score, Timed

RESULTS = Path(__file__).parent / "analysis.json"
DATA = Path(__file__).parents[2] / "shared" / "data"
FOLDERS = ("blues", "jazz_other", "folk")
_HARTE = {
    **{"7": ":7", "m7": ":min7", "maj7": ":maj7", "m7b5": ":hdim7", "dim7": ":dim7"},
    **{"": ":maj", "m": ":min", "sus4": ":sus4"},
}
_LEVELS = {
    "root": mir_eval.chord.root,
    "majmin": mir_eval.chord.majmin,
    "sevenths": mir_eval.chord.sevenths,
}
# What is heard of a solo while its chord symbols are hidden.
HEARD: dict[str, Callable[[Score], Score]] = {
    "chords and bass": lambda score: score,
    "melody and bass": lambda score: _without(score, "chords"),
    "melody and roots": lambda score: _with_roots(score),
    "melody": lambda score: replace(score, parts=score.parts[:1]),
}


class Piece(NamedTuple):
    """A file and what is known of it.

    Attributes:
        name: The file's.
        score: As read.
        key: The transcriber's (folk: the file's); None where it names no major or minor key.
        is_blues: What the index says.
        is_test: At an odd place in the folder.
    """

    name: str
    score: Score
    key: Key | None
    is_blues: bool
    is_test: bool


@lru_cache(maxsize=8)
def pieces(folder: Path) -> tuple[Piece, ...]:
    """The files of a folder with pitched notes, in the order of their names."""
    index = {}
    if (folder / "index.csv").is_file():
        with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
            index = {row["file"]: row for row in csv.DictReader(file)}
    found = []
    for path in sorted(folder.glob("*.mid")):
        score = read_midi(path)
        if all(part.is_drum for part in score.parts):
            continue
        row = index.get(path.name)
        key = _key(row["key"]) if row else score.key
        is_blues = bool(row) and row["is_blues"] == "True"
        found.append(Piece(path.name, score, key, is_blues, len(found) % 2 == 1))
    return tuple(found)


def _key(text: str) -> Key | None:
    """Reads `Bb-maj`, `F#-min`, `Bb-blues`, `b- minor` (B flat minor), `F major`."""
    tonic, _, mode = text.replace("- m", "b m").replace("-", " ").partition(" ")
    modes = {"maj": "major", "min": "minor", "blues": "major", "mix": "major", "": "major"}
    mode = modes.get(mode, mode)
    if not tonic or mode not in ("major", "minor"):
        return None
    return Key(tonic[0].upper() + tonic[1:], mode)


def hidden(score: Score) -> Score:
    """The piece without what is to be found."""
    return replace(score, chords=(), keys=(), sections=())


def _without(score: Score, name: str) -> Score:
    return replace(score, parts=[part for part in score.parts if part.name != name])


def _with_roots(score: Score) -> Score:
    """The melody, and the lowest notes of the chord track an octave down as a bass."""
    chords = [part for part in score.parts if part.name == "chords"]
    if not chords:
        return replace(score, parts=score.parts[:1])
    notes = chords[0].notes
    lowest = notes[np.diff(notes["onset_quarters"], prepend=-np.inf) > 0].astype(NOTE_DTYPE)
    lowest["pitch"] -= 12
    return replace(score, parts=[score.parts[0], Part(lowest, "bass", 32)])


def halves(rows: Sequence[tuple[bool, Any]]) -> dict[str, Any]:
    """Means of numbers over all rows and the test half; rows are (is test, numbers)."""
    found = {}
    for name, chosen in (("all", rows), ("test", [row for row in rows if row[0]])):
        if chosen:
            means = np.mean([list(row[1].values()) for row in chosen], axis=0)
            numbers = dict(zip(chosen[0][1], means.round(4).tolist(), strict=True))
            found[name] = {"pieces": len(chosen), **numbers}
    return found


def measure_melody(folder: Path) -> dict[str, Any]:
    """Share of pieces of several parts whose melody part is found; the truth is the first part.

    Parts are shuffled; the second figure hides their names and programmes, too.
    """
    rng = np.random.default_rng(0)
    rows = []
    for piece in pieces(folder):
        parts = piece.score.parts
        if len(parts) < 2 or piece.name.startswith("cre__"):  # whose parts are one tune twice
            continue
        order = rng.permutation(len(parts)).tolist()
        shuffled = replace(piece.score, parts=[parts[index] for index in order])
        plain = [replace(part, name="", program=0) for part in shuffled.parts]
        row = {}
        for label, score in (("named", shuffled), ("unnamed", replace(shuffled, parts=plain))):
            found = find_melody(score)
            row[label] = float(found is not None and order[found.value] == 0)
        rows.append((piece.is_test, row))
    return halves(rows)


def measure_key(folder: Path, heard: str) -> dict[str, Any]:
    """Keys with the written one hidden: share exact, mir_eval's weighted score, confidence.

    `misled` is the exact share where the file says C major; `written` where it says the truth.
    """
    rows = []
    for piece in pieces(folder):
        if piece.key is None:
            continue
        score = HEARD[heard](hidden(piece.score))
        found = find_key(score, 0)
        row = {
            "exact": float(_same(found.value, piece.key)),
            "weighted": mir_eval.key.weighted_score(_mir(piece.key), _mir(found.value)),
            "confidence": found.confidence,
        }
        for label, said in (("misled", Key("C")), ("written", piece.key)):
            told = find_key(replace(score, keys=[Timed(0.0, said)]), 0)
            row[label] = float(_same(told.value, piece.key))
        rows.append((piece.is_test, row))
    return halves(rows)


def _same(one: Key, other: Key) -> bool:
    return (one.pitch_class, one.mode) == (other.pitch_class, other.mode)


def _mir(key: Key) -> str:
    return f"{key.tonic} {key.mode}"


def measure_chords(folder: Path, heard: str, only_blues: bool = False) -> dict[str, Any]:
    """Weighted chord symbol recall by mir_eval, symbols and key hidden, and the confidence."""
    rows = []
    for piece in pieces(folder):
        if not piece.score.chords or (only_blues and not piece.is_blues):
            continue
        score = HEARD[heard](hidden(piece.score))
        found = find_chords(score, find_key(score, 0).value, 0)
        row = recall(piece.score.chords, found.value, score)
        rows.append((piece.is_test, {**row, "confidence": found.confidence}))
    return halves(rows)


def recall(
    truth: Sequence[Timed[Chord]], found: Sequence[Timed[Chord]], score: Score
) -> dict[str, float]:
    """Shares of the sounding time whose chords agree, for each of mir_eval's levels.

    Args:
        truth: Chord symbols, onsets in quarters.
        found: Those to be judged.
        score: Its tempo map gives the seconds.
    """
    intervals, labels = _seconds(truth, score)
    estimated = _seconds(found, score) if found else (intervals[:1], ["N"])
    start, stop = intervals.min(), intervals.max()
    adjusted = mir_eval.util.adjust_intervals(*estimated, start, stop, "N", "N")
    merged, true, guessed = mir_eval.util.merge_labeled_intervals(intervals, labels, *adjusted)
    seconds = mir_eval.util.intervals_to_durations(merged)
    return {
        level: float(mir_eval.chord.weighted_accuracy(compare(true, guessed), seconds))
        for level, compare in _LEVELS.items()
    }


def _seconds(chords: Sequence[Timed[Chord]], score: Score) -> tuple[np.ndarray, list[str]]:
    inside = [chord for chord in chords if chord.onset_quarters < score.length_quarters - 1e-6]
    edges = [chord.onset_quarters for chord in inside] + [score.length_quarters]
    at = np.array([score.tempo_map.seconds_at(edge) for edge in edges])
    return np.stack([at[:-1], at[1:]], axis=1), [harte(chord.value) for chord in inside]


def harte(chord: Chord) -> str:
    """The chord's family in Harte's syntax.

    Example:
        >>> harte(Chord.parse("Bb13")), harte(Chord())
        ('Bb:7', 'N')
    """
    return "N" if chord.is_silent else chord.root + _HARTE[family_of(chord.kind)]


def measure_speed(folder: Path) -> dict[str, float]:
    """CPU milliseconds for 1,000 notes: each stage alone, all parts heard, symbols hidden."""
    scores = [hidden(piece.score) for piece in pieces(folder)]
    n_notes = sum(len(part) for score in scores for part in score.parts)
    keys = [find_key(score, 0).value for score in scores]
    stages: dict[str, Callable[[int], object]] = {
        "melody": lambda i: find_melody(scores[i]),
        "key": lambda i: find_key(scores[i], 0),
        "chords": lambda i: find_chords(scores[i], keys[i], 0),
    }
    found = {}
    for name, stage in stages.items():
        start = time.process_time()
        for number in range(len(scores)):
            stage(number)
        found[name] = round((time.process_time() - start) * 1e6 / n_notes, 2)
    return found


def measure(data: Path) -> dict[str, Any]:
    """All figures, by what is measured, folder and what is heard."""
    found: dict[str, Any] = {"melody": {}, "key": {}, "chords": {}, "cpu_ms_per_1000_notes": {}}
    for folder in FOLDERS:
        if not (data / folder).is_dir():
            print(f"no {folder} in {data}: left out")
            continue
        found["melody"][folder] = measure_melody(data / folder)
        heard = ("melody",) if folder == "folk" else tuple(HEARD)
        found["key"][folder] = {name: measure_key(data / folder, name) for name in heard}
        found["cpu_ms_per_1000_notes"][folder] = measure_speed(data / folder)
        if folder == "folk":
            continue
        blues = folder == "blues"
        found["chords"][folder] = {
            name: measure_chords(data / folder, name, only_blues=blues) for name in HEARD
        }
    there = [folder for folder in FOLDERS if (data / folder).is_dir()]
    return found | analysis_time.measure(
        {folder: (data / folder, pieces(data / folder)) for folder in there}
    )


def main() -> None:
    """Measures and records, keeping what the file holds of other measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of blues, jazz_other, folk")
    asked = parser.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    results.update(measure(asked.data))
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
