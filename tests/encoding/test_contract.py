"""What every encoding keeps, over generated scores and over real music."""

import numpy as np
import pytest
from hypothesis import given

from lstmmusic.encoding import ENCODINGS
from lstmmusic.errors import InputError
from lstmmusic.io import load
from lstmmusic.score import Note, Part, Score
from tests.strategies import scores

N_REAL_FILES = 12

each_encoding = pytest.mark.parametrize(
    "encoding", ENCODINGS, ids=[type(encoding).__name__ for encoding in ENCODINGS]
)


@pytest.fixture(scope="module")
def real_scores(shared_data):
    paths = sorted((shared_data / "blues").glob("*.mid"))
    return [load(path) for path in paths[:: len(paths) // N_REAL_FILES]]


@each_encoding
@given(score=scores())
def test_decoding_gives_what_quantising_gives(encoding, score):
    assert encoding.decode(encoding.encode(score), score) == encoding.quantise(score)


@each_encoding
@given(score=scores())
def test_quantising_twice_is_quantising_once(encoding, score):
    once = encoding.quantise(score)
    assert encoding.quantise(once) == once


@each_encoding
@given(score=scores())
def test_the_array_sees_nothing_that_quantising_removes(encoding, score):
    np.testing.assert_array_equal(encoding.encode(encoding.quantise(score)), encoding.encode(score))


@each_encoding
def test_decoding_gives_what_quantising_gives_for_real_music(encoding, real_scores):
    for score in real_scores:
        assert encoding.decode(encoding.encode(score), score) == encoding.quantise(score)


@each_encoding
def test_quantising_real_music_twice_is_quantising_it_once(encoding, real_scores):
    for score in real_scores:
        once = encoding.quantise(score)
        assert encoding.quantise(once) == once


@each_encoding
def test_an_array_of_another_shape_is_refused(encoding):
    array = np.zeros((3, 2, 7), int)
    frame = Score([Part([Note(0, 4, 60)], "melody")])
    with pytest.raises(InputError, match=r"^array: expected .*, got \(3, 2, 7\)"):
        encoding.decode(array, frame)


@each_encoding
def test_an_empty_score_is_an_empty_array(encoding):
    array = encoding.encode(Score())
    assert len(array) == 0
    assert encoding.decode(array, Score()) == encoding.quantise(Score())
