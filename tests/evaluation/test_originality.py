"""What is copied is found, whatever its key; what is not, is not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.evaluation.melodies import NotatedMelody
from lstmmusic.evaluation.originality import SIZES, Index, shared_among


def melody(pitches, times=6, title="a"):
    times = np.broadcast_to(times, len(pitches))
    onsets = np.cumsum(times) - times[:1]
    events = np.stack([onsets, np.full(len(pitches), 3), pitches], axis=1).astype(np.int64)
    n_bars = int(onsets[-1]) // 48 + 1 if len(pitches) else 0
    return NotatedMelody(title, events, onsets // 48, 0, 0, 12, n_bars)


def walk(n, seed):
    return 60 + np.random.default_rng(seed).integers(-9, 10, n).cumsum() % 24


def longest_by_hand(a, b):
    """The longest common run of intervals, by trying every pair of places."""
    a, b = np.diff(a).tolist(), np.diff(b).tolist()
    best = 0
    for i in range(len(a)):
        for j in range(len(b)):
            n = 0
            while i + n < len(a) and j + n < len(b) and a[i + n] == b[j + n]:
                n += 1
            best = max(best, n)
    return best + 1 if best else 0


def share_by_hand(a, others, n):
    a = np.diff(a).tolist()
    known = {
        tuple(run[i : i + n])
        for run in (np.diff(b).tolist() for b in others)
        for i in range(len(run) - n + 1)
    }
    runs = [tuple(a[i : i + n]) for i in range(len(a) - n + 1)]
    return np.mean([run in known for run in runs]) if runs else None


@given(
    st.lists(st.integers(60, 63), min_size=1, max_size=40),
    st.lists(st.lists(st.integers(60, 63), min_size=1, max_size=40), min_size=1, max_size=3),
)
def test_shares_and_runs_are_those_found_by_trying_everything(pitches, others):
    found = Index([melody(other) for other in others]).longest(melody(pitches))
    assert found.run.notes == max(longest_by_hand(pitches, other) for other in others)
    for n in SIZES:
        assert found.shares[n] == share_by_hand(pitches, others, n)


@given(st.lists(st.lists(st.integers(60, 62), min_size=2, max_size=30), min_size=1, max_size=4))
def test_what_pieces_share_with_each_other(pieces):
    found = shared_among([melody(pitches) for pitches in pieces])
    for n in SIZES:
        expected = [
            share_by_hand(pitches, pieces[:i] + pieces[i + 1 :], n)
            for i, pitches in enumerate(pieces)
        ]
        np.testing.assert_allclose(found[n], [share for share in expected if share is not None])


def test_a_copy_in_another_key_is_a_copy():
    tunes = [melody(walk(40, seed), title=str(seed)) for seed in range(3)]
    copy = replace(tunes[1], events=tunes[1].events + np.array([0, 0, 5]))
    found = Index(tunes).longest(copy)
    assert found.new == 0
    assert found.run == found.rhythm_run == (40, 1, 1, 1)
    assert found.light() == "red"


def test_the_run_is_told_where_it_stands():
    """Notes 16 to 31 of the other tune, from its bar 3, are notes 8 to 23 here, from bar 2."""
    other = walk(48, 1)
    here = np.concatenate([walk(8, 2), other[16:32] + 3, walk(8, 4)])
    found = Index([melody(walk(30, 9)), melody(other)]).longest(melody(here))
    assert found.run.piece == 1
    assert (found.run.bar, found.run.here) == (3, 2)
    assert 16 <= found.run.notes <= 18


def test_the_rhythm_must_be_the_same_for_a_run_with_rhythm():
    pitches = walk(30, 3)
    times = np.array([6] * 15 + [12] * 15)
    found = Index([melody(pitches)]).longest(melody(pitches, times))
    assert found.run.notes == 30
    assert found.rhythm_run.notes == 15


def test_no_run_goes_on_from_piece_to_piece():
    pitches = walk(30, 5)
    halves = [melody(pitches[:15]), melody(pitches[15:])]
    assert Index(halves).longest(melody(pitches)).run.notes == 15


def test_one_melody_can_be_left_out():
    tunes = [melody(walk(40, seed)) for seed in range(2)]
    assert Index(tunes).longest(tunes[0]).run.notes == 40
    assert Index(tunes).longest(tunes[0], leave_out=0).run.notes < 8


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_notes_share_nothing(n):
    found = Index([melody(walk(30, 1))]).longest(melody(walk(n, 2)))
    assert found.run.notes == 0
    assert found.new is None
    assert found.light() == "green"


def test_nothing_is_shared_with_an_empty_reference():
    found = Index([]).longest(melody(walk(30, 1)))
    assert (found.new, found.run.notes) == (1, 0)


def test_lights():
    tune = walk(60, 6)
    index = Index([melody(tune)])
    partly = np.concatenate([tune[:11], walk(60, 7)])
    assert index.longest(melody(walk(60, 8))).light() == "green"
    assert index.longest(melody(partly)).light({8: 0.01, 12: 0.0}) == "amber"
    assert index.longest(melody(tune[:18])).light() == "red"
