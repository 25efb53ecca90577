"""Trains the harmony network from several seeds and keeps how it keeps the form.

`python -m training.record_harmony`; options: --seeds (5), --settings A,B or all (the default),
--from FOLDER... with the solos of the settings of `soloist` (see `training/solos.py`), which are
left out of all otherwise, --runs FOLDER for run folders, whose runs are gone on with (a temporary
one otherwise), --again to train and measure anew what is recorded already. Seeds count from 0 and
none is left out; each is kept as soon as it is measured. Afterwards: python -m benchmarks.tables
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from lstmmusic.corpus import read_passport
from lstmmusic.encoding import HarmonyClock
from lstmmusic.encoding.harmony_clock import N_SYMBOLS
from lstmmusic.errors import InputError
from lstmmusic.evaluation.form import fit_form, read_harmony
from lstmmusic.fitting import Recipe, read_recipe, train_harmony, versions
from lstmmusic.fitting.networks import floor_bits
from lstmmusic.generation import Settings
from lstmmusic.models import Tune
from lstmmusic.player import HarmonyPlayer, Sampling
from lstmmusic.score import Key, Score, Timed, form_named
from training.solos import SOLOS, material_of, read_solos, split_solos

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "harmony.json"
RECIPES = ROOT / "training" / "recipes"
RECIPE = RECIPES / "twelve_bar.toml"
DATASET = ROOT / "datasets" / "twelve_bar"
BARS = 12
CHORUSES = 32
MOST_CHORUSES = 1000
STREAMS = 20  # of each mode
LONG_STREAMS = 5  # of these, as many of each mode are played until the first slip
MEASURED_STREAMS, MEASURED_CHORUSES = 32, 6  # whose bits are counted
USUAL = Settings()
SAMPLINGS = {
    "temperature 1, top-p 1": Sampling(1.0, 1.0),
    "default": Sampling(USUAL.temperature, USUAL.top_p, USUAL.top_k),
}
_PLAYING, _MEASURING = 10, 11  # streams of random numbers, other than those of the training


@dataclass(frozen=True)
class Setting:
    """A way to play the chords.

    Attributes:
        about: In words.
        steps_per_bar: Of its clock.
        misheard: As in the recipe, None: the recipe's.
        peepholes: Whether the gates see the cells.
        control: `table` and `draws` are not trained; empty for networks.
        of_solos: Whether it has the chords and the recipe of `soloist`, not of `twelve-bar`.
    """

    about: str
    steps_per_bar: int = 2
    misheard: float | None = None
    peepholes: bool = True
    control: str = ""
    of_solos: bool = False

    @property
    def recipe(self) -> Path:
        """Of the model whose chords it plays."""
        return RECIPES / "soloist.toml" if self.of_solos else RECIPE


SETTINGS = {
    "half-bars": Setting("the recipe of the shipped model"),
    "nothing misheard": Setting("no chord is misheard in training", misheard=0.0),
    "no peepholes": Setting("the gates do not see the cells", peepholes=False),
    "eighths": Setting("a clock of eighths", steps_per_bar=8),
    "twelfths": Setting("a clock of twelve steps a quarter", steps_per_bar=48),
    "bar counter": Setting("chords counted by mode and place in the form", control="table"),
    "draws": Setting("training choruses, drawn as the networks hear them", control="draws"),
    "solos": Setting("the recipe of `soloist`, on the chords of its solos", of_solos=True),
    "solos bar counter": Setting("the same counted", control="table", of_solos=True),
    "solos draws": Setting("the same drawn", control="draws", of_solos=True),
}


class Player(Protocol):
    """Plays symbols one after the other."""

    def logits(self) -> np.ndarray:
        """Of the next symbol; moves on by one tick."""
        ...

    def hear(self, symbol: int) -> None:
        """Is told which symbol was played."""
        ...


class Choruses:
    """The training choruses of a recipe on a clock, as the networks hear them.

    Args:
        tunes: With chords; those of no form of the recipe are left out.
        streams: Families of forms, see `Recipe`.
        steps_per_bar: Of the clock.
    """

    def __init__(
        self, tunes: Sequence[Tune], streams: Sequence[Sequence[str]], steps_per_bar: int
    ) -> None:
        self.steps_per_bar = steps_per_bar
        clock = HarmonyClock(steps_per_bar)
        self.families = [
            [clock.encode(tune.score) for tune in tunes if tune.form in forms] for forms in streams
        ]
        self.is_minor = [form_named(forms[0]).mode == "minor" for forms in streams]
        self.shares = np.array([len(family) for family in self.families], float)
        self.shares /= self.shares.sum()

    def of_mode(self, is_minor: bool) -> list[list[np.ndarray]]:
        """The families of a mode."""
        pairs = zip(self.families, self.is_minor, strict=True)
        return [family for family, minor in pairs if minor == is_minor]

    def at_bars(self, is_minor: bool) -> np.ndarray:
        """Which symbols a family's choruses have at each bar line: (families, bars, symbols)."""
        families = self.of_mode(is_minor)
        found = np.zeros((len(families), BARS, N_SYMBOLS), bool)
        for flags, family in zip(found, families, strict=True):
            for chorus in family:
                flags[np.arange(BARS), chorus[:: self.steps_per_bar]] = True
        return found

    def stream(self, rng: np.random.Generator, n_choruses: int) -> tuple[np.ndarray, bool]:
        """Choruses of one family, each drawn anew; and the mode."""
        number = int(rng.choice(len(self.families), p=self.shares))
        family = self.families[number]
        drawn = [family[int(rng.integers(len(family)))] for _ in range(n_choruses)]
        return np.concatenate(drawn), self.is_minor[number]


class BarCounter:
    """The control that is told the place in the form: chords counted there, by mode.

    Args:
        choruses: What is counted.
        is_minor: The mode.
    """

    def __init__(self, choruses: Choruses, is_minor: bool) -> None:
        known = np.concatenate(choruses.of_mode(is_minor))
        known = known.reshape(-1, BARS * choruses.steps_per_bar)
        self._counts = np.stack([np.bincount(place, minlength=N_SYMBOLS) for place in known.T])
        self._tick = 0

    def logits(self) -> np.ndarray:
        """Of the next symbol; moves on by one tick."""
        counts = self._counts[self._tick % len(self._counts)]
        self._tick += 1
        with np.errstate(divide="ignore"):
            return np.log(counts)

    def hear(self, symbol: int) -> None:
        """It counts bars and hears nothing."""


class Draws:
    """The ceiling: training choruses of one family in a row, each drawn anew.

    Args:
        choruses: Where they are drawn.
        is_minor: The mode.
        rng: Draws family and choruses.
    """

    def __init__(self, choruses: Choruses, is_minor: bool, rng: np.random.Generator) -> None:
        families = choruses.of_mode(is_minor)
        sizes = np.array([len(family) for family in families], float)
        self._family = families[int(rng.choice(len(families), p=sizes / sizes.sum()))]
        self._rng = rng
        self._rest: list[int] = []

    def logits(self) -> np.ndarray:
        """Of the next symbol, the only one that is open; moves on by one tick."""
        if not self._rest:
            self._rest = self._family[int(self._rng.integers(len(self._family)))].tolist()
        found = np.full(N_SYMBOLS, -np.inf)
        found[self._rest.pop(0)] = 0.0
        return found

    def hear(self, symbol: int) -> None:
        """It knows already."""


def bits_per_chorus(
    new_player: Callable[[bool], Player], choruses: Choruses, rng: np.random.Generator
) -> float:
    """Bits of twelve bars, on streams of other draws than those of the training."""
    nats = 0.0
    for _ in range(MEASURED_STREAMS):
        symbols, is_minor = choruses.stream(rng, MEASURED_CHORUSES)
        player = new_player(is_minor)
        for symbol in symbols.tolist():
            logits = player.logits().astype(np.float64)
            top = logits.max()
            nats += top + np.log(np.exp(logits - top).sum()) - logits[symbol]
            player.hear(symbol)
    return nats / np.log(2) / (MEASURED_STREAMS * MEASURED_CHORUSES)


def play(
    player: Player,
    choruses: Choruses,
    is_minor: bool,
    sampling: Sampling,
    rng: np.random.Generator,
    most: int = CHORUSES,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Plays `CHORUSES` choruses, and on up to `most` as long as no chord is wrong.

    A bar line is right where its chord is one that the training choruses have there. They are
    those of one family of forms, the one that chorus 1 fits best; bars are counted from the
    start, so that a place that is lost is lost for ever.

    Returns:
        Symbols of the first `CHORUSES` choruses, (choruses, ticks); which of their bar lines are
        right, (choruses, bars); how many choruses were played before the first with a wrong one.
    """
    allowed, ticks = choruses.at_bars(is_minor), BARS * choruses.steps_per_bar

    def chorus() -> np.ndarray:
        symbols = []
        for _ in range(ticks):
            symbols.append(sampling.choose(player.logits(), rng))
            player.hear(symbols[-1])
        return np.array(symbols)

    first = [chorus() for _ in range(CHORUSES)]
    bars = np.arange(BARS)
    fits = allowed[:, bars, first[0][:: choruses.steps_per_bar]].mean(axis=1)
    family = allowed[int(fits.argmax())]
    right = np.stack([family[bars, c[:: choruses.steps_per_bar]] for c in first])
    wrong = np.flatnonzero(~right.all(axis=1))
    if len(wrong):
        return np.stack(first), right, int(wrong[0])
    n_right = CHORUSES
    while n_right < most and family[bars, chorus()[:: choruses.steps_per_bar]].all():
        n_right += 1
    return np.stack(first), right, n_right


def measure(
    new_player: Callable[[bool], Player], choruses: Choruses, sampling: Sampling, seed: int
) -> dict[str, Any]:
    """`STREAMS` streams in major and as many in minor.

    Returns:
        `right`: share of the bar lines of `CHORUSES` choruses; `by_chorus`, the same chorus by
        chorus; `by_mode`; `distinct` of `choruses` differ; `known`, the share that is a training
        chorus tick by tick; `choruses_before_a_slip`, the median over the long streams, and
        `without_a_slip`, the share of these in `MOST_CHORUSES`; `one_form`, the same as `right`
        against one form of the project's, see `lstmmusic.evaluation`.
    """
    shares: dict[bool, list[np.ndarray]] = {False: [], True: []}
    played: set[bytes] = set()
    n_known, before, one_form = 0, [], []
    for is_minor, found in shares.items():
        known = {c.tobytes() for family in choruses.of_mode(is_minor) for c in family}
        for stream in range(STREAMS):
            rng = np.random.default_rng([seed, _PLAYING, is_minor, stream])
            most = MOST_CHORUSES if stream < LONG_STREAMS else CHORUSES
            played_on = play(new_player(is_minor), choruses, is_minor, sampling, rng, most)
            symbols, right, n_right = played_on
            found.append(right.mean(axis=1))
            before += [n_right] if stream < LONG_STREAMS else []
            bare = [chorus.tobytes() for chorus in symbols]
            played.update(bytes([is_minor]) + chorus for chorus in bare)
            n_known += sum(chorus in known for chorus in bare)
            one_form.append(_one_form(symbols, is_minor, choruses.steps_per_bar))
    everything = np.concatenate([np.stack(found) for found in shares.values()])
    return {
        "right": round(float(everything.mean()), 4),
        "by_chorus": [round(float(share), 4) for share in everything.mean(axis=0)],
        "by_mode": {
            "minor" if is_minor else "major": round(float(np.mean(found)), 4)
            for is_minor, found in shares.items()
        },
        "distinct": len(played),
        "choruses": everything.size,
        "known": round(n_known / everything.size, 4),
        "choruses_before_a_slip": statistics.median(before),
        "without_a_slip": round(float(np.mean(np.array(before) >= MOST_CHORUSES)), 4),
        "one_form": round(float(np.mean(one_form)), 4),
    }


def _one_form(symbols: np.ndarray, is_minor: bool, steps_per_bar: int) -> float:
    """Form accuracy as the scorecard has it."""
    key = Key("C", "minor" if is_minor else "major")
    n_bars = symbols.size // steps_per_bar
    frame = Score(keys=[Timed(0.0, key)], length_quarters=4.0 * n_bars)
    score = HarmonyClock(steps_per_bar).decode(symbols.ravel(), frame)
    fit = fit_form(score, read_harmony(score))
    return 0.0 if fit is None else fit.accuracy


def recipe_for(setting: Setting, recipe: Recipe, seed: int) -> Recipe:
    """The recipe of a setting: as many updates, each of as many ticks, as that of the model.

    A finer clock hears fewer choruses in them, in fewer streams; a stream has at least two.
    """
    options = recipe.harmony
    n_ticks, finer = options.batch_size * options.length, setting.steps_per_bar // 2
    length = min(options.length * finer, max(n_ticks // 8, 2 * BARS * setting.steps_per_bar))
    misheard = options.misheard if setting.misheard is None else setting.misheard
    harmony = replace(
        options,
        length=length,
        batch_size=n_ticks // length,
        misheard=misheard,
        peepholes=setting.peepholes,
    )
    return replace(recipe, seed=seed, harmony=harmony)


def record_seed(
    setting: Setting, recipe: Recipe, tunes: Sequence[Tune], seed: int, runs: Path
) -> dict[str, Any]:
    """Trains one network, or makes one control, and measures it."""
    clock = HarmonyClock(setting.steps_per_bar)
    choruses = Choruses(tunes, recipe.harmony_streams, clock.steps_per_bar)
    start = time.perf_counter()
    new_player: Callable[[bool], Player]
    found: dict[str, Any] = {"seed": seed}
    if setting.control == "table":
        new_player = lambda is_minor: BarCounter(choruses, is_minor)  # noqa: E731
    elif setting.control == "draws":
        rng = np.random.default_rng([seed, _MEASURING, 1])
        new_player = lambda is_minor: Draws(choruses, is_minor, rng)  # noqa: E731
    else:
        options = recipe_for(setting, recipe, seed)
        resume = (runs / "harmony" / "config.json").is_file()
        weights, scores = train_harmony(tunes, options, runs, clock=clock, resume=resume)
        new_player = lambda is_minor: HarmonyPlayer(weights, is_minor)  # noqa: E731
        found["best_epoch"] = scores["best_epoch"]
    found["seconds"] = round(time.perf_counter() - start, 1)
    if setting.control == "draws":
        bits = floor_bits(choruses.families, choruses.shares, BARS * MEASURED_CHORUSES)
    else:
        bits = bits_per_chorus(new_player, choruses, np.random.default_rng([seed, _MEASURING]))
    found["bits_per_chorus"] = round(bits, 3)
    found["samplings"] = {
        name: measure(new_player, choruses, sampling, seed) for name, sampling in SAMPLINGS.items()
    }
    return found


def training_tunes(dataset: Path, forms: set[str]) -> list[Tune]:
    """The tunes that the harmony network of `twelve-bar` hears."""
    tunes: dict[str, list[Tune]] = {"train": [], "validation": []}
    for entry, score in read_passport(dataset).scores():
        if entry.form in forms:
            tunes[entry.split].append(Tune.of(entry.file, score, entry.form, entry.style))
    return [*tunes["train"], *tunes["validation"]]


def soloist_tunes(folders: Sequence[Path], forms: set[str], work: Path) -> list[Tune]:
    """The choruses that the harmony network of `soloist` hears."""
    solos = read_solos(folders, work)
    material = material_of(split_solos(solos, []), len(solos), SOLOS)
    return [tune for tune in material.choruses if tune.form in forms]


def record(
    names: Sequence[str],
    n_seeds: int,
    runs: Path,
    again: bool = False,
    path: Path = RESULTS,
    folders: Sequence[Path] = (),
) -> None:
    """Trains and measures what is not recorded yet, or with `again` all that is asked for."""
    table: dict[str, Any] = {}
    if path.is_file():
        table = json.loads(path.read_text(encoding="utf-8"))["settings"]
    heard: dict[Path, list[Tune]] = {}
    for name in names:
        setting = SETTINGS[name]
        recipe = read_recipe(setting.recipe)
        if setting.recipe not in heard:
            forms = {form for forms in recipe.harmony_streams for form in forms}
            if setting.of_solos:
                heard[setting.recipe] = soloist_tunes(folders, forms, runs)
            else:
                heard[setting.recipe] = training_tunes(DATASET, forms)
        options = recipe_for(setting, recipe, 0).harmony
        row = {
            "about": setting.about,
            "recipe": setting.recipe.name,
            "steps_per_bar": setting.steps_per_bar,
            "streams_per_update": options.batch_size,
            "ticks_per_stream": options.length,
        }
        seeds: dict[int, Any] = {}
        if not again:
            seeds = {found["seed"]: found for found in table.get(name, {}).get("seeds", ())}
        for seed in (seed for seed in range(n_seeds) if seed not in seeds):
            folder = runs / name.replace(" ", "_") / str(seed)
            seeds[seed] = record_seed(setting, recipe, heard[setting.recipe], seed, folder)
            table[name] = {**row, "seeds": [seeds[number] for number in sorted(seeds)]}
            rows = {key: table[key] for key in SETTINGS if key in table}
            kept = {"versions": versions(), "settings": rows}
            path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
            told = seeds[seed]["samplings"]["temperature 1, top-p 1"]["right"]
            print(f"{name}, seed {seed}: {told:.4f} right, {seeds[seed]['seconds']} s", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Records what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--settings", default="all")
    parser.add_argument("--from", dest="folders", nargs="+", type=Path, default=[])
    parser.add_argument("--runs", type=Path, default=None)
    parser.add_argument("--again", action="store_true")
    asked = parser.parse_args(arguments)
    names = asked.settings.split(",")
    if asked.settings == "all":
        names = [name for name, row in SETTINGS.items() if asked.folders or not row.of_solos]
    unknown = [name for name in names if name not in SETTINGS]
    if unknown:
        raise InputError("settings", f"some of {', '.join(SETTINGS)}", unknown[0])
    if not asked.folders and any(SETTINGS[name].of_solos for name in names):
        raise InputError("from", "folders with blues solos, for these settings", "none")
    runs = asked.runs or Path(tempfile.mkdtemp(prefix="lstmmusic-"))
    record(names, asked.seeds, runs, asked.again, folders=asked.folders)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
