"""The first page beyond one piece: all settings, other notes, the report card, variations."""

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import lstmmusic
from lstmmusic.app import controls, favourites, improvise_page, report_card, takes
from lstmmusic.app.share import Redone, Take, from_query, to_query
from lstmmusic.errors import InputError
from lstmmusic.generation import Settings, ranked
from lstmmusic.io.engraving import engrave
from lstmmusic.player import store_model
from tests.app.driving import texts, widget
from tests.tiny_model import feeling_model

APP = str(Path(__file__).parents[2] / "app.py")
SEVEN = Take(Settings(key="C", style="shuffle", choruses=1, seed=7))

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.usefixtures("quiet"),
]


def opened(take=None):
    page = AppTest.from_file(APP, default_timeout=60)
    for name, value in (to_query(take) if take else {}).items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def press(page, label):
    widget(page, "button", label).click()
    page.run()
    assert not page.exception
    return page


def now(page):
    return page.session_state["history"].now


def query(page):
    found = page.query_params
    return {k: v if isinstance(v, str) else v[0] for k, v in found.items()}


ASKED = {
    "selectbox": {
        "Form": "quick-change",
        "Style": "jump",
        "Instrument": "harmonica",
        "Metre": "12/8",
        "Ending": "tag",
        "Turnaround": "four",
    },
    "number_input": {
        "Tempo in beats a minute": 100,
        "Swing": 0.6,
        "Choruses": 2,
        "Pickup in felt beats": 2,
        "Density in notes a bar": 5.0,
        "Answer": 0.5,
        "Top-p": 0.9,
        "Top-k": 20,
    },
    "slider": {"Temperature": 0.9, "Bends": 0.25},
    "text_input": {"Seed": "9", "Stop-time choruses": "2", "Range": "A3-D6"},
    "checkbox": {"Count-in": True},
}


def test_every_setting_can_be_asked_travels_in_the_link_and_stands_in_the_form_again():
    page = opened()
    for kind, values in ASKED.items():
        for label, value in values.items():
            widget(page, kind, label).set_value(value)
    press(page, "Improvise")
    assert "28 bars in C, 12/8 at 100 beats a minute, swing 0.6, seed 9" in texts(page, "caption")
    # What cannot stand beside these: another length, chords of another source, no band, the usual.
    elsewhere = {"bars", "chords", "harmony", "band", "model", "keep_primer"}
    assert set(query(page)) == {field.name for field in fields(Settings)} - elsewhere
    again = opened(from_query(query(page)))
    assert now(again) == now(page)
    for kind, values in ASKED.items():
        for label, value in values.items():
            if label != "Seed":
                assert widget(again, kind, label).value == value, label


def test_bars_go_before_choruses():
    page = opened()
    widget(page, "number_input", "Bars").set_value(5)
    press(page, "Improvise")
    assert " 5 bars in C" in texts(page, "caption")


def test_values_beyond_the_reach_of_a_control_are_played_and_shown_at_its_end():
    wild = Take(replace(SEVEN.settings, temperature=5.0, top_p=0.001, instrument="17"))
    page = opened(wild)
    assert now(page) == wild
    assert widget(page, "slider", "Temperature").value == 2.0
    assert widget(page, "selectbox", "Instrument").value == "17"


def test_what_a_model_knows_decides_what_can_be_asked(tmp_path):
    model = feeling_model()
    store_model(tmp_path / "models" / "felt", model.card, model.networks)
    (tmp_path / "models" / "broken").mkdir()
    (tmp_path / "models" / "broken" / "card.json").write_text("{}")
    page = opened()
    assert "Learned swing" not in {box.label for box in page.checkbox}
    widget(page, "selectbox", "Model").set_value("felt")
    page.run()
    widget(page, "checkbox", "Learned swing").set_value(True)
    press(page, "Improvise")
    assert "melody with a learned feel, band with swing 0.667" in texts(page, "caption")
    assert query(page)["swing"] == "learned"
    widget(page, "number_input", "Swing").set_value(0.6)
    press(page, "Improvise")
    assert "swing: expected a share or learned swing, got both" in texts(page, "error")
    assert controls.Known.of("twelve-bar") == controls.Known(
        ("4/4", "12/8"), answer=0.7, tells_copies=True
    )
    widget(page, "selectbox", "Model").set_value("soloist")
    page.run()
    assert "Learned swing" not in {box.label for box in page.checkbox}
    assert "with a swing asked for, by rule" in texts(page, "caption")
    assert controls.Known.of(str(tmp_path / "models" / "broken")) == controls.Known()


def test_a_model_begins_with_what_is_usual_in_it():
    page = opened()
    widget(page, "selectbox", "Model").set_value("soloist")
    page.run()
    assert "it plays jump, 150 beats a minute" in texts(page, "caption")
    assert widget(page, "number_input", "Tempo in beats a minute").placeholder == (
        "usual in jump: 150"
    )
    widget(page, "text_input", "Seed").set_value("3")
    press(page, "Improvise")
    wanted = lstmmusic.improvise(model="soloist", seed=3)  # `lstmmusic generate --model soloist`
    assert takes.play(now(page)).score.parts == wanted.score.parts
    assert "in C, 4/4 at 150 beats a minute" in texts(page, "caption")


def test_what_was_chosen_outlives_another_model_another_piece_and_other_notes():
    # What is not sent yet is in the browser, and has a test there.
    chosen = {
        "selectbox": {"Style": "straight", "Key": "F", "Ending": "tag"},
        "number_input": {"Tempo in beats a minute": 99, "Answer": 0.25, "Choruses": 2},
    }

    def ask():
        for kind, values in chosen.items():
            for label, value in values.items():
                widget(page, kind, label).set_value(value)

    def told():
        return {k: {label: widget(page, k, label).value for label in v} for k, v in chosen.items()}

    page = opened()
    ask()
    press(page, "Improvise")
    assert "28 bars in F, 4/4 at 99 beats a minute" in texts(page, "caption")
    assert told() == chosen
    widget(page, "selectbox", "Model").set_value("soloist")
    page.run()
    assert told() == chosen
    press(page, "Other notes")
    assert told() == chosen
    chosen["selectbox"] |= {"Style": "shuffle", "Key": "G"}
    chosen["number_input"]["Choruses"] = 1
    ask()
    press(page, "Improvise")
    assert "16 bars in G, 4/4 at 99 beats a minute" in texts(page, "caption")
    assert told() == chosen
    for label in ("Tempo in beats a minute", "Answer"):
        widget(page, "number_input", label).set_value(None)
    press(page, "Improvise")
    assert "at 116 beats a minute" in texts(page, "caption")
    assert now(page).settings.answer is None
    press(page, "Undo")
    assert told() == chosen
    press(page, "Undo")
    assert (told()["selectbox"]["Key"], told()["number_input"]["Choruses"]) == ("F", 2)


def test_a_metre_that_a_model_does_not_know_is_told():
    page = opened(Take(Settings(metre="12/8", choruses=1, seed=1)))
    widget(page, "selectbox", "Model").set_value("soloist")
    page.run()
    assert "The piece below is in 12/8; this model knows 4/4 alone." in texts(page, "caption")


def test_other_notes_in_some_bars_are_those_of_redo_and_can_be_undone():
    page = opened(SEVEN)
    press(page, "Other notes")
    changed = now(page)
    (row,) = changed.redone
    assert (row.first, row.last) == (9, 10)
    assert "Other notes in bars 9-10." in texts(page, "caption")
    before, after = takes.play(SEVEN).score, takes.play(changed).score
    expected = lstmmusic.redo(before, "9-10", style="shuffle", seed=row.seed).score
    assert after.parts == expected.parts != before.parts
    starts = before.bar_starts
    for one, other in ((before, after), (after, before)):
        onsets = one.parts[0].notes["onset_quarters"]
        outside = one.parts[0].notes[(onsets < starts[8]) | (onsets >= starts[10])]
        assert np.isin(outside, other.parts[0].notes).all()
    assert after.parts[1:] == before.parts[1:]
    press(page, "Undo")
    assert now(page) == SEVEN
    assert "redo" not in query(page)
    press(page, "Redo")
    assert now(page) == changed
    assert widget(page, "button", "Redo").disabled
    assert now(opened(from_query(query(page)))) == changed  # the link carries it


def test_bars_that_cannot_be_redone_are_one_line_and_the_piece_stays():
    page = opened(SEVEN)
    widget(page, "number_input", "From bar").set_value(5)
    widget(page, "number_input", "To bar").set_value(2)
    press(page, "Other notes")
    assert "bars: expected a bar or a span of bars" in texts(page, "error")
    assert now(page) == SEVEN
    full = Take(SEVEN.settings, tuple(Redone(1, 1, seed) for seed in range(32)))
    page = opened(full)
    press(page, "Other notes")
    assert "bars: expected at most 32 changes of a piece" in texts(page, "error")


def test_the_report_card_is_made_when_it_is_opened():
    takes.card.clear()
    page = opened(SEVEN)
    assert not page.table
    page.session_state["report_card"] = True
    page.run()
    assert not page.exception
    card = lstmmusic.scorecard(takes.play(SEVEN).score)
    rows = page.table[0].value
    told = [row["inside"] for row in card["human"].values() if row["inside"] is not None]
    assert len(rows) == len(told)
    inside = sum(mark.startswith("✓") for mark in rows["Mark"])
    assert inside == sum(told)
    assert f"**{inside} of {len(rows)} numbers**" in texts(page, "markdown")
    run = card["originality"]["longest_run"]
    assert f"as in **{run['piece']}**, bar {run['bar']}." in texts(page, "markdown")
    assert f"Originality: {card['originality']['light']}" in texts(page, "markdown")


def test_a_mark_says_on_which_side_of_the_band_a_number_lies():
    card = lstmmusic.scorecard(takes.play(SEVEN).score)
    band = card["human"]["notes_per_bar"]
    for value, inside, mark in (
        (band["low"], True, "in"),
        (0.1, False, "below"),
        (40.0, False, "above"),
    ):
        human = {**card["human"], "notes_per_bar": {**band, "inside": inside}}
        rows = report_card.rows_of({**card, "notes_per_bar": value, "human": human})
        (row,) = (row for row in rows if row["Number"] == "Notes a bar")
        assert row["Mark"].endswith(mark)
        assert row["Here"] == f"{value:.2f}"


def test_variations_are_ranked_as_by_the_command_and_one_is_chosen_to_hear():
    page = opened(SEVEN)
    widget(page, "number_input", "Number of variations").set_value(3)
    press(page, "Play variations")
    settings = SEVEN.settings
    wanted = [replace(settings, seed=seed) for seed in (7, 8, 9)]
    seeds = [piece.report["seed"] for piece in ranked(map(lstmmusic.improvise, wanted))]
    lines = [text.value for text in page.markdown if "originality" in text.value]
    assert [int(line.split("Seed ")[1].split(":")[0]) for line in lines] == seeds
    assert widget(page, "button", "Shown").disabled
    other = next(place for place, seed in enumerate(seeds, 1) if seed != 7)
    page.button(key=f"hear_{other}").click()
    page.run()
    assert now(page) == Take(replace(settings, seed=seeds[other - 1]))
    press(page, "Undo")
    assert now(page) == SEVEN


def test_favourites_outlive_a_reload_and_names_are_no_markup():
    take = replace(SEVEN, redone=(Redone(3, 4, 5),))
    page = opened(take)
    widget(page, "text_input", "Name of this piece").set_value(" <b>*My*</b>  blues ")
    press(page, "Keep this piece")
    stored = json.loads(favourites.path().read_text())["favourites"]
    assert stored == [{"name": "<b>*My*</b> blues", "query": to_query(take)}]
    later = opened()
    press(later, "Improvise")
    assert "<b>*My*</b> blues" in [text.value for text in later.text]
    press(later, "Play")
    assert now(later) == take
    press(later, "Remove")
    assert favourites.listed() == []


def test_a_favourite_needs_a_name_and_a_model_with_one():
    page = opened(SEVEN)
    press(page, "Keep this piece")
    assert "name: expected 1 to 60 letters, got 0" in texts(page, "error")
    with pytest.raises(InputError, match="model: expected one that has a name"):
        favourites.keep("mine", Take(Settings(model="/tmp/model")))


@pytest.mark.parametrize("text", ["", "[]", '{"favourites": [1, {"name": 2}, {"query": {}}]}'])
def test_a_damaged_file_of_favourites_is_no_favourites(text):
    favourites.path().parent.mkdir()
    favourites.path().write_text(text)
    assert favourites.listed() == []


def test_a_favourite_whose_model_is_gone_is_one_line():
    favourites.keep("old", Take(replace(SEVEN.settings, model="gone")))
    page = opened(SEVEN)
    press(page, "Play")
    assert "model: expected one that can be chosen here, got 'gone'" in texts(page, "error")
    assert now(page) == SEVEN


def test_favourites_are_for_this_computer_alone(monkeypatch):
    favourites.keep("mine", SEVEN)
    monkeypatch.setattr(improvise_page, "is_local", lambda: False)
    page = opened(SEVEN)
    assert "mine" not in [text.value for text in page.text]
    assert "Keep this piece" not in {button.label for button in page.button}


def test_the_score_is_written_for_other_instruments(monkeypatch):
    monkeypatch.setattr(takes, "engrave", engrave)
    drawn = []
    monkeypatch.setattr(improvise_page, "score_view", lambda sheet, *about: drawn.append(sheet))
    page = opened(SEVEN)
    for reader in ("B♭ instruments", "E♭ instruments"):
        page.button_group(key="reader").set_value(reader)
        page.run()
        assert not page.exception
    written = takes.play(SEVEN).written
    assert drawn == [engrave(written, reader) for reader in ("C", "Bb", "Eb")]
    names = [button.proto.label for button in page.get("download_button")]
    assert names == [
        f"Download {what}" for what in ("MIDI", "MusicXML", "WAV", "lead sheet", "practice pack")
    ]
