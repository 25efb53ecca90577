"""How good music is, and how well it is told in advance.

* `scorecard`: twelve numbers about a piece beside the range of music by people; `Reference`: that
  music, `shipped_reference` the one that comes with the package.
* `MEASURES`, `measure`: the numbers that need no other music.
* `MelodyNGram`: the plain yardstick of every melody network, on the same notes.
* `viewpoints` (a module): the strong one, which knows all that the network is told.
"""

from lstmmusic.evaluation.measuring import MEASURES, Measure, Measured, measure
from lstmmusic.evaluation.ngram import MelodyNGram, NGram
from lstmmusic.evaluation.reference import Band, Reference, shipped_reference
from lstmmusic.evaluation.scorecard import scorecard

__all__ = [
    "MEASURES",
    "Band",
    "Measure",
    "Measured",
    "MelodyNGram",
    "NGram",
    "Reference",
    "measure",
    "scorecard",
    "shipped_reference",
]
