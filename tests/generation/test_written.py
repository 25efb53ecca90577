"""A piece that was played comes back as it was written."""

import numpy as np
import pytest

import lstmmusic
from lstmmusic.errors import InputError
from lstmmusic.generation.written import lead_as_written


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
