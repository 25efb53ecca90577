"""What can be asked, and how it is refused."""

from dataclasses import replace

import pytest

from lstmmusic.errors import ChordError, InputError
from lstmmusic.generation import INSTRUMENTS, STYLE_TEMPO, Settings, parse_range
from lstmmusic.generation.settings import settle
from lstmmusic.player import load_model
from lstmmusic.score import Metre


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A3-D6", (57, 86)),
        ("57-86", (57, 86)),
        (" c4 - c5 ", (60, 72)),
        ("Bb2-F#4", (46, 66)),
        ("Cb4-C5", (59, 72)),
        ("B#3-C5", (60, 72)),
        ("C1-C8", (24, 108)),
        ("24-G5", (24, 79)),
    ],
)
def test_a_range_is_two_notes(text, expected):
    assert parse_range(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "C4", "C4-", "C4-B4", "C5-C4", "H3-C6", "B0-C5", "C4-C#8", "1-200", "C4-C6-C8", "-"],
)
def test_what_is_no_range_of_an_octave_is_refused(text):
    with pytest.raises(InputError, match=r"^range: expected two notes at least an octave apart"):
        parse_range(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"harmony": "free"}, "^harmony: expected imposed or model, got 'free'$"),
        ({"form": "minor", "chords": "C7"}, "^chords: expected either this or form, got both$"),
        ({"form": "bird", "harmony": "model"}, "^harmony model: expected either this or form"),
        ({"chords": "C7", "harmony": "model"}, "^harmony model: expected either this or chords"),
        ({"choruses": 2, "bars": 12}, "^bars: expected either this or choruses, got both$"),
        ({"form": "rondo"}, "^form: expected one of standard, .*, got 'rondo'$"),
        ({"style": "waltz"}, "^style: expected one of shuffle, .*, got 'waltz'$"),
        ({"key": "H"}, "^key: expected a key such as .*, got 'H'$"),
        ({"tempo": 0}, "^tempo: expected 20 to 400 felt beats a minute, got 0$"),
        ({"tempo": float("nan")}, "^tempo: expected 20 to 400 .*, got nan$"),
        ({"metre": "4"}, "^metre: expected a metre such as 4/4 or 12/8, got '4'$"),
        ({"swing": 0.8}, r"^swing: expected 0\.5 .*, got 0\.8$"),
        ({"choruses": 0}, "^choruses: expected 1 to 80, got 0$"),
        ({"bars": 1001}, "^bars: expected 1 to 1000, got 1001$"),
        ({"density": 0.1}, r"^density: expected 0\.5 to 16 notes a bar, got 0\.1$"),
        ({"range": "C4-D4"}, "^range: expected two notes .*, got 'C4-D4'$"),
        ({"instrument": "kazoo"}, "^instrument: expected a programme 0-127 or one of .*'kazoo'$"),
        ({"instrument": "128"}, "^instrument: expected .*, got '128'$"),
        ({"seed": -1}, "^seed: expected 0 to 4294967295, got -1$"),
        ({"seed": 2**32}, "^seed: expected 0 to 4294967295, got 4294967296$"),
    ],
    ids=lambda value: "" if isinstance(value, str) else "-".join(value),
)
def test_a_wrong_setting_is_one_line_that_names_it(changes, message):
    with pytest.raises(InputError, match=message):
        Settings(**changes)


def test_a_chord_typo_is_placed_by_bar_and_column():
    with pytest.raises(ChordError, match=r"^chords, bar 2, column 9: .*, got 'F7x'$"):
        Settings(chords="| C7 |  F7x |").chart()


def test_the_usual_follows_style_and_metre():
    assert Settings().style_or_usual(Metre(4, 4)) == "shuffle"
    assert Settings().style_or_usual(Metre(12, 8)) == "slow"
    assert Settings(style="slow").metre_or_usual() == Metre(12, 8)
    assert Settings(style="slow", metre="4/4").metre_or_usual() == Metre(4, 4)
    assert Settings().tempo_or_usual("jump") == STYLE_TEMPO["jump"]
    assert Settings(tempo=99).tempo_or_usual("jump") == 99
    assert Settings().swing_or_usual("straight") == 0.5
    assert Settings(swing=0.6).swing_or_usual("straight") == 0.6


def test_an_instrument_is_a_name_or_a_programme():
    assert Settings(instrument="harmonica").program() == INSTRUMENTS["harmonica"] == 22
    assert Settings(instrument="127").program() == 127


def test_a_model_by_its_name_goes_before_that_of_the_settings():
    asked = Settings(model="nowhere", seed=3)
    settings, model = settle(asked, "soloist", {"choruses": 2})
    assert settings == replace(asked, model="soloist", choruses=2)
    assert model.name == "soloist"
    loaded = load_model("twelve-bar")
    assert settle(asked, loaded, {}) == (asked, loaded)
    with pytest.raises(InputError, match=r"^model: expected"):
        settle(asked, None, {})
