"""What is settled before the first note: key, metre, tempo, chords, the place in the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lstmmusic.encoding.harmony_clock import chord_of
from lstmmusic.errors import InputError
from lstmmusic.generation.primer import Primer
from lstmmusic.generation.settings import MAX_BARS, Settings
from lstmmusic.player import HarmonyPlayer, Sampling, StoredModel
from lstmmusic.score import Bar, Chord, Form, Key, Metre, form_named

HARMONY_STREAM = 0  # of random numbers, so that other parts' leave the chords alone


@dataclass(frozen=True)
class Plan:
    """What is settled before the first note.

    Attributes:
        key, metre, style: As asked, or as usual.
        tempo: Felt beats a minute.
        swing: Share of the beat taken by the on-beat eighth.
        form: None where chords are typed or played by the network.
        form_bars: Bars of one chorus.
        lead: Bars of the primer before the first new bar.
        chart: Chords of the primer's bars and of the new ones.
        first_form_bar: Place in the form of the first bar of the chart, from 0.
        ends_on_tonic: True where the last bar comes home.
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

    def heard_from(self, keep_primer: bool) -> int:
        """The first bar of the chart that is heard: the primer's, or the first new one."""
        return 0 if keep_primer else self.lead

    def choruses(self, first_bar: int) -> list[int]:
        """Bars in which a chorus begins, counted from the first bar that is heard."""
        place = self.first_form_bar + first_bar
        n_bars = len(self.chart) - first_bar
        return [bar for bar in range(n_bars) if (place + bar) % self.form_bars == 0]


def make_plan(settings: Settings, model: StoredModel, phrase: Primer | None) -> Plan:
    """Settles everything; where nothing is asked, the primer's own goes before the usual.

    Raises:
        InputError: What is asked does not fit together, or the model does not know it.
    """
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
    rng = np.random.default_rng([settings.seed, HARMONY_STREAM])
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
