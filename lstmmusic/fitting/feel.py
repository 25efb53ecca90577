"""Trains the feel network of a model on performances."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.fitting.loop import AfterEpoch, Measure, mean_nats
from lstmmusic.fitting.networks import Weights, a_window, all_windows, batches_of, fit_in_folder
from lstmmusic.fitting.recipe import Recipe
from lstmmusic.models import Example, FeelNetwork, Performance, feel_example
from lstmmusic.player.feel_player import FeelPlayer

BITS_PER_FEEL = Measure("bits_per_feel", ("late", "ratio"))


def train_feel(
    performances: Sequence[Performance],
    unseen: Sequence[Performance],
    recipe: Recipe,
    folder: Path,
    *,
    test: Sequence[Performance] = (),
    hears_itself: bool = True,
    start: Mapping[str, np.ndarray] | None = None,
    resume: bool = False,
    after_epoch: AfterEpoch | None = None,
) -> tuple[Weights, dict[str, Any]]:
    """Trains the feel network; performances that it never sees choose the epoch.

    An example is a window of one performance, of which the first notes are heard and do not count.

    Args:
        performances: To learn from.
        unseen: Choose the epoch.
        recipe: Sizes and schedules; it has a feel network.
        folder: Gets a run folder `feel`.
        test: Measured once, with the weights of the best epoch.
        hears_itself: False: how the notes before were played is not told.
        start: Weights to begin with.
        resume: Goes on with the run in the folder.
        after_epoch: Hears the network, each epoch and its metrics.

    Returns:
        Weights and scores: `bits_per_feel` (how late and how long, bits a note), and
        `rmse_beats`, the root mean square error of how late a note is expected to be, beside
        `spread_beats`, the deviations' own standard deviation, on the unseen performances; with
        `test_` before it on the test performances.

    Raises:
        InputError: There are no performances, or no unseen ones; or the recipe has no feel network.
        OutputError: The run folder cannot be written, or is not to be gone on with.
    """
    options = recipe.feel
    if options is None:
        raise InputError("recipe", "a feel network", "none")
    if not performances or not unseen:
        received = f"{len(performances)} and {len(unseen)}"
        raise InputError("performances", "some to learn from and some to be tried on", received)
    examples = [feel_example(found, hears_itself) for found in performances]
    shares = np.array([len(found) for found in performances], float)
    shares /= shares.sum()

    def draw(rng: np.random.Generator) -> tuple[Example, int]:
        chosen = int(rng.choice(len(examples), p=shares))
        return a_window(examples[chosen], len(performances[chosen]), options.length, rng)

    validation = all_windows([feel_example(x, hears_itself) for x in unseen], options)
    network = FeelNetwork(
        options.units, options.input_dropout, options.dropout, recipe.seed, options.peepholes
    )
    if start is not None:
        network.load_stored_weights(dict(start))
    result = fit_in_folder(
        network,
        recipe,
        options,
        batches_of(draw, options),
        validation,
        folder,
        BITS_PER_FEEL,
        from_start=start is not None,
        music_sha256=feel_checksum([*performances, *unseen]),
        resume=resume,
        after_epoch=after_epoch,
    )
    weights = network.stored_weights()
    scores = {
        **result,
        "bits_per_feel": round(BITS_PER_FEEL.of(mean_nats(network, validation)), 4),
        **(_told(weights, unseen) if hears_itself else {}),
        "train_notes": sum(map(len, performances)),
        "unseen_notes": sum(map(len, unseen)),
    }
    if test and hears_itself:
        scores |= {f"test_{name}": value for name, value in _told(weights, test).items()}
        scores["test_notes"] = sum(map(len, test))
    return weights, scores


def expected_lateness(
    weights: Mapping[str, Any], performance: Performance, hears_itself: bool = True
) -> np.ndarray:
    """How late each note is expected to be, in beats, told how those before it were played."""
    player = FeelPlayer(weights, performance.events[:, :3], performance.setting)
    expected = np.empty(len(performance))
    for note, late in enumerate(performance.deviations[0].tolist()):
        expected[note] = player.expect()
        player.hear(late if hears_itself else 0.0)
    return expected


def feel_checksum(performances: Iterable[Performance]) -> str:
    """Of all notes that a training hears, so that it goes on with no others."""
    digest = hashlib.sha256()
    for found in performances:
        digest.update(f"{found.name} {found.setting}".encode() + found.events.tobytes())
    return digest.hexdigest()


def _told(weights: Weights, performances: Sequence[Performance]) -> dict[str, float]:
    late = np.concatenate([found.deviations[0] for found in performances])
    error = np.concatenate([expected_lateness(weights, found) for found in performances]) - late
    return {
        "rmse_beats": round(float(np.sqrt(np.mean(error**2))), 4),
        "spread_beats": round(float(late.std()), 4),
    }
