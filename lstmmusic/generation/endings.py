"""How a blues turns round, and how it ends: rules, in tables.

Each ending comes home to the tonic itself. `tag` plays the last line once more; `turnaround` has
the tonic at the start of the last bar but one, then a lick that falls to V while the bass climbs,
and V7-I in the last bar; `stop` lets the band strike the last bar but one and be silent, so that
the melody leads into the last chord alone.
"""

from __future__ import annotations

from dataclasses import replace

from lstmmusic.encoding.melody_events import STEPS_PER_BEAT, steps_per_bar
from lstmmusic.encoding.melody_features import LINE_BARS, Event
from lstmmusic.errors import InputError
from lstmmusic.score import Bar, Chord, Form, Key, Metre

ENDINGS = ("tag", "turnaround", "stop")
TAG_BARS = LINE_BARS

# The last two bars of every chorus but the last, in Roman numerals as in the forms.
TURNAROUNDS = {
    "plain": "I|V",
    "four": "I IV|I V",
    "six-two-five": "I VI|ii V",
    "diminished": "I #Idim|ii V",
    "tritone": "I bIII|bVI bII",
}

# Degrees above the tonic that the lick falls through, under a tonic that stays; then V.
_LICK = {"major": (10, 9, 8), "minor": (10, 8, 8)}
_FIFTH = 7


def turned(form: Form, turnaround: str) -> Form:
    """The form with another turnaround in its inner choruses.

    Raises:
        InputError: No such turnaround, or a form whose choruses do not turn round.

    Example:
        >>> from lstmmusic.score import form_named
        >>> turned(form_named("standard"), "four").chart
        'I|I|I|I|IV|IV|I|I|V|IV|I IV|I V'
    """
    check_turnaround(turnaround)
    cells = form.chart.split("|")
    if cells[-1] in ("I", "i"):
        raise InputError("turnaround", "a form whose last bar turns round", form.name)
    last = [*cells, *form.ending.split("|")]
    del last[len(cells) - form.ending.count("|") - 1 : len(cells)]
    return replace(
        form,
        chart="|".join([*cells[:-2], TURNAROUNDS[turnaround]]),
        ending="|".join(last[-2:]),  # both bars, so that the last chorus keeps its own
    )


def check_turnaround(turnaround: str) -> None:
    """Refuses what is none.

    Raises:
        InputError: There is no such turnaround.
    """
    if turnaround not in TURNAROUNDS:
        raise InputError("turnaround", "one of " + ", ".join(TURNAROUNDS), repr(turnaround))


def last_bars(ending: str, key: Key, metre: Metre, tonic: Chord) -> tuple[Bar, ...]:
    """Chords of the last two bars: those of `turnaround` or `stop`.

    Args:
        ending: Which.
        key: Of the piece.
        metre: A bar of fewer than four beats has fewer chords.
        tonic: The last chord.

    Example:
        >>> from lstmmusic.score import format_chart
        >>> format_chart(last_bars("turnaround", Key("C"), Metre(), Chord("C", "7")))
        '| C7 C7/E F7 Ab7 | G7 C7 |'
    """
    if ending == "stop":
        return (tonic,), (tonic,)
    home = key.pitch_class
    minor = key.is_minor
    third = key.chord_root_name((home + (3 if minor else 4)) % 12)
    climb = (
        tonic,
        Chord(tonic.root, "m7" if minor else "7", third),
        Chord(key.chord_root_name((home + 5) % 12), "m7" if minor else "7"),
        Chord(key.chord_root_name((home + 8) % 12), "7"),
    )
    first = climb if metre.n_beats >= 4 else (tonic, *climb[4 - metre.n_beats + 1 :])
    fifth = Chord(key.chord_root_name((home + _FIFTH) % 12), "7")
    return first, (fifth, tonic)


def final_step(ending: str | None, metre: Metre) -> int:
    """Where in the last bar the last chord is struck, in steps."""
    if ending != "turnaround":
        return 0
    return (metre.n_beats - metre.n_beats // 2) * STEPS_PER_BEAT


def lick(tonic: Event, key: Key, metre: Metre, lowest: int, highest: int) -> list[Event]:
    """What follows the tonic in the last bar but one, up to the last note; a rule.

    Args:
        tonic: The note that it starts from, at the start of its bar.
        key: Of the piece.
        metre: Of the piece.
        lowest: Of the range; the lick lies an octave higher where it would not fit.
        highest: Of the range.

    Example:
        >>> [pitch for _, _, pitch in lick((0, 12, 72), Key("C"), Metre(), 57, 86)]
        [70, 72, 69, 72, 68, 72, 67]
    """
    onset, _, pedal = tonic
    if pedal - 12 + _FIFTH < lowest and pedal + 12 <= highest:
        pedal += 12
    up_beat = STEPS_PER_BEAT * 2 // 3 if metre.is_compound else STEPS_PER_BEAT // 2
    n_beats = metre.n_beats
    falling = _LICK[key.mode][max(4 - n_beats, 0) :]
    events: list[Event] = []
    for beat, degree in enumerate(falling, max(n_beats - 3, 1)):
        start = onset + beat * STEPS_PER_BEAT
        events.append((start, up_beat, pedal - 12 + degree))
        events.append((start + up_beat, STEPS_PER_BEAT - up_beat, pedal))
    bar = onset + steps_per_bar(metre)
    return [*events, (bar, STEPS_PER_BEAT, pedal - 12 + _FIFTH)]
