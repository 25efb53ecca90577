"""N-grams: the yardstick that a melody network is measured by, fitted on the same notes.

Two plain chains: the time to the next note given the three times before, and its interval given
the two intervals before. They know neither key, chord nor place, so that a network which is told
of those has a head start over them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.player.network import HIGHEST_PITCH, LOWEST_PITCH, MAX_STEPS, N_PITCHES

NOVELTY = 3.0  # on solos, contexts turn out new about three times as often as Witten and Bell count
RHYTHM_ORDER, PITCH_ORDER = 3, 2

_WIDEST = HIGHEST_PITCH - LOWEST_PITCH


class NGram:
    """Chances of the next symbol from the symbols before it, short contexts helping out long ones.

    With n(s) times symbol s after context u, n times anything, and t different symbols:

        P(s | u) = (n(s) + k t P(s | u without its oldest symbol)) / (n + k t)

    which begins with equal chances for all symbols before the empty context; k is the novelty.

    Args:
        order: Symbols of the longest context.
        n_symbols: Symbols are 0 to that less one.
        novelty: How much a new symbol is to be expected; 1 as published.

    Example:
        >>> chain = NGram(order=1, n_symbols=2, novelty=1.0).fit([[0, 1, 0, 1]])
        >>> chain.probs([0]).tolist()  # after 0 always 1; shorter contexts say evens
        [0.16666666666666666, 0.8333333333333334]

    References:
        Witten, Bell (1991), "The zero-frequency problem", IEEE Transactions on Information Theory
        37(4), method C; interpolated as in Chen, Goodman (1999), section 2.5.
    """

    def __init__(self, order: int, n_symbols: int, novelty: float = NOVELTY) -> None:
        if order < 0 or n_symbols < 1 or not novelty > 0:
            received = (order, n_symbols, novelty)
            raise InputError("n-gram", "order from 0, symbols from 1, novelty above 0", received)
        self._order, self._n_symbols, self._novelty = order, n_symbols, novelty
        self._counts: dict[tuple[int, ...], dict[int, int]] = {}

    def fit(self, sequences: Iterable[Sequence[int]]) -> NGram:
        """Counts; further sequences add to what was counted before."""
        for sequence in sequences:
            symbols = [int(symbol) for symbol in sequence]
            for place, symbol in enumerate(symbols):
                self.count(symbols[max(place - self._order, 0) : place], symbol)
        return self

    def count(self, before: Sequence[int], symbol: int) -> None:
        """Counts one symbol after those; they need not be symbols of the same kind."""
        context = tuple(before)[max(len(before) - self._order, 0) :]
        for n in range(len(context) + 1):
            counts = self._counts.setdefault(context[n:], {})
            counts[symbol] = counts.get(symbol, 0) + 1

    def probs(self, before: Sequence[int]) -> np.ndarray:
        """Chances of all symbols after those, shape (n_symbols,); they add up to 1."""
        context = [int(symbol) for symbol in before]
        context = context[len(context) - self._order :] if self._order < len(context) else context
        found = np.full(self._n_symbols, 1 / self._n_symbols)
        for n in range(len(context) + 1):
            counts = self._counts.get(tuple(context[len(context) - n :]))
            if counts is None:
                break  # nor was any longer one
            new = self._novelty * len(counts)
            found *= new
            found[list(counts)] += list(counts.values())
            found /= sum(counts.values()) + new
        return found


class MelodyNGram:
    """Time and pitch of the next note, by a chain of times and a chain of intervals.

    A melody is an array (notes, 3) of whole numbers: steps since the last note, as the network
    counts them (1 to `MAX_STEPS`, more as that many), the pitch before, the pitch; the pitch
    before the first note is where the first interval is measured from.

    Example:
        >>> scale = np.array([[12, 60, 62], [12, 62, 64], [12, 64, 65]])
        >>> ngram = MelodyNGram().fit([scale] * 20)
        >>> sum(ngram.bits([scale])) < 2
        True
    """

    def __init__(self) -> None:
        self._rhythm = NGram(RHYTHM_ORDER, MAX_STEPS)
        self._pitch = NGram(PITCH_ORDER, 2 * _WIDEST + 1)

    def fit(self, melodies: Iterable[np.ndarray]) -> MelodyNGram:
        """Counts the notes of training music."""
        for melody in melodies:
            times, intervals = _symbols(melody)
            self._rhythm.fit([times])
            self._pitch.fit([intervals])
        return self

    def bits(self, melodies: Iterable[np.ndarray]) -> tuple[float, float]:
        """Bits a note for time and for pitch, over all notes.

        Every pitch from `LOWEST_PITCH` to `HIGHEST_PITCH` is possible and none else: the chances of
        the intervals that lead there are scaled to add up to 1.

        Raises:
            InputError: There are no notes.
        """
        total, n_notes = np.zeros(2), 0
        for melody in melodies:
            times, intervals = _symbols(melody)
            for place, before in enumerate(melody[:, 1].tolist()):
                by_time = self._rhythm.probs(times[max(place - RHYTHM_ORDER, 0) : place])
                by_interval = self._pitch.probs(intervals[max(place - PITCH_ORDER, 0) : place])
                lowest = LOWEST_PITCH - before + _WIDEST
                reachable = by_interval[lowest : lowest + N_PITCHES].sum()
                total -= np.log2([by_time[times[place]], by_interval[intervals[place]] / reachable])
            n_notes += len(melody)
        if not n_notes:
            raise InputError("melodies", "at least one note", "none")
        time, pitch = (total / n_notes).tolist()
        return time, pitch


def _symbols(melody: np.ndarray) -> tuple[list[int], list[int]]:
    """Of the chains: times from 0, intervals from 0 for the widest step down."""
    times = np.minimum(melody[:, 0], MAX_STEPS) - 1
    intervals = melody[:, 2] - melody[:, 1] + _WIDEST
    return times.tolist(), intervals.tolist()
