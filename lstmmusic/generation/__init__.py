"""Improvising with a stored model: `improvise`, what can be asked of it (`Settings`), the band."""

from lstmmusic.generation.improvise import Improvisation, improvise
from lstmmusic.generation.primer import Primer, last_phrase
from lstmmusic.generation.settings import INSTRUMENTS, STYLE_TEMPO, Settings, parse_range
from lstmmusic.generation.swing import (
    STYLE_SWING,
    check_swing,
    estimate_swing,
    swing_steps,
    unswing,
)

__all__ = [
    "INSTRUMENTS",
    "STYLE_SWING",
    "STYLE_TEMPO",
    "Improvisation",
    "Primer",
    "Settings",
    "check_swing",
    "estimate_swing",
    "improvise",
    "last_phrase",
    "parse_range",
    "swing_steps",
    "unswing",
]
