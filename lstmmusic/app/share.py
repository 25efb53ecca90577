"""Settings in the link: what was asked travels in the address, and comes back from it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from lstmmusic.errors import InputError
from lstmmusic.generation import Settings, parse_swing

_USUAL = asdict(Settings())
MAX_LENGTH = 4000


def to_query(settings: Settings) -> dict[str, str]:
    """The settings that are not as usual, as text; the seed always.

    Example:
        >>> to_query(Settings(key="Bb", seed=7))
        {'key': 'Bb', 'seed': '7'}
    """
    chosen = asdict(settings)
    if Path(settings.model).name != settings.model:  # a folder of this computer is not for links
        del chosen["model"]
    return {
        name: str(int(value)) if isinstance(value, bool) else str(value)
        for name, value in chosen.items()
        if name == "seed" or value != _USUAL[name]
    }


def to_link(settings: Settings) -> str:
    """The settings as the end of an address.

    Example:
        >>> to_link(Settings(chords="| C7 |", seed=7))
        '?chords=%7C+C7+%7C&seed=7'
    """
    return "?" + urlencode(to_query(settings))


def from_query(
    query: Mapping[str, str], models: Container[str] = (_USUAL["model"],)
) -> Settings | None:
    """The settings that a link asks for; None where it names no seed.

    Args:
        query: What stands in the address.
        models: Those that a link may name.

    Raises:
        InputError: A value that is not one; links are written by strangers.

    Example:
        >>> from_query({"key": "Bb", "seed": "7"}) == Settings(key="Bb", seed=7)
        True
    """
    if "seed" not in query:
        return None
    found: dict[str, Any] = {}
    for field in fields(Settings):
        text = query.get(field.name)
        if text is None:
            continue
        if len(text) > MAX_LENGTH:
            raise InputError(field.name, f"at most {MAX_LENGTH} letters", f"{len(text)}")
        found[field.name] = _value(field.name, str(field.type), text)
    settings = Settings(**found)
    if settings.model not in models:
        raise InputError("model", "one that can be chosen here", repr(settings.model))
    return settings


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
