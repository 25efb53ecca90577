"""What a piece is about: its melody, key, chords, choruses and feel.

* `analyse`: all of it at once, of any `Score`.
* `find_melody`, `find_metre`, `find_key`, `find_chords`, `find_choruses`, `find_feel`: one thing at
  a time; `with_bar_lines` and `on_the_grid` put it into the score.
* `fingerprint`, `near_duplicates`, `split_groups`, `split`: which pieces must stay together.
"""

from lstmmusic.analysis.analyse import analyse
from lstmmusic.analysis.chords import find_chords
from lstmmusic.analysis.choruses import find_choruses
from lstmmusic.analysis.feel import (
    Placed,
    Timing,
    find_feel,
    find_timing,
    follows_the_beat,
    on_the_grid,
)
from lstmmusic.analysis.fingerprint import Fingerprint, Fingerprints, fingerprint, near_duplicates
from lstmmusic.analysis.found import Analysis, Chorus, Feel, Found
from lstmmusic.analysis.groups import Grouping, performer_of, split, split_groups, tune_name
from lstmmusic.analysis.key import find_key
from lstmmusic.analysis.melody_part import find_melody
from lstmmusic.analysis.metre import find_metre, with_bar_lines
from lstmmusic.analysis.swing import estimate_swing, swing_steps, unswing

__all__ = [
    "Analysis",
    "Chorus",
    "Feel",
    "Fingerprint",
    "Fingerprints",
    "Found",
    "Grouping",
    "Placed",
    "Timing",
    "analyse",
    "estimate_swing",
    "find_chords",
    "find_choruses",
    "find_feel",
    "find_key",
    "find_melody",
    "find_metre",
    "find_timing",
    "fingerprint",
    "follows_the_beat",
    "near_duplicates",
    "on_the_grid",
    "performer_of",
    "split",
    "split_groups",
    "swing_steps",
    "tune_name",
    "unswing",
    "with_bar_lines",
]
