"""What a piece goes on from: as text, clicked, uploaded; the same as `generate --primer`."""

import base64
import zlib
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import lstmmusic
from lstmmusic.app import primer, takes
from lstmmusic.app.note_grid import Clicked, clicked_notes, columns_of, phrase_of
from lstmmusic.app.share import Take, from_query, to_query
from lstmmusic.errors import InputError
from lstmmusic.generation import Settings, typed_phrase
from lstmmusic.io import format_midi
from lstmmusic.score import Metre
from tests.app.driving import texts, widget

APP = str(Path(__file__).parents[2] / "app.py")

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.usefixtures("quiet"),
]


@pytest.mark.parametrize("asked", [{}, {"style": "slow"}, {"pickup": 2, "key": "Am"}])
def test_a_primer_as_text_leads_to_the_piece_that_the_file_leads_to(asked):
    given = lstmmusic.improvise(seed=5, **asked).score
    text = primer.as_text(given)
    for more in ({}, {"key": "F", "keep_primer": True}):
        wanted = lstmmusic.improvise(primer=given, seed=2, **more)
        found = lstmmusic.improvise(primer=primer.from_text(text), seed=2, **more)
        assert found.score.parts == wanted.score.parts
        assert found.report["chords"] == wanted.report["chords"]


def test_a_text_that_is_no_primer_is_one_line():
    bomb = base64.urlsafe_b64encode(zlib.compress(b"\0" * 2**22)).decode()
    rest = lstmmusic.Score([lstmmusic.Part([lstmmusic.Note(0, 1, 36)], is_drum=True)])
    other = base64.urlsafe_b64encode(zlib.compress(b"no MIDI")).decode()
    for text, said in (
        ("x", "the text of a primer"),
        (bomb, "a longer one"),
        (other, "primer.mid"),
    ):
        with pytest.raises(InputError, match=said):
            primer.from_text(text)
    with pytest.raises(InputError, match="no pitched notes"):
        primer.as_text(rest)
    with pytest.raises(InputError, match="the text of a primer"):
        from_query({"seed": "1", "primer": "a b"})


@pytest.mark.parametrize(
    "notes",
    [
        None,
        "x",
        [[0, 1]],
        [[0, 1, 60.5]],
        [[0, 0, 60]],
        [[-1, 1, 60]],
        [[0, 3, 60], [2, 1, 62]],
        [[15, 2, 60]],
        [[0, 1, 20]],
    ],
)
def test_notes_that_no_grid_has_are_none(notes):
    assert clicked_notes({"notes": notes}, columns_of(Metre())) == ()


def test_clicked_notes_are_eighths_of_two_bars():
    assert columns_of(Metre()) == 16
    assert columns_of(Metre(12, 8)) == 24
    phrase = phrase_of([Clicked(0, 2, 60), Clicked(3, 1, 63)], Metre())
    assert [tuple(note)[:3] for note in phrase.parts[0]] == [(0.0, 1.0, 60), (1.5, 0.5, 63)]
    slow = phrase_of([Clicked(3, 3, 60)], Metre(12, 8))
    assert slow.parts[0].notes["onset_quarters"][0] == 1.5


def test_what_is_clicked_leaves_tempo_swing_and_key_to_the_form():
    notes = tuple(Clicked(column, 1, 60 + column) for column in range(8))
    settled, text = primer.Asked(notes=notes, keep=True).settled(Settings(key="F", style="jump"))
    piece = lstmmusic.improvise(settled, primer=primer.from_text(text)).report
    usual = lstmmusic.improvise(key="F", style="jump").report
    assert [piece[name] for name in ("key", "tempo", "swing")] == [
        usual[name] for name in ("key", "tempo", "swing")
    ]
    heard = lstmmusic.improvise(settled, primer=primer.from_text(text)).written.parts[0]
    assert heard.notes["pitch"][:8].tolist() == [60 + column for column in range(8)]
    assert heard.notes["onset_quarters"][:8].tolist() == [column / 2 for column in range(8)]


def test_typed_notes_are_those_of_the_command_line():
    page = AppTest.from_file(APP, default_timeout=60).run()
    page.button_group(key="primer_way").set_value("Notes that I type").run()
    widget(page, "text_input", "Notes in ABC").set_value("G _B c2 | z2 _e =e c4")
    widget(page, "text_input", "Seed").set_value("3")
    widget(page, "button", "Improvise").click().run()
    take = page.session_state["history"].now
    settings, phrase = typed_phrase("G _B c2 | z2 _e =e c4", Settings(seed=3))
    wanted = lstmmusic.improvise(settings, primer=phrase, keep_primer=True)
    assert take.settings.keep_primer
    assert takes.play(take).score.parts == wanted.score.parts


def test_typed_nonsense_is_one_line():
    page = AppTest.from_file(APP, default_timeout=60).run()
    page.button_group(key="primer_way").set_value("Notes that I type").run()
    for text, said in (("", "notes that are typed"), ("hello", "notes in ABC")):
        widget(page, "text_input", "Notes in ABC").set_value(text)
        widget(page, "button", "Improvise").click().run()
        assert said in texts(page, "error")
        assert not page.exception


def test_an_uploaded_primer_is_gone_on_from_in_its_own_key_and_travels_in_the_link():
    given = lstmmusic.improvise(seed=5, key="Eb", tempo=100).score
    page = AppTest.from_file(APP, default_timeout=60).run()
    page.button_group(key="primer_way").set_value("A file").run()
    widget(page, "button", "Improvise").click().run()
    assert "primer: expected a file, got none" in texts(page, "error")
    page.file_uploader[0].set_value(("mine.mid", format_midi(given), "audio/midi")).run()
    assert widget(page, "selectbox", "Key").value == "As in the primer"
    widget(page, "text_input", "Seed").set_value("3")
    widget(page, "button", "Improvise").click().run()
    assert not page.exception
    take = page.session_state["history"].now
    assert "in Eb, 4/4 at 100 beats a minute" in texts(page, "caption")
    wanted = lstmmusic.improvise(take.settings, primer=given)
    assert takes.play(take).score.parts == wanted.score.parts
    assert page.button_group(key="primer_way").value == "A file"
    query = {
        name: value if isinstance(value, str) else value[0]
        for name, value in page.query_params.items()
    }
    assert from_query(query) == take
    assert Take(take.settings, primer="x" * 4001).has_link is False
    other = AppTest.from_file(APP, default_timeout=60)
    for name, value in query.items():
        other.query_params[name] = value
    other.run()
    assert other.session_state["history"].now == take
    assert other.button_group(key="primer_way").value == "The one of this piece"


def test_a_file_without_a_melody_is_one_line():
    page = AppTest.from_file(APP, default_timeout=60).run()
    page.button_group(key="primer_way").set_value("A file").run()
    page.file_uploader[0].set_value(("mine.mid", b"MThd", "audio/midi")).run()
    assert "mine.mid: expected" in texts(page, "error")
    assert not page.exception


def test_a_primer_is_in_the_link():
    take = Take(Settings(seed=3, keep_primer=True), primer="eJw=")
    assert from_query(to_query(take)) == take


def test_only_what_is_original_is_as_on_the_command_line_and_travels_in_the_link():
    page = AppTest.from_file(APP, default_timeout=60).run()
    widget(page, "checkbox", "Only what is original").set_value(True)
    widget(page, "text_input", "Seed").set_value("3")
    widget(page, "button", "Improvise").click().run()
    take = page.session_state["history"].now
    assert take.original
    assert from_query(to_query(take)) == take
    assert takes.play(take).report["original"]["light"] == "green"
    wanted = lstmmusic.generation.improvise_original("model", seed=3)
    assert takes.play(take).score.parts == wanted.score.parts
    assert widget(page, "checkbox", "Only what is original").value
    widget(page, "selectbox", "Model").set_value("soloist").run()
    assert "Only what is original" not in [box.label for box in page.checkbox]
    with pytest.raises(InputError, match=r"^original: expected 0 or 1"):
        from_query({"seed": "1", "original": "yes"})
