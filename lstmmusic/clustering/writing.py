"""Groups on disk: labels as CSV, files copied into a folder for each group."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lstmmusic.clustering.exploring import Exploration
from lstmmusic.clustering.sequences import Sequences
from lstmmusic.errors import InputError, OutputError

COLUMNS = ("item", "cluster", "confidence")
OUTLIERS = "no-group"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def labels_csv(
    names: Sequence[str],
    labels: Sequence[int] | np.ndarray,
    confidence: Sequence[float] | np.ndarray,
) -> bytes:
    """Rows `item,cluster,confidence`; -1 for what is in no group.

    A name that a spreadsheet would take for a formula gets an apostrophe before it.

    Example:
        >>> print(labels_csv(["a.mid", "=1+1"], [0, 1], [0.9, 1.0]).decode(), end="")
        item,cluster,confidence
        a.mid,0,0.9000
        '=1+1,1,1.0000
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, label, sure in zip(names, labels, confidence, strict=True):
        safe = "'" + name if name.startswith(_FORMULA) else name
        writer.writerow([safe, int(label), f"{sure:.4f}"])
    return text.getvalue().encode("utf-8", "surrogateescape")


def check_folder(folder: str | Path) -> None:
    """Says at once whether files can be sorted into a folder.

    Raises:
        OutputError: It is there and not empty, or no folder.
    """
    folder = Path(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise OutputError(str(folder), "an empty folder, or a new one", "one with files in it")
    if folder.exists() and not folder.is_dir():
        raise OutputError(str(folder), "an empty folder, or a new one", "a file")


def sort_into(folder: str | Path, found: Exploration) -> int:
    """Copies the files of every group into a folder of its own; the files stay where they are.

    Args:
        folder: Empty or new; in it `group-0`, `group-1-name`, ..., and `no-group`.
        found: The groups. What comes from no file of its own (an archive, a book of tunes, a
            table) is left out.

    Returns:
        How many files were copied.

    Raises:
        InputError: No item comes from a file of its own, or one file is several items.
        OutputError: The folder is not empty, or cannot be written.
    """
    check_folder(folder)
    check_sources(found.sequences)
    wanted = [(_folder_name(group.number, group.name), group.items) for group in found.groups]
    wanted.append((OUTLIERS, found.outliers))
    count = 0
    for name, items in wanted:
        sources = sorted(found.sequences.sources[i] for i in items if found.sequences.sources[i])
        into = Path(folder, name)
        try:
            if sources:
                into.mkdir(parents=True, exist_ok=True)
            for source in sources:
                shutil.copyfile(source, _free(into / Path(source).name))
        except OSError as error:
            raise OutputError(str(into), "room to write", error.strerror or error) from None
        count += len(sources)
    return count


def check_sources(sequences: Sequences) -> None:
    """Says what `sort_into` could not copy.

    Raises:
        InputError: As `sort_into`.
    """
    files = [source for source in sequences.sources if source]
    if not files:
        raise InputError("sort into", "files of music, one an item", "none")
    if len(set(files)) < len(files):
        raise InputError("sort into", "one item a file (no windows)", "several of one file")


def _folder_name(number: int, name: str) -> str:
    words = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60]
    return f"group-{number}" + (f"-{words}" if words else "")


def _free(path: Path) -> Path:
    """The path, or one with a number where a file of another folder has that name."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return free
