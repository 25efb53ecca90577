import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.encoding import STYLES, MelodyMemory, MelodySetting
from lstmmusic.encoding.melody_features import (
    LENGTH_BINS,
    LINE_BARS,
    MAX_BEATS,
    N_BINS,
    N_GENERAL,
    N_INTERVALS,
    N_PLACE,
    N_RHYTHM_CUE,
    NO_ROOT,
    length_bin,
)
from lstmmusic.score import Key, Metre, form_named, parse_chart

BAR = 48
PITCH_CUE_PARTS = (N_PLACE, 12, 12, N_BINS, 13, 1)
HEARD_PARTS = (N_INTERVALS + 1, 12, 12, 1, N_BINS, N_BINS, N_PLACE, N_GENERAL)

keys_of_blues = st.sampled_from(("C", "Bb", "F#", "E"))
events = st.lists(
    st.tuples(st.integers(1, 60), st.integers(1, 48), st.integers(50, 90)), min_size=1, max_size=20
)


def setting(text="| C7 | F7 | C7 | Gm7 C7 |", key="C", **fields):
    return MelodySetting(parse_chart(text), Key.parse(key), Metre(), **fields)


def remembering(found, **fields):
    memory = MelodyMemory(setting(**fields))
    for event in found:
        memory.append(event)
    return memory


def split(vector, sizes):
    assert len(vector) == sum(sizes)
    return np.split(vector, np.cumsum(sizes)[:-1])


def ones(vector):
    return np.flatnonzero(vector).tolist()


def test_roots_are_degrees_above_the_tonic_at_every_step():
    blues = setting("| F7 | Bb7 | N.C. | Cm7 F7 |", key="F")
    assert blues.n_steps == 4 * BAR
    found = [blues.root_at(step) for step in (0, BAR, 2 * BAR, 3 * BAR, 3 * BAR + 24)]
    assert found == [0, 5, NO_ROOT, 7, 0]


def test_tones_are_those_of_the_chord_relative_to_the_tonic():
    blues = setting("| F7 | Bb7 | N.C. | Cm7 F7 |", key="F")
    assert ones(blues.tones_at(BAR - 1)) == [0, 4, 7, 10]
    assert ones(blues.tones_at(BAR)) == [0, 3, 5, 9]
    assert ones(blues.tones_at(2 * BAR)) == []


def test_a_pickup_hears_bar_1_and_what_follows_the_last_bar():
    blues = setting()
    assert blues.root_at(-12) == blues.root_at(0) == 0
    assert ones(blues.tones_at(99 * BAR)) == ones(blues.tones_at(4 * BAR - 1))


@pytest.mark.parametrize(
    ("step", "beat", "tick", "bar", "line"),
    [
        (0, 0, 0, 0, 0),
        (13, 1, 1, 0, 0),
        (BAR + 47, 3, 11, 1, 0),
        (5 * BAR + 24, 2, 0, 1, 1),
        (11 * BAR, 0, 0, 3, 2),
        (12 * BAR, 0, 0, 0, 0),
        (-12, 3, 0, 3, 2),
    ],
)
def test_the_place_says_beat_tick_bar_of_the_line_and_line_of_the_form(step, beat, tick, bar, line):
    place = setting(form_bars=12).place(step)
    lines = MAX_BEATS + 12 + LINE_BARS
    assert ones(place) == [beat, MAX_BEATS + tick, MAX_BEATS + 12 + bar, lines + line]


def test_the_place_in_the_form_may_begin_anywhere():
    shifted, plain = setting(first_form_bar=5), setting()
    np.testing.assert_array_equal(shifted.place(0), plain.place(5 * BAR))


def test_general_says_style_mode_and_business():
    general = setting(style="jump", notes_per_bar=6.0).general()
    assert ones(general[: len(STYLES)]) == [STYLES.index("jump")]
    assert general[-2:].tolist() == [0, 0.5]
    assert setting(key="Cm").general()[-2] == 1


@given(st.integers(1, 500))
def test_a_bin_begins_at_the_greatest_bound_not_above_the_length(steps):
    assert LENGTH_BINS[length_bin(steps)] == max(bound for bound in LENGTH_BINS if bound <= steps)


def test_before_the_first_note_nothing_was_heard():
    memory = MelodyMemory(setting(key="Bb"))
    assert (memory.last_onset, memory.last_pitch) == (-BAR, 70)
    interval, degree, chord_degree, register, ioi, length, place, _ = split(
        memory.heard(), HEARD_PARTS
    )
    assert ones(interval) == [N_INTERVALS]
    assert not any(part.any() for part in (degree, chord_degree, register, ioi, length))
    np.testing.assert_array_equal(place, memory.setting.place(-BAR))


def test_what_was_heard_is_the_last_note_and_its_distance():
    memory = remembering([(0, 12, 60), (BAR, 24, 63)])
    interval, degree, chord_degree, register, ioi, length, place, general = split(
        memory.heard(), HEARD_PARTS
    )
    assert ones(interval) == [12 + 3]
    assert ones(degree) == [3]
    assert ones(chord_degree) == [10]  # Eb over F7
    assert register[0] == pytest.approx((63 - 66) / 12)
    assert ones(ioi) == [length_bin(BAR)]
    assert ones(length) == [length_bin(24)]
    np.testing.assert_array_equal(place, memory.setting.place(BAR))
    np.testing.assert_array_equal(general, memory.setting.general())


@pytest.mark.parametrize(("pitch", "unit"), [(90, 24), (72, 24), (48, 0), (30, 0), (60, 12)])
def test_leaps_wider_than_an_octave_count_as_an_octave(pitch, unit):
    memory = remembering([(0, 12, 60), (12, 12, pitch)])
    assert ones(memory.heard()[:N_INTERVALS]) == [unit]


def test_the_rhythm_cue_is_how_long_until_the_next_note_four_bars_ago():
    memory = remembering([(0, 12, 60), (18, 6, 62), (4 * BAR, 12, 60)])
    assert ones(memory.rhythm_cue()) == [length_bin(18)]
    assert ones(remembering([(0, 12, 60)]).rhythm_cue()) == [length_bin(4 * BAR)]
    assert ones(MelodyMemory(setting()).rhythm_cue()) == [N_RHYTHM_CUE - 1]


def test_the_pitch_cue_looks_back_four_bars_and_ahead_two_beats():
    memory = remembering([(0, 12, 67), (3 * BAR, 12, 60)])
    place, tones, soon, ioi, lookback, leap = split(memory.pitch_cue(4 * BAR), PITCH_CUE_PARTS)
    np.testing.assert_array_equal(place, memory.setting.place(4 * BAR))
    assert ones(ioi) == [length_bin(BAR)]
    assert ones(lookback) == [7]
    assert leap[0] == pytest.approx(7 / 12)
    assert ones(tones) == ones(soon) == [0, 4, 7, 10]
    _, tones, soon, _, lookback, leap = split(memory.pitch_cue(3 * BAR), PITCH_CUE_PARTS)
    assert ones(tones) == [2, 5, 7, 10]
    assert ones(soon) == [0, 4, 7, 10]
    assert ones(lookback) == [12]
    assert leap[0] == 0


@given(rows=events, key=keys_of_blues, semitones=st.integers(-6, 6))
def test_all_keys_are_one_but_for_the_register(rows, key, semitones):
    onset, found = 0, []
    for gap, duration, pitch in rows:
        onset += gap
        found.append((onset, duration, pitch))
    blues = form_named("standard")
    memories = []
    for shift in (0, semitones):
        tonic = Key(key).transpose(shift)
        memory = MelodyMemory(MelodySetting(blues.bars(tonic), tonic, Metre()))
        # The first interval counts from the tonic above middle C, which may move by an octave.
        memory.append((0, 1, memory.setting.start_pitch()))
        for start, duration, pitch in found:
            memory.append((start, duration, pitch + shift))
        memories.append(memory)
    plain, moved = memories
    np.testing.assert_allclose(plain.pitch_cue(onset + 1), moved.pitch_cue(onset + 1), atol=1e-6)
    np.testing.assert_array_equal(plain.rhythm_cue(), moved.rhythm_cue())
    if len(found) > 1:
        register = sum(HEARD_PARTS[:3])
        ours, theirs = plain.heard(), moved.heard()
        assert theirs[register] - ours[register] == pytest.approx(semitones / 12, abs=1e-6)
        np.testing.assert_array_equal(np.delete(ours, register), np.delete(theirs, register))
