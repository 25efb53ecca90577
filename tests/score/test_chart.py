import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.errors import ChordError
from lstmmusic.score import (
    NO_CHORD,
    Chord,
    Metre,
    Timed,
    format_chart,
    parse_chart,
    place_chart,
    read_chart,
)
from lstmmusic.score.chart import MAX_BARS
from tests.strategies import chords, metres

C7, DM7, F7, G7 = (Chord.parse(text) for text in ("C7", "Dm7", "F7", "G7"))
bars = st.lists(st.lists(chords, min_size=1, max_size=3).map(tuple), min_size=1, max_size=12)


@given(bars)
def test_reading_what_a_chart_prints_gives_the_chart(chart):
    assert parse_chart(format_chart(chart)) == tuple(chart)


@pytest.mark.parametrize(
    "text",
    ["|C7|F7 G7|C7|", "C7 | F7 G7 | C7", "| C7 |\n| F7   G7 |\t| C7 ||", "|| C7 | F7 G7 | C7 ||"],
)
def test_bar_lines_and_blanks_may_be_written_freely(text):
    assert parse_chart(text) == ((C7,), (F7, G7), (C7,))


def test_a_percent_sign_repeats_the_bar_before():
    assert parse_chart("| C7 | F7 G7 | % | % | C7 |") == ((C7,), *[(F7, G7)] * 3, (C7,))


@pytest.mark.parametrize(
    ("text", "bar", "column", "token"),
    [
        ("| C7 | F7 | H7 |", 3, 13, "H7"),
        ("C7 Dm7 xx", 1, 8, "xx"),
        ("| % | C7 |", 1, 3, "%"),
        ("| C7 |\n| F7 ? |", 2, 13, "?"),
        ("| C7 | F7 % |", 2, 11, "%"),
    ],
)
def test_an_unreadable_token_is_named_with_bar_and_column(text, bar, column, token):
    with pytest.raises(ChordError, match=rf"^chords, bar {bar}, column {column}: ") as caught:
        parse_chart(text)
    assert caught.value.token == token
    assert text[column - 1 :].startswith(token)


@pytest.mark.parametrize("text", ["", "  ", "|", "| | |"])
def test_an_empty_chart_is_refused(text):
    with pytest.raises(ChordError, match=r"expected a chart such as"):
        parse_chart(text)


def test_a_chart_has_a_longest_length():
    assert len(parse_chart("C|" * MAX_BARS)) == MAX_BARS
    with pytest.raises(ChordError, match=rf"expected at most {MAX_BARS} bars"):
        parse_chart("C|" * (MAX_BARS + 1))


@pytest.mark.parametrize(
    ("metre", "n_chords", "onsets"),
    [
        (Metre(4, 4), 1, [0]),
        (Metre(4, 4), 2, [0, 2]),
        (Metre(4, 4), 3, [0, 2, 3]),
        (Metre(4, 4), 4, [0, 1, 2, 3]),
        (Metre(3, 4), 2, [0, 2]),
        (Metre(5, 4), 2, [0, 3]),
        (Metre(12, 8), 2, [0, 3]),
        (Metre(12, 8), 3, [0, 3, 4.5]),
        (Metre(2, 2), 2, [0, 2]),
    ],
)
def test_chords_share_the_beats_and_the_earlier_take_what_is_left(metre, n_chords, onsets):
    placed = place_chart([(C7, F7, G7, DM7)[:n_chords]], metre)
    assert [onset for onset, _ in placed] == onsets


def test_more_chords_than_beats_are_refused_with_their_bar():
    with pytest.raises(ChordError, match=r"^chords, bar 2, .* at most 3 chords in a bar of 3/4"):
        place_chart([(C7,), (C7, F7, G7, C7)], Metre(3, 4))


@given(data=st.data(), metre=metres, start=st.sampled_from([0.0, 0.5, 3.0]))
def test_placing_and_reading_a_chart_are_inverse(data, metre, start):
    bar = st.lists(chords, min_size=1, max_size=metre.n_beats).map(tuple)
    chart = tuple(data.draw(st.lists(bar, min_size=1, max_size=8)))
    onsets = [start + index * metre.bar_quarters for index in range(len(chart))]
    placed = place_chart(chart, metre, start)
    assert read_chart(placed, onsets, metre.bar_quarters) == chart


def test_reading_fills_bars_with_the_chord_that_holds():
    placed = [Timed(2.0, C7), Timed(4.0, F7), Timed(14.0, G7)]
    chart = read_chart(placed, [0.0, 4.0, 8.0, 12.0], 4.0)
    assert chart == ((NO_CHORD, C7), (F7,), (F7,), (F7, G7))


def test_of_chords_before_the_first_bar_only_the_last_is_read():
    assert read_chart([Timed(0.0, C7), Timed(0.5, F7)], [1.0, 5.0], 4.0) == ((F7,), (F7,))
