"""A group that the page Explore has found, to be learnt from alone on the page Train."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lstmmusic.app.jobs import HERE, Job, Jobs, read_json
from lstmmusic.corpus.labels import files_of_group
from lstmmusic.errors import InputError

LABELS, NAMES = "labels.csv", "names.json"  # in the folder of a grouping
_LINK = re.compile(r"([0-9a-f]{32})-(-?[0-9]{1,4})")


@dataclass(frozen=True)
class Group:
    """A group of the music that was looked at.

    Attributes:
        number: Of the group.
        title: For people.
        files: Names of its files, as the corpus has them.
        labels: The table in which it stands.
    """

    number: int
    title: str
    files: frozenset[str]
    labels: bytes

    @property
    def option(self) -> str:
        """As `lstmmusic train --group` takes it, of a job that keeps the table."""
        return f"{HERE}/{LABELS}:{self.number}"


def link_of(grouping: Job, number: int) -> str:
    """A group as the address of the page Train names it.

    Example:
        >>> link_of(Job("0" * 32, "cluster", "", ()), 2)
        '00000000000000000000000000000000-2'
    """
    return f"{grouping.id}-{number}"


def linked(text: str, look: Job) -> Group:
    """The group that an address names, of music that a job has looked at.

    Raises:
        InputError: It is none, of other music, or is not there any more.
    """
    match = _LINK.fullmatch(text)
    found = Jobs().find(match[1]) if match else None
    if match is None or found is None or found.kind != "cluster":
        raise InputError("group", "one that is still there", repr(text[:40]))
    if found.about["material"]["look"] != look.id:
        raise InputError("group", "one of this music", "one of other music")
    path = found.folder / LABELS
    files = files_of_group(path, match[2])
    name = read_json(found.folder / NAMES).get(match[2], "")
    title = f"group {match[2]}: {name}" if name else f"group {match[2]}"
    return Group(int(match[2]), title, files, path.read_bytes())
