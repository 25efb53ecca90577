"""Which chords a piece has, written or not."""

from __future__ import annotations

import numpy as np

from lstmmusic.analysis.found import Found
from lstmmusic.analysis.harmony import N_STATES, QUALITIES, fit, trusted
from lstmmusic.analysis.reading import MODEL_IS_MINOR, read_chords
from lstmmusic.analysis.sounding import Sounding, listen
from lstmmusic.score import NO_CHORD, Chord, Key, Score, Timed

_OTHER_MODE = -3.0  # log chance that the chords are those of the key's parallel
_MIN_BEATS = 8.0  # of melody before a melody alone tells anything
_FULL_PITCH_CLASSES = 2.5  # that sound together on average where a part plays chords
_SILENT_BARS = 2

# What the models believe of the chords under a melody alone is too much: slope and offset of a
# logistic in its log odds, fitted to the share of the time that is right (sevenths) in the 62 solos
# of the Weimar Jazz Database over blues, symbols and other parts hidden
# (`benchmarks/chord_confidence.py`). With a bass what they believe of a blues holds within 0.04.
ALONE = (0.83, -0.39)

Chords = tuple[Timed[Chord], ...]


def find_chords(
    score: Score, key: Key, melody: int | None, from_melody: bool = True
) -> Found[Chords]:
    """The chords of a piece: those that are written, else those that explain best what sounds.

    Chords change on bar lines and in the middle of bars (3/4: on the third beat). What is found
    are sevenths and triads, spelt in the key; two bars without a note are `N.C.`.

    Args:
        score: Its bar lines are taken as they are.
        key: Where the chords are at home.
        melody: Index of the melody part; None where there is none.
        from_melody: False gives none where nothing goes with the melody.

    Returns:
        The chords, each where it begins, with `written` (confidence 1), `played` by
        accompanying parts, or `inferred` from single lines; none where too little sounds. The
        confidence is the share of the time that can be expected to be right in a blues.

    References:
        Temperley (2007), Music and Probability; Raphael and Stoddard (2004), Functional harmonic
        analysis using probabilistic models.

    Example:
        >>> from lstmmusic import Note, Part, Score
        >>> chords = [(60, 64, 67, 70), (65, 69, 72, 75), (60, 64, 67, 70), (60, 64, 67, 70)]
        >>> notes = [Note(4 * bar, 4, pitch) for bar in range(4) for pitch in chords[bar]]
        >>> found = find_chords(Score([Part(notes)]), Key("C"), None)
        >>> [(onset, str(chord)) for onset, chord in found.value], found.source
        ([(0.0, 'C7'), (4.0, 'F7'), (8.0, 'C7')], 'played')
    """
    if score.chords:
        return Found(tuple(score.chords), 1.0, "written")
    heard = trusted(listen(score, melody))
    source = "played" if _plays_chords(heard) else "inferred"
    alone = not (heard.bass.any() or heard.others.any())
    if alone and (not from_melody or heard.melody.sum() < _MIN_BEATS):
        return Found((), 0.0, source)
    log_priors = np.where(key.is_minor == MODEL_IS_MINOR, 0.0, _OTHER_MODE)
    chances = read_chords(fit(heard), heard.is_bar, key.pitch_class, log_priors)
    states = chances.argmax(axis=1)
    sure = float(np.exp(np.log(chances[np.arange(len(states)), states] + 1e-9).mean()))
    if alone:
        sure = float(platt(sure, *ALONE))
    states[_silent(heard)] = N_STATES
    return Found(_written(states, heard, key), sure, source)


def platt(believed: np.ndarray | float, slope: float, offset: float) -> np.ndarray:
    """A logistic in the log odds of a chance; rising, so that the order stays.

    Example:
        >>> round(float(platt(0.5, 1.0, 0.0)), 3), round(float(platt(0.9, 0.5, 0.0)), 3)
        (0.5, 0.75)

    References:
        Platt (1999), Probabilistic outputs for support vector machines.
    """
    return 1 / (1 + np.exp(-slope * _log_odds(believed) - offset))


def unplatt(told: np.ndarray | float, slope: float, offset: float) -> np.ndarray:
    """What was believed: the inverse of `platt`."""
    return 1 / (1 + np.exp(-(_log_odds(told) - offset) / slope))


def _log_odds(chance: np.ndarray | float) -> np.ndarray:
    chance = np.clip(chance, 1e-9, 1 - 1e-9)
    return np.log(chance / (1 - chance))


def _plays_chords(heard: Sounding) -> bool:
    """True where, in most slots with notes, what goes with the melody is chords."""
    n_sounding = (heard.others > 0).sum(axis=1)
    with_notes = (heard.melody + heard.bass + heard.others).any(axis=1)
    return bool(with_notes.any()) and bool(
        np.mean(n_sounding[with_notes] >= _FULL_PITCH_CLASSES) > 0.5
    )


def _silent(heard: Sounding) -> np.ndarray:
    """Marks slots in runs of whole silent bars, two at least, or any at the start."""
    bar_of = np.cumsum(heard.is_bar) - 1
    sounds = np.bincount(bar_of, (heard.melody + heard.bass + heard.others).sum(axis=1)) > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[True], sounds, [True]])))
    silent = np.zeros(len(sounds), bool)
    for start, stop in edges.reshape(-1, 2):
        silent[start:stop] = start == 0 or stop - start >= _SILENT_BARS
    return silent[bar_of]


def _written(states: np.ndarray, heard: Sounding, key: Key) -> Chords:
    starts = np.flatnonzero(np.diff(states, prepend=-1))
    return tuple(
        Timed(float(heard.edges[start]), _chord(int(states[start]), key)) for start in starts
    )


def _chord(state: int, key: Key) -> Chord:
    if state == N_STATES:
        return NO_CHORD
    root, number = divmod(state, len(QUALITIES))
    quality = QUALITIES[number]
    return Chord(key.chord_root_name(root, rising=quality == "dim7"), quality)
