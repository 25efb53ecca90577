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
        accompanying parts, or `inferred` from single lines; none where too little sounds.

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
    states[_silent(heard)] = N_STATES
    return Found(_written(states, heard, key), sure, source)


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
