"""Improvising: chords from a form, a chart or the network; a melody from the network; a band."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from lstmmusic.encoding import MelodySetting, steps_per_bar
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.encoding.melody_features import Event
from lstmmusic.errors import InputError
from lstmmusic.generation import band
from lstmmusic.generation.plan import HARMONY_STREAM, Plan, make_plan
from lstmmusic.generation.primer import FROM_FORM_BAR, Primer, last_phrase
from lstmmusic.generation.settings import Settings, parse_range
from lstmmusic.generation.swing import STRAIGHT, TRIPLET, swing_steps
from lstmmusic.player import (
    MelodyLimits,
    MelodyPlayer,
    Sampling,
    StoredModel,
    load_model,
)
from lstmmusic.player.network import MAX_STEPS
from lstmmusic.score import (
    COUNT_IN,
    Bar,
    Key,
    Metre,
    Note,
    Part,
    Score,
    TempoMap,
    Timed,
    format_chart,
    place_chart,
)

_MELODY, _BASS = range(HARMONY_STREAM + 1, 3)  # streams of random numbers, a part each

_VOLUME, _PAN = 7, 10  # MIDI controllers
_MELODY_MIX = (112, 64)  # volume, pan
_BAND_MIX = (  # name, programme, volume, pan, drums
    ("bass (rules)", 32, 100, 58, False),
    ("piano (rules)", 0, 84, 44, False),
    ("drums (rules)", 0, 92, 72, True),
)


class _Line(NamedTuple):
    """What one instrument plays, in steps, as written."""

    name: str
    program: int
    volume: int
    pan: int
    events: list[band.BandEvent]
    is_drum: bool = False


@dataclass(frozen=True)
class Improvisation:
    """What came out.

    Attributes:
        score: The piece as it sounds.
        written: The piece as it is written: off-beats straight, with the word "Swing" above.
        report: What it is, fit for JSON: seed, model, bars, key, tempo, metre, form, swing,
            chords, harmony, notes (of the melody), seconds, parts, settings.
    """

    score: Score
    written: Score
    report: dict[str, Any]


def improvise(
    settings: Settings | None = None,
    *,
    primer: Score | None = None,
    model: StoredModel | None = None,
    **changes: Any,
) -> Improvisation:
    """Improvises a blues.

    Args:
        settings: What is asked; the usual when None.
        primer: A piece whose last melody phrase is gone on from: key, metre, tempo and swing are
            its own unless asked otherwise, and new notes enter in the bar after it, at the next
            place in the form.
        model: The model if it is already in memory; else `settings.model` is loaded.
        **changes: Fields of `Settings` to change.

    Returns:
        The piece and a report on it. The same settings, primer, model and version give the same
        piece.

    Raises:
        InputError: A setting that the model cannot meet; the message names it.

    Example:
        >>> import lstmmusic
        >>> blues = lstmmusic.improvise(key="Bb", form="quick-change", seed=1)
        >>> blues.score.n_bars, blues.report["chords"][:18]
        (12, '| Bb7 | Eb7 | Bb7 ')
    """
    settings = replace(settings or Settings(), **changes)
    if settings.keep_primer and primer is None:
        raise InputError("keep_primer", "a primer to keep", "none")
    model = model or load_model(settings.model)
    phrase = last_phrase(primer) if primer is not None else None
    plan = make_plan(settings, model, phrase)
    if phrase is not None:
        phrase = _transposed(phrase, plan.key)
    events = _melody(settings, model, plan, phrase)
    lines = _lines(settings, plan, events)
    score = _score(settings, plan, lines, written=False)
    swings = plan.swing > STRAIGHT and not plan.metre.is_compound
    written = replace(_score(settings, plan, lines, written=True), feel="Swing" if swings else "")
    chart = plan.chart[plan.heard_from(settings.keep_primer) :]
    return Improvisation(score, written, _report(settings, model, plan, score, chart))


def _transposed(phrase: Primer, key: Key) -> Primer:
    if phrase.key is None or phrase.key.pitch_class == key.pitch_class:
        return phrase
    shift = phrase.key.semitones_to(key)
    return replace(phrase, events=tuple((a, d, p + shift) for a, d, p in phrase.events))


def _melody(
    settings: Settings, model: StoredModel, plan: Plan, phrase: Primer | None
) -> list[Event]:
    knows = model.card["knows"]
    usual = knows["notes_per_bar"].get(plan.style, 4.0)
    density = settings.density or usual
    low, high = parse_range(settings.range) if settings.range else knows["range"]
    setting = MelodySetting(
        plan.chart, plan.key, plan.metre, plan.style, plan.form_bars, density, plan.first_form_bar
    )
    limits = MelodyLimits(
        low,
        high,
        _flags(knows["iois"]),
        _flags(knows["durations"]),
        busier=float(np.log(density / usual)),
    )
    player = MelodyPlayer(model.networks["melody"], setting, limits)
    for event in phrase.events if phrase else ():
        player.hear(event)
    rng = np.random.default_rng([settings.seed, _MELODY])
    sampling = Sampling(settings.temperature, settings.top_p, settings.top_k)
    start = plan.lead * setting.bar_steps
    last_bar = setting.n_steps - setting.bar_steps
    home = (0, 3, 7) if plan.key.is_minor else (0, 4, 7)
    while True:
        onset = player.next_onset(sampling, rng, earliest=start)
        if plan.ends_on_tonic and onset >= last_bar:
            player.play(last_bar, sampling, rng, home, longest=2 * STEPS_PER_BEAT)
            break
        if onset >= setting.n_steps:
            break
        longest = (last_bar if plan.ends_on_tonic else setting.n_steps) - onset
        player.play(onset, sampling, rng, longest=min(longest, MAX_STEPS))
    return player.memory.events


def _flags(lengths: Iterable[int]) -> np.ndarray:
    flags = np.zeros(MAX_STEPS, bool)
    flags[np.asarray(list(lengths)) - 1] = True
    return flags


def _lines(settings: Settings, plan: Plan, events: Sequence[Event]) -> list[_Line]:
    """What each instrument plays from the first bar that is heard, the melody first."""
    bar_steps = steps_per_bar(plan.metre)
    skipped = plan.heard_from(settings.keep_primer)
    counted = int(settings.count_in) * bar_steps
    shift = counted - skipped * bar_steps
    melody = [(a + shift, d, p, _velocity(a)) for a, d, p in events if a >= skipped * bar_steps]
    lines = [_Line("melody", settings.program(), *_MELODY_MIX, melody)]
    if not settings.band:
        return lines
    rng = np.random.default_rng([settings.seed, _BASS])
    chart, ends = plan.chart[skipped:], plan.ends_on_tonic
    place = plan.first_form_bar + skipped
    bass = band.bass_line(chart, plan.metre, plan.style, rng, ends)
    piano = band.comping(chart, plan.metre, plan.style, ends)
    choruses = plan.choruses(skipped)
    drums = band.drum_hits(len(chart), plan.metre, plan.style, choruses, place, ends)
    for (name, program, volume, pan, is_drum), played in zip(
        _BAND_MIX, (bass, piano, drums), strict=True
    ):
        moved = [(a + counted, d, p, v) for a, d, p, v in played]
        lines.append(_Line(name, program, volume, pan, moved, is_drum))
    if settings.count_in:
        lines[-1].events[:0] = band.count_in(plan.metre)
    return lines


def _score(settings: Settings, plan: Plan, lines: Sequence[_Line], written: bool) -> Score:
    """The piece as it sounds, or as it is written: straight, in whole eighths where near."""
    swing = plan.swing
    if written:  # in 12/8 the third eighth of a beat is the off-beat
        swing = TRIPLET if plan.metre.is_compound else STRAIGHT
    bar = plan.metre.bar_quarters
    skipped = plan.heard_from(settings.keep_primer)
    chart = plan.chart[skipped:]
    choruses = plan.choruses(skipped)
    start = int(settings.count_in) * bar
    sections = [Timed(start + b * bar, f"Chorus {n}") for n, b in enumerate(choruses, 1)]
    if 0 not in choruses:
        inside = FROM_FORM_BAR.format((plan.first_form_bar + skipped) % plan.form_bars + 1)
        sections.insert(0, Timed(start, inside))
    return Score(
        parts=[_part(line, plan.metre, swing, written) for line in lines],
        chords=place_chart(chart, plan.metre, start),
        metres=[Timed(0.0, plan.metre)],
        tempo_map=TempoMap.constant(plan.tempo * plan.metre.beat_quarters),
        keys=[Timed(0.0, plan.key)],
        sections=[Timed(0.0, COUNT_IN), *sections] if settings.count_in else sections,
        title=f"Blues in {plan.key}",
        pickup_quarters=start,
        length_quarters=start + len(chart) * bar,
    )


def _notatable(
    events: Sequence[tuple[int, int, int, int]], metre: Metre
) -> list[tuple[int, int, int, int]]:
    """Notes that begin on an eighth end on one too, if the next allows: as players write them."""
    eighth = STEPS_PER_BEAT // (3 if metre.is_compound else 2)
    onsets = sorted({onset for onset, *_ in events})
    following = dict(pairwise(onsets))
    written = []
    for onset, duration, pitch, velocity in events:
        if onset % eighth == 0:
            stop = (onset + duration + eighth // 2) // eighth * eighth
            stop = min(max(stop, onset + eighth), following.get(onset, stop + eighth))
            duration = stop - onset
        written.append((onset, duration, pitch, velocity))
    return written


def _velocity(onset: int) -> int:
    """A rule, not learnt: beats one and three speak loudest, off-beats softest."""
    beat, step = divmod(onset, STEPS_PER_BEAT)
    return 82 if step else 96 if beat % 2 == 0 else 90


def _part(line: _Line, metre: Metre, swing: float, written: bool) -> Part:
    """A line swung, in quarters, with its place in the mix."""
    events = line.events
    if written and not line.is_drum:
        events = _notatable(events, metre)
    onsets = [event[0] for event in events]
    ends = [event[0] + event[1] for event in events]
    starts = swing_steps(onsets, onsets, swing) * metre.beat_quarters
    stops = swing_steps(onsets, ends, swing) * metre.beat_quarters
    notes = [
        Note(float(start), float(stop - start), pitch, velocity)
        for start, stop, (_, _, pitch, velocity) in zip(starts, stops, events, strict=True)
    ]
    controls = [(0.0, _VOLUME, line.volume), (0.0, _PAN, line.pan)]
    return Part(notes, line.name, line.program, line.is_drum, controls)


def _report(
    settings: Settings, model: StoredModel, plan: Plan, score: Score, chart: Sequence[Bar]
) -> dict[str, Any]:
    return {
        "seed": settings.seed,
        "model": model.name,
        "bars": len(chart),
        "primer_bars": plan.lead if settings.keep_primer else 0,
        "key": str(plan.key),
        "tempo": plan.tempo,
        "metre": str(plan.metre),
        "form": plan.form.name if plan.form else None,
        "swing": round(plan.swing, 3),
        "style": plan.style,
        "chords": format_chart(chart),
        "harmony": settings.harmony,
        "notes": len(score.parts[0]),
        "seconds": round(score.seconds, 3),
        "parts": {part.name: len(part) for part in score.parts},
        "settings": asdict(settings),
    }
