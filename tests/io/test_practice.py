"""The practice pack: what its files hold is the piece, in parts, slower, and in other keys."""

import io
import re
import zipfile
from itertools import pairwise

import numpy as np
import pytest

import lstmmusic
from lstmmusic.errors import InputError
from lstmmusic.io import parse_midi
from lstmmusic.io.engraving import engrave, format_zip
from lstmmusic.io.practice import in_all_keys, practice_pack, retimed
from lstmmusic.score import Key


@pytest.fixture(scope="module")
def blues():
    return lstmmusic.improvise(seed=3, key="Bb", pickup=1)


@pytest.fixture(scope="module")
def pack(blues):
    return practice_pack(blues.score, blues.written, slow=0.5)


def test_band_and_solo_are_the_piece_in_two(blues, pack):
    full, backing, solo = (parse_midi(pack[f"{name}.mid"]) for name in ("full", "backing", "solo"))
    assert [part.name for part in full.parts] == [part.name for part in blues.score.parts]
    assert [*solo.parts, *backing.parts] == list(full.parts)
    assert solo.chords == full.chords


def test_the_slow_one_has_the_same_notes_at_half_the_tempo(pack):
    full, slow = (parse_midi(pack[f"{name}.mid"]) for name in ("full", "slow"))
    assert slow.parts == full.parts
    assert slow.seconds == pytest.approx(2 * full.seconds, rel=1e-5)


def test_all_keys_come_once_in_fourths_each_near_the_piece(blues, pack):
    names = sorted(name for name in pack if name.startswith("keys/"))
    keys = [Key.parse(re.sub(r"keys/\d\d-(.*)\.mid", r"\1", name)) for name in names]
    assert keys[0] == Key("Bb")
    assert {(b.pitch_class - a.pitch_class) % 12 for a, b in pairwise(keys)} == {5}
    assert len({key.pitch_class for key in keys}) == 12
    for name, key in zip(names, keys):
        piece = parse_midi(pack[name])
        assert piece.key.pitch_class == key.pitch_class
        shift = piece.parts[0].notes["pitch"] - blues.score.parts[0].notes["pitch"]
        assert len(set(shift.tolist())) == 1
        assert -6 <= shift[0] <= 5


def test_a_lead_sheet_is_written_higher_than_it_sounds(blues, pack):
    for reader, higher in (("C", 0), ("Bb", 2), ("Eb", -3)):
        xml = pack[f"lead-sheet-{reader}.musicxml"].decode()
        shown = lstmmusic.improvise(seed=3, key="Bb", pickup=1).written.transpose(higher)
        assert f"<fifths>{shown.key.signature}</fifths>" in xml
        told = re.findall(r"<chromatic>(-?\d+)</chromatic>", xml)
        assert told == ([str(-higher)] if higher else [])
        assert pack[f"lead-sheet-{reader}.svg"].startswith(b"<svg")


def test_places_on_the_sheet_are_those_of_the_notes(blues):
    sheet = engrave(blues.written)
    onsets = {round(start, 3) for start, _, _ in sheet.notes}
    assert {round(float(onset), 3) for onset in blues.written.parts[0].notes["onset_quarters"]} <= (
        onsets
    )
    assert [round(start, 3) for start, _ in sheet.bars] == [0.0, *blues.written.bar_starts]
    ids = set(re.findall(r'id="([^"]+)"', "".join(sheet.pages)))
    assert {name for _, _, name in sheet.notes} | {name for _, name in sheet.bars} <= ids


def test_several_pages_are_an_archive_and_the_same_bytes_again():
    sheet = engrave(lstmmusic.improvise(seed=1, choruses=8).written)
    data, suffix = sheet.file()
    assert suffix == ".zip"
    assert len(sheet.pages) > 1
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert names == [f"page-{n}.svg" for n in range(1, len(sheet.pages) + 1)]
    assert (
        data
        == sheet.file()[0]
        == format_zip({name: page.encode() for name, page in zip(names, sheet.pages)})
    )


def test_without_a_band_there_is_no_backing_and_without_a_melody_no_pack(blues):
    alone = lstmmusic.improvise(seed=3, band=False)
    assert "backing.mid" not in practice_pack(alone.score, alone.written)
    with pytest.raises(InputError, match="melody: expected"):
        practice_pack(lstmmusic.Score(), lstmmusic.Score())
    with pytest.raises(InputError, match=r"speed: expected 0.25 to 2, got 3"):
        retimed(blues.score, 3)
    with pytest.raises(InputError, match="for: expected one of C, Bb, Eb"):
        engrave(blues.written, "F")


def test_a_piece_without_a_key_counts_as_in_c():
    part = lstmmusic.Part([lstmmusic.Note(0, 1, 60)])
    found = dict(in_all_keys(lstmmusic.Score([part])))
    assert list(found)[:3] == ["C", "F", "Bb"]
    assert np.all(found["G"].parts[0].notes["pitch"] == 55)
