"""What a piece tells the melody network: chords, key, place in the form, style, swing, density."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from lstmmusic.analysis import estimate_swing, find_chords, find_key
from lstmmusic.analysis.swing import STRAIGHT, TRIPLET
from lstmmusic.encoding import MelodySetting
from lstmmusic.errors import InputError
from lstmmusic.generation.melody import TaggedSetting
from lstmmusic.generation.plan import TAG, usual_of
from lstmmusic.generation.primer import form_start, swing_of
from lstmmusic.generation.settings import Settings
from lstmmusic.player import StoredModel
from lstmmusic.score import FORMS, Bar, Key, Metre, Part, Score, form_named

USUAL_FORM_BARS = 12
MAX_FORM_BARS = 64
_DENSITIES = (0.5, 16.0)  # notes a bar, as in `Settings`
_CHORUS = re.compile(r"chorus\D*(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Context:
    """A piece as the network is told of it.

    Attributes:
        setting: Chords, key, metre, form, style, density.
        swing: Share of the beat taken by the on-beat eighth as it sounds; straight in compound
            metres, which write theirs out.
        harmony: Where the chords come from: `piece` (the file names them), `found` (by what sounds)
            or `imposed` (too little sounds: the usual form's).
    """

    setting: MelodySetting
    swing: float
    harmony: str

    @property
    def told_swing(self) -> float:
        """The swing as people are told it: in 12/8 the third eighth is the off-beat."""
        return TRIPLET if self.setting.metre.is_compound else self.swing


def context_of(
    score: Score, melody: Part, bar: int, settings: Settings, model: StoredModel
) -> Context:
    """Reads a piece; where it says nothing the settings speak, else what sounds, else the usual.

    Args:
        score: The piece.
        melody: Its melody part.
        bar: Where the network is to play, counted from 0: key and chorus are those of this bar.
        settings: `style`, `swing`, `density` and, where the piece names none, `key` are looked at.
        model: What it knows.

    Raises:
        InputError: A metre that changes or that the model does not know; no key to be found.
    """
    metre = _metre(score, model)
    swing = settings.asked_swing or _swing(score) or STRAIGHT
    usual = usual_of(settings, model, metre)
    style = usual.style
    if settings.style is None and usual.has_forms and not metre.is_compound:
        style = "shuffle" if swing > 0.64 else "jump" if swing > 0.56 else "straight"
    onset = score.bar_starts[max(bar, 0)]
    index = next(n for n, part in enumerate(score.parts) if part is melody)
    key = _key(score, index, settings, float(onset))
    harmony, chords = "piece", score.chords
    if not chords:
        harmony, chords = "found", find_chords(score, key, index, from_melody=usual.has_forms).value
    harmony = harmony if chords or not usual.has_forms else "imposed"
    chart = _chart(replace(score, chords=chords), key, usual.has_forms)
    form_bars, tag_bars = _form_bars(score)
    setting = TaggedSetting(
        chart,
        key,
        metre,
        style,
        form_bars,
        settings.density or _density(score, melody),
        -form_start(score, max(bar, 0)) % form_bars,
        tag_bars=tag_bars,
    )
    return Context(setting, swing, harmony)


def _metre(score: Score, model: StoredModel) -> Metre:
    if len(score.metres) > 1:
        bar = score.bar_at(score.metres[1].onset_quarters)
        raise InputError("metre", "the same throughout the piece", f"a change in bar {bar}")
    known = model.card["knows"]["metres"]
    if str(score.metre) not in known:
        raise InputError("metre", f"{' or '.join(known)} (what the model knows)", str(score.metre))
    return score.metre


def _swing(score: Score) -> float | None:
    """Of the melody; where it does not tell, of the first part that does."""
    found = swing_of(score)
    if found is not None or score.metre.is_compound:
        return found
    beat = score.metre.beat_quarters
    for part in score.parts:
        onsets = np.unique(part.notes["onset_quarters"]) - score.pickup_quarters
        told = estimate_swing(onsets / beat)
        if told is not None:
            return told
    return None


def _key(score: Score, melody: int, settings: Settings, onset_quarters: float) -> Key:
    found = score.key_at(onset_quarters)
    if found is not None:
        return found
    if settings.key is not None:
        return Key.parse(settings.key)
    heard = find_key(score, melody)
    if not heard.confidence:
        raise InputError("key", "the key of the piece, which names none", "none")
    return heard.value


def _chart(score: Score, key: Key, has_forms: bool) -> tuple[Bar, ...]:
    """The chord at every beat, or once a bar where it stays; else the usual form's."""
    starts = score.bar_starts
    if not score.chords and has_forms:
        form = form_named("minor" if key.is_minor else "standard")
        bars = form.bars(key, last=False)
        return tuple(bars[bar % len(bars)] for bar in range(len(starts)))
    metre = score.metre
    onsets = np.array([onset for onset, _ in score.chords])
    beats = starts[:, None] + np.arange(metre.n_beats) * metre.beat_quarters
    index = np.searchsorted(onsets, beats + 1e-6, side="right") - 1
    chart = []
    for row in index.tolist():
        chords = tuple(score.chords[i].value if i >= 0 else score.chord_at(-1.0) for i in row)
        chart.append(chords[:1] if len(set(chords)) == 1 else chords)
    return tuple(chart)


def _form_bars(score: Score) -> tuple[int, int]:
    """Bars of a chorus, by the sections that name choruses; and bars of a tag at the end."""
    begins: dict[str, int] = {}
    end, n_bars = score.n_bars, score.n_bars
    for onset, text in score.sections:
        match = _CHORUS.search(text)
        bar = max(score.bar_at(onset) - 1, 0)
        if text == TAG:
            end = bar
        if match and match[1] != "0":
            begins.setdefault(match[1], bar)
    places = sorted(begins.values())
    gaps = [b - a for a, b in pairwise(places) if b > a]
    length = Counter(gaps).most_common(1)[0][0] if gaps else USUAL_FORM_BARS
    if len(places) == 1 and end - places[0] in {form.n_bars for form in FORMS.values()}:
        length = end - places[0]  # else it may not be a whole chorus
    return (length if length <= MAX_FORM_BARS else USUAL_FORM_BARS), n_bars - end


def _density(score: Score, melody: Part) -> float:
    """Notes a bar of the melody, over the bars in which it plays."""
    bars = np.floor(
        (melody.notes["onset_quarters"] - score.pickup_quarters + 1e-6) / (score.metre.bar_quarters)
    )
    low, high = _DENSITIES
    return float(np.clip(len(bars) / max(len(np.unique(bars)), 1), low, high))
