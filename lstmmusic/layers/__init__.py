"""Keras layers around `lstmmusic.step`.

`PeepholeLSTMCell` knows one step, `PeepholeLSTM` loops it; `look_inside` shows what happens in it.
"""

from lstmmusic.layers.inside import figure_of, look_inside
from lstmmusic.layers.peephole_lstm import PeepholeLSTM, PeepholeLSTMCell

__all__ = ["PeepholeLSTM", "PeepholeLSTMCell", "figure_of", "look_inside"]
