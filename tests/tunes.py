"""A few of the shipped tunes, of different forms, styles, metres and modes, ready to train on."""

from functools import lru_cache
from pathlib import Path

from lstmmusic.corpus import read_passport
from lstmmusic.io import load
from lstmmusic.models import Tune

WANTED = (
    ("standard", "shuffle"),
    ("quick-change", "shuffle"),
    ("quick-change", "slow"),
    ("minor", "straight"),
    ("bird", "jump"),
)


@lru_cache
def some_tunes(folder: Path) -> tuple[Tune, ...]:
    """One of each wanted form and style, in that order."""
    entries = read_passport(folder).entries
    chosen = [next(e for e in entries if (e.form, e.style) == wanted) for wanted in WANTED]
    return tuple(Tune.of(e.file, load(folder / e.file), e.form, e.style) for e in chosen)
