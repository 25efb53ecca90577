from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.units import (
    microseconds_to_quarter_bpm,
    quarter_bpm_to_microseconds,
    quarters_to_ticks,
    ticks_to_quarters,
)


@given(ticks=st.integers(0, 10**9), clock=st.integers(1, 0x7FFF))
def test_ticks_survive_the_way_over_quarters(ticks, clock):
    assert quarters_to_ticks(ticks_to_quarters(ticks, clock), clock) == ticks


@given(quarters=st.floats(0, 10**6), clock=st.integers(1, 0x7FFF))
def test_a_place_goes_to_its_nearest_tick(quarters, clock):
    ticks = quarters_to_ticks(quarters, clock)
    assert abs(ticks - quarters * clock) <= 0.5


@given(st.integers(1, 2**24 - 1))
def test_microseconds_survive_the_way_over_beats_per_minute(microseconds):
    quarter_bpm = microseconds_to_quarter_bpm(microseconds)
    assert quarter_bpm_to_microseconds(quarter_bpm) == microseconds


def test_sixty_quarters_a_minute_last_a_second_each():
    assert quarter_bpm_to_microseconds(60) == 1_000_000
    assert microseconds_to_quarter_bpm(250_000) == 240
