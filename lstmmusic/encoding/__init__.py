"""Score <-> arrays, both directions in one object (`Encoding`).

* `TimeGrid`: all notes, twelve steps per quarter.
* `BinaryEighthGrid`: the eighth-note units of the 2002 blues study.
* `HarmonyClock`: chord symbols in half-bars.
* `MelodyEvents`: a melody note by note; `MelodySetting` and `MelodyMemory` turn it into what the
  melody network is told.
* `FeelEvents`: a melody as performed; `FeelSetting` and `feel_cues` are what the feel network is
  told.
"""

from lstmmusic.encoding.base import Encoding, snap
from lstmmusic.encoding.binary_eighths import BinaryEighthGrid
from lstmmusic.encoding.feel_events import FeelEvents
from lstmmusic.encoding.feel_features import FeelSetting, feel_cues
from lstmmusic.encoding.harmony_clock import HarmonyClock
from lstmmusic.encoding.melody_events import MelodyEvents, steps_per_bar
from lstmmusic.encoding.melody_features import STYLES, MelodyMemory, MelodySetting
from lstmmusic.encoding.melody_part import is_bass_line, melody_odds, melody_part
from lstmmusic.encoding.time_grid import TimeGrid

ENCODINGS: tuple[Encoding, ...] = (
    TimeGrid(),
    BinaryEighthGrid(),
    HarmonyClock(),
    MelodyEvents(),
    FeelEvents(),
)

__all__ = [
    "ENCODINGS",
    "STYLES",
    "BinaryEighthGrid",
    "Encoding",
    "FeelEvents",
    "FeelSetting",
    "HarmonyClock",
    "MelodyEvents",
    "MelodyMemory",
    "MelodySetting",
    "TimeGrid",
    "feel_cues",
    "is_bass_line",
    "melody_odds",
    "melody_part",
    "snap",
    "steps_per_bar",
]
