"""What the nodes of BINGO tell of binary factors: `python -m training.record_nodes`.

Waves differ in frequency, shape or amplitude, each of two values. One node hears waves that differ
in one thing; three nodes hear waves that differ in three, each drawn for itself. Of each factor
the bits are kept that one node tells, each node taken for another factor; the correlation is the
greatest between two nodes. A seed draws the waves and the first weights.

A node can settle where there is nothing to tell, or cut through the middle of what goes on. So
each of some networks has more nodes than there are factors, and as many nodes as factors are
chosen without labels: first the one whose answers to two halves of each wave tell most of each
other, then, of those that correlate with none chosen before, the next. (Halves are shorter than
what was heard in training: there a cut through the middle of what goes on does not hold.) Options:
--seeds (5), --seed (0), --restarts (5), --nodes (5, of a network)
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import expit
from sklearn.metrics import mutual_info_score

from lstmmusic.clustering.encoder import outputs, read, scaling_of
from lstmmusic.clustering.recipe import Recipe
from lstmmusic.clustering.synthetic import FACTORS, make_factors

PATH = Path(__file__).parent / "results" / "nodes.json"
N_SEQUENCES = 240
N_VIEWS = 4  # halves of each sequence
APART = 0.3  # nodes that correlate less tell different things
ALONE = tuple((factor,) for factor in FACTORS)


def outputs_of(
    draws: Sequence[tuple[tuple[str, ...], int]], restarts: int, n_nodes: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Outputs (sequences, nodes) and values (sequences, factors) of each draw.

    Args:
        draws: Factors and a seed; as many factors in each.
        restarts: Networks of a draw.
        n_nodes: Of a network.
    """
    from lstmmusic.clustering.learning import Learning, Views

    recipe = Recipe(nodes=n_nodes, decorrelation=1.0)
    items, scalings, views, seeds, known = [], [], [], [], []
    for factors, seed in draws:
        waves, values = make_factors(N_SEQUENCES, seed, factors)
        scaling = scaling_of(waves.items)
        drawn = Views(waves.items, scaling, recipe)
        known.append(values)
        for restart in range(restarts):
            items.append(waves.items)
            scalings.append(scaling)
            views.append(drawn)
            place = [seed, restart, *map(FACTORS.index, factors)]
            seeds.append(int(np.random.default_rng(place).integers(2**31)))
    learning = Learning("bingo", recipe, views, seeds)
    learning.learn(recipe.updates)
    encoders, found = learning.encoders(items, scalings)
    rows = []
    for n, (factors, seed) in enumerate(draws):
        own = range(n * restarts, (n + 1) * restarts)
        some, scaling = encoders.take(own), scalings[own[0]]
        views = []
        for k in range(N_VIEWS):
            halves = _halves(items[own[0]], np.random.default_rng([seed, k]))
            views.append(np.concatenate(outputs(some, read(some, halves, scaling)), axis=1))
        first, second = np.concatenate(views[::2]), np.concatenate(views[1::2])
        chosen = best_nodes(first, second, len(factors))
        rows.append((np.concatenate([found[k] for k in own], axis=1)[:, chosen], known[n]))
    return rows


def _halves(items: Sequence[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Of each sequence a half, begun anywhere."""
    found = []
    for item in items:
        n = (len(item) + 1) // 2
        start = int(rng.integers(len(item) - n + 1))
        found.append(item[start : start + n])
    return found


def best_nodes(first: np.ndarray, second: np.ndarray, n_nodes: int) -> list[int]:
    """Which nodes to look at, chosen without labels.

    Args:
        first: Outputs at a stretch of each sequence, or at several, (stretches, nodes).
        second: At others of the same sequences.
        n_nodes: How many are wanted.
    """
    from lstmmusic.objectives import two_view_gain

    gains = np.asarray(two_view_gain(first, second))
    shared = np.abs(np.corrcoef(expit(np.concatenate([first, second]).T.astype(np.float64))))
    chosen: list[int] = []
    while len(chosen) < n_nodes:
        left = [k for k in range(len(gains)) if k not in chosen]
        most = {k: shared[k, chosen].max(initial=0.0) for k in left}
        apart = [k for k in left if most[k] < APART] or [min(left, key=most.__getitem__)]
        chosen.append(max(apart, key=lambda k: gains[k]))
    return chosen


def told(y: np.ndarray, values: np.ndarray) -> dict[str, Any]:
    """Bits that nodes tell of factors, (nodes, factors), and what two nodes share at most."""
    bits = np.array(
        [[mutual_info_score(value, node > 0) / np.log(2) for value in values.T] for node in y.T]
    )
    node, factor = linear_sum_assignment(-bits)
    shared = np.abs(np.corrcoef(expit(y.T.astype(np.float64)))) if len(bits) > 1 else np.eye(1)
    return {
        "bits": bits[node, factor][np.argsort(factor)].round(4).tolist(),
        "by_node": bits.round(4).tolist(),
        "correlation": round(float(shared[~np.eye(len(bits), dtype=bool)].max(initial=0)), 4),
    }


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--nodes", type=int, default=5)
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.seeds)
    rows = []
    for sets in (ALONE, (FACTORS,)):
        draws = [(factors, seed) for factors in sets for seed in seeds]
        found = outputs_of(draws, asked.restarts, asked.nodes)
        for n, factors in enumerate(sets):
            each = [told(*pair) for pair in found[n * len(seeds) : (n + 1) * len(seeds)]]
            rows.append({"nodes": len(factors), "factors": list(factors), "each": each})
            print(factors, [(one["bits"], one["correlation"]) for one in each], flush=True)
    about = {
        "sequences": N_SEQUENCES,
        "restarts": asked.restarts,
        "nodes": asked.nodes,
        "seeds": list(seeds),
    }
    PATH.write_text(json.dumps({**about, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
