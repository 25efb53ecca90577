"""Groups without labels."""

from __future__ import annotations

import statistics

from benchmarks.tables.markdown import Rows
from benchmarks.tables.recorded import RESULTS, learnt, runs


def _grouping() -> Rows:
    """Adjusted mutual information of the groups of the experiments, family by family."""
    families = ("rhythm", "tempo", "pitch", "frequency", "wave", "amplitude")
    yield "AMI: mean ± deviation; seeds above untrained", *families
    for name, row in runs():
        if name not in ("bingo_grouping", "neo_grouping") or row["preset"] != "paper":
            continue
        each = [network["metrics"] for network in row["each"]]
        cells, untrained = [], []
        for family in families:
            if f"ami_{family}" not in each[0]:  # recorded before there was such a family
                cells.append("")
                untrained.append("")
                continue
            ours = [metrics[f"ami_{family}"] for metrics in each]
            theirs = [metrics[f"untrained_{family}"] for metrics in each]
            above = sum(a > b for a, b in zip(ours, theirs, strict=True))
            cells.append(f"{_mean_deviation(ours)}; {above} of {len(each)}")
            untrained.append(_mean_deviation(theirs))
        yield f"`{row['variant']}`", *cells
        if not row["variant"].endswith("_2001"):  # it reads the last step; this does not
            yield "the same untrained", *untrained


def _mean_deviation(values: list[float]) -> str:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.2f} ± {deviation:.2f}"


def _nodes() -> Rows:
    """What nodes tell of binary factors, one factor alone and three at once."""
    yield "nodes", "factors", "bits that a node tells of its factor", "correlation"
    for row in learnt("nodes")["rows"]:
        cells = []
        for k, factor in enumerate(row["factors"]):
            bits = [one["bits"][k] for one in row["each"]]
            cells.append(f"{factor} {_mean_deviation(bits)}")
        shared = [one["correlation"] for one in row["each"]]
        said = _mean_deviation(shared) if row["nodes"] > 1 else ""
        yield row["nodes"], ", ".join(row["factors"]), ", ".join(cells), said


def _clustered() -> Rows:
    """AMI of the groups of music that is known otherwise, method by method."""
    yield "set", "features", "method", "AMI: mean ± deviation", "seeds above n-grams"
    for path in sorted((RESULTS / "cluster").glob("*.json")):
        found = learnt(f"cluster/{path.stem}")
        known = f"{found['set']}: {found['sequences']}, {len(found['groups'])} groups"
        heard = list(dict.fromkeys(tuple(row["features"]) for row in found["rows"]))
        for features in heard:
            here = [row for row in found["rows"] if tuple(row["features"]) == features]
            ngrams = next((row for row in here if row["method"] == "ngrams"), None)
            for row in sorted(here, key=lambda row: -row["ami"]):
                above = ""
                if ngrams is not None and row is not ngrams and row["seeds"] == ngrams["seeds"]:
                    pairs = zip(row["each"], ngrams["each"], strict=True)
                    n_above = sum(one["ami"] > other["ami"] for one, other in pairs)
                    above = f"{n_above} of {len(row['seeds'])}"
                ami = f"{row['ami']:.2f} ± {row['deviation']:.2f}"
                yield known, ", ".join(features), f"`{row['method']}`", ami, above


def _like() -> Rows:
    """Overlap with a group of pieces played like it, and of those played without it."""
    yield "tunes", "overlap", "without the group", "pieces that are nearer"
    for label, found in learnt("like")["groups"].items():
        each = found["each"]
        ours, theirs = ([row[name] for row in each] for name in ("overlap", "without"))
        above = sum(a > b for a, b in zip(ours, theirs, strict=True))
        tunes, nearer = f"{found['pieces']} of the kind {label}", f"{above} of {len(each)}"
        yield tunes, _mean_deviation(ours), _mean_deviation(theirs), nearer


TABLES = {
    "grouping": _grouping,
    "grouping_nodes": _nodes,
    "clustered": _clustered,
    "like": _like,
}
