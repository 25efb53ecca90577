"""Numbers of a melody, each worked by hand."""

import numpy as np
import pytest

from lstmmusic.evaluation.form import read_harmony
from lstmmusic.evaluation.line import read_line
from lstmmusic.evaluation.melody_statistics import (
    aab,
    against_chords,
    breathing,
    groove,
    notes_per_bar,
    pitch_class_entropy,
    pitch_range,
    similarity,
)
from tests.evaluation.pieces import tune


def against(score, tonic=0):
    return against_chords(read_line(score), read_harmony(score), tonic)


def test_chord_tones_with_sevenths():
    """Over C7: C, Bb and E are, D is not; beats one and three hold C and E."""
    found = against(tune([(0, 1, 60), (1, 1, 70), (2, 1, 64), (3, 1, 62)], ["C7"]))
    assert found.chord_tone_ratio == 0.75
    assert found.strong == 1


def test_the_sixth_of_a_seventh_chord_is_no_chord_tone():
    assert against(tune([(0, 1, 69)], ["C13"])).chord_tone_ratio == 0
    assert against(tune([(0, 1, 69)], ["C6"])).chord_tone_ratio == 1


def test_a_note_a_little_early_belongs_to_the_chord_it_is_early_for():
    score = tune([(3.96, 1, 65)], ["C7", "F7"])
    assert against(score).chord_tone_ratio == 1


def test_notes_over_silence_do_not_count():
    assert against(tune([(0, 1, 61), (4, 1, 60)], ["N.C.", "C7"])).chord_tone_ratio == 1


@pytest.mark.parametrize(
    ("chord", "pitch", "is_blue"),
    [
        ("C7", 63, True),  # flat third over I
        ("G7", 63, True),  # and over V
        ("F7", 63, False),  # over IV it is the seventh
        ("Cm7", 63, False),  # a chord tone
        ("D7", 63, False),  # neither I nor V
        ("C7", 66, True),  # flat fifth over I
        ("F7", 66, True),  # over IV
        ("D7", 66, False),  # but the third of II
        ("C7", 70, False),  # flat seventh: a chord tone
    ],
)
def test_blue_notes(chord, pitch, is_blue):
    assert against(tune([(0, 1, pitch)], [chord])).blue == is_blue


def test_blue_thirds_resolve_within_two_notes():
    up = [(0, 1, 63), (1, 1, 64), (2, 1, 67), (3, 1, 63)]
    down = [(4, 1, 67), (5, 1, 60), (6, 1, 63), (7, 1, 65)]
    # First: to the third at once; second: by way of G to C; third: F, and then nothing.
    assert against(tune(up + down, ["C7", "C7"])).resolved == pytest.approx(2 / 3)


def test_strong_beats_of_three():
    found = against(tune([(0, 1, 60), (2, 1, 62), (3, 1, 61)], ["C7", "C7"], metre="3/4"))
    assert found.strong == 0.5  # the two first beats


LINE = [(0, 1, 60), (1, 1, 64), (2, 2, 67), (4, 1, 64), (5, 3, 60)]


def lines(*phrases):
    return [(a + 16 * row, d, p) for row, phrase in enumerate(phrases) for a, d, p in phrase]


OTHER = [(0, 0.25, 72), (1, 0.25, 60), (2, 0.25, 72), (3, 0.25, 60), (4, 0.25, 72)]


def test_aab_of_a_repeated_line_and_an_unlike_one_is_one():
    assert aab(read_line(tune(lines(LINE, LINE, OTHER), bars=12))) == pytest.approx(1)


def test_aab_of_three_equal_lines_is_nothing():
    assert aab(read_line(tune(lines(LINE, LINE, LINE), bars=12))) == pytest.approx(0)


def test_aab_worked_by_hand():
    """Of five notes lines 1 and 2 share four, lines 2 and 3 one, lines 1 and 3 none."""
    changed = [*LINE[:4], (5, 0.25, 60)]
    third = [*OTHER[:4], (4, 0.25, 57)]  # a third down to it, and short, as in line 2
    found = aab(read_line(tune(lines(LINE, changed, third), bars=12)))
    assert found == pytest.approx(0.8 - (0 + 0.2) / 2)


def test_aab_does_not_ask_how_high_a_line_is():
    higher = [(a, d, p + 5) for a, d, p in LINE]
    assert aab(read_line(tune(lines(LINE, higher, OTHER), bars=12))) == pytest.approx(1)


def test_aab_needs_three_lines_with_notes():
    assert aab(read_line(tune(lines(LINE, LINE), bars=12))) is None
    assert aab(read_line(tune(lines(LINE, LINE), bars=8))) is None


@pytest.mark.parametrize(
    ("a", "b", "expected"), [("", "", 1), ("abc", "", 0), ("kitten", "sitting", 1 - 3 / 7)]
)
def test_similarity(a, b, expected):
    assert similarity(list(map(ord, a)), list(map(ord, b))) == pytest.approx(expected)


def test_breathing_is_a_beat_of_rest_in_the_last_bar_of_a_line():
    full = [(b, 1, 60) for b in range(16)]
    rests = [(16 + b, 1, 60) for b in range(15)]  # silent on the very last beat
    assert breathing(read_line(tune(full + rests, bars=8))) == 0.5
    short = [(b, 0.9, 60) for b in range(32)]  # the second line ends with the piece
    assert breathing(read_line(tune(short, bars=8))) == 0.5


def test_a_rest_that_begins_before_the_last_bar_counts():
    assert breathing(read_line(tune([(0, 1, 60), (15.5, 0.5, 60)], bars=4))) == 1


def test_notes_per_bar_counts_empty_bars():
    assert notes_per_bar(read_line(tune([(0, 1, 60), (1, 1, 60)], bars=2))) == (1, 1)


def test_entropy():
    """Bar 1: two pitch classes alike, 1 bit. Bar 2: one, 0 bits."""
    line = read_line(tune([(0, 1, 60), (1, 1, 67), (4, 1, 60), (5, 1, 72)], bars=4))
    assert pitch_class_entropy(line, 1) == pytest.approx(0.5)
    assert pitch_class_entropy(line, 4) == pytest.approx(-0.75 * np.log2(0.75) + 0.25 * 2)
    assert pitch_class_entropy(line, 5) is None


def test_range_is_that_of_a_chorus():
    line = read_line(tune([(0, 1, 60), (1, 1, 72), (48, 1, 60), (49, 1, 64)], bars=24))
    assert pitch_range(line, 0, 12) == 8
    assert pitch_range(line, 0, 24) == 12


def test_groove_by_hand():
    """Of 16 slots bars 1 and 2 differ in one, 2 and 3 in two, 1 and 3 in one."""
    rows = [(0, 1, 60), (2, 1, 60), (4, 1, 60), (8, 1, 60), (10, 1, 60), (11, 1, 60)]
    found = groove(read_line(tune(rows, bars=3)))
    assert found.adjacent == pytest.approx((15 / 16 + 14 / 16) / 2)
    assert found.all_pairs == pytest.approx((15 / 16 + 14 / 16 + 15 / 16) / 3)
    assert found.jaccard == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_groove_does_not_hear_swing():
    straight = [(b + half, 0.4, 60) for b in range(8) for half in (0, 0.5)]
    swung = [(b + half * 4 / 3, 0.3, 60) for b in range(8) for half in (0, 0.5)]
    rest = [(8 + b, 1, 60) for b in range(4)]
    a, b = (groove(read_line(tune(rows + rest, bars=3))) for rows in (straight, swung))
    assert a == b


def test_chords_of_the_melody_part_count_by_their_highest_note():
    line = read_line(tune([(0, 1, 60), (0, 1, 67), (1, 1, 62)], bars=1))
    assert line.pitches.tolist() == [67, 62]
