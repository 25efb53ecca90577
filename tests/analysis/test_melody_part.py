import pytest

from benchmarks import analysis as benchmark
from lstmmusic.analysis import find_melody
from lstmmusic.encoding import melody_part
from lstmmusic.score import Note, Part, Score

LOW = Part([Note(0, 1, 40), Note(1, 1, 43), Note(2, 1, 45)])
HIGH = Part([Note(0, 1, 70), Note(1, 1, 72), Note(2, 1, 74)])
NAMED = Part([Note(0, 1, 40), Note(1, 1, 43)], "Lead")


def test_notes_or_a_name_decide():
    by_notes, by_name = find_melody(Score([LOW, HIGH])), find_melody(Score([HIGH, NAMED]))
    assert (by_notes.value, by_notes.source) == (1, "inferred")
    assert (by_name.value, by_name.source) == (1, "written")
    assert by_name.confidence > 0.9


@pytest.mark.parametrize("score", [Score(), Score([Part([Note(0, 1, 40)], is_drum=True)])])
def test_without_pitched_notes_there_is_none(score):
    assert find_melody(score) is None


def test_a_single_part_is_sure():
    assert find_melody(Score([LOW])) == (0, 1.0, "inferred")


def test_it_is_the_part_that_the_encodings_take(blues):
    found = find_melody(blues)
    assert blues.parts[found.value] == melody_part(blues)
    assert blues.parts[found.value].name == "melody"


@pytest.mark.parametrize("folder", ["blues", "folk"])
def test_melodies_of_real_pieces(shared_data, folder):
    found = benchmark.measure_melody(shared_data / folder)["all"]
    assert found["named"] > 0.97
    assert found["unnamed"] > 0.9
