"""Which part of a piece carries the melody."""

from __future__ import annotations

from lstmmusic.analysis.found import Found
from lstmmusic.encoding import melody_odds
from lstmmusic.score import Score


def find_melody(score: Score) -> Found[int] | None:
    """The part that carries the melody, as `encoding.melody_part` chooses it.

    Returns:
        Its index with its chance among all parts, `written` where its name or instrument decides
        and `inferred` where its notes do; None where no pitched part has notes.

    Example:
        >>> from lstmmusic import Note, Part, Score
        >>> low, high = Part([Note(0, 1, 40)]), Part([Note(0, 1, 72)])
        >>> find_melody(Score([low, high])).value
        1
    """
    odds = melody_odds(score)
    if not odds.any():
        return None
    best = int(odds.argmax())
    plain = int(melody_odds(score, by_notes=True).argmax())
    return Found(best, float(odds[best]), "inferred" if best == plain else "written")
