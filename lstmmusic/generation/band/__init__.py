"""A band from rules: bass, comping and drums around the chords. No network plays here.

Everything is worked out on the melody's grid, twelve steps to the felt beat, so that one set of
rules serves a shuffle in 4/4 and a slow blues in 12/8. `as_drummers` gives the drums the loudness
and the time that were measured on drummers.
"""

from lstmmusic.generation.band.bass import bass_line
from lstmmusic.generation.band.comping import comping
from lstmmusic.generation.band.drummers import as_drummers
from lstmmusic.generation.band.drums import count_in, drum_hits
from lstmmusic.generation.band.rhythm import FEELS, BandEvent, Feel
from lstmmusic.generation.band.stops import stopped

__all__ = [
    "FEELS",
    "BandEvent",
    "Feel",
    "as_drummers",
    "bass_line",
    "comping",
    "count_in",
    "drum_hits",
    "stopped",
]
