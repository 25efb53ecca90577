"""Scoops and curls: within their notes, back at rest, and the notes as they were."""

import io

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmmusic.encoding import MelodySetting
from lstmmusic.errors import InputError
from lstmmusic.generation import INSTRUMENTS, Settings, improvise
from lstmmusic.generation.bends import BENDING_PROGRAMS, FULL, choose_bends, wheel
from lstmmusic.io import format_midi, parse_midi
from lstmmusic.player import load_model
from lstmmusic.score import Key, Metre, parse_chart

MODEL = load_model()
GUITAR, SAX = 27, 66
SETTING = MelodySetting(parse_chart("| C7 | F7 | Cm7 | N.C. |"), Key("C"), Metre())


def melody_messages(score):
    """Messages of the melody with their ticks, in the order of the file."""
    track = mido.MidiFile(file=io.BytesIO(format_midi(score))).tracks[1]
    ticks = np.cumsum([message.time for message in track])
    return list(zip(ticks.tolist(), track, strict=True))


@settings(max_examples=15)
@given(
    st.integers(0, 999),
    st.sampled_from(("harmonica", "clean-guitar", "tenor-sax", "trumpet")),
    st.sampled_from(("shuffle", "jump", "straight", "slow")),
    st.sampled_from((0.3, 1.0)),
)
def test_the_wheel_rests_whenever_no_note_sounds_and_where_one_ends(seed, instrument, style, share):
    blues = improvise(
        seed=seed, instrument=instrument, style=style, bends=share, choruses=2, model=MODEL
    )
    value, sounding = 0, False
    for _, message in melody_messages(blues.score):
        if message.type == "pitchwheel":
            value = message.pitch
        elif message.type == "note_on":
            sounding = True
        elif message.type == "note_off":
            assert value == 0
            sounding = False
    assert value == 0
    assert not sounding


@settings(max_examples=10)
@given(st.integers(0, 999), st.sampled_from(("shuffle", "slow")))
def test_bends_leave_the_notes_as_they_were_in_memory_and_on_disk(seed, style):
    plain = improvise(seed=seed, style=style, model=MODEL).score
    bent = improvise(seed=seed, style=style, bends=1.0, model=MODEL)
    assert bent.score.parts[0].notes.tolist() == plain.parts[0].notes.tolist()
    assert bent.score.parts[1:] == plain.parts[1:]
    read, usual = (parse_midi(format_midi(score)) for score in (bent.score, plain))
    assert read.parts[0].notes.tolist() == usual.parts[0].notes.tolist()
    assert read.parts[0].bends.tolist() == bent.score.parts[0].bends.tolist()
    assert format_midi(read) == format_midi(bent.score)
    assert not len(bent.written.parts[0].bends)


def test_no_bends_are_the_usual_bytes():
    usual = improvise(seed=3, model=MODEL).score
    assert format_midi(improvise(seed=3, bends=0.0, model=MODEL).score) == format_midi(usual)


def test_the_range_of_the_wheel_is_sent_before_the_first_bend():
    score = improvise(seed=3, bends=1.0, model=MODEL).score
    messages = melody_messages(score)
    controls = [(m.control, m.value) for _, m in messages if m.type == "control_change"]
    expected = [(101, 0), (100, 0), (6, 2), (38, 0), (101, 127), (100, 127)]
    assert controls[-6:] == expected
    kinds = [m.type for _, m in messages]
    last_control = max(i for i, kind in enumerate(kinds) if kind == "control_change")
    assert last_control < kinds.index("pitchwheel")


@pytest.mark.parametrize(
    ("event", "program", "expected"),
    [
        ((0, 12, 63), SAX, 0.5),  # b3 over I7
        ((0, 6, 63), SAX, 0.5),
        ((0, 4, 63), SAX, 0.0),  # too short
        ((48, 12, 63), SAX, -1.0),  # b7 of IV7: a chord tone, no blue note
        ((96, 12, 63), SAX, -1.0),  # the third of a minor tonic
        ((0, 12, 64), SAX, -1.0),
        ((0, 12, 67), SAX, -1.0),
        ((0, 12, 67), GUITAR, -2.0),  # the fifth, a whole tone up the string
        ((0, 12, 64), GUITAR, -1.0),
        ((0, 11, 64), SAX, 0.0),
        ((0, 12, 66), SAX, 0.0),  # no chord tone
        ((144, 24, 60), SAX, 0.0),  # no chord
    ],
)
def test_the_rules_choose_what_suits(event, program, expected):
    rng = np.random.default_rng(0)
    found = choose_bends([event], SETTING, program, 1.0, rng)
    assert found == ({event[0]: expected} if expected else {})


def test_the_share_is_of_the_suitable_notes():
    events = [(12 * n, 12, 64) for n in range(4)] * 250
    chosen = 0
    rng = np.random.default_rng(5)
    for event in events:
        chosen += len(choose_bends([event], SETTING, SAX, 0.3, rng))
    assert chosen / len(events) == pytest.approx(0.3, abs=0.04)


@given(
    st.floats(0, 50),
    st.floats(0.01, 4),
    st.sampled_from((-2.0, -1.0, 0.5)),
    st.sampled_from((24, 480, 960)),
    st.sampled_from((2, 12)),
)
def test_the_wheel_moves_on_ticks_within_its_note(start, length, semitones, clock, reach):
    moves = wheel(start, length, semitones, clock, reach)
    ticks = np.array([place * clock for place, _ in moves])
    np.testing.assert_allclose(ticks, np.rint(ticks), atol=1e-6)
    first, n_ticks = round(start * clock), max(round(length * clock), 1)
    assert (np.diff(ticks) >= -1e-6).all()
    assert first <= ticks.min() + 1e-6
    assert ticks.max() <= first + n_ticks - 1 + 1e-6
    values = [value for _, value in moves]
    assert values[-1] == 0
    extreme = max(values, key=abs)
    assert extreme == pytest.approx(semitones * FULL / reach, abs=1)
    if semitones < 0:
        assert ticks[0] == pytest.approx(first)
        assert values == sorted(values)


def test_what_does_not_bend_is_refused():
    bending = {name for name, program in INSTRUMENTS.items() if program in BENDING_PROGRAMS}
    assert INSTRUMENTS.keys() - bending == {"piano", "electric-piano", "organ"}
    with pytest.raises(InputError, match=r"^bends: expected an instrument that bends, got organ$"):
        Settings(bends=0.5, instrument="organ")
    with pytest.raises(InputError, match=r"^bends: expected 0 to 1, got 2$"):
        Settings(bends=2)
