"""What a melody is like: against its chords, in its phrases, and in itself.

Every function takes a `Line` and returns None where the melody is too short to tell. Nothing here
depends on the key or the tempo.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lstmmusic.evaluation.form import (
    MAJOR,
    Harmony,
    chord_of_notes,
    chord_tones,
    function_of,
)
from lstmmusic.evaluation.line import Line

LINE_BARS = 4
THREE_LINES = 12  # bars of a form in which the second line answers the first
SLOTS_PER_BEAT = 4  # on which rhythms of bars are compared
_STEPS_PER_SLOT = 3
_ON_BEAT = 1 / 8

# Borders of classes of intervals (semitones either way) and of durations (steps).
_INTERVAL_CLASSES = np.array([1, 3, 5, 8])
_DURATION_CLASSES = np.array([5, 10, 18, 36])


class AgainstChords(NamedTuple):
    """Notes by what they are in the chord.

    Attributes:
        chord_tone_ratio: Share of notes that are root, third, fifth or seventh.
        strong: The same for notes on strong beats (one and three in four).
        blue: Share of blue notes: the flat third over I and V, the flat fifth over anything,
            where they are not chord tones.
        resolved: Share of the blue thirds after which one of the next two notes is the major
            third or the tonic.
    """

    chord_tone_ratio: float | None
    strong: float | None
    blue: float | None
    resolved: float | None


def against_chords(line: Line, harmony: Harmony, tonic: int | None) -> AgainstChords:
    """Chord tones and blue notes; notes over silence do not count.

    Args:
        line: The melody.
        harmony: Chords of the same piece.
        tonic: Pitch class; None leaves blue notes out.
    """
    under = chord_of_notes(line, harmony)
    chords = [chord for _, chord in harmony.symbols]
    tones = np.zeros((len(chords) + 1, 12), bool)
    for index, chord in enumerate(chords):
        tones[index, list(chord_tones(chord))] = True
    told = np.any(tones, axis=1)[under]
    pitch_classes = line.pitches % 12
    is_tone = tones[under, pitch_classes]
    strong = told & _is_strong(line)
    blue, resolved = None, None
    if tonic is not None and told.any():
        functions = np.array([*(function_of(chord, tonic) for chord in chords), -1])[under]
        degrees = (pitch_classes - tonic) % 12
        takes_third = np.isin(functions, (MAJOR, 7 * 3 + MAJOR))
        third = told & (degrees == 3) & takes_third & ~is_tone
        fifth = told & (degrees == 6) & ~is_tone
        blue = float(np.mean((third | fifth)[told]))
        home = np.isin(np.append(degrees, (-1, -1)), (0, 4))
        places = np.flatnonzero(third)
        resolved = _share((home[places + 1] | home[places + 2]) if len(places) else places)
    return AgainstChords(_share(is_tone[told]), _share(is_tone[strong]), blue, resolved)


def _share(flags: np.ndarray) -> float | None:
    return float(flags.mean()) if len(flags) else None


def _is_strong(line: Line) -> np.ndarray:
    """Notes on the first beat of a bar or, where its beats are even in number, the middle one."""
    inside = line.bars >= 0
    bars = np.maximum(line.bars, 0)
    beats = line.onsets_beats - line.first_beats[bars]
    n_beats = line.bar_beats[bars] if line.n_bars else np.ones(len(line), int)
    half = np.where((n_beats >= 4) & (n_beats % 2 == 0), n_beats // 2, n_beats)
    return inside & (np.abs(beats - np.round(beats / half) * half) < _ON_BEAT)


def aab(line: Line, first_bar: int = 0) -> float | None:
    """How much more the second line of four bars is like the first than the third is like both.

        sim(1, 2) - (sim(1, 3) + sim(2, 3)) / 2,   sim = 1 - edit distance / notes of the longer

    over notes told by the class of the interval to them and the class of their duration. Mean over
    choruses of twelve bars; one with an empty line is left out.

    Returns:
        -1 to 1.
    """
    found = []
    for start in range(first_bar, line.n_bars - THREE_LINES + 1, THREE_LINES):
        a, b, c = (_phrase(line, start + LINE_BARS * row) for row in range(3))
        if a and b and c:
            found.append(similarity(a, b) - (similarity(a, c) + similarity(b, c)) / 2)
    return float(np.mean(found)) if found else None


def _phrase(line: Line, first_bar: int) -> list[int]:
    events = line.events[line.within(first_bar, LINE_BARS)]
    steps = np.diff(events[:, 2], prepend=events[:1, 2])
    sizes = np.searchsorted(_INTERVAL_CLASSES, np.abs(steps), side="right") * np.sign(steps)
    lengths = np.searchsorted(_DURATION_CLASSES, events[:, 1], side="right")
    return (sizes * 8 + lengths).tolist()


def similarity(a: Sequence[int], b: Sequence[int]) -> float:
    """One less the edit distance over the longer length: 1 for equal sequences.

    Example:
        >>> similarity([1, 2, 3, 4], [1, 2, 4])
        0.75

    References:
        Levenshtein (1966), "Binary codes capable of correcting deletions, insertions and
        reversals".
    """
    before = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y)))
        before = row
    return 1 - before[-1] / max(len(a), len(b), 1)


def breathing(line: Line, first_bar: int = 0, least_beats: float = 1.0) -> float | None:
    """Share of lines of four bars in whose last bar a rest of a beat or more is heard.

    The rest may begin before that bar or last beyond it; after the last note there is rest.
    """
    if not len(line):
        return None
    first_beats = line.first_beats
    silent_from = np.append(-np.inf, line.ends_beats)
    silent_to = np.append(line.onsets_beats, np.inf)
    rests = silent_to - silent_from >= least_beats - 1e-3
    silent_from, silent_to = silent_from[rests], silent_to[rests]
    found = []
    for bar in range(first_bar + LINE_BARS - 1, line.n_bars, LINE_BARS):
        start, stop = first_beats[bar], first_beats[bar + 1]
        found.append(bool(((silent_from < stop - 1e-3) & (silent_to > start + 1e-3)).any()))
    return float(np.mean(found)) if found else None


def notes_per_bar(line: Line) -> tuple[float | None, float | None]:
    """Mean and standard deviation over all bars, empty ones among them."""
    if not line.n_bars:
        return None, None
    counts = np.bincount(line.bars[line.bars >= 0], minlength=line.n_bars)
    return float(counts.mean()), float(counts.std())


def pitch_class_entropy(line: Line, n_bars: int) -> float | None:
    """Entropy of the notes' pitch classes in every `n_bars` bars in a row, mean, in bits.

    0 is one pitch class, 3.585 all twelve alike. Stretches without notes are left out.

    References:
        Wu and Yang (2020), "The Jazz Transformer on the front line", section 4 (H1 and H4).
    """
    inside = line.bars >= 0
    counts = np.zeros((line.n_bars, 12))
    np.add.at(counts, (line.bars[inside], line.pitches[inside] % 12), 1)
    if line.n_bars < n_bars:
        return None
    total = np.concatenate([np.zeros((1, 12)), np.cumsum(counts, axis=0)])
    windows = total[n_bars:] - total[:-n_bars]
    windows = windows[windows.sum(axis=1) > 0]
    if not len(windows):
        return None
    shares = windows / windows.sum(axis=1, keepdims=True)
    logs = np.log2(np.where(shares > 0, shares, 1.0))
    return float(-(shares * logs).sum(axis=1).mean())


def pitch_range(line: Line, first_bar: int, chorus_bars: int) -> float | None:
    """Semitones between the lowest and the highest note of a chorus, mean over choruses."""
    found = []
    for start in range(first_bar, max(line.n_bars, 1), chorus_bars):
        whole = start == first_bar or start + chorus_bars <= line.n_bars
        pitches = line.pitches[line.within(start, chorus_bars)]
        if whole and len(pitches):
            found.append(int(pitches.max() - pitches.min()))
    return float(np.mean(found)) if found else None


class Groove(NamedTuple):
    """How alike the rhythms of bars are, 0 to 1, on four slots a beat, swing undone.

    Attributes:
        adjacent: Share of slots in which two neighbouring bars agree (a note starts or not).
        all_pairs: The same for every two bars.
        jaccard: Of the slots in which one of two neighbours starts a note, the share in which
            both do.
    """

    adjacent: float | None
    all_pairs: float | None
    jaccard: float | None


def groove(line: Line) -> Groove:
    """Compares bars of the same length.

    References:
        Wu and Yang (2020), section 4 (grooving similarity).
    """
    if line.n_bars < 2 or not len(line):
        return Groove(None, None, None)
    longest = int(line.bar_beats.max()) * SLOTS_PER_BEAT
    starts = np.zeros((line.n_bars, longest), bool)
    bars = np.maximum(line.bars, 0)
    slots = np.floor((line.timing.steps - line.bar_steps()[bars]) / _STEPS_PER_SLOT + 0.5)
    slots = slots.astype(int)
    bars = bars + (slots >= line.bar_beats[bars] * SLOTS_PER_BEAT)
    slots = np.where(slots >= line.bar_beats[np.maximum(line.bars, 0)] * SLOTS_PER_BEAT, 0, slots)
    fits = (line.bars >= 0) & (slots >= 0) & (bars < line.n_bars)
    starts[bars[fits], slots[fits]] = True
    usual = np.flatnonzero(line.bar_beats == np.bincount(line.bar_beats).argmax())
    rows = starts[usual][:, : int(line.bar_beats[usual[0]]) * SLOTS_PER_BEAT].astype(float)
    if len(rows) < 2:
        return Groove(None, None, None)
    both = rows @ rows.T
    counts = rows.sum(axis=1)
    differ = counts[:, None] + counts - 2 * both
    alike = 1 - differ / rows.shape[1]
    either = np.diagonal(counts[:, None] + counts - both, 1)
    told = either > 0
    jaccard = np.diagonal(both, 1)[told] / either[told]
    return Groove(
        float(np.diagonal(alike, 1).mean()),
        float(alike[np.triu_indices(len(rows), 1)].mean()),
        float(jaccard.mean()) if len(jaccard) else None,
    )
