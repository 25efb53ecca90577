"""Folders of music to learn from.

* `build`: a folder of files of any kind and quality -> one Parquet file, and a report that says
  what was made of every file; `Corpus.read` gives back its pieces.
* `read_passport`: a data set with a passport, opened and checked.

Names are loaded on first use: who reads a passport, or reads files in a child process, needs no
Parquet.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# Public name -> the file it lives in.
_FILES = {
    "PASSPORT": "passport",
    "Corpus": "stored",
    "Entry": "passport",
    "Override": "overrides",
    "Overrides": "overrides",
    "Passport": "passport",
    "Piece": "piece",
    "Report": "report",
    "build": "building",
    "read_overrides": "overrides",
    "read_passport": "passport",
}

__all__ = [
    "PASSPORT",
    "Corpus",
    "Entry",
    "Override",
    "Overrides",
    "Passport",
    "Piece",
    "Report",
    "build",
    "read_overrides",
    "read_passport",
]

if TYPE_CHECKING:
    from lstmmusic.corpus.building import build
    from lstmmusic.corpus.overrides import Override, Overrides, read_overrides
    from lstmmusic.corpus.passport import PASSPORT, Entry, Passport, read_passport
    from lstmmusic.corpus.piece import Piece
    from lstmmusic.corpus.report import Report
    from lstmmusic.corpus.stored import Corpus


def __getattr__(name: str) -> Any:
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_FILES[name]}"), name)
