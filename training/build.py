"""Trains the shipped models again from `datasets/`: `python -m training.build` (or `make models`).

Options: --runs FOLDER for the run folders (a temporary one otherwise).
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from lstmmusic.corpus import read_passport
from lstmmusic.fitting import melody_facts, read_recipe, train_harmony, train_melody, versions
from lstmmusic.models import Tune
from lstmmusic.player.stored import SHIPPED, store_model

ROOT = Path(__file__).parents[1]


def build(recipe_path: Path, dataset: Path, runs: Path) -> dict:
    """Trains one model, stores it among the shipped ones and returns its card."""
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    recipe, passport = read_recipe(recipe_path), read_passport(dataset)
    splits: dict[str, list[Tune]] = {"train": [], "validation": []}
    for entry, score in passport.scores():
        tune = Tune.of(entry.file, score, entry.form, entry.style)
        splits[entry.split].append(tune)
    seen, unseen = splits["train"], splits["validation"]
    start = time.perf_counter()
    harmony, harmony_scores = train_harmony(seen + unseen, recipe, runs)
    print("harmony", harmony_scores, f"{time.perf_counter() - start:.0f} s", flush=True)
    melody, melody_scores = train_melody(seen, unseen, recipe, runs)
    print("melody", melody_scores, f"{time.perf_counter() - start:.0f} s", flush=True)
    styles = sorted({tune.style for tune in seen})
    card = {
        "name": recipe.name,
        "title": "Twelve-bar blues",
        "licence": "CC0-1.0",
        "trained_on": {
            "dataset": dataset.name,
            "title": passport.title,
            "licence": passport.licence,
            "passport_sha256": passport.sha256,
            "tunes": len(seen),
            "unseen_tunes": len(unseen),
        },
        "knows": {"metres": ["4/4", "12/8"], "styles": styles, **melody_facts(seen)},
        "scores": {"harmony": harmony_scores, "melody": melody_scores},
        "recipe": recipe_path.name,
        "seed": recipe.seed,
        "versions": versions(),
    }
    store_model(SHIPPED / recipe.name, card, {"harmony": harmony, "melody": melody})
    return card


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=None)
    arguments = parser.parse_args()
    runs = arguments.runs or Path(tempfile.mkdtemp(prefix="lstmmusic-"))
    build(ROOT / "training/recipes/twelve_bar.toml", ROOT / "datasets/twelve_bar", runs)
    print("run folders:", runs)
