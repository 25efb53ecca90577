"""Where a piece goes through a blues form."""

from dataclasses import replace
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.analysis import pieces
from benchmarks.analysis_time import measure_choruses
from lstmmusic.analysis.choruses import find_choruses
from lstmmusic.generation import improvise
from lstmmusic.io import load
from lstmmusic.player import load_model
from lstmmusic.score import FORMS, Key, Metre, Score, Timed, parse_chart, place_chart

# Songs that a blues could be taken for.
RHYTHM_A = "Bb Gm7 | Cm7 F7 | Bb Gm7 | Cm7 F7 | Bb7 | Eb7 Edim7 | Bb Gm7 | Cm7 F7"
RHYTHM = " | ".join([RHYTHM_A, RHYTHM_A, "D7|D7|G7|G7|C7|C7|F7|F7", RHYTHM_A])
SO_WHAT = " | ".join(["Dm7"] * 16 + ["Ebm7"] * 8 + ["Dm7"] * 8)
HOME = " | ".join(["C7"] * 48)


def charted(text, key, n_lead_bars=0, metre=None):
    metre = metre or Metre()
    bars = parse_chart(text)
    return Score(
        chords=place_chart(bars, metre, n_lead_bars * metre.bar_quarters),
        metres=[Timed(0.0, metre)],
        keys=[Timed(0.0, Key.parse(key))],
        length_quarters=(n_lead_bars + len(bars)) * metre.bar_quarters,
    )


def in_form(form, key="C", n_choruses=3, n_lead_bars=0):
    chart = FORMS[form].chart_for(Key(key), n_choruses)
    metre = Metre()
    return Score(
        chords=place_chart(chart, metre, n_lead_bars * 4.0),
        keys=[Timed(0.0, FORMS[form].key(Key(key)))],
        length_quarters=(n_lead_bars + len(chart)) * 4.0,
    )


@lru_cache
def improvised(form):
    return improvise(form=form, choruses=3, seed=2, key="Eb", model=load_model()).score


@pytest.mark.parametrize("form", FORMS)
def test_our_own_pieces_give_their_choruses_back(form):
    """Named by sections, and by the chords alone."""
    score, n_bars = improvised(form), FORMS[form].n_bars
    for use_sections in (True, False):
        found = find_choruses(score, use_sections)
        assert [chorus[:2] for chorus in found] == [(1 + n * n_bars, n_bars) for n in range(3)]
        assert {chorus.form for chorus in found} == {form}
        assert all(chorus.fit == 1 for chorus in found)


@given(
    form=st.sampled_from(sorted(FORMS)),
    semitones=st.integers(0, 11),
    n_lead_bars=st.integers(0, 9),
)
def test_neither_key_nor_introduction_changes_the_choruses(form, semitones, n_lead_bars):
    plain = find_choruses(in_form(form))
    assert len(plain) == 3
    moved = find_choruses(in_form(form, n_lead_bars=n_lead_bars).transpose(semitones))
    later = [chorus._replace(first_bar=chorus.first_bar + n_lead_bars) for chorus in plain]
    assert list(moved) == later


def test_a_pickup_shifts_no_chorus():
    score = in_form("standard")
    chords = [Timed(onset + 1.0, chord) for onset, chord in score.chords]
    with_pickup = replace(
        score, chords=chords, pickup_quarters=1.0, length_quarters=score.length_quarters + 1
    )
    assert find_choruses(with_pickup) == find_choruses(score)


def test_without_a_key_the_chords_tell_it():
    score = in_form("jazz", "Ab")
    assert find_choruses(replace(score, keys=())) == find_choruses(score)


def test_a_wrong_key_does_not_hide_a_blues():
    score = in_form("jazz", "F")
    wrong = replace(score, keys=[Timed(0.0, Key("Bb"))])
    assert find_choruses(wrong) == find_choruses(score)


@pytest.mark.parametrize(
    "chart",
    [
        "C6|F9|C6|Gm7 C7|F9|Fm7|Em7|A7b9|Dm7|G13|C6 Am7|Dm7 G7",  # other names
        "C7|B7|C7|Gm7 Gb7|F7|F#dim7|C7|Em7b5 A7|Dm7|Db7|C7 Eb7|D7 Db7",  # tritone substitutes
        "C7|C7|C7|C7|F7|F7|C7|C7|G7|G7|C7|C7",  # no IV on the way home
        "Cm7|Cm7|Cm7|Cm7|Fm7|Fm7|Cm7|Cm7|Ab7|G7|Cm7|G7",
    ],
)
def test_substitutes_are_known(chart):
    key = "Cm" if chart.startswith("Cm") else "C"
    found = find_choruses(charted(" | ".join([chart] * 2), key, n_lead_bars=4))
    assert [chorus[:2] for chorus in found] == [(5, 12), (17, 12)]
    assert all(0.5 <= chorus.fit <= 1 for chorus in found)


def test_a_last_chorus_may_break_off():
    score = in_form("standard", n_choruses=3)
    short = replace(
        score,
        chords=[c for c in score.chords if c.onset_quarters < 33 * 4],
        length_quarters=33 * 4.0,
    )
    assert [chorus[:2] for chorus in find_choruses(short)] == [(1, 12), (13, 12), (25, 9)]


@pytest.mark.parametrize(
    ("chart", "key"), [(RHYTHM, "Bb"), (RHYTHM + "|" + RHYTHM, "Bb"), (SO_WHAT, "Dm"), (HOME, "C")]
)
def test_songs_have_no_blues_choruses(chart, key):
    assert find_choruses(charted(chart, key)) == ()


def test_choruses_of_songs_are_no_blues_either():
    score = charted(RHYTHM + "|" + RHYTHM, "Bb")
    named = replace(score, sections=[Timed(0.0, "Chorus 1"), Timed(128.0, "Chorus 2")])
    assert find_choruses(named) == ()


def test_sections_tell_where_the_chords_leave_it_open():
    """One chorus among other music is no blues to the chords; its name makes it one."""
    blues = "C7|C7|C7|C7|F7|F7|C7|C7|G7|F7|C7|C7"
    other = " | ".join(["Ebm7|Ab7|Dbmaj7|Gbmaj7"] * 6)
    score = charted(f"{other} | {blues} | {other}", "C")
    assert find_choruses(score) == ()
    marks = [Timed(0.0, "Intro"), Timed(96.0, "Chorus 1"), Timed(144.0, "Chorus 2: other")]
    found = find_choruses(replace(score, sections=marks))
    assert [chorus[:2] for chorus in found] == [(25, 12)]


@pytest.mark.parametrize(
    "score",
    [Score(), Score(length_quarters=48.0), charted("C7|F7|C7", "C"), charted("N.C.|N.C.", "C")],
    ids=["empty", "no chords", "three bars", "silence"],
)
def test_too_little_has_no_choruses(score):
    assert find_choruses(score) == ()


def test_choruses_of_solos_are_found(shared_data):
    """Measured: recall 0.86, precision 1.00 with written chords, sections hidden."""
    solos = [piece for piece in pieces(shared_data / "blues") if piece.is_test]
    found = measure_choruses(shared_data / "blues", solos, lambda score: score)["test"]
    assert found["recall"] > 0.8
    assert found["precision"] > 0.95


def test_other_solos_have_none(shared_data):
    """Measured: 1 of 176."""
    others = sorted((shared_data / "jazz_other").glob("*.mid"))[::6]
    found = [path.name for path in others if find_choruses(load(path), False)]
    assert len(found) <= len(others) * 0.1, found
