"""What only the whole folder can say: near duplicates, tunes, groups, splits."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from lstmmusic.analysis import (
    Fingerprints,
    near_duplicates,
    performer_of,
    split,
    split_groups,
    tune_name,
)
from lstmmusic.analysis.groups import folded
from lstmmusic.corpus.ledger import Ledger

SAME = 0.8  # share of the shorter melody that another one has: nothing is learnt from it twice
_NOTATION = re.compile(r"\.(musicxml|xml|mxl|abc)$", re.IGNORECASE)


def name_piece(file: str, title: str) -> tuple[str, str, str]:
    """Who plays a piece, the same as it is compared, and which tune it is.

    Args:
        file: Its name relative to the folder.
        title: What it calls itself.
    """
    name = re.sub(r"#\d+$", "", file).rpartition("/")[2]  # without the number in a book of tunes
    performer = performer_of(name, [title])
    return performer, folded(performer), _tune(name, title)


def join(ledger: Ledger, fingerprints: Fingerprints, seed: int) -> str:
    """Places every piece that is not nearly the same as another.

    Args:
        ledger: Knows the pieces, and is told.
        fingerprints: One for each.
        seed: Decides about the splits.

    Returns:
        What had to be given up, in words; empty where nothing.
    """
    for place, original in _copies(fingerprints):
        ledger.add_near(place, original)
    kept = ledger.kept()
    tunes, performers = (ledger.numbered(column) for column in ("tune", "performer_key"))
    grouping = split_groups(tunes, performers, fingerprints.only(kept))
    splits = split(grouping.ids, seed=seed)
    ledger.add_sides(zip(map(int, kept), grouping.ids, splits, strict=True))
    return grouping.note


def _copies(fingerprints: Fingerprints) -> Iterator[tuple[int, int]]:
    """Pieces that are nearly the same as one that is kept, and that; the longest is kept."""
    for group in near_duplicates(fingerprints):
        kept: list[int] = []
        for place in sorted(group, key=lambda place: (-len(fingerprints.grams(place)), place)):
            likeness = [fingerprints.likeness(place, other) for other in kept]
            if likeness and max(likeness) >= SAME:
                yield place, kept[int(np.argmax(likeness))]
            else:
                kept.append(place)


def _tune(name: str, title: str) -> str:
    """The tune: notation names it in its title, MIDI files often only in the file's name."""
    from_name, from_title = tune_name(name), tune_name(title) if title else ""
    is_named = len(re.sub(r"[^a-z]", "", from_name)) > 2
    return from_title if from_title and (_NOTATION.search(name) or not is_named) else from_name
