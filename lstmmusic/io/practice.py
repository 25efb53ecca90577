"""A piece as a pack to practise with: parts alone, slow, in all keys, and lead sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lstmmusic.errors import InputError
from lstmmusic.io.engraving import READERS_IN, engrave
from lstmmusic.io.midi_write import format_midi
from lstmmusic.io.sound import format_sound, render
from lstmmusic.score import Key, Part, Score, TempoMap

SLOW = 0.7
_SLOWEST, _FASTEST = 0.25, 2.0
_FOURTH = 5  # semitones: in fourths every key comes once, as players go through them
_DOWN_FROM = 6  # semitones: further up is nearer going down


def retimed(score: Score, speed: float) -> Score:
    """The same piece at another tempo.

    Args:
        score: The piece.
        speed: 1 as it is, 0.5 half as fast; 0.25 to 2.

    Raises:
        InputError: Another speed.

    Example:
        >>> from lstmmusic.score import Note
        >>> retimed(Score([Part([Note(0, 4, 60)])]), 0.5).seconds
        4.0
    """
    if not _SLOWEST <= speed <= _FASTEST:
        raise InputError("speed", f"{_SLOWEST:g} to {_FASTEST:g}", speed)
    changes = [
        (onset, min(max(bpm * speed, 1.0), 2000.0)) for onset, bpm in score.tempo_map.changes
    ]
    return replace(score, tempo_map=TempoMap(tuple(changes)))


def practice_pack(
    score: Score,
    written: Score,
    *,
    melody: Part | None = None,
    slow: float = SLOW,
    with_sound: bool = False,
) -> dict[str, bytes]:
    """The files of a practice pack, by their names in it.

    * `full.mid`, `backing.mid` (no melody), `solo.mid` (nothing else) and `slow.mid`;
    * with sound the same four as Ogg Vorbis;
    * `keys/01-C.mid` ... `keys/12-G.mid`: the piece in every key, from its own on in fourths;
    * `lead-sheet-C.svg`, `-Bb.svg`, `-Eb.svg` (of several pages an archive of them), and the same
      as MusicXML.

    Args:
        score: The piece as it sounds.
        written: The piece as it is written, the melody first.
        melody: Which of its parts; None: the first with pitches.
        slow: The tempo of the slow one, as a share of the piece's.
        with_sound: Needs a synthesiser and a soundfont.

    Raises:
        InputError: No melody, a speed that is none; with sound as `lstmmusic.io.sound.render`.

    Example:
        >>> import lstmmusic
        >>> blues = lstmmusic.improvise(seed=1)
        >>> pack = practice_pack(blues.score, blues.written)
        >>> lstmmusic.io.parse_midi(pack["backing.mid"]).parts[0].name, len(pack)
        ('bass (rules)', 22)
    """
    melody = melody or next((part for part in score.parts if not part.is_drum and len(part)), None)
    if melody is None:
        raise InputError("melody", "a part with pitched notes", "none")
    backing = [part for part in score.parts if part is not melody]
    pieces = {
        "full": score,
        "backing": replace(score, parts=backing),
        "solo": replace(score, parts=[melody]),
        "slow": retimed(score, slow),
    }
    if not any(len(part) for part in backing):
        del pieces["backing"]
    pack = {f"{name}.mid": format_midi(piece) for name, piece in pieces.items()}
    if with_sound:
        for name, piece in pieces.items():
            pack[f"{name}.ogg"] = format_sound(render(piece), "OGG")
    for number, (name, piece) in enumerate(in_all_keys(score), 1):
        pack[f"keys/{number:02}-{name}.mid"] = format_midi(piece)
    for reader in READERS_IN:
        sheet = engrave(written, reader)
        pages, suffix = sheet.file()
        pack[f"lead-sheet-{reader}{suffix}"] = pages
        pack[f"lead-sheet-{reader}.musicxml"] = sheet.musicxml
    return pack


def in_all_keys(score: Score) -> Sequence[tuple[str, Score]]:
    """The piece in every key, from its own on in fourths, each as near to it as may be.

    Returns:
        What the key is called in a file name, and the piece. A piece without a key counts as in C.

    Raises:
        InputError: A pitch would leave 0-127.
    """
    key = score.key or Key("C")
    found = []
    for turn in range(12):
        up = turn * _FOURTH % 12
        shift = up - 12 if up >= _DOWN_FROM else up
        found.append((str(key.transpose(shift)).replace("#", "sharp"), score.transpose(shift)))
    return found
