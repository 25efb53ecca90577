"""Lines that rest, held against the scorecard's own count of them."""

import numpy as np
import pytest

from lstmmusic import Note, Part, Score
from lstmmusic.encoding import MelodySetting
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.evaluation.line import read_line
from lstmmusic.evaluation.melody_statistics import breathing
from lstmmusic.player import MelodyLimits, MelodyPlayer, Sampling
from lstmmusic.player.line_rests import LineRests
from lstmmusic.score import Key, Metre, Timed, form_named
from tests.tiny_model import tiny_weights


def played(
    seed,
    breathes,
    form="standard",
    metre="4/4",
    iois=(3, 6, 12, 48),
    first_form_bar=0,
    durations=(3, 6, 12, 36),
):
    metre = Metre.parse(metre)
    bars = form_named(form).bars(Key("C"))
    limits = MelodyLimits(
        iois=np.isin(np.arange(1, 193), iois),
        durations=np.isin(np.arange(1, 193), durations),
        breathes=breathes,
    )
    setting = MelodySetting(bars * 2, Key("C"), metre, "shuffle", len(bars), 4.0, first_form_bar)
    player = MelodyPlayer(tiny_weights("melody", seed, spread=0.3), setting, limits)
    rng = np.random.default_rng(seed)
    while (onset := player.next_onset(Sampling(), rng, earliest=0)) < setting.n_steps:
        player.play(onset, Sampling(), rng, longest=setting.n_steps - onset)
    return setting, player.memory.events


def share(setting, events):
    step = setting.metre.beat_quarters / STEPS_PER_BEAT
    notes = [Note(a * step, d * step, p) for a, d, p in events]
    length = setting.n_steps * step
    score = Score([Part(notes)], metres=[Timed(0.0, setting.metre)], length_quarters=length)
    return breathing(read_line(score), -setting.first_form_bar % 4)


@pytest.mark.parametrize("form", ["standard", "eight-bar", "sixteen-bar"])
@pytest.mark.parametrize("metre", ["4/4", "12/8"])
def test_every_line_rests_by_the_scorecards_count(form, metre):
    free = []
    for seed in range(6):
        assert share(*played(seed, True, form, metre)) == 1
        free.append(share(*played(seed, False, form, metre)))
    assert np.mean(free) < 1


def test_lines_are_those_of_the_form_where_a_piece_begins_within_it():
    assert share(*played(3, True, first_form_bar=2)) == 1


def test_where_nothing_usual_leaves_a_rest_the_music_goes_on():
    """Lengths of a sixteenth alone, one after the other: there is no rest to be had."""
    setting, events = played(0, True, iois=(3,), durations=(3,))
    assert len(events) == setting.n_steps / 3 - (events[0][0] // 3)


def test_a_line_rests_before_a_note_that_is_settled():
    chart = form_named("standard").bars(Key("C"))
    rests = LineRests(MelodySetting(chart, Key("C"), Metre()), shortest=3)
    before = [(140, 10, 60)]  # into bar 4, of which nothing has rested yet
    onsets = np.arange(150, 200)
    for due in (192, 198, 230):
        for onset in onsets[rests.open_onsets(before, onsets, due)]:
            if onset < 192 and onset - 150 < 12:
                longest = rests.longest(before, int(onset), due)
                assert longest >= 3
                assert due - (onset + longest) >= 12
