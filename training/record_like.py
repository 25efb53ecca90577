"""How much more like a group `generate --like` plays: `python -m training.record_like FOLDER`.

FOLDER holds tunes and `labels.csv` with the columns `file` and `label`. For every label and seed
the shipped model plays a piece like the tunes of the label, and one as it would by itself; kept are
the overlaps of both with those tunes that had no say in choosing the piece.
Options: --seeds (8), --seed (0), --choruses (2), --labels A,B (all)
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lstmmusic.evaluation import Reference
from lstmmusic.generation import Settings, improvise_like
from lstmmusic.io import load
from lstmmusic.player import load_model

PATH = Path(__file__).parent / "results" / "like.json"


def groups_in(folder: Path) -> dict[str, list[str]]:
    """The files of every label, in order."""
    found: dict[str, list[str]] = {}
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["label"], []).append(row["file"])
    return {label: sorted(files) for label, files in sorted(found.items())}


def played(group: Reference, seeds: Iterable[int], choruses: int) -> list[dict[str, Any]]:
    """Overlap with the group, and without it, of a piece a seed."""
    model = load_model()
    rows = []
    for seed in seeds:
        settings = Settings(seed=seed, choruses=choruses, band=False)
        told = improvise_like(group, settings, model=model).report["like"]
        rows.append({"seed": seed, "overlap": told["overlap"], "without": told["without"]})
    return rows


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--choruses", type=int, default=2)
    parser.add_argument("--labels", default="")
    asked = parser.parse_args()
    groups = groups_in(asked.folder)
    kept = json.loads(PATH.read_text(encoding="utf-8"))["groups"] if PATH.is_file() else {}
    for label in filter(None, asked.labels.split(",")) if asked.labels else groups:
        pieces = ((file, load(asked.folder / file)) for file in groups[label])
        group = Reference.of(pieces, {"title": label})
        seeds = range(asked.seed, asked.seed + asked.seeds)
        rows = played(group, seeds, asked.choruses)
        kept[label] = {"pieces": len(group.melodies), "choruses": asked.choruses, "each": rows}
        above = sum(row["overlap"] > row["without"] for row in rows)
        print(f"{label}: {above} of {len(rows)} more like it", flush=True)
        table = {"groups": dict(sorted(kept.items()))}
        PATH.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
