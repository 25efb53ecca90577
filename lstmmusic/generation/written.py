"""A piece that was played as it is written: off-beats straight, on the grid of notation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lstmmusic.analysis.swing import STRAIGHT, estimate_swing
from lstmmusic.encoding import melody_part
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.errors import InputError
from lstmmusic.generation.primer import notes_as_written, swing_of
from lstmmusic.score import Score

_LEAST = 0.03  # swing beyond straight that is worth a word


def lead_as_written(score: Score) -> Score:
    """The melody of a piece as players write it, with chords, key and form.

    Its swing is measured and undone, onsets lie on twelfths of the felt beat, and no pitch comes
    twice at once.

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
    swing = _swing(score)
    step = score.metre.beat_quarters / STEPS_PER_BEAT
    notes = notes_as_written(part, score, swing)
    starts = np.rint((notes["onset_quarters"] - score.pickup_quarters) / step)
    stops = np.rint(
        (notes["onset_quarters"] + notes["duration_quarters"] - score.pickup_quarters) / step
    )
    notes["onset_quarters"] = np.maximum(starts * step + score.pickup_quarters, 0.0)
    notes["duration_quarters"] = np.maximum(stops - starts, 1) * step
    _, kept = np.unique(np.stack([starts, notes["pitch"]]), axis=1, return_index=True)
    lead = replace(part, notes=notes[np.sort(kept)], bends=())
    feel = "Swing" if swing > STRAIGHT + _LEAST else ""
    return replace(score, parts=[lead], feel=score.feel or feel)


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
