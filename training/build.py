"""Trains the shipped models again: `python -m training.build` (or `make models`), from `datasets/`.

`python -m training.build soloist --from BLUES_FOLDER... --others FOLDER...` trains `soloist` from
solos that lie elsewhere (`training/solos.py` says which files it takes).

Options: --runs FOLDER for the run folders, whose runs are gone on with (a temporary one otherwise);
--harmony-seeds N (1), of `soloist`: so many harmony networks are trained, from seeds 0 on, and the
one with the fewest bits a chorus on streams of its training choruses is kept. Nothing else is
chosen among several.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from lstmmusic.corpus import read_passport
from lstmmusic.errors import InputError
from lstmmusic.fitting import (
    Material,
    Recipe,
    RunFolder,
    facts_of,
    read_recipe,
    train_harmony,
    train_networks,
    versions,
)
from lstmmusic.fitting.train import feel_facts
from lstmmusic.generation import STYLE_SWING
from lstmmusic.models import Tune
from lstmmusic.player.stored import SHIPPED, store_model
from training.solos import METRE, SOLOS, material_of, read_solos, split_solos

ROOT = Path(__file__).parents[1]
RECIPES = ROOT / "training" / "recipes"

SOLOIST_NOTICE = (
    "Contains information from Weimar Jazz Database, which is made available here under the Open "
    "Database License (ODbL) 1.0, https://opendatacommons.org/licenses/odbl/1-0/. The weights are "
    "offered under the same licence. The tunes that the solos were played on may be in copyright; "
    "no solo is in this project. With a learned feel, the drums are those of Groove MIDI Dataset "
    "(Gillick et al. 2019, CC BY 4.0), see NOTICE.md."
)
BAND = "jump"  # what the band plays behind a soloist
# How like line one line two usually is: about where choruses by people have their median of `aab`
# (0.5). The network by itself does not answer.
ANSWER = 0.7


def build_twelve_bar(runs: Path) -> dict[str, Any]:
    """Trains `twelve-bar`, stores it among the shipped models and returns its card."""
    recipe = read_recipe(RECIPES / "twelve_bar.toml")
    dataset = ROOT / "datasets" / "twelve_bar"
    passport = read_passport(dataset)
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
    run = RunFolder(runs / recipe.name, {"recipe": recipe.name}, resume=True)
    networks, scores, _ = train_networks(material, recipe, run, resume=True)
    card = {
        "name": recipe.name,
        "title": "Twelve-bar blues",
        "licence": "CC0-1.0",
        "trained_on": about,
        "knows": {**facts_of(material), "answer": ANSWER},
    }
    return _stored(recipe, "twelve_bar.toml", card, networks, scores)


def build_soloist(
    blues: Sequence[Path], others: Sequence[Path], n_harmony: int, runs: Path
) -> dict[str, Any]:
    """Trains `soloist` on solos in folders, stores it among the shipped models.

    Args:
        blues: Folders with blues: chords, melody and feel are learnt from them.
        others: Folders with other solos, for melody and feel.
        n_harmony: Harmony networks to choose from.
        runs: Gets the run folders.

    Returns:
        Its card.

    Raises:
        InputError: Too few solos, or none in choruses of known forms.
    """
    recipe = read_recipe(RECIPES / "soloist.toml")
    run = RunFolder(runs / recipe.name, {"recipe": recipe.name}, resume=True)
    solos = read_solos(blues, run.path)
    pieces = split_solos(solos, read_solos(others, run.path))
    material = material_of(pieces, len(solos), SOLOS)
    harmony, seeds = _screened(material, recipe, n_harmony, run.path)
    networks, scores, _ = train_networks(replace(material, choruses=()), recipe, run, resume=True)
    networks = {"harmony": harmony, **networks}
    scores = {"harmony": seeds, **scores}
    row = {**material.usual[METRE], "style": BAND, "swing": STYLE_SWING[BAND], "feel": "learned"}
    row["tempo"] = float(round(row["tempo"]))  # as it stands above the staff
    facts = facts_of(replace(material, usual={METRE: row}))
    # In each piece as much is silent as in training, so that pieces differ as players do;
    # `twelve-bar`, which learns from few tunes under much dropout, does without.
    thinned = [recipe.melody.input_dropout, recipe.melody.dropout]
    card = {
        "name": recipe.name,
        "title": "Blues solos",
        "licence": SOLOS["licence"],
        "notice": SOLOIST_NOTICE,
        "rebuild": "python -m training.build soloist --from BLUES_FOLDER --others FOLDER",
        "trained_on": dict(material.about),
        "knows": {**facts, **feel_facts(material), "thinned": thinned},
    }
    return _stored(recipe, "soloist.toml", card, networks, scores)


def _screened(
    material: Material, recipe: Recipe, n_seeds: int, folder: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The harmony network that tells its training choruses in the fewest bits, and its scores."""
    known = {form for forms in recipe.harmony_streams for form in forms}
    choruses = [tune for tune in material.choruses if tune.form in known]
    found = []
    for seed in range(n_seeds):
        place = folder / f"harmony-{seed}"
        found.append(train_harmony(choruses, replace(recipe, seed=seed), place, resume=True))
        print(f"harmony, seed {seed}: {found[-1][1]}", flush=True)
    bits = [scores["bits_per_chorus"] for _, scores in found]
    seed = bits.index(min(bits))
    weights, scores = found[seed]
    return weights, {**scores, "seed": seed, "bits_by_seed": bits, "choruses": len(choruses)}


def _stored(
    recipe: Recipe,
    file: str,
    card: Mapping[str, Any],
    networks: Mapping[str, Any],
    scores: Mapping[str, Any],
) -> dict[str, Any]:
    print(scores, flush=True)
    full = {
        **card,
        "scores": scores,
        "recipe": file,
        "seed": recipe.seed,
        "versions": versions(),
    }
    store_model(SHIPPED / recipe.name, full, networks)
    return full


def main() -> None:
    """Trains what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="twelve-bar", choices=("twelve-bar", "soloist"))
    parser.add_argument("--from", dest="blues", nargs="+", type=Path, default=[])
    parser.add_argument("--others", nargs="+", type=Path, default=[])
    parser.add_argument("--harmony-seeds", type=int, default=1)
    parser.add_argument("--runs", type=Path, default=None)
    asked = parser.parse_args()
    runs = asked.runs or Path(tempfile.mkdtemp(prefix="lstmmusic-"))
    if asked.model == "twelve-bar":
        build_twelve_bar(runs)
    else:
        build_soloist(asked.blues, asked.others, asked.harmony_seeds, runs)
    print("run folders:", runs)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
