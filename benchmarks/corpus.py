"""What it costs to make a corpus of a folder, and to read it again.

    python -m benchmarks.corpus                    # writes benchmarks/corpus.json
    python -m benchmarks.corpus --files 100000     # one build of that many, recorded beside it

The files are made here: a melody over blues choruses with a band of three, about a thousand notes
in each, no two melodies alike. CPU times, by the operating system's own account.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import symusic

from lstmmusic.analysis import analyse, find_chords, find_key, find_melody
from lstmmusic.analysis.choruses import find_choruses
from lstmmusic.analysis.feel import find_feel
from lstmmusic.analysis.fingerprint import fingerprint
from lstmmusic.analysis.metre import find_metre
from lstmmusic.corpus import Corpus
from lstmmusic.corpus.report import report_paths
from lstmmusic.io import format_midi, load
from lstmmusic.score import FORMS, Key, Metre, Note, Part, Score, TempoMap, Timed, place_chart

RESULTS = Path(__file__).parent / "corpus.json"
N_FILES, N_READ, N_CHORUSES = (100, 200, 400), 100, 6
_KEYS = ("C", "F", "Bb", "Eb", "G", "A")
_SCALE = (0, 3, 5, 6, 7, 10, 12, 15)


def piece(seed: int, n_choruses: int = N_CHORUSES) -> Score:
    """A made-up blues of about 170 notes a chorus; its chords are played, and written as markers.

    Args:
        seed: Another one for every number.
        n_choruses: Its length, each of twelve bars.
    """
    rng = np.random.default_rng(seed)
    key = Key(_KEYS[seed % len(_KEYS)])
    bars = FORMS["standard"].bars(key, last=False) * n_choruses
    chords = place_chart(bars, Metre())
    length = 48.0 * n_choruses
    lengths = rng.choice([0.5, 1.0, 1.5], int(length))
    onsets = np.cumsum(lengths) - lengths
    melody = [
        Note(onset, lasting * 0.9, 60 + key.pitch_class + int(rng.choice(_SCALE)), 90)
        for onset, lasting in zip(onsets.tolist(), lengths.tolist(), strict=True)
        if onset < length - 2
    ]
    bass = [
        Note(chord.onset_quarters + beat, 0.9, 36 + int(rng.choice(chord.value.pitch_classes)))
        for chord in chords
        for beat in range(4)
    ]
    piano = [
        Note(chord.onset_quarters + beat, 1.5, 48 + tone)
        for chord in chords
        for beat in (0.0, 2.0)
        for tone in chord.value.pitch_classes[:3]
    ]
    ride = [Note(float(beat), 0.2, 51) for beat in range(int(length))]
    return Score(
        [
            Part(melody, "Lead", 65),
            Part(bass, "Bass", 32),
            Part(piano, "Piano", 0),
            Part(ride, "Drums", is_drum=True),
        ],
        chords=chords,
        keys=[Timed(0.0, key)],
        tempo_map=TempoMap.constant(90 + seed % 60),
        title=f"Made up {seed}",
        length_quarters=length,
    )


def write_folder(folder: Path, count: int, n_choruses: int = N_CHORUSES) -> Path:
    """That many files, a thousand in a folder."""
    for seed in range(count):
        place = folder / f"{seed // 1000:03}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"made up {seed:06}.mid").write_bytes(format_midi(piece(seed, n_choruses)))
    return folder


def write_large_folder(folder: Path, count: int) -> Path:
    """That many short files (one chorus), a thousand in a folder.

    symusic writes them, which is ten times as fast; every sixth as `write_folder` would make it,
    those after it with its band and a melody of their own.
    """
    quick: Any = symusic
    for seed in range(count):
        if seed % len(_KEYS) == 0:
            score = quick.Score.from_midi(format_midi(piece(seed, 1)))
        place = folder / f"{seed // 1000:03}"
        place.mkdir(parents=True, exist_ok=True)
        notes = score.tracks[0].notes.numpy()
        pitches = np.random.default_rng(seed).permutation(notes["pitch"])
        score.tracks[0].notes = quick.Note.from_numpy(**{**notes, "pitch": pitches})
        (place / f"made up {seed:06}.mid").write_bytes(score.dumps_midi())
    return folder


def _cpu_ms(work: Callable[[], Any], rounds: int = 5) -> float:
    """Median CPU milliseconds of a call, after one that does not count."""
    work()
    found = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        found.append((time.process_time() - start) * 1000)
    return statistics.median(found)


def _undisturbed_ms(
    works: Sequence[Callable[[Path], Any]], paths: list[Path], rounds: int = 40
) -> list[float]:
    """Milliseconds a file of each work: of every file the least of many rounds, turn by turn.

    So short a time is lengthened by whatever else runs, and not for all works alike.
    """
    least = np.full((len(works), len(paths)), np.inf)
    for _ in range(rounds):
        for row, work in enumerate(works):
            for column, path in enumerate(paths):
                start = time.perf_counter()
                found = work(path)
                least[row, column] = min(least[row, column], time.perf_counter() - start)
                del found
    return (least.mean(1) * 1000).tolist()


def _reading(paths: list[Path]) -> dict[str, float]:
    """Reading into `Score`, beside the parser underneath doing nothing more."""
    scores = [load(path) for path in paths]
    n_notes = sum(len(part) for score in scores for part in score.parts)
    works = (lambda path: symusic.Score.from_file(str(path)), _arrays, load)
    parse, arrays, read = _undisturbed_ms(works, paths)
    return {
        "files": len(paths),
        "notes_per_file": round(n_notes / len(paths)),
        "symusic_ms_per_file": round(parse, 3),
        "symusic_and_arrays_ms_per_file": round(arrays, 3),
        "load_ms_per_file": round(read, 3),
        "load_over_symusic": round(read / parse, 2),
    }


def _arrays(path: Path) -> list[Any]:
    """What symusic read, as arrays: as much as anyone needs who works with NumPy."""
    tracks: Any = symusic.Score.from_file(str(path)).tracks
    return [(t.notes.numpy(), t.controls.numpy(), t.pitch_bends.numpy()) for t in tracks]


def _stages(paths: list[Path]) -> dict[str, float]:
    """CPU milliseconds per 1,000 notes of each step, with no chord, key or metre written."""
    bare = [
        replace(load(path), chords=(), keys=(), sections=(), metre_is_known=False)
        for path in paths[:20]
    ]
    n_thousands = sum(len(part) for score in bare for part in score.parts) / 1000
    melodies = [find_melody(score) for score in bare]
    known = [replace(score, metre_is_known=True) for score in bare]
    pairs = [(s, m.value) for s, m in zip(known, melodies, strict=True) if m is not None]
    keyed = [(score, find_key(score, melody).value, melody) for score, melody in pairs]
    chorded = [
        replace(s, chords=find_chords(s, k, m).value, keys=[Timed(0.0, k)]) for s, k, m in keyed
    ]
    alone = [replace(score, parts=(score.parts[melody],)) for score, melody in pairs]
    steps: dict[str, Callable[[], Any]] = {
        "read": lambda: [load(path) for path in paths[:20]],
        "melody": lambda: [find_melody(score) for score in bare],
        "metre": lambda: [find_metre(score) for score in bare],
        "key": lambda: [find_key(score, melody) for score, melody in pairs],
        "chords": lambda: [find_chords(*row) for row in keyed],
        "choruses": lambda: [find_choruses(score) for score in chorded],
        "feel": lambda: [find_feel(score) for score in alone],
        "fingerprint": lambda: [fingerprint(score) for score in alone],
        "the whole analysis": lambda: [analyse(score) for score in bare],
        "the whole analysis, chords, key and metre written": lambda: [
            analyse(load(path)) for path in paths[:20]
        ],
    }
    found = {name: round(_cpu_ms(work, 3) / n_thousands, 2) for name, work in steps.items()}
    written = "the whole analysis, chords, key and metre written"
    found[written] = round(found[written] - found["read"], 2)
    return found


# One build, told to stop when so many files are read (none: it goes to the end).
_BUILD = """
import json, os, resource, sys, time
from lstmmusic.corpus import build
folder, out, workers, stop = sys.argv[1:]
bytes_of_work = 0
def progress(done, total):
    global bytes_of_work
    if done == total and os.path.isdir(out + ".work"):
        bytes_of_work = sum(entry.stat().st_size for entry in os.scandir(out + ".work"))
        if stop == "stop":
            raise KeyboardInterrupt
start, used = time.perf_counter(), 0
try:
    report = build(folder, out, workers=int(workers) or None, force=True, progress=progress)
    used = report.summary()["used"]
except KeyboardInterrupt:
    pass
wall = time.perf_counter() - start
own = resource.getrusage(resource.RUSAGE_SELF)
children = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "used": used,
    "cpu_seconds": round(own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime, 2),
    "wall_seconds": round(wall, 2),
    "peak_mib": round(own.ru_maxrss / 1024),
    "peak_mib_of_a_reader": round(children.ru_maxrss / 1024),
    "work_mib": round(bytes_of_work / 2**20, 1),
}))
"""


def _build(folder: Path, out: Path, workers: int = 0, stop: str = "") -> dict[str, float]:
    """One build in a process of its own: seconds, peaks of memory, and what the work took on disk.

    Args:
        folder: Of the music.
        out: The corpus.
        workers: How many read; 0: one a processor.
        stop: `stop` interrupts it when all is read and nothing is written.
    """
    command = [sys.executable, "-c", _BUILD, str(folder), str(out), str(workers), stop]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def measure_large(folder: Path, out: Path, workers: int) -> dict[str, Any]:
    """A build that is interrupted when all files are read, and the restart that ends it."""
    first = _build(folder, out, workers, "stop")
    again = _build(folder, out, workers)
    reports = [out, *report_paths(out).values()]
    return {
        "files": sum(1 for _ in _paths(folder)),
        "workers": workers,
        "used": again["used"],
        "reading_wall_seconds": first["wall_seconds"],
        "restart_wall_seconds": again["wall_seconds"],
        "reading_cpu_seconds": first["cpu_seconds"],
        "restart_cpu_seconds": again["cpu_seconds"],
        "cpu_seconds": round(first["cpu_seconds"] + again["cpu_seconds"], 1),
        "peak_mib": max(first["peak_mib"], again["peak_mib"]),
        "peak_mib_of_a_reader": first["peak_mib_of_a_reader"],
        "work_mib": first["work_mib"],
        "corpus_and_reports_mib": round(sum(path.stat().st_size for path in reports) / 2**20, 1),
    }


def _again(paths: list[Path], out: Path) -> dict[str, float]:
    """Reading the corpus for training, beside reading and analysing its files again."""
    reload = _cpu_ms(lambda: list(Corpus.read(out).pieces())) / Corpus.read(out).n_pieces
    read = _cpu_ms(lambda: [load(path) for path in paths[:20]], 3) / 20
    analysed = _cpu_ms(lambda: [analyse(load(path)) for path in paths[:20]], 3) / 20
    return {
        "reload_ms_per_piece": round(reload, 3),
        "read_and_analyse_ms_per_piece": round(analysed, 3),
        "times_faster": round(analysed / reload, 1),
        "times_faster_than_reading_alone": round(read / reload, 1),
        "bytes_per_piece": round(out.stat().st_size / Corpus.read(out).n_pieces),
    }


def _paths(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.mid")))


def measure() -> dict[str, Any]:
    """All of it."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        builds = {}
        for count in N_FILES:
            folder = write_folder(root / str(count), count)
            builds[str(count)] = _build(folder, root / f"{count}.parquet")
        paths = list(_paths(root / str(N_FILES[-1])))[:N_READ]
        return {
            "reading": _reading(paths),
            "stages_ms_per_1000_notes": _stages(paths),
            "builds": builds,
            "again": _again(paths, root / f"{N_FILES[-1]}.parquet"),
        }


def main() -> None:
    """Measures and records; or records one large build beside what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, help="only a corpus of so many short files")
    parser.add_argument("--workers", type=int, default=2, help="how many read them")
    parser.add_argument("--music", type=Path, help="the folder that holds them; else they are made")
    asked = parser.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    if asked.files is None:
        results.update(measure())
    else:
        with tempfile.TemporaryDirectory() as name:
            folder = asked.music or write_large_folder(Path(name, "music"), asked.files)
            found = measure_large(folder, Path(name, "corpus.parquet"), asked.workers)
        results.setdefault("large", {})[str(found["files"])] = found
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
