"""Metre and bar lines of a piece whose file names none.

Every metre is tried with every bar line, on sixteenths of a quarter: where notes start, which are
long, which are reached by a leap, where chords change and basses sound, and what comes back after a
beat, a bar, two and four. A candidate's worth is linear in these, its confidence the softmax.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lstmmusic.analysis.found import Found
from lstmmusic.encoding import melody_part
from lstmmusic.score import Metre, Part, Score, Timed

_CELLS = 4  # to the quarter: places are told apart no finer
_BAR_LINE_CELLS = 2  # bar lines are tried on eighths
_LONG = 2.0  # quarters; a longer note is no stronger accent
_LEAP = 5  # semitones
_MIN_NOTES = 8  # fewer tell no metre
_FAINT = 0.05  # keeps the logarithm of an absent accent finite
_FROM_THE_START = 1.5  # nats: most files begin with a bar line

_ACCENTS = ("onset", "length", "leap", "chord", "bass")
_OWN = (
    3  # accents whose weights each metre has for itself; chords and basses mark every metre alike
)
_METRES = ("2/4", "3/4", "4/4", "6/8", "9/8", "12/8")

# Fitted by `python -m benchmarks.analysis_tables` to half of the dance tunes and half of the solos
# that `docs/analysis.md` names. Rows: metres as above. Columns: onset, length and leap at the bar
# line, on the other beats, on the other eighths, on the sixteenths between; the same rhythm and the
# same pitch after a beat, one bar, two, four; a constant.
_WEIGHTS = np.array(
    [
        [
            0.5,
            -0.5,
            -1.1,
            3.4,
            3.7,
            0.8,
            -1.3,
            -2.0,
            0.5,
            -0.6,
            2.0,
            -0.5,
            0.7,
            0.2,
            1.6,
            2.4,
            2.9,
            1.6,
            2.6,
            7.6,
            -0.1,
        ],
        [
            3.4,
            -0.4,
            -0.8,
            -0.5,
            6.7,
            -0.3,
            -4.4,
            0.0,
            0.2,
            0.2,
            0.5,
            0.4,
            0.1,
            0.2,
            0.7,
            2.1,
            1.8,
            0.7,
            0.4,
            4.9,
            -1.0,
        ],
        [
            1.4,
            1.7,
            -2.7,
            -1.8,
            2.2,
            1.7,
            -2.2,
            2.3,
            0.2,
            0.1,
            0.4,
            -0.2,
            2.8,
            -0.4,
            2.6,
            2.6,
            2.2,
            -0.5,
            -1.9,
            3.7,
            3.6,
        ],
        [
            0.6,
            1.0,
            -1.1,
            -0.4,
            3.8,
            2.4,
            -2.0,
            -0.2,
            0.0,
            -0.1,
            -0.5,
            0.0,
            1.1,
            -1.8,
            2.2,
            1.7,
            2.8,
            1.2,
            0.9,
            5.8,
            -1.0,
        ],
        [
            1.1,
            0.9,
            -1.4,
            -0.7,
            4.5,
            1.0,
            -2.6,
            -0.3,
            0.8,
            -0.6,
            -0.6,
            0.4,
            0.8,
            0.1,
            1.7,
            3.6,
            2.2,
            2.0,
            -0.2,
            5.8,
            -1.1,
        ],
        [
            1.3,
            1.3,
            -2.1,
            0.0,
            3.4,
            3.2,
            -4.6,
            -0.3,
            1.3,
            -0.1,
            0.2,
            0.0,
            0.3,
            1.7,
            0.6,
            2.6,
            1.4,
            2.0,
            -0.3,
            5.2,
            -1.0,
        ],
    ]
)
# Chord changes and bass notes at these four places, in every metre.
_HARMONY = np.array([[4.3, 0.1, -0.7, 0.0], [0.9, 0.1, -0.7, 0.0]])


class _Candidates(NamedTuple):
    """Every metre with every bar line.

    Attributes:
        metres: Names.
        pickups: Quarters from the start to the first bar line.
        features: Shape (candidates, columns of `_WEIGHTS` and then of `_HARMONY`).
    """

    metres: list[str]
    pickups: np.ndarray
    features: np.ndarray


def find_metre(score: Score) -> Found[str]:
    """The metre: what the file says, else what fits best of 2/4, 3/4, 4/4, 6/8, 9/8 and 12/8.

    Two metres that share their beats (2/4 and 4/4, 6/8 and 12/8) are hard to tell apart, and their
    confidence says so. Where fewer than eight notes sound, 4/4 is returned with confidence 0.

    Example:
        >>> from dataclasses import replace
        >>> from lstmmusic.score import Note
        >>> waltz = [(0, 1.5, 60), (1.5, 0.5, 62), (2, 1, 64)] * 2 + [(0, 2, 67), (2, 1, 65)] * 2
        >>> onsets = np.cumsum([0] + [length for _, length, _ in waltz[:-1]])
        >>> notes = [Note(o, length, p) for o, (_, length, p) in zip(onsets, waltz)] * 1
        >>> find_metre(Score([Part(notes)], metre_is_known=False)).value
        '3/4'
        >>> find_metre(Score([Part(notes)]))
        Found(value='4/4', confidence=1.0, source='written')
    """
    if score.metre_is_known:
        return Found(str(score.metre), 1.0, "written")
    candidates = _candidates(score, _METRES)
    if candidates is None:
        return Found("4/4", 0.0, "inferred")
    probs = _probs(candidates)
    by_metre = {name: 0.0 for name in _METRES}
    for name, prob in zip(candidates.metres, probs.tolist(), strict=True):
        by_metre[name] += prob
    best = max(by_metre, key=by_metre.__getitem__)
    return Found(best, by_metre[best], "inferred")


def with_bar_lines(score: Score, metre: Found[str]) -> Score:
    """The piece in that metre, its first bar line where it fits best; notes stay in their places.

    Args:
        score: A piece.
        metre: From `find_metre`; one that is written changes nothing.

    Example:
        >>> from lstmmusic.score import Chord, Note
        >>> tune = [Note(onset, 1.0, 60) for onset in range(1, 33, 4)]
        >>> tune += [Note(onset + 2, 0.5, 64) for onset in range(1, 33, 4)]
        >>> chords = [Timed(1.0 + 4 * bar, Chord("CF"[bar % 2])) for bar in range(8)]
        >>> score = Score([Part(tune)], chords, metre_is_known=False)
        >>> with_bar_lines(score, find_metre(score)).pickup_quarters
        1.0
    """
    if metre.source == "written":
        return score
    pickup = 0.0
    candidates = _candidates(score, (metre.value,)) if metre.value in _METRES else None
    if candidates is not None:
        pickup = float(candidates.pickups[_probs(candidates).argmax()])
    return replace(
        score,
        metres=(Timed(0.0, Metre.parse(metre.value)),),
        pickup_quarters=pickup,
        metre_is_known=True,
    )


def _probs(candidates: _Candidates) -> np.ndarray:
    rows = [_METRES.index(name) for name in candidates.metres]
    n_own = _WEIGHTS.shape[1] - 1
    own, harmony = candidates.features[:, :n_own], candidates.features[:, n_own:]
    worth = (own * _WEIGHTS[rows, :-1]).sum(1) + _WEIGHTS[rows, -1]
    worth += harmony @ _HARMONY.ravel() + _FROM_THE_START * (candidates.pickups == 0)
    probs = np.exp(worth - worth.max())
    return probs / probs.sum()


def _candidates(score: Score, names: tuple[str, ...]) -> _Candidates | None:
    """What every candidate is judged by; None where too few notes sound."""
    melody = melody_part(score)
    if melody is None or len(np.unique(melody.notes["onset_quarters"])) < _MIN_NOTES:
        return None
    accents, pitches = _accents(score, melody)
    n_cells = accents.shape[1]
    means = accents.mean(1)
    heard = means > 0
    metres: list[str] = []
    pickups, features = [], []
    for name in names:
        metre = Metre.parse(name)
        bar, beat = round(metre.bar_quarters * _CELLS), round(metre.beat_quarters * _CELLS)
        n_bars = -(-n_cells // bar)
        filled = np.zeros((len(accents), n_bars * bar))
        filled[:, :n_cells] = accents
        profile = filled.reshape(len(accents), n_bars, bar).sum(1) / n_bars
        starts = np.arange(0, bar, _BAR_LINE_CELLS)
        rolled = profile[:, (np.arange(bar) + starts[:, None]) % bar]  # (accents, starts, bar)
        strength = rolled @ _classes(bar, beat)  # (accents, starts, classes)
        ratio = (strength + _FAINT * means[:, None, None]) / ((1 + _FAINT) * means + ~heard)[
            :, None, None
        ]
        logs = np.where(heard[:, None, None], np.log(np.maximum(ratio, 1e-9)), 0.0)
        again = np.concatenate([_comes_back(pitches, lag) for lag in (beat, bar, 2 * bar, 4 * bar)])
        for row in range(len(starts)):
            own, harmony = logs[:_OWN, row].ravel(), logs[_OWN:, row].ravel()
            features.append(np.concatenate([own, again, harmony]))
        metres += [name] * len(starts)
        pickups.append(starts / _CELLS)
    return _Candidates(metres, np.concatenate(pickups), np.array(features))


def _accents(score: Score, melody: Part) -> tuple[np.ndarray, np.ndarray]:
    """Accents in every cell, shape (accents, cells), and the melody's pitch there (-1: none)."""
    onsets, pitches = melody.notes["onset_quarters"], melody.notes["pitch"].astype(float)
    cells = _cell(onsets)
    top = np.append(cells[1:] != cells[:-1], True)  # of a chord the highest note
    onsets, pitches, cells = onsets[top], pitches[top], cells[top]
    n_cells = int(cells[-1]) + 1
    accents = np.zeros((len(_ACCENTS), n_cells))
    accents[0, cells] = 1
    accents[1, cells] = np.minimum(np.diff(onsets, append=onsets[-1] + 1.0), _LONG)
    accents[2, cells] = np.abs(np.diff(pitches, prepend=pitches[0])) >= _LEAP
    changes = [
        onset
        for index, (onset, chord) in enumerate(score.chords)
        if index == 0 or chord != score.chords[index - 1].value
    ]
    others = [part for part in score.parts if part is not melody and not part.is_drum and len(part)]
    basses = min(others, key=lambda part: part.notes["pitch"].mean(), default=Part())
    for row, places in ((3, np.array(changes)), (4, basses.notes["onset_quarters"])):
        found = _cell(places)
        accents[row, found[found < n_cells]] = 1
    at = np.full(n_cells, -1.0)
    at[cells] = pitches
    return accents, at


def _cell(onsets: np.ndarray) -> np.ndarray:
    return np.floor(onsets * _CELLS + 0.5).astype(np.int64)


def _classes(bar: int, beat: int) -> np.ndarray:
    """Averages over the cells of a kind, shape (bar, 4): bar line, beats, eighths, the rest."""
    kind = np.full(bar, 3)
    kind[::2] = 2
    kind[::beat] = 1
    kind[0] = 0
    member = kind[:, None] == np.arange(4)
    return member / np.maximum(member.sum(0), 1)


def _comes_back(pitches: np.ndarray, lag: int) -> np.ndarray:
    """Share of places with a note that have one, and the same one, that many cells later."""
    if len(pitches) < 2 * lag:
        return np.zeros(2)
    now, later = pitches[lag:], pitches[:-lag]
    both = (now >= 0) & (later >= 0)
    either = max(int(((now >= 0) | (later >= 0)).sum()), 1)
    return np.array([both.sum(), ((now == later) & both).sum()]) / either
