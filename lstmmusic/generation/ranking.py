"""Which of several pieces to hear first: the original ones, then those most like people's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lstmmusic.evaluation.originality import LIGHTS
from lstmmusic.generation.improvise import Improvisation


def ranked(pieces: Iterable[Improvisation]) -> list[Improvisation]:
    """The original ones first, then by how many scorecard numbers are those of people's music.

    Each report gains `rank`: the light of originality, and the share of the numbers told that lie
    inside the human band of the music that its model learnt from (of a model that is not shipped:
    of the shipped tunes). Of equals the one that came first goes first.

    Example:
        >>> import lstmmusic
        >>> best, other = ranked(lstmmusic.improvise(seed=seed) for seed in (1, 2))
        >>> best.report["rank"]["inside"] >= other.report["rank"]["inside"]
        True
    """
    from lstmmusic.evaluation import (
        scorecard,
        shipped_reference,
    )  # its reference is read only when asked for

    found = []
    for piece in pieces:
        card = scorecard(piece.score, shipped_reference(piece.report["model"]))
        told = [row["inside"] for row in card["human"].values() if row["inside"] is not None]
        inside = round(sum(told) / len(told), 4) if told else 0.0
        light = card["originality"]["light"]
        order = (LIGHTS.index(light) if light in LIGHTS else len(LIGHTS), -inside)
        report = {**piece.report, "rank": {"originality": light, "inside": inside}}
        found.append((order, replace(piece, report=report)))
    return [piece for _, piece in sorted(found, key=lambda row: row[0])]
