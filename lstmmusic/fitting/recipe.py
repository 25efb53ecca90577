"""Recipes: all that is asked of a training, in TOML.

Three come with the package, `small`, `medium` and `large`, for data of their size; the settings of
the last two are those that did best on held-out solos in a comparison of many.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstmmusic.errors import InputError
from lstmmusic.fitting.loop import Schedule, check_counts
from lstmmusic.score import form_named

RECIPES = Path(__file__).parent / "recipes"

# Notes of training music from which on a recipe is the usual one.
_USUAL_FROM = {"large": 60_000, "medium": 8_000, "small": 0}


def usual_recipe(n_notes: int) -> Path:
    """The recipe that comes with the package for so many notes of training music.

    Example:
        >>> usual_recipe(20_000).name
        'medium.toml'
    """
    name = next(name for name, least in _USUAL_FROM.items() if n_notes >= least)
    return RECIPES / f"{name}.toml"


@dataclass(frozen=True)
class Network:
    """Size and training of one network.

    Attributes:
        units: Cells of the LSTM.
        batch_size: Sequences in an update.
        length: Steps of a sequence (half-bars, or notes).
        input_dropout, dropout: Shares silenced in training.
        misheard: Share of the chords that the harmony network, in training, hears as another: so
            it learns to keep its place by itself, and a rare chord of its own does not lose it.
        schedule: How long and how fast.
        peepholes: False: the gates do not see the cells.
    """

    units: int
    batch_size: int
    length: int
    schedule: Schedule
    input_dropout: float = 0.0
    dropout: float = 0.0
    misheard: float = 0.0
    peepholes: bool = True

    def __post_init__(self) -> None:
        check_counts(self, "units", "batch_size", "length")
        for name in ("input_dropout", "dropout", "misheard"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(name, "0 to less than 1", getattr(self, name))


@dataclass(frozen=True)
class Recipe:
    """All that is asked of a training.

    Attributes:
        name: Of the model.
        seed: Of everything random.
        harmony_streams: Forms that may follow each other from chorus to chorus in one stream.
        harmony, melody: The networks.
        feel: That which learns how late and how long notes are played; None: no such network.
    """

    name: str
    seed: int
    harmony_streams: tuple[tuple[str, ...], ...]
    harmony: Network
    melody: Network
    feel: Network | None = None


def read_recipe(path: str | Path) -> Recipe:
    """Reads a recipe in TOML.

    Raises:
        InputError: The file is no recipe; the message says what is wrong.
    """
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        networks = {}
        for kind in ("harmony", "melody", *(["feel"] if "feel" in table else [])):
            networks[kind] = _network(kind, table[kind])
        streams = tuple(tuple(forms) for forms in table["harmony_streams"])
        for name in (name for forms in streams for name in forms):
            form_named(name)
        if not isinstance(table["name"], str) or not isinstance(table["seed"], int):
            raise TypeError("name is no text, or seed no whole number")
        return Recipe(table["name"], table["seed"], streams, **networks)
    except OSError as error:
        raise InputError(str(path), "a recipe that can be read", error.strerror) from None
    except KeyError as error:
        raise InputError(str(path), f"a recipe with {error}", "none") from None
    except (ValueError, TypeError) as error:
        raise InputError(str(path), "a recipe", error) from None


def _network(kind: str, table: Mapping[str, Any]) -> Network:
    """One network; what is wrong is told with its name."""
    row = dict(table)
    try:
        return Network(schedule=Schedule(**row.pop("schedule")), **row)
    except InputError as error:
        name = f"{error.argument} of {kind}"
        raise InputError(name, error.expected, error.received) from None
