"""Files are heard by the names that the report of a corpus gives them."""

import zipfile

import numpy as np
import pytest

from lstmmusic.app import sounding
from lstmmusic.errors import InputError
from lstmmusic.io import save
from lstmmusic.score import Note, Part, Score

TUNE = "X:1\nT:One\nM:4/4\nL:1/4\nK:C\nCDEF|\n\nX:2\nT:Two\nM:4/4\nL:1/4\nK:C\nGGGG|\n"


@pytest.fixture
def music(tmp_path, monkeypatch):
    def stems(score):
        return [np.zeros((8, 2), np.float32) for _ in score.parts]

    monkeypatch.setattr(sounding, "render_stems", stems)
    sounding._read_item.clear()
    folder = tmp_path / "music"
    (folder / "in").mkdir(parents=True)
    save(Score([Part([Note(0, 1, 60)])]), folder / "in" / "plain.mid")
    save(Score([Part([Note(0, 1, 61)])]), tmp_path / "packed.mid")
    with zipfile.ZipFile(folder / "set.zip", "w") as archive:
        archive.write(tmp_path / "packed.mid", "deep/packed.mid")
    (folder / "book.abc").write_text(TUNE)
    return folder


@pytest.mark.parametrize(
    ("name", "pitches"),
    [
        ("in/plain.mid", [60]),
        ("set.zip/deep/packed.mid", [61]),
        ("book.abc#2", [67, 67, 67, 67]),
    ],
)
def test_a_piece_is_found_by_its_name_in_the_report(music, name, pitches):
    score = sounding._read_item(str(music), name)
    assert score.parts[0].notes["pitch"].tolist() == pitches


def test_a_piece_is_heard_at_the_speed_that_is_asked(music, monkeypatch):
    heard = []

    def roll(score, sound, *, key):
        for speed in (1.0, 0.5, 0.5):
            stems, silence = sound(speed)
            assert stems[0].startswith(b"fLaC")
            assert silence == ""

    stems_of = sounding.stems_of
    monkeypatch.setattr(sounding, "piano_roll", roll)
    monkeypatch.setattr(
        sounding, "stems_of", lambda score: (heard.append(score.seconds), stems_of(score))[1]
    )
    sounding._sound.clear()
    sounding.hear_score(Score([Part([Note(0, 2, 60)])]), "key")
    assert heard == [1.0, 2.0]


def test_a_piece_that_has_gone_is_one_line(music):
    with pytest.raises(InputError, match=r"gone\.mid: expected a piece that is still there"):
        sounding._read_item(str(music), "gone.mid")


def test_a_piece_that_is_too_long_is_seen_and_not_heard(music):
    stems, silence = sounding.stems_of(Score([Part([Note(0, 4000, 60)])]))
    assert stems == ()
    assert silence == "sound: expected a piece of at most 10 minutes, got a longer one"
