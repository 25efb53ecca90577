"""A small TOML file in which people say what they know."""

import pytest

from lstmmusic.corpus import Override, Overrides, read_overrides
from lstmmusic.errors import InputError


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        (tmp_path / "o.toml").write_text(text, encoding="utf-8")
        return read_overrides(tmp_path / "o.toml")

    return read_text


def test_patterns_are_read_in_their_order(read):
    found = read('["*.mid"]\nmelody = 2\nkey = "C"\n["live/*"]\nkey = "Bb"\n["x"]\nexclude = true')
    assert found.of("a.mid") == Override(melody=2, key="C")
    assert found.of("live/a.mid") == Override(melody=2, key="Bb")
    assert found.of("live/deep/a.kar") == Override(key="Bb")
    assert found.of("x") == Override(exclude=True)
    assert found.of("X") == Override()


def test_a_melody_for_all_gives_way_to_one_for_a_file():
    found = Overrides((("b*", Override(melody="Solo")),)).with_melody("Lead")
    assert (found.of("a.mid").melody, found.of("b.mid").melody) == ("Lead", "Solo")


def test_patterns_without_a_file_are_found():
    found = Overrides((("a*", Override()), ("b*", Override())))
    assert found.unknown(["b.mid"]) == ["a*"]
    assert found.unknown([]) == ["a*", "b*"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[", r"o\.toml: expected overrides in TOML"),
        ("a = 1", r"o\.toml, 'a': expected a table with melody, exclude, key, metre .* got 1"),
        ('["a"]\nmelodie = 1', "expected a table with melody, exclude, key, metre .* 'melodie'"),
        ('["a"]\nmelody = 0', "o.toml, 'a', melody: expected the number of a part, from 1 on"),
        ('["a"]\nmelody = 1.5', "'a', melody: expected the name of a part or its number, got 1.5"),
        ('["a"]\nexclude = "no"', "'a', exclude: expected true or false, got 'no'"),
        ('["a"]\nkey = "H"', "'a', key: expected a key such as C, Bb, F# or Am, got 'H'"),
        ('["a"]\nmetre = "5"', "'a', metre: expected a metre such as 4/4 or 12/8, got '5'"),
    ],
)
def test_what_is_wrong_names_file_pattern_and_entry(read, text, expected):
    with pytest.raises(InputError, match=expected):
        read(text)
