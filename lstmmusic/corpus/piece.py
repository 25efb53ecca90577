"""A piece as a corpus holds it: a melody, its chords and all that was found about them."""

from __future__ import annotations

from dataclasses import dataclass

from lstmmusic.analysis import Chorus
from lstmmusic.score import Score


@dataclass(frozen=True)
class Piece:
    """One usable piece.

    Attributes:
        file: Where it comes from, relative to the folder (`set.zip/tune.mid` inside an archive).
        score: The melody alone (one part, `melody`, as played, in quarters), with chords, key,
            metres, tempo map, sections.
        title, performer: Empty when unknown.
        tune: Names the tune; versions of one tune share it.
        group: Pieces of one group (one tune, or one performer, and what hangs together by them)
            stay on one side of every split.
        split: `train`, `validation` or `test`.
        choruses: Times through a known form.
        swing: Share of the beat taken by the on-beat eighth; None when unknown.
        is_performance: True where the onsets are a player's.
        chords_source: `written`, `played`, `inferred`, or empty where there are none.
        chords_confidence: 0 to 1.
    """

    file: str
    score: Score
    title: str
    performer: str
    tune: str
    group: int
    split: str
    choruses: tuple[Chorus, ...]
    swing: float | None
    is_performance: bool
    chords_source: str
    chords_confidence: float
