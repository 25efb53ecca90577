"""Trains the shipped models again from `datasets/`: `python -m training.build` (or `make models`).

Options: --runs FOLDER for the run folders (a temporary one otherwise).
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from lstmmusic.corpus import read_passport
from lstmmusic.fitting import (
    Material,
    RunFolder,
    facts_of,
    read_recipe,
    train_networks,
    versions,
)
from lstmmusic.models import Tune
from lstmmusic.player.stored import SHIPPED, store_model

ROOT = Path(__file__).parents[1]


def build(recipe_path: Path, dataset: Path, runs: Path) -> dict:
    """Trains one model, stores it among the shipped ones and returns its card."""
    recipe, passport = read_recipe(recipe_path), read_passport(dataset)
    splits: dict[str, list[Tune]] = {"train": [], "validation": []}
    for entry, score in passport.scores():
        tune = Tune.of(entry.file, score, entry.form, entry.style)
        splits[entry.split].append(tune)
    seen, unseen = tuple(splits["train"]), tuple(splits["validation"])
    about = {
        "dataset": dataset.name,
        "title": passport.title,
        "licence": passport.licence,
        "passport_sha256": passport.sha256,
        "tunes": len(seen),
        "unseen_tunes": len(unseen),
    }
    material = Material(seen, unseen, choruses=seen + unseen, about=about)
    run = RunFolder(runs / recipe.name, {"recipe": recipe.name})
    networks, scores, _ = train_networks(material, recipe, run)
    print(scores, flush=True)
    card = {
        "name": recipe.name,
        "title": "Twelve-bar blues",
        "licence": "CC0-1.0",
        "trained_on": about,
        "knows": facts_of(material),
        "scores": scores,
        "recipe": recipe_path.name,
        "seed": recipe.seed,
        "versions": versions(),
    }
    store_model(SHIPPED / recipe.name, card, networks)
    return card


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=None)
    arguments = parser.parse_args()
    runs = arguments.runs or Path(tempfile.mkdtemp(prefix="lstmmusic-"))
    build(ROOT / "training/recipes/twelve_bar.toml", ROOT / "datasets/twelve_bar", runs)
    print("run folders:", runs)
