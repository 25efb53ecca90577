"""Trains melody networks on other players and tunes than they are tried on; keeps the bits a note.

`python -m training.record_melody FOLDER --more FOLDER...`; options: --models A,B or all (the
default), --folds (0,1,2,3,4), --seeds (1; how many on each fold), --runs FOLDER for the run folders
and what the n-grams say (a temporary one otherwise), --most N to stop after so many trainings. What
is recorded is not done again. Folders hold solos by players, see `training/solos.py`: those of the
first are tried on and learnt from, those of --more are learnt from alone.

Players are dealt into five folds by the number of their notes in the first folder. Each fold in
turn is tried on. The next chooses the epoch and the weights of all mixtures, but for its solos on
tunes that are tried on. All solos by other players on other tunes are learnt from. Fold k is learnt
from seeds k, k + 5 and so on; none is left out. The recipe is that of the package for so many
notes.

Everyone is told the same of a note and tells the same: the time to its onset, then its pitch, then
its duration, each given the ones before. As the player plays, no note starts before the last one
ends: times that do are impossible for all.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.evaluation import MelodyNGram
from lstmmusic.evaluation.viewpoints import N_CHOICES, Notes, Pool, ViewpointChains, bits, notes_of
from lstmmusic.fitting import melody_tunes, read_recipe, train_melody, usual_recipe, versions
from lstmmusic.fitting.networks import all_windows, melody_network
from lstmmusic.fitting.recipe import Network, Recipe
from lstmmusic.io import write_bytes
from lstmmusic.models import StoredNetwork, Tune
from lstmmusic.player.network import LOWEST_PITCH
from training.melody_variants import (
    Chordless,
    Forgetful,
    GRUMelody,
    Keyless,
    TransformerMelody,
    attention_units,
    gru_units,
    made,
)
from training.record_feel import DRAWS, FOLDS, dealt
from training.solos import read_solos

RESULTS = Path(__file__).parent / "results" / "melody.json"
PLAIN, STATIC, ONLINE = "plain n-gram", "viewpoints", "viewpoints and the solo so far"
SIDES = ("validation", "test")
COUNTED = ("ioi", "pitch")  # what a bit a note is, here and in the cards of models
_BOOTSTRAP = 22  # a stream of random numbers, other than those of the training

Told = dict[str, np.ndarray]  # by choice: chances (notes, choices) of all notes of one side


@dataclass(frozen=True)
class Solo:
    """A solo and what is known of it.

    Attributes:
        player, tune: It is by that player, on that tune.
        is_more: Only ever learnt from.
        tunes: Its stretches of one key and metre.
    """

    player: str
    tune: str
    is_more: bool
    tunes: tuple[Tune, ...]

    @property
    def n_notes(self) -> int:
        """Notes that are told."""
        return sum(len(tune.example[1]["pitch"]) for tune in self.tunes)

    @property
    def notes(self) -> list[Notes]:
        """As the n-grams see it, by stretch."""
        return [notes_of(*tune.example) for tune in self.tunes]


@dataclass(frozen=True)
class Split:
    """What is learnt from, what chooses, and what is tried on."""

    train: list[Solo]
    validation: list[Solo]
    test: list[Solo]

    def side(self, name: str) -> list[Solo]:
        """That of `SIDES`."""
        return self.validation if name == "validation" else self.test


@dataclass(frozen=True)
class Variant:
    """A way to tell melodies.

    Attributes:
        about: In words.
        make: Makes the network; None: that of the model.
        has_more: Whether the further folders are learnt from.
        peepholes: Whether the gates see the cells.
    """

    about: str
    make: Callable[[Network, int], StoredNetwork] = melody_network
    has_more: bool = True
    peepholes: bool = True


NETWORK = "network"
VARIANTS = {
    NETWORK: Variant("the form of the shipped models"),
    "no extra data": Variant("learnt from the blues alone", has_more=False),
    "no chords": Variant("told no chords", made(Chordless)),
    "no key": Variant("told no key", made(Keyless)),
    "no lookback": Variant("told nothing of four bars ago", made(Forgetful)),
    "no peepholes": Variant("the gates do not see the cells", peepholes=False),
    "GRU": Variant("a GRU of as many weights", made(GRUMelody, gru_units)),
    "Transformer": Variant(
        "two blocks of attention, as many weights", made(TransformerMelody, attention_units)
    ),
}


def solos_in(folders: Sequence[Path], work: Path, is_more: bool) -> list[Solo]:
    """The solos in folders that have a melody to tell."""
    pieces = read_solos(folders, work)
    found = [Solo(p.performer, p.tune, is_more, tuple(melody_tunes(p))) for p in pieces]
    return [solo for solo in found if solo.tunes]


def split(solos: Sequence[Solo], fold: int) -> Split:
    """No player and no tune is on two sides."""
    notes: Counter[str] = Counter()
    for solo in solos:
        if not solo.is_more:
            notes[solo.player] += solo.n_notes
    folds = dealt(notes)
    tried, choosing = folds[fold], folds[(fold + 1) % FOLDS]
    test = [solo for solo in solos if solo.player in tried and not solo.is_more]
    taken = {solo.tune for solo in test}
    validation = [
        solo
        for solo in solos
        if solo.player in choosing and not solo.is_more and solo.tune not in taken
    ]
    taken |= {solo.tune for solo in validation}
    others = [solo for solo in solos if solo.player not in tried | choosing]
    return Split([solo for solo in others if solo.tune not in taken], validation, test)


def allowed(told: Told, solos: Sequence[Solo]) -> Told:
    """The chances with none for an onset before the last note ends."""
    ends = np.concatenate([notes["d1"] for solo in solos for notes in solo.notes])
    later = np.arange(N_CHOICES["ioi"]) >= ends[:, None]
    times = np.where(later, told["ioi"], 0)
    return {**told, "ioi": times / times.sum(axis=1, keepdims=True)}


def chosen(solos: Sequence[Solo]) -> Told:
    """What came, by choice, (notes,)."""
    tunes = [tune.example[1] for solo in solos for tune in solo.tunes]
    return {choice: np.concatenate([targets[choice] for targets in tunes]) for choice in N_CHOICES}


def bits_by_solo(told: Told, solos: Sequence[Solo]) -> list[list[float]]:
    """Bits of each solo: time, pitch, duration."""
    came = chosen(solos)
    starts = np.cumsum([0, *(solo.n_notes for solo in solos[:-1])])
    columns = [np.add.reduceat(bits(told[choice], came[choice]), starts) for choice in N_CHOICES]
    return [[round(float(x), 2) for x in row] for row in zip(*columns, strict=True)]


def told_by(network: StoredNetwork, solos: Sequence[Solo], options: Network) -> Told:
    """What a network tells of solos, as it is measured in training: window by window."""
    found: dict[str, list[np.ndarray]] = {choice: [] for choice in N_CHOICES}
    examples = [tune.example for solo in solos for tune in solo.tunes]
    for inputs, _, weights in all_windows(examples, options):
        outputs: Any = network.predict_on_batch(inputs)
        for choice, logits in outputs.items():
            counted = np.asarray(logits, np.float64)[weights[choice] > 0]
            probs = np.exp(counted - counted.max(axis=-1, keepdims=True))
            probs /= probs.sum(axis=-1, keepdims=True)
            found[choice].append(probs.astype(np.float32))
    return allowed({choice: np.concatenate(rows) for choice, rows in found.items()}, solos)


def yardsticks(material: Split, path: Path) -> dict[str, dict[str, Told]]:
    """What the viewpoints tell, static and with the solo so far, by side; kept in a file.

    Training music is counted once; a solo is counted by chains of its own, which forget all others.
    Their pools are fitted on the validation solos.
    """
    if path.is_file():
        with np.load(path) as kept:
            return {
                model: {side: {c: kept[f"{model}/{side}/{c}"] for c in N_CHOICES} for side in SIDES}
                for model in (STATIC, ONLINE)
            }
    found: dict[str, dict[str, Told]] = {m: {side: {} for side in SIDES} for m in (STATIC, ONLINE)}
    came = chosen(material.validation)
    for choice in N_CHOICES:
        known = ViewpointChains(choice).fit(n for solo in material.train for n in solo.notes)
        opinions: dict[str, np.ndarray] = {}
        for side in SIDES:
            rows = []
            for solo in material.side(side):
                own = ViewpointChains(choice)
                rows += [
                    np.concatenate([known.probs(notes), own.probs(notes, learning=True)])
                    for notes in solo.notes
                ]
            opinions[side] = np.concatenate(rows, axis=1)
        for model, n_heard in ((STATIC, len(known)), (ONLINE, 2 * len(known))):
            pool = Pool().fit(opinions["validation"][:n_heard], came[choice])
            for side in SIDES:
                found[model][side][choice] = pool.probs(opinions[side][:n_heard])
    for by_side in found.values():
        for side in SIDES:
            by_side[side] = allowed(by_side[side], material.side(side))
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        allow_pickle=False,
        **{f"{m}/{s}/{c}": found[m][s][c] for m in found for s in SIDES for c in N_CHOICES},
    )
    return found


def plain_bits(material: Split) -> list[list[float]]:
    """Of the plain n-gram of the cards, by test solo; it tells no durations and knows none."""

    def table(tune: Tune) -> np.ndarray:
        inputs, targets = tune.example
        before = inputs["last"][:, 0]
        return np.stack([targets["ioi"] + 1, before, targets["pitch"] + LOWEST_PITCH], axis=1)

    ngram = MelodyNGram().fit(table(tune) for solo in material.train for tune in solo.tunes)
    return [
        [round(solo.n_notes * value, 2) for value in ngram.bits(map(table, solo.tunes))] + [0.0]
        for solo in material.test
    ]


def mixed(
    network: Mapping[str, Told], other: Mapping[str, Told], solos: Mapping[str, Sequence[Solo]]
) -> Told:
    """A network and n-grams pooled, fitted on the validation solos: what they tell of the test."""
    came = chosen(solos["validation"])
    found = {}
    for choice in N_CHOICES:
        opinions = {side: [network[side][choice], other[side][choice]] for side in SIDES}
        pool = Pool().fit(opinions["validation"], came[choice])
        found[choice] = pool.probs(opinions["test"])
    return allowed(found, solos["test"])


def trained(
    name: str, fold: int, seed: int, material: Split, runs: Path
) -> tuple[StoredNetwork, Recipe, dict[str, Any]]:
    """The network of the best epoch, its recipe and scores; a run that is there is gone on with."""
    variant = VARIANTS[name]
    recipe = read_recipe(usual_recipe(sum(solo.n_notes for solo in material.train)))
    options = replace(recipe.melody, peepholes=variant.peepholes)
    recipe = replace(recipe, seed=seed, melody=options)
    kept: list[StoredNetwork] = []

    def make(options: Network, seed: int) -> StoredNetwork:
        kept.append(variant.make(options, seed))
        return kept[0]

    _, scores = train_melody(
        [tune for solo in material.train for tune in solo.tunes],
        [tune for solo in material.validation for tune in solo.tunes],
        recipe,
        runs / f"{name}-{fold}-{seed}".replace(" ", "_"),
        resume=True,
        make_network=make,
    )
    return kept[0], recipe, scores


def record_run(
    name: str, fold: int, seed: int, solos: Sequence[Solo], runs: Path
) -> dict[str, Any]:
    """Trains one network and measures it alone and mixed with the n-grams of the same music."""
    has_more = VARIANTS[name].has_more
    material = split([solo for solo in solos if has_more or not solo.is_more], fold)
    network, recipe, scores = trained(name, fold, seed, material, runs)
    sides = {side: material.side(side) for side in SIDES}
    told = {side: told_by(network, sides[side], recipe.melody) for side in SIDES}
    others = yardsticks(material, _ngrams(runs, fold, has_more))
    found = {
        "alone": told["test"],
        **{f"with {model}": mixed(told, others[model], sides) for model in (STATIC, ONLINE)},
    }
    return {
        "model": name,
        "fold": fold,
        "seed": seed,
        "recipe": recipe.name,
        "weights": network.count_params(),
        "epochs": scores["epochs"],
        "best_epoch": scores["best_epoch"],
        "bits": {model: bits_by_solo(one, material.test) for model, one in found.items()},
    }


def _ngrams(runs: Path, fold: int, has_more: bool) -> Path:
    return runs / f"n-grams-{fold}{'' if has_more else '-alone'}.npz"


def record_fold(fold: int, solos: Sequence[Solo], runs: Path) -> dict[str, Any]:
    """Who is tried on, and what the n-grams tell of it, with the further folders and without."""
    found: dict[str, Any] = {"fold": fold}
    for has_more, words in ((True, ""), (False, ", no extra data")):
        material = split([solo for solo in solos if has_more or not solo.is_more], fold)
        told = yardsticks(material, _ngrams(runs, fold, has_more))
        found.setdefault("players", [solo.player for solo in material.test])
        found.setdefault("notes", [solo.n_notes for solo in material.test])
        found[f"train_notes{words}"] = sum(solo.n_notes for solo in material.train)
        found.setdefault("validation_notes", sum(solo.n_notes for solo in material.validation))
        rows = found.setdefault("bits", {})
        rows[f"{PLAIN}{words}"] = plain_bits(material)
        for model in (STATIC, ONLINE):
            rows[f"{model}{words}"] = bits_by_solo(told[model]["test"], material.test)
    return found


def summary(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For every model the bits a note, and how far they are from those of others on the same solos.

    An interval is the middle 95 % of draws of as many players, with the bits of a solo averaged
    over the seeds it was tried with.
    """
    folds = {row["fold"]: row for row in table["folds"]}
    models: dict[str, dict[int, list[np.ndarray]]] = {}
    for number, fold in folds.items():
        for name, rows in fold["bits"].items():
            models.setdefault(name, {})[number] = [np.array(rows)]
    seeds: dict[str, int] = Counter()
    for run in table["runs"]:
        for kind, rows in run["bits"].items():
            name = run["model"] if kind == "alone" else f"{run['model']} {kind}"
            models.setdefault(name, {}).setdefault(run["fold"], []).append(np.array(rows))
            seeds[name] += 1
    found = []
    for name, by_fold in models.items():
        notes = np.concatenate([folds[k]["notes"] for k in by_fold])
        mean = np.concatenate([np.mean(rows, axis=0) for rows in by_fold.values()])
        row: dict[str, Any] = {
            "model": name,
            "trainings": seeds[name],
            "folds": sorted(by_fold),
            "solos": len(notes),
            "notes": int(notes.sum()),
            **{
                choice: round(float(mean[:, k].sum() / notes.sum()), 4)
                for k, choice in enumerate(N_CHOICES)
            },
            "against": {},
        }
        row["bits_per_note"] = round(sum(row[choice] for choice in COUNTED), 4)
        alone = name.endswith(", no extra data") or name.startswith("no extra data")
        suffix = ", no extra data" if alone else ""
        for other in dict.fromkeys((STATIC, ONLINE, STATIC + suffix, ONLINE + suffix, NETWORK)):
            if other != name and other in models and by_fold.keys() <= models[other].keys():
                row["against"][other] = _against(by_fold, models[other], folds)
        found.append(row)
    return found


def _against(
    mine: Mapping[int, Sequence[np.ndarray]],
    other: Mapping[int, Sequence[np.ndarray]],
    folds: Mapping[int, Mapping[str, Any]],
) -> dict[str, Any]:
    """By how much the bits of time and pitch differ, as a share of the other's."""
    players = [player for k in mine for player in folds[k]["players"]]
    names = sorted(set(players))
    sums = np.zeros((2, len(names)))
    solos_better = 0
    by_seed = []
    for k, rows in mine.items():
        n = len(COUNTED)
        a, b = (np.mean(one, axis=0)[:, :n].sum(1) for one in (rows, other[k]))
        solos_better += int((a < b).sum())
        by_seed += [round(float(one[:, :n].sum() / b.sum() - 1), 4) for one in rows]
        for player, x, y in zip(folds[k]["players"], a, b, strict=True):
            sums[:, names.index(player)] += x, y
    drawn = np.random.default_rng(_BOOTSTRAP).integers(len(names), size=(DRAWS, len(names)))
    ratio = sums[0][drawn].sum(1) / sums[1][drawn].sum(1) - 1
    low, high = np.percentile(ratio, [2.5, 97.5])
    return {
        "change": round(float(sums[0].sum() / sums[1].sum() - 1), 4),
        "interval": [round(float(low), 4), round(float(high), 4)],
        "by_training": by_seed,
        "solos_better": solos_better,
    }


def record(
    solos: Sequence[Solo],
    names: Sequence[str],
    folds: Sequence[int],
    n_seeds: int,
    runs: Path,
    most: int | None = None,
    path: Path = RESULTS,
) -> None:
    """Does what is not recorded yet, model after model; every training is kept when it is done."""
    for fold in folds:
        if fold not in [row["fold"] for row in _kept(path)["folds"]]:
            _keep("folds", record_fold(fold, solos, runs), path)
    done = {(run["model"], run["fold"], run["seed"]) for run in _kept(path)["runs"]}
    wanted = [(m, k, k + FOLDS * n) for n in range(n_seeds) for m in names for k in folds]
    for name, fold, seed in [run for run in wanted if run not in done][:most]:
        run = record_run(name, fold, seed, solos, runs)
        _keep("runs", run, path)
        print(f"{name}, fold {fold}, seed {seed}: epoch {run['best_epoch']}", flush=True)


def _kept(path: Path) -> dict[str, Any]:
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    return {"folds": [], "runs": []}


def _keep(what: str, new: Mapping[str, Any], path: Path) -> None:
    """Adds a fold or a training to the record, which has a line for each and for each model."""
    table = _kept(path)
    table[what].append(new)
    order = list(VARIANTS)
    table["folds"].sort(key=lambda row: row["fold"])
    table["runs"].sort(key=lambda run: (order.index(run["model"]), run["seed"]))
    about = {name: variant.about for name, variant in VARIANTS.items()}
    parts = [f'"versions": {json.dumps(versions())}', f'"about": {json.dumps(about)}']
    for name, rows in (("summary", summary(table)), *((n, table[n]) for n in ("folds", "runs"))):
        lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
        parts.append(f'"{name}": [\n{lines}\n ]')
    write_bytes(path, ("{\n " + ",\n ".join(parts) + "\n}\n").encode(), force=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Records what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--more", nargs="*", type=Path, default=[])
    parser.add_argument("--models", default="all")
    parser.add_argument("--folds", default=",".join(map(str, range(FOLDS))))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--runs", type=Path, default=None)
    parser.add_argument("--most", type=int, default=None)
    asked = parser.parse_args(arguments)
    names = list(VARIANTS) if asked.models == "all" else asked.models.split(",")
    unknown = [name for name in names if name not in VARIANTS]
    if unknown:
        raise InputError("models", "some of " + ", ".join(VARIANTS), repr(unknown[0]))
    runs = asked.runs or Path(tempfile.mkdtemp(prefix="lstmmusic-melody-"))
    runs.mkdir(parents=True, exist_ok=True)
    solos = solos_in([asked.folder], runs, False) + solos_in(asked.more, runs, True)
    folds = [int(fold) for fold in asked.folds.split(",")]
    record(solos, names, folds, asked.seeds, runs, asked.most)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
