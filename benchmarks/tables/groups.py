"""Groups without labels."""

from __future__ import annotations

import statistics

from benchmarks.tables.recorded import RESULTS, learnt, runs


def _grouping() -> str:
    """Adjusted mutual information of the groups of the experiments, family by family."""
    families = ("rhythm", "tempo", "pitch", "frequency", "wave", "amplitude")
    rows = [
        f"| AMI: mean ± deviation; seeds above untrained | {' | '.join(families)} |",
        "|---" * (1 + len(families)) + "|",
    ]
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
        rows.append(f"| `{row['variant']}` | {' | '.join(cells)} |")
        if not row["variant"].endswith("_2001"):  # it reads the last step; this does not
            rows.append(f"| the same untrained | {' | '.join(untrained)} |")
    return "\n".join(rows)


def _mean_deviation(values: list[float]) -> str:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.2f} ± {deviation:.2f}"


def _nodes() -> str:
    """What nodes tell of binary factors, one factor alone and three at once."""
    rows = ["| nodes | factors | bits that a node tells of its factor | correlation |"]
    rows.append("|---|---|---|---|")
    for row in learnt("nodes")["rows"]:
        cells = []
        for k, factor in enumerate(row["factors"]):
            bits = [one["bits"][k] for one in row["each"]]
            cells.append(f"{factor} {_mean_deviation(bits)}")
        shared = [one["correlation"] for one in row["each"]]
        said = _mean_deviation(shared) if row["nodes"] > 1 else ""
        rows.append(
            f"| {row['nodes']} | {', '.join(row['factors'])} | {', '.join(cells)} | {said} |"
        )
    return "\n".join(rows)


def _clustered() -> str:
    """AMI of the groups of music that is known otherwise, method by method."""
    rows = []
    for path in sorted((RESULTS / "cluster").glob("*.json")):
        found = learnt(f"cluster/{path.stem}")
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
                rows.append(
                    f"| {found['set']}: {found['sequences']}, {len(found['groups'])} groups "
                    f"| {', '.join(features)} | `{row['method']}` "
                    f"| {row['ami']:.2f} ± {row['deviation']:.2f} | {above} |"
                )
    if not rows:
        return ""
    head = "| set | features | method | AMI: mean ± deviation | seeds above n-grams |"
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def _like() -> str:
    """Overlap with a group of pieces played like it, and of those played without it."""
    rows = ["| tunes | overlap | without the group | pieces that are nearer |", "|---|---|---|---|"]
    for label, found in learnt("like")["groups"].items():
        each = found["each"]
        ours, theirs = ([row[name] for row in each] for name in ("overlap", "without"))
        above = sum(a > b for a, b in zip(ours, theirs, strict=True))
        rows.append(
            f"| {found['pieces']} of the kind {label} | {_mean_deviation(ours)} "
            f"| {_mean_deviation(theirs)} | {above} of {len(each)} |"
        )
    return "\n".join(rows)


TABLES = {
    "grouping": _grouping,
    "grouping_nodes": _nodes,
    "clustered": _clustered,
    "like": _like,
}
