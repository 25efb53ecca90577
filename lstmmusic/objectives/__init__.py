"""What a network without a teacher can want of its outputs: Keras losses, and their functions.

* `BinaryInformationGain` (BINGO): binary nodes that tell as much as they can, each something else.
* `NonparametricEntropy` (NEO): outputs that gather in clumps, or spread.
* `SoftmaxInformation`: a relative of BINGO, one choice among groups in place of binary nodes.

Each works on the outputs of any network on every backend of Keras, ignores `y_true`, and counts in
nats. The functions take outputs of shape (..., batch, nodes), so that many networks side by side
have a value each.
"""

from lstmmusic.objectives.bingo import (
    BinaryInformationGain,
    correlations,
    decorrelation,
    gain_over_prior,
    information_gain,
    two_view_gain,
)
from lstmmusic.objectives.neo import (
    NonparametricEntropy,
    kernel_variances,
    parzen_entropy,
    whitened,
)
from lstmmusic.objectives.softmax import SoftmaxInformation, softmax_information

__all__ = [
    "BinaryInformationGain",
    "NonparametricEntropy",
    "SoftmaxInformation",
    "correlations",
    "decorrelation",
    "gain_over_prior",
    "information_gain",
    "kernel_variances",
    "parzen_entropy",
    "softmax_information",
    "two_view_gain",
    "whitened",
]
