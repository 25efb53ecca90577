"""What sounds in each half-bar: how long each pitch class is heard in melody, bass and the rest.

All that key and chords are found from. Drums are silent here, octaves do not count but for which
note is the lowest, and time is measured in felt beats, so that a slow blues in 12/8 and a shuffle
in 4/4 weigh alike.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmmusic.encoding import is_bass_line
from lstmmusic.score import Score

_ATTACK_BEATS = 0.25  # what a note weighs beside its length: short notes count, too
_DOWNBEAT_BEATS = 1.0  # and what a low note weighs where a slot begins: roots lie there
_TOGETHER_QUARTERS = 0.02


class Sounding(NamedTuple):
    """Pitch classes in each slot, a slot being (about) half a bar.

    Attributes:
        edges: Where slots begin and the last one ends, quarters; shape (slots + 1,).
        is_bar: True where a slot begins a bar; shape (slots,).
        beats: Length of a felt beat in each slot, quarters; shape (slots,).
        melody, bass, others: Felt beats that each pitch class is heard; shape (slots, 12).
        lowest: Felt beats that each pitch class is the lowest of what goes with the melody.
    """

    edges: np.ndarray
    is_bar: np.ndarray
    beats: np.ndarray
    melody: np.ndarray
    bass: np.ndarray
    others: np.ndarray
    lowest: np.ndarray

    @property
    def slot_beats(self) -> np.ndarray:
        """Length of each slot in felt beats."""
        return np.diff(self.edges) / self.beats


def listen(score: Score, melody: int | None) -> Sounding:
    """Measures what sounds.

    Args:
        score: Its metres and bar lines place the slots; the pickup is left out.
        melody: Index of the melody part; None where there is none. Of a melody part that plays
            several notes at once the highest are the melody and the rest accompanies.

    Example:
        >>> from lstmmusic import Note, Part, Score
        >>> heard = listen(Score([Part([Note(0, 4, 60), Note(4, 2, 67)])]), 0)
        >>> heard.edges.tolist(), heard.melody[:, [0, 7]].tolist()
        ([0.0, 2.0, 4.0, 6.0, 8.0], [[2.25, 0.0], [2.0, 0.0], [0.0, 2.25], [0.0, 0.0]])
    """
    edges, is_bar, beats = _slots(score)
    kinds: dict[str, list[np.ndarray]] = {"melody": [], "bass": [], "others": []}
    for index, part in enumerate(score.parts):
        if part.is_drum or not len(part):
            continue
        if index == melody:
            top = _is_top(part.notes)
            kinds["melody"].append(part.notes[top])
            kinds["others"].append(part.notes[~top])
        else:
            kinds["bass" if is_bass_line(part) else "others"].append(part.notes)
    notes = {kind: np.concatenate(found) for kind, found in kinds.items() if found}
    weights = {
        kind: _weigh(found, edges, beats, _DOWNBEAT_BEATS if kind == "bass" else 0.0)
        for kind, found in notes.items()
    }
    silence = np.zeros((len(beats), 12))
    melodic, bass, others = (weights.get(kind, silence) for kind in kinds)
    lowest = silence
    if "others" in notes:
        lowest = _weigh(_lowest(notes["others"]), edges, beats, _DOWNBEAT_BEATS)
    return Sounding(edges, is_bar, beats, melodic, bass, others, lowest)


def _slots(score: Score) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bars cut in two at a felt beat, the longer share first: 2 + 2, 2 + 1, 3 + 3."""
    starts = score.bar_starts
    if not len(starts):
        return np.zeros(1), np.zeros(0, bool), np.zeros(0)
    changes = np.array([change.onset_quarters for change in score.metres])
    which = np.maximum(np.searchsorted(changes, starts + 1e-6, side="right") - 1, 0)
    metres = [change.value for change in score.metres]
    beat = np.array([metre.beat_quarters for metre in metres])[which]
    first = np.array([(metre.n_beats + 1) // 2 * metre.beat_quarters for metre in metres])[which]
    bar = np.array([metre.bar_quarters for metre in metres])[which]
    stops = np.append(starts[1:], starts[-1] + bar[-1])
    middle = starts + first
    has_middle = middle < stops - 1e-6  # not where a bar is one beat, or cut short
    edges = np.sort(np.concatenate([starts, middle[has_middle], stops[-1:]]))
    bars = np.searchsorted(starts, edges[:-1] + 1e-6, side="right") - 1
    return edges, np.abs(edges[:-1] - starts[bars]) < 1e-6, beat[bars]


def _is_top(notes: np.ndarray) -> np.ndarray:
    """Marks the highest note of each onset."""
    group = np.cumsum(np.diff(notes["onset_quarters"], prepend=-np.inf) > _TOGETHER_QUARTERS)
    order = np.lexsort((notes["pitch"], group))
    top = np.zeros(len(notes), bool)
    top[order[np.diff(group[order], append=np.inf) > 0]] = True
    return top


def _lowest(notes: np.ndarray) -> np.ndarray:
    """The lowest note of each onset."""
    notes = notes[np.argsort(notes["onset_quarters"], kind="stable")]
    flipped = notes.copy()
    flipped["pitch"] = 127 - notes["pitch"]
    return notes[_is_top(flipped)]


def _weigh(
    notes: np.ndarray, edges: np.ndarray, beats: np.ndarray, downbeat_beats: float = 0.0
) -> np.ndarray:
    """Felt beats that each pitch class sounds in each slot, and a little for each attack."""
    n_slots = len(beats)
    found = np.zeros(n_slots * 12)
    if not n_slots or not len(notes):
        return found.reshape(-1, 12)
    onsets = notes["onset_quarters"]
    ends = onsets + notes["duration_quarters"]
    pitch_classes = notes["pitch"] % 12
    # A note an eighth of a beat early belongs to the beat that it is early for.
    first = np.searchsorted(edges, onsets + beats.mean() / 8, side="right") - 1
    slot, left = np.clip(first, 0, n_slots - 1), first >= 0
    left &= first < n_slots
    on_downbeat = np.abs(onsets - edges[slot]) < beats[slot] / 4
    weight = np.where(left, _ATTACK_BEATS + downbeat_beats * on_downbeat, 0.0)
    while left.any():
        sounding = np.minimum(ends, edges[slot + 1]) - np.maximum(onsets, edges[slot])
        weight = weight + np.where(left, np.maximum(sounding, 0.0) / beats[slot], 0.0)
        found += np.bincount(slot * 12 + pitch_classes, weight, minlength=n_slots * 12)
        left = left & (ends > edges[slot + 1] + beats[slot] / 8) & (slot + 1 < n_slots)
        slot = np.minimum(slot + 1, n_slots - 1)
        weight = np.zeros(len(notes))
    return found.reshape(-1, 12)
