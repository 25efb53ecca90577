"""The numbers of the scorecard that need no other music: one table, one function."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmmusic.evaluation import melody_statistics as melody
from lstmmusic.evaluation.form import FormFit, Harmony, first_chorus_bar, fit_form, read_harmony
from lstmmusic.evaluation.line import Line, read_line
from lstmmusic.evaluation.melodies import NotatedMelody
from lstmmusic.score import Score

Number = float | int | None


class Measure(NamedTuple):
    """One number of the scorecard.

    Attributes:
        row: Which of the twelve it belongs to.
        key: Its name in JSON.
        title: Its name for people.
        unit: Empty for shares and plain counts.
        digits: Shown after the point.
        needs_performance: True where written music, which lies on the grid, says nothing.
    """

    row: int
    key: str
    title: str
    unit: str = ""
    digits: int = 3
    needs_performance: bool = False


MEASURES: tuple[Measure, ...] = (
    Measure(1, "form_accuracy", "bar lines with a chord of the form"),
    Measure(1, "form_accuracy_worst", "the same, worst chorus"),
    Measure(2, "form_drift", "change of that from chorus to chorus", digits=4),
    Measure(2, "distinct_choruses", "choruses whose chords differ", digits=0),
    Measure(3, "chord_tone_ratio", "chord tones"),
    Measure(3, "chord_tone_ratio_strong", "chord tones on strong beats"),
    Measure(4, "blue_note_share", "blue notes"),
    Measure(4, "blue_note_resolution", "blue thirds that resolve"),
    Measure(5, "swing", "swing, median", "of a beat", 3, True),
    Measure(5, "swing_iqr", "swing, interquartile range", "of a beat", 3, True),
    Measure(5, "beat_upbeat_ratio", "long to short eighth, median", ": 1", 2, True),
    Measure(5, "beat_upbeat_ratio_iqr", "the same, interquartile range", ": 1", 2, True),
    Measure(6, "timing_error_ms", "distance from the intended time", "ms", 1, True),
    Measure(6, "timing_lag_ms", "lateness", "ms", 1, True),
    Measure(7, "aab", "second line like the first, third unlike"),
    Measure(8, "breathing", "lines that end with a rest"),
    Measure(8, "notes_per_bar", "notes a bar", digits=2),
    Measure(8, "notes_per_bar_spread", "notes a bar, standard deviation", digits=2),
    Measure(9, "entropy_1", "pitch classes of a bar", "bits", 2),
    Measure(9, "entropy_4", "pitch classes of four bars", "bits", 2),
    Measure(9, "range_semitones", "range of a chorus", "semitones", 1),
    Measure(9, "mean_interval_semitones", "mean interval", "semitones", 2),
    Measure(9, "repeat_rate", "notes that repeat the one before"),
    Measure(10, "groove_adjacent", "rhythm like that of the next bar"),
    Measure(10, "groove_all_pairs", "rhythm of any two bars alike"),
    Measure(10, "groove_jaccard", "onsets shared with the next bar"),
)


class Measured(NamedTuple):
    """What was measured of one piece.

    Attributes:
        numbers: A value for the key of every measure; None where the piece does not tell.
        facts: What they rest on, fit for JSON.
        melody: The melody as notated.
    """

    numbers: dict[str, Number]
    facts: dict[str, str | float | bool | None]
    melody: NotatedMelody


def measure(score: Score, title: str = "") -> Measured:
    """Measures a piece by itself.

    Example:
        >>> from lstmmusic import Note, Part
        >>> numbers = measure(Score([Part([Note(0, 1, 60), Note(1, 1, 64)])])).numbers
        >>> numbers["mean_interval_semitones"], numbers["form_accuracy"]
        (4.0, None)
    """
    line = read_line(score)
    harmony = read_harmony(score)
    fit = fit_form(score, harmony)
    tonic = score.key.pitch_class if score.key else fit.tonic if fit else None
    first = fit.first_bar if fit else first_chorus_bar(score)
    chorus_bars = fit.form.n_bars if fit else melody.THREE_LINES
    chords = melody.against_chords(line, harmony, tonic)
    groove = melody.groove(line)
    mean, spread = melody.notes_per_bar(line)
    has_lines = chorus_bars == melody.THREE_LINES and (fit or line.n_bars % chorus_bars == 0)
    numbers: dict[str, Number] = {
        **_form_numbers(fit),
        "chord_tone_ratio": chords.chord_tone_ratio,
        "chord_tone_ratio_strong": chords.strong,
        "blue_note_share": chords.blue,
        "blue_note_resolution": chords.resolved,
        **_timing_numbers(line, score),
        "aab": melody.aab(line, first) if has_lines else None,
        "breathing": melody.breathing(line, first),
        "notes_per_bar": mean,
        "notes_per_bar_spread": spread,
        "entropy_1": melody.pitch_class_entropy(line, 1),
        "entropy_4": melody.pitch_class_entropy(line, 4),
        "range_semitones": melody.pitch_range(line, first, chorus_bars),
        **_interval_numbers(line),
        "groove_adjacent": groove.adjacent,
        "groove_all_pairs": groove.all_pairs,
        "groove_jaccard": groove.jaccard,
    }
    assert list(numbers) == [row.key for row in MEASURES]
    notated = NotatedMelody.of(line, title or score.title, tonic, first, chorus_bars)
    return Measured(numbers, _facts(score, line, harmony, fit), notated)


def _form_numbers(fit: FormFit | None) -> dict[str, Number]:
    return {
        "form_accuracy": fit.accuracy if fit else None,
        "form_accuracy_worst": min(fit.by_chorus) if fit else None,
        "form_drift": fit.drift if fit else None,
        # One chorus is not less varied than several.
        "distinct_choruses": fit.distinct if fit and len(fit.by_chorus) > 1 else None,
    }


def _timing_numbers(line: Line, score: Score) -> dict[str, Number]:
    timing = line.timing
    swing = timing.swing
    ratios = timing.shares / (1 - timing.shares)
    told = swing is not None
    seconds = score.tempo_map.seconds_at
    intended = line.onsets_quarters - timing.deviations_beats * line.beat_quarters
    late_ms = np.array(
        [
            1000 * (seconds(played) - seconds(meant))
            for played, meant in zip(line.onsets_quarters.tolist(), intended.tolist())
        ]
    )
    return {
        "swing": swing,
        "swing_iqr": _interquartile(timing.shares) if told else None,
        "beat_upbeat_ratio": float(np.median(ratios)) if told else None,
        "beat_upbeat_ratio_iqr": _interquartile(ratios) if told else None,
        "timing_error_ms": float(np.abs(late_ms).mean()) if len(line) else None,
        "timing_lag_ms": float(late_ms.mean()) if len(line) else None,
    }


def _interquartile(values: np.ndarray) -> float:
    low, high = np.percentile(values, (25, 75))
    return float(high - low)


def _interval_numbers(line: Line) -> dict[str, Number]:
    intervals = np.abs(line.intervals)
    told = len(intervals) > 0
    return {
        "mean_interval_semitones": float(intervals.mean()) if told else None,
        "repeat_rate": float((intervals == 0).mean()) if told else None,
    }


def _facts(
    score: Score, line: Line, harmony: Harmony, fit: FormFit | None
) -> dict[str, str | float | bool | None]:
    return {
        "bars": score.n_bars,
        "notes": len(line),
        "key": str(score.key) if score.key else None,
        "metre": str(score.metre),
        "form": fit.form.name if fit else None,
        "choruses": len(fit.by_chorus) if fit else None,
        "harmony": harmony.source or None,
        "form_accuracy_by_chance": round(fit.by_chance, 4) if fit else None,
        "swing_pairs": len(line.timing.shares),
        "is_performance": line.timing.is_performance,
    }
