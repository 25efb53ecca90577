"""Trains the two networks of a model, harmony and melody, on tunes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from lstmmusic.encoding import HarmonyClock
from lstmmusic.encoding.harmony_clock import N_SYMBOLS
from lstmmusic.errors import InputError
from lstmmusic.evaluation import MelodyNGram
from lstmmusic.fitting.curves import Curves
from lstmmusic.fitting.loop import AfterEpoch, Batch, Measure, fit, mean_nats
from lstmmusic.fitting.recipe import Network, Recipe
from lstmmusic.fitting.run_folder import RunFolder
from lstmmusic.models import (
    Example,
    HarmonyNetwork,
    MelodyNetwork,
    StoredNetwork,
    Tune,
    harmony_example,
    melody_example,
    open_transpositions,
    pad_batch,
    transpose_example,
    window,
    windows,
)
from lstmmusic.player.network import LOWEST_PITCH
from lstmmusic.score import form_named

Weights = dict[str, np.ndarray]

BITS_PER_NOTE = Measure("bits_per_note", ("ioi", "pitch"))
CHORUS_BARS = 12

_REACH = 3  # semitones that a tune is moved in training, at most
_SEEN_BATCHES = 12  # of training music, measured after every epoch


def train_harmony(
    tunes: Sequence[Tune],
    recipe: Recipe,
    folder: Path,
    *,
    clock: HarmonyClock | None = None,
    start: Mapping[str, np.ndarray] | None = None,
    resume: bool = False,
    after_epoch: AfterEpoch | None = None,
) -> tuple[Weights, dict]:
    """Trains the harmony network on endless streams of choruses drawn from the tunes.

    Each stream keeps to one family of forms; which chorus comes next is drawn anew each time, so
    that only what is common to the family can be learnt, and place is known from memory alone.
    Streams of other draws choose the epoch: it is the form that is to be kept, and by choruses that
    vary otherwise the epoch was chosen long before it was.

    Args:
        tunes: Choruses of known forms with chords.
        recipe: Sizes and schedules.
        folder: Gets a run folder `harmony`.
        clock: What it runs on; None: half-bars, as models that are stored.
        start: Weights to begin with.
        resume: Goes on with the run in the folder.
        after_epoch: Hears the network, each epoch and its metrics.

    Returns:
        Weights and scores: `bits_per_chorus` of twelve bars on streams of other draws, beside the
        `floor_bits_per_chorus` that the draws themselves cost.

    Raises:
        InputError: No tune is of a form of the recipe's streams.
        OutputError: The run folder cannot be written, or is not to be gone on with.
    """
    families = _families(tunes, recipe.harmony_streams)
    if not families:
        raise InputError("harmony_streams", "forms that the tunes have", "none of them")
    shares = np.array([len(family) for family in families], float)
    shares /= shares.sum()
    length = recipe.harmony.length
    clock = clock or HarmonyClock()
    ticks = clock.steps_per_bar
    choruses = [[clock.encode(tune.score) for tune in family] for family in families]
    vocabulary = np.unique(np.concatenate([c for family in choruses for c in family]))

    def stream(rng: np.random.Generator, misheard: float) -> Example:
        number = int(rng.choice(len(families), p=shares))
        family = choruses[number]
        symbols: list[np.ndarray] = []
        while sum(map(len, symbols)) < length:
            symbols.append(family[int(rng.integers(len(family)))])
        is_minor = form_named(families[number][0].form or "").mode == "minor"
        played = np.concatenate(symbols)[:length]
        heard = played
        if misheard:
            others = rng.choice(vocabulary, length)
            heard = np.where(rng.random(length) < misheard, others, played)
        return harmony_example(played, is_minor, heard, ticks)

    def make_batch(rng: np.random.Generator, misheard: float = recipe.harmony.misheard) -> Batch:
        streams = [stream(rng, misheard) for _ in range(recipe.harmony.batch_size)]
        return pad_batch(streams, length)

    validation = make_batch(np.random.default_rng([recipe.seed, 1]), misheard=0.0)
    network = HarmonyNetwork(
        recipe.harmony.units,
        seed=recipe.seed,
        peepholes=recipe.harmony.peepholes,
        n_inputs=N_SYMBOLS + ticks + 1,
    )
    if start is not None:
        network.load_stored_weights(dict(start))
    result = fit_in_folder(
        network,
        recipe,
        recipe.harmony,
        make_batch,
        [validation],
        folder,
        Measure("bits_per_chorus", ("symbol",), CHORUS_BARS * ticks),
        from_start=start is not None,
        music_sha256=checksum(tunes),
        resume=resume,
        after_epoch=after_epoch,
    )
    scores = {
        **result,
        "bits_per_chorus": round(float(result["val_loss"] / np.log(2) * CHORUS_BARS * ticks), 3),
        "floor_bits_per_chorus": round(floor_bits(choruses, shares, length / ticks), 3),
    }
    return network.stored_weights(), scores


def train_melody(
    tunes: Sequence[Tune],
    unseen: Sequence[Tune],
    recipe: Recipe,
    folder: Path,
    *,
    test: Sequence[Tune] = (),
    start: Mapping[str, np.ndarray] | None = None,
    resume: bool = False,
    after_epoch: AfterEpoch | None = None,
    make_network: Callable[[Network, int], StoredNetwork] | None = None,
) -> tuple[Weights, dict]:
    """Trains the melody network; tunes that it never sees choose the epoch.

    An example is a window of one tune, or two short tunes of one style, mode, metre and form
    length in a row, moved by up to three semitones either way. Unseen and test tunes are never
    moved. Of a window inside a tune the first notes are heard and do not count, and what the
    network is told of earlier notes (the note four bars ago) is told across its edge.

    Args:
        tunes: To learn from.
        unseen: Choose the epoch.
        recipe: Sizes and schedules.
        folder: Gets a run folder `melody`.
        test: Measured once, with the weights of the best epoch.
        start: Weights to begin with.
        resume: Goes on with the run in the folder.
        after_epoch: Hears the network, each epoch and its metrics.
        make_network: Makes another network of the same inputs and outputs, from its options and
            the seed; None: the melody network.

    Returns:
        Weights and scores: bits a note on the unseen tunes for time, pitch and duration;
        `bits_per_note` is time and pitch, `train_bits_per_note` and `test_bits_per_note` the same
        on other tunes; `ngram` has those of a plain n-gram, fitted on `tunes`, on the same notes.

    Raises:
        InputError: There are no tunes, or no unseen ones.
        OutputError: The run folder cannot be written, or is not to be gone on with.
    """
    if not tunes or not unseen:
        received = f"{len(tunes)} and {len(unseen)}"
        raise InputError("tunes", "tunes to learn from and tunes to be tried on", received)
    options = recipe.melody
    length = options.length
    partners: dict[tuple, list[Tune]] = {}
    for tune in tunes:
        partners.setdefault(_kin(tune), []).append(tune)
    # Long tunes come as often as they have windows.
    slots = [tune for tune in tunes for _ in range(-(-_n_notes(tune) // length))]

    def draw(rng: np.random.Generator) -> tuple[Example, int]:
        tune = slots[int(rng.integers(len(slots)))]
        n_notes = _n_notes(tune)
        if n_notes <= length:
            kin = [other for other in partners[_kin(tune)] if other is not tune and tune.form]
            kin = [other for other in kin if n_notes + _n_notes(other) <= length]
            if kin and rng.random() < 0.5:
                pair = [tune, kin[int(rng.integers(len(kin)))]]
                return melody_example(pair, int(rng.integers(-_REACH, _REACH + 1))), 0
        shifts = open_transpositions(tune.example, _REACH)
        example = transpose_example(tune.example, shifts[int(rng.integers(len(shifts)))])
        return a_window(example, n_notes, length, rng)

    validation = all_windows([tune.example for tune in unseen], options)
    seen = all_windows([tune.example for tune in tunes], options)
    spread = np.linspace(0, len(seen) - 1, min(len(seen), _SEEN_BATCHES)).astype(int)
    network = (make_network or melody_network)(options, recipe.seed)
    if start is not None:
        network.load_stored_weights(dict(start))
    result = fit_in_folder(
        network,
        recipe,
        options,
        batches_of(draw, options),
        validation,
        folder,
        BITS_PER_NOTE,
        seen=[seen[k] for k in dict.fromkeys(spread.tolist())],
        from_start=start is not None,
        music_sha256=checksum([*tunes, *unseen]),
        resume=resume,
        after_epoch=after_epoch,
    )
    ngram = MelodyNGram().fit(map(_melody, tunes))
    bits = {name: nats / np.log(2) for name, nats in mean_nats(network, validation).items()}
    scores = {
        **result,
        "bits_per_note": round(bits["ioi"] + bits["pitch"], 4),
        **{f"bits_{name}": round(value, 4) for name, value in bits.items()},
        "unseen_notes": sum(map(_n_notes, unseen)),
        "train_bits_per_note": round(BITS_PER_NOTE.of(mean_nats(network, seen)), 4),
        "train_notes": sum(map(_n_notes, tunes)),
        "ngram": {"bits_per_note": round(sum(ngram.bits(map(_melody, unseen))), 4)},
    }
    if test:
        held = all_windows([tune.example for tune in test], options)
        scores["test_bits_per_note"] = round(BITS_PER_NOTE.of(mean_nats(network, held)), 4)
        scores["test_notes"] = sum(map(_n_notes, test))
        scores["ngram"]["test_bits_per_note"] = round(sum(ngram.bits(map(_melody, test))), 4)
    return network.stored_weights(), scores


def melody_network(options: Network, seed: int) -> MelodyNetwork:
    """A new one."""
    return MelodyNetwork(
        options.units, options.input_dropout, options.dropout, seed, options.peepholes
    )


def a_window(
    example: Example, n_notes: int, length: int, rng: np.random.Generator
) -> tuple[Example, int]:
    """Some notes in a row, and how many of the first only remind the network of what was before."""
    first = int(rng.integers(n_notes - length + 1)) if n_notes > length else 0
    return window(example, first, length), length // 8 if first else 0


def batches_of(
    draw: Callable[[np.random.Generator], tuple[Example, int]], options: Network
) -> Callable[[np.random.Generator], Batch]:
    """Makes a batch of examples that `draw` finds, each with how many notes of it do not count."""

    def make_batch(rng: np.random.Generator) -> Batch:
        drawn = [draw(rng) for _ in range(options.batch_size)]
        return pad_batch([x for x, _ in drawn], options.length, [skip for _, skip in drawn])

    return make_batch


def checksum(tunes: Iterable[Tune]) -> str:
    """Of all notes and chords that a training hears, so that it goes on with no others."""
    digest = hashlib.sha256()
    for tune in tunes:
        digest.update(f"{tune.name} {tune.form} {tune.style} {tune.score.key}".encode())
        digest.update(tune.events.tobytes() + tune.symbols.tobytes())
    return digest.hexdigest()


def fit_in_folder(
    network: StoredNetwork,
    recipe: Recipe,
    options: Network,
    make_batch: Callable[[np.random.Generator], Batch],
    validation: Sequence[Batch],
    folder: Path,
    measure: Measure,
    *,
    seen: Sequence[Batch] = (),
    from_start: bool,
    music_sha256: str,
    resume: bool,
    after_epoch: AfterEpoch | None,
) -> dict:
    """`fit` in a run folder of its own, its curves for TensorBoard, too."""
    run = RunFolder(folder / network.kind, {**asdict(recipe), "music": music_sha256}, resume)
    curves = Curves(folder / "tensorboard" / network.kind)

    def heard(network: StoredNetwork, epoch: int, metrics: Mapping[str, float]) -> None:
        curves.add(epoch, metrics)
        if after_epoch is not None:
            after_epoch(network, epoch, metrics)

    try:
        return fit(
            network,
            make_batch,
            validation,
            options.schedule,
            run,
            recipe.seed,
            measure=measure,
            seen=seen,
            from_start=from_start,
            after_epoch=heard,
        )
    finally:
        curves.close()


def _n_notes(tune: Tune) -> int:
    return len(tune.example[1]["pitch"])


def _melody(tune: Tune) -> np.ndarray:
    """What an n-gram is told: the notes that the network is measured on, (notes, 3)."""
    inputs, targets = tune.example
    before = inputs["last"][:, 0]
    return np.stack([targets["ioi"] + 1, before, targets["pitch"] + LOWEST_PITCH], axis=1)


def all_windows(examples: Iterable[Example], options: Network) -> list[Batch]:
    """Every note of the examples once, in batches of the shape that training has."""
    length = options.length
    cut: list[tuple[Example, int]] = []
    for example in examples:
        n_notes = len(next(iter(example[1].values())))
        for first, skip in windows(n_notes, length, length // 2):
            cut.append((window(example, first, length), skip))
    batches = []
    for first in range(0, len(cut), options.batch_size):
        rows = cut[first : first + options.batch_size]
        rows += [(window(rows[0][0], 0, 0), 0)] * (options.batch_size - len(rows))
        batches.append(pad_batch([x for x, _ in rows], length, [skip for _, skip in rows]))
    return batches


def _kin(tune: Tune) -> tuple:
    """Tunes that may follow each other in one example."""
    return tune.style, tune.is_minor, tune.form is None, tune.form_bars, tune.score.metre


def _families(tunes: Sequence[Tune], streams: Sequence[Sequence[str]]) -> list[list[Tune]]:
    families = [[tune for tune in tunes if tune.form in forms] for forms in streams]
    return [family for family in families if family]


def floor_bits(families: list[list[np.ndarray]], shares: np.ndarray, stream_bars: float) -> float:
    """Bits a chorus that no model can save: the family once a stream, the chorus every time."""

    def entropy(probs: np.ndarray) -> float:
        return float(-(probs * np.log2(probs)).sum())

    total = entropy(shares) * CHORUS_BARS / stream_bars
    for share, family in zip(shares, families, strict=True):
        _, counts = np.unique(family, axis=0, return_counts=True)
        total += share * entropy(counts / counts.sum())
    return float(total)
