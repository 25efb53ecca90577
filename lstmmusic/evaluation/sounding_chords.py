"""The chord that is heard on every bar line: what accompanies the melody, not what is written.

The chord is the root and quality that explain best what sounds from the bar line to the middle of
the bar, all twelve roots alike: a bar that is played wrong is heard wrong, whatever its symbol.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lstmmusic.encoding import is_bass_line, melody_part
from lstmmusic.score import Chord, Part, Score
from lstmmusic.score.pitch import FLAT_NAMES

# Semitones above the root: what makes the quality, and what colours it.
_QUALITIES = {
    "7": ((0, 4, 7, 10), (2, 9)),
    "": ((0, 4, 7), (2, 9)),
    "maj7": ((0, 4, 7, 11), (2, 9)),
    "m7": ((0, 3, 7, 10), (2, 5)),
    "m": ((0, 3, 7), (2,)),
    "m7b5": ((0, 3, 6, 10), (5,)),
    "dim7": ((0, 3, 6, 9), (2,)),
    "7sus4": ((0, 5, 7, 10), (2, 9)),
}
_COLOUR = 0.4  # what a colour tone says for a chord, beside 1 for one of its own
_OTHER = -1.0  # and what any other says
_ROOT_IN_BASS = 0.4  # less than a chord that explains all leads one that does not
_MISSING = -0.12  # a third or seventh of the chord that is silent
_RARE = {"dim7": -0.2, "7sus4": -0.1}  # so much better must they fit
_LEAST_PITCH_CLASSES = 3  # fewer are no chord
_LEAST_BARS = 0.5  # of the bars, in which a chord sounds
_EARLY_QUARTERS = 0.125


def sounding_chords(score: Score) -> tuple[Chord, ...]:
    """The chord heard at every bar; in bars where none is, the one before goes on.

    Returns:
        One a bar; empty where chords sound in less than half of the bars.

    Example:
        >>> from lstmmusic import Note
        >>> melody = Part([Note(0, 4, 76)], "melody")
        >>> piano = Part([Note(0, 4, 52), Note(0, 4, 58), Note(0, 4, 62)], "piano")
        >>> bass = Part([Note(0, 4, 36)], "bass")
        >>> [str(chord) for chord in sounding_chords(Score([melody, piano, bass]))]
        ['C7']
    """
    melody = melody_part(score)
    others = [p for p in score.parts if p is not melody and len(p) and not p.is_drum]
    basses = [part for part in others if is_bass_line(part)]
    chordal = [part for part in others if not is_bass_line(part)]
    starts = score.bar_starts
    if not chordal or not len(starts):
        return ()
    stops = np.append(starts[1:], score.length_quarters)
    middles = (starts + stops) / 2
    heard = _heard(chordal, starts, middles)
    whole = _heard(chordal, starts, stops)
    # Where the chord comes late, the whole bar tells.
    heard[(heard > 0).sum(axis=1) < 2] = whole[(heard > 0).sum(axis=1) < 2]
    low = _lowest(basses or chordal, starts, middles)
    sounding = (heard > 0) | (np.arange(12) == low[:, None])
    is_chord = sounding.sum(axis=1) >= _LEAST_PITCH_CLASSES
    if is_chord.mean() < _LEAST_BARS:
        return ()
    found: list[Chord] = []
    for weights, bass, clear in zip(heard, low, is_chord, strict=True):
        if clear:
            found.append(_name(weights, int(bass), bool(basses)))
        else:
            found.append(found[-1] if found else Chord())
    return tuple(found)


def _name(weights: np.ndarray, bass: int, has_bass: bool) -> Chord:
    own, has_tones = _templates()
    weights = weights / weights.sum()
    fits = own @ weights + has_tones @ (weights == 0) * _MISSING
    # Without a bass the lowest voice of a chord is often not its root.
    fits = fits.reshape(12, -1) + [_RARE.get(quality, 0.0) for quality in _QUALITIES]
    if bass >= 0:
        fits[bass] += _ROOT_IN_BASS * (1 if has_bass else 0.5)
    root, quality = np.unravel_index(int(fits.argmax()), fits.shape)
    return Chord(FLAT_NAMES[root], list(_QUALITIES)[quality])


@lru_cache(maxsize=1)
def _templates() -> tuple[np.ndarray, np.ndarray]:
    """What each pitch class says for each chord, and which it needs; shape (chords, 12) both."""
    says = np.full((12, len(_QUALITIES), 12), _OTHER)
    needs = np.zeros(says.shape)
    for root in range(12):
        for number, (tones, colours) in enumerate(_QUALITIES.values()):
            says[root, number, [(root + tone) % 12 for tone in colours]] = _COLOUR
            says[root, number, [(root + tone) % 12 for tone in tones]] = 1.0
            needs[root, number, [(root + tone) % 12 for tone in tones if tone not in (0, 7)]] = 1
    return says.reshape(-1, 12), needs.reshape(-1, 12)


def _heard(parts: list[Part], starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Quarters that each pitch class sounds within each span; shape (spans, 12)."""
    notes = np.concatenate([part.notes for part in parts])
    onsets = notes["onset_quarters"]
    ends = onsets + notes["duration_quarters"]
    sounding = np.minimum(ends, stops[:, None]) - np.maximum(onsets, starts[:, None])
    # What ends as the bar begins belongs to the bar before.
    sounding = np.where(sounding > _EARLY_QUARTERS / 2, sounding, 0.0)
    found = np.zeros((len(starts), 12))
    for pitch_class in range(12):
        found[:, pitch_class] = sounding[:, notes["pitch"] % 12 == pitch_class].sum(axis=1)
    return found


def _lowest(parts: list[Part], starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Pitch class of the lowest note that is first struck in each span; -1 where none is."""
    notes = np.sort(np.concatenate([part.notes for part in parts]), order="onset_quarters")
    onsets = notes["onset_quarters"]
    found = np.full(len(starts), -1)
    for span, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        first = int(np.searchsorted(onsets, start - _EARLY_QUARTERS))
        if first < len(onsets) and onsets[first] < stop:
            last = int(np.searchsorted(onsets, onsets[first] + _EARLY_QUARTERS, side="right"))
            found[span] = notes["pitch"][first:last].min() % 12
    return found
