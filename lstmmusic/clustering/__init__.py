"""Groups of sequences without labels: the networks, what to hold them against, what they found.

* `SequenceClusterer`: fit, predict, transform, score, save, load.
* `Sequences`, `as_items`: what can be grouped.

`estimator` trains (`learning`, in Keras) and plays (`encoder`, in NumPy) networks, and makes groups
of their outputs (`labelling`); `recipe` is the table of objectives.
"""

from lstmmusic.clustering.estimator import SequenceClusterer
from lstmmusic.clustering.sequences import Sequences, as_items

__all__ = ["SequenceClusterer", "Sequences", "as_items"]
