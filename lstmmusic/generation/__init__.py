"""Improvising with a stored model: `improvise`, `redo`, what can be asked (`Settings`), a band."""

from lstmmusic.generation.endings import ENDINGS, TURNAROUNDS
from lstmmusic.generation.feel import LEARNED
from lstmmusic.generation.improvise import Improvisation, improvise
from lstmmusic.generation.liking import improvise_like
from lstmmusic.generation.original import improvise_original
from lstmmusic.generation.primer import Primer, last_phrase
from lstmmusic.generation.ranking import ranked
from lstmmusic.generation.redo import parse_bars, redo
from lstmmusic.generation.settings import (
    INSTRUMENTS,
    STYLE_TEMPO,
    Settings,
    parse_range,
    parse_swing,
)
from lstmmusic.generation.swing import STYLE_SWING, check_swing
from lstmmusic.generation.typed import as_typed, typed_phrase

__all__ = [
    "ENDINGS",
    "INSTRUMENTS",
    "LEARNED",
    "STYLE_SWING",
    "STYLE_TEMPO",
    "TURNAROUNDS",
    "Improvisation",
    "Primer",
    "Settings",
    "as_typed",
    "check_swing",
    "improvise",
    "improvise_like",
    "improvise_original",
    "last_phrase",
    "parse_bars",
    "parse_range",
    "parse_swing",
    "ranked",
    "redo",
    "typed_phrase",
]
