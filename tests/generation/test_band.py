"""The band's rules: what each part plays, whatever the chart."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.encoding import steps_per_bar
from lstmmusic.generation import band
from lstmmusic.generation.band import bass, rhythm
from lstmmusic.generation.band.comping import MAX_MOVE, guide_tones, lead_voices
from lstmmusic.score import FORMS, Chord, Key, Metre, parse_chart
from lstmmusic.score.pitch import FLAT_NAMES
from tests import strategies

METRES = {"shuffle": "4/4", "jump": "4/4", "straight": "4/4", "slow": "12/8"}
STYLES = pytest.mark.parametrize("style", METRES)
CHARTS = st.lists(st.lists(strategies.chords, min_size=1, max_size=4), min_size=1, max_size=8)


def rng(seed=0):
    return np.random.default_rng(seed)


@given(CHARTS, st.sampled_from(sorted(METRES)), st.integers(0, 99), st.booleans())
def test_bass_plays_one_note_at_a_time_within_its_range(chart, style, seed, ends):
    metre = Metre.parse(METRES[style])
    events = band.bass_line(chart, metre, style, rng(seed), ends)
    for (onset, duration, _, _), (following, _, _, _) in pairwise(events):
        assert onset + duration <= following
    for onset, duration, pitch, _ in events:
        assert bass.LOWEST <= pitch <= bass.HIGHEST
        assert duration >= 1
        assert 0 <= onset < onset + duration <= len(chart) * steps_per_bar(metre)


@given(CHARTS, st.sampled_from(sorted(METRES)), st.integers(0, 99))
def test_bass_plays_the_bass_note_where_a_bar_begins(chart, style, seed):
    metre = Metre.parse(METRES[style])
    events = band.bass_line(chart, metre, style, rng(seed))
    pitches = {onset: pitch for onset, _, pitch, _ in events}
    for bar, chords in enumerate(chart):
        onset = bar * steps_per_bar(metre)
        if chords[0].is_silent:
            assert onset not in pitches
        else:
            assert pitches[onset] % 12 == chords[0].bass_pitch_class


def test_walking_bass_steps_into_a_new_root_by_a_semitone():
    chart = parse_chart("| C7 | F7 | Bb7 | Eb7 | Ab7 | C7 |")
    for seed in range(10):
        events = band.bass_line(chart, Metre(), "shuffle", rng(seed))
        pitches = {onset: pitch for onset, _, pitch, _ in events}
        for bar in range(1, 5):
            step = abs(pitches[48 * bar] - pitches[48 * bar - 12])
            assert step % 12 in (1, 11)


@pytest.mark.parametrize(("style", "n_notes"), [("shuffle", 4), ("slow", 2), ("straight", 8)])
def test_bass_walks_plays_in_two_or_in_eighths(style, n_notes):
    chart = parse_chart("| C7 | C7 |")
    events = band.bass_line(chart, Metre.parse(METRES[style]), style, rng())
    assert sum(onset < 48 for onset, _, _, _ in events) == n_notes


@STYLES
def test_bass_holds_the_last_chord_where_the_piece_ends(style):
    chart = parse_chart("| F7 | C7 |")
    metre = Metre.parse(METRES[style])
    onset, duration, pitch, _ = band.bass_line(chart, metre, style, rng(), ends=True)[-1]
    assert (onset, pitch % 12) == (48, 0)
    assert duration > 40
    assert band.bass_line(chart, metre, style, rng(), ends=False)[-1][1] < 40


@STYLES
@pytest.mark.parametrize("n_bars", [1, 4, 13, 25])
def test_no_drum_is_struck_twice_at_once(style, n_bars):
    events = band.drum_hits(n_bars, Metre.parse(METRES[style]), style, range(0, n_bars, 12))
    struck = [(onset, pitch) for onset, _, pitch, _ in events]
    assert len(struck) == len(set(struck))
    assert max(onset for onset, _ in struck) < 48 * n_bars


@STYLES
def test_drums_crash_where_a_chorus_begins_and_stop_where_the_piece_ends(style):
    metre = Metre.parse(METRES[style])
    events = band.drum_hits(24, metre, style, choruses=(0, 12))
    crashes = [onset for onset, _, pitch, _ in events if pitch == rhythm.CRASH]
    assert crashes == [0, 12 * 48, 23 * 48]
    assert max(onset for onset, _, _, _ in events) == 23 * 48
    goes_on = band.drum_hits(24, metre, style, choruses=(0, 12), ends=False)
    assert max(onset for onset, _, _, _ in goes_on) > 23 * 48 + 24


@STYLES
@pytest.mark.parametrize("place", [0, 1])
def test_fills_close_the_lines_of_the_form(style, place):
    """In a fill nothing sounds between the strokes of the snare."""
    metre = Metre.parse(METRES[style])
    events = band.drum_hits(9, metre, style, first_form_bar=place)
    feel = band.FEELS[style]
    for bar in range(8):
        beat = [(o - 48 * bar, p) for o, _, p, _ in events if 36 <= o - 48 * bar < 48]
        snares = tuple(sorted(step for step, pitch in beat if pitch == rhythm.SNARE))
        if (bar + place) % 4 == 3:
            assert snares == feel.fill
            assert {step for step, _ in beat} <= {36, *feel.fill}
        else:
            assert snares != feel.fill


@STYLES
def test_count_in_is_a_stroke_a_beat(style):
    metre = Metre.parse(METRES[style])
    onsets = [onset for onset, _, _, _ in band.count_in(metre)]
    assert onsets == [12 * beat for beat in range(metre.n_beats)]


@pytest.mark.parametrize(
    ("chord", "third", "seventh"),
    [("C7", 4, 10), ("Cm7", 3, 10), ("Cmaj7", 4, 11), ("Cm7b5", 3, 10), ("C13", 4, 10)],
)
def test_guide_tones_are_third_and_seventh(chord, third, seventh):
    assert guide_tones(Chord.parse(chord)) == (third, seventh)


def test_every_chord_can_follow_every_chord():
    """In three voices that ascend, third and seventh among them, near the middle of a piano."""
    dice = rng(1)
    voices = None
    for _ in range(3000):
        chord = Chord(str(dice.choice(FLAT_NAMES)), str(dice.choice(strategies.QUALITIES)))
        voices = lead_voices(chord, voices)
        assert voices[0] < voices[1] < voices[2]
        degrees = {(pitch - chord.root_pitch_class) % 12 for pitch in voices}
        assert degrees >= set(guide_tones(chord))
        assert 40 <= voices[0] <= voices[2] <= 84


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.name)
@pytest.mark.parametrize("key", ["C", "F#"])
def test_voices_move_little_through_every_form(form, key):
    bars = form.bars(form.key(Key(key)), last=False)
    voices = None
    for chord in [chord for bar in (*bars, *bars) for chord in bar]:
        before, voices = voices, lead_voices(chord, voices)
        if before:
            moves = [abs(a - b) for a, b in zip(before, voices, strict=True)]
            assert max(moves) <= MAX_MOVE


@given(CHARTS, st.sampled_from(sorted(METRES)), st.booleans())
def test_comping_plays_three_voices_of_the_chord_that_holds(chart, style, ends):
    metre = Metre.parse(METRES[style])
    steps = rhythm.chords_by_step(chart, metre)
    together = {}
    for onset, duration, pitch, _ in band.comping(chart, metre, style, ends):
        together.setdefault(onset, []).append(pitch)
        assert onset // 48 == (onset + duration - 1) // 48
    for onset, pitches in together.items():
        chord = steps[onset]
        assert len(set(pitches)) == 3
        degrees = {(pitch - chord.root_pitch_class) % 12 for pitch in pitches}
        assert degrees >= set(guide_tones(chord))


@STYLES
def test_no_chord_silences_bass_and_piano(style):
    chart, metre = parse_chart("| N.C. | N.C. |"), Metre.parse(METRES[style])
    assert band.bass_line(chart, metre, style, rng()) == []
    assert band.comping(chart, metre, style) == []
