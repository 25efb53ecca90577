"""Pieces of our own making, whose key and chords are known."""

from functools import lru_cache

import pytest

from lstmmusic.generation import improvise
from lstmmusic.player import load_model

PIECES = (
    ("standard", "Bb", "shuffle"),
    ("jazz", "F", "jump"),
    ("bird", "D", "straight"),
    ("minor", "G", "slow"),
    ("minor", "Bb", "shuffle"),
    ("eight-bar", "E", "slow"),
    ("sixteen-bar", "Ab", "straight"),
)


@lru_cache
def _piece(form, key, style):
    return improvise(
        form=form, key=key, style=style, seed=3, choruses=2, model=_model()
    ).score.spelt()


@lru_cache
def _model():
    return load_model()


@pytest.fixture(params=PIECES, ids=lambda piece: "-".join(piece))
def blues(request):
    """Two choruses with a band, the symbols written."""
    return _piece(*request.param)


@pytest.fixture
def shuffle():
    """One of them."""
    return _piece(*PIECES[0])
