"""Music in memory.

* `Score`, `Part`, `Note`, `Timed`: a piece, its instruments, its notes, its changes.
* `Chord`, `Key`, `Metre`, `TempoMap`: what they say.
* `parse_chart`, `format_chart`, `place_chart`, `read_chart`: chord charts as typed and in time.
* `Form`, `FORMS`, `form_named`: the blues forms.
"""

from lstmmusic.score.chart import Bar, format_chart, parse_chart, place_chart, read_chart
from lstmmusic.score.chord import NO_CHORD, Chord, Quality, parse_quality
from lstmmusic.score.form import FORMS, Form, form_named
from lstmmusic.score.key import Key
from lstmmusic.score.metre import Metre, TempoMap
from lstmmusic.score.score import (
    BEND_DTYPE,
    CONTROL_DTYPE,
    COUNT_IN,
    NOTE_DTYPE,
    TICKS_PER_QUARTER,
    Note,
    Part,
    Score,
    Timed,
)

__all__ = [
    "BEND_DTYPE",
    "CONTROL_DTYPE",
    "COUNT_IN",
    "FORMS",
    "NOTE_DTYPE",
    "NO_CHORD",
    "TICKS_PER_QUARTER",
    "Bar",
    "Chord",
    "Form",
    "Key",
    "Metre",
    "Note",
    "Part",
    "Quality",
    "Score",
    "TempoMap",
    "Timed",
    "form_named",
    "format_chart",
    "parse_chart",
    "parse_quality",
    "place_chart",
    "read_chart",
]
