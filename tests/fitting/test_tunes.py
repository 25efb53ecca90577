"""Pieces of a corpus to tunes: what is cut where, and what transposing does."""

from dataclasses import replace

import numpy as np
import pytest

from lstmmusic.analysis import Chorus
from lstmmusic.corpus.piece import Piece
from lstmmusic.fitting import chord_choruses, melody_tunes
from lstmmusic.fitting.tunes import usual
from lstmmusic.models import melody_example, open_transpositions, transpose_example, windows
from lstmmusic.player.network import HIGHEST_PITCH, LOWEST_PITCH
from lstmmusic.score import (
    Chord,
    Key,
    Metre,
    Note,
    Part,
    Score,
    TempoMap,
    Timed,
    form_named,
    place_chart,
)
from tests.pieces import some_pieces

pytestmark = pytest.mark.keras


def piece(notes, metres=("4/4",), n_bars=24, keys=((0.0, "C"),), choruses=(), **changes):
    """Quarters; metres by the bar, the last one going on."""
    timed, onset = [], 0.0
    for metre in metres:
        timed.append(Timed(onset, Metre.parse(metre)))
        onset += timed[-1].value.bar_quarters * 8
    length = sum(m.value.bar_quarters * 8 for m in timed[:-1])
    length += timed[-1].value.bar_quarters * (n_bars - 8 * (len(timed) - 1))
    score = Score(
        [Part([Note(*note) for note in notes], "melody")],
        metres=timed,
        keys=[Timed(onset, Key.parse(key)) for onset, key in keys],
        length_quarters=length,
    )
    known = {
        "file": "set/a.mid",
        "score": score,
        "title": "",
        "performer": "",
        "tune": "a",
        "group": 0,
        "split": "train",
        "choruses": choruses,
        "swing": None,
        "is_performance": False,
        "chords_source": "",
        "chords_confidence": 0.0,
    }
    return Piece(**{**known, **changes})


def quarters(n_bars, bar=4.0, step=1.0):
    return [(float(onset), step, 60) for onset in np.arange(0, n_bars * bar, step)]


def places(tunes):
    return [(tune.name, tune.form, tune.score.n_bars, len(tune.events)) for tune in tunes]


def test_a_shipped_chorus_is_the_tune_that_its_passport_makes_of_it(twelve_bar):
    for whole in some_pieces(twelve_bar):
        (tune,) = melody_tunes(whole)
        (chorus,) = chord_choruses(whole)
        assert tune.form == chorus.form == whole.choruses[0].form
        np.testing.assert_array_equal(tune.symbols, chorus.symbols)
        assert len(tune.events) == len(whole.score.parts[0])


def test_choruses_in_a_row_are_one_tune_and_what_is_between_is_another():
    """Four bars, two choruses of twelve and different forms, four bars, one of eight."""
    choruses = (
        Chorus(5, 12, "standard", 1.0),
        Chorus(17, 12, "quick-change", 1.0),
        Chorus(33, 8, "eight-bar", 1.0),
    )
    found = melody_tunes(piece(quarters(40), n_bars=40, choruses=choruses))
    assert places(found) == [
        ("set/a.mid#1", None, 4, 16),
        ("set/a.mid#5", "standard", 24, 96),
        ("set/a.mid#29", None, 4, 16),
        ("set/a.mid#33", "eight-bar", 8, 32),
    ]
    assert [tune.form_bars for tune in found] == [8, 12, 8, 8]


def test_a_note_over_the_end_of_a_chorus_ends_with_it():
    choruses = (Chorus(1, 12, "standard", 1.0), Chorus(15, 12, "standard", 1.0))
    long = [(float(n), 1.0, 60) for n in range(47)] + [(47.0, 8.0, 64), (90.0, 1.0, 60)]
    whole = piece(long, n_bars=26, choruses=choruses, chords_source="written")
    assert melody_tunes(whole)[0].score.n_bars == 12
    assert melody_tunes(whole)[0].events[-1].tolist() == [47 * 12, 12, 64]
    assert [len(chorus.symbols) for chorus in chord_choruses(whole)] == [24, 24]


@pytest.mark.parametrize(
    "chorus",
    [
        Chorus(35, 12, "standard", 1.0),  # beyond the end
        Chorus(1, 11, "standard", 1.0),  # of another length
        Chorus(1, 12, "unheard-of", 1.0),
        Chorus(3, 12, "standard", 1.0),  # over a change of metre
    ],
)
def test_a_chorus_that_cannot_be_is_no_chorus(chorus):
    found = melody_tunes(piece(quarters(24), metres=("4/4", "2/4"), choruses=(chorus,)))
    assert {tune.form for tune in found} == {None}


def test_a_change_of_metre_or_key_begins_a_tune():
    whole = piece(
        quarters(16) + [(64 + n, 1, 62) for n in range(24)],
        metres=("4/4", "4/4", "3/4"),
        n_bars=24,
        keys=((0.0, "C"), (32.0, "F")),
    )
    found = melody_tunes(whole)
    assert [(t.score.n_bars, str(t.score.metre), str(t.score.key)) for t in found] == [
        (8, "4/4", "C"),
        (8, "4/4", "F"),
        (8, "3/4", "F"),
    ]
    assert [tune.events[0, 0] for tune in found] == [0, 0, 0]


def test_a_pickup_belongs_to_the_first_tune():
    whole = piece(quarters(9)[3:])
    score = replace(whole.score, pickup_quarters=4.0)
    (tune,) = melody_tunes(replace(whole, score=score))
    assert tune.events[:3, 0].tolist() == [-12, 0, 12]


@pytest.mark.parametrize(
    ("metre", "swing", "choruses", "style"),
    [
        ("4/4", None, (), "straight"),
        ("4/4", 0.52, (), "straight"),
        ("4/4", 0.61, (), "jump"),
        ("4/4", 0.67, (), "shuffle"),
        ("3/4", 0.67, (), "shuffle"),
        ("12/8", None, (Chorus(1, 12, "standard", 1.0),), "slow"),
        ("6/8", None, (), "straight"),
        ("9/8", None, (), "straight"),
    ],
)
def test_style_goes_by_metre_and_swing(metre, swing, choruses, style):
    found = melody_tunes(piece(quarters(24), metres=(metre,), swing=swing, choruses=choruses))
    assert found[0].style == style
    assert found[0].events[:2, 0].tolist() == [0, 12 if not found[0].score.metre.is_compound else 8]


def test_swing_is_undone():
    swung = [(beat + share, 0.3, 60) for beat in range(48) for share in (0, 0.64)]
    (tune,) = melody_tunes(piece(swung, n_bars=12, swing=0.64))
    assert tune.events[:4, 0].tolist() == [0, 6, 12, 18]


def test_a_bar_that_the_encoding_cannot_hold_is_left_out():
    assert melody_tunes(piece(quarters(24), metres=("17/4",), n_bars=4)) == []
    assert len(melody_tunes(piece(quarters(24), metres=("7/8",), n_bars=20))) == 1


def test_a_few_notes_are_no_tune():
    assert melody_tunes(piece(quarters(24)[:3])) == []


def test_a_recording_without_its_beats_has_no_tunes():
    onsets = np.cumsum(np.random.default_rng(0).uniform(0.1, 0.5, 300))
    notes = [(float(onset), 0.1, 60) for onset in onsets]
    assert melody_tunes(piece(notes, is_performance=True)) == []


def test_inferred_chords_tell_nothing_of_the_melody_they_were_read_from():
    """A chorus has those of its form instead, what is no chorus has none."""
    inferred = [Timed(0.0, Chord("F#", "m7")), Timed(60.0, Chord("A", "7"))]
    whole = piece(quarters(28), n_bars=28, choruses=(Chorus(3, 12, "jazz", 1.0),))
    whole = replace(whole, chords_source="inferred", chords_confidence=1.0)
    whole = replace(whole, score=replace(whole.score, chords=inferred))
    found = melody_tunes(whole)
    assert [tune.score.chords for tune in (found[0], found[2])] == [(), ()]
    bars = form_named("jazz").bars(Key("C"), last=False)
    assert list(found[1].score.chords) == place_chart(bars, Metre())
    assert chord_choruses(whole) == []


def test_chords_of_a_later_chorus_stand_at_its_bars():
    bars = form_named("standard").bars(Key("C"), last=False)
    whole = piece(quarters(24), choruses=(Chorus(13, 12, "quick-change", 1.0),))
    whole = replace(whole, chords_source="written", chords_confidence=1.0)
    chords = place_chart((*bars, *form_named("quick-change").bars(Key("C"))), Metre())
    whole = replace(whole, score=replace(whole.score, chords=chords))
    (chorus,) = chord_choruses(whole)
    alone = Score(chords=place_chart(form_named("quick-change").bars(Key("C")), Metre()))
    assert [chord for _, chord in chorus.score.chords] == [chord for _, chord in alone.chords]
    assert [onset for onset, _ in chorus.score.chords] == [onset for onset, _ in alone.chords]


@pytest.mark.parametrize("semitones", [-5, 2, 6])
def test_transposing_the_piece_transposes_the_tune(semitones, twelve_bar):
    for whole in some_pieces(twelve_bar)[:6]:
        moved = replace(whole, score=whole.score.transpose(semitones))
        for before, after in zip(melody_tunes(whole), melody_tunes(moved), strict=True):
            np.testing.assert_array_equal(after.events, before.events + np.array([0, 0, semitones]))
            np.testing.assert_array_equal(after.symbols, before.symbols)
            assert (after.name, after.form, after.style) == (before.name, before.form, before.style)


@pytest.mark.parametrize("semitones", [-6, -1, 3, 5])
def test_a_transposed_example_is_the_example_of_the_transposed_tune(semitones, twelve_bar):
    for whole in some_pieces(twelve_bar)[:6]:
        (tune,) = melody_tunes(whole)
        for fast, slow in zip(
            transpose_example(tune.example, semitones),
            melody_example([tune], semitones),
            strict=True,
        ):
            assert fast.keys() == slow.keys()
            for name, array in slow.items():
                np.testing.assert_array_equal(fast[name], array, err_msg=name)
                assert fast[name].dtype == array.dtype


def test_no_transposition_leaves_what_can_be_played():
    low, high = LOWEST_PITCH + 2, HIGHEST_PITCH - 1
    notes = [(float(n), 1.0, low if n % 2 else high) for n in range(16)]
    (tune,) = melody_tunes(piece(notes))
    assert open_transpositions(tune.example, 3) == range(-2, 2)


@pytest.mark.parametrize("n_steps", [1, 7, 8, 9, 20, 37])
@pytest.mark.parametrize(("length", "memory"), [(8, 0), (8, 1), (8, 4), (8, 7)])
def test_windows_count_every_step_once(n_steps, length, memory):
    counted = []
    for start, skipped in windows(n_steps, length, memory):
        stop = min(start + length, n_steps)
        counted += range(start + skipped, stop)
        assert start == 0 or (skipped >= memory and stop - start == length)
    assert counted == list(range(n_steps))


def test_what_is_usual_is_told_by_metre():
    """A blues and waltzes; three bars in 6/8 are too few to know that metre, and one chorus of
    eight bars among 84 in 3/4 is no form of waltzes."""
    blues = replace(
        piece(quarters(24), choruses=(Chorus(1, 12, "standard", 1.0),), swing=0.66), file="b"
    )
    waltz = replace(piece(quarters(24, 3.0, 0.5), metres=("3/4",)), file="w")
    fast = replace(waltz.score, tempo_map=TempoMap.constant(180))
    waltz = replace(waltz, score=fast)
    jig = replace(piece(quarters(3, 3.0, 0.5), metres=("6/8",), n_bars=3), file="j")
    chance = piece(
        quarters(60, 3.0, 0.5),
        metres=("3/4",),
        n_bars=60,
        choruses=(Chorus(9, 8, "eight-bar", 1.0),),
        file="c",
    )
    pieces = [jig, waltz, chance, blues]
    tunes = [tune for found in pieces for tune in melody_tunes(found)]
    assert usual(pieces, tunes) == {
        "3/4": {
            "style": "straight",
            "tempo": 120.0,
            "swing": 0.5,
            "notes_per_bar": 6.0,
            "forms": [],
        },
        "4/4": {
            "style": "shuffle",
            "tempo": 120.0,
            "swing": 0.66,
            "notes_per_bar": 4.0,
            "forms": ["standard"],
        },
    }
