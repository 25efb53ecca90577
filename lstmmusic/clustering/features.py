"""A melody as a sequence of numbers, and as a few numbers that people can read.

`FEATURES` are what a network hears, note by note; `FACTS` are what is said of a piece when its
group is explained. The notes are those of `evaluation.line`: the highest at every onset, put where
they would be written, swing undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.errors import InputError
from lstmmusic.evaluation import melody_statistics
from lstmmusic.evaluation.line import Line, read_line
from lstmmusic.score import Score

DEFAULT_FEATURES = ("intervals", "values", "rests")
MAX_NOTES = 128  # from the beginning of a piece
LEAST_NOTES, MOST_NOTES = 4, 4096

TRANSPOSITION, TEMPO = "transposition", "tempo"

_EXACT = 0.01  # of a step


@dataclass(frozen=True)
class Feature:
    """Something that is told of every note.

    Attributes:
        about: What the numbers are.
        columns: The name of each number.
        same_under: What may be done to a piece without changing them: `transposition`, `tempo`.
        of: From a line and its score, shape (notes, columns).
    """

    about: str
    columns: tuple[str, ...]
    same_under: frozenset[str]
    of: Callable[[Line, Score], np.ndarray]


def encode(
    score: Score, features: Sequence[str] = DEFAULT_FEATURES, max_notes: int = MAX_NOTES
) -> np.ndarray:
    """The first notes of a melody as numbers.

    Args:
        score: A piece; its melody is the part that `analysis` takes for it.
        features: Names in `FEATURES`.
        max_notes: How many notes count.

    Returns:
        Shape (notes, columns), float32; no rows where there is no melody.

    Raises:
        InputError: No such feature, none at all, one twice; or `max_notes` is out of range.

    Example:
        >>> from lstmmusic.score import Note, Part
        >>> score = Score([Part([Note(0, 1, 60), Note(1, 0.5, 63), Note(2.5, 1, 60)])])
        >>> encode(score, ["intervals", "durations", "rests"]).tolist()
        [[0.0, 0.0, 0.0], [0.5, -0.5, 1.0], [-0.5, 0.0, 0.0]]
        >>> columns_of(("intervals", "bar"))
        ('interval', 'bar sine', 'bar cosine', 'downbeat')
    """
    check_features(features, max_notes)
    return _encoded(read_line(score), score, features)[:max_notes]


def windows(
    score: Score, features: Sequence[str] = DEFAULT_FEATURES, n_notes: int = MAX_NOTES
) -> Iterator[tuple[int, np.ndarray]]:
    """A whole melody, so many notes at a time; what is left at the end counts from half of that on.

    Yields:
        The number of the first note, from 0, and an array as from `encode`.

    Raises:
        InputError: As `encode`.

    Example:
        >>> from lstmmusic.score import Note, Part
        >>> score = Score([Part([Note(i, 1, 60) for i in range(22)])])
        >>> [(first, len(array)) for first, array in windows(score, n_notes=8)]
        [(0, 8), (8, 8), (16, 6)]
    """
    check_features(features, n_notes)
    whole = _encoded(read_line(score), score, features)
    for first in range(0, len(whole), n_notes):
        array = whole[first : first + n_notes]
        if first == 0 or 2 * len(array) >= n_notes:
            yield first, array


def columns_of(features: Sequence[str]) -> tuple[str, ...]:
    """The names of the numbers that these features are."""
    return tuple(column for name in features for column in FEATURES[name].columns)


def check_features(features: Sequence[str], max_notes: int = MAX_NOTES) -> None:
    """Says what `encode` would not take.

    Raises:
        InputError: As `encode`.
    """
    unknown = [name for name in features if name not in FEATURES]
    if unknown or not features or len(set(features)) < len(features):
        found = ", ".join(unknown or features) or "none"
        raise InputError("features", "some of " + ", ".join(FEATURES), found)
    if not LEAST_NOTES <= max_notes <= MOST_NOTES:
        raise InputError("max_notes", f"{LEAST_NOTES} to {MOST_NOTES:,} notes", max_notes)


def _encoded(line: Line, score: Score, features: Sequence[str]) -> np.ndarray:
    columns = [FEATURES[name].of(line, score) for name in features]
    return np.concatenate(columns, axis=1, dtype=np.float32)


def _intervals(line: Line, score: Score) -> np.ndarray:
    steps = np.diff(line.pitches, prepend=line.pitches[:1])
    return np.clip(steps / 6, -3, 3)[:, None]


def _pitches(line: Line, score: Score) -> np.ndarray:
    return (line.pitches[:, None] - 66) / 12


def _degrees(line: Line, score: Score) -> np.ndarray:
    return np.eye(12)[(line.pitches - _tonic(line, score)) % 12]


def _tonic(line: Line, score: Score) -> int:
    if score.key is not None:
        return score.key.pitch_class
    return int(line.pitches[-1] % 12) if len(line) else 0


def _log_length(lengths: np.ndarray) -> np.ndarray:
    return np.log2(np.maximum(lengths, 1 / 32))[:, None] / 2


def _lengths_beats(line: Line) -> np.ndarray:
    return line.events[:, 1] / STEPS_PER_BEAT


def _durations(line: Line, score: Score) -> np.ndarray:
    return _log_length(_lengths_beats(line) * line.beat_quarters)


def _values(line: Line, score: Score) -> np.ndarray:
    quarters = _lengths_beats(line) * line.beat_quarters
    middles = np.sqrt(_VALUES_QUARTERS[1:] * _VALUES_QUARTERS[:-1])
    return np.eye(len(_VALUES))[np.searchsorted(middles, quarters)]


def _beats(line: Line, score: Score) -> np.ndarray:
    return _log_length(_lengths_beats(line))


def _seconds(line: Line, score: Score) -> np.ndarray:
    """Logarithm of the time to the next note, as played; of the last, its length."""
    if not len(line):
        return np.empty((0, 1))
    places = np.append(line.onsets_quarters, line.ends_quarters[-1])
    seconds = np.diff([score.tempo_map.seconds_at(place) for place in places])
    return _log_length(seconds) + 1


def _rests(line: Line, score: Score) -> np.ndarray:
    """Logarithm of one quarter and the silence before the next note."""
    steps, durations, _ = line.events.T
    silence = np.append(steps[1:] - steps[:-1] - durations[:-1], [0] * bool(len(steps)))
    return np.log2(1 + np.maximum(silence, 0) / STEPS_PER_BEAT * line.beat_quarters)[:, None]


def _place_beats(line: Line) -> tuple[np.ndarray, np.ndarray]:
    """Of each note the beats since its bar began, as written, and the beats of that bar."""
    bars = np.clip(line.bars, 0, max(line.n_bars - 1, 0))
    n_beats = line.bar_beats[bars]
    within = line.timing.steps - line.bar_steps()[bars]
    return within / STEPS_PER_BEAT % n_beats, n_beats


def _bar(line: Line, score: Score) -> np.ndarray:
    if not len(line):
        return np.empty((0, 3))
    beats, n_beats = _place_beats(line)
    angle = 2 * np.pi * beats / n_beats
    return np.stack([np.sin(angle), np.cos(angle), beats < _EXACT], 1)


def _echoes(line: Line, score: Score) -> np.ndarray:
    """Whether a note started each of `_LAGS_QUARTERS` before."""
    if not len(line):
        return np.empty((0, len(_LAGS_QUARTERS)))
    onsets = line.timing.steps / STEPS_PER_BEAT * line.beat_quarters
    before = onsets[:, None] - np.array(list(_LAGS_QUARTERS.values()))
    at = np.clip(np.searchsorted(onsets, before - _NEAR), 0, len(onsets) - 1)
    return (np.abs(onsets[at] - before) < _NEAR).astype(float)


def _chords(line: Line, score: Score) -> np.ndarray:
    roots = np.zeros((len(line), 12))
    for row, onset in enumerate(line.onsets_quarters):
        root = score.chord_at(onset).root_pitch_class
        if root is not None:
            roots[row, (root - _tonic(line, score)) % 12] = 1
    return roots


def _feel(line: Line, score: Score) -> np.ndarray:
    if not len(line):
        return np.empty((0, 2))
    late = np.clip(8 * line.timing.deviations_beats, -2, 2)
    to_next = np.diff(line.onsets_beats, append=line.ends_beats[-1])
    sounding = (line.ends_beats - line.onsets_beats) / np.maximum(to_next, 1e-6)
    return np.stack([late, np.clip(sounding, 0, 1)], 1)


_BOTH = frozenset((TRANSPOSITION, TEMPO))
# Note values: a scale of lengths has no place for "the same length, or another".
_VALUES = {
    "thirty-second": 1 / 8,
    "sixteenth": 1 / 4,
    "eighth of a triplet": 1 / 3,
    "eighth": 1 / 2,
    "quarter of a triplet": 2 / 3,
    "dotted eighth": 3 / 4,
    "quarter": 1.0,
    "dotted quarter": 3 / 2,
    "half": 2.0,
    "dotted half": 3.0,
    "whole": 4.0,
}
_VALUES_QUARTERS = np.array(list(_VALUES.values()))
_LAGS_QUARTERS = {
    "an eighth": 1 / 2,
    "a dotted eighth": 3 / 4,
    "a quarter": 1.0,
    "a dotted quarter": 3 / 2,
    "a half": 2.0,
    "a dotted half": 3.0,
    "a whole": 4.0,
    "a dotted whole": 6.0,
}
_NEAR = 1e-3  # quarters
_DEGREES = ("1", "b2", "2", "b3", "3", "4", "b5", "5", "b6", "6", "b7", "7")

FEATURES: dict[str, Feature] = {
    "intervals": Feature("half octaves from the note before", ("interval",), _BOTH, _intervals),
    "pitches": Feature("octaves above F#4", ("pitch",), frozenset((TEMPO,)), _pitches),
    "degrees": Feature(
        "which degree of the key", tuple(f"degree {d}" for d in _DEGREES), _BOTH, _degrees
    ),
    "durations": Feature(
        "how long the note is written: logarithm of quarters", ("duration",), _BOTH, _durations
    ),
    "values": Feature(
        "which note value is nearest to the written length", tuple(_VALUES), _BOTH, _values
    ),
    "beats": Feature(
        "the same in felt beats, which tells compound from simple metres",
        ("duration in beats",),
        _BOTH,
        _beats,
    ),
    "seconds": Feature(
        "time to the next note as played: logarithm of seconds",
        ("seconds",),
        frozenset((TRANSPOSITION,)),
        _seconds,
    ),
    "rests": Feature(
        "silence before the next note: logarithm of quarters", ("rest",), _BOTH, _rests
    ),
    "echoes": Feature(
        "whether a note started an eighth, a dotted eighth, a quarter ... a dotted whole before",
        tuple(f"{name} before" for name in _LAGS_QUARTERS),
        _BOTH,
        _echoes,
    ),
    "bar": Feature(
        "where in the bar the note starts",
        ("bar sine", "bar cosine", "downbeat"),
        _BOTH,
        _bar,
    ),
    "chords": Feature(
        "which degree of the key the chord stands on",
        tuple(f"chord {d}" for d in _DEGREES),
        _BOTH,
        _chords,
    ),
    "feel": Feature(
        "how late the note is (eighths of a beat), and the share of the time to the next note "
        "that it sounds",
        ("lateness", "sounding"),
        _BOTH,
        _feel,
    ),
}


@dataclass(frozen=True)
class Fact:
    """Something that people can say of a piece.

    Attributes:
        more, less: In words, where there is more or less of it than elsewhere.
        unit: Of the number: `%` for a share, which is 0 to 1 here; empty for counts.
        of: A number from a line and its score; NaN where the piece does not tell.
        digits: Shown after the point.
    """

    more: str
    less: str
    unit: str
    of: Callable[[Line, Score], Any]
    digits: int = 2


def facts_of(score: Score) -> dict[str, float]:
    """Every one of `FACTS` about a piece; NaN where it does not tell.

    Example:
        >>> from lstmmusic.score import Note, Part
        >>> facts = facts_of(Score([Part([Note(i / 2, 0.5, 60 + i % 3 * 4) for i in range(16)])]))
        >>> facts["notes per beat"], facts["range"]
        (2.0, 8.0)
    """
    line = read_line(score)
    if len(line) < 2:
        return dict.fromkeys(FACTS, np.nan)
    return {name: float(fact.of(line, score)) for name, fact in FACTS.items()}


def _within_beat(line: Line) -> np.ndarray:
    return line.timing.steps % STEPS_PER_BEAT


def _notes_per_beat(line: Line, score: Score) -> float:
    length = line.timing.end_steps[-1] - line.timing.steps[0]
    return len(line) * STEPS_PER_BEAT / max(length, 1)


def _syncopation(line: Line, score: Score) -> float:
    """Share of notes that start between beats and sound into the next one."""
    start, end = line.timing.steps, line.timing.end_steps
    next_beat = (start // STEPS_PER_BEAT + 1) * STEPS_PER_BEAT
    return float(np.mean((start % STEPS_PER_BEAT > 0) & (end > next_beat)))


def _silent(line: Line, score: Score) -> float:
    steps, durations, _ = line.events.T
    return 1 - durations.sum() / max(line.timing.end_steps[-1] - steps[0], durations.sum())


def _ratios(line: Line) -> np.ndarray:
    """How many times as long the next note starts after this one, as after the one before."""
    gaps = np.diff(line.timing.steps).astype(float)
    gaps = gaps[gaps > 0]
    return gaps[1:] / gaps[:-1]


def _dotted(line: Line, score: Score) -> float:
    ratios = _ratios(line)
    return np.mean((ratios == 3) | (np.abs(ratios - 1 / 3) < 1e-9)) if len(ratios) else np.nan


def _even(line: Line, score: Score) -> float:
    ratios = _ratios(line)
    return np.mean(ratios == 1) if len(ratios) else np.nan


def _outside(line: Line, score: Score) -> float:
    """Share of notes that are none of the key's seven (in minor, of its nine)."""
    if score.key is None:
        return np.nan
    inside = (0, 2, 3, 5, 7, 8, 9, 10, 11) if score.key.is_minor else (0, 2, 4, 5, 7, 9, 11)
    return 1 - float(np.mean(np.isin((line.pitches - score.key.pitch_class) % 12, inside)))


def _alike_bars(line: Line, score: Score) -> float:
    found = melody_statistics.groove(line).adjacent
    return np.nan if found is None else found


def _swing(line: Line, score: Score) -> float:
    swing = None if score.metre.is_compound else line.timing.swing
    return np.nan if swing is None else swing


FACTS: Mapping[str, Fact] = {
    "notes per beat": Fact("more notes per beat", "fewer notes per beat", "", _notes_per_beat),
    "thirds": Fact(
        "more notes on thirds of the beat",
        "fewer notes on thirds of the beat",
        "%",
        lambda line, score: np.mean(np.isin(_within_beat(line), (4, 8))),
    ),
    "halves": Fact(
        "more notes half-way between beats",
        "fewer notes half-way between beats",
        "%",
        lambda line, score: np.mean(_within_beat(line) == 6),
    ),
    "quarters": Fact(
        "more notes on quarters of the beat",
        "fewer notes on quarters of the beat",
        "%",
        lambda line, score: np.mean(np.isin(_within_beat(line), (3, 9))),
    ),
    "even": Fact("more even rhythm", "less even rhythm", "%", _even),
    "dotted": Fact("more dotted rhythm", "less dotted rhythm", "%", _dotted),
    "syncopation": Fact("more syncopated", "less syncopated", "%", _syncopation),
    "silence": Fact("more silence", "less silence", "%", _silent),
    "alike bars": Fact("bars more alike in rhythm", "bars less alike in rhythm", "%", _alike_bars),
    "beats in a bar": Fact(
        "more beats in a bar",
        "fewer beats in a bar",
        "",
        lambda line, score: float(np.median(line.bar_beats)) if line.n_bars else np.nan,
        1,
    ),
    "swing": Fact("swings more", "swings less", "of the beat", _swing),
    "interval": Fact(
        "wider intervals",
        "narrower intervals",
        "semitones",
        lambda line, score: np.abs(line.intervals).mean(),
        1,
    ),
    "repeats": Fact(
        "more repeated notes",
        "fewer repeated notes",
        "%",
        lambda line, score: np.mean(line.intervals == 0),
    ),
    "leaps": Fact(
        "more leaps of a fourth or wider",
        "fewer leaps of a fourth or wider",
        "%",
        lambda line, score: np.mean(np.abs(line.intervals) >= 5),
    ),
    "range": Fact(
        "wider range",
        "narrower range",
        "semitones",
        lambda line, score: float(np.ptp(line.pitches)),
        1,
    ),
    "pitch": Fact(
        "higher", "lower", "(60 is middle C)", lambda line, score: line.pitches.mean(), 1
    ),
    "minor": Fact(
        "more often in minor",
        "more often in major",
        "%",
        lambda line, score: np.nan if score.key is None else float(score.key.is_minor),
    ),
    "outside the key": Fact(
        "more notes outside the key", "fewer notes outside the key", "", _outside
    ),
    "tempo": Fact("faster", "slower", "beats a minute", lambda line, score: score.tempo_bpm, 0),
    "bars": Fact("longer", "shorter", "bars", lambda line, score: float(line.n_bars), 0),
}
