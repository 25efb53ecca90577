"""What chords are like: how each sounds, which follow which, and the forms they run through.

A chord *state* is a root (0-11) and one of seven qualities. How well a state explains what sounds
in a slot is linear in what sounds, so that all slots and states are one matrix product. Which
state follows which is told twice: by four *styles*, in which any chord may follow any other, and
by the blues forms, in which the place in the form says the chord. All of it is relative to a tonic.

The tables are rules of thumb written down with their reasons, not counts of anyone's data. The few
single numbers (`_WEIGHTS`, `_STAYS`, `IN_FORM`, `GO_ON`) were chosen among some values each on the
development half of `benchmarks/analysis.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lstmmusic.analysis.sounding import Sounding
from lstmmusic.encoding.harmony_clock import family_of
from lstmmusic.score import FORMS, Chord, Key, Timed

QUALITIES = ("7", "m7", "maj7", "m7b5", "dim7", "", "m")
N_STATES = 12 * len(QUALITIES)
STYLES = ("blues", "jazz", "songs", "minor")
MINOR = np.array([False, False, False, True])  # which styles are in a minor key

# Weight of each interval above the root in a melody over the chord, per cent. Chord tones lead,
# the root and fifth where a triad is meant; over dominants all blue notes pass; what clashes with
# the third or the seventh is rare.
_IN_MELODY = {
    #       1   b2  2   b3  3   4   b5  5   b6  6   b7  7
    "7": (16, 3, 11, 7, 11, 8, 4, 14, 3, 9, 11, 3),
    "m7": (15, 2, 11, 16, 2, 11, 3, 14, 3, 6, 14, 3),
    "maj7": (13, 2, 13, 3, 16, 5, 5, 14, 2, 11, 3, 13),
    "m7b5": (15, 3, 6, 16, 2, 11, 15, 3, 8, 3, 16, 2),
    "dim7": (18, 3, 5, 18, 3, 5, 18, 3, 5, 17, 3, 4),
    "": (21, 1, 11, 2, 20, 6, 2, 19, 1, 11, 2, 4),
    "m": (21, 1, 11, 20, 1, 9, 2, 18, 4, 3, 7, 3),
}
# Chance, per cent, that an interval is among the notes that accompany: thirds and sevenths say the
# chord, roots are often the bass's and fifths nobody's, ninths and thirteenths are added.
_IN_CHORD = {
    "7": (70, 8, 25, 8, 90, 8, 8, 60, 8, 25, 88, 4),
    "m7": (70, 4, 25, 90, 4, 20, 5, 65, 5, 10, 85, 4),
    "maj7": (60, 3, 30, 4, 90, 5, 8, 65, 4, 25, 4, 85),
    "m7b5": (70, 5, 10, 88, 3, 20, 85, 6, 15, 4, 85, 3),
    "dim7": (80, 4, 12, 85, 4, 10, 85, 4, 10, 80, 4, 8),
    "": (85, 3, 10, 3, 88, 7, 3, 80, 3, 12, 5, 5),
    "m": (85, 3, 10, 88, 3, 7, 3, 80, 4, 8, 8, 5),
}
# Over a bass, chords leave the root to it and add ninths instead.
_OVER_BASS = {0: 0.5, 2: 0.4}
# Weight of each interval in a bass line, per cent: roots first, then fifths; a walking line passes
# through everything else.
_IN_BASS = {
    "7": (44, 3, 5, 3, 9, 3, 3, 15, 2, 4, 6, 3),
    "m7": (44, 3, 5, 9, 3, 4, 2, 15, 3, 3, 6, 3),
    "maj7": (44, 2, 6, 2, 9, 3, 3, 16, 2, 6, 2, 5),
    "m7b5": (44, 3, 5, 9, 3, 4, 13, 3, 4, 3, 6, 3),
    "dim7": (40, 3, 3, 13, 3, 3, 13, 3, 3, 10, 3, 3),
    "": (46, 2, 5, 2, 11, 4, 2, 18, 2, 4, 2, 2),
    "m": (46, 2, 5, 11, 2, 4, 2, 18, 3, 2, 3, 2),
}
# How much a felt beat of each says: tempered, because neighbouring notes repeat each other.
_WEIGHTS = {"melody": 0.45, "bass": 0.6, "lowest": 0.25, "others": 2.0, "others over bass": 1.2}

# How often a chord stands in a piece of each style, by degree of its root in semitones.
_CHORDS = {
    # I7, IV7, V7 are the blues; the rest are its jazz turnarounds and passing chords.
    "blues": {
        "7": {0: 40, 5: 22, 7: 18, 9: 6, 2: 3, 10: 1, 8: 1.5, 4: 1.5, 3: 0.5, 11: 0.7, 6: 0.7},
        "m7": {2: 8, 7: 2, 4: 2, 5: 1.5, 0: 1, 9: 1, 3: 0.7},
        "maj7": {0: 1.5},
        "m7b5": {2: 0.7, 4: 0.5, 11: 0.5},
        "dim7": {6: 2, 0: 0.3},
        "": {0: 2, 5: 1, 7: 1, 10: 0.5},
        "m": {},
    },
    # Standards: ii V I, secondary dominants, and the way to the fourth degree.
    "jazz": {
        "7": {7: 18, 9: 7, 2: 7, 4: 4, 0: 5, 11: 2, 10: 3, 5: 2, 8: 2, 1: 1.5, 3: 1},
        "m7": {2: 18, 9: 7, 4: 5, 7: 3, 5: 3, 0: 1, 11: 1, 3: 1},
        "maj7": {0: 16, 5: 6, 8: 1, 3: 1, 1: 0.7},
        "m7b5": {11: 1.5, 2: 1.5, 6: 1, 4: 1},
        "dim7": {6: 1, 1: 1, 3: 1, 8: 0.5},
        "": {0: 8, 5: 2, 7: 1},
        "m": {2: 1, 9: 1, 5: 1},
    },
    # Dance tunes and songs: triads of the key, with V7.
    "songs": {
        "7": {7: 12, 2: 3, 9: 1.5, 4: 1, 0: 1.5},
        "m7": {2: 0.7},
        "maj7": {},
        "m7b5": {},
        "dim7": {},
        "": {0: 42, 5: 14, 7: 12, 10: 2, 2: 1, 4: 0.5, 9: 0.5},
        "m": {2: 4, 9: 4, 4: 1.5, 0: 0.5, 5: 0.5},
    },
    # Minor keys, of blues, jazz and songs.
    "minor": {
        "7": {7: 14, 8: 3, 10: 4, 5: 3, 0: 3, 2: 2, 3: 0.7, 1: 1},
        "m7": {0: 24, 5: 10, 7: 2, 2: 1},
        "maj7": {8: 2, 3: 2},
        "m7b5": {2: 5, 9: 0.7},
        "dim7": {11: 1},
        "": {3: 4, 10: 4, 8: 3, 7: 3},
        "m": {0: 16, 5: 5, 7: 2},
    },
}
_ELSEWHERE = 0.04  # for every other chord, in the same unit
# Root motion in semitones up: fifths fall, roots slide by a semitone, and blues go I IV I V IV I.
_MOTION = (1.0, 1.2, 1.3, 0.6, 0.4, 4.0, 0.5, 2.5, 0.5, 1.0, 1.2, 1.5)
_STAYS = {True: 0.5, False: 0.9}  # over a bar line, and within a bar

# In how many other keys a bass may go better before it is not heard: in none beside other parts,
# which tell the chords without it; beside a melody, which tells little, in two.
_BETTER_KEYS_BESIDE_PARTS, _BETTER_KEYS_BESIDE_MELODY = 0, 2

# Log odds against another quality on the root of a written chord, and against another root.
_OTHER_QUALITY, _OTHER_ROOT = -2.0, -5.0

IN_FORM = 0.75  # a chord is the form's
GO_ON = 0.995  # after a bar of a form comes the next one


class Forms(NamedTuple):
    """Every bar of every form of one mode, as a chain.

    Attributes:
        chords: States in the first and second half of each bar; shape (bars, 2).
        previous: Index of the bar that comes before each, the last bar before the first.
        begin: Chances of each bar to be where a piece begins, or goes on after it left the form:
            half of them first bars; shape (bars,).
    """

    chords: np.ndarray
    previous: np.ndarray
    begin: np.ndarray


def state_of(root: int, quality: str) -> int:
    """Index of a chord."""
    return root % 12 * len(QUALITIES) + QUALITIES.index(quality)


@lru_cache(maxsize=1)
def styles() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What each style expects.

    Returns:
        Chances of each state, shape (styles, states); of each state after each other one over a
        bar line and within a bar, shape (styles, states, states) twice.
    """
    chances = np.full((len(STYLES), 12, len(QUALITIES)), _ELSEWHERE)
    for number, style in enumerate(STYLES):
        for quality, degrees in _CHORDS[style].items():
            for degree, chance in degrees.items():
                chances[number, degree, QUALITIES.index(quality)] += chance
    chances = chances.reshape(len(STYLES), N_STATES)
    chances /= chances.sum(axis=1, keepdims=True)
    roots = np.arange(N_STATES) // len(QUALITIES)
    motion = np.array(_MOTION)[(roots[None, :] - roots[:, None]) % 12]
    moves = chances[:, None, :] * (motion * (1 - np.eye(N_STATES)))
    moves /= moves.sum(axis=2, keepdims=True)
    over, within = (
        stays * np.eye(N_STATES) + (1 - stays) * moves for stays in (_STAYS[True], _STAYS[False])
    )
    return chances, over, within


@lru_cache(maxsize=2)
def forms(minor: bool) -> Forms:
    """The blues forms of a mode, in C."""
    chords: list[list[int]] = []
    previous: list[int] = []
    first: list[bool] = []
    for form in FORMS.values():
        if (form.mode == "minor") != minor:
            continue
        start = len(chords)
        for number, bar in enumerate(form.bars(Key("C"), last=False)):
            halves = (bar[0], bar[-1])
            roots = [chord.root_pitch_class or 0 for chord in halves]
            families = [family_of(chord.kind) for chord in halves]
            chords.append([state_of(*pair) for pair in zip(roots, families, strict=True)])
            previous.append(start + (number - 1) % form.n_bars)
            first.append(number == 0)
    begin = 0.5 * np.array(first) / sum(first) + 0.5 / len(first)
    return Forms(np.array(chords), np.array(previous), begin)


@lru_cache(maxsize=1)
def _templates() -> dict[str, np.ndarray]:
    """Logarithms by source, shape (12 pitch classes, states)."""
    found = {}
    for source, table in (("melody", _IN_MELODY), ("bass", _IN_BASS), ("lowest", _IN_BASS)):
        rows = np.array([table[quality] for quality in QUALITIES], float)
        rows = np.log(rows / rows.sum(axis=1, keepdims=True) * 12)
        found[source] = _WEIGHTS[source] * _all_roots(rows)
    chance = np.array([_IN_CHORD[quality] for quality in QUALITIES]) / 100
    over_bass = chance.copy()
    for interval, changed in _OVER_BASS.items():
        over_bass[:, interval] = changed
    for suffix, table in (("", chance), (" over bass", over_bass)):
        weight = _WEIGHTS["others" + suffix]
        found["sounds" + suffix] = weight * _all_roots(np.log(table))
        found["silent" + suffix] = weight * _all_roots(np.log1p(-table))
    return found


def _all_roots(rows: np.ndarray) -> np.ndarray:
    """Shape (qualities, intervals) to (pitch classes, states)."""
    rolled = np.stack([np.roll(rows, root, axis=1) for root in range(12)])
    return rolled.reshape(N_STATES, 12).T


def trusted(heard: Sounding) -> Sounding:
    """The same without a bass that contradicts the rest.

    A transcribed bass is often wrong or in another key: it is not heard where it would go better
    with the rest if it were moved.
    """
    if not heard.bass.any() or not (heard.melody.any() or heard.others.any()):
        return heard
    silent = heard._replace(bass=np.zeros_like(heard.bass))
    fits = fit(silent, has_bass=True)
    chance = np.exp(fits - fits.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    expected = chance @ _templates()["bass"].T  # of each pitch class, (slots, 12)
    moved = [float((np.roll(heard.bass, by, axis=1) * expected).sum()) for by in range(12)]
    has_parts = bool(heard.others.any())
    allowed = _BETTER_KEYS_BESIDE_PARTS if has_parts else _BETTER_KEYS_BESIDE_MELODY
    return heard if sum(other > moved[0] for other in moved) <= allowed else silent


def fit(heard: Sounding, has_bass: bool | None = None) -> np.ndarray:
    """How well each state explains each slot.

    Args:
        heard: What sounds.
        has_bass: Whether chords may leave their roots to a bass; None: where there is one.

    Returns:
        Log likelihoods up to a constant for each slot, shape (slots, states).
    """
    log = _templates()
    found = heard.melody @ log["melody"] + heard.bass @ log["bass"]
    loudest = heard.others.max(axis=1, keepdims=True, initial=0.0)
    # A pitch class that sounds half as long as the longest one is there.
    there = np.minimum(heard.others / np.maximum(loudest, 1e-9) * 2, 1.0)
    has_bass = bool(heard.bass.any()) if has_bass is None else has_bass
    suffix = " over bass" if has_bass else ""
    chordal = there @ log["sounds" + suffix] + (1 - there) @ log["silent" + suffix]
    # One note is not a chord that lacks the rest: what is silent speaks where three notes sound.
    found += chordal * np.minimum(there.sum(axis=1, keepdims=True) / 3, 1.0)
    if not has_bass:
        found += heard.lowest @ log["lowest"]
    return found


def fit_chords(chords: Sequence[Timed[Chord]], onsets: np.ndarray) -> np.ndarray:
    """How well each state agrees with the written chord at each onset; shape (slots, states)."""
    rows = np.zeros((len(chords) + 1, N_STATES))  # the last one: no chord yet
    for row, (_, chord) in zip(rows, chords, strict=False):
        root = chord.root_pitch_class
        if root is None:
            continue
        family = family_of(chord.kind)
        quality = family if family in QUALITIES else "7"  # what is suspended is a dominant
        row[:] = _OTHER_ROOT
        row[state_of(root, "7") : state_of(root, "7") + len(QUALITIES)] = _OTHER_QUALITY
        row[state_of(root, quality)] = 0.0
    starts = np.array([chord.onset_quarters for chord in chords])
    return rows[np.searchsorted(starts, onsets + 1e-6, side="right") - 1]
