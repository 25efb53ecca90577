"""The bytes of one piece -> what is kept of it, inside a `ReaderProcess`.

Here and nowhere else is a file of unknown origin understood; the main process sees only what
`read_piece` returns: words and numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lstmmusic.analysis import (
    Analysis,
    Found,
    analyse,
    find_chords,
    find_choruses,
    fingerprint,
)
from lstmmusic.corpus.items import printable
from lstmmusic.corpus.overrides import Override
from lstmmusic.errors import InputError
from lstmmusic.io import parse
from lstmmusic.score import BEND_DTYPE, CONTROL_DTYPE, NOTE_DTYPE, Key, Metre, Score, Timed

MIN_NOTES = 8
_NOTATION = (".musicxml", ".xml", ".mxl", ".abc")
# Prefix of the columns of a table of the melody, and what it is made of.
TABLES = {"note": NOTE_DTYPE, "control": CONTROL_DTYPE, "bend": BEND_DTYPE}
PRINT = ("grams", "sketch")  # the columns of a fingerprint


def prepare(request: dict[str, Any]) -> None:
    """Imports what takes long, before the clock of the piece starts."""
    if request["name"].endswith(_NOTATION):
        import music21.converter
        import music21.harmony
        import music21.tempo  # noqa: F401


def read_piece(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Reads and analyses a piece.

    Args:
        request: `name`, whose suffix decides, and `override`, the fields of an `Override`.
        data: The bytes of the piece.

    Returns:
        `reason` and `kind` where the piece cannot be used (why, and why in few words). Else `row`
        (the columns of what was found but for `file`, `sha256` and the arrays), `shown` (what the
        report says of it), and `sizes`, the lengths of the arrays, which are the bytes: the tables
        of the melody and its fingerprint.
    """
    repairs: list[str] = []
    override = Override(**request["override"])
    try:
        score = parse(data, request["name"], repairs)
        found = _analysed(score, override)
    except InputError as error:
        kind = f"expected {error.expected}"
        return {"reason": printable(f"{kind}, got {error.received}"), "kind": kind}, b""
    melody = found.score.parts[0]
    if len(melody) < MIN_NOTES:
        kind = f"fewer than {MIN_NOTES} notes in the melody"
        return {"reason": f"{kind} ({len(melody)})", "kind": kind}, b""
    mark = fingerprint(replace(found.score, parts=(melody,)))
    arrays = (melody.notes, melody.controls, melody.bends, mark.grams, mark.sketch)
    return {
        "row": {**_columns(found), "repairs": list(dict.fromkeys((*repairs, *found.repairs)))},
        "shown": _shown(found),
        "sizes": [len(array) for array in arrays],
    }, b"".join(array.tobytes() for array in arrays)


def unpack(content: bytes, sizes: list[int]) -> dict[str, np.ndarray]:
    """The arrays, as columns, from the bytes that `read_piece` returns."""
    columns, start = {}, 0
    dtypes = {**TABLES, **dict.fromkeys(PRINT, np.dtype("u8"))}
    for (prefix, dtype), size in zip(dtypes.items(), sizes, strict=True):
        array = np.frombuffer(content, dtype, size, start)
        start += array.nbytes
        names = dtype.names or ()
        columns |= {f"{prefix}_{name}": array[name] for name in names} or {prefix: array}
    return columns


def _analysed(score: Score, override: Override) -> Analysis:
    if not any(len(part) for part in score.parts):
        raise InputError("piece", "a piece with notes", "none")
    if override.metre:
        metres = (Timed(0.0, Metre.parse(override.metre)),)
        score = replace(score, metres=metres, metre_is_known=True)
    parts = None if override.melody is None else [_part(score, override.melody)]
    found = analyse(score, parts)
    return _in_key(found, score, Key.parse(override.key)) if override.key else found


def _in_key(found: Analysis, score: Score, key: Key) -> Analysis:
    """What was found again, in a key that someone knows: inferred chords depend on it."""
    told = replace(found.score, keys=(Timed(0.0, key),), chords=score.chords)
    chords = find_chords(told, key, 0)
    told = replace(told, chords=chords.value)
    return replace(
        found,
        score=told,
        key=Found(key, 1.0, "written"),
        chords=chords,
        choruses=find_choruses(told),
        repairs=tuple(words for words in found.repairs if not words.startswith("the file says")),
    )


def _part(score: Score, wanted: str | int) -> int:
    """Where the named part stands, counted from 0."""
    names = [part.name for part in score.parts]
    if isinstance(wanted, int) or (wanted.isdigit() and wanted not in names):
        if 1 <= int(wanted) <= len(names):
            return int(wanted) - 1
    elif wanted in names:
        return names.index(wanted)
    listed = ", ".join(repr(name) for name in names)
    raise InputError("melody", f"the part {wanted}", f"{len(names)} parts ({listed})")


def _columns(found: Analysis) -> dict[str, Any]:
    score, feel = found.score, found.feel
    return {
        **describe(score),
        "program": score.parts[0].program,
        "melody_part": found.melody.value + 1,
        "melody_source": found.melody.source,
        "melody_confidence": float(found.melody.confidence),
        "chords_source": found.chords.source if score.chords else "",
        "chords_confidence": float(found.chords.confidence),
        "key_source": found.key.source,
        "key_confidence": float(found.key.confidence),
        "metre_source": found.metre.source,
        "metre_confidence": float(found.metre.confidence),
        "choruses": [chorus._asdict() for chorus in found.choruses],
        "swing": None if feel.swing is None else float(feel.swing),
        "is_performance": bool(feel.is_performance),
    }


def describe(score: Score) -> dict[str, Any]:
    """What a score says beside the notes of its parts, as columns."""
    return {
        "title": text(score.title),
        "feel": text(score.feel),
        "chords": _texts(score.chords),
        "keys": _texts(score.keys),
        "metres": _texts(score.metres),
        "metre_is_known": score.metre_is_known,
        "tempos": [
            {"onset_quarters": onset, "quarter_bpm": bpm} for onset, bpm in score.tempo_map.changes
        ],
        "sections": _texts(score.sections),
        "pickup_quarters": float(score.pickup_quarters),
        "length_quarters": score.length_quarters,
        "ticks_per_quarter": score.ticks_per_quarter,
    }


def text(found: str) -> str:
    """A text that can be stored as UTF-8: lone surrogates become question marks."""
    return found.encode("utf-8", "replace").decode()


def _texts(timed: Any) -> list[dict[str, Any]]:
    return [{"onset_quarters": float(onset), "text": text(str(value))} for onset, value in timed]


def _shown(found: Analysis) -> dict[str, Any]:
    score = found.score
    return {
        "melody": f"part {found.melody.value + 1}",
        "notes": len(score.parts[0]),
        "bars": score.n_bars,
        "key": str(found.key.value),
        "metre": found.metre.value,
        "tempo": round(score.tempo_bpm, 1),
        "swing": None if found.feel.swing is None else round(float(found.feel.swing), 3),
        "choruses": len(found.choruses),
        "forms": sorted({chorus.form for chorus in found.choruses}),
        "chords": found.chords.source if score.chords else "",
        "chords_confidence": round(float(found.chords.confidence), 3),
        "melody_confidence": round(float(found.melody.confidence), 3),
    }
