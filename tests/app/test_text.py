"""Text of users is shown letter by letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.app.share import Take, from_query, to_query
from lstmmusic.app.text import plain
from lstmmusic.encoding import STYLES
from lstmmusic.errors import InputError
from lstmmusic.generation import INSTRUMENTS, Settings
from lstmmusic.score import FORMS


def test_no_markup_survives():
    escaped = plain("<script> [a](b) ![c](d) `e` **f** $g$ :red[h]")
    for mark in "<[]()!`*$:":
        assert all(escaped[i - 1] == "\\" for i, letter in enumerate(escaped) if letter == mark)


@given(
    st.builds(
        Settings,
        form=st.sampled_from([None, *FORMS]),
        key=st.sampled_from([None, "C", "Bb", "F#m"]),
        tempo=st.none() | st.floats(20, 400),
        style=st.sampled_from([None, *STYLES]),
        swing=st.none() | st.floats(0.5, 0.75),
        choruses=st.none() | st.integers(1, 80),
        temperature=st.floats(0, 10),
        density=st.none() | st.floats(0.5, 16),
        instrument=st.sampled_from([*INSTRUMENTS, "17"]),
        band=st.just(True),
        count_in=st.booleans(),
        seed=st.integers(0, 2**32 - 1),
    )
)
def test_settings_come_back_from_their_link(settings):
    assert from_query(to_query(Take(settings))) == Take(settings)


def test_a_link_cannot_name_a_folder():
    with pytest.raises(InputError, match="model: expected one that can be chosen here"):
        from_query({"seed": "1", "model": "/etc"}, ["twelve-bar", "mine"])
    assert "model" not in to_query(Take(Settings(seed=1, model="/etc")))


def test_a_link_can_name_a_model_that_can_be_chosen():
    take = Take(Settings(seed=1, model="mine"))
    assert from_query(to_query(take), ["twelve-bar", "mine"]) == take
