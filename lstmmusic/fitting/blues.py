"""Trains a blues model, harmony and melody, from tunes: what a recipe asks for."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT, steps_per_bar
from lstmmusic.errors import InputError
from lstmmusic.fitting.loop import Batch, Schedule, check_counts, fit
from lstmmusic.fitting.run_folder import RunFolder
from lstmmusic.models import (
    HarmonyNetwork,
    MelodyNetwork,
    Tune,
    harmony_example,
    melody_example,
    pad_batch,
)
from lstmmusic.player.network import MAX_STEPS
from lstmmusic.score import form_named

Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Network:
    """Size and training of one network.

    Attributes:
        units: Cells of the LSTM.
        batch_size: Sequences in an update.
        length: Steps of a sequence (half-bars, or notes).
        input_dropout, dropout: Shares silenced in training.
        schedule: How long and how fast.
    """

    units: int
    batch_size: int
    length: int
    schedule: Schedule
    input_dropout: float = 0.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_counts(self, "units", "batch_size", "length")
        for name in ("input_dropout", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(name, "0 to less than 1", getattr(self, name))


@dataclass(frozen=True)
class Recipe:
    """All that is asked of a training.

    Attributes:
        name: Of the model.
        seed: Of everything random.
        harmony_streams: Forms that may follow each other from chorus to chorus in one stream.
        harmony, melody: The networks.
    """

    name: str
    seed: int
    harmony_streams: tuple[tuple[str, ...], ...]
    harmony: Network
    melody: Network


def read_recipe(path: str | Path) -> Recipe:
    """Reads a recipe in TOML.

    Raises:
        InputError: The file is no recipe; the message says what is wrong.
    """
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        networks = {}
        for kind in ("harmony", "melody"):
            row: dict[str, Any] = dict(table[kind])
            networks[kind] = Network(schedule=Schedule(**row.pop("schedule")), **row)
        streams = tuple(tuple(forms) for forms in table["harmony_streams"])
        for name in (name for forms in streams for name in forms):
            form_named(name)
        if not isinstance(table["name"], str) or not isinstance(table["seed"], int):
            raise TypeError("name is no text, or seed no whole number")
        return Recipe(table["name"], table["seed"], streams, **networks)
    except OSError as error:
        raise InputError(str(path), "a recipe that can be read", error.strerror) from None
    except KeyError as error:
        raise InputError(str(path), f"a recipe with {error}", "none") from None
    except (ValueError, TypeError) as error:
        raise InputError(str(path), "a recipe", error) from None


def train_harmony(tunes: Sequence[Tune], recipe: Recipe, folder: Path) -> tuple[Weights, dict]:
    """Trains the harmony network on endless streams of choruses drawn from the tunes.

    Each stream keeps to one family of forms; which chorus comes next is drawn anew each time, so
    that only what is common to the family can be learnt, and place is known from memory alone.

    Returns:
        Weights and scores: `bits_per_chorus` of twelve bars on streams of other draws, beside the
        `floor_bits_per_chorus` that the draws themselves cost.
    """
    families = _families(tunes, recipe.harmony_streams)
    shares = np.array([len(family) for family in families], float)
    shares /= shares.sum()
    length = recipe.harmony.length

    def stream(rng: np.random.Generator) -> tuple:
        family = families[int(rng.choice(len(families), p=shares))]
        symbols: list[np.ndarray] = []
        while sum(map(len, symbols)) < length:
            symbols.append(family[int(rng.integers(len(family)))].symbols)
        return harmony_example(np.concatenate(symbols)[:length], family[0].is_minor)

    def make_batch(rng: np.random.Generator) -> Batch:
        return pad_batch([stream(rng) for _ in range(recipe.harmony.batch_size)], length)

    validation = make_batch(np.random.default_rng([recipe.seed, 1]))
    network = HarmonyNetwork(recipe.harmony.units, seed=recipe.seed)
    run = RunFolder(folder / "harmony", asdict(recipe))
    result = fit(network, make_batch, validation, recipe.harmony.schedule, run, recipe.seed)
    scores = {
        **result,
        "bits_per_chorus": round(float(result["val_loss"] / np.log(2) * 24), 3),
        "floor_bits_per_chorus": round(_floor_bits(families, shares, length), 3),
    }
    return network.stored_weights(), scores


def train_melody(
    tunes: Sequence[Tune], unseen: Sequence[Tune], recipe: Recipe, folder: Path
) -> tuple[Weights, dict]:
    """Trains the melody network; tunes that it never sees choose the epoch.

    An example is one chorus, or two of one style, mode and form length in a row, moved by up to
    three semitones.

    Returns:
        Weights and scores: bits a note on the unseen tunes for time, pitch and duration;
        `bits_per_note` is time and pitch.
    """
    partners: dict[tuple, list[Tune]] = {}
    for tune in tunes:
        partners.setdefault(_kin(tune), []).append(tune)
    length = recipe.melody.length

    def example(rng: np.random.Generator) -> tuple:
        tune = tunes[int(rng.integers(len(tunes)))]
        kin = [other for other in partners[_kin(tune)] if other is not tune]
        pair = [tune, kin[int(rng.integers(len(kin)))]] if kin and rng.random() < 0.5 else [tune]
        return melody_example(pair, int(rng.integers(-3, 4)))

    def make_batch(rng: np.random.Generator) -> Batch:
        return pad_batch([example(rng) for _ in range(recipe.melody.batch_size)], length)

    validation = pad_batch([melody_example([tune]) for tune in unseen], length)
    network = MelodyNetwork(
        recipe.melody.units, recipe.melody.input_dropout, recipe.melody.dropout, recipe.seed
    )
    run = RunFolder(folder / "melody", asdict(recipe))
    result = fit(network, make_batch, validation, recipe.melody.schedule, run, recipe.seed)
    logits: Any = network(validation[0], training=False)
    bits = {
        name: _bits(np.asarray(logits[name]), validation[1][name], validation[2][name])
        for name in logits
    }
    scores = {
        **result,
        "bits_per_note": round(bits["ioi"] + bits["pitch"], 4),
        **{f"bits_{name}": round(value, 4) for name, value in bits.items()},
        "unseen_notes": int(validation[2]["pitch"].sum()),
    }
    return network.stored_weights(), scores


def melody_facts(tunes: Sequence[Tune]) -> dict[str, Any]:
    """What the card says about the melodies: lengths that occur, usual range, notes a bar.

    Returns:
        `iois` and `durations`: lengths in steps that occur at least twice; `range`: the 1st and
        99th percentile of the pitches; `notes_per_bar`: the mean of each style.
    """
    iois, durations, pitches, busy = [], [], [], {}
    for tune in tunes:
        onsets = tune.events[:, 0]
        bar_steps = steps_per_bar(tune.score.metre)
        iois += [int(onsets[0]) + bar_steps, *np.diff(onsets).tolist()]
        durations += tune.events[:, 1].tolist()
        pitches += tune.events[:, 2].tolist()
        busy.setdefault(tune.style, []).append(len(onsets) / tune.score.n_bars)
    low, high = np.percentile(pitches, [1, 99])
    return {
        "steps_per_beat": STEPS_PER_BEAT,
        "iois": _common(iois),
        "durations": _common(durations),
        "range": [int(low), int(high)],
        "notes_per_bar": {style: round(float(np.mean(v)), 2) for style, v in sorted(busy.items())},
    }


def _common(lengths: list[int]) -> list[int]:
    values, counts = np.unique([n for n in lengths if 1 <= n <= MAX_STEPS], return_counts=True)
    return values[counts >= 2].tolist()


def _kin(tune: Tune) -> tuple:
    """Tunes that may follow each other in one example."""
    return tune.style, tune.is_minor, form_named(tune.form).n_bars, tune.score.metre


def _families(tunes: Sequence[Tune], streams: Sequence[Sequence[str]]) -> list[list[Tune]]:
    families = [[tune for tune in tunes if tune.form in forms] for forms in streams]
    return [family for family in families if family]


def _bits(logits: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> float:
    logits = logits.astype(np.float64)
    logits -= logits.max(axis=-1, keepdims=True)
    log_probs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    chosen = np.take_along_axis(log_probs, targets[..., None], axis=-1)[..., 0]
    return float(-(chosen * weights).sum() / weights.sum() / np.log(2))


def _floor_bits(families: list[list[Tune]], shares: np.ndarray, length: int) -> float:
    """Bits a chorus that no model can save: the family once a stream, the chorus every time."""

    def entropy(probs: np.ndarray) -> float:
        return float(-(probs * np.log2(probs)).sum())

    total = entropy(shares) * 24 / length
    for share, family in zip(shares, families, strict=True):
        _, counts = np.unique([tune.symbols for tune in family], axis=0, return_counts=True)
        total += share * entropy(counts / counts.sum())
    return float(total)
