"""Groups of pieces that must stay on one side of a split: one tune, one performer, near copies.

A network that has heard a tune, or a player, in training is no longer tested by another take.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np

from lstmmusic.analysis.fingerprint import (
    Fingerprint,
    Fingerprints,
    hanging_together,
    near_duplicates,
)
from lstmmusic.errors import InputError

SPLITS = ("train", "validation", "test")

Names = Sequence[str] | np.ndarray  # one a piece; as numbers where they are very many

_SUFFIX = re.compile(r"\.(mid|midi|kar|rmi|mxl|xml|musicxml|abc)$", re.IGNORECASE)
_TAKE = re.compile(
    r"\b(take|version|v|alt(ernate)?( take)?|part|pt|copy|live|solo|remaster(ed)?|final|fixed|edit)"
    r"\s*\d*\b|\b(19|20)\d\d\b|\(\d+\)|\[[^\]]*\]"
)
_ARTICLE = re.compile(r"^(the|a|an) | (the|an?)$")
_CONTRACTED = re.compile(r"(?<=[a-z]{2}) (?=(?:s|t|d|ll|ve|re)\b)|(?<=\bi) (?=(?:m|d|ll|ve)\b)")
_BY = re.compile(
    r"\s*(?:performed |played )?by\s*:?\s*(.+)|\s*(?:artist|performer)\s*[:=]\s*(.+)",
    re.IGNORECASE,
)
_TITLE_WORDS = frozenset(
    (
        *("the", "a", "an", "of", "in", "on", "and", "my", "me", "you", "your", "i", "it", "for"),
        *("to", "blues", "rag", "song", "waltz", "boogie", "stomp", "jump", "shuffle", "love"),
        *("night", "day", "train", "walk", "rock", "bounce", "swing", "ballad", "theme", "street"),
        *("home", "baby", "woman", "man"),
    )
)
_BAND_WORDS = frozenset(
    {"band", "boys", "brothers", "ensemble", "orchestra", "quartet", "quintet", "sextet", "trio"}
)

_MOST = 0.8  # share of the pieces in one group: nothing is left to test on


class Grouping(NamedTuple):
    """Which pieces hang together.

    Attributes:
        ids: A group number for each piece, from 0, in the order of first appearance.
        note: What had to be given up, in words for people; empty where nothing.
    """

    ids: tuple[int, ...]
    note: str


def tune_name(title: str) -> str:
    """A title or file name without what differs between copies of one tune.

    Folder, suffix, performer (`Performer__Title__12.mid`, `Performer - Title.mid`), numbers of
    tracks and copies, takes, years, accents, articles and punctuation go.

    Example:
        >>> tune_name("Charlie_Parker__Billie_s_Bounce__052.mid")
        'billies bounce'
        >>> tune_name("01 - The C-Jam Blues (take 2).mid"), tune_name("C Jam Blues")
        ('c jam blues', 'c jam blues')
    """
    _, name = _performer_and_title(title)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = _TAKE.sub(" ", plain.replace("_", " ")) if _TAKE.sub(" ", plain).strip() else plain
    plain = re.sub(r"[^a-z0-9]+", " ", re.sub(r"['`]", "", plain)).strip()
    plain = _CONTRACTED.sub("", plain)
    shorter = re.sub(r" \d+$", "", plain)
    plain = _ARTICLE.sub("", shorter).strip() or plain
    return plain


def performer_of(name: str, texts: Sequence[str] = ()) -> str:
    """Who plays, from a file name such as `Performer__Title__123.mid`, or from words in the file.

    Two words or more before ` - ` or `__` are taken for a person or band; a source mark such as
    `cre__` is not. Then texts such as `Performed by ...`.

    Args:
        name: File name, with or without folder.
        texts: Track names and text events of the file.

    Returns:
        The name as written, underscores as spaces; empty when unknown.

    Example:
        >>> performer_of("J_J_Johnson__Walkin__196.mid"), performer_of("Blues - B. B. King.mid")
        ('J J Johnson', 'B. B. King')
        >>> performer_of("tune12.mid", ["Piano", "Performed by Dr. John"])
        'Dr. John'
    """
    performer, _ = _performer_and_title(name)
    if performer:
        return performer
    for text in texts:
        found = _BY.fullmatch(text)
        if found:
            return next(part for part in found.groups() if part).strip()
    return ""


def split_groups(
    tunes: Names,
    performers: Names = (),
    fingerprints: Fingerprints | Sequence[Fingerprint] = (),
) -> Grouping:
    """Puts pieces together that share a tune, a performer, or most of their melody.

    Where nearly everything hangs together by performers, tunes and melodies alone make the groups,
    and the note says so.

    Args:
        tunes: Normalised names (`tune_name`), one a piece; an empty one links nothing. Of very
            many pieces numbers instead, one for each different name, 0 for none.
        performers: The same, one a piece (as `folded`, or numbers), or none at all.
        fingerprints: One a piece, or none at all.

    Raises:
        InputError: The lists are not of one length.

    Example:
        >>> split_groups(["a", "b", "b", "c"], ["x", "x", "y", ""]).ids
        (0, 0, 0, 1)
    """
    for label, values in (("performers", performers), ("fingerprints", fingerprints)):
        if len(values) not in (0, len(tunes)):
            raise InputError(label, f"{len(tunes)}, as many as tunes, or none", len(values))
    links = [_links(tunes)]
    for group in near_duplicates(fingerprints):
        links.append(np.array([(group[0], other) for other in group[1:]], np.int64))
    by_tune = hanging_together(len(tunes), np.concatenate(links))
    if not isinstance(performers, np.ndarray):
        performers = [folded(name) for name in performers]
    group_of = hanging_together(len(tunes), np.concatenate([*links, _links(performers)]))
    note = ""
    largest = int(np.bincount(group_of, minlength=1).max())
    n_groups, n_by_tune = (int(ids.max(initial=-1)) + 1 for ids in (group_of, by_tune))
    if largest > _MOST * len(tunes) and n_by_tune > n_groups and len(tunes) > 2:
        note = (
            f"{largest} of {len(tunes)} pieces hang together by shared performers; the split keeps "
            "tunes together, but one performer may be on both sides"
        )
        group_of = by_tune
    return Grouping(tuple(group_of.tolist()), note)


def split(
    groups: Sequence[int], shares: tuple[float, float, float] = (0.8, 0.1, 0.1), seed: int = 0
) -> tuple[str, ...]:
    """Sends whole groups to `train`, `validation` and `test`, as near to the shares as can be.

    Large groups are placed first, each where most room is left; a group too large for its split
    trains. Equal ones are drawn by the seed. What is asked for is not empty while there are groups.

    Args:
        groups: A group number for each piece.
        shares: Of train, validation and test; they are scaled to 1.
        seed: Of the order among groups of one size.

    Returns:
        The name of its split for each piece.

    Raises:
        InputError: A share is negative, or all are 0.

    Example:
        >>> split([0, 0, 0, 0, 1, 1, 2], (0.6, 0.3, 0.1))
        ('train', 'train', 'train', 'train', 'validation', 'validation', 'test')
    """
    if len(shares) != len(SPLITS) or min(shares) < 0 or sum(shares) <= 0:
        raise InputError("shares", "three numbers of at least 0, not all 0", shares)
    ids, first, sizes = _by_appearance(groups)
    order = np.random.default_rng(seed).permutation(len(first))
    order = order[np.argsort(-sizes[order], kind="stable")]
    wanted = np.array(shares) / sum(shares) * len(groups)
    held = np.zeros(len(SPLITS))
    side_of = np.zeros(len(first), np.int8)
    for placed, (group, size) in enumerate(zip(order, sizes[order], strict=True)):
        empty = [side for side in range(len(SPLITS)) if wanted[side] > 0 and held[side] == 0]
        left = len(order) - placed
        # The last groups go where nothing is yet; before that, where most room is.
        sides = empty if empty and left <= len(empty) else [s for s in range(3) if wanted[s] > 0]
        fits = [side for side in sides if held[side] + size <= max(wanted[side], 1)]
        side = max(fits or sides, key=lambda side: (wanted[side] - held[side], -side))
        held[side] += size
        side_of[group] = side
    return tuple(SPLITS[side] for side in side_of[ids])


def _by_appearance(groups: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of groups from 0 on as they appear, where each does first, and how large it is."""
    _, first, ids, sizes = np.unique(
        np.asarray(groups, np.int64), return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)
    return np.argsort(order)[ids], first[order], sizes[order]


def _links(names: Names) -> np.ndarray:
    """Every piece with the first one of its name; shape (links, 2)."""
    if not isinstance(names, np.ndarray):
        known = {name: number for number, name in enumerate(dict.fromkeys(("", *names)))}
        names = np.array([known[name] for name in names], np.int64)
    _, first, codes = np.unique(names, return_index=True, return_inverse=True)
    others = np.flatnonzero((names != 0) & (first[codes] != np.arange(len(names))))
    return np.stack([first[codes][others], others], axis=1)


def folded(name: str) -> str:
    """A name in small letters without accents and signs: `J.J. Johnson` is `J. J. Johnson`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", plain.lower()).strip()


def _performer_and_title(name: str) -> tuple[str, str]:
    """Both as written, the performer empty when the name does not say one."""
    stem = _SUFFIX.sub(
        "", PurePosixPath(name.replace("\\", "/")).name if _SUFFIX.search(name) else name
    )
    stem = re.sub(r"^\s*\d+\s*[-._)]+\s*(?=\D)", "", stem)  # a track number
    if "__" in stem:
        first, *rest = (part.replace("_", " ").strip() for part in stem.split("__"))
        words = [part for part in rest if part]
        if len(words) > 1 and words[-1].isdigit():
            words.pop()  # a number of the collection's
        if not words or (len(words) == 1 and words[0].isdigit() and len(rest) == 1):
            return "", first
        if _is_mark(first):
            return "", words[0]
        if len(words) == 1 and _is_mark(words[0]):
            return "", first
        return first, words[0]
    parts = [part.strip() for part in re.split(r"\s+[-\u2013\u2014]\s+", stem.replace("_", " "))]
    parts = [part for part in parts if part and not part.isdigit()]
    if len(parts) < 2:
        return "", parts[0] if parts else stem
    # `Title - Performer` and `Performer - Title` are both common: names are capitalised words or
    # initials and no words of titles.
    first, last = parts[0], parts[-1]
    if _name_likeness(first) >= _name_likeness(last):
        return first, last
    return last, first


def _is_mark(text: str) -> bool:
    """A short mark of a source in small letters, no person."""
    return text.islower() and len(text) <= 6 and " " not in text


def _name_likeness(text: str) -> float:
    words = text.split()
    as_names = sum(
        word[:1].isupper() and word.lower().strip(".") not in _TITLE_WORDS for word in words
    )
    initials = sum(bool(re.fullmatch(r"[A-Z]\.?", word)) for word in words)
    titles = sum(word.lower() in _TITLE_WORDS for word in words)
    bands = sum(word.lower() in _BAND_WORDS for word in words)
    usual = 0.5 if 2 <= len(words) <= 4 else 0.0
    return (as_names + initials) / len(words) - titles + 2 * bands + usual
