"""The network of a clustering, one sequence, one step and one cell at a time."""

import math

import numpy as np


def slow_read(network, item):
    """What the LSTM says after each step of one scaled sequence: a list of (units,)."""
    kernel, recurrent, bias, peephole = (array[0].astype(float) for array in network[:4])
    units = len(recurrent)

    def sigma(x):
        return 1 / (1 + math.exp(-x))

    h, c, said = np.zeros(units), np.zeros(units), []
    for x in item:
        net = x @ kernel + h @ recurrent + bias
        new_h = np.zeros(units)
        for k in range(units):
            i = sigma(net[k] + peephole[0, k] * c[k])
            f = sigma(net[units + k] + peephole[1, k] * c[k])
            c[k] = f * c[k] + i * math.tanh(net[2 * units + k])
            o = sigma(net[3 * units + k] + peephole[2, k] * c[k])
            new_h[k] = o * math.tanh(c[k])
        h = new_h
        said.append(h.copy())
    return said
