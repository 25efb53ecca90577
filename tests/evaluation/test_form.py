"""Form accuracy: worked by hand, on our own blues, and against chance."""

from dataclasses import replace

import numpy as np
import pytest

from lstmmusic.evaluation.form import fit_form, read_harmony
from lstmmusic.generation import improvise
from lstmmusic.score import FORMS, Chord, Key, Score, Timed
from tests.evaluation.pieces import chords_of, tune


def fit(score):
    return fit_form(score, read_harmony(score))


def test_one_wrong_bar_of_twelve():
    chords = chords_of()
    chords[4] = "C7"  # instead of F7
    found = fit(tune([], chords))
    assert (found.form.name, found.accuracy) == ("standard", pytest.approx(11 / 12))


@pytest.mark.parametrize("name", ["C9", "C13", "C6", "C", "C7#9"])
def test_what_does_the_same_is_the_same(name):
    assert fit(tune([], [name, *chords_of()[1:]])).accuracy == 1


@pytest.mark.parametrize("name", ["Cm7", "N.C.", "Cdim7", "Gb7"])
def test_what_does_not_is_not(name):
    assert fit(tune([], [name, *chords_of()[1:]])).accuracy == pytest.approx(11 / 12)


def test_a_bar_too_many_is_wrong_for_ever_after():
    """A bar late, places 1-4, 6, 8 and (as an ending) 12 are right by luck: seven of twelve."""
    chords = chords_of(choruses=3)
    late = [*chords[:12], "C7", *chords[12:-1]]
    found = fit(tune([], late))
    assert found.by_chorus[0] == 1
    assert found.by_chorus[1] == pytest.approx(7 / 12)
    assert found.drift < 0


def test_drift_is_the_slope_over_choruses():
    chords = chords_of(choruses=3)
    chords[12 + 4] = chords[24 + 4] = chords[24 + 5] = "Db7"
    found = fit(tune([], chords))
    assert found.by_chorus == pytest.approx((1, 11 / 12, 10 / 12))
    assert found.drift == pytest.approx(-1 / 12)
    assert found.distinct == 3


def test_one_chorus_has_no_drift():
    assert fit(tune([], chords_of())).drift is None


def test_chance_is_what_bars_in_any_order_reach():
    chords = chords_of("jazz")
    rng = np.random.default_rng(1)
    found = fit(tune([], chords))
    right = [
        np.mean([_same(a, b) for a, b in zip(rng.permutation(chords), chords)]) for _ in range(2000)
    ]
    assert found.by_chance == pytest.approx(np.mean(right), abs=0.03)


def _same(a, b):
    a, b = Chord.parse(str(a)), Chord.parse(str(b))
    return a.root_pitch_class == b.root_pitch_class


def test_shuffled_chords_come_near_chance():
    rng = np.random.default_rng(2)
    chords = chords_of(choruses=8)
    found = fit(tune([], [str(name) for name in rng.permutation(chords)]))
    assert found.accuracy == pytest.approx(found.by_chance, abs=0.12)
    assert found.accuracy < 0.75


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("style", ["shuffle", "jump", "slow"])
@pytest.mark.parametrize("band", [True, False])
def test_imposed_forms_of_our_own_are_heard_and_read_without_a_fault(form, style, band):
    score = improvise(form=form, style=style, key="Eb", choruses=2, seed=5, band=band).score
    found = fit(score)
    assert (found.form.name, found.accuracy, len(found.by_chorus)) == (form, 1, 2)
    assert read_harmony(score).source == ("sounding" if band else "symbols")


def test_what_sounds_counts_and_not_what_is_written():
    """The band plays other changes than the symbols claim."""
    score = improvise(chords="| " + "Db7 | " * 12, key="C", seed=1).score
    lying = replace(score, chords=tune([], chords_of()).chords)
    assert fit(replace(lying, parts=lying.parts[:1])).accuracy == 1
    assert fit(lying).accuracy == 0


def test_without_a_key_the_tonic_is_found():
    found = fit(tune([], chords_of("minor", "F#"), key=None))
    assert (found.form.name, found.tonic, found.accuracy) == ("minor", 6, 1)


def test_choruses_begin_where_a_section_says():
    chords = ["Db7"] * 4 + chords_of()
    sections = [Timed(0.0, "Intro"), Timed(16.0, "Chorus 1")]
    found = fit(replace(tune([], chords), sections=sections))
    assert (found.first_bar, found.accuracy) == (4, 1)


def test_no_chords_no_form():
    assert fit(tune([(0, 1, 60)], bars=12)) is None
    assert fit(tune([], ["N.C."] * 12)) is None
    assert fit(Score()) is None


def test_a_piece_shorter_than_every_form_is_held_against_their_beginnings():
    found = fit(tune([], ["C7", "F7", "C7", "C7"]))
    assert (found.form.name, found.accuracy) == ("quick-change", 1)


def test_transposing_changes_nothing():
    chords = chords_of(choruses=2)
    chords[5] = "Ab7"
    score = tune([], chords)
    for semitones in range(1, 12):
        moved = fit(score.transpose(semitones))
        assert moved.tonic == Key("C").transpose(semitones).pitch_class
        assert moved._replace(tonic=0) == fit(score)
