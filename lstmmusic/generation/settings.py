"""What can be asked of an improvisation, and what it means when nothing is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lstmmusic.encoding import STYLES
from lstmmusic.errors import InputError
from lstmmusic.generation.bends import BENDING_PROGRAMS
from lstmmusic.generation.endings import ENDINGS, check_turnaround
from lstmmusic.generation.feel import LEARNED
from lstmmusic.generation.swing import STYLE_SWING, check_swing
from lstmmusic.player import DEFAULT_MODEL, StoredModel, load_model
from lstmmusic.score import Bar, Key, Metre, form_named, parse_chart
from lstmmusic.score.pitch import pitch_class_of

MAX_BARS = 1000
MAX_CHORUSES = 80
MAX_PICKUP = 15

# Felt beats a minute, and metre, when nothing else is asked for.
STYLE_TEMPO = {"shuffle": 116.0, "jump": 168.0, "straight": 120.0, "slow": 60.0}
_STYLE_METRE = {"slow": Metre(12, 8)}

# General MIDI programmes of what plays the blues.
INSTRUMENTS = {
    "piano": 0,
    "electric-piano": 4,
    "organ": 16,
    "harmonica": 22,
    "acoustic-guitar": 25,
    "jazz-guitar": 26,
    "clean-guitar": 27,
    "overdrive-guitar": 29,
    "trumpet": 56,
    "trombone": 57,
    "soprano-sax": 64,
    "alto-sax": 65,
    "tenor-sax": 66,
    "baritone-sax": 67,
    "clarinet": 71,
}


@dataclass(frozen=True)
class Settings:
    """What is asked of an improvisation; every None means "as usual".

    Args:
        model: Name of a shipped model, or the folder of another.
        form: Name of a chord form; None: standard, or minor in a minor key.
        chords: A chord chart as typed; replaces `form`.
        harmony: `imposed` (by form or chart) or `model` (the network plays the chords).
        key: Such as `Bb` or `Cm`; None: C, or the first chord of `chords`, or the primer's.
        tempo: Felt beats a minute; None: by style, or the primer's.
        metre: Such as `4/4`; None: by style, or the primer's.
        style: One of `STYLES`; None: slow in 12/8, else shuffle.
        swing: Share of the beat taken by the on-beat eighth, 0.5 to 0.75; `learned`: the melody as
            the players did that the model has heard, the band by style; None: as usual in the
            model, else by style.
        choruses: How often the form is played; None: once.
        bars: Length in bars instead of choruses.
        temperature: 0 takes the likeliest, 1 plays as learnt.
        top_p: Keep the likeliest choices that have this probability together.
        top_k: Keep that many of the likeliest; 0 keeps all.
        density: Notes a bar to aim at; None: as usual in the style.
        range: Lowest and highest note, `A3-D6` or `57-86`; None: as usual in the model.
        answer: How like line one (bars 1-4 of a chorus) line two is, 0 to 1: the share of every
            choice of onset, pitch and length that is line one's at that place, its chord tones led
            into the chord below; 0 leaves all to the network, 1 repeats the rhythm exactly; None:
            as usual in the model, where a form has three lines or more.
        ending: `tag` (the last line once more), `turnaround` (a lick from rules over a climbing
            bass, then V7-I) or `stop` (the band strikes the last bar but one and is silent), each
            on the tonic; None: the last chord held.
        turnaround: The last two bars of every chorus but the last, one of `TURNAROUNDS`; None: the
            form's.
        stop_time: Choruses (counted from 1) in whose first line the band plays beat one alone:
            `1`, `2-3`, `1,3` or `all`; None: none.
        pickup: The melody begins in so many felt beats before bar 1; less than a bar.
        instrument: One of `INSTRUMENTS`, or a General MIDI programme 0-127.
        bends: Share of the suitable notes that are scooped or curled, by rules, 0 to 1.
        band: Bass, piano and drums from rules beside the melody.
        count_in: The drums count a bar in before bar 1 (with the band).
        keep_primer: The primer's last phrase opens the piece.
        seed: Of everything random.

    Raises:
        InputError: A value that is not one of these; the message names it.

    Example:
        >>> Settings(key="Bb", style="slow").metre_or_usual()
        Metre(numerator=12, denominator=8)
    """

    model: str = DEFAULT_MODEL
    form: str | None = None
    chords: str | None = None
    harmony: str = "imposed"
    key: str | None = None
    tempo: float | None = None
    metre: str | None = None
    style: str | None = None
    swing: float | str | None = None
    choruses: int | None = None
    bars: int | None = None
    temperature: float = 1.0
    top_p: float = 0.95
    top_k: int = 0
    density: float | None = None
    range: str | None = None
    answer: float | None = None
    ending: str | None = None
    turnaround: str | None = None
    stop_time: str | None = None
    pickup: int = 0
    instrument: str = "tenor-sax"
    bends: float = 0.0
    band: bool = True
    count_in: bool = False
    keep_primer: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.harmony not in ("imposed", "model"):
            raise InputError("harmony", "imposed or model", repr(self.harmony))
        given = [
            name
            for name, value in (
                ("form", self.form),
                ("chords", self.chords),
                ("harmony model", self.harmony == "model" or None),
            )
            if value is not None
        ]
        if len(given) > 1:
            raise InputError(given[1], "either this or " + given[0], "both")
        if self.choruses is not None and self.bars is not None:
            raise InputError("bars", "either this or choruses", "both")
        if self.style is not None and self.style not in STYLES:
            raise InputError("style", "one of " + ", ".join(STYLES), repr(self.style))
        if self.count_in and not self.band:
            raise InputError("count_in", "the band, which counts in", "no band")
        if self.stop_time is not None:
            if not self.band:
                raise InputError("stop_time", "the band, which stops", "no band")
            parse_choruses(self.stop_time)
        if self.ending is not None and self.ending not in ENDINGS:
            raise InputError("ending", "one of " + ", ".join(ENDINGS), repr(self.ending))
        if self.turnaround is not None:
            check_turnaround(self.turnaround)
        for name in ("choruses", "bars", "top_k", "pickup", "seed"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, int):
                raise InputError(name, "a whole number", value)
        _check("tempo", "20 to 400 felt beats a minute", self.tempo, 20, 400)
        _check("choruses", f"1 to {MAX_CHORUSES}", self.choruses, 1, MAX_CHORUSES)
        _check("bars", f"1 to {MAX_BARS}", self.bars, 1, MAX_BARS)
        _check("density", "0.5 to 16 notes a bar", self.density, 0.5, 16)
        _check("answer", "0 to 1", self.answer, 0, 1)
        _check("bends", "0 to 1", self.bends, 0, 1)
        _check("pickup", "0 or more felt beats, less than a bar", self.pickup, 0, MAX_PICKUP)
        _check("seed", "0 to 4294967295", self.seed, 0, 2**32 - 1)
        if self.swing is not None and self.swing != LEARNED:
            check_swing(self.swing)
        if self.form is not None:
            form_named(self.form)
        if self.key is not None:
            Key.parse(self.key)
        self.metre_or_usual()
        if self.program() not in BENDING_PROGRAMS and self.bends:
            raise InputError("bends", "an instrument that bends", self.instrument)
        if self.range is not None:
            parse_range(self.range)

    def style_or_usual(self, metre: Metre) -> str:
        """The style; slow in 12/8, else a shuffle."""
        return self.style or ("slow" if metre.is_compound else "shuffle")

    def metre_or_usual(self) -> Metre:
        """The metre; 12/8 for a slow blues, else 4/4."""
        if self.metre is not None:
            return Metre.parse(self.metre)
        return _STYLE_METRE.get(self.style or "", Metre(4, 4))

    def tempo_or_usual(self, style: str) -> float:
        """Felt beats a minute."""
        return float(self.tempo if self.tempo is not None else STYLE_TEMPO[style])

    def swing_or_usual(self, style: str) -> float:
        """Share of the beat taken by the on-beat eighth."""
        asked = self.asked_swing
        return STYLE_SWING[style] if asked is None else asked

    @property
    def asked_swing(self) -> float | None:
        """The share asked for; None where it is as usual, or learned."""
        return None if self.swing is None or isinstance(self.swing, str) else float(self.swing)

    def chart(self) -> tuple[Bar, ...] | None:
        """The typed chart; None when none was typed."""
        return parse_chart(self.chords) if self.chords is not None else None

    def program(self) -> int:
        """The General MIDI programme of the instrument."""
        if self.instrument in INSTRUMENTS:
            return INSTRUMENTS[self.instrument]
        if self.instrument.isdecimal() and int(self.instrument) <= 127:
            return int(self.instrument)
        expected = "a programme 0-127 or one of " + ", ".join(INSTRUMENTS)
        raise InputError("instrument", expected, repr(self.instrument))


def _check(name: str, expected: str, value: Any, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise InputError(name, expected, value)


def parse_swing(text: str | None) -> float | str | None:
    """Reads the swing as typed.

    Raises:
        InputError: Neither a number nor `learned`.

    Example:
        >>> parse_swing("0.6"), parse_swing("learned")
        (0.6, 'learned')
    """
    if text is None or text == LEARNED:
        return text
    try:
        return float(text)
    except ValueError:
        return check_swing(text)


def parse_range(text: str) -> tuple[int, int]:
    """Reads the lowest and highest note.

    Raises:
        InputError: Not two notes, or less than an octave.

    Example:
        >>> parse_range("A3-D6"), parse_range("57-86")
        ((57, 86), (57, 86))
    """
    expected = "two notes at least an octave apart, such as A3-D6 or 57-86"
    match = re.fullmatch(r"\s*(\S+?)\s*-\s*(\S+?)\s*", text)
    if match is None:
        raise InputError("range", expected, repr(text))
    low, high = (_pitch(name, expected) for name in match.groups())
    if not (low >= 24 and high <= 108 and high - low >= 12):
        raise InputError("range", expected + ", within C1-C8", repr(text))
    return low, high


def parse_choruses(text: str) -> frozenset[int] | None:
    """Reads which choruses are meant, counted from 1; None for `all`.

    Raises:
        InputError: Not `all`, nor numbers and spans such as `1,3` or `2-4`.

    Example:
        >>> sorted(parse_choruses("1,3-5")), parse_choruses("all")
        ([1, 3, 4, 5], None)
    """
    if text.strip().lower() == "all":
        return None
    found: set[int] = set()
    for span in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,3})\s*(?:-\s*(\d{1,3})\s*)?", span)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last:
            raise InputError("stop_time", "choruses such as 1, 2-3 or all", repr(text))
        found.update(range(first, last + 1))
    return frozenset(found)


def _pitch(name: str, expected: str) -> int:
    if name.isdecimal():
        return int(name)
    match = re.fullmatch(r"([A-Ga-g][b#]?)(-?\d)", name)
    if match is None:
        raise InputError("range", expected, repr(name))
    letter = match[1][0].upper() + match[1][1:]
    # The octave belongs to the letter: Cb4 is below C4.
    natural = pitch_class_of(letter[0]) + {"b": -1, "#": 1, "": 0}[letter[1:]]
    return 12 * (int(match[2]) + 1) + natural


def settle(
    settings: Settings | None, model: StoredModel | str | None, changes: Mapping[str, Any]
) -> tuple[Settings, StoredModel]:
    """What is asked for and the model, wherever both are asked for.

    Args:
        settings: The usual when None.
        model: In memory; or the name of one, which goes before that in the settings.
        changes: Fields of `Settings` to change.
    """
    settings = replace(settings or Settings(), **changes)
    if isinstance(model, str):
        settings, model = replace(settings, model=model), None
    return settings, model or load_model(settings.model)
