"""Sequences of numbers in files: CSV, long or wide, and NumPy's `.npy` and `.npz`."""

from __future__ import annotations

import csv
import io
import math
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

from lstmmusic.clustering.sequences import Sequences
from lstmmusic.errors import InputError

LAYOUTS = ("auto", "long", "wide")
TIME_NAMES = ("time", "t", "step", "index", "onset", "date", "timestamp")
NAME_NAMES = ("id", "item", "name", "sequence", "series", "file", "key")
MAX_BYTES = 4 * 2**30  # also of what is packed

Rows = list[tuple[int, list[str]]]  # the number of the line, and its cells


def read_csv(path: str | Path, layout: str = "auto") -> Sequences:
    r"""Reads a table of sequences.

    *Long*: a row a step; the first column says of which sequence, the others are its features; a
    second column named as a time (`time t step index onset date timestamp`) orders the steps and is
    no feature. The first row holds the names. *Wide*: a row a sequence of one feature, its steps
    from left to right; the first column is its name where it holds no numbers, or is called so
    (`id item name ...`); empty cells at the end of a row are no steps. A row of names is skipped.

    The cells are parted by commas, semicolons or tabs; beside semicolons and tabs a decimal comma
    is understood.

    Args:
        path: The file.
        layout: One of `LAYOUTS`; `auto` takes a table for long if its first column holds names
            that come again in row after row.

    Raises:
        InputError: Not such a table; the error says which line and column.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp(), "tones.csv")
        >>> _ = path.write_text("id,time,pitch\na,0,1\na,1,2\nb,0,3\n")
        >>> found = read_csv(path)
        >>> found.names, found.feature_names, [item.tolist() for item in found.items]
        (('a', 'b'), ('pitch',), [[[1.0], [2.0]], [[3.0]]])
    """
    path = Path(path)
    if layout not in LAYOUTS:
        raise InputError("layout", "one of " + ", ".join(LAYOUTS), repr(layout))
    rows, to_number = _cells(path)
    if layout == "auto":
        layout = "long" if _looks_long(rows, to_number) else "wide"
    return (_long if layout == "long" else _wide)(path, rows, to_number)


def read_npy(path: str | Path) -> Sequences:
    """Reads one array: (sequences, time) or (sequences, time, features).

    Raises:
        InputError: Not such an array.
    """
    path = Path(path)
    array = _loaded(path)
    if not isinstance(array, np.ndarray) or array.ndim not in (2, 3):
        found = f"shape {array.shape}" if isinstance(array, np.ndarray) else "several arrays"
        expected = "one array (sequences, time) or (sequences, time, features)"
        raise InputError(str(path), expected, found)
    return _told_of(path, array, None)


def read_npz(path: str | Path) -> Sequences:
    """Reads an archive of arrays, each a sequence (time,) or (time, features) of its own name.

    Raises:
        InputError: Not such an archive, or one that is unpacked larger than 4 GiB.
    """
    path = Path(path)
    arrays = _loaded(path)
    if isinstance(arrays, np.ndarray):
        raise InputError(str(path), "an archive of arrays (.npz)", "one array (.npy)")
    return _told_of(path, list(arrays.values()), list(arrays))


READERS: dict[str, Callable[[Path], Sequences]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".txt": read_csv,
    ".npy": read_npy,
    ".npz": read_npz,
}


def _told_of(path: Path, items: object, names: list[str] | None) -> Sequences:
    """The sequences; what is wrong with them is said of the file."""
    try:
        return Sequences(items, names, sources=None)
    except InputError as error:
        raise InputError(f"{path}, {error.argument}", error.expected, error.received) from None


def _loaded(path: Path) -> np.ndarray | dict[str, np.ndarray]:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                size = sum(info.file_size for info in archive.infolist())
            if size > MAX_BYTES:
                raise InputError(str(path), "at most 4 GiB unpacked", f"{size / 2**30:,.0f} GiB")
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
            if isinstance(found, np.ndarray):
                return found
            return {name: found[name] for name in found.files}
    except FileNotFoundError:
        raise InputError(str(path), "a file", "nothing there") from None
    except InputError:
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, MemoryError) as error:
        found = " ".join(str(error).split()) or type(error).__name__
        raise InputError(str(path), "arrays of numbers as NumPy saves them", found) from None


def _cells(path: Path) -> tuple[Rows, Callable[[str], float]]:
    """The rows that are not empty, and what makes numbers of their cells."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(str(path), "at most 4 GiB", "a larger file")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(str(path), "a file that can be read", error.strerror or error) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if "\0" in text:
        raise InputError(str(path), "a table as text (.csv)", "bytes that are no text")
    first = text.lstrip().partition("\n")[0]
    comma = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma)
    rows: Rows = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((reader.line_num, [cell.strip() for cell in row]))
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}", "a row of a table", error) from None
    if not rows:
        raise InputError(str(path), "a table with rows", "an empty file")
    if comma == ",":
        return rows, float
    return rows, lambda cell: float(cell.replace(",", ".") if cell.count(",") == 1 else cell)


def _looks_long(rows: Rows, to_number: Callable[[str], float]) -> bool:
    """True where the first column holds names, and they come again in row after row."""
    header = rows[0][1]
    names = [row[0] for _, row in rows[1:]]
    if len(header) < 2 or any(_is_number(cell, to_number) for cell in header):
        return False
    is_named = header[0].lower() in NAME_NAMES or header[1].lower() in TIME_NAMES
    is_named = is_named or not any(_is_number(name, to_number) for name in names)
    pairs = sum(a == b for a, b in pairwise(names))
    return is_named and pairs > 0 and pairs >= len(names) / 4


def _is_number(cell: str, to_number: Callable[[str], float]) -> bool:
    try:
        to_number(cell)
    except ValueError:
        return False
    return True


def _number(
    path: Path, line: int, column: str, cell: str, to_number: Callable[[str], float]
) -> float:
    try:
        value = to_number(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        found = repr(cell) if cell else "an empty cell"
        raise InputError(f"{path}, line {line}, column {column}", "a finite number", found)
    return value


def _long(path: Path, rows: Rows, to_number: Callable[[str], float]) -> Sequences:
    (_, header), *body = rows
    has_time = len(header) > 1 and header[1].lower() in TIME_NAMES
    first = 2 if has_time else 1
    features = [name or f"value {i + 1}" for i, name in enumerate(header[first:])]
    if not features or not body:
        expected = "columns: name of the sequence, [time], one or more values; rows below"
        raise InputError(str(path), expected, f"{len(header)} columns, {len(body)} rows")
    if all(_is_number(cell, to_number) for cell in header[1:]):
        raise InputError(f"{path}, line {rows[0][0]}", "names of the columns", "numbers")
    values: dict[str, list[list[float]]] = {}
    times: dict[str, list[float]] = {}
    for line, row in body:
        if len(row) != len(header):
            raise InputError(f"{path}, line {line}", f"{len(header)} cells", len(row))
        numbers = [
            _number(path, line, repr(name), cell, to_number)
            for name, cell in zip(header[1:], row[1:])
        ]
        values.setdefault(row[0], []).append(numbers[first - 1 :])
        times.setdefault(row[0], []).append(numbers[0])
    items = [
        np.array(steps)[np.argsort(times[name], kind="stable")] if has_time else np.array(steps)
        for name, steps in values.items()
    ]
    return Sequences(items, list(values), features)


def _wide(path: Path, rows: Rows, to_number: Callable[[str], float]) -> Sequences:
    header = rows[0][1]
    is_header = not any(_is_number(cell, to_number) for cell in header[1:] if cell)
    is_header = is_header and (len(rows) > 1 or not _is_number(header[0], to_number))
    body = rows[1:] if is_header else rows
    is_named = header[0].lower() in NAME_NAMES and is_header
    is_named = is_named or not all(_is_number(row[0], to_number) for _, row in body)
    first = 1 if is_named else 0
    items, names = [], []
    for line, row in body:
        while row and not row[-1]:
            row = row[:-1]
        if len(row) <= first:
            raise InputError(f"{path}, line {line}", "at least one number", "none")
        items.append(
            [
                _number(path, line, str(first + column + 1), cell, to_number)
                for column, cell in enumerate(row[first:])
            ]
        )
        names.append(row[0] if is_named else str(len(names) + 1))
    return _told_of(path, items, names)
