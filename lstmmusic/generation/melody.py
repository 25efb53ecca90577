"""The melody of a plan: note by note from the network, its last bars as the ending asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstmmusic.encoding import MelodySetting
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.encoding.melody_features import LINE_BARS, Event
from lstmmusic.generation.answer import Answers
from lstmmusic.generation.endings import final_step, lick
from lstmmusic.generation.plan import Plan
from lstmmusic.generation.primer import Primer
from lstmmusic.generation.settings import Settings, parse_range
from lstmmusic.player import MelodyLimits, MelodyPlayer, Sampling, StoredModel, Taste, Thinning
from lstmmusic.player.network import MAX_STEPS

MAJOR_HOME, MINOR_HOME = (0, 4, 7), (0, 3, 7)  # degrees that a piece may end on


@dataclass(frozen=True)
class TaggedSetting(MelodySetting):
    """A setting whose last line comes twice.

    Args:
        tag_bars: How many bars of the end are played for the second time.
    """

    tag_bars: int = 0

    def form_bar(self, bar: int) -> int:
        """As ever; in the tag, that of the line that comes again."""
        return super().form_bar(
            bar - self.tag_bars if bar >= len(self.chart) - self.tag_bars else bar
        )


def melody_player(
    model: StoredModel,
    setting: MelodySetting,
    lowest: int,
    highest: int,
    rng: np.random.Generator,
    notes_per_bar: tuple[float, float] | None = None,
    taste: Taste | None = None,
) -> MelodyPlayer:
    """The melody network with what it may not do, thinned where that is usual in the model.

    Args:
        model: Its melody network plays.
        setting: Chords, key, metre, form, style, and notes a bar as the network is told them.
        lowest: Of the range, a pitch.
        highest: Of the range.
        rng: Random numbers; none is used, its offspring are.
        notes_per_bar: The least and the most; None: as learnt.
        taste: Other music to play like; None: as learnt.
    """
    knows = model.card["knows"]
    limits = MelodyLimits(
        lowest,
        highest,
        _flags(knows["iois"]),
        _flags(knows["durations"]),
        notes_per_bar=notes_per_bar,
        degrees=_degrees(knows, setting.key.mode),
        breathes=knows.get("breathing") == 1,
        taste=taste,
    )
    weights = model.networks["melody"]
    thinning = None
    if "thinned" in knows:
        thinning = Thinning.drawn(weights, knows["thinned"], rng.spawn(1)[0])
    return MelodyPlayer(weights, setting, limits, thinning)


def setting_of(settings: Settings, plan: Plan) -> MelodySetting:
    """What the melody network is told of a plan."""
    return TaggedSetting(
        plan.chart,
        plan.key,
        plan.metre,
        plan.style,
        plan.form_bars,
        settings.density or plan.notes_per_bar,
        plan.first_form_bar,
        tag_bars=plan.tag_bars,
    )


def play_melody(
    settings: Settings,
    model: StoredModel,
    plan: Plan,
    phrase: Primer | None,
    rng: np.random.Generator,
    taste: Taste | None = None,
) -> list[Event]:
    """The primer's notes and the new ones, onsets in steps from bar 1 of the chart."""
    knows = model.card["knows"]
    low, high = parse_range(settings.range) if settings.range else knows["range"]
    setting = setting_of(settings, plan)
    asked = settings.density
    busy = (asked, asked) if asked else knows.get("notes_per_bar_range")
    player = melody_player(model, setting, low, high, rng, busy, taste)
    for event in phrase.events if phrase else ():
        player.hear(event)
    sampling = Sampling(settings.temperature, settings.top_p, settings.top_k)
    share = settings.answer
    if share is None:  # a form of two lines has its own ways
        has_third = plan.form_bars >= 3 * LINE_BARS
        share = knows.get("answer", 0.0) if has_third else 0.0
    answers = Answers(setting, share, plan.lead)
    _play_on(player, answers, sampling, rng, plan, settings.pickup)
    if plan.ends_on_tonic:
        _come_home(player, sampling, rng, plan)
    return player.memory.events


def _play_on(
    player: MelodyPlayer,
    answers: Answers,
    sampling: Sampling,
    rng: np.random.Generator,
    plan: Plan,
    pickup_beats: int,
) -> None:
    """Plays up to the end, or up to the bars in which the melody comes home."""
    setting = player.setting
    stop = setting.n_steps - setting.bar_steps * plan.closing_bars
    start = plan.lead * setting.bar_steps - pickup_beats * STEPS_PER_BEAT
    latest = -1 if pickup_beats else None
    while True:
        onset = _next_onset(player, answers, sampling, rng, start, latest)
        latest = None
        if onset >= stop:
            return
        longest = min(stop - onset, MAX_STEPS)
        answer = answers.next_begin(onset)
        if answer is not None:
            longest = min(longest, answer - onset)  # so that the answer finds its place free
        echo = answers.at(player.memory, onset)
        due = answers.due(player.memory, onset)
        player.play(onset, sampling, rng, longest=longest, echo=echo, due=due)


def _next_onset(
    player: MelodyPlayer,
    answers: Answers,
    sampling: Sampling,
    rng: np.random.Generator,
    start: int,
    latest: int | None,
) -> int:
    """The network says when line one is over; then the answer has its say."""
    memory = player.memory
    earliest = start
    if memory.events:
        earliest = max(earliest, memory.events[-1][0] + memory.events[-1][1])
    echo = answers.after(memory, earliest)
    due = answers.due(memory, memory.last_onset)
    onset = player.next_onset(sampling, rng, start, latest, echo, due)
    begin = answers.begins_between(memory.last_onset, onset) if echo is None else None
    if begin is None:
        return onset
    return player.next_onset(sampling, rng, begin, echo=answers.after(memory, begin))


def _come_home(
    player: MelodyPlayer, sampling: Sampling, rng: np.random.Generator, plan: Plan
) -> None:
    """The last notes: a tone of the tonic chord; where an ending is asked, the tonic itself."""
    setting = player.setting
    last_bar = setting.n_steps - setting.bar_steps
    longest = 2 * STEPS_PER_BEAT
    if plan.ending is None:
        home = MINOR_HOME if plan.key.is_minor else MAJOR_HOME
        player.play(last_bar, sampling, rng, home, longest=longest)
        return
    if plan.ending == "turnaround":
        before = last_bar - setting.bar_steps
        tonic = player.play(before, sampling, rng, (0,), longest=STEPS_PER_BEAT)
        limits = player.limits
        for event in lick(tonic, plan.key, plan.metre, limits.lowest, limits.highest):
            player.hear(event)
    final = last_bar + final_step(plan.ending, plan.metre)
    longest = min(longest, setting.n_steps - final)
    player.play(final, sampling, rng, (0,), longest=longest, shortest=longest)


def _degrees(knows: Mapping[str, Any], mode: str) -> np.ndarray:
    """Those that the training music has in the mode; all where the card does not say."""
    return np.isin(np.arange(12), knows.get("degrees", {}).get(mode, range(12)))


def _flags(lengths: Iterable[int]) -> np.ndarray:
    flags = np.zeros(MAX_STEPS, bool)
    flags[np.asarray(list(lengths)) - 1] = True
    return flags
