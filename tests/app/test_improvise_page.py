"""The first page, driven headless: its states, its errors, its link."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.driving import texts, widget

APP = str(Path(__file__).parents[2] / "app.py")

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.usefixtures("quiet"),
]


@pytest.fixture
def page():
    return AppTest.from_file(APP, default_timeout=60)


def press(page):
    widget(page, "button", "Improvise").click()
    return page.run()


def test_the_empty_page_says_what_to_do(page):
    page.run()
    assert not page.exception
    assert "press **Improvise**" in page.info[0].value
    assert "seed" not in texts(page, "caption")


def test_a_piece_is_played_with_what_was_asked(page):
    page.run()
    widget(page, "selectbox", "Form").set_value("quick-change")
    widget(page, "selectbox", "Key").set_value("Bb")
    widget(page, "number_input", "Choruses").set_value(2)
    widget(page, "text_input", "Seed").set_value("7")
    press(page)
    assert not page.exception
    assert "24 bars in Bb, 4/4 at 116 beats a minute, swing 0.667, seed 7" in texts(page, "caption")
    assert "Chords imposed" in texts(page, "caption")


def test_without_a_seed_one_is_chosen_and_shown(page):
    page.run()
    press(page)
    first = texts(page, "caption")
    press(page)
    assert "seed" in first
    assert texts(page, "caption") != first


def test_chords_by_the_network_are_labelled(page):
    page.run()
    widget(page, "selectbox", "Form").set_value("Chords by the network")
    press(page)
    assert "Chords by the network" in texts(page, "caption")


def test_a_chord_typo_is_shown_at_its_place(page):
    page.run()
    widget(page, "selectbox", "Form").set_value("Typed chords")
    label = "Chords, for the form 'Typed chords'"
    widget(page, "text_input", label).set_value("| C7 | F7 | Hx |")
    press(page)
    assert "chords, bar 3, column 13" in texts(page, "error")
    shown, mark = page.code[0].value.split("\n")
    assert shown[mark.index("^") :].startswith("Hx")


def test_a_wrong_seed_is_one_line_and_plays_nothing(page):
    page.run()
    widget(page, "text_input", "Seed").set_value("x]")
    press(page)
    assert "seed: expected a whole number from 0 to 4294967295, got 'x]'" in texts(page, "error")
    assert "seed" not in texts(page, "caption")


def test_what_is_refused_leaves_the_piece_that_was_there(page):
    page.run()
    widget(page, "text_input", "Seed").set_value("7")
    press(page)
    said = texts(page, "caption")
    widget(page, "selectbox", "Form").set_value("Typed chords")
    widget(page, "text_input", "Chords, for the form 'Typed chords'").set_value("| Hx |")
    press(page)
    assert "chords, bar 1, column 3" in texts(page, "error")
    assert "The piece below is the one from before." in texts(page, "caption")
    assert texts(page, "caption").replace("The piece below is the one from before. ", "") == said
    assert page.query_params["seed"] in ("7", ["7"])
    assert page.session_state["history"].takes[-1].settings.seed == 7


def test_where_nothing_can_sound_the_page_says_what_to_install(page):
    page.run()
    press(page)
    assert "synthesiser: expected FluidSynth" in texts(page, "warning")
    assert not page.exception


def test_a_link_brings_the_same_piece_back(page):
    page.run()
    widget(page, "selectbox", "Key").set_value("F")
    press(page)
    said = texts(page, "caption")
    query = {
        name: value if isinstance(value, str) else value[0]
        for name, value in page.query_params.items()
    }
    assert query["key"] == "F"
    other = AppTest.from_file(APP, default_timeout=60)
    for name, value in query.items():
        other.query_params[name] = value
    other.run()
    assert texts(other, "caption") == said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("key", "H", "key: expected a key"),
        ("tempo", "fast", "tempo: expected a number"),
        ("choruses", "100000", "choruses: expected 1 to 80"),
        ("chords", "| Zz |", "chords, bar 1"),
        ("answer", "2", "answer: expected 0 to 1, got 2.0"),
        ("ending", "fade", "ending: expected one of tag, turnaround, stop"),
        ("pickup", "4", "pickup: expected 0 to 3 felt beats"),
        ("top_p", "nan", "top_p: expected"),
        ("wild", "1", "link: expected settings that there are, got 'wild'"),
        ("redo", "9", "redo: expected bars and seeds, such as 9-10.5,3-3.7, got '9'"),
        ("redo", "40-41.5", "bars: expected"),
        ("redo", ",".join(["1-1.1"] * 33), "redo: expected at most 32 times, got 33"),
    ],
)
def test_a_link_that_cannot_be_met_is_one_line(page, name, value, said):
    page.query_params["seed"] = "1"
    page.query_params[name] = value
    page.run()
    assert not page.exception
    assert said in texts(page, "error")
