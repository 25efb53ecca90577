"""From pieces as a corpus holds them to tunes as a training takes them.

A piece is put on the grid where it would be written (swing undone), cut where key or metre change,
and each stretch becomes one tune: choruses of one length in a row with their form, all else without
one. Choruses stay together so that pickups and the notes of four bars ago reach across their
bounds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np

from lstmmusic.analysis import Chorus, Feel
from lstmmusic.analysis.feel import follows_the_beat, on_the_grid
from lstmmusic.corpus.piece import Piece
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT, steps_per_bar
from lstmmusic.generation import STYLE_SWING
from lstmmusic.models import Tune
from lstmmusic.player.network import MAX_STEPS
from lstmmusic.score import FORMS, Key, Metre, Part, Score, TempoMap, Timed, place_chart

MIN_NOTES = 4  # of a tune
MIN_KNOWN_BARS = 16  # of training music in a metre, from which on a model knows it

MIN_FORM_SHARE = 0.25  # of the bars in a metre; where fewer are in a known form, it is by chance

_HAVE_CHORDS = ("written", "played")


def melody_tunes(piece: Piece) -> list[Tune]:
    """The tunes of a piece, in order; none of fewer than `MIN_NOTES` notes.

    A performance that was recorded without its beats has none: nothing in it can be placed. Metres
    with bars longer than the encoding holds (16 felt beats) are left out.

    Inferred chords are left out, too: they were read from the notes that are to be told from them.
    Choruses have those of their form instead.

    Example:
        >>> from lstmmusic.score import Note
        >>> notes = [Note(quarter, 1, 60) for quarter in range(24)]
        >>> waltz = Score([Part(notes, "melody")], metres=[Timed(0.0, Metre(3, 4))])
        >>> piece = Piece("a.mid", waltz, "", "", "a", 0, "train", (), None, False, "", 0.0)
        >>> [(tune.name, tune.form, tune.style, len(tune.events)) for tune in melody_tunes(piece)]
        [('a.mid#1', None, 'straight', 24)]
    """
    if not follows_the_beat(piece.score):
        return []
    feel = Feel(piece.is_performance, piece.swing, 0, 0.0)
    score = on_the_grid(piece.score, feel).score
    inferred = piece.chords_source not in _HAVE_CHORDS
    if inferred:
        score = replace(score, chords=())
    tunes = []
    for first, stop, forms in _stretches(score, piece.choruses):
        bars = excerpt(score, first, stop)
        if inferred and forms:
            bars = _with_form_chords(bars, forms)
        style = _style(piece, bars.metre, bool(forms))
        tune = Tune.of(f"{piece.file}#{first + 1}", bars, forms[0] if forms else None, style)
        if len(tune.events) >= MIN_NOTES and len(tune.example[1]["pitch"]) >= MIN_NOTES:
            tunes.append(tune)
    return tunes


def chord_choruses(piece: Piece) -> list[Tune]:
    """The choruses of a piece whose chords are written or played, each a tune of its own."""
    if piece.chords_source not in _HAVE_CHORDS:
        return []
    found = []
    for chorus in _usable(piece.score, piece.choruses):
        bars = excerpt(piece.score, chorus.first_bar - 1, chorus.first_bar - 1 + chorus.n_bars)
        name, style = f"{piece.file}#{chorus.first_bar}", _style(piece, bars.metre, True)
        found.append(Tune.of(name, bars, chorus.form, style))
    return found


def usual(pieces: Iterable[Piece], tunes: Sequence[Tune]) -> dict[str, dict[str, Any]]:
    """What is usual in each metre that the training music has enough of.

    Args:
        pieces: Of the training split.
        tunes: Theirs.

    Returns:
        By metre, most bars first: `style`, `tempo` (felt beats a minute), `swing`,
        `notes_per_bar`, and `forms`, the known ones, most bars first; none where they are rare.
    """
    by_piece = {piece.file: piece for piece in pieces}
    rows: dict[str, list[Tune]] = {}
    for tune in tunes:
        rows.setdefault(str(tune.score.metre), []).append(tune)
    bars = {metre: sum(t.score.n_bars for t in found) for metre, found in rows.items()}
    known = [metre for metre in rows if bars[metre] >= MIN_KNOWN_BARS]
    table = {}
    for metre in sorted(known or rows, key=lambda metre: (-bars[metre], metre)):
        found = rows[metre]
        styles, forms = Counter[str](), Counter[str]()
        for tune in found:
            styles[tune.style] += tune.score.n_bars
            if tune.form is not None:
                forms[tune.form] += tune.score.n_bars
        style = _most(styles)[0]
        sources = [by_piece[tune.name.rpartition("#")[0]] for tune in found if tune.style == style]
        swings = [piece.swing for piece in sources if piece.swing is not None]
        swing = median(swings) if swings else STYLE_SWING[style]
        notes = sum(len(t.events) for t in found if t.style == style)
        table[metre] = {
            "style": style,
            "tempo": round(min(max(median(t.score.tempo_bpm for t in found), 20.0), 400.0), 1),
            "swing": round(min(max(swing, 0.5), 0.75), 3),
            "notes_per_bar": round(
                notes / sum(t.score.n_bars for t in found if t.style == style), 2
            ),
            "forms": _most(forms) if forms.total() >= MIN_FORM_SHARE * bars[metre] else [],
        }
    return table


def _most(counts: Counter[str]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))


def _style(piece: Piece, metre: Metre, is_blues: bool) -> str:
    """Slow for a blues in a compound metre; else by the swing."""
    if metre.is_compound:
        return "slow" if is_blues else "straight"
    swing = 0.5 if piece.swing is None else piece.swing
    return min(("straight", "jump", "shuffle"), key=lambda style: abs(STYLE_SWING[style] - swing))


def _bars(score: Score) -> list[tuple[Metre, Key]]:
    """Metre and key of each bar."""
    found, place = [], 0
    for start in score.bar_starts.tolist():
        while (
            place + 1 < len(score.metres) and score.metres[place + 1].onset_quarters <= start + 1e-6
        ):
            place += 1
        found.append((score.metres[place].value, score.key_at(start) or Key("C")))
    return found


def _usable(score: Score, choruses: Iterable[Chorus]) -> Iterator[Chorus]:
    """Those choruses of a known form that are whole and in one metre and key."""
    bars = _bars(score)
    for chorus in choruses:
        within = bars[chorus.first_bar - 1 : chorus.first_bar - 1 + chorus.n_bars]
        known = chorus.form in FORMS and FORMS[chorus.form].n_bars == chorus.n_bars
        if (
            known
            and chorus.first_bar >= 1
            and len(within) == chorus.n_bars == within.count(within[0])
        ):
            yield chorus


def _stretches(
    score: Score, choruses: Iterable[Chorus]
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """First bar, bar after the last (from 0), and the forms of the choruses in it, if any."""
    bars = _bars(score)
    starts = {chorus.first_bar - 1: chorus for chorus in _usable(score, choruses)}
    first = 0
    while first < len(bars):
        stop, forms = first, []
        chorus = starts.get(first)
        if chorus is not None:
            n_bars = chorus.n_bars
            while chorus is not None and chorus.n_bars == n_bars and bars[stop] == bars[first]:
                forms.append(chorus.form)
                stop += n_bars
                chorus = starts.get(stop)
        else:
            while stop < len(bars) and stop not in starts and bars[stop] == bars[first]:
                stop += 1
        if steps_per_bar(bars[first][0]) <= MAX_STEPS:
            yield first, stop, tuple(forms)
        first = stop


def excerpt(score: Score, first: int, stop: int) -> Score:
    """Some bars of a piece: its first part and chords; no note goes on beyond the last of them.

    Args:
        score: The piece.
        first: From this bar, counted from 0; with bar 0 comes the pickup.
        stop: To before this one.
    """
    starts = score.bar_starts
    metre, key = _bars(score)[first]
    begin = float(starts[first])
    end = float(starts[stop]) if stop < len(starts) else begin + (stop - first) * metre.bar_quarters
    pickup = score.pickup_quarters if first == 0 else 0.0
    near = metre.beat_quarters / STEPS_PER_BEAT / 2
    parts = []
    for part in score.parts[:1]:
        onsets = part.notes["onset_quarters"]
        low = begin - near if first else 0.0
        notes = part.notes[(onsets >= low) & (onsets < end - near)].copy()
        notes["onset_quarters"] = np.maximum(notes["onset_quarters"] - begin + pickup, 0.0)
        left = end - begin + pickup - notes["onset_quarters"]
        notes["duration_quarters"] = np.minimum(notes["duration_quarters"], left)
        parts.append(Part(notes, "melody", part.program))
    chords = [
        Timed(onset - begin + pickup, chord)
        for onset, chord in score.chords
        if begin - 1e-6 <= onset < end - 1e-6
    ]
    if score.chords and (not chords or chords[0].onset_quarters > pickup + 1e-6):
        chords.insert(0, Timed(pickup, score.chord_at(begin)))
    return Score(
        parts=parts,
        chords=chords,
        metres=[Timed(0.0, metre)],
        tempo_map=TempoMap.constant(_tempo_at(score.tempo_map, begin)),
        keys=[Timed(0.0, key)],
        pickup_quarters=pickup,
        length_quarters=end - begin + pickup,
    )


def _with_form_chords(chorus: Score, forms: Sequence[str]) -> Score:
    """Choruses in a row, over the chords that their forms have."""
    key = chorus.key or Key("C")
    bars = [bar for form in forms for bar in FORMS[form].bars(key, last=False)]
    return replace(chorus, chords=place_chart(bars, chorus.metre, chorus.pickup_quarters))


def _tempo_at(tempo_map: TempoMap, quarters: float) -> float:
    """Quarter notes a minute."""
    return [bpm for onset, bpm in tempo_map.changes if onset <= quarters + 1e-6][-1]
