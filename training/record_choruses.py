"""Plays 200 choruses of each shipped model and holds them against music by people.

`python -m training.record_choruses [BLUES_FOLDER...] [--others FOLDER...]`; options: --models A,B
(twelve-bar,soloist), --choruses (200). `soloist` is held against the blues solos in folders (see
`training/solos.py`), and copies are looked for in the others, too, which it has heard;
`twelve-bar` is held against `datasets/twelve_bar`. Afterwards: python -m benchmarks.tables

Seeds count from 0, and nothing is played twice. A piece is one chorus, of `soloist` four in a
row, since solos have several. At temperature 1 one chorus more is played and left out: the last
one comes home to the tonic and stops, where the people's choruses lead on. Ways to play:

* `as the pieces`: temperature 1, top-p 1; form, style and notes a bar are those of the people's
  pieces, in turn, and of solos, which are for many instruments, key and range;
* `as usual`: temperature 1, top-p 1, all else as usual in the model;
* `no answer`: the same, but line two is left to the network, where by the rule of the model it
  answers line one;
* `as set`: the settings that a player finds, top-p and all.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lstmmusic.corpus import read_passport
from lstmmusic.errors import InputError
from lstmmusic.evaluation import Measured, Reference, measure
from lstmmusic.evaluation.distribution import FEATURES, Features, distances_within, features_of
from lstmmusic.evaluation.originality import LIGHTS, Index, shared_among
from lstmmusic.evaluation.reference import shipped_reference
from lstmmusic.evaluation.scorecard import card_of
from lstmmusic.fitting.tunes import excerpt
from lstmmusic.generation import improvise
from lstmmusic.io import write_bytes
from lstmmusic.models import Tune
from lstmmusic.player import StoredModel, load_model
from lstmmusic.score import Key, Score, form_named
from training.solos import in_choruses, read_solos, reference_of

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "choruses.json"
DATASET = ROOT / "datasets" / "twelve_bar"
CHORUSES = 200
IN_A_PIECE = {"twelve-bar": 1, "soloist": 4}
TIMED = 20  # choruses whose seconds are taken
AS_LEARNT = {"temperature": 1.0, "top_p": 1.0}
WAYS = ("as the pieces", "as usual", "no answer", "as set")
_HALVES = 200  # of the people's choruses, for the range of their spread
RUNS_OF = 12

Asked = dict[str, Any]


@dataclass(frozen=True)
class People:
    """Music by people that a model is held against.

    Attributes:
        reference: Of it.
        asked: Of each piece its form, style and notes a bar, as they are asked of the model, and
            of solos key and range.
        heard: Where copies are looked for: all that the model has learnt from.
        limit: The share of runs of twelve intervals that 95 of 100 of the pieces heard share with
            the others at most.
    """

    reference: Reference
    asked: Sequence[Asked]
    heard: Index
    limit: float

    @classmethod
    def of(cls, reference: Reference, asked: Sequence[Asked], more: Sequence[Score] = ()) -> People:
        """With other music that the model has learnt from."""
        melodies = [*reference.melodies, *(measure(score).melody for score in more)]
        shares = shared_among(melodies)[RUNS_OF]
        return cls(reference, asked, Index(melodies), round(float(np.percentile(shares, 95)), 6))


def people_of(
    model: str, folders: Sequence[Path], work: Path, others: Sequence[Path] = ()
) -> People:
    """The music of a shipped model.

    Args:
        model: Its name.
        folders: With blues solos.
        work: Gets a corpus of each folder.
        others: With the other solos that `soloist` has heard.

    Raises:
        InputError: Folders are needed and there are none, or nothing in them.
    """
    if model != "soloist":
        rows = []
        for entry, score in read_passport(DATASET).scores():
            rows.append(_asked(Tune.of(entry.file, score, entry.form, entry.style)))
        return People.of(shipped_reference(model), rows)
    from lstmmusic.fitting import melody_tunes

    if not folders:
        raise InputError("folders", "folders with blues solos, for the model soloist", "none")
    solos = read_solos(folders, work)
    # The longest stretch in one form is what a solo is like.
    tunes = [[tune for tune in melody_tunes(solo) if tune.form] for solo in in_choruses(solos)]
    longest = [max(found, key=lambda tune: len(tune.events)) for found in tunes if found]
    reference = reference_of(solos)
    names = {melody.title for melody in reference.melodies}
    more = [solo for solo in [*solos, *read_solos(others, work)] if solo.file not in names]
    asked = [_asked(tune) | _played_on(tune) for tune in longest]
    return People.of(reference, asked, [solo.score for solo in more])


def _asked(tune: Tune) -> Asked:
    density = min(max(round(len(tune.events) / tune.score.n_bars, 2), 0.5), 16.0)
    key = "Cm" if form_named(tune.form or "standard").mode == "minor" else "C"
    return {"form": tune.form, "style": tune.style, "density": density, "key": key}


def _played_on(tune: Tune) -> Asked:
    """The key, and the range: an octave is the least that can be asked."""
    low, high = int(tune.events[:, 2].min()), int(tune.events[:, 2].max())
    missing = max(12 - (high - low), 0)
    key = Key(tune.setting().key.tonic, form_named(tune.form or "standard").mode)
    return {"key": str(key), "range": f"{low - missing // 2}-{high + missing - missing // 2}"}


def ways_of(model: StoredModel) -> list[str]:
    """The ways to play it: `no answer` only where an answer is usual."""
    return [way for way in WAYS if way != "no answer" or model.card["knows"].get("answer")]


def pieces_of(model: StoredModel, way: str, people: People, n_choruses: int) -> list[Score]:
    """What the model plays; but `as set`, without the chorus in which it ends."""
    n_each = IN_A_PIECE[model.name]
    found = []
    for seed in range(-(-n_choruses // n_each)):
        n_kept = min(n_each, n_choruses - seed * n_each)
        n_played = n_kept + (way != "as set")
        asked: Asked = {"choruses": n_played, "band": False}
        if way != "as set":
            asked |= AS_LEARNT
        if way == "no answer":
            asked["answer"] = 0.0
        if way == "as the pieces":
            asked |= people.asked[seed % len(people.asked)]
        score = improvise(model=model, seed=seed, **asked).score
        if n_played > n_kept:
            score = excerpt(score, 0, score.n_bars // n_played * n_kept)
        found.append(score)
    return found


def held_against(scores: Sequence[Score], people: People) -> dict[str, Any]:
    """What a set of pieces is like beside the people's.

    Returns:
        `overlap`, its share `of_people` of what one half of the people's choruses reaches with the
        other, and the worst feature; `spread`, see `spread_of`; `numbers` of the scorecard: the
        mean, `low` and `high` (10th and 90th percentile of the people's pieces), `inside` and the
        share of the pieces `inside_share`; `copied`: of the runs of twelve intervals, the share
        that the music heard has, in the mean and at the 95th percentile of the pieces, the `limit`
        that 95 of 100 pieces heard keep among themselves, the `longest` run in notes, and how many
        pieces have which of the `lights` of originality.
    """
    measured = [measure(score) for score in scores]
    card = card_of([("", row) for row in measured], people.reference)
    match = card["distribution_match"]
    found = [people.heard.longest(row.melody) for row in measured]
    shares = [share for row in found if (share := row.shares[RUNS_OF]) is not None]
    limits = {**people.reference.limits, RUNS_OF: people.limit}
    lights = [row.light(limits) for row in found]
    numbers = {
        key: {"mean": card[key], **{k: row[k] for k in ("low", "high", "inside")}}
        | {"inside_share": row.get("inside_share")}
        for key, row in card["human"].items()
        if key in card
    }
    return {
        "pieces": len(scores),
        "choruses": match["excerpts"],
        "notes": sum(len(row.melody) for row in measured),
        "overlap": round(match["overlap"], 4),
        "of_people": round(match["of_ceiling"], 4),
        "people": match["ceiling"],
        "shuffled": match["floor"],
        "worst": match["worst"],
        "worst_overlap": round(match["overlap_worst"], 4),
        "features": {name: round(row["overlap"], 4) for name, row in match["features"].items()},
        "spread": spread_of(measured, people.reference),
        "numbers": numbers,
        "copied": {
            "mean": round(float(np.mean(shares)), 5),
            "high": round(float(np.percentile(shares, 95)), 5),
            "limit": people.limit,
            "longest": max(row.run.notes for row in found),
            "lights": {light: lights.count(light) for light in LIGHTS},
        },
    }


def spread_of(measured: Sequence[Measured], reference: Reference) -> dict[str, Any]:
    """How far choruses lie from each other, in nine features.

    Returns:
        `ratio`: the mean distance between two of the choruses over that between two of the
        people's, mean over the features; `low` and `high`: the middle 95 % of the same for random
        halves of the people's; `features`: the ratio of each.
    """
    features = features_of(row.melody for row in measured)
    usual = _mean_distances(reference.features)
    ratios = _mean_distances(features) / usual
    rng = np.random.default_rng(0)
    n = len(reference.features[0])
    halves = []
    for _ in range(_HALVES):
        half = rng.permutation(n)[: n // 2]
        part = tuple(values[half] for values in reference.features)
        halves.append(float((_mean_distances(part) / usual).mean()))
    low, high = np.percentile(halves, (2.5, 97.5))
    return {
        "ratio": round(float(ratios.mean()), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
        "features": dict(zip(FEATURES, ratios.round(3).tolist(), strict=True)),
    }


def _mean_distances(features: Features) -> np.ndarray:
    return np.array([float(distances.mean()) for distances in distances_within(features)])


def seconds_of(model: str) -> dict[str, float]:
    """Seconds that a chorus of twelve bars takes in a process of its own, on one core.

    The model is in memory, and one chorus is played before the clock runs; the band plays, and all
    is as set.
    """
    code = (
        "import json, sys, time; from lstmmusic.generation import improvise; "
        "from lstmmusic.player import load_model; model = load_model(sys.argv[1]); spent = []\n"
        "for seed in range(int(sys.argv[2]) + 1):\n"
        "    start = time.perf_counter(); improvise(model=model, seed=seed, form='standard')\n"
        "    spent.append(time.perf_counter() - start)\n"
        "print(json.dumps(spent[1:]))"
    )
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    done = subprocess.run(
        [sys.executable, "-c", code, model, str(TIMED)],
        check=True,
        capture_output=True,
        env={**os.environ, **dict.fromkeys(threads, "1")},
    )
    spent = json.loads(done.stdout)
    return {"median": round(statistics.median(spent), 3), "slowest": round(max(spent), 3)}


def record(
    models: Sequence[str],
    folders: Sequence[Path],
    n_choruses: int = CHORUSES,
    path: Path = RESULTS,
    others: Sequence[Path] = (),
) -> None:
    """Plays and measures; models that are not asked for stay as they were recorded."""
    table: dict[str, Any] = {}
    if path.is_file():
        table = json.loads(path.read_text(encoding="utf-8"))
    for name in models:
        started = time.perf_counter()
        model = load_model(name)
        with tempfile.TemporaryDirectory() as work:
            people = people_of(name, folders, Path(work), others)
        made_from = people.reference.made_from
        weights = {kind: row["sha256"][:12] for kind, row in model.card["networks"].items()}
        row: dict[str, Any] = {
            "weights": weights,
            "people": {key: made_from[key] for key in ("title", "pieces", "notes")},
            "choruses_in_a_piece": IN_A_PIECE[name],
            "ways": {},
        }
        for way in ways_of(model):
            row["ways"][way] = held_against(pieces_of(model, way, people, n_choruses), people)
            print(name, way, json.dumps(told(row["ways"][way])), flush=True)
        row["seconds_a_chorus"] = seconds_of(name)
        print(f"{name}: {time.perf_counter() - started:.0f} s", flush=True)
        table[name] = row
        text = json.dumps(dict(sorted(table.items())), indent=1, ensure_ascii=False) + "\n"
        write_bytes(path, text.encode(), force=True)


def told(found: Mapping[str, Any]) -> dict[str, Any]:
    """The figures in short, for people who wait."""
    outside = {
        key: [row["mean"], row["low"], row["high"]]
        for key, row in found["numbers"].items()
        if row["inside"] is False
    }
    spread = found["spread"]
    return {
        "of_people": found["of_people"],
        "worst": [found["worst"], found["worst_overlap"]],
        "spread": [spread["ratio"], spread["low"], spread["high"]],
        "aab": found["numbers"].get("aab", {}).get("mean"),
        "copied": found["copied"],
        "outside": outside,
    }


def main() -> None:
    """Records what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--others", nargs="+", type=Path, default=[])
    parser.add_argument("--models", default=",".join(IN_A_PIECE))
    parser.add_argument("--choruses", type=int, default=CHORUSES)
    asked = parser.parse_args()
    models = asked.models.split(",")
    unknown = [name for name in models if name not in IN_A_PIECE]
    if unknown:
        raise InputError("models", f"some of {', '.join(IN_A_PIECE)}", unknown[0])
    record(models, asked.folders, asked.choruses, others=asked.others)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
