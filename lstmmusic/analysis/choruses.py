"""Choruses: where a piece goes through a blues form, told by its chords.

Every bar of the piece is held against every bar of every form on the key's tonic, chords counting
by the tones that they share, so that what players put in the place of a chord (a tritone
substitute, ii for IV, IV with a sharp root for IV) counts in part. A chorus must pass the signposts
of its form: home at the start, away at the bar where the form leaves, not home at the cadence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from lstmmusic.analysis.found import Chorus
from lstmmusic.encoding.harmony_clock import FAMILIES, N_SYMBOLS, SILENT, symbol_of
from lstmmusic.score import FORMS, Key, Quality, Score, parse_quality

_N_FAMILIES = len(FAMILIES)
_HALVES = 2  # of a bar; chords are compared on half-bars
_LATE = 1 / 16  # of a bar: a chord that is written so late still holds from the half-bar on
_SUBSTITUTE = 0.75  # a chord on another root counts at most that much
_MATCH = 0.75  # from here on a bar has what the form has there

_LEAST_SHARE = 2 / 3  # of a chorus that the piece breaks off
_OTHER_TONIC = 0.12  # a tonic that is not the key's must fit that much better
_TAG = 2  # bars: a named chorus may be so much longer than its form
_WORTHLESS = 0.58  # a bar is worth what it fits better; of two forms the longer one wins
_RUN_COST = 0.5  # of a run of choruses, in bars that fit perfectly
# Songs have stretches that look like one chorus: a run counts when it has as many as these, or
# makes up this share of the bars with chords.
_LONG_RUN, _MOST = 3, 0.6

_NAMED = re.compile(r"chorus\s*[= ]\s*(\d+)", re.IGNORECASE)


class _Signposts(NamedTuple):
    """What tells a form of that many bars from a song.

    Attributes:
        threshold: Least fit, signposts counting double.
        away: The bar (from 0) that leaves the tonic for IV, or for what stands for it: bVII, bII.
        cadence: The bar that does not begin on the tonic; None where the form has none.
        bars: The signposts.
    """

    threshold: float
    away: int
    cadence: int | None
    bars: tuple[int, ...]


_AWAY = (5, 10, 1)  # semitones above the tonic
_SIGNPOSTS = {
    8: _Signposts(0.9, 2, None, (0, 2)),
    12: _Signposts(0.6, 4, 8, (0, 4, 6, 8)),
    16: _Signposts(0.85, 8, 12, (0, 8, 10, 12)),
}


class _Candidate(NamedTuple):
    start: int  # bar, from 0
    stop: int
    form: str
    fit: float  # weighted, for choosing
    share: float  # of bars that match
    gain: float


def find_choruses(score: Score, use_sections: bool = True) -> tuple[Chorus, ...]:
    """The times that a piece goes through one of the `FORMS`, in order, not overlapping.

    Where sections name choruses (`Chorus 2`, `chorus=2`) as long as a form, and the chords agree,
    those are they, and none goes over such a mark; else the chords alone tell. The forms stand on
    the key's tonic; another tonic is tried only where that one finds nothing, and must fit better.
    A last chorus may break off after two thirds.

    Args:
        score: With chords and, best, a key; without chords there is nothing to find.
        use_sections: False to go by the chords alone.

    Example:
        >>> from lstmmusic.score import Metre, Timed, form_named, place_chart
        >>> bars = form_named("jazz").chart_for(Key("F"), 2)
        >>> chords = place_chart(bars, Metre(), 16.0)  # after four bars of nothing
        >>> score = Score(chords=chords, keys=[Timed(0.0, Key("F"))], length_quarters=112)
        >>> [(chorus.first_bar, chorus.n_bars, chorus.form) for chorus in find_choruses(score)]
        [(5, 12, 'jazz'), (17, 12, 'jazz')]
    """
    if not score.chords:
        return ()
    halves = _chord_halves(score)
    tonic = None if score.key is None else score.key.pitch_class
    named = _named_starts(score) if use_sections else set()
    found = () if tonic is None else _on(halves, tonic, 0.0, named)[1]
    if found:
        return found
    others = [other for other in range(12) if other != tonic]
    extra = 0.0 if tonic is None else _OTHER_TONIC
    return max((_on(halves, other, extra, named) for other in others), key=lambda pair: pair[0])[1]


def _chord_halves(score: Score) -> np.ndarray:
    """Symbols above C at both halves of every bar, shape (bars, 2)."""
    bars = score.bar_starts
    if not len(bars):
        return np.empty((0, _HALVES), np.int64)
    lengths = np.diff(bars, append=bars[-1] + score.metres[-1].value.bar_quarters)
    onsets = np.array([onset for onset, _ in score.chords])
    symbols = np.array([SILENT, *(symbol_of(chord, 0) for _, chord in score.chords)])
    places = bars[:, None] + lengths[:, None] * (np.arange(_HALVES) / _HALVES + _LATE)
    return symbols[np.searchsorted(onsets, places, side="right")]


def _above(halves: np.ndarray, tonic: int) -> np.ndarray:
    moved = (halves - _N_FAMILIES * tonic) % SILENT
    return np.where(halves == SILENT, SILENT, moved)


@lru_cache(maxsize=1)
def _likeness() -> np.ndarray:
    """How well one symbol stands for another, 0 to 1, shape (symbols, symbols).

    1 on the same root with the same third; else the share of common tones, at most `_SUBSTITUTE`.
    """
    kinds = [parse_quality(family) for family in FAMILIES]
    table = np.zeros((N_SYMBOLS, N_SYMBOLS))
    for one in range(SILENT):
        for other in range(SILENT):
            (root, kind), (place, asked) = divmod(one, _N_FAMILIES), divmod(other, _N_FAMILIES)
            if root == place and kinds[kind].is_minor == kinds[asked].is_minor:
                table[one, other] = 1.0
            else:
                tones, wanted = _tones(root, kinds[kind]), _tones(place, kinds[asked])
                shared = len(tones & wanted) / min(len(tones), len(wanted))
                table[one, other] = min(shared, _SUBSTITUTE)
    return table


def _tones(root: int, kind: Quality) -> set[int]:
    return {(root + interval) % 12 for interval in kind.intervals}


@lru_cache(maxsize=1)
def _charts() -> dict[int, tuple[tuple[str, ...], np.ndarray]]:
    """Forms by length: their names, and their symbols above the tonic.

    The symbols have shape (forms, 2, bars, halves); the second axis is an inner chorus and the
    last one.
    """
    by_length: dict[int, list[str]] = {}
    for name, form in FORMS.items():
        by_length.setdefault(form.n_bars, []).append(name)
    charts = {}
    for n_bars, names in by_length.items():
        symbols = [
            [
                [
                    [symbol_of(bar[half * len(bar) // _HALVES], 0) for half in range(_HALVES)]
                    for bar in FORMS[name].bars(Key("C"), last)
                ]
                for last in (False, True)
            ]
            for name in names
        ]
        charts[n_bars] = (tuple(names), np.array(symbols))
    return charts


def _candidates(
    above: np.ndarray, n_bars: int, starts: np.ndarray, threshold: float
) -> list[_Candidate]:
    """The forms of that length that fit at these bars, the best one of each."""
    n_there = np.minimum(n_bars, len(above) - starts)
    starts, n_there = (x[n_there >= np.ceil(_LEAST_SHARE * n_bars)] for x in (starts, n_there))
    if not len(starts):
        return []
    names, charts = _charts()[n_bars]
    bars = starts[:, None] + np.arange(n_bars)
    is_there = bars < len(above)
    played = above[np.minimum(bars, len(above) - 1)]  # (starts, bars, halves)
    # Turnaround or ending: whichever of the two comes nearer (axis 2).
    likeness = _likeness()[played[:, None, None], charts].mean(4).max(2)  # (starts, forms, bars)
    weights = np.ones(n_bars)
    weights[list(_SIGNPOSTS[n_bars].bars)] = 2
    weights = weights * is_there
    fit = (likeness * weights[:, None]).sum(2) / weights.sum(1)[:, None]
    best = fit.argmax(1)
    rows = np.arange(len(starts))
    fits = fit[rows, best]
    matches = ((likeness[rows, best] >= _MATCH) & is_there).sum(1)
    return [
        _Candidate(
            int(starts[row]),
            int(starts[row] + n_there[row]),
            names[best[row]],
            float(fits[row]),
            float(matches[row] / n_there[row]),
            float(n_there[row] * (fits[row] - _WORTHLESS)),
        )
        for row in np.nonzero(fits >= threshold)[0]
    ]


def _passing(above: np.ndarray, n_bars: int) -> np.ndarray:
    """The bars from which the signposts of a form of that length are passed."""
    posts = _SIGNPOSTS[n_bars]
    roots = np.where(above == SILENT, -1, above // _N_FAMILIES)
    n_starts = len(above) - (posts.away if posts.cadence is None else posts.cadence)
    if n_starts <= 0:
        return np.empty(0, np.int64)
    passes = (roots[:n_starts] == 0).any(1)
    passes &= np.isin(roots[posts.away : posts.away + n_starts, 0], _AWAY)
    if posts.cadence is not None:
        passes &= roots[posts.cadence : posts.cadence + n_starts, 0] > 0
    return np.nonzero(passes)[0]


def _on(
    halves: np.ndarray, tonic: int, extra: float, named: Collection[int]
) -> tuple[float, tuple[Chorus, ...]]:
    """The choruses on one tonic, and how much they are worth."""
    above = _above(halves, tonic)
    spans = list(pairwise([*sorted(named), len(halves)]))
    candidates, exact = [], set()
    for n_bars, posts in _SIGNPOSTS.items():
        marked = [start for start, stop in spans if n_bars <= stop - start <= n_bars + _TAG]
        starts = np.union1d(_passing(above, n_bars), np.array(marked, np.int64))
        candidates += _candidates(above, n_bars, starts, posts.threshold + extra)
        exact |= {(start, start + n_bars) for start in marked}
    if named:
        candidates = [c for c in candidates if not any(c.start < bar < c.stop for bar in named)]
    n_sounding = int((halves != SILENT).any(1).sum())
    kept = [
        candidate
        for run in _runs(_best_path(candidates, len(above)))
        for candidate in run
        if len(run) >= _LONG_RUN
        or run[-1].stop - run[0].start >= _MOST * n_sounding
        or any((c.start, c.stop) in exact for c in run)
    ]
    return sum(candidate.gain for candidate in kept), _choruses(kept)


def _named_starts(score: Score) -> set[int]:
    """Bars, from 0, in which a section begins that names another chorus than the one before."""
    starts: set[int] = set()
    before = ""
    for onset, text in score.sections:
        named = _NAMED.search(text)
        if named and int(named[1]) and named[1] != before:
            starts.add(max(score.bar_at(onset) - 1, 0))
        before = named[1] if named else before
    return {start for start in starts if start < score.n_bars}


def _best_path(candidates: Iterable[_Candidate], n_bars: int) -> list[_Candidate]:
    """The choruses, none over another, that are worth most together."""
    ending: dict[int, list[_Candidate]] = {}
    for candidate in candidates:
        ending.setdefault(candidate.stop, []).append(candidate)
    # Best worth of bars 0 to i, and the same with a chorus that ends exactly there.
    free, closed = [0.0], [-np.inf]
    step: list[_Candidate | None] = [None]
    for stop in range(1, n_bars + 1):
        best, by = -np.inf, None
        for candidate in ending.get(stop, ()):
            before = max(closed[candidate.start], free[candidate.start] - _RUN_COST)
            if before + candidate.gain > best:
                best, by = before + candidate.gain, candidate
        closed.append(best)
        step.append(by)
        free.append(max(free[-1], best))
    path: list[_Candidate] = []
    at, must_close = n_bars, False
    while at > 0:
        candidate = step[at]
        if candidate is not None and (must_close or closed[at] == free[at] > free[at - 1]):
            path.append(candidate)
            at = candidate.start
            must_close = closed[at] >= free[at] - _RUN_COST
        else:
            at -= 1
    return path[::-1]


def _runs(path: Sequence[_Candidate]) -> list[list[_Candidate]]:
    runs: list[list[_Candidate]] = []
    for candidate in path:
        if runs and runs[-1][-1].stop == candidate.start:
            runs[-1].append(candidate)
        else:
            runs.append([candidate])
    return runs


def _choruses(path: Iterable[_Candidate]) -> tuple[Chorus, ...]:
    return tuple(Chorus(c.start + 1, c.stop - c.start, c.form, round(c.share, 3)) for c in path)
