"""Improvising: chords from a form, a chart or the network; a melody from the network; a band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from lstmmusic.analysis.swing import STRAIGHT, TRIPLET, swing_steps
from lstmmusic.encoding import FeelSetting, steps_per_bar
from lstmmusic.encoding.feel_events import TICKS_PER_BEAT
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.encoding.melody_features import Event
from lstmmusic.errors import InputError
from lstmmusic.generation import band
from lstmmusic.generation.bends import RANGE_CONTROLS, choose_bends, wheel
from lstmmusic.generation.endings import final_step
from lstmmusic.generation.feel import LEARNED, learned_times
from lstmmusic.generation.melody import play_melody, setting_of
from lstmmusic.generation.plan import HARMONY_STREAM, TAG, Plan, make_plan
from lstmmusic.generation.primer import FROM_FORM_BAR, Primer, last_phrase
from lstmmusic.generation.settings import Settings, settle
from lstmmusic.generation.written import notatable, on_eighths
from lstmmusic.player import StoredModel, Taste
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

# Streams of random numbers, a part each.
_MELODY, _BASS, _BENDS = range(HARMONY_STREAM + 1, HARMONY_STREAM + 4)
_FEEL, _DRUMMER = HARMONY_STREAM + 5, HARMONY_STREAM + 6  # the one between is `redo`'s
LICK = "Turnaround (rules)"  # the section whose melody is no network's

_VOLUME, _PAN = 7, 10  # MIDI controllers
_MELODY_MIX = (122, 64)  # volume, pan
_BAND_MIX = (  # name, programme, volume, pan, drums
    ("bass (rules)", 32, 94, 58, False),
    ("piano (rules)", 0, 104, 44, False),
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
    bends: Mapping[int, float] = {}  # onset -> semitones, as `choose_bends` gives them
    played: tuple[np.ndarray, np.ndarray] | None = None  # starts, ends in beats; None: by the swing


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

    def asked_with(self, seed: int, **told: Any) -> Improvisation:
        """The piece as what a seed gives that several pieces were played for.

        The seed that was asked for gives this piece again; that of the try would not.

        Args:
            seed: That was asked for.
            **told: What the report gains.
        """
        settings = {**self.report["settings"], "seed": seed}
        return replace(self, report={**self.report, **told, "seed": seed, "settings": settings})


def improvise(
    settings: Settings | None = None,
    *,
    primer: Score | None = None,
    model: StoredModel | str | None = None,
    taste: Taste | None = None,
    **changes: Any,
) -> Improvisation:
    """Improvises a blues.

    Args:
        settings: What is asked; the usual when None.
        primer: A piece whose last melody phrase is gone on from: key, metre, tempo and swing are
            its own unless asked otherwise, and new notes enter in the bar after it, at the next
            place in the form.
        model: The model if it is already in memory, or its name; else `settings.model` is loaded.
        taste: Other music to play like (`improvise_like`); None: as learnt.
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
    settings, model = settle(settings, model, changes)
    if settings.keep_primer and primer is None:
        raise InputError("keep_primer", "a primer to keep", "none")
    phrase = last_phrase(primer) if primer is not None else None
    plan = make_plan(settings, model, phrase)
    if phrase is not None:
        phrase = _transposed(phrase, plan.key)
    rng = np.random.default_rng([settings.seed, _MELODY])
    events = play_melody(settings, model, plan, phrase, rng, taste)
    lines = _lines(settings, model, plan, events)
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


def _lines(
    settings: Settings, model: StoredModel, plan: Plan, events: Sequence[Event]
) -> list[_Line]:
    """What each instrument plays from the first bar that is heard, the melody first."""
    bar_steps = steps_per_bar(plan.metre)
    skipped = plan.heard_from(settings.keep_primer)
    counted = _lead_in_steps(settings, plan)
    shift = counted - skipped * bar_steps
    first = skipped * bar_steps - settings.pickup * STEPS_PER_BEAT
    heard = [event for event in events if event[0] >= first]
    melody = [(a + shift, d, p, velocity_of(a)) for a, d, p in heard]
    rng = np.random.default_rng([settings.seed, _BENDS])
    found = choose_bends(heard, setting_of(settings, plan), settings.program(), settings.bends, rng)
    bends = {onset + shift: semitones for onset, semitones in found.items()}
    played = _played(settings, model, plan, heard, shift) if plan.feel == LEARNED else None
    lines = [_Line("melody", settings.program(), *_MELODY_MIX, melody, bends=bends, played=played)]
    if not settings.band or plan.is_bare:
        return lines
    rng = np.random.default_rng([settings.seed, _BASS])
    chart, ends = plan.chart[skipped:], plan.ends_on_tonic
    place = plan.first_form_bar + skipped
    stops = plan.stops(skipped, settings.stop_time)
    bass = band.bass_line(chart, plan.metre, plan.style, rng, ends)
    bass = band.stopped(bass, stops, bar_steps)
    piano = band.comping(chart, plan.metre, plan.style, ends, stops)
    choruses = plan.choruses(skipped)
    final = final_step(plan.ending, plan.metre)
    drums = band.drum_hits(len(chart), plan.metre, plan.style, choruses, place, ends, final)
    drums = band.stopped(drums, stops, bar_steps)
    for (name, program, volume, pan, is_drum), played in zip(
        _BAND_MIX, (bass, piano, drums), strict=True
    ):
        moved = [(a + counted, d, p, v) for a, d, p, v in played]
        lines.append(_Line(name, program, volume, pan, moved, is_drum))
    if settings.count_in:
        lines[-1].events[:0] = band.count_in(plan.metre)
    if plan.feel == LEARNED:
        lines[-1] = _as_drummers(settings, plan, lines[-1])
    return lines


def _as_drummers(settings: Settings, plan: Plan, drums: _Line) -> _Line:
    """The drums as loud, and as early or late, as drummers play them."""
    rng = np.random.default_rng([settings.seed, _DRUMMER])
    bar_steps, counted = steps_per_bar(plan.metre), _lead_in_steps(settings, plan)
    hits = [(a - counted, d, p, v) for a, d, p, v in drums.events]
    played, late = band.as_drummers(hits, bar_steps, plan.tempo, rng)
    onsets = [event[0] for event in drums.events]
    starts = np.maximum(swing_steps(onsets, onsets, plan.swing) + late, 0.0)
    lengths = np.array([event[1] for event in drums.events]) / STEPS_PER_BEAT
    events = [(a + counted, d, p, v) for a, d, p, v in played]
    return drums._replace(events=events, played=(starts, starts + lengths))


def _played(
    settings: Settings, model: StoredModel, plan: Plan, heard: Sequence[Event], shift: int
) -> tuple[np.ndarray, np.ndarray]:
    """When the melody sounds in felt beats from the start of the piece, as learned."""
    rng = np.random.default_rng([settings.seed, _FEEL])
    starts, stops = learned_times(model, heard, FeelSetting(plan.tempo, plan.metre), rng)
    moved = shift / STEPS_PER_BEAT
    end = moved + len(plan.chart) * plan.metre.n_beats
    tick = 1 / TICKS_PER_BEAT
    starts = np.clip(starts + moved, 0.0, end - tick)  # no note before the piece, none after it
    return starts, np.clip(stops + moved, starts + tick, end)


def _lead_in_steps(settings: Settings, plan: Plan) -> int:
    """What comes before bar 1: a bar of count-in, in which a pickup may lie, or the pickup."""
    if settings.count_in:
        return steps_per_bar(plan.metre)
    return settings.pickup * STEPS_PER_BEAT


def _score(settings: Settings, plan: Plan, lines: Sequence[_Line], written: bool) -> Score:
    """The piece as it sounds, or as it is written: straight, in whole eighths where near."""
    swing = plan.swing
    if written:  # in 12/8 the third eighth of a beat is the off-beat
        swing = TRIPLET if plan.metre.is_compound else STRAIGHT
    bar = plan.metre.bar_quarters
    skipped = plan.heard_from(settings.keep_primer)
    chart = plan.chart[skipped:]
    choruses = plan.choruses(skipped)
    start = _lead_in_steps(settings, plan) / STEPS_PER_BEAT * plan.metre.beat_quarters
    sections = [Timed(start + b * bar, f"Chorus {n}") for n, b in enumerate(choruses, 1)]
    if plan.is_bare:
        sections = []
    elif 0 not in choruses:
        inside = FROM_FORM_BAR.format((plan.first_form_bar + skipped) % plan.form_bars + 1)
        sections.insert(0, Timed(start, inside))
    if plan.tag_bars:
        sections.append(Timed(start + (len(chart) - plan.tag_bars) * bar, TAG))
    if plan.ending == "turnaround":
        sections.append(Timed(start + (len(chart) - 2) * bar, LICK))
    return Score(
        parts=[_part(line, plan.metre, swing, written) for line in lines],
        chords=place_chart(chart, plan.metre, start),
        metres=[Timed(0.0, plan.metre)],
        tempo_map=TempoMap.constant(plan.tempo * plan.metre.beat_quarters),
        keys=[Timed(0.0, plan.key)],
        sections=[Timed(0.0, COUNT_IN), *sections] if settings.count_in else sections,
        title=f"{'Melody' if plan.is_bare else 'Blues'} in {plan.key}",
        pickup_quarters=start,
        length_quarters=start + len(chart) * bar,
    )


def velocity_of(onset: int) -> int:
    """A rule, not learnt: beats one and three speak loudest, off-beats softest."""
    beat, step = divmod(onset, STEPS_PER_BEAT)
    return 82 if step else 96 if beat % 2 == 0 else 90


def _part(line: _Line, metre: Metre, swing: float, written: bool) -> Part:
    """A line swung, in quarters, with its place in the mix."""
    events = line.events
    if written and not line.is_drum:
        events = notatable(events, metre)
    onsets = [event[0] for event in events]
    ends = [event[0] + event[1] for event in events]
    if line.played is not None and not written:
        starts, stops = (times * metre.beat_quarters for times in line.played)
    else:
        starts = swing_steps(onsets, onsets, swing) * metre.beat_quarters
        stops = swing_steps(onsets, ends, swing) * metre.beat_quarters
        if written and metre.is_compound:
            stops = on_eighths(starts, stops, metre.beat_quarters / 3)
    notes = [
        Note(float(start), float(stop - start), pitch, velocity)
        for start, stop, (_, _, pitch, velocity) in zip(starts, stops, events, strict=True)
    ]
    controls = [(0.0, _VOLUME, line.volume), (0.0, _PAN, line.pan)]
    bends = []
    if line.bends and not written:
        controls += [(0.0, *control) for control in RANGE_CONTROLS]
        for event, note in zip(events, notes, strict=True):
            if event[0] in line.bends:
                bends += wheel(note.onset_quarters, note.duration_quarters, line.bends[event[0]])
    return Part(notes, line.name, line.program, line.is_drum, controls, bends)


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
        "feel": plan.feel,
        "style": plan.style,
        "chords": format_chart(chart),
        "harmony": settings.harmony,
        "notes": len(score.parts[0]),
        "seconds": round(score.seconds, 3),
        "parts": {part.name: len(part) for part in score.parts},
        "settings": asdict(settings),
    }
