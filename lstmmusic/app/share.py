"""Pieces in the link: what was asked travels in the address, and comes back from it."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from lstmmusic.errors import InputError
from lstmmusic.generation import Settings, parse_swing

_USUAL = asdict(Settings())
_REDONE, _PRIMER, _ORIGINAL = "redo", "primer", "original"
MAX_LENGTH = 4000
MAX_REDONE = 32


class Redone(NamedTuple):
    """Bars that were played anew.

    Attributes:
        first: Bar, counted from 1; 0 is a pickup.
        last: The same.
        seed: Of the new notes.
    """

    first: int
    last: int
    seed: int

    def __str__(self) -> str:
        """The bars for people: `9`, `9-10`."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True)
class Take:
    """All that brings a piece back.

    Attributes:
        settings: What was asked.
        redone: Which bars were then played anew.
        primer: The melody that it goes on from, as `lstmmusic.app.primer.as_text` writes it; empty
            for none.
        original: It is played until it is original beside what its model heard.
    """

    settings: Settings
    redone: tuple[Redone, ...] = ()
    primer: str = ""
    original: bool = False

    @property
    def has_link(self) -> bool:
        """False where the primer is too long to travel in an address."""
        return len(self.primer) <= MAX_LENGTH


def to_query(take: Take) -> dict[str, str]:
    """What is not as usual, as text; the seed always.

    Example:
        >>> to_query(Take(Settings(key="Bb", seed=7), (Redone(9, 10, 5),)))
        {'key': 'Bb', 'seed': '7', 'redo': '9-10.5'}
    """
    settings = take.settings
    chosen = asdict(settings)
    if Path(settings.model).name != settings.model:  # a folder of this computer is not for links
        del chosen["model"]
    found = {
        name: str(int(value)) if isinstance(value, bool) else str(value)
        for name, value in chosen.items()
        if name == "seed" or value != _USUAL[name]
    }
    if take.redone:
        found[_REDONE] = ",".join(f"{row.first}-{row.last}.{row.seed}" for row in take.redone)
    if take.primer:
        found[_PRIMER] = take.primer
    if take.original:
        found[_ORIGINAL] = "1"
    return found


def to_link(take: Take) -> str:
    """A piece as the end of an address.

    Example:
        >>> to_link(Take(Settings(chords="| C7 |", seed=7)))
        '?chords=%7C+C7+%7C&seed=7'
    """
    return "?" + urlencode(to_query(take))


def from_query(
    query: Mapping[str, str], models: Container[str] = (_USUAL["model"],)
) -> Take | None:
    """The piece that a link asks for; None where it names no seed.

    Args:
        query: What stands in the address.
        models: Those that a link may name.

    Raises:
        InputError: A name or a value that is not one; links are written by strangers.

    Example:
        >>> from_query({"key": "Bb", "seed": "7"}) == Take(Settings(key="Bb", seed=7))
        True
    """
    if "seed" not in query:
        return None
    kinds = {field.name: str(field.type) for field in fields(Settings)}
    found: dict[str, Any] = {}
    for name, text in query.items():
        if name not in kinds and name not in (_REDONE, _PRIMER, _ORIGINAL):
            raise InputError("link", "settings that there are", repr(name[:40]))
        if len(text) > MAX_LENGTH:
            raise InputError(name, f"at most {MAX_LENGTH} letters", f"{len(text)}")
        if name in kinds:
            found[name] = _value(name, kinds[name], text)
    settings = Settings(**found)
    if settings.model not in models:
        raise InputError("model", "one that can be chosen here", repr(settings.model))
    redone = _redone(query[_REDONE]) if _REDONE in query else ()
    primer = query.get(_PRIMER, "")
    if not re.fullmatch(r"[A-Za-z0-9_=-]*", primer):
        raise InputError(_PRIMER, "the text of a primer", repr(primer[:40]))
    original = bool(_value(_ORIGINAL, "bool", query.get(_ORIGINAL, "0")))
    return Take(settings, redone, primer, original)


def _redone(text: str) -> tuple[Redone, ...]:
    expected = "bars and seeds, such as 9-10.5,3-3.7"
    found = []
    for row in text.split(","):
        match = re.fullmatch(r"([0-9]{1,4})-([0-9]{1,4})\.([0-9]{1,10})", row)
        if match is None:
            raise InputError(_REDONE, expected, repr(text[:40]))
        found.append(Redone(*(int(number) for number in match.groups())))
    if len(found) > MAX_REDONE:
        raise InputError(_REDONE, f"at most {MAX_REDONE} times", len(found))
    return tuple(found)


def _value(name: str, kind: str, text: str) -> Any:
    if name == "swing":
        return parse_swing(text)
    try:
        if kind.startswith("bool"):
            return {"0": False, "1": True}[text]
        if kind.startswith("int"):
            return int(text)
        if kind.startswith("float"):
            return float(text)
    except (KeyError, ValueError):
        raise InputError(name, "a number" if "bool" not in kind else "0 or 1", repr(text)) from None
    return text
