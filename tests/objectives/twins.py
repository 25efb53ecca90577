"""Twins of the objectives: plain float64 loops, written from the papers' formulas."""

import math

import numpy as np


def sigma(y):
    return 1 / (1 + math.exp(-y))


def h(p):
    return sum(-q * math.log(q) for q in (p, 1 - p) if q > 0)


def information_gain(y):
    gains = []
    for node in y.T.tolist():
        z = [sigma(value) for value in node]
        gains.append(h(sum(z) / len(z)) - sum(map(h, z)) / len(z))
    return gains


def two_view_gain(first, second):
    gains = []
    for a, b in zip(first.T.tolist(), second.T.tolist(), strict=True):
        joint = np.zeros((2, 2))
        for u, v in zip(map(sigma, a), map(sigma, b), strict=True):
            joint += np.outer([u, 1 - u], [v, 1 - v]) / len(a)
        joint = (joint + joint.T) / 2
        one = joint.sum(axis=0)
        gains.append(float((joint * np.log(joint / np.outer(one, one))).sum()))
    return gains


def rule(y):
    """The papers' step for every net input: σ'(y) (y - ŷ), ŷ = y + (Q - 2I)(y - <y>)."""
    q = np.atleast_2d(np.corrcoef(y.T))
    step = np.zeros_like(y)
    for n, row in enumerate(y):
        y_hat = row + (q - 2 * np.eye(len(q))) @ (row - y.mean(axis=0))
        for i, value in enumerate(row):
            step[n, i] = sigma(value) * (1 - sigma(value)) * (value - y_hat[i])
    return step


def parzen_entropy(y, variances):
    total = 0.0
    for i, here in enumerate(y):
        density = 0.0
        for j, there in enumerate(y):
            if j != i:
                bump = 1.0
                for a, b, s in zip(here, there, variances, strict=True):
                    bump *= math.exp(-((a - b) ** 2) / (2 * s)) / math.sqrt(2 * math.pi * s)
                density += bump / (len(y) - 1)
        total -= math.log(density) / len(y)
    return total


def softmax_information(first, second):
    def softmax(row):
        e = np.exp(row - row.max())
        return e / e.sum()

    joint = np.mean(
        [np.outer(softmax(a), softmax(b)) for a, b in zip(first, second, strict=True)], axis=0
    )
    joint = (joint + joint.T) / 2
    one = joint.sum(axis=0)
    return float((joint * np.log(joint / np.outer(one, one))).sum())
