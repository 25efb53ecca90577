"""What is written and what is played, side by side; the contract is tested for every encoding."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lstmmusic.encoding import FeelEvents, MelodyEvents
from lstmmusic.score import Note, Part, Score

ROWS = arrays(np.int64, (6, 2), elements=st.integers(1, 400))


@given(gaps=ROWS, late=arrays(np.int64, 6, elements=st.integers(-400, 400)))
def test_what_is_joined_is_taken_apart_again(gaps, late):
    written = np.column_stack([np.cumsum(gaps[:, 0]), gaps[:, 1], np.full(6, 60)])
    starts = written[:, 0] / 12 + late / 960
    stops = starts + gaps[:, 1] / 960
    events = FeelEvents.joined(written, starts, stops)
    np.testing.assert_array_equal(events[:, 3], late)
    for found, meant in zip(FeelEvents.played(events), (starts, stops), strict=True):
        np.testing.assert_allclose(found, meant, atol=1e-9)


def test_a_note_is_late_by_so_many_ticks_and_keeps_its_place():
    score = Score([Part([Note(1 + 1 / 96, 0.25, 60), Note(2 - 1 / 48, 0.5, 62)])])
    events = FeelEvents().encode(score)
    assert events.tolist() == [[12, 3, 60, 10, 240], [24, 6, 62, -20, 480]]


def test_what_is_written_is_what_melody_events_write():
    rng = np.random.default_rng(3)
    onsets = np.arange(40) / 2 + rng.uniform(0, 0.03, 40)
    score = Score([Part([Note(a, 0.4, 60 + i % 7) for i, a in enumerate(onsets.tolist())])])
    written = FeelEvents().encode(score)[:, :3]
    np.testing.assert_array_equal(written, MelodyEvents().encode(score))


def test_performing_keeps_what_the_grid_loses():
    score = Score([Part([Note(0.02, 0.9, 60), Note(1.03, 0.5, 62)])])
    played = FeelEvents().quantise(score).parts[0].notes["onset_quarters"]
    np.testing.assert_allclose(played, [0.02, 1.03], atol=1 / 960)
    on_grid = MelodyEvents().quantise(score).parts[0].notes["onset_quarters"]
    assert on_grid.tolist() == [0, 1]
