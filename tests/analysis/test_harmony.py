import numpy as np
import pytest

from lstmmusic.analysis import harmony
from lstmmusic.analysis.harmony import (
    N_STATES,
    QUALITIES,
    STYLES,
    fit,
    fit_chords,
    forms,
    state_of,
    styles,
    trusted,
)
from lstmmusic.analysis.sounding import listen
from lstmmusic.score import FORMS, Chord, Note, Part, Score, Timed, parse_quality


def chord_notes(root, quality, onset=0.0, low=60):
    intervals = parse_quality(quality).intervals
    return [Note(onset, 2, low + (root + interval) % 12) for interval in intervals]


@pytest.mark.parametrize("quality", [quality for quality in QUALITIES if quality != "dim7"])
@pytest.mark.parametrize("root", [0, 7])
def test_a_chord_that_sounds_is_the_state_that_explains_it_best(root, quality):
    heard = listen(Score([Part(chord_notes(root, quality))]), None)
    assert fit(heard)[0].argmax() == state_of(root, quality)


def test_inversions_of_a_diminished_chord_are_told_apart_by_their_lowest_note():
    heard = listen(Score([Part(chord_notes(3, "dim7", low=51))]), None)
    assert fit(heard)[0].argmax() == state_of(3, "dim7")


def test_over_a_bass_chords_need_no_root():
    rootless = Part([Note(0, 2, pitch) for pitch in (61, 65, 68, 72)])  # Db F Ab C
    bass = Part([Note(0, 2, 46)], "bass")
    alone = fit(listen(Score([rootless]), None))[0]
    over = fit(listen(Score([rootless, bass]), None))[0]
    assert alone.argmax() == state_of(1, "maj7")
    assert over.argmax() == state_of(10, "m7")


def test_one_accompanying_note_is_no_chord_that_lacks_the_rest():
    """A held root speaks for the triad less than the triad itself does."""

    def for_the_triad(pitches):
        heard = listen(Score([Part([Note(0, 2, pitch) for pitch in pitches])]), None)
        found = fit(heard)[0]
        return found[state_of(0, "")] - found[state_of(0, "7")]

    assert for_the_triad([60]) < for_the_triad([60, 64, 67]) / 2


def test_chances_add_up():
    chances, over, within = styles()
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    for moves in (over, within):
        np.testing.assert_allclose(moves.sum(axis=2), 1)
        assert (moves > 0).all()
    assert np.diagonal(within, axis1=1, axis2=2).min() > np.diagonal(over, axis1=1, axis2=2).max()


@pytest.mark.parametrize("style", ["songs", "minor", "blues", "jazz"])
def test_home_is_the_commonest_root(style):
    chances = styles()[0][STYLES.index(style)].reshape(12, -1).sum(axis=1)
    assert chances.argmax() == 0


def test_fifths_fall_more_often_than_they_rise():
    """However common the chords are: A7 goes to D7 and not to E7."""
    chances, over, _ = styles()
    to = [state_of(root, "7") for root in (2, 4)]
    falls, rises = (over[:, state_of(9, "7"), to] / chances[:, to]).T
    assert (falls > rises).all()


@pytest.mark.parametrize("minor", [False, True])
def test_forms_are_rings_of_their_bars(minor):
    chain = forms(minor)
    lengths = [form.n_bars for form in FORMS.values() if (form.mode == "minor") == minor]
    assert len(chain.chords) == sum(lengths)
    assert sorted(chain.previous) == list(range(sum(lengths)))
    start = 0
    for length in lengths:
        assert chain.previous[start] == start + length - 1
        start += length
    assert chain.begin.sum() == pytest.approx(1)


def test_forms_hold_the_chords_of_the_charts():
    chain = forms(minor=False)
    standard = [(0, "7")] * 4 + [(5, "7")] * 2 + [(0, "7")] * 2 + [(7, "7"), (5, "7"), (0, "7")]
    assert chain.chords[:11, 0].tolist() == [state_of(*chord) for chord in standard]
    quick = list(FORMS).index("jazz") * 12
    assert chain.chords[quick + 3].tolist() == [state_of(7, "m7"), state_of(0, "7")]


def test_written_chords_are_their_states_and_suspended_ones_dominants():
    chords = [Timed(0.0, Chord("F", "7")), Timed(4.0, Chord()), Timed(8.0, Chord("G", "9sus4"))]
    found = fit_chords(chords, np.array([0.0, 2.0, 4.0, 8.0]))
    assert found.argmax(axis=1)[[0, 1, 3]].tolist() == [state_of(5, "7")] * 2 + [state_of(7, "7")]
    assert not found[2].any()
    assert found.shape == (4, N_STATES)
    assert not fit_chords(chords[2:], np.array([0.0])).any()


def walking(shift):
    """Twelve bars of triads with their roots below, moved by `shift` semitones."""
    notes, roots = [], []
    for bar, root in enumerate((0, 0, 0, 0, 5, 5, 0, 0, 7, 5, 0, 7)):
        notes += chord_notes(root, "", 4.0 * bar) + chord_notes(root, "", 4.0 * bar + 2)
        roots += [Note(4.0 * bar + beat, 1, 36 + (root + shift) % 12) for beat in range(4)]
    return listen(Score([Part(notes), Part(roots, "bass")]), None)


def test_a_bass_in_another_key_is_not_heard():
    assert trusted(walking(0)).bass.any()
    assert not trusted(walking(1)).bass.any()
    assert not trusted(walking(6)).bass.any()


def test_a_bass_alone_is_heard():
    heard = walking(0)
    alone = heard._replace(others=np.zeros_like(heard.others))
    assert trusted(alone) is alone


def test_every_quality_has_its_templates():
    for table in (harmony._IN_MELODY, harmony._IN_BASS, harmony._IN_CHORD):
        assert tuple(table) == QUALITIES
        assert all(len(row) == 12 for row in table.values())
