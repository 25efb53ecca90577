"""Playing again until a piece is as original as people's: no more of it is in other music."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.evaluation import Reference, measure, shipped_reference
from lstmmusic.evaluation.originality import LIGHTS
from lstmmusic.generation.improvise import Improvisation, improvise
from lstmmusic.generation.settings import Settings, settle
from lstmmusic.player import StoredModel
from lstmmusic.score import Score

HEARD = "model"  # the music that a shipped model has learnt from
TRIES = 20
_STREAM = 8  # of the random numbers of a seed; the parts of a piece have others


def improvise_original(
    music: str | Path | Reference,
    settings: Settings | None = None,
    *,
    primer: Score | None = None,
    model: StoredModel | str | None = None,
    **changes: Any,
) -> Improvisation:
    """Improvises pieces until one shares no more with other music than people do with each other.

    The light of the scorecard decides, which is green where no more runs of intervals are shared
    than 95 of 100 pieces of that music share with the others. Of `TRIES` pieces without a green
    one, the first of the best light is kept.

    Args:
        music: Where copies are looked for: `model`, what the shipped model heard; a folder of
            music, a corpus (`.parquet`), or a `Reference` made before.
        settings: As `improvise`.
        primer: As `improvise`; its own notes count, where it is kept.
        model: As `improvise`.
        **changes: As `improvise`.

    Returns:
        As `improvise`; the report has also `original`: the title of the `music`, how many `tries`
        were played, and the `light` of the piece.

    Raises:
        InputError: As `improvise`, or `Reference.read`; music whose notes are not at hand.

    Example:
        >>> improvise_original("model", seed=1).report["original"]["light"]
        'green'
    """
    settings, model = settle(settings, model, changes)
    if isinstance(music, Reference):
        reference = music
    else:
        reference = shipped_reference(model.name) if music == HEARD else Reference.read(music)
    if not reference.melodies:
        title = reference.made_from["title"]
        raise InputError("original", "a folder or a corpus", f"{title}: ranges without notes")
    more = np.random.default_rng([settings.seed, _STREAM]).integers(2**32, size=TRIES - 1)
    best: tuple[int, Improvisation] | None = None
    tries = 0
    for seed in (settings.seed, *more.tolist()):
        tries += 1
        piece = improvise(settings, primer=primer, model=model, seed=seed)
        found = reference.index.longest(measure(piece.score).melody)
        light = LIGHTS.index(found.light(reference.limits))
        if best is None or light < best[0]:
            best = light, piece
        if light == 0:
            break
    assert best is not None
    light, kept = best
    told = {"music": reference.made_from["title"], "tries": tries, "light": LIGHTS[light]}
    return kept.asked_with(settings.seed, original=told)
