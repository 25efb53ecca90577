"""Trains the feel network on other performers than it is tried on, and keeps how well it does.

`python -m training.record_feel [FOLDER...]`; options: --readings found,annotated,swing, --seeds
(5), --folds (of 5; how many are tried on), --runs FOLDER for the run folders (a temporary one
otherwise). Folders hold solos by players, in MIDI; the reading `found` puts the notes of all of
them on the grid as a training does, `annotated` takes the places in the score from the files
`truth/*.notes.csv` and `truth/*.beats.csv` of Weimar Jazz Database beside them.

Performers are dealt into five folds by their number of notes. Each fold in turn is tried on; the
next chooses the epoch and the strength of the linear models; the rest is learnt from. Seeds count
from 0 and none is left out; the recipe is that of the package for so many notes, chosen on the
performers that choose the epoch of the first fold. That which is not told how it played is trained
from seed 0 alone.

The readings `swing` (no folder is read for it) are choruses of the shipped model with a swing that
was asked for, and what is measured in the MIDI file.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from lstmmusic.analysis.swing import off_beats
from lstmmusic.corpus import Corpus, build
from lstmmusic.encoding import FeelSetting, melody_part
from lstmmusic.encoding.feel_events import TICKS_PER_BEAT
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.errors import InputError
from lstmmusic.fitting import read_recipe, usual_recipe, versions
from lstmmusic.fitting.feel import expected_lateness, train_feel
from lstmmusic.fitting.performances import performance
from lstmmusic.generation import improvise
from lstmmusic.io import load, save, write_bytes
from lstmmusic.models import Performance
from lstmmusic.player.feel_player import perform
from lstmmusic.score import Metre
from training.feel_baselines import LINEAR, baselines

RESULTS = Path(__file__).parent / "results" / "feel.json"
FOLDS = 5
DRAWS = 2000
MOST_BEATS = 0.5  # further from its place no note was meant to be there
_PERFORMING, _BOOTSTRAP = 20, 21  # streams of random numbers, other than those of the training

SWINGS = (0.5, 0.55, 0.6, 0.667, 0.7, 0.75)
CHORUSES = 16
OWN, DEAF = "network", "network, not told how it played"
Split = tuple[list[Performance], list[Performance], list[Performance]]


def found_in(folders: Sequence[Path], work: Path) -> list[Performance]:
    """All performances in folders, read as a training reads them."""
    performances = []
    for number, folder in enumerate(folders):
        corpus = work / f"{number}.parquet"
        build(folder, corpus, force=True)
        pieces = Corpus.read(corpus).pieces()
        performances += [one for piece in pieces if (one := performance(piece)) is not None]
    return performances


def annotated_in(folder: Path) -> list[Performance]:
    """The solos in 4/4 of a folder with `truth/`, on the places that people gave them.

    Lone or paired first and third triplets are eighths, as such solos are written.
    """
    found = []
    for path in sorted(folder.glob("truth/*.notes.csv")):
        name = path.name.removesuffix(".notes.csv")
        with path.open(newline="") as file:
            notes = list(csv.DictReader(file))
        with path.with_name(f"{name}.beats.csv").open(newline="") as file:
            beats = list(csv.DictReader(file))
        if Counter(row["signature"] for row in beats).most_common(1)[0][0] != "4/4":
            continue
        seconds = [float(row["t_s"]) for row in beats]
        tempo = 60 / float(np.median([b - a for a, b in pairwise(seconds)]))
        places = {(row["bar"], row["beat"]): float(row["t_s"]) for row in beats}
        events = _annotated(notes, places)
        performer = name.split("__")[0]
        found.append(Performance(name, performer, events, FeelSetting(tempo, Metre(4, 4))))
    return found


def _annotated(
    notes: Sequence[Mapping[str, str]], places: Mapping[tuple[str, str], float]
) -> np.ndarray:
    """Rows of `FeelEvents`; a place off the grid of twelve steps counts as the nearest."""
    in_beat = defaultdict(set)
    for row in notes:
        in_beat[row["bar"], row["beat"]].add((row["division"], row["tatum"]))
    rows: list[tuple[int, float, float, int]] = []
    for row in notes:
        at = row["bar"], row["beat"]
        if at not in places:
            continue
        share = Fraction(int(row["tatum"]) - 1, int(row["division"]))
        if in_beat[at] <= {("3", "1"), ("3", "3")} and share:
            share = Fraction(1, 2)
        length = float(row["beatdur_s"])
        late = (float(row["t_s"]) - places[at]) / length - float(share)
        beat = (int(row["bar"]) - 1) * 4 + int(row["beat"]) - 1
        step = beat * STEPS_PER_BEAT + round(float(share) * STEPS_PER_BEAT)
        step = max(step, rows[-1][0] + 1) if rows else step
        rows.append((step, late, float(row["dur_s"]) / length, int(row["pitch"])))
    steps, late, sounding, pitch = (np.array(column) for column in zip(*rows, strict=True))
    gap = np.append(np.diff(steps), np.iinfo(np.int32).max)
    written = np.minimum(np.maximum(np.round(sounding * STEPS_PER_BEAT), 1), gap)
    ticks = np.round(np.stack([late, sounding]) * TICKS_PER_BEAT)
    ticks[1] = np.maximum(ticks[1], 1)
    return np.column_stack([steps, written, pitch, *ticks]).astype(np.int64)


def clipped(found: Performance) -> Performance:
    """The performance with no note further than `MOST_BEATS` from its place."""
    most = round(MOST_BEATS * TICKS_PER_BEAT)
    events = found.events.copy()
    events[:, 3] = np.clip(events[:, 3], -most, most)
    return replace(found, events=events)


def dealt(notes: Mapping[str, int]) -> list[set[str]]:
    """Performers in `FOLDS` folds, dealt by their number of notes, the most first.

    Example:
        >>> [sorted(fold) for fold in dealt({"a": 9, "b": 8, "c": 3, "d": 3, "e": 2, "f": 1})]
        [['a'], ['b'], ['c'], ['d'], ['e', 'f']]
    """
    folds: list[set[str]] = [set() for _ in range(FOLDS)]
    for performer in sorted(notes, key=lambda name: (-notes[name], name)):
        lightest = min(range(FOLDS), key=lambda k: sum(notes[name] for name in folds[k]))
        folds[lightest].add(performer)
    return folds


def splits(performances: Sequence[Performance]) -> list[Split]:
    """For every fold what is learnt from, what chooses the epoch, and what is tried on."""
    notes: Counter[str] = Counter()
    for found in performances:
        notes[found.performer] += len(found)
    folds = dealt(notes)

    def of(names: set[str]) -> list[Performance]:
        return [found for found in performances if found.performer in names]

    table = []
    for number, names in enumerate(folds):
        validation = folds[(number + 1) % FOLDS]
        table.append((of(set(notes) - names - validation), of(validation), of(names)))
    return table


def record(
    performances: Sequence[Performance], seeds: int, n_folds: int, runs: Path
) -> dict[str, Any]:
    """Trains on every fold from every seed, and measures."""
    expected: dict[str, list[list[np.ndarray]]] = {OWN: [[] for _ in range(seeds)], DEAF: [[]]}
    free: list[list[np.ndarray]] = [[] for _ in range(seeds)]
    tried: list[Performance] = []
    cards, recipes = [], []
    for number, (train, validation, test) in enumerate(splits(performances)[:n_folds]):
        tried += test
        for name, found in baselines(train, validation, test).items():
            expected.setdefault(name, [[]])[0].extend(found)
        recipe = read_recipe(usual_recipe(sum(map(len, train))))
        recipes.append(recipe.name)
        for seed in range(seeds):
            for name, hears_itself in ((OWN, True), (DEAF, False))[: 2 - min(seed, 1)]:
                weights, scores = train_feel(
                    train,
                    validation,
                    replace(recipe, seed=seed),
                    runs / f"{number}-{seed}-{hears_itself}",
                    hears_itself=hears_itself,
                    resume=True,
                )
                told = [expected_lateness(weights, found, hears_itself) for found in test]
                expected[name][seed] += told  # the second has seed 0 alone
                if hears_itself:
                    rng = np.random.default_rng([seed, _PERFORMING])
                    free[seed] += [
                        perform(weights, one.events[:, :3], one.setting, rng)[:, 3] / TICKS_PER_BEAT
                        for one in test
                    ]
                    cards.append({"fold": number, "seed": seed, "best_epoch": scores["best_epoch"]})
                print(f"fold {number}, seed {seed}, {name}: {scores['best_epoch']}", flush=True)
    return {
        "solos": len(tried),
        "performers": len({found.performer for found in tried}),
        "notes": sum(map(len, tried)),
        "folds": n_folds,
        "seeds": seeds,
        "recipes": recipes,
        **teacher_forced(tried, expected),
        "running_free": running_free(tried, free),
        "trainings": cards,
    }


def teacher_forced(
    tried: Sequence[Performance], expected: Mapping[str, Sequence[Sequence[np.ndarray]]]
) -> dict[str, Any]:
    """Root mean square errors in beats, and how far the network's is below each of the others'.

    An interval is the middle 95 % of draws of as many performers, with the squared errors of the
    network averaged over its seeds.
    """
    names = sorted({found.performer for found in tried})
    notes = np.array([sum(len(f) for f in tried if f.performer == name) for name in names])
    squares, rows = {}, {}
    for model, seeds in expected.items():
        table = np.zeros((len(seeds), len(names)))
        milliseconds = 0.0
        for row, columns in zip(table, seeds, strict=True):
            for found, told in zip(tried, columns, strict=True):
                error = told - found.deviations[0]
                row[names.index(found.performer)] += float(error @ error)
                milliseconds += float(np.abs(error).sum()) * 60_000 / found.setting.tempo_bpm
        rmse = np.sqrt(table.sum(1) / notes.sum())
        squares[model] = table.mean(0)
        rows[model] = {
            "rmse_beats": round(float(rmse.mean()), 5),
            "by_seed": [round(float(value), 5) for value in rmse] if model in (OWN, DEAF) else None,
            "error_ms": round(milliseconds / len(seeds) / int(notes.sum()), 2),
        }
    linear = min(LINEAR, key=lambda name: squares[name].sum())
    rng = np.random.default_rng(_BOOTSTRAP)
    drawn = rng.integers(len(names), size=(DRAWS, len(names)))
    gains = {}
    for mine in (OWN, DEAF):
        for other in expected:
            if other in (OWN, DEAF):
                continue
            ratio = squares[mine][drawn].sum(1) / squares[other][drawn].sum(1)
            low, high = np.percentile(np.sqrt(ratio) - 1, [2.5, 97.5])
            change = float(np.sqrt(squares[mine].sum() / squares[other].sum()) - 1)
            better = int((squares[mine] < squares[other]).sum())
            gains.setdefault(mine, {})[other] = {
                "change": round(change, 4),
                "interval": [round(float(low), 4), round(float(high), 4)],
                "performers_better": better,
            }
    return {"models": rows, "best_linear": linear, "against": gains}


def running_free(
    tried: Sequence[Performance], free: Sequence[Sequence[np.ndarray]]
) -> dict[str, Any]:
    """Spread (standard deviation) and lag-1 correlation, the players' and the network's by seed."""
    players = [found.deviations[0] for found in tried]
    spread, lag = _spread(players), _lag(players)
    rows = [
        {
            "spread_beats": round(_spread(played), 4),
            "spread_change": round(_spread(played) / spread - 1, 4),
            "lag_1": round(_lag(played), 4),
            "lag_1_difference": round(_lag(played) - lag, 4),
        }
        for played in free
    ]
    return {"spread_beats": round(spread, 4), "lag_1": round(lag, 4), "by_seed": rows}


def _spread(solos: Sequence[np.ndarray]) -> float:
    return float(np.concatenate(solos).std())


def _lag(solos: Sequence[np.ndarray]) -> float:
    """The correlation of each note's lateness with the next one's, over all solos together."""
    before = np.concatenate([late[:-1] for late in solos])
    after = np.concatenate([late[1:] for late in solos])
    return float(np.corrcoef(before, after)[0, 1])


def asked_swing(folder: Path) -> list[dict[str, Any]]:
    """Swing as it was asked for, and as it is measured in the file that was written."""
    rows = []
    for swing in SWINGS:
        path = folder / "swing.mid"
        piece = improvise(swing=swing, choruses=CHORUSES, style="jump", seed=0)
        save(piece.score, path, force=True)
        score = load(path)
        part = melody_part(score)
        assert part is not None
        beats = part.notes["onset_quarters"] - score.pickup_quarters
        shares = off_beats(np.unique(beats / score.metre.beat_quarters))
        measured = round(float(np.median(shares)), 4)
        rows.append({"asked": swing, "measured": measured, "pairs": len(shares)})
    return rows


def main() -> None:
    """Records the readings that the command line asks for; the others stay as they were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--readings", default="found,annotated,swing")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folds", type=int, default=FOLDS, choices=range(1, FOLDS + 1))
    parser.add_argument("--runs", type=Path, default=None)
    asked = parser.parse_args()
    runs = asked.runs or Path(tempfile.mkdtemp(prefix="lstmmusic-feel-"))
    runs.mkdir(parents=True, exist_ok=True)
    table = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    for reading in asked.readings.split(","):
        if reading == "swing":
            table[reading] = asked_swing(runs)
            write_bytes(RESULTS, _as_json(table), force=True)
            continue
        if reading == "annotated":
            found = [one for folder in asked.folders for one in annotated_in(folder)]
        else:
            found = found_in(asked.folders, runs)
        if not found:
            raise InputError("folders", f"performances for the reading {reading}", "none")
        row = record([clipped(one) for one in found], asked.seeds, asked.folds, runs / reading)
        table[reading] = {**row, "versions": versions()}
        write_bytes(RESULTS, _as_json(table), force=True)
        print(reading, json.dumps({k: row[k] for k in ("models", "against", "running_free")}))


def _as_json(table: Mapping[str, Any]) -> bytes:
    text = json.dumps(dict(sorted(table.items())), indent=1, ensure_ascii=False)
    return f"{text}\n".encode()


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
