"""A piece that was played comes back as it was written."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lstmmusic
from lstmmusic.encoding.melody_events import STEPS_PER_BEAT
from lstmmusic.errors import InputError
from lstmmusic.generation.written import lead_as_written, notatable
from lstmmusic.player import load_model
from lstmmusic.score import Metre


@pytest.mark.parametrize(
    "asked", [{}, {"style": "jump"}, {"style": "straight"}, {"style": "slow"}, {"pickup": 2}]
)
def test_onsets_are_those_that_were_written(asked):
    piece = lstmmusic.improvise(seed=4, **asked)
    found = lead_as_written(piece.score)
    wanted = piece.written.parts[0].notes
    assert np.allclose(found.parts[0].notes["onset_quarters"], wanted["onset_quarters"])
    assert np.array_equal(found.parts[0].notes["pitch"], wanted["pitch"])
    assert found.chords == piece.score.chords
    assert found.feel == piece.written.feel


def test_only_the_melody_is_written():
    assert len(lead_as_written(lstmmusic.improvise(seed=1).score).parts) == 1
    with pytest.raises(InputError, match="melody: expected"):
        lead_as_written(lstmmusic.Score())


@pytest.mark.parametrize("seed", range(3))
def test_a_performance_is_written_so_that_it_can_be_read(seed):
    piece = lstmmusic.improvise(model=load_model("soloist"), seed=seed)
    notes = lead_as_written(piece.score).parts[0].notes
    played = piece.score.parts[0].notes
    assert np.array_equal(notes["pitch"], played["pitch"])
    assert np.abs(notes["onset_quarters"] - played["onset_quarters"]).max() < 0.5
    ends = notes["onset_quarters"] + notes["duration_quarters"]
    assert np.all(ends[:-1] <= notes["onset_quarters"][1:] + 1e-9)
    steps = np.rint(notes["onset_quarters"] * STEPS_PER_BEAT).astype(int)
    assert np.allclose(steps, notes["onset_quarters"] * STEPS_PER_BEAT)
    for beat in np.unique(steps // STEPS_PER_BEAT):
        places = steps[steps // STEPS_PER_BEAT == beat] % STEPS_PER_BEAT
        assert any(not np.any(places % (STEPS_PER_BEAT // parts)) for parts in (2, 3, 4, 6))


@given(
    st.lists(
        st.tuples(st.integers(0, 47), st.integers(1, 30), st.integers(40, 80), st.just(80)),
        max_size=20,
        unique_by=lambda event: event[0],
    )
)
def test_written_notes_stay_in_order_and_near(events):
    events = sorted(events)
    written = notatable(events, Metre())
    assert [event[2:] for event in written] == [event[2:] for event in events]
    onsets = [event[0] for event in written]
    assert all(length > 0 for _, length, *_ in written)
    assert onsets == sorted(set(onsets))
    assert all(abs(new[0] - old[0]) <= 3 for new, old in zip(written, events, strict=True))
