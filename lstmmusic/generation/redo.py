"""Other notes in some bars of a piece; everything else stays on its tick.

The network hears what comes before the bars and plays several tries. Of each it is asked how
likely it makes the first notes that follow the bars, and the try that leads into them best is
taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from lstmmusic.analysis.swing import STRAIGHT, swing_steps, unswing
from lstmmusic.encoding import MelodyEvents, MelodySetting, melody_part, steps_per_bar
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.encoding.melody_features import Event
from lstmmusic.errors import InputError
from lstmmusic.generation.context import Context, context_of
from lstmmusic.generation.feel import LEARNED
from lstmmusic.generation.gap import Gap, bent, note_velocities, put_into
from lstmmusic.generation.improvise import Improvisation
from lstmmusic.generation.melody import MAJOR_HOME, MINOR_HOME, melody_player
from lstmmusic.generation.primer import notes_as_written
from lstmmusic.generation.settings import Settings, parse_range, settle
from lstmmusic.generation.written import notated
from lstmmusic.player import MelodyPlayer, Sampling, StoredModel
from lstmmusic.player.network import HIGHEST_PITCH, LOWEST_PITCH, MAX_STEPS
from lstmmusic.score import Part, Score, format_chart

N_TRIES = 8
CONTEXT_BARS = 32  # heard before the bars; what lies further back the network has forgotten
LED_INTO_NOTES = 4  # that follow the bars and are asked about
_NEAR_BEAT = 0.24  # of a beat: a sixteenth after it is no late beat
_MIN_NEAR = 8  # notes that tell how late a player plays
_STREAM = 4  # of random numbers; those of `improvise` are others


def redo(
    score: Score,
    bars: str | int | tuple[int, int],
    settings: Settings | None = None,
    *,
    model: StoredModel | str | None = None,
    **changes: Any,
) -> Improvisation:
    """Plays other notes of the melody in some bars of a piece.

    The network hears the melody before the bars, over the chords, key, metre and place in the form
    that the file names (where it names no chords, those that are found by what sounds), and plays
    eight tries; the one that makes the next four notes of the melody likeliest is taken, and none
    that is what was there. Every event outside the bars keeps tick and value, in the melody, in
    the other parts and among tempo, markers and controls; so does a note that is held across
    either edge, and what is new lies between such notes. Swing is undone for the network and put
    back. Range, density, loudness and how far the player lies behind the beat are the melody's own.

    Args:
        score: The piece, our own or another's; its melody is found.
        bars: Such as `9-10`, counted from 1 through all choruses; a pickup or count-in is bar 0.
        settings: `seed`, `temperature`, `top_p`, `top_k` and `model` are as for `improvise`;
            `range`, `density`, `style`, `swing` and (for a piece that names none) `key` go before
            what the piece tells; `bends` bends new notes. The rest is the piece's own.
        model: As `improvise`.
        **changes: Fields of `Settings` to change.

    Returns:
        The piece and a report on it. The same piece, settings, model and version give the same
        piece.

    Raises:
        InputError: Bars that the piece has not, no melody, several melody notes at once in the
            bars, one note held through all of them, a metre that the model does not know, no key.

    Example:
        >>> import lstmmusic
        >>> blues = lstmmusic.improvise(seed=1).score
        >>> other = lstmmusic.redo(blues, "9-10", seed=2).score
        >>> [a == b for a, b in zip(blues.parts, other.parts)]  # the melody, and the band
        [False, True, True, True]
    """
    settings, model = settle(settings, model, changes)
    if settings.swing == LEARNED:
        raise InputError("swing", "0.5 to 0.75; new notes lie as the others do", LEARNED)
    melody = melody_part(score)
    if melody is None:
        raise InputError("melody", "a part with pitched notes", "none")
    first, last = parse_bars(bars)
    gap = Gap.of(score, melody, first, last)
    context = context_of(score, melody, first - 1, settings, model)
    told = _told(score, melody, gap, context.swing)
    new = _best_try(settings, model, context, told, _range(settings, melody, gap))
    around = [event[0] for event in (*told.before[-8:], *new, *told.after[:8])]
    sounding = _sounding(new, around, told.lag, score, context, gap)
    part = put_into(score, melody, gap, sounding, note_velocities(melody, told.all, new))
    if settings.bends:
        part = bent(part, gap, new, sounding, context.setting, settings)
    parts = [part if found is melody else found for found in score.parts]
    done = replace(score, parts=parts)
    written = _written(done, context)
    return Improvisation(done, written, _report(settings, model, context, done, part, gap, new))


def parse_bars(bars: str | int | tuple[int, int]) -> tuple[int, int]:
    """The first and the last bar that are meant.

    Raises:
        InputError: Not a bar or a span of bars.

    Example:
        >>> parse_bars("9-10"), parse_bars("0"), parse_bars((1, 4))
        ((9, 10), (0, 0), (1, 4))
    """
    if isinstance(bars, tuple):
        first, last = bars
    else:
        match = re.fullmatch(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", str(bars))
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not 0 <= first <= last:
        raise InputError("bars", "a bar or a span of bars, such as 9 or 9-10", repr(bars))
    return first, last


@dataclass(frozen=True)
class _Told:
    """The melody on the grid: what is heard, what was there, what follows."""

    before: list[Event]
    within: list[Event]
    after: list[Event]
    all: list[Event]
    begin: int  # first and last free step of the bars
    end: int
    lag: int  # ticks that the player lies behind the beat


def _told(score: Score, melody: Part, gap: Gap, swing: float) -> _Told:
    lag = _lag(score, melody)
    late = lag / score.ticks_per_quarter
    moved = melody.notes.copy()
    moved["onset_quarters"] = np.maximum(moved["onset_quarters"] - late, 0.0)
    notes = notes_as_written(replace(melody, notes=moved), score, swing)

    def on_grid(rows: np.ndarray) -> list[Event]:
        alone = replace(score, parts=[Part(notes[rows], "melody")])
        return [(a, d, p) for a, d, p in MelodyEvents().encode(alone).tolist()]

    beat, bar_steps = score.metre.beat_quarters, steps_per_bar(score.metre)
    free_from = (gap.free_from - late - score.pickup_quarters) / beat
    free_to = (gap.free_to - late - score.pickup_quarters) / beat
    # What is straight sounds early and what swings sounds late: room is left for either.
    begin = int(np.ceil(free_from * STEPS_PER_BEAT - 1e-6))
    place = np.array([free_to + 1e-9])
    end = int(np.floor(unswing(np.empty(0), place, swing)[0] * STEPS_PER_BEAT + 1e-6))
    first_step = round(-score.pickup_quarters / beat * STEPS_PER_BEAT)
    begin = max(begin, (gap.first - 1) * bar_steps if gap.first else first_step)
    before = on_grid(gap.is_before)
    if before:
        begin = max(begin, before[-1][0] + 1)
    within, after = on_grid(gap.is_within), on_grid(gap.is_after)
    everything = on_grid(gap.is_before | gap.is_within | gap.is_after)
    return _Told(before, within, after, everything, begin, min(end, gap.last * bar_steps), lag)


def _lag(score: Score, melody: Part) -> int:
    """How far the player lies behind the beat, in ticks: the median of the notes near one."""
    beats = (melody.notes["onset_quarters"] - score.pickup_quarters) / score.metre.beat_quarters
    late = beats - np.rint(beats)
    late = late[np.abs(late) < _NEAR_BEAT]
    if len(late) < _MIN_NEAR:
        return 0
    return round(float(np.median(late)) * score.metre.beat_quarters * score.ticks_per_quarter)


def _range(settings: Settings, melody: Part, gap: Gap) -> tuple[int, int]:
    """As asked; else the melody's own, an octave at least."""
    if settings.range:
        return parse_range(settings.range)
    pitches = melody.notes["pitch"]
    low, high = int(pitches.min()), int(pitches.max())
    missing = max(12 - (high - low), 0)
    low, high = low - missing // 2, high + missing - missing // 2
    low = min(max(low, LOWEST_PITCH), HIGHEST_PITCH - 12)
    return low, max(min(high, HIGHEST_PITCH), low + 12)


def _best_try(
    settings: Settings,
    model: StoredModel,
    context: Context,
    told: _Told,
    note_range: tuple[int, int],
) -> list[Event]:
    """The notes of the try that leads best into what follows."""
    setting = context.setting
    rng = np.random.default_rng([settings.seed, _STREAM])
    asked = settings.density
    busy = (asked, asked) if asked else None  # the network is told the piece's
    player = melody_player(model, setting, *note_range, rng, busy)
    earliest = told.begin - CONTEXT_BARS * setting.bar_steps
    for event in told.before:
        if event[0] >= earliest:
            player.hear(event)
    sampling = Sampling(settings.temperature, settings.top_p, settings.top_k)
    best: tuple[tuple[bool, float], list[Event]] | None = None
    for number in range(N_TRIES):
        rng = np.random.default_rng([settings.seed, _STREAM, number])
        twin = player.fork()
        new = _play(twin, sampling, rng, told)
        if new == told.within and number + 1 < N_TRIES:
            continue
        led = 0.0
        rests = not told.after or twin.leaves_rest(told.after[0][0])
        for event in told.after[:LED_INTO_NOTES]:
            led += max(twin.log_likelihood(event), -1e3)  # beyond the network: bad for every try
            twin.hear(event)
        if best is None or ((rests, led) > best[0] and new != told.within):
            best = ((rests, led), new)
    return best[1] if best else []


def _play(
    player: MelodyPlayer, sampling: Sampling, rng: np.random.Generator, told: _Told
) -> list[Event]:
    """One try; where the piece came home in its last bar, so does this."""
    setting = player.setting
    n_heard = len(player.memory.events)
    last_bar = setting.n_steps - setting.bar_steps
    homeward = _comes_home(setting, told)
    end = min(told.end, last_bar) if homeward else told.end
    while told.begin < end:
        onset = player.next_onset(sampling, rng, earliest=told.begin)
        if onset >= end:
            break
        player.play(onset, sampling, rng, longest=min(end - onset, MAX_STEPS))
    if homeward:
        home = MINOR_HOME if setting.key.is_minor else MAJOR_HOME
        onset = max(last_bar, told.begin)
        longest = min(2 * STEPS_PER_BEAT, told.end - onset)
        player.play(onset, sampling, rng, home, longest=longest)
    return player.memory.events[n_heard:]


def _comes_home(setting: MelodySetting, told: _Told) -> bool:
    last_bar = setting.n_steps - setting.bar_steps
    return (
        setting.root_at(setting.n_steps - 1) == 0
        and not told.after
        and bool(told.within)
        and told.within[-1][0] >= last_bar
        and max(last_bar, told.begin) < told.end
    )


def _sounding(
    new: Sequence[Event],
    onsets: Sequence[int],
    lag: int,
    score: Score,
    context: Context,
    gap: Gap,
) -> list[tuple[int, int, int]]:
    """The new notes as they sound: onset and end in ticks of the score, pitch."""
    beat, clock = score.metre.beat_quarters, score.ticks_per_quarter
    starts = swing_steps(onsets, [a for a, _, _ in new], context.swing) * beat
    stops = swing_steps(onsets, [a + d for a, d, _ in new], context.swing) * beat
    found = []
    for start, stop, (_, _, pitch) in zip(starts, stops, new, strict=True):
        on = round((float(start) + score.pickup_quarters) * clock) + lag
        off = round((float(stop) + score.pickup_quarters) * clock) + lag
        on = max(on, gap.free_from_tick)
        found.append((on, max(min(off, gap.free_to_tick), on + 1), pitch))
    return found


def _written(score: Score, context: Context) -> Score:
    """The piece as players write it: every part straight, on twelfths of the beat."""
    swings = context.swing > STRAIGHT
    parts = [
        replace(part, notes=notated(notes_as_written(part, score, context.swing), score), bends=())
        for part in score.parts
    ]
    return replace(score, parts=parts, feel=score.feel or ("Swing" if swings else ""))


def _report(
    settings: Settings,
    model: StoredModel,
    context: Context,
    score: Score,
    melody: Part,
    gap: Gap,
    new: Sequence[Event],
) -> dict[str, Any]:
    setting = context.setting
    return {
        "seed": settings.seed,
        "model": model.name,
        "bars": score.n_bars,
        "redone": f"{gap.first}-{gap.last}" if gap.last > gap.first else str(gap.first),
        "key": str(setting.key),
        "tempo": round(score.tempo_bpm, 3),
        "metre": str(setting.metre),
        "form": None,
        "swing": round(context.told_swing, 3),
        "style": setting.style,
        "chords": format_chart(setting.chart),
        "harmony": context.harmony,
        "notes": len(melody),
        "new_notes": len(new),
        "seconds": round(score.seconds, 3),
        "parts": {part.name: len(part) for part in score.parts},
        "settings": asdict(settings),
    }
