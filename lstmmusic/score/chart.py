"""Chord charts as typed: `| C7 | F7 | C7 | Gm7 C7 |`.

Bars are parted by `|`; chords in one bar share its beats, the earlier ones taking what is left
over (three chords in four beats: 2 1 1). `%` repeats the bar before; `N.C.` is
silence; line breaks are spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lstmmusic.errors import ChordError
from lstmmusic.score.chord import Chord
from lstmmusic.score.metre import Metre
from lstmmusic.score.score import Timed

MAX_BARS = 1000

Bar = tuple[Chord, ...]


def parse_chart(text: str) -> tuple[Bar, ...]:
    """Reads a typed chart into bars of chords.

    Raises:
        ChordError: A token is not a chord; it names bar, column (both from 1) and token.

    Example:
        >>> [[str(chord) for chord in bar] for bar in parse_chart("| C7 | % | Gm7 C7/E |")]
        [['C7'], ['C7'], ['Gm7', 'C7/E']]
    """
    bars: list[Bar] = []
    cells = list(re.finditer(r"[^|]+", text))
    stripped = [cell for cell in cells if cell.group().strip()]
    if not stripped:
        raise ChordError(text.strip(), expected="a chart such as | C7 | F7 | C7 | C7 |")
    for cell in stripped:
        bar = len(bars) + 1
        if bar > MAX_BARS:
            raise ChordError(text[:20] + "...", bar, expected=f"at most {MAX_BARS} bars")
        tokens = list(re.finditer(r"\S+", cell.group()))
        if [token.group() for token in tokens] == ["%"]:
            if not bars:
                raise ChordError("%", 1, cell.start() + tokens[0].start() + 1)
            bars.append(bars[-1])
            continue
        bars.append(
            tuple(
                Chord.parse(token.group(), bar, cell.start() + token.start() + 1)
                for token in tokens
            )
        )
    return tuple(bars)


def format_chart(bars: Iterable[Bar]) -> str:
    """Writes bars of chords as `parse_chart` reads them.

    Example:
        >>> format_chart(parse_chart("|C7|F7 Bb7|"))
        '| C7 | F7 Bb7 |'
    """
    return "| " + " | ".join(" ".join(str(chord) for chord in bar) for bar in bars) + " |"


def place_chart(bars: Sequence[Bar], metre: Metre, start_quarters: float = 0) -> list[Timed[Chord]]:
    """Puts bars of chords in time; a chord that goes on is written again at each bar line.

    Raises:
        ChordError: A bar holds more chords than beats.

    Example:
        >>> [onset for onset, _ in place_chart(parse_chart("| C7 | Dm7 G7 C7 |"), Metre(4, 4))]
        [0.0, 4.0, 6.0, 7.0]
    """
    placed: list[Timed[Chord]] = []
    for index, bar in enumerate(bars):
        if len(bar) > metre.n_beats:
            raise ChordError(
                " ".join(map(str, bar)),
                index + 1,
                expected=f"at most {metre.n_beats} chords in a bar of {metre}",
            )
        onset = start_quarters + index * metre.bar_quarters
        share, over = divmod(metre.n_beats, len(bar))
        for position, chord in enumerate(bar):
            placed.append(Timed(onset, chord))
            onset += (share + (position < over)) * metre.beat_quarters
    return placed


def read_chart(
    chords: Sequence[Timed[Chord]], bar_onsets: Sequence[float], bar_quarters: float
) -> tuple[Bar, ...]:
    """The chords of each bar, the one that holds at its start first: undoes `place_chart`."""
    bars: list[Bar] = []
    holding = Chord()
    index = 0
    for onset in bar_onsets:
        bar: list[Chord] = []
        while index < len(chords) and chords[index].onset_quarters < onset + bar_quarters - 1e-6:
            if chords[index].onset_quarters > onset + 1e-6 and not bar:
                bar.append(holding)
            holding = chords[index].value
            if chords[index].onset_quarters >= onset - 1e-6:
                bar.append(holding)
            index += 1
        bars.append(tuple(bar) or (holding,))
    return tuple(bars)
