"""Solos by players in folders of MIDI files, with their chords: what the model `soloist` hears.

`python -m training.solos FOLDER...` writes the ranges of the numbers of the scorecard among the
blues solos in folders, which pieces by `soloist` are held against.

The files are those of Weimar Jazz Database in MIDI: one part is the solo as it was played, on a
tempo map that has the beats of the recording; chord symbols and choruses stand beside it; their
names say who plays what (`Charlie_Parker__K_C_Blues__058.mid`).
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lstmmusic.analysis import split, split_groups
from lstmmusic.analysis.groups import SPLITS
from lstmmusic.corpus import Corpus, build
from lstmmusic.corpus.piece import Piece
from lstmmusic.errors import InputError
from lstmmusic.evaluation import Reference
from lstmmusic.evaluation.__main__ import write_reference
from lstmmusic.evaluation.reference import SHIPPED
from lstmmusic.fitting import Material, chord_choruses, melody_tunes, performance
from lstmmusic.fitting.tunes import usual

SOLOS = {
    "dataset": "weimar",
    "title": "Weimar Jazz Database, solos in 4/4",
    "origin": "Weimar Jazz Database v2 (jazzomat.hfm-weimar.de), transcriptions as MIDI files",
    "licence": "ODbL-1.0",
    "citation": "Pfleiderer, Frieler, Abesser, Zaddach, Burkhart (eds.), Inside the Jazzomat, 2017",
}
METRE = "4/4"
SHARES = (0.75, 0.15, 0.1)  # of train, validation and test
CHORD_SHARES = (0.8, 0.1, 0.1)  # the same where chords are learnt, which nothing else is told


def read_solos(folders: Sequence[Path], work: Path) -> list[Piece]:
    """The solos by known players in 4/4 in folders; all else in them is left out.

    Args:
        folders: Read as a training reads them.
        work: Gets a corpus of each.
    """
    pieces: list[Piece] = []
    for folder in folders:
        corpus = work / f"{folder.name}.parquet"
        build(folder, corpus, force=True)
        pieces += Corpus.read(corpus).pieces()
    return [
        piece
        for piece in pieces
        if piece.is_performance and piece.performer and str(piece.score.metre) == METRE
    ]


def split_solos(blues: Sequence[Piece], others: Sequence[Piece]) -> list[Piece]:
    """All pieces, each with its split: no tune and no player is on two sides.

    The blues are dealt out by what hangs together, and validate and test alone. Of the others
    train those whose tune and player neither validates nor tests; the rest is left out.

    Example:
        >>> from lstmmusic import Score
        >>> def piece(tune, player):
        ...     return Piece(tune, Score(), "", player, tune, 0, "", (), None, True, "", 0.0)
        >>> blues = [piece("a", "x"), piece("b", "x"), piece("c", "y"), piece("d", "z")]
        >>> found = split_solos(blues, [piece("e", "x"), piece("e", "y"), piece("d", "w")])
        >>> [(one.tune, one.performer, one.split) for one in found if one.split == "train"]
        [('a', 'x', 'train'), ('b', 'x', 'train'), ('e', 'x', 'train')]
        >>> sorted(one.split for one in found if one.split != "train")
        ['test', 'validation']
    """
    found = _dealt(blues, SHARES)
    held = [piece for piece in found if piece.split != "train"]
    tunes, players = {piece.tune for piece in held}, {piece.performer for piece in held}
    found += [
        replace(piece, split="train")
        for piece in others
        if piece.tune not in tunes and piece.performer not in players
    ]
    return found


def _dealt(solos: Sequence[Piece], shares: tuple[float, float, float]) -> list[Piece]:
    groups = split_groups([solo.tune for solo in solos], [solo.performer for solo in solos])
    sides = split(groups.ids, shares)
    return [replace(solo, split=side) for solo, side in zip(solos, sides, strict=True)]


def material_of(pieces: Sequence[Piece], n_blues: int, about: dict[str, Any]) -> Material:
    """The music of solos that are split, ready to train on.

    Chords are learnt from the training side of the blues alone, dealt out by `CHORD_SHARES`.

    Args:
        pieces: Of `split_solos`.
        n_blues: So many of them, the first, are blues.
        about: What the card says of where they come from.

    Raises:
        InputError: There are none to learn from, or none to choose the epoch by.
    """
    sides = {name: [piece for piece in pieces if piece.split == name] for name in SPLITS}
    if not sides["train"] or not sides["validation"]:
        raise InputError("from", "solos of at least two groups of players", f"{len(pieces)} solos")
    tunes = {
        name: tuple(t for p in found for t in melody_tunes(p)) for name, found in sides.items()
    }
    heard = {
        name: tuple(one for piece in found if (one := performance(piece)) is not None)
        for name, found in sides.items()
    }
    blues = [piece for piece in pieces[:n_blues] if piece.split == "train"]
    with_chords = [p for p in _dealt(pieces[:n_blues], CHORD_SHARES) if p.split == "train"]
    files = "\n".join(sorted(f"{piece.file} {piece.split}" for piece in pieces))
    counts = {
        "tunes": len(sides["train"]),
        "unseen_tunes": len(sides["validation"]),
        "test_tunes": len(sides["test"]),
        "blues": len(blues),
        "blues_with_chords": len(with_chords),
        "notes": {name: sum(len(t.events) for t in found) for name, found in tunes.items()},
        "performed_notes": {name: sum(map(len, found)) for name, found in heard.items()},
        "players": {name: sorted({p.performer for p in found}) for name, found in sides.items()},
        "files_sha256": hashlib.sha256(files.encode()).hexdigest(),
    }
    return Material(
        tunes["train"],
        tunes["validation"],
        tunes["test"],
        tuple(tune for piece in with_chords for tune in chord_choruses(piece)),
        {**about, **counts},
        usual(blues, [t for p in blues for t in melody_tunes(p)]),
        heard,
    )


def in_choruses(solos: Sequence[Piece]) -> list[Piece]:
    """The solos that have a chorus of twelve bars in a known form: blues for certain."""
    return [solo for solo in solos if any(chorus.n_bars == 12 for chorus in solo.choruses)]


def reference_of(solos: Sequence[Piece]) -> Reference:
    """What pieces by `soloist` are held against: the blues among the solos.

    Raises:
        InputError: There are none.
    """
    blues = in_choruses(solos)
    if not blues:
        raise InputError("folders", "solos on the blues", f"{len(solos)} solos, none in its form")
    made_from = {**SOLOS, "title": "blues solos of Weimar Jazz Database"}
    return Reference.of(((piece.file, piece.score) for piece in blues), made_from)


def main() -> None:
    """Writes the ranges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    with tempfile.TemporaryDirectory() as work:
        found = reference_of(read_solos(parser.parse_args().folders, Path(work)))
    made_from = {**found.made_from, "made_by": "python -m training.solos FOLDER"}
    write_reference(replace(found, made_from=made_from, melodies=()), SHIPPED["soloist"])


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
