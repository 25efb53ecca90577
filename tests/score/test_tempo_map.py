import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.errors import InputError
from lstmmusic.score import TempoMap
from tests.strategies import tempo_maps

places = st.floats(-10, 60)
three_tempi = TempoMap(((0, 120), (4, 60), (6, 240)))


@given(tempo_map=tempo_maps(), quarters=places)
def test_seconds_and_quarters_are_inverse(tempo_map, quarters):
    seconds = tempo_map.seconds_at(quarters)
    assert tempo_map.quarters_at(seconds) == pytest.approx(quarters, rel=1e-9, abs=1e-6)


@given(tempo_map=tempo_maps(), quarters=places, length=st.floats(1e-3, 10))
def test_time_goes_forward(tempo_map, quarters, length):
    assert tempo_map.seconds_at(quarters + length) > tempo_map.seconds_at(quarters)


@given(tempo_map=tempo_maps(), quarters=st.floats(0, 60))
def test_seconds_are_the_sum_over_the_tempi_passed(tempo_map, quarters):
    onsets = [onset for onset, _ in tempo_map.changes] + [float("inf")]
    seconds = 0.0
    for index, (onset, quarter_bpm) in enumerate(tempo_map.changes):
        seconds += max(min(quarters, onsets[index + 1]) - onset, 0) * 60 / quarter_bpm
    assert tempo_map.seconds_at(quarters) == pytest.approx(seconds, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("quarters", "seconds"), [(0, 0), (2, 1), (4, 2), (5, 3), (6, 4), (8, 4.5), (-2, -1)]
)
def test_each_tempo_holds_until_the_next(quarters, seconds):
    assert three_tempi.seconds_at(quarters) == seconds
    assert three_tempi.quarters_at(seconds) == quarters


@pytest.mark.parametrize(
    "changes", [(), ((1, 120),), ((0, 120), (0, 60)), ((0, 120), (4, 60), (2, 90)), ((-1, 120),)]
)
def test_onsets_rise_from_zero(changes):
    with pytest.raises(InputError, match=r"^tempo map: expected rising onsets that begin at 0"):
        TempoMap(changes)


@pytest.mark.parametrize("quarter_bpm", [0, -60, 0.99, 2001, float("nan"), float("inf")])
def test_a_tempo_out_of_range_is_refused(quarter_bpm):
    with pytest.raises(InputError, match=r"^tempo: expected 1 to 2,000 quarter notes per minute"):
        TempoMap.constant(quarter_bpm)


def test_untidy_events_become_a_map():
    cleaned = TempoMap.clean([(8, 90), (2, 5000), (2, 0.1), (8, 100)])
    assert cleaned.changes == ((0, 120), (2, 1), (8, 100))
    assert TempoMap.clean([]).changes == ((0, 120),)
    assert TempoMap.clean([(-3, 77)]).changes == ((0, 77),)
