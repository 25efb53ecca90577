"""Phrases that are typed."""

import pytest

from lstmmusic.errors import InputError
from lstmmusic.generation import LEARNED, Settings, improvise, typed_phrase
from lstmmusic.score import Key


def pitches(score):
    return score.parts[0].notes["pitch"].tolist()


@pytest.mark.parametrize(
    ("text", "asked", "wanted"),
    [
        ("G _B c2 | z2 _e =e c4", {}, [67, 70, 72, 75, 76, 72]),
        ("C E G", {"key": "Eb"}, [60, 63, 67]),  # as its signature has them
        ("C E G", {"key": "Am"}, [60, 64, 67]),
        ("K:G\nF A", {"key": "C"}, [66, 69]),
        ("L:1/4\nM:3/4\nK:F\nB c d", {}, [70, 72, 74]),
        (r"K:G\nF A", {}, [66, 69]),  # as a shell gives it
        ('"C7" C D "F7" E', {}, [60, 62, 64]),
    ],
)
def test_notes_are_those_of_abc(text, asked, wanted):
    _, phrase = typed_phrase(text, Settings(**asked))
    assert pitches(phrase) == wanted


@pytest.mark.parametrize("text", ["", "z8", "hello", "<i>G</i>", "1 2 3", "\x00", "K:", "[[["])
def test_what_is_no_phrase_is_one_line(text):
    with pytest.raises(InputError, match=r"^phrase: expected notes in ABC") as caught:
        typed_phrase(text)
    assert "\n" not in str(caught.value)


def test_a_phrase_too_long_is_refused():
    with pytest.raises(InputError, match=r"^phrase: expected at most 10000 characters"):
        typed_phrase("C" * 10_001)


@pytest.mark.parametrize(("model", "swing"), [("twelve-bar", 2 / 3), ("soloist", LEARNED)])
def test_tempo_and_swing_are_as_without_a_phrase(model, swing):
    settings, phrase = typed_phrase("G _B c2 | z2 _e =e c4", Settings(model=model, band=False))
    assert settings.swing == pytest.approx(swing)
    with_it = improvise(settings, primer=phrase, keep_primer=True)
    without = improvise(model=model, band=False)
    for name in ("tempo", "swing", "feel", "key", "metre"):
        assert with_it.report[name] == without.report[name], name
    # Its six notes open the piece.
    assert with_it.written.part("melody").notes["pitch"][:6].tolist() == pitches(phrase)


def test_what_is_asked_goes_before_the_usual():
    settings, phrase = typed_phrase("G A c2", Settings(swing=0.5, tempo=90))
    report = improvise(settings, primer=phrase).report
    assert (report["swing"], report["tempo"], report["key"]) == (0.5, 90, str(Key("C")))
