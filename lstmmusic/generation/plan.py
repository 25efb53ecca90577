"""What is settled before the first note: key, metre, tempo, chords, the place in the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from lstmmusic.encoding.harmony_clock import chord_of
from lstmmusic.encoding.melody_features import LINE_BARS, SECTION_BARS
from lstmmusic.errors import InputError
from lstmmusic.generation.endings import TAG_BARS, last_bars, turned
from lstmmusic.generation.feel import LEARNED, RULE, check_feel
from lstmmusic.generation.primer import Primer
from lstmmusic.generation.settings import MAX_BARS, Settings, parse_choruses
from lstmmusic.player import HarmonyPlayer, Sampling, StoredModel
from lstmmusic.score import NO_CHORD, Bar, Chord, Form, Key, Metre, form_named

USUAL_SECTIONS = 2  # of a melody without a form

TAG = "Tag"  # the section that is the last line once more
HARMONY_STREAM = 0  # of random numbers, so that other parts' leave the chords alone


@dataclass(frozen=True)
class Plan:
    """What is settled before the first note.

    Attributes:
        key, metre, style: As asked, or as usual.
        tempo: Felt beats a minute.
        swing: Share of the beat taken by the on-beat eighth; the band's alone where the melody's
            feel is learned.
        form: None where chords are typed or played by the network.
        form_bars: Bars of one chorus.
        lead: Bars of the primer before the first new bar.
        chart: Chords of the primer's bars and of the new ones.
        first_form_bar: Place in the form of the first bar of the chart, from 0.
        ends_on_tonic: True where the last bar comes home.
        notes_per_bar: As usual in the model.
        feel: `learned` where the melody is placed in time as players did, else `rule`.
        is_bare: True where a melody is played alone, because the model knows no chords in its
            metre and none are asked for.
        ending: As asked; None for the usual.
        tag_bars: Bars at the end that are the last line once more.
    """

    key: Key
    metre: Metre
    style: str
    tempo: float
    swing: float
    form: Form | None
    form_bars: int
    lead: int
    chart: tuple[Bar, ...]
    first_form_bar: int
    ends_on_tonic: bool
    notes_per_bar: float
    feel: str
    is_bare: bool
    ending: str | None = None
    tag_bars: int = 0

    @property
    def closing_bars(self) -> int:
        """Bars at the end in which the melody comes home."""
        return (2 if self.ending == "turnaround" else 1) if self.ends_on_tonic else 0

    def heard_from(self, keep_primer: bool) -> int:
        """The first bar of the chart that is heard: the primer's, or the first new one."""
        return 0 if keep_primer else self.lead

    def choruses(self, first_bar: int) -> list[int]:
        """Bars in which a chorus begins, counted from the first bar that is heard."""
        place = self.first_form_bar + first_bar
        n_bars = len(self.chart) - first_bar - self.tag_bars
        return [bar for bar in range(n_bars) if (place + bar) % self.form_bars == 0]

    def stops(self, first_bar: int, stop_time: str | None) -> set[int]:
        """Bars, counted from the first that is heard, in which the band strikes beat one alone.

        Raises:
            InputError: A chorus that there is not.
        """
        n_bars = len(self.chart) - first_bar
        stops = {n_bars - 2} if self.ending == "stop" else set()
        if stop_time is None:
            return stops
        begins = dict(enumerate(self.choruses(first_bar), 1))
        wanted = parse_choruses(stop_time)
        for chorus in sorted(begins if wanted is None else wanted):
            if chorus not in begins:
                found = f"1 to {len(begins)}" if begins else "a piece with whole choruses"
                raise InputError("stop_time", f"choruses of the piece ({found})", chorus)
            stops.update(range(begins[chorus], min(begins[chorus] + LINE_BARS, n_bars - 1)))
        return stops


def make_plan(settings: Settings, model: StoredModel, phrase: Primer | None) -> Plan:
    """Settles everything; where nothing is asked, the primer's own goes before the usual.

    Raises:
        InputError: What is asked does not fit together, or the model does not know it.
    """
    metre = settings.metre_or_usual()
    if phrase is not None and settings.metre is None and settings.style is None:
        metre = phrase.metre
    known = model.card["knows"]["metres"]
    if phrase is None and settings.metre is None and settings.style is None:
        metre = metre if str(metre) in known else Metre.parse(known[0])
    if phrase is not None and phrase.metre.n_beats != metre.n_beats:
        raise InputError("primer", f"a piece with {metre.n_beats} beats a bar", str(phrase.metre))
    if str(metre) not in known:
        asked = "metre" if phrase is None or settings.metre else "primer"
        raise InputError(asked, f"{' or '.join(known)} (what the model knows)", str(metre))
    if settings.swing == LEARNED:
        check_feel(model, metre)
    style, tempo, swing, notes_per_bar, has_forms, feel = usual_of(settings, model, metre)
    if phrase is not None and settings.tempo is None:
        tempo = round(min(max(phrase.tempo_bpm, 20.0), 400.0), 3)
    if phrase is not None and settings.swing is None and phrase.swing is not None:
        swing = round(phrase.swing, 3)
    typed = settings.chart()
    key = _key(settings, phrase, typed)
    form = None
    is_bare = not has_forms and typed is None and settings.harmony == "imposed"
    if is_bare and settings.count_in:
        raise InputError("count_in", "chords or a form for a band to play", "neither")
    if is_bare:
        typed = ((NO_CHORD,),) * SECTION_BARS
    elif typed is None and settings.harmony == "imposed":
        form = form_named(settings.form or ("minor" if key.is_minor else "standard"))
        asked_minor = settings.key is not None and key.is_minor
        if asked_minor and form.mode == "major":
            raise InputError("key", f"a major key for the form {form.name}", str(key))
        key = form.key(key)
        form = turned(form, settings.turnaround) if settings.turnaround else form
    _check_asked(settings, phrase, metre, form, typed, is_bare)
    form_bars = len(typed) if typed else form.n_bars if form else 12
    lead = phrase.n_bars if phrase else 0
    once = USUAL_SECTIONS if is_bare else 1
    n_bars = settings.bars or (settings.choruses or once) * form_bars
    if n_bars > MAX_BARS:
        raise InputError("choruses", f"at most {MAX_BARS} bars in all", f"{n_bars} bars")
    first = phrase.form_bar % form_bars if phrase else 0
    place = (first + lead) % form_bars  # of the first new bar
    ends = (place + n_bars) % form_bars == 0 or settings.bars is not None
    new = _new_bars(settings, model, typed, form, key, n_bars, place, ends)
    if settings.ending is not None:
        if not ends:
            raise InputError("ending", "a piece that ends where a chorus does, or bars", "neither")
        new = _ended(settings.ending, new, key, metre)
    chart = (*_lead_bars(phrase, form, typed, key, first, lead), *new)
    return Plan(
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
        ends and (is_bare or typed is None),
        notes_per_bar,
        feel,
        is_bare,
        settings.ending,
        len(new) - n_bars,
    )


def _check_asked(
    settings: Settings,
    phrase: Primer | None,
    metre: Metre,
    form: Form | None,
    typed: Sequence[Bar] | None,
    is_bare: bool,
) -> None:
    """Refuses what needs something else that is not there."""
    has = "no chords" if is_bare else "a typed chart"
    if settings.turnaround is not None and form is None:
        expected = "a form, which turns round"
        raise InputError("turnaround", expected, has if typed else "chords of the network")
    if settings.ending is not None and typed is not None:
        raise InputError("ending", "a form, or chords of the network", has)
    if settings.ending == "tag" and settings.bars is not None:
        raise InputError("ending", "choruses for a tag, which adds a line", "bars")
    if settings.ending is not None and settings.bars is not None and settings.bars < 2:
        raise InputError("ending", "two bars or more", settings.bars)
    if settings.ending == "turnaround" and metre.n_beats < 2:
        raise InputError("ending", "a bar of two beats or more for a turnaround", str(metre))
    if settings.stop_time is not None and is_bare:
        raise InputError("stop_time", "chords or a form for a band to play", "neither")
    if settings.pickup and phrase is not None:
        raise InputError("pickup", "either this or a primer", "both")
    if settings.pickup >= metre.n_beats:
        expected = f"0 to {metre.n_beats - 1} felt beats, less than a bar of {metre}"
        raise InputError("pickup", expected, settings.pickup)


def _ended(ending: str, bars: list[Bar], key: Key, metre: Metre) -> list[Bar]:
    """The bars with the ending asked for; a tag makes them more."""
    if ending == "tag":
        return [*bars, *bars[-TAG_BARS:]]
    return [*bars[:-2], *last_bars(ending, key, metre, bars[-1][-1])]


class Usual(NamedTuple):
    """What is done where nothing is asked."""

    style: str
    tempo: float
    swing: float
    notes_per_bar: float
    has_forms: bool
    feel: str


def usual_of(settings: Settings, model: StoredModel, metre: Metre) -> Usual:
    """As asked; else as usual in the music that the model was trained on; else as in the style."""
    knows = model.card["knows"]
    row = knows.get("usual", {}).get(str(metre))
    style = settings.style or (settings.style_or_usual(metre) if row is None else row["style"])
    tempo, swing = settings.tempo_or_usual(style), settings.swing_or_usual(style)
    notes_per_bar = knows["notes_per_bar"].get(style, 4.0)
    if row is not None and style == row["style"]:
        tempo = tempo if settings.tempo is not None else float(row["tempo"])
        if settings.swing is None:
            swing = float(row["swing"])
        notes_per_bar = row["notes_per_bar"]
    has_forms = settings.form is not None or row is None or bool(row["forms"])
    feel = LEARNED if settings.swing == LEARNED else RULE
    if settings.swing is None and row is not None:
        feel = row.get("feel", RULE)
    return Usual(style, tempo, swing, notes_per_bar, has_forms, feel)


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
        return [*bars[:-1], (_home(bars, key),)] if ends else bars
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
    rng = np.random.default_rng([settings.seed, HARMONY_STREAM])
    player = HarmonyPlayer(model.networks["harmony"], key.is_minor)
    sampling = Sampling(settings.temperature, settings.top_p, settings.top_k)
    halves = [player.next(sampling, rng) for _ in range(2 * (place + n_bars))][2 * place :]
    bars: list[Bar] = []
    for first, second in zip(halves[::2], halves[1::2], strict=True):
        chords = (chord_of(first, key), chord_of(second, key))
        bars.append(chords[:1] if first == second else chords)
    return bars


def _home(bars: Sequence[Bar], key: Key) -> Chord:
    """The tonic chord as it was last heard, with the third of its mode; else the usual one."""
    third = 3 if key.is_minor else 4
    for chord in (chord for bar in reversed(bars) for chord in reversed(bar)):
        if chord.pitch_classes[:1] == (key.pitch_class,) and third in chord.kind.intervals:
            return replace(chord, bass="")
    return _tonic_chord(key)


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
