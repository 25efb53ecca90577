"""A piece that was played as it is written: off-beats straight, on the grid of notation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from lstmmusic.analysis import find_feel, follows_the_beat, on_the_grid
from lstmmusic.analysis.swing import STRAIGHT, estimate_swing
from lstmmusic.encoding import melody_part
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.errors import InputError
from lstmmusic.generation.primer import notes_as_written, swing_of
from lstmmusic.score import Metre, Score

_LEAST = 0.03  # swing beyond straight that is worth a word


def lead_as_written(score: Score) -> Score:
    """The melody of a piece as players write it, with chords, key and form.

    Its swing is measured and undone, onsets of a performance are read beat by beat, as eighths,
    triplets or sixteenths; all lie on twelfths of the felt beat and end where players write that
    they do (`notatable`), and no pitch comes twice at once.

    Raises:
        InputError: The piece has no pitched notes.

    Example:
        >>> import lstmmusic
        >>> blues = lstmmusic.improvise(seed=1)
        >>> found = lead_as_written(blues.score)
        >>> [float(note.onset_quarters) for note in found.parts[0]][:3] == [
        ...     float(note.onset_quarters) for note in blues.written.parts[0]
        ... ][:3]
        True
        >>> found.feel
        'Swing'
    """
    part = melody_part(score)
    if part is None:
        raise InputError("melody", "a part with pitched notes", "none")
    alone = replace(score, parts=[part])
    feel = find_feel(alone)
    if feel.is_performance and follows_the_beat(alone):
        swing = STRAIGHT if feel.swing is None or score.metre.is_compound else feel.swing
        notes = on_the_grid(alone, feel).score.parts[0].notes
    else:
        swing = _swing(score)
        notes = notes_as_written(part, score, swing)
    lead = replace(part, notes=notated(notes, score), bends=())
    word = "Swing" if swing > STRAIGHT + _LEAST else ""
    return replace(score, parts=[lead], feel=score.feel or word)


def notated(notes: np.ndarray, score: Score) -> np.ndarray:
    """Notes near the grid on it, each ending where players write that it does.

    Args:
        notes: Of one part, straight; their order stays, and no pitch comes twice at once.
        score: Theirs.
    """
    if not len(notes):
        return notes
    step = score.metre.beat_quarters / STEPS_PER_BEAT
    onsets = notes["onset_quarters"] - score.pickup_quarters
    starts = np.rint(onsets / step).astype(int)
    stops = np.rint((onsets + notes["duration_quarters"]) / step).astype(int)
    _, kept = np.unique(np.stack([starts, notes["pitch"]]), axis=1, return_index=True)
    kept = np.sort(kept)
    notes, starts, stops = notes[kept], starts[kept], stops[kept]
    lengths = np.maximum(stops - starts, 1)
    rows = zip(starts, lengths, notes["pitch"], notes["velocity"], strict=True)
    written = notatable([(int(a), int(d), int(p), int(v)) for a, d, p, v in rows], score.metre)
    begin, length = np.array([row[:2] for row in written]).T * step
    end = begin + length
    if score.metre.is_compound:
        end = on_eighths(begin, end, score.metre.beat_quarters / 3)
    notes["onset_quarters"] = np.maximum(begin + score.pickup_quarters, 0.0)
    notes["duration_quarters"] = end - begin
    return notes


def _swing(score: Score) -> float:
    """Of the melody; where it does not tell, of the first part that does."""
    found = swing_of(score)
    if found is not None or score.metre.is_compound:
        return found or STRAIGHT
    for part in score.parts:
        onsets = np.unique(part.notes["onset_quarters"]) - score.pickup_quarters
        told = estimate_swing(onsets / score.metre.beat_quarters)
        if told is not None:
            return told
    return STRAIGHT


def notatable(
    events: Sequence[tuple[int, int, int, int]], metre: Metre
) -> list[tuple[int, int, int, int]]:
    """Notes begin and end where players write that they do, if the others allow.

    In simple metres the onsets of a beat are on eighths, else on triplets or sixteenths, else on
    sextuplets; two never fall on one. Notes end on the grid that they begin on, and beyond their
    beat on an eighth; no rest shorter than a sixteenth is left between two notes.

    Args:
        events: Onset, duration in steps, pitch and velocity of each note, by onset.
        metre: Of the piece.

    Example:
        >>> notatable([(0, 5, 60, 90), (5, 2, 62, 90), (8, 4, 63, 90)], Metre())
        [(0, 4, 60, 90), (4, 4, 62, 90), (8, 4, 63, 90)]
    """
    if not metre.is_compound:
        events = _on_plain_places(events)
    thirds, sixteenths, sixths = STEPS_PER_BEAT // 3, STEPS_PER_BEAT // 4, STEPS_PER_BEAT // 6
    eighth = thirds if metre.is_compound else STEPS_PER_BEAT // 2
    grids = (eighth,) if metre.is_compound else (eighth, thirds, sixteenths, sixths)
    onsets = sorted({onset for onset, *_ in events})
    following = dict(pairwise(onsets))
    written = []
    for onset, duration, pitch, velocity in events:
        stop = onset + duration
        beat_end = (onset // STEPS_PER_BEAT + 1) * STEPS_PER_BEAT
        grid = next((steps for steps in grids if onset % steps == 0), None)
        if grid is not None:
            near = _nearest(stop, grid)
            stop = near if near <= beat_end else max(_nearest(stop, eighth), beat_end)
            stop = max(stop, onset + grid)
        then = following.get(onset, stop)
        is_plain = then <= beat_end or then % eighth == 0
        if then < stop:
            stop = then if is_plain or grid is None else beat_end
        elif is_plain and then - stop < sixteenths and not metre.is_compound:
            stop = then
        written.append((onset, stop - onset, pitch, velocity))
    return written


def _on_plain_places(
    events: Sequence[tuple[int, int, int, int]],
) -> list[tuple[int, int, int, int]]:
    """Onsets moved by a step where that makes them plain; ends stay."""
    by_beat: dict[int, list[int]] = {}
    onsets = {onset for onset, *_ in events}
    for onset in sorted(onsets):
        # Just before a beat is on it, unless another note is.
        beat = (onset if onset + 1 in onsets else onset + 1) // STEPS_PER_BEAT
        by_beat.setdefault(beat, []).append(onset - beat * STEPS_PER_BEAT)
    moved: dict[int, int] = {}
    for beat, places in by_beat.items():
        start = beat * STEPS_PER_BEAT
        for place, plain in zip(places, _plain(places), strict=True):
            moved[start + place] = start + plain
    return [(moved[a], max(a + d - moved[a], 1), p, v) for a, d, p, v in events]


def _plain(places: Sequence[int]) -> list[int]:
    """Places in a beat, in steps, each on one grid: the coarsest that moves none far."""
    found = []
    count = np.arange(len(places))
    for parts in (2, 3, 4, 6):
        if len(places) > parts:
            continue
        # Each is pushed behind the one before it, then all that stand too late are drawn back.
        numbers = np.rint(np.array(places) * parts / STEPS_PER_BEAT).astype(int)
        numbers = np.maximum.accumulate(np.maximum(numbers, 0) - count) + count
        numbers = np.minimum(numbers, parts - count[::-1] - 1)
        plain = (numbers * (STEPS_PER_BEAT // parts)).tolist()
        far = max(abs(place - other) for place, other in zip(places, plain, strict=True))
        found.append((max(far, 1), parts, plain))
    return min(found)[-1] if found else [max(place, 0) for place in places]


def _nearest(step: int, grid: int) -> int:
    """The place on the grid that is nearest; of two the later."""
    return (step + grid // 2) // grid * grid


def on_eighths(starts: np.ndarray, stops: np.ndarray, eighth: float) -> np.ndarray:
    """Where notes end in a compound metre as written: those that begin on an eighth end on one.

    An end within a beat that has no triplet of its own was swung, and lay between two eighths.
    """
    is_even = np.isclose(np.rint(starts / eighth) * eighth, starts)
    near = np.maximum(np.rint(stops / eighth) * eighth, np.rint(starts / eighth + 1) * eighth)
    near[:-1] = np.minimum(near[:-1], np.maximum(starts[1:], starts[:-1]))
    return np.where(is_even & (near > starts), near, stops)
