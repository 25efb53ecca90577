"""What only the whole folder can say: near duplicates, tunes, groups, splits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from lstmmusic.analysis import (
    Fingerprint,
    near_duplicates,
    performer_of,
    split,
    split_groups,
    tune_name,
)

SAME = 0.8  # share of the shorter melody that another one has: nothing is learnt from it twice
_NOTATION = re.compile(r"\.(musicxml|xml|mxl|abc)$", re.IGNORECASE)


class Placed(NamedTuple):
    """Where a piece belongs in the corpus: the columns of `PLACED`."""

    performer: str
    tune: str
    group: int
    split: str


class Joined(NamedTuple):
    """The pieces of a folder, side by side.

    Attributes:
        places: Of every piece that is kept, by file.
        copies: Pieces that are nearly the same as a kept one, and that one, by file.
        note: What had to be given up, in words; empty where nothing.
    """

    places: dict[str, Placed]
    copies: dict[str, str]
    note: str


def join(titles: Mapping[str, str], fingerprints: Sequence[Fingerprint], seed: int) -> Joined:
    """Places every piece that is not nearly the same as another.

    Args:
        titles: What each piece calls itself, by file, in the order of their names.
        fingerprints: One for each.
        seed: Decides about the splits.
    """
    files = list(titles)
    copies = {files[one]: files[other] for one, other in _copies(fingerprints).items()}
    kept = [index for index, file in enumerate(files) if file not in copies]
    names = [_name(files[index]) for index in kept]
    said = [titles[files[index]] for index in kept]
    tunes = [_tune(*pair) for pair in zip(names, said, strict=True)]
    performers = [performer_of(*pair) for pair in zip(names, ([text] for text in said))]
    grouping = split_groups(tunes, performers, [fingerprints[index] for index in kept])
    splits = split(grouping.ids, seed=seed)
    rows = map(Placed, performers, tunes, grouping.ids, splits)
    places = dict(zip((files[index] for index in kept), rows, strict=True))
    return Joined(places, copies, grouping.note)


def _copies(fingerprints: Sequence[Fingerprint]) -> dict[int, int]:
    """Which pieces are nearly the same as one that is kept; the longest of several is kept."""
    found: dict[int, int] = {}
    for group in near_duplicates(fingerprints):
        kept: list[int] = []
        for index in sorted(group, key=lambda index: (-len(fingerprints[index].grams), index)):
            likeness = [fingerprints[index].likeness(fingerprints[other]) for other in kept]
            if likeness and max(likeness) >= SAME:
                found[index] = kept[int(np.argmax(likeness))]
            else:
                kept.append(index)
    return found


def _name(file: str) -> str:
    """The name of the file itself, without folders and the number of a tune within it."""
    return re.sub(r"#\d+$", "", file).rpartition("/")[2]


def _tune(name: str, title: str) -> str:
    """The tune: notation names it in its title, MIDI files often only in the file's name."""
    from_name, from_title = tune_name(name), tune_name(title) if title else ""
    is_named = len(re.sub(r"[^a-z]", "", from_name)) > 2
    return from_title if from_title and (_NOTATION.search(name) or not is_named) else from_name
