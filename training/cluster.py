"""Groups without labels, scored on labels: `python -m training.cluster SET...`.

A set is a synthetic family (`rhythm`, ...), `metre` (of the tunes of music21's `ryansMammoth`, bar
lines untold), or `folk=FOLDER` or `kinds=FOLDER,FOLDER,...`: music of others, which lies elsewhere.
`folk` takes the types from `labels.csv` in the folder; `kinds` tells the folders apart.

Options: --objectives A,B (bingo,neo,softmax_views), --baselines A,B (the quick ones), --seeds (5),
--seed (0), --features A,B (of music). Everyone is told how many groups there are; a seed draws the
data where they are drawn, the first weights, and the beginnings of k-means. What was recorded for
another method stays.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
import warnings
from collections.abc import Sequence
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


def _music(folder: Path, features: Sequence[str]) -> Sequences:
    """A folder, read once."""
    key = folder, tuple(features)
    if key not in _READ:
        _READ[key] = read_sequences(folder, features).sequences
    return _READ[key]


def _by_metre(seed: int, features: Sequence[str]) -> Labelled:
    """As many tunes of each metre, drawn by the seed."""
    path = example_corpus("ryansMammoth")
    sequences = read_sequences(path, features).sequences
    metres = {piece.file: str(piece.score.metre) for piece in Corpus.read(path).pieces()}
    known = np.array([metres[name] for name in sequences.names])
    rng = np.random.default_rng(seed)
    chosen = [rng.permutation(np.flatnonzero(known == metre))[:N_PER_METRE] for metre in METRES]
    at = rng.permutation(np.concatenate(chosen))
    return sequences.take(at), known[at]


def network(labelled: Labelled, objective: str, seed: int) -> dict[str, Any]:
    """Scores a network on one draw."""
    sequences, known = labelled
    started = time.perf_counter()
    clusterer = SequenceClusterer(
        len(np.unique(known)), objective=objective, random_state=seed
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
    """Keeps what one method reached on one set, in place of what it reached before."""
    scores = np.array([row["ami"] for row in rows])
    kind = name.partition("=")[0]
    path = RESULTS / f"{kind}.json"
    table: dict[str, Any] = {"set": kind, **about, "methods": {}}
    if path.is_file():
        table["methods"] = json.loads(path.read_text(encoding="utf-8"))["methods"]
    table["methods"][method] = {
        "ami": round(float(scores.mean()), 4),
        "deviation": round(float(scores.std(ddof=1)) if len(scores) > 1 else 0.0, 4),
        "rows": [{key: round(value, 4) for key, value in row.items()} for row in rows],
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{kind} {method}: {scores.mean():.3f} ± {np.std(scores, ddof=len(scores) > 1):.3f}")


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--objectives", default="bingo,neo,softmax_views")
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
            "features": list(sequences.feature_names),
            "seeds": list(seeds),
        }
        for method in filter(None, asked.baselines.split(",")):
            rows = [yardstick(draw, method, seed) for draw, seed in zip(draws, seeds)]
            record(name, method, rows, about)
        for method in filter(None, asked.objectives.split(",")):
            rows = [network(draw, method, seed) for draw, seed in zip(draws, seeds)]
            record(name, method, rows, about)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
