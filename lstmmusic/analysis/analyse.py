"""All that can be found about a piece, in the order in which one thing needs another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lstmmusic.analysis.chords import find_chords
from lstmmusic.analysis.choruses import find_choruses
from lstmmusic.analysis.feel import find_feel, follows_the_beat
from lstmmusic.analysis.found import Analysis, Found
from lstmmusic.analysis.key import find_key
from lstmmusic.analysis.melody_part import find_melody
from lstmmusic.analysis.metre import find_metre, with_bar_lines
from lstmmusic.errors import InputError
from lstmmusic.score import Key, Score, Timed


def analyse(score: Score, parts: Sequence[int] | None = None) -> Analysis:
    """Finds melody, metre, key, chords, choruses and feel, and puts them into the score.

    What the file says is kept where nothing contradicts it.

    Args:
        score: A piece as read.
        parts: Which parts carry the melody, counted from 0, where someone knows; several (a
            melody that wanders through the instruments) are joined. None finds it.

    Raises:
        InputError: No part has pitched notes, or `parts` names one that is not there or has none.

    Example:
        >>> from lstmmusic.score import Note, Part
        >>> tune = Part([Note(beat, 1, 60 + beat % 3 * 2) for beat in range(16)])
        >>> bass = Part([Note(beat, 1, 36) for beat in range(16)])
        >>> found = analyse(Score([bass, tune]))
        >>> found.melody.value, [part.name for part in found.score.parts], found.metre.value
        (1, ['melody', ''], '4/4')
    """
    melody = find_melody(score) if parts is None else _given(score, parts)
    if melody is None:
        raise InputError("piece", "a piece with a melody", "no pitched notes")
    score = _melody_first(score, [melody.value] if parts is None else parts)
    repairs: list[str] = []
    metre = find_metre(score)
    if metre.source != "written":
        repairs.append(f"the file names no metre: {metre.value} found")
    score = with_bar_lines(score, metre)
    key = find_key(score, 0)
    if key.source != "written":
        if score.key is not None:
            repairs.append(f"the file says {_said(score.key)}: {_said(key.value)} found")
        score = replace(score, keys=(Timed(0.0, key.value),))
    chords = find_chords(score, key.value, 0)
    score = replace(score, chords=chords.value)
    alone = replace(score, parts=score.parts[:1])
    if not follows_the_beat(alone):
        repairs.append("its notes do not follow its beat, so it will not be learnt from")
    return Analysis(
        score=score,
        melody=melody,
        key=key,
        metre=metre,
        chords=chords,
        feel=find_feel(alone),
        choruses=find_choruses(score),
        repairs=tuple(repairs),
    )


def _said(key: Key) -> str:
    return f"{key.tonic} {key.mode}"


def _given(score: Score, parts: Sequence[int]) -> Found[int]:
    usable = [n for n, part in enumerate(score.parts) if len(part) and not part.is_drum]
    if not parts or not set(parts) <= set(usable):
        listed = ", ".join(map(str, usable)) or "none"
        raise InputError("parts", f"pitched parts with notes ({listed})", list(parts))
    return Found(parts[0], 1.0, "written")


def _melody_first(score: Score, chosen: Sequence[int]) -> Score:
    """The chosen parts as one named `melody`, then the others in their order."""
    first = score.parts[chosen[0]]
    tables = {
        name: np.concatenate([getattr(score.parts[index], name) for index in chosen])
        for name in ("notes", "controls", "bends")
    }
    others = [part for index, part in enumerate(score.parts) if index not in chosen]
    return replace(score, parts=[replace(first, name="melody", **tables), *others])
