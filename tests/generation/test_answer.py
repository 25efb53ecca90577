"""Line two answers line one: the share is exact at both ends, and grows between."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lstmmusic.encoding import MelodySetting
from lstmmusic.errors import InputError
from lstmmusic.generation import Settings, improvise
from lstmmusic.generation.answer import Answers, lead
from lstmmusic.io import format_midi
from lstmmusic.player import load_model
from lstmmusic.score import FORMS, Chord, Key, Metre, parse_chart
from tests.tiny_model import tiny_model

MODEL = load_model()
FORM_NAMES = st.sampled_from(sorted(FORMS))
KEYS = st.sampled_from(("C", "Eb", "F#", "A"))
SEEDS = st.integers(0, 999)


def lines(blues, chorus=0):
    """Rows (place in the line, duration, pitch) of bars 1-4 and of bars 5-8."""
    metre = blues.score.metre
    start = 4 * metre.bar_quarters
    chorus *= 12 * metre.bar_quarters
    rows = [
        (round(onset - chorus, 6), round(length, 6), pitch)
        for onset, length, pitch, _ in blues.score.parts[0].notes.tolist()
    ]
    one = [row for row in rows if 0 <= row[0] < start]
    two = [(round(a - start, 6), d, p) for a, d, p in rows if start <= a < 2 * start]
    return one, two


@settings(max_examples=25)
@example("bird", "C", 400, "slow")  # line one ends so late that its rest reached into line two
@given(FORM_NAMES, KEYS, SEEDS, st.sampled_from(("shuffle", "jump", "straight", "slow")))
def test_a_whole_answer_repeats_the_rhythm_exactly(form, key, seed, style):
    """But in the bar in which the piece comes home."""
    blues = improvise(
        form=form, key=key, seed=seed, style=style, answer=1.0, band=False, model=MODEL
    )
    one, two = lines(blues)
    if FORMS[form].n_bars == 8:
        home = 3 * blues.score.metre.bar_quarters
        one, two = ([row for row in line if row[0] < home] for line in (one, two))
        one, two = one[: len(one) - 1], two[: len(two) - 1]  # the last may ring shorter
    assert [row[0] for row in one] == [row[0] for row in two]
    # A swung beat may be written longer or shorter where another note starts in it: same grid.
    np.testing.assert_allclose([d for _, d, _ in one], [d for _, d, _ in two], atol=1e-6)


@settings(max_examples=20)
@given(SEEDS, KEYS)
def test_a_whole_answer_leads_the_notes_into_the_chords_below(seed, key):
    blues = improvise(key=key, seed=seed, answer=1.0, band=False, model=MODEL)
    one, two = lines(blues)
    for (onset, _, pitch), (_, _, answer) in zip(one, two, strict=True):
        before = set(blues.score.chord_at(onset).pitch_classes)
        now = set(blues.score.chord_at(onset + 16).pitch_classes)
        assert abs(answer - pitch) <= 1
        if answer != pitch:
            assert pitch % 12 in before - now
            assert answer % 12 in now
        if before == now or pitch % 12 in now:
            assert answer == pitch


def test_every_chorus_answers_itself():
    blues = improvise(seed=5, choruses=3, answer=1.0, band=False, model=MODEL)
    for chorus in range(3):
        one, two = lines(blues, chorus)
        assert [row[0] for row in one] == [row[0] for row in two]
    assert lines(blues, 0)[0] != lines(blues, 1)[0]


@settings(max_examples=10)
@given(SEEDS, FORM_NAMES)
def test_the_usual_answer_is_that_of_the_card(seed, form):
    """In forms of three lines and more; a card that names none leaves all to the network."""
    asked = {"seed": seed, "form": form, "choruses": 2}
    usual = improvise(**asked, model=MODEL).score
    answer = MODEL.card["knows"]["answer"] if FORMS[form].n_bars >= 12 else 0.0
    assert format_midi(improvise(**asked, answer=answer, model=MODEL).score) == format_midi(usual)
    tiny = tiny_model()
    usual = improvise(**asked, model=tiny).score
    assert format_midi(improvise(**asked, answer=0.0, model=tiny).score) == format_midi(usual)


def test_line_one_is_the_same_whatever_the_answer_but_for_a_note_that_would_ring_into_it():
    for seed in range(8):
        one, _ = lines(improvise(seed=seed, model=MODEL))
        answered, _ = lines(improvise(seed=seed, answer=0.5, band=False, model=MODEL))
        assert [(a, p) for a, _, p in answered] == [(a, p) for a, _, p in one]


def test_more_answer_is_more_like_line_one():
    """Share of the onsets of line one that line two has, over seeds."""

    def likeness(answer):
        shares = []
        for seed in range(15):
            one, two = lines(improvise(seed=seed, answer=answer, band=False, model=MODEL))
            places = {row[0] for row in two}
            shares.append(np.mean([row[0] in places for row in one]))
        return np.mean(shares)

    none, half, most, whole = (likeness(answer) for answer in (0.0, 0.5, 0.9, 1.0))
    assert none < half < most < whole == 1.0


def test_random_weights_answer_as_exactly():
    for seed in range(6):
        one, two = lines(improvise(seed=seed, answer=1.0, model=tiny_model(seed)))
        assert [row[:2] for row in one] == [row[:2] for row in two]


def test_a_piece_that_begins_in_line_two_has_nothing_to_answer():
    setting = MelodySetting(parse_chart("| C7 | C7 |"), Key("C"), Metre(), first_form_bar=4)
    assert Answers(setting, 1.0).next_begin(-48) is None
    whole = MelodySetting(parse_chart("| C7 " * 12), Key("C"), Metre())
    assert Answers(whole, 1.0).next_begin(-48) == 4 * 48
    assert Answers(whole, 0.0).next_begin(-48) is None


def test_a_primer_s_line_is_answered():
    start = improvise(bars=4, seed=1, swing=0.5, model=MODEL)
    blues = improvise(
        primer=start.score, seed=2, bars=8, answer=1.0, keep_primer=True, swing=0.5, model=MODEL
    )
    lead_bars = blues.report["primer_bars"]
    rows = [(o, p) for o, _, p, _ in blues.score.parts[0].notes.tolist()]
    kept = [o for o, _ in rows if o < 4 * lead_bars]
    answered = [o - 16 for o, _ in rows if 4 * lead_bars <= o < 4 * lead_bars + 16]
    begin = 4 * lead_bars - 16
    assert [o for o in kept if o >= begin] == [o for o in answered if o < 4 * lead_bars]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("C7", "F7", {60: 60, 63: 63, 64: 63, 66: 66, 67: 67, 70: 69}),
        ("C7", "C7", {60: 60, 64: 64, 70: 70}),
        ("Cm7", "Fm7", {63: 63, 67: 68, 70: 70}),
        ("C7", "N.C.", {60: 60, 64: 64}),
    ],
)
def test_guide_tones_are_led_and_blue_notes_stay(before, now, expected):
    tones = []
    for text in (before, now):
        flags = np.zeros(12, bool)
        flags[list(Chord.parse(text).pitch_classes)] = True
        tones.append(flags)
    assert {pitch: lead(pitch, 0, *tones) for pitch in expected} == expected


@pytest.mark.parametrize("answer", [-0.1, 1.1, float("nan")])
def test_a_share_is_0_to_1(answer):
    with pytest.raises(InputError, match=r"^answer: expected 0 to 1, got"):
        Settings(answer=answer)
