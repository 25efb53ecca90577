"""A finished grouping as the page shows it: items, where the network puts them, their groups."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lstmmusic.app.grouping import paths_of
from lstmmusic.app.jobs import DONE, Job, Jobs, read_json, write_json
from lstmmusic.app.train_group import LABELS, NAMES
from lstmmusic.clustering import SequenceClusterer, Sequences
from lstmmusic.clustering.exploring import map_of, neighbours
from lstmmusic.clustering.features import DEFAULT_FEATURES, MAX_NOTES
from lstmmusic.clustering.reading import read_sequences
from lstmmusic.clustering.writing import COLUMNS, labels_csv
from lstmmusic.errors import InputError

MODEL = "model"
MAX_NAME = 60


@dataclass(frozen=True, eq=False)
class Explored:
    """What came of a job.

    Attributes:
        sequences: The items.
        labels: Group of each, -1 for none; shape (n,).
        confidence: Shape (n,).
        embedding: Where the network puts each; shape (n, dimensions).
        report: What the command printed.
    """

    sequences: Sequences
    labels: np.ndarray
    confidence: np.ndarray
    embedding: np.ndarray
    report: Mapping[str, Any]

    @cached_property
    def places(self) -> np.ndarray:
        """The map, shape (n, 2)."""
        return map_of(self.embedding)

    @cached_property
    def shares(self) -> tuple[float, float]:
        """How much of the spread each direction of the map shows, 0 to 1."""
        spread = self.embedding.var(axis=0).sum() or 1.0
        across, up = self.places.var(axis=0) / spread
        return float(across), float(up)

    @cached_property
    def index(self) -> dict[str, int]:
        """Number of each item, by name."""
        return {name: i for i, name in enumerate(self.sequences.names)}

    def nearest(self, item: int, n: int = 5) -> list[int]:
        """The items nearest to one of them."""
        return [i for i, _ in neighbours(self.embedding, item, n)]

    def members(self, number: int) -> list[str]:
        """The names of the items of a group."""
        return [self.sequences.names[i] for i in np.flatnonzero(self.labels == number)]


def load(job: Job) -> Explored:
    """Reads what a finished job has read and written.

    Raises:
        InputError: Something is not there any more, or has changed.
    """
    settings, report = job.about["settings"], job.result
    read = read_sequences(
        paths_of(job),
        settings["features"] or DEFAULT_FEATURES,
        settings["notes"] or MAX_NOTES,
    )
    labels, confidence = read_labels(job.folder / LABELS)
    if len(labels) != len(read.sequences):
        raise InputError("sequences", f"the {len(labels)} that were grouped", len(read.sequences))
    embedding = SequenceClusterer.load(job.folder / MODEL).transform(read.sequences)
    return Explored(read.sequences, labels, confidence, embedding, report)


def read_labels(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Group and confidence of each item, in the order of the file.

    Raises:
        InputError: No such file, or not what `lstmmusic cluster` writes.
    """
    try:
        with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
            rows = list(csv.DictReader(file))
        _, group, sure = COLUMNS
        return np.array([int(r[group]) for r in rows]), np.array([float(r[sure]) for r in rows])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(path.name, "the labels of a grouping", repr(error)) from None


def names_of(job: Job) -> dict[int, str]:
    """The names that people have given to groups."""
    return {int(number): str(name) for number, name in read_json(job.folder / NAMES).items()}


def rename(job: Job, number: int, name: str) -> None:
    """Names a group; an empty name takes the old one away.

    Raises:
        InputError: Another group has that name, or it is too long.
    """
    known, name = names_of(job), " ".join(name.split())
    if len(name) > MAX_NAME:
        raise InputError("name of the group", f"at most {MAX_NAME} characters", len(name))
    known[number] = name
    given = [name for name in known.values() if name]
    if len(set(given)) < len(given):
        raise InputError("name of the group", "another name for every group", repr(name))
    table = {str(number): name for number, name in sorted(known.items()) if name}
    write_json(job.folder / NAMES, table)


def title_of(number: int, names: Mapping[int, str]) -> str:
    """What a group is called.

    Example:
        >>> title_of(0, {}), title_of(1, {1: "waltzes"}), title_of(-1, {})
        ('Group 0', 'Group 1: waltzes', 'No group')
    """
    if number < 0:
        return "No group"
    name = names.get(number, "")
    return f"Group {number}: {name}" if name else f"Group {number}"


def labels_to_keep(found: Explored, names: Mapping[int, str]) -> bytes:
    """The labels as CSV, as the command writes them; with the names of the groups, if any."""
    content = labels_csv(found.sequences.names, found.labels, found.confidence)
    if not names:
        return content
    # Names are written as items are, so that no spreadsheet takes one for a formula.
    safe = _rows(labels_csv(list(names.values()), list(names), [1.0] * len(names)))
    shown = dict(zip(names, (row[0] for row in safe[1:])))
    header, *rows = _rows(content)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*header, "name"])
    for row, label in zip(rows, found.labels.tolist()):
        writer.writerow([*row, shown.get(label, "")])
    return text.getvalue().encode("utf-8", "surrogateescape")


def _rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8", "surrogateescape"), newline="")))


def rivals(job: Job, listed: Sequence[Job]) -> list[Job]:
    """Finished runs on the same sequences, other than this one; first that from which it came."""
    key = job.about["material"]["key"]
    found = [
        other
        for other in listed
        if other.kind == "cluster" and other.id != job.id and other.about["material"]["key"] == key
    ]
    found = [other for other in found if Jobs().status(other).state == DONE]
    return sorted(found, key=lambda other: other.id != job.about["before"])
