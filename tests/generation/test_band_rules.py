"""What the band promises, over every form, style and several keys."""

import numpy as np
import pytest

from lstmmusic.encoding import STYLES
from lstmmusic.generation.band import FEELS, bass_line, comping, count_in, drum_hits
from lstmmusic.generation.band.comping import guide_tones
from lstmmusic.generation.band.rhythm import CRASH, SIDE_STICK, SNARE, chords_by_step
from lstmmusic.score import FORMS, Chord, Key, Metre, form_named, parse_chart

KEYS = ("C", "F", "Bb", "Gb", "B", "E")
METRES = {"slow": Metre(12, 8)}


def voicings(events):
    """Pitches of each chord, from low to high, in the order of their onsets."""
    by_onset = {}
    for onset, _, pitch, _ in events:
        by_onset.setdefault(onset, []).append(pitch)
    return {onset: sorted(pitches) for onset, pitches in sorted(by_onset.items())}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", KEYS)
def test_comping_holds_third_and_seventh_without_the_root_and_moves_little(form, key):
    chart = form_named(form).chart_for(Key.parse(key), 4)
    steps = chords_by_step(chart, Metre())
    before = None
    for onset, pitches in voicings(comping(chart, Metre(), "jump")).items():
        chord = steps[onset]
        root = chord.root_pitch_class
        sounding = {(pitch - root) % 12 for pitch in pitches}
        assert set(guide_tones(chord)) <= sounding, (chord, pitches)
        assert 0 not in sounding, (chord, pitches)
        assert len(set(pitches)) == 3
        if before is not None:
            assert max(abs(a - b) for a, b in zip(before, pitches, strict=True)) <= 4
        assert min(pitches) >= 46
        assert max(pitches) <= 76
        before = pitches


@pytest.mark.parametrize("style", STYLES)
def test_comping_stays_above_the_bass(style):
    metre = METRES.get(style, Metre())
    chart = form_named("jazz").chart_for(Key("Ab"), 2)
    bass = bass_line(chart, metre, style, np.random.default_rng(0))
    assert max(pitch for _, _, pitch, _ in bass) < min(
        pitch for _, _, pitch, _ in comping(chart, metre, style)
    )


@pytest.mark.parametrize(
    ("text", "tones"),
    [("C7", {4, 10}), ("Cmaj7", {4, 11}), ("Cm6", {3, 9}), ("C", {4, 7}), ("Cm7b5", {3, 10})],
)
def test_guide_tones_tell_the_chord(text, tones):
    assert set(guide_tones(Chord.parse(text))) == tones


@pytest.mark.parametrize("style", ["shuffle", "jump"])
def test_a_walking_bass_has_the_root_on_every_new_chord_and_a_note_a_beat(style):
    chart = form_named("quick-change").chart_for(Key("Eb"), 2)
    events = bass_line(chart, Metre(), style, np.random.default_rng(1))
    by_onset = {onset: pitch for onset, _, pitch, _ in events}
    steps = chords_by_step(chart, Metre())
    assert set(range(0, (len(chart) - 1) * 48, 12)) <= set(by_onset)
    for bar in range(len(chart)):
        assert by_onset[bar * 48] % 12 == steps[bar * 48].root_pitch_class
    assert all(28 <= pitch <= 50 for pitch in by_onset.values())


def test_a_walking_bass_steps_into_each_new_root():
    chart = form_named("standard").chart_for(Key("C"), 3)
    by_onset = {
        onset: pitch
        for onset, _, pitch, _ in bass_line(chart, Metre(), "shuffle", np.random.default_rng(2))
    }
    steps = chords_by_step(chart, Metre())
    changes = [bar * 48 for bar in range(1, 35) if steps[bar * 48] != steps[bar * 48 - 1]]
    leaps = [abs(by_onset[onset] - by_onset[onset - 12]) % 12 for onset in changes]
    assert len(leaps) > 10
    assert set(leaps) <= {1, 11}


def test_a_two_beat_bass_plays_on_one_and_three():
    chart = form_named("standard").chart_for(Key("A"), 1)
    events = bass_line(chart, METRES["slow"], "slow", np.random.default_rng(0))
    assert {onset % 48 for onset, *_ in events} == {0, 24}


def test_the_last_chord_is_struck_once_and_held():
    chart = form_named("standard").chart_for(Key("C"), 1)
    *_, (onset, duration, pitch, _) = bass_line(chart, Metre(), "shuffle", np.random.default_rng(0))
    assert (onset, duration, pitch % 12) == (11 * 48, 47, 0)
    assert list(voicings(comping(chart, Metre(), "shuffle")))[-1] == 11 * 48


def test_silence_is_not_accompanied():
    chart = parse_chart("| C7 | N.C. | C7 |")
    for events in (
        bass_line(chart, Metre(), "shuffle", np.random.default_rng(0)),
        comping(chart, Metre(), "shuffle"),
    ):
        assert events
        assert not [event for event in events if 48 <= event[0] < 96]


@pytest.mark.parametrize("style", STYLES)
def test_drums_fill_the_end_of_every_line_and_crash_into_every_chorus(style):
    events = drum_hits(24, METRES.get(style, Metre()), style, choruses=(0, 12))
    fills = FEELS[style].fill
    for bar in range(23):
        snares = {
            onset % 48 for onset, _, pitch, _ in events if onset // 48 == bar and pitch == SNARE
        }
        assert (set(fills) <= snares) == (bar % 4 == 3), bar
    assert [onset // 48 for onset, _, pitch, _ in events if pitch == CRASH] == [0, 12, 23]


def test_fills_follow_the_form_when_the_piece_begins_inside_it():
    events = drum_hits(8, Metre(), "shuffle", first_form_bar=2, ends=False)
    fills = [onset // 48 for onset, _, pitch, _ in events if pitch == SNARE and onset % 48 == 40]
    assert fills == [1, 5]


@pytest.mark.parametrize("metre", [Metre(4, 4), Metre(12, 8)])
def test_the_count_in_is_four_strokes(metre):
    assert [(onset, pitch) for onset, _, pitch, _ in count_in(metre)] == [
        (beat * 12, SIDE_STICK) for beat in range(4)
    ]
