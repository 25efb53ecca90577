"""Groups that `lstmmusic cluster` has written, read back: which files are in one of them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

from lstmmusic.errors import InputError
from lstmmusic.io import read_bytes

_WINDOW = re.compile(r", notes \d+-\d+$")
_ESCAPED = re.compile(r"^'(?=[=+\-@\t\r\n])")  # as `clustering.writing` has it, for spreadsheets


def files_of_group(path: str | Path, group: str) -> frozenset[str]:
    r"""The files in one group of a table of labels.

    Of a piece that was grouped in windows, the group is the one that most of them are in.

    Args:
        path: What `lstmmusic cluster -o` has written: CSV with the columns `item` and `cluster`.
        group: Its number.

    Returns:
        Their names, as a corpus has them.

    Raises:
        InputError: No such table, or no such group in it.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp(), "labels.csv")
        >>> _ = path.write_text("item,cluster,confidence\na.mid,0,1\nb.mid,1,1\nc.mid,1,.8\n")
        >>> sorted(files_of_group(path, "1"))
        ['b.mid', 'c.mid']
    """
    text = read_bytes(Path(path)).decode("utf-8", "surrogateescape")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if not {"item", "cluster"} <= set(reader.fieldnames or ()):
        found = ", ".join(reader.fieldnames or ()) or "no columns"
        raise InputError(str(path), "a table with the columns item and cluster", found)
    votes: dict[str, Counter[str]] = {}
    for row in reader:
        item = _WINDOW.sub("", _ESCAPED.sub("", row["item"] or ""))
        votes.setdefault(item, Counter())[(row["cluster"] or "").strip()] += 1
    groups = {item: counts.most_common(1)[0][0] for item, counts in votes.items()}
    if group not in groups.values():
        expected = "one of the groups " + ", ".join(sorted(set(groups.values()), key=_by_number))
        raise InputError(str(path), expected, repr(group))
    return frozenset(item for item, found in groups.items() if found == group)


def _by_number(label: str) -> tuple[int, str]:
    return (int(label), "") if label.lstrip("-").isdecimal() else (0, label)
