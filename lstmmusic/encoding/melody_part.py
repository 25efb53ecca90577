"""Which part carries the melody.

Names tell most, where there are any; else what sets a tune apart from what goes with it: one note
at a time, above the others, about as busy as they are, there most of the time, moving by steps and
small leaps over a range of its own (Uitdenbogerd & Zobel 1999; Madsen & Widmer 2007).
"""

from __future__ import annotations

import re

import numpy as np

from lstmmusic.score import Part, Score

# What a name is worth, against at most about 4 for the notes; words are matched at their start.
_NAMES = (
    (9.0, r"\b(melod|solo|lead|vocal|vox|voice|sing|head\b|theme|tune\b)"),
    (2.0, r"(sax|trumpet|trombone|clarinet|flute|violin|fiddle|whistle|harmonica|right|\brh\b)"),
    (-2.0, r"\b(chord|comp|rhythm|pad|string|accomp|harmon(y|ies)|back|left|lh\b|organ|click)"),
    (-3.0, r"\b(count-in|metronome)"),
)
_BASS_NAME = re.compile(r"\bbass\b(?!\s*(clarinet|sax|flute|trombone|drum))", re.IGNORECASE)
_BASS_PROGRAMS = range(32, 40)
_SOLO_PROGRAMS = range(56, 80)  # brass, reeds and pipes
_EFFECT_PROGRAMS = range(112, 128)
_BASS_PITCH = 50  # a bass sounds below D3 on average
_SPREAD = 1.0  # fitness that makes a part e times as likely: fitted on named parts, names hidden


def is_bass_line(part: Part) -> bool:
    """True where a part is the bass, by its name, its programme, or low single notes.

    Example:
        >>> from lstmmusic import Note, Part
        >>> is_bass_line(Part([Note(0, 1, 60)], "Upright bass"))
        True
    """
    if part.is_drum or not len(part):
        return False
    named = _BASS_NAME.search(part.name) or part.program in _BASS_PROGRAMS
    return bool(named) or _sounds_like_bass(part)


def _sounds_like_bass(part: Part) -> bool:
    return float(np.mean(part.notes["pitch"])) < _BASS_PITCH and _alone(part) > 0.8


def melody_odds(score: Score, by_notes: bool = False) -> np.ndarray:
    """How likely each part is to carry the melody.

    Args:
        score: Its parts are compared with each other.
        by_notes: Leaves names and instruments out of account.

    Returns:
        Shape (parts,), adding up to 1; all 0 where no pitched part has notes.

    References:
        Uitdenbogerd and Zobel (1999), Melodic matching techniques for large music databases;
        Madsen and Widmer (2007), A complexity-based approach to melody track identification.
    """
    odds = np.zeros(len(score.parts))
    pitched = [i for i, part in enumerate(score.parts) if len(part) and not part.is_drum]
    if not pitched:
        return odds
    most = max(len(score.parts[i]) for i in pitched)
    length = max(score.length_quarters, 1e-9)
    fitness = np.array([_by_notes(score.parts[i], most, length) for i in pitched])
    if not by_notes:
        fitness += [_by_label(score.parts[i]) for i in pitched]
    odds[pitched] = np.exp((fitness - fitness.max()) / _SPREAD)
    return odds / odds.sum()


def melody_part(score: Score) -> Part | None:
    """The part that carries the melody; None where no pitched part has notes.

    Example:
        >>> from lstmmusic import Note, Part, Score
        >>> low, high = Part([Note(0, 1, 40)], "left"), Part([Note(0, 1, 72)], "right")
        >>> melody_part(Score([low, high])).name
        'right'
    """
    odds = melody_odds(score)
    return score.parts[int(odds.argmax())] if odds.any() else None


def _alone(part: Part) -> float:
    """Share of the onsets (to 1/50 quarter) at which one note starts."""
    onsets = part.notes["onset_quarters"]
    starts = np.flatnonzero(np.diff(onsets, prepend=-np.inf) > 0.02)
    return float(np.mean(np.diff(starts, append=len(onsets)) == 1))


def _by_notes(part: Part, most: int, length_quarters: float) -> float:
    """How much the notes sound like a tune; `most` notes are in the busiest part."""
    notes = part.notes
    pitch = notes["pitch"].astype(float)
    steps = np.abs(np.diff(pitch))
    heard = np.unique(np.floor(notes["onset_quarters"] / 4))  # in stretches of about a bar
    found = 3.0 * _alone(part)
    found += min(float(pitch.mean()), 84.0) / 20  # higher still is an ornament
    found += 0.5 * min(len(notes) / most * 2, 1.0)
    found += 1.0 * min(len(heard) * 4 / length_quarters * 1.5, 1.0)
    if len(steps):
        found += 0.7 * float(np.mean((steps > 0) & (steps <= 7)))
        found += 0.1 * min(float(pitch.max() - pitch.min()), 24.0) / 12
    return found - 0.8 * _sounds_like_bass(part)


def _by_label(part: Part) -> float:
    """What the name and the instrument say."""
    found = 1.0 * (part.program in _SOLO_PROGRAMS) - 2.0 * (part.program in _EFFECT_PROGRAMS)
    found -= 0.8 * (is_bass_line(part) and not _sounds_like_bass(part))
    name = part.name.lower()
    return found + sum(worth for worth, words in _NAMES if re.search(words, name))
