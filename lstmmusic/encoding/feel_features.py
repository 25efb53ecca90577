"""What the feel network is told of a note: the written melody around it, the place, the tempo.

The melody is written before it is performed, so notes that follow are known, too; how late a note
is played is known of those before it alone. Lengths are told when all onsets are settled: a note
that is held until the next one starts would tell how late that one is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lstmmusic.encoding.feel_events import TICKS_PER_BEAT, TICKS_PER_STEP
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.encoding.melody_features import LENGTH_BINS, MAX_BEATS, N_BINS
from lstmmusic.score import Metre

N_PLAYED = 2
N_FEEL_CUE = 3 * (STEPS_PER_BEAT + 1) + STEPS_PER_BEAT + MAX_BEATS + 2 * N_BINS + 9
N_LENGTH_CUE = N_BINS + 2 + 2 * N_PLAYED + 1

MAX_LATE_BEATS = 0.5
_USUAL_BEAT_SECONDS = 0.4
_LATE_UNIT = 0.1  # of a beat: what lateness is told in


@dataclass(frozen=True)
class FeelSetting:
    """What is fixed before the first note is performed.

    Args:
        tempo_bpm: Felt beats a minute.
        metre: Bars and felt beats.
    """

    tempo_bpm: float
    metre: Metre


def feel_cues(written: np.ndarray, setting: FeelSetting) -> np.ndarray:
    """What is told of every written note.

    Args:
        written: Onset and duration in steps, pitch; onsets rising; shape (notes, 3).
        setting: Tempo and metre.

    Returns:
        Shape (notes, N_FEEL_CUE), float32: place in the beat of the note, the one before and the
        one after (flags); places of the beat that have a note (flags); beat of the bar; bins of
        the time since the last note and to the next; then numbers: the same two as logarithms,
        leaps to and from the note, its height, the length of the beat, the same on the off-beat,
        compound metre or not, first note or not. Durations are not told.

    Example:
        >>> written = np.array([[0, 6, 60], [6, 6, 62], [12, 12, 64]])
        >>> cues = feel_cues(written, FeelSetting(120.0, Metre()))
        >>> cues[:, :12].argmax(1).tolist()  # places in the beat
        [0, 6, 0]
    """
    n = len(written)
    if not n:
        return np.zeros((0, N_FEEL_CUE), np.float32)
    onsets, pitches = written[:, 0], written[:, 2]
    beat, place = np.divmod(onsets, STEPS_PER_BEAT)
    none = STEPS_PER_BEAT
    before, after = np.append(none, place[:-1]), np.append(place[1:], none)
    bar = setting.metre.n_beats * STEPS_PER_BEAT
    since, until = np.append(bar, np.diff(onsets)), _until_next(onsets, bar)
    group = np.cumsum(np.append(0, np.diff(beat) != 0))
    filled = np.zeros((group[-1] + 1, STEPS_PER_BEAT), np.float32)
    filled[group, place] = 1
    leap = np.clip(np.append(0, np.diff(pitches)), -12, 12) / 12
    slow = np.log2(60 / setting.tempo_bpm / _USUAL_BEAT_SECONDS)
    numbers = np.stack(
        [
            *(np.log2(np.maximum(x, 1) / STEPS_PER_BEAT) / 2 for x in (since, until)),
            leap,
            np.append(leap[1:], 0.0),
            (pitches - 66) / 12,
            np.full(n, slow),
            slow * (place == STEPS_PER_BEAT // 2),
            np.full(n, float(setting.metre.is_compound)),
            np.arange(n) == 0,
        ],
        axis=1,
    )
    flags = [
        _flags(place, STEPS_PER_BEAT + 1),
        _flags(before, STEPS_PER_BEAT + 1),
        _flags(after, STEPS_PER_BEAT + 1),
        filled[group],
        _flags(np.minimum(beat % setting.metre.n_beats, MAX_BEATS - 1), MAX_BEATS),
        *(_flags(_bins(x), N_BINS) for x in (since, until)),
    ]
    return np.concatenate([*flags, numbers], axis=1).astype(np.float32)


def played_cue(lateness_beats: np.ndarray) -> np.ndarray:
    """What is told of a note that was played: shape (..., N_PLAYED), float32.

    Args:
        lateness_beats: How late it was.
    """
    late = np.asarray(lateness_beats) / _LATE_UNIT
    return np.stack([late, np.abs(late)], axis=-1).astype(np.float32)


def length_cues(written: np.ndarray, lateness_beats: np.ndarray, metre: Metre) -> np.ndarray:
    """What is told of every note for its length, once all onsets are played.

    Args:
        written: As for `feel_cues`.
        lateness_beats: How late each note starts, shape (notes,).
        metre: Of the piece.

    Returns:
        Shape (notes, N_LENGTH_CUE), float32: bin and logarithm of the written duration, the share
        of the time to the next note that it fills, how late the note and the next one are, and a 0
        where the length ratio of the note before is to stand (log2).
    """
    bar = metre.n_beats * STEPS_PER_BEAT
    durations = np.maximum(written[:, 1], 1)
    share = np.minimum(durations / _until_next(written[:, 0], bar), 1.0)
    following = np.append(lateness_beats[1:], 0.0)
    rows = (
        _flags(_bins(durations), N_BINS),
        np.log2(durations / STEPS_PER_BEAT)[:, None] / 2,
        share[:, None],
        played_cue(lateness_beats),
        played_cue(following[: len(written)]),
        np.zeros((len(written), 1)),
    )
    return np.concatenate(rows, axis=1).astype(np.float32)


def deviations(events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How late notes are, in beats, and log2 of their length as played to that as written.

    Args:
        events: Of `FeelEvents`, shape (notes, 5).
    """
    written_ticks = np.maximum(events[:, 1], 1) * TICKS_PER_STEP
    ratios = np.log2(np.maximum(events[:, 4], 1) / written_ticks)
    return events[:, 3] / TICKS_PER_BEAT, ratios


def _flags(index: np.ndarray, n: int) -> np.ndarray:
    return np.eye(n, dtype=np.float32)[index]


def _bins(steps: np.ndarray) -> np.ndarray:
    return np.searchsorted(LENGTH_BINS, np.maximum(steps, 1), side="right") - 1


def _until_next(onsets: np.ndarray, bar_steps: int) -> np.ndarray:
    """Steps from each note to the next; a bar after the last."""
    return np.maximum(np.append(np.diff(onsets), bar_steps)[: len(onsets)], 1)
