"""Keras layers around `lstmmusic.step`.

* `PeepholeLSTMCell` knows one step, `PeepholeLSTM` loops it.
* `OnlineLSTM` learns from endless streams by the truncated gradient of 1997.
* `look_inside`, `figure_of`: what happens in a layer.
* `sigmoid_pm1`, `sigmoid_pm2`: squashing functions of the papers.
"""

from lstmmusic.layers.inside import figure_of, look_inside
from lstmmusic.layers.online import OnlineLSTM, OnlineStep
from lstmmusic.layers.peephole_lstm import PeepholeLSTM, PeepholeLSTMCell
from lstmmusic.layers.side_by_side import SideBySide
from lstmmusic.layers.squash import sigmoid_pm1, sigmoid_pm2

__all__ = [
    "OnlineLSTM",
    "OnlineStep",
    "PeepholeLSTM",
    "PeepholeLSTMCell",
    "SideBySide",
    "figure_of",
    "look_inside",
    "sigmoid_pm1",
    "sigmoid_pm2",
]
