"""Keras layers around `lstmmusic.step`: `PeepholeLSTMCell` (one step), `PeepholeLSTM` (a loop)."""

from lstmmusic.layers.peephole_lstm import PeepholeLSTM, PeepholeLSTMCell

__all__ = ["PeepholeLSTM", "PeepholeLSTMCell"]
