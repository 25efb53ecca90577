"""Viewpoints and pools: the laws of chances, and what is known of a note against the score."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmmusic.errors import InputError
from lstmmusic.evaluation.ngram import NGram
from lstmmusic.evaluation.viewpoints import (
    N_CHOICES,
    VIEWPOINTS,
    Pool,
    ViewpointChains,
    bits,
    notes_of,
)
from lstmmusic.player.network import LOWEST_PITCH


@pytest.fixture(scope="module")
def tunes(twelve_bar):
    from tests.tunes import some_tunes  # TensorFlow only where it is used

    return some_tunes(twelve_bar)


@pytest.fixture(scope="module")
def notes(tunes):
    return [notes_of(*tune.example) for tune in tunes]


CHOICES = pytest.mark.parametrize("choice", VIEWPOINTS)


@CHOICES
@pytest.mark.keras
def test_chances_of_every_chain_add_up_to_one_and_none_is_nil(notes, choice):
    told = ViewpointChains(choice).fit(notes[:3]).probs(notes[3])
    assert told.shape == (len(VIEWPOINTS[choice]), len(notes[3][choice]), N_CHOICES[choice])
    assert (told > 0).all()
    np.testing.assert_allclose(told.sum(axis=-1), 1, rtol=1e-4)


@CHOICES
@pytest.mark.keras
def test_a_solo_so_far_is_what_was_fitted_on_it(notes, choice):
    """Learning as it goes, at each note, against chains fitted on the notes before it."""
    solo = notes[0]
    learning = ViewpointChains(choice).probs(solo, learning=True)
    for note in (0, 1, 7, len(solo[choice]) - 1):
        before = {name: column[:note] for name, column in solo.items()}
        this = {name: column[note : note + 1] for name, column in solo.items()}
        expected = ViewpointChains(choice).fit([before]).probs(this)[:, 0]
        np.testing.assert_array_equal(learning[:, note], expected)


@pytest.mark.keras
def test_a_chain_is_an_n_gram_of_its_columns(notes):
    """Times given the three times before: the n-gram fitted on the times themselves."""
    assert VIEWPOINTS["ioi"][0] == ("t3", "t2", "t1")
    times = [tune["ioi"].tolist() for tune in notes]
    told = ViewpointChains("ioi").fit(notes[:3]).probs(notes[3])[0]
    plain = NGram(3, N_CHOICES["ioi"]).fit(times[:3])
    for note in range(3, len(times[3])):
        np.testing.assert_allclose(told[note], plain.probs(times[3][note - 3 : note]), rtol=1e-5)


@pytest.mark.keras
def test_an_interval_that_always_comes_is_told_as_its_pitch(notes):
    """All intervals of the training music are a tone up; told of other notes, at their heights."""
    up = {**notes[0], "i0": np.full_like(notes[0]["i0"], 2)}
    told = ViewpointChains("pitch").fit([up]).probs(notes[1])
    assert (told.argmax(axis=-1) == notes[1]["last"] + 2 - LOWEST_PITCH).all()


@pytest.mark.keras
def test_what_is_known_of_a_note_is_what_the_score_says(tunes, notes):
    for tune, known in zip(tunes, notes, strict=True):
        setting = tune.setting()
        tonic = setting.key.pitch_class
        onsets, durations, pitches = tune.events.T
        after = slice(1, None)
        np.testing.assert_array_equal(known["ioi"][after] + 1, np.diff(onsets))
        np.testing.assert_array_equal(known["t1"][2:], known["ioi"][1:-1])
        np.testing.assert_array_equal(known["d1"][after] + 1, durations[:-1])
        np.testing.assert_array_equal(known["i0"][after], np.diff(pitches))
        np.testing.assert_array_equal(known["i2"][3:], np.diff(pitches)[:-2])
        np.testing.assert_array_equal(known["degree"][after], (pitches[:-1] - tonic) % 12)
        np.testing.assert_array_equal(known["degree0"], (pitches - tonic) % 12)
        np.testing.assert_array_equal(known["place"], onsets % setting.bar_steps)
        np.testing.assert_array_equal(known["tick"], onsets % 12)
        np.testing.assert_array_equal(known["last_place"][after], onsets[:-1] % setting.bar_steps)
        bars = onsets[:-1] // setting.bar_steps % setting.form_bars
        np.testing.assert_array_equal(known["line_bar"][after], bars % 4)
        np.testing.assert_array_equal(known["mode"], int(tune.is_minor))
        np.testing.assert_array_equal(known["root"], [setting.root_at(o) for o in onsets])
        at = dict(zip(onsets.tolist(), pitches.tolist(), strict=True))
        for note in range(1, len(onsets)):
            earlier = at.get(onsets[note] - 4 * setting.bar_steps)
            found = known["copied_interval"][note]
            assert found == (
                99 if earlier is None else np.clip(earlier - pitches[note - 1], -12, 12)
            )


@pytest.mark.keras
def test_chords_with_other_thirds_or_sevenths_are_other_chords(tunes, notes):
    kinds = {}
    for tune, known in zip(tunes, notes, strict=True):
        for onset, kind in zip(tune.events[:, 0].tolist(), known["chord"].tolist(), strict=True):
            chord = tune.score.chord_at(max(onset / 12 * tune.score.metre.beat_quarters, 0))
            kinds.setdefault(chord.quality, set()).add(kind)
    assert kinds["7"] != kinds["m7"]
    assert all(len(found) == 1 for found in kinds.values())


@settings(max_examples=20)
@given(
    st.integers(1, 4), st.integers(1, 12), st.integers(2, 6), st.integers(0, 1000), st.booleans()
)
def test_pooled_chances_add_up_to_one(n_opinions, n_notes, n_symbols, seed, is_sharp):
    rng = np.random.default_rng(seed)
    opinions = rng.dirichlet([0.05 if is_sharp else 1] * n_symbols, (n_opinions, n_notes)) + 1e-9
    pool = Pool().fit(opinions, rng.integers(n_symbols, size=n_notes))
    found = pool.probs(rng.dirichlet([1] * n_symbols, (n_opinions, 5)))
    assert found.shape == (5, n_symbols)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


def opinions_of(rng, logits, spread):
    """Chances that stray from the truth."""
    scores = logits + rng.normal(0, spread, logits.shape)
    probs = np.exp(scores)
    return probs / probs.sum(axis=1, keepdims=True)


def test_a_pool_is_better_than_each_of_its_opinions():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (4000, 8))
    truth = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    came = (truth.cumsum(axis=1) > rng.random((4000, 1))).argmax(axis=1)
    opinions = [opinions_of(rng, logits, 1.0), opinions_of(rng, logits, 1.5)]
    pool = Pool().fit([p[:2000] for p in opinions], came[:2000])
    alone = [bits(p[2000:], came[2000:]).mean() for p in opinions]
    pooled = bits(pool.probs([p[2000:] for p in opinions]), came[2000:]).mean()
    assert alone[0] < alone[1]
    assert bits(truth[2000:], came[2000:]).mean() < pooled < alone[0] - 0.05


def test_who_says_nothing_has_no_say():
    """Pooled with equal chances, one opinion that is right stays as it is."""
    rng = np.random.default_rng(1)
    truth = rng.dirichlet([0.5] * 5, 3000)
    came = (truth.cumsum(axis=1) > rng.random((3000, 1))).argmax(axis=1)
    found = (
        Pool().fit([truth, np.full_like(truth, 0.2)], came).probs([truth, np.full_like(truth, 0.2)])
    )
    assert abs(bits(found, came).mean() - bits(truth, came).mean()) < 0.005


def test_bits_are_counted_to_the_base_of_two():
    assert bits(np.array([[0.25, 0.75], [0.5, 0.5]]), np.array([0, 1])).tolist() == [2.0, 1.0]


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InputError, match=r"^choice: expected one of ioi, pitch, duration"):
        ViewpointChains("loudness")
    with pytest.raises(InputError, match=r"^opinions: expected at least one, .*, got 0 and 3"):
        Pool().fit([], np.zeros(3, int))
    one = np.full((2, 2), 0.5)
    with pytest.raises(InputError, match=r"^opinions: expected 0, as it was fitted to, got 1"):
        Pool().probs([one])
    with pytest.raises(InputError, match=r"^opinions: expected 1, as it was fitted to, got 2"):
        Pool().fit([one], np.zeros(2, int)).probs([one, one])
