"""Improvising: chords from a form, a chart or the network; a melody from the network; a band."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from lstmmusic.encoding import MelodySetting
from lstmmusic.encoding.harmony_clock import chord_of
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.encoding.melody_features import Event
from lstmmusic.errors import InputError
from lstmmusic.generation import band
from lstmmusic.generation.primer import FROM_FORM_BAR, Primer, last_phrase
from lstmmusic.generation.settings import MAX_BARS, Settings, parse_range
from lstmmusic.generation.swing import STRAIGHT, TRIPLET, swing_steps
from lstmmusic.player import (
    HarmonyPlayer,
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
    Chord,
    Form,
    Key,
    Metre,
    Note,
    Part,
    Score,
    TempoMap,
    Timed,
    form_named,
    format_chart,
    place_chart,
)

_HARMONY, _MELODY, _BASS = range(3)  # streams of random numbers, so that one part's leave the rest

_VOLUME, _PAN = 7, 10  # MIDI controllers
_MELODY_MIX = (112, 64)  # volume, pan
_BAND_MIX = ((32, 100, 58), (0, 84, 44), (0, 92, 72))  # programme, volume, pan: bass, piano, drums


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


@dataclass(frozen=True)
class _Plan:
    """What is settled before the first note."""

    key: Key
    metre: Metre
    style: str
    tempo: float
    swing: float
    form: Form | None
    form_bars: int
    lead: int  # bars of the primer before the first new bar
    chart: tuple[Bar, ...]  # of the primer's bars and the new ones
    first_form_bar: int  # place in the form of the first bar of the chart
    ends_on_tonic: bool


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
    plan = _plan(settings, model, phrase)
    if phrase is not None:
        phrase = _transposed(phrase, plan.key)
    events = _melody(settings, model, plan, phrase)
    score = _score(settings, plan, events, written=False)
    swings = plan.swing > STRAIGHT and not plan.metre.is_compound
    written = replace(_score(settings, plan, events, written=True), feel="Swing" if swings else "")
    start = 0 if settings.keep_primer else plan.lead
    return Improvisation(score, written, _report(settings, model, plan, score, plan.chart[start:]))


def _plan(settings: Settings, model: StoredModel, phrase: Primer | None) -> _Plan:
    metre = settings.metre_or_usual()
    if phrase is not None and settings.metre is None and settings.style is None:
        metre = phrase.metre
    known = model.card["knows"]["metres"]
    if phrase is not None and phrase.metre.n_beats != metre.n_beats:
        raise InputError("primer", f"a piece with {metre.n_beats} beats a bar", str(phrase.metre))
    if str(metre) not in known:
        asked = "metre" if phrase is None or settings.metre else "primer"
        raise InputError(asked, f"{' or '.join(known)} (what the model knows)", str(metre))
    style = settings.style_or_usual(metre)
    tempo = settings.tempo_or_usual(style)
    if phrase is not None and settings.tempo is None:
        tempo = round(min(max(phrase.tempo_bpm, 20.0), 400.0), 3)
    swing = settings.swing_or_usual(style)
    if phrase is not None and settings.swing is None and phrase.swing is not None:
        swing = round(phrase.swing, 3)
    typed = settings.chart()
    key = _key(settings, phrase, typed)
    form = None
    if typed is None and settings.harmony == "imposed":
        form = form_named(settings.form or ("minor" if key.is_minor else "standard"))
        asked_minor = settings.key is not None and key.is_minor
        if asked_minor and form.mode == "major":
            raise InputError("key", f"a major key for the form {form.name}", str(key))
        key = form.key(key)
    form_bars = len(typed) if typed else form.n_bars if form else 12
    lead = phrase.n_bars if phrase else 0
    n_bars = settings.bars or (settings.choruses or 1) * form_bars
    if n_bars > MAX_BARS:
        raise InputError("choruses", f"at most {MAX_BARS} bars in all", f"{n_bars} bars")
    first = phrase.form_bar % form_bars if phrase else 0
    place = (first + lead) % form_bars  # of the first new bar
    ends = (place + n_bars) % form_bars == 0 or settings.bars is not None
    new = _new_bars(settings, model, typed, form, key, n_bars, place, ends)
    chart = (*_lead_bars(phrase, form, typed, key, first, lead), *new)
    return _Plan(
        key,
        metre,
        style,
        tempo,
        swing,
        form,
        form_bars,
        lead,
        chart,
        first,
        ends and typed is None,
    )


def _key(settings: Settings, phrase: Primer | None, typed: Sequence[Bar] | None) -> Key:
    if settings.key is not None:
        return Key.parse(settings.key)
    if phrase is not None and phrase.key is not None:
        return phrase.key
    if typed is not None:
        first = next((chord for bar in typed for chord in bar if chord.root), Chord("C"))
        return Key(first.root, "minor" if first.kind.is_minor else "major")
    return Key("C")


def _new_bars(
    settings: Settings,
    model: StoredModel,
    typed: Sequence[Bar] | None,
    form: Form | None,
    key: Key,
    n_bars: int,
    place: int,
    ends: bool,
) -> list[Bar]:
    if typed is not None:
        return [typed[(place + bar) % len(typed)] for bar in range(n_bars)]
    if form is None:
        bars = _network_bars(settings, model, key, n_bars, place)
        return [*bars[:-1], (_tonic_chord(key),)] if ends else bars
    inner, last = form.bars(key, last=False), form.bars(key)
    bars = [inner[(place + bar) % form.n_bars] for bar in range(n_bars)]
    if (place + n_bars) % form.n_bars == 0:
        ending = min(form.ending.count("|") + 1, n_bars)
        bars[-ending:] = last[-ending:]
    elif ends:
        bars[-1] = last[-1]
    return bars


def _network_bars(
    settings: Settings, model: StoredModel, key: Key, n_bars: int, place: int
) -> list[Bar]:
    """Chords of the harmony network; it starts a chorus and is heard from the place on."""
    if "harmony" not in model.networks:
        raise InputError("harmony", "imposed (the model has no harmony network)", "model")
    rng = np.random.default_rng([settings.seed, _HARMONY])
    player = HarmonyPlayer(model.networks["harmony"], key.is_minor)
    sampling = Sampling(settings.temperature, settings.top_p, settings.top_k)
    halves = [player.next(sampling, rng) for _ in range(2 * (place + n_bars))][2 * place :]
    bars: list[Bar] = []
    for first, second in zip(halves[::2], halves[1::2], strict=True):
        chords = (chord_of(first, key), chord_of(second, key))
        bars.append(chords[:1] if first == second else chords)
    return bars


def _tonic_chord(key: Key) -> Chord:
    return Chord(key.tonic, "m7" if key.is_minor else "7")


def _lead_bars(
    phrase: Primer | None,
    form: Form | None,
    typed: Sequence[Bar] | None,
    key: Key,
    first: int,
    lead: int,
) -> list[Bar]:
    """What sounds under the primer: its own chords, else those of the form at its place."""
    if phrase is None:
        return []
    if phrase.chart is not None:
        shift = key.pitch_class - phrase.key.pitch_class if phrase.key else 0
        return [tuple(chord.transpose(shift, key) for chord in bar) for bar in phrase.chart]
    bars = typed or (form.bars(key, last=False) if form else ((_tonic_chord(key),),))
    return [bars[(first + bar) % len(bars)] for bar in range(lead)]


def _transposed(phrase: Primer, key: Key) -> Primer:
    if phrase.key is None or phrase.key.pitch_class == key.pitch_class:
        return phrase
    shift = (key.pitch_class - phrase.key.pitch_class + 6) % 12 - 6
    return replace(phrase, events=tuple((a, d, p + shift) for a, d, p in phrase.events))


def _melody(
    settings: Settings, model: StoredModel, plan: _Plan, phrase: Primer | None
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


def _score(settings: Settings, plan: _Plan, events: Sequence[Event], written: bool) -> Score:
    """The piece as it sounds, or as it is written: straight, the band in whole eighths."""
    swing = plan.swing
    if written:  # in 12/8 the third eighth of a beat is the off-beat
        swing = TRIPLET if plan.metre.is_compound else STRAIGHT
    bar = plan.metre.bar_quarters
    bar_steps = plan.metre.n_beats * STEPS_PER_BEAT
    skipped = 0 if settings.keep_primer else plan.lead
    chart = plan.chart[skipped:]
    place = plan.first_form_bar + skipped
    choruses = [b for b in range(len(chart)) if (place + b) % plan.form_bars == 0]
    counted = 1 if settings.count_in and settings.band else 0
    shift = (counted - skipped) * bar_steps
    melody = [(a + shift, d, p, _velocity(a)) for a, d, p in events if a >= skipped * bar_steps]
    parts = [_part(melody, "melody", settings.program(), plan, swing, *_MELODY_MIX)]
    if settings.band:
        rng = np.random.default_rng([settings.seed, _BASS])
        ends = plan.ends_on_tonic
        lines = (
            (band.bass_line(chart, plan.metre, plan.style, rng, ends), "bass (rules)"),
            (band.comping(chart, plan.metre, plan.style, ends), "piano (rules)"),
            (
                band.drum_hits(len(chart), plan.metre, plan.style, choruses, place, ends),
                "drums (rules)",
            ),
        )
        for (line, name), (program, volume, pan) in zip(lines, _BAND_MIX, strict=True):
            moved = [(a + counted * bar_steps, d, p, v) for a, d, p, v in line]
            is_drum = name.startswith("drums")
            if written and not is_drum:
                moved = _notatable(moved, plan.metre)
            if counted and is_drum:
                moved = band.count_in(plan.metre) + moved
            parts.append(_part(moved, name, program, plan, swing, volume, pan, is_drum))
    start = counted * bar
    sections = [Timed(start + b * bar, f"Chorus {n}") for n, b in enumerate(choruses, 1)]
    if 0 not in choruses:
        inside = FROM_FORM_BAR.format(place % plan.form_bars + 1)
        sections.insert(0, Timed(start, inside))
    return Score(
        parts=parts,
        chords=place_chart(chart, plan.metre, start),
        metres=[Timed(0.0, plan.metre)],
        tempo_map=TempoMap.constant(plan.tempo * plan.metre.beat_quarters),
        keys=[Timed(0.0, plan.key)],
        sections=[Timed(0.0, COUNT_IN), *sections] if counted else sections,
        title=f"Blues in {plan.key}",
        pickup_quarters=start,
        length_quarters=start + len(chart) * bar,
    )


def _notatable(
    events: Sequence[tuple[int, int, int, int]], metre: Metre
) -> list[tuple[int, int, int, int]]:
    """Lengths in whole eighths, as far as the next onset: gaps of articulation are not written."""
    eighth = STEPS_PER_BEAT // (3 if metre.is_compound else 2)
    onsets = sorted({onset for onset, *_ in events})
    following = dict(pairwise(onsets))
    return [
        (a, min(-(-d // eighth) * eighth, following.get(a, 10**9) - a), pitch, velocity)
        for a, d, pitch, velocity in events
    ]


def _velocity(onset: int) -> int:
    """A rule, not learnt: beats one and three speak loudest, off-beats softest."""
    beat, step = divmod(onset, STEPS_PER_BEAT)
    return 82 if step else 96 if beat % 2 == 0 else 90


def _part(
    events: Sequence[tuple[int, int, int, int]],
    name: str,
    program: int,
    plan: _Plan,
    swing: float,
    volume: int,
    pan: int,
    is_drum: bool = False,
) -> Part:
    """Notes on the grid, swung, as a part in quarters with its place in the mix."""
    onsets = [event[0] for event in events]
    ends = [event[0] + event[1] for event in events]
    starts = swing_steps(onsets, onsets, swing) * plan.metre.beat_quarters
    stops = swing_steps(onsets, ends, swing) * plan.metre.beat_quarters
    notes = [
        Note(float(start), float(stop - start), pitch, velocity)
        for start, stop, (_, _, pitch, velocity) in zip(starts, stops, events, strict=True)
    ]
    controls = [(0.0, _VOLUME, volume), (0.0, _PAN, pan)]
    return Part(notes, name, program, is_drum, controls)


def _report(
    settings: Settings, model: StoredModel, plan: _Plan, score: Score, chart: Sequence[Bar]
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
