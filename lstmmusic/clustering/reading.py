"""Whatever holds sequences -> `Sequences`: music, a corpus, tables, arrays.

Music goes through `corpus`: each file is read in a process of its own, its melody found, and every
file accounted for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lstmmusic import io
from lstmmusic.clustering import tables
from lstmmusic.clustering.examples import MARK, TUNES, example_corpus, example_sequences
from lstmmusic.clustering.features import (
    DEFAULT_FEATURES,
    FACTS,
    MAX_NOTES,
    check_features,
    columns_of,
    encode,
    facts_of,
    windows,
)
from lstmmusic.clustering.sequences import Sequences
from lstmmusic.errors import InputError

CORPUS, ARCHIVE = ".parquet", ".zip"


@dataclass(frozen=True)
class Read:
    """What was read.

    Attributes:
        sequences: All of them.
        is_music: True where they are melodies.
        files: How many files of music there were, by what was made of them: `used`, `repaired`,
            `skipped`, `duplicate`; empty for what is no music.
        left_out: Files that are not among the sequences, and why.
    """

    sequences: Sequences
    is_music: bool
    files: dict[str, int]
    left_out: tuple[tuple[str, str], ...] = ()


def read_sequences(
    paths: str | Path | Iterable[str | Path],
    features: Sequence[str] = DEFAULT_FEATURES,
    max_notes: int = MAX_NOTES,
    in_windows: bool = False,
    layout: str = "auto",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    seed: int = 0,
) -> Read:
    """Reads sequences from files.

    Args:
        paths: One or several: folders and files of music, zip archives of them, or one corpus; or
            tables (`.csv .tsv .txt`) and arrays (`.npy .npz`). Music and numbers do not mix. Or
            one example: `example:rhythm`, `example:ryansMammoth`, ... (see `examples`).
        features: Of music: names in `FEATURES`.
        max_notes: Of music: how many notes from the beginning count.
        in_windows: Of music: every piece counts as several sequences of that many notes.
        layout: Of tables: `long`, `wide` or `auto`.
        workers: Of music: how many processes read; None for one a processor.
        progress: Of music: called with how many files are done, and of how many.
        seed: Of synthetic examples.

    Raises:
        InputError: Nothing there, of no kind that we read, of two kinds, or not what it should be.

    Example:
        >>> path = Path(tempfile.mkdtemp(), "waves.npy")
        >>> np.save(path, np.sin(np.arange(60)).reshape(3, 20))
        >>> read_sequences(path).sequences.lengths.tolist()
        [20, 20, 20]
    """
    wanted = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    if not wanted:
        raise InputError("paths", "at least one folder or file", "none")
    check_features(features, max_notes)
    if str(wanted[0]).startswith(MARK):
        if len(wanted) > 1:
            raise InputError("paths", "one example by itself", len(wanted))
        name = str(wanted[0]).removeprefix(MARK)
        if name not in TUNES:
            return Read(example_sequences(name, seed), False, {})
        return _of_corpus(example_corpus(name, progress), None, features, max_notes, in_windows)
    kinds = {_kind(path) for path in wanted}
    if len(kinds) > 1:
        raise InputError(str(wanted[-1]), f"{kinds.pop()}, as before", kinds.pop())
    if kinds == {"numbers"}:
        return Read(_joined(wanted, layout), False, {})
    if kinds == {"a corpus"}:
        if len(wanted) > 1:
            raise InputError("paths", "one corpus", len(wanted))
        return _of_corpus(wanted[0], None, features, max_notes, in_windows)
    return _of_music(wanted, features, max_notes, in_windows, workers, progress)


def _kind(path: Path) -> str:
    if not path.exists():
        raise InputError(str(path), "a folder or a file", "nothing there")
    suffix = path.suffix.lower()
    if path.is_dir() or suffix in io.READERS or suffix == ARCHIVE:
        return "music"
    if suffix == CORPUS:
        return "a corpus"
    if suffix in tables.READERS:
        return "numbers"
    known = " ".join((*io.READERS, ARCHIVE, CORPUS, *tables.READERS))
    raise InputError(str(path), f"a folder, or a name that ends in {known}", repr(suffix))


def _joined(paths: Sequence[Path], layout: str) -> Sequences:
    found = []
    for path in paths:
        reader = tables.READERS[path.suffix.lower()]
        found.append(tables.read_csv(path, layout) if reader is tables.read_csv else reader(path))
    if len(found) == 1:
        return found[0]
    for path, sequences in zip(paths[1:], found[1:]):
        if sequences.n_features != found[0].n_features:
            expected = f"{found[0].n_features} features at each step, as in {paths[0].name}"
            raise InputError(str(path), expected, sequences.n_features)
    return Sequences(
        [item for sequences in found for item in sequences.items],
        [f"{p.stem} {name}" for p, sequences in zip(paths, found) for name in sequences.names],
        found[0].feature_names,
    )


def _of_music(
    paths: Sequence[Path],
    features: Sequence[str],
    max_notes: int,
    in_windows: bool,
    workers: int | None,
    progress: Callable[[int, int], None] | None,
) -> Read:
    from lstmmusic.corpus import build

    with tempfile.TemporaryDirectory(prefix="lstmmusic-") as work:
        root = paths[0]
        if len(paths) > 1 or not (root.is_dir() or root.suffix.lower() == ARCHIVE):
            root = _linked(paths, Path(work, "music"))
        report = build(root, Path(work, "read.parquet"), workers, progress=progress)
        left = tuple((row.file, row.reason) for row in report.rows if not row.split)
        found = _of_corpus(Path(report.corpus), root, features, max_notes, in_windows)
        return Read(found.sequences, True, report.counts, (*left, *found.left_out))


def _linked(paths: Sequence[Path], folder: Path) -> Path:
    """One folder in which all of them lie, each under its name."""
    folder.mkdir()
    for path in paths:
        link = folder / path.name
        number = 1
        while link.is_symlink():
            number += 1
            link = folder / f"{path.stem} ({number}){path.suffix}"
        try:
            link.symlink_to(path.resolve())
        except OSError as error:  # Windows, without the right to make links
            raise InputError("paths", "one folder (links cannot be made here)", error) from None
    return folder


def _of_corpus(
    path: Path, root: Path | None, features: Sequence[str], max_notes: int, in_windows: bool
) -> Read:
    from lstmmusic.corpus import Corpus

    items, names, sources, rows, left = [], [], [], [], []
    for piece in Corpus.read(path).pieces():
        source = _source(root, piece.file)
        facts = facts_of(piece.score)
        if in_windows:
            found = [
                (f"{piece.file}, notes {first + 1}-{first + len(array)}", array)
                for first, array in windows(piece.score, features, max_notes)
            ]
        else:
            found = [(piece.file, encode(piece.score, features, max_notes))]
        for name, array in found:
            if not len(array):
                left.append((name, "no melody"))
                continue
            items.append(array)
            names.append(name)
            sources.append(source)
            rows.append(facts)
    if not items:
        raise InputError(str(path), "a corpus with melodies", "none")
    table = {name: np.array([row[name] for row in rows]) for name in FACTS}
    sequences = Sequences(items, names, columns_of(features), sources, table)
    return Read(sequences, True, {"used": len(rows)}, tuple(left))


def _source(root: Path | None, file: str) -> str:
    """The file of a piece; empty where it lies in an archive or a book, or none is known."""
    if root is None or not root.is_dir():
        return ""
    path = (root / file).resolve()
    return str(path) if path.is_file() else ""
