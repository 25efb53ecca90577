"""A phrase that is typed or clicked, to go on from: its notes tell neither tempo nor swing."""

from __future__ import annotations

import re
from dataclasses import replace

from lstmmusic.errors import InputError
from lstmmusic.generation.feel import LEARNED
from lstmmusic.generation.plan import usual_of
from lstmmusic.generation.settings import Settings
from lstmmusic.io.untrusted import parse_untrusted
from lstmmusic.player import load_model
from lstmmusic.score import Key, Score, TempoMap

MAX_CHARACTERS = 10_000
_NAME = "phrase.abc"
_STRANGE = re.compile(r"[^A-Ga-gxzZ^_=,'/\d|:()<>{}~.\s\[\]-]")  # outside of quoted chord symbols


def typed_phrase(text: str, settings: Settings | None = None) -> tuple[Settings, Score]:
    """Reads a phrase in ABC notation.

    Args:
        text: Notes, such as `G _B c2 | z2 _e =e c4`: a length of 1 is an eighth, accidentals are
            those of the key that is asked for, or of C. Fields (`M: L: K:`), which go before all
            that is asked, may stand on lines of their own above them.
        settings: What is asked of the piece; the usual when None.

    Returns:
        Settings and primer for `improvise`: its tempo and swing are as if there were no primer.

    Raises:
        InputError: No notes in it, or not ABC.

    Example:
        >>> settings, phrase = typed_phrase("G _B c2 | z2 _e =e c4")
        >>> phrase.parts[0].notes["pitch"].tolist()
        [67, 70, 72, 75, 76, 72]
        >>> import lstmmusic
        >>> lstmmusic.improvise(settings, primer=phrase, bars=12).report["key"]
        'C'
    """
    settings = settings or Settings()
    if len(text) > MAX_CHARACTERS:
        raise InputError("phrase", f"at most {MAX_CHARACTERS} characters", len(text))
    key = Key.parse(settings.key or "C")
    fields = {
        "X": "1",
        "M": str(settings.metre_or_usual()),
        "L": "1/8",
        "K": key.tonic + ("m" if key.is_minor else ""),
    }
    head, notes = [], []
    for line in re.split(r"\n|\\n", text):
        field = re.match(r"\s*([A-Za-z]):(?!\|)\s*(.*)", line)
        if field and field[1] in fields:
            fields[field[1]] = field[2]
        else:
            (head if field else notes).append(line)
    strange = _STRANGE.search(re.sub(r'"[^"]*"', "", " ".join(notes)))
    if strange:
        raise InputError("phrase", "notes in ABC, such as `G _B c2`", repr(strange[0]))
    # K: ends the head of a tune.
    lines = [*(f"{name}:{value}" for name, value in fields.items() if name != "K"), *head]
    abc = "\n".join([*lines, f"K:{fields['K']}", *notes, ""])
    try:
        phrase = parse_untrusted(abc.encode(), _NAME)
    except InputError as error:
        raise InputError("phrase", "notes in ABC, such as `G _B c2`", error.received) from None
    if not any(len(part) for part in phrase.parts):
        raise InputError("phrase", "notes in ABC, such as `G _B c2`", repr(text[:40]))
    return as_typed(phrase, settings)


def as_typed(phrase: Score, settings: Settings) -> tuple[Settings, Score]:
    """Settings and primer where nothing but the notes of the primer was told.

    Args:
        phrase: Written straight.
        settings: What is asked of the piece.
    """
    usual = usual_of(settings, load_model(settings.model), phrase.metre)
    if settings.swing is None:
        settings = replace(settings, swing=LEARNED if usual.feel == LEARNED else usual.swing)
    quarters = usual.tempo * phrase.metre.beat_quarters
    return settings, replace(phrase, tempo_map=TempoMap.constant(quarters))
