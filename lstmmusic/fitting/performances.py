"""From pieces as a corpus holds them to performances as the feel network takes them."""

from __future__ import annotations

import numpy as np

from lstmmusic.analysis import Feel
from lstmmusic.analysis.feel import follows_the_beat, on_the_grid
from lstmmusic.corpus.piece import Piece
from lstmmusic.encoding import FeelEvents, FeelSetting, MelodyEvents, steps_per_bar
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.models import Performance
from lstmmusic.player.network import MAX_STEPS

MIN_NOTES = 32  # of a performance; fewer tell little of a player


def performance(piece: Piece) -> Performance | None:
    """A piece as written and as played; None where no player's timing is known of it.

    That is so of what lies on a grid, of performances without their beats, of pieces in several
    metres or in bars of more than sixteen felt beats, and of fewer than `MIN_NOTES` notes.

    Example:
        >>> from lstmmusic.score import Note, Part, Score
        >>> late = np.random.default_rng(0).normal(0.04, 0.03, 64)
        >>> notes = [Note(beat + 1 + d, 0.8, 60) for beat, d in enumerate(late)]
        >>> score = Score([Part(notes, "melody")])
        >>> piece = Piece("a.mid", score, "", "", "a", 0, "train", (), None, True, "", 0.0)
        >>> played = performance(piece)
        >>> played.events[:3, 0].tolist(), bool(abs(played.deviations[0] - late).max() < 0.001)
        ([12, 24, 36], True)
    """
    score = piece.score
    metres = {change.value for change in score.metres}
    usable = piece.is_performance and len(metres) == 1 and steps_per_bar(score.metre) <= MAX_STEPS
    if not usable or len(score.parts[0]) < MIN_NOTES or not follows_the_beat(score):
        return None
    placed = on_the_grid(score, Feel(True, piece.swing, 0, 0.0))
    written = MelodyEvents().encode(placed.score)
    if len(written) != len(score.parts[0]):  # several notes at once: no one player's line
        return None
    starts = written[:, 0] / STEPS_PER_BEAT + placed.deviations_beats[0]
    events = FeelEvents.joined(written, starts, starts + placed.lengths_beats[0])
    tempo = _tempo(piece)
    return Performance(piece.file, piece.performer, events, FeelSetting(tempo, score.metre))


def _tempo(piece: Piece) -> float:
    """Felt beats a minute at the median note."""
    changes = piece.score.tempo_map.changes
    onsets = np.array([onset for onset, _ in changes])
    tempi = np.array([bpm for _, bpm in changes])
    notes = piece.score.parts[0].notes["onset_quarters"]
    at = np.maximum(np.searchsorted(onsets, notes + 1e-6, side="right") - 1, 0)
    return float(np.median(tempi[at])) / piece.score.metre.beat_quarters
