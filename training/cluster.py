"""Groups without labels, scored on labels: `python -m training.cluster SET...`.

A set is a synthetic family (`rhythm`, ...), `metre` (of the tunes of music21's `ryansMammoth`, bar
lines untold), or `folk=FOLDER` or `kinds=FOLDER,FOLDER,...`: music of others, which lies elsewhere.
`folk` takes the types from `labels.csv` in the folder; `kinds` tells the folders apart.

A method is an objective, all alone or with a change: `bingo:one` keeps one network where `bingo`
asks all, `bingo:untrained` asks the same networks before any training. Options: --methods A,B,
--baselines A,B (the quick ones), --seeds (5), --seed (0), --features A,B (of music). Everyone is
told how many groups there are, and hears the same features; a seed draws the data where they are
drawn, the first weights, and the beginnings of k-means. What was recorded for another method, or
for other features, stays. Results: `training/results/cluster/SET.json`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from lstmmusic.clustering import SequenceClusterer, Sequences
from lstmmusic.clustering.examples import example_corpus
from lstmmusic.clustering.features import DEFAULT_FEATURES
from lstmmusic.clustering.reading import read_sequences
from lstmmusic.clustering.synthetic import FAMILIES, make_family
from lstmmusic.clustering.yardsticks import held_against, quick
from lstmmusic.corpus import Corpus
from lstmmusic.errors import InputError

RESULTS = Path(__file__).parent / "results" / "cluster"
N_SYNTHETIC = 300
METRES = ("2/4", "2/2", "6/8")
N_PER_METRE = 150

METHODS = ("bingo", "bingo:one", "bingo:untrained", "neo", "neo:untrained", "softmax_views")
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "": {},
    "one": {"pooled": False},
    "untrained": {"updates": 0},
}

Labelled = tuple[Sequences, np.ndarray]


def drawn(name: str, seed: int, features: Sequence[str]) -> Labelled:
    """Sequences and what is known of each, as strings.

    Raises:
        InputError: No such set, or music without labels.
    """
    kind, _, place = name.partition("=")
    if kind in FAMILIES and not place:
        sequences, labels = make_family(kind, N_SYNTHETIC, seed)
        return sequences, np.array(FAMILIES[kind].groups)[labels]
    if kind == "metre":
        return _by_metre(seed, features)
    if kind == "folk" and place:
        sequences = _music(Path(place), features)
        with Path(place, "labels.csv").open(encoding="utf-8") as file:
            types = {row["file"]: row["label"] for row in csv.DictReader(file)}
        return sequences, np.array([types[item] for item in sequences.names])
    if kind == "kinds" and place:
        folders = [Path(folder) for folder in place.split(",")]
        found = [_music(folder, features) for folder in folders]
        names = [f.name + "/" + name for f, s in zip(folders, found) for name in s.names]
        items = [item for sequences in found for item in sequences.items]
        known = np.repeat([folder.name for folder in folders], [len(s) for s in found])
        return Sequences(items, names, found[0].feature_names), known
    sets = ", ".join((*FAMILIES, "metre", "folk=FOLDER", "kinds=FOLDER,FOLDER"))
    raise InputError("set", f"one of {sets}", repr(name))


_READ: dict[tuple[Path, tuple[str, ...]], Sequences] = {}
_METRES: dict[Path, dict[str, str]] = {}


def _music(folder: Path, features: Sequence[str]) -> Sequences:
    """A folder, read once."""
    key = folder, tuple(features)
    if key not in _READ:
        _READ[key] = read_sequences(folder, features).sequences
    return _READ[key]


def _by_metre(seed: int, features: Sequence[str]) -> Labelled:
    """As many tunes of each metre, drawn by the seed."""
    path = example_corpus("ryansMammoth")
    sequences = _music(path, features)
    if path not in _METRES:
        _METRES[path] = {piece.file: str(piece.score.metre) for piece in Corpus.read(path).pieces()}
    known = np.array([_METRES[path][name] for name in sequences.names])
    rng = np.random.default_rng(seed)
    chosen = [rng.permutation(np.flatnonzero(known == metre))[:N_PER_METRE] for metre in METRES]
    at = rng.permutation(np.concatenate(chosen))
    return sequences.take(at), known[at]


def network(labelled: Labelled, method: str, seed: int) -> dict[str, Any]:
    """Scores a network, or several that answer together, on one draw.

    Raises:
        InputError: No such method.
    """
    sequences, known = labelled
    objective, _, change = method.partition(":")
    if change not in CHANGES:
        raise InputError("methods", f"OBJECTIVE, or OBJECTIVE: with {', '.join(CHANGES)}", method)
    started = time.perf_counter()
    clusterer = SequenceClusterer(
        len(np.unique(known)), objective=objective, random_state=seed, **CHANGES[change]
    ).fit(sequences)
    return {
        "ami": clusterer.score(sequences, known),
        "stability": clusterer.stability_,
        "seconds": time.perf_counter() - started,
    }


def yardstick(labelled: Labelled, name: str, seed: int) -> dict[str, Any]:
    """Scores a yardstick on one draw."""
    sequences, known = labelled
    n_groups = len(np.unique(known))
    [row] = held_against(sequences, [0] * len(known), [name], n_groups, seed, known)
    return {"ami": row.score, "seconds": row.seconds}


def record(name: str, method: str, rows: Sequence[dict[str, Any]], about: dict[str, Any]) -> None:
    """Keeps what one method reached on one set, in place of what it reached there before.

    Args:
        name: Of the set.
        method: Of the network, or of the yardstick.
        rows: Of each seed.
        about: What was heard: `features`, `sequences`, `groups`, `seeds`.
    """
    scores = np.array([row["ami"] for row in rows])
    kind = name.partition("=")[0]
    path = RESULTS / f"{kind}.json"
    kept = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.is_file() else []
    here = {
        "features": about["features"],
        "method": method,
        "ami": round(float(scores.mean()), 4),
        "deviation": round(float(scores.std(ddof=1)) if len(scores) > 1 else 0.0, 4),
        "seeds": about["seeds"],
        "each": [{key: round(value, 4) for key, value in row.items()} for row in rows],
    }
    others = [row for row in kept if (row["features"], row["method"]) != (here["features"], method)]
    table = {"set": kind, "sequences": about["sequences"], "groups": about["groups"]}
    table["rows"] = [*others, here]
    RESULTS.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{kind} {method}: {here['ami']:.3f} ± {here['deviation']:.3f}", flush=True)


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--baselines", default=",".join(quick()))
    parser.add_argument("--features", default=",".join(DEFAULT_FEATURES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # fewer groups than asked for show in the score
    features = asked.features.split(",")
    seeds = range(asked.seed, asked.seed + asked.seeds)
    for name in asked.sets:
        draws = [drawn(name, seed, features) for seed in seeds]
        sequences, known = draws[0]
        about = {
            "sequences": len(sequences),
            "groups": sorted(map(str, np.unique(known))),
            "features": [] if name in FAMILIES else features,
            "seeds": list(seeds),
        }
        for method in filter(None, asked.baselines.split(",")):
            rows = [yardstick(draw, method, seed) for draw, seed in zip(draws, seeds)]
            record(name, method, rows, about)
        for method in filter(None, asked.methods.split(",")):
            rows = [network(draw, method, seed) for draw, seed in zip(draws, seeds)]
            record(name, method, rows, about)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
