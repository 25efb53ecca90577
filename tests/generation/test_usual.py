"""Models that know what is usual in their music: metre, tempo, swing, a form or none."""

from dataclasses import replace

import pytest

from lstmmusic.errors import InputError
from lstmmusic.generation import improvise
from lstmmusic.io import load, save
from lstmmusic.player import StoredModel
from tests.tiny_model import tiny_model

USUAL = {
    "6/8": {
        "style": "straight",
        "tempo": 112.5,
        "swing": 0.5,
        "notes_per_bar": 5.25,
        "forms": [],
    },
    "4/4": {
        "style": "jump",
        "tempo": 171.0,
        "swing": 0.61,
        "notes_per_bar": 6.0,
        "forms": ["standard"],
    },
}


@pytest.fixture
def model():
    """Melody alone; jigs, and a few blues."""
    tiny = tiny_model()
    knows = {**tiny.card["knows"], "metres": list(USUAL), "usual": USUAL}
    networks = {"melody": tiny.networks["melody"]}
    return StoredModel("mine", {**tiny.card, "knows": knows}, networks)


def only(model, metre):
    """A model that knows that metre alone."""
    knows = {**model.card["knows"], "metres": [metre], "usual": {metre: USUAL[metre]}}
    return replace(model, card={**model.card, "knows": knows})


def test_music_without_a_form_is_a_melody_alone(model, tmp_path):
    jig = improvise(model=model, metre="6/8", bars=32, seed=1)
    report = jig.report
    assert (report["bars"], report["form"], report["metre"]) == (32, None, "6/8")
    assert (report["style"], report["tempo"], report["swing"]) == ("straight", 112.5, 0.5)
    assert list(report["parts"]) == ["melody"]
    assert set(report["chords"].split()) == {"|", "N.C."}
    assert jig.score.title == "Melody in C"
    assert jig.score.sections == ()
    save(jig.score, tmp_path / "jig.mid")
    assert load(tmp_path / "jig.mid").n_bars == 32


def test_without_a_length_it_has_two_sections_of_eight_bars(model):
    assert improvise(model=only(model, "6/8"), seed=1).report["bars"] == 16
    assert improvise(model=model, metre="6/8", choruses=3).report["bars"] == 24


def test_a_metre_that_is_not_asked_for_is_one_that_the_model_knows(model):
    assert improvise(model=only(model, "6/8")).report["metre"] == "6/8"
    assert improvise(model=model).report["metre"] == "4/4"


def test_what_is_asked_goes_before_what_is_usual(model):
    blues = improvise(model=model, seed=1).report
    assert (blues["style"], blues["tempo"], blues["swing"]) == ("jump", 171.0, 0.61)
    assert blues["form"] == "standard"
    asked = improvise(model=model, tempo=90, swing=0.7, seed=1).report
    assert (asked["tempo"], asked["swing"]) == (90, 0.7)
    shuffle = improvise(model=model, style="shuffle", seed=1).report
    assert (shuffle["tempo"], shuffle["swing"]) == (116.0, 0.667)


def test_chords_and_forms_can_be_imposed_all_the_same(model):
    typed = improvise(model=model, metre="6/8", chords="| D | G A7 |", bars=8).report
    assert typed["chords"].startswith("| D | G A7 |")
    assert "piano (rules)" in typed["parts"]
    formed = improvise(model=model, metre="6/8", form="minor", key="Am").report
    assert (formed["form"], formed["bars"]) == ("minor", 12)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"metre": "3/4"}, r"^metre: expected 6/8 or 4/4 \(what the model knows\), got 3/4"),
        ({"harmony": "model"}, r"^harmony: expected imposed \(the model has no harmony network\)"),
        ({"metre": "6/8", "count_in": True}, "^count_in: expected chords or a form"),
    ],
)
def test_what_the_model_does_not_know_is_said_in_one_line(asked, expected, model):
    with pytest.raises(InputError, match=expected):
        improvise(model=model, **asked)
