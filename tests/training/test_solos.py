"""Solos for the model `soloist`: who is on which side, and what is kept of them."""

from dataclasses import replace

import numpy as np
import pytest

from lstmmusic.analysis import Chorus
from lstmmusic.analysis.groups import SPLITS
from lstmmusic.errors import InputError
from lstmmusic.evaluation import shipped_reference
from lstmmusic.evaluation.reference import SHIPPED
from tests.pieces import some_pieces
from training.solos import in_choruses, material_of, read_solos, reference_of, split_solos

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def solos(twelve_bar):
    """The shipped tunes as if players had played them: each of eight has two."""
    return [
        replace(piece, performer=f"player {number // 2}", is_performance=True)
        for number, piece in enumerate(some_pieces(twelve_bar))
    ]


def sides(pieces, name):
    return {side: {getattr(p, name) for p in pieces if p.split == side} for side in SPLITS}


def test_no_tune_and_no_player_is_on_two_sides(solos):
    blues, rng = solos[:12], np.random.default_rng(0)
    # The others share tunes with one, and players with another of the blues.
    others = [
        replace(piece, file=f"other {n}", tune=blues[n].tune, performer=blues[m].performer)
        for n, m, piece in zip(rng.permutation(12), rng.permutation(12), solos, strict=False)
    ]
    found = split_solos(blues, others)
    for name in ("tune", "performer"):
        parted = sides(found, name)
        assert all(parted.values())
        assert sum(map(len, parted.values())) == len(set().union(*parted.values()))
    assert [piece.file for piece in found[:12]] == [piece.file for piece in blues]
    held = sides(found, "performer")["validation"] | sides(found, "performer")["test"]
    added = {piece.file for piece in found[12:]}
    for other in others:  # nothing is left out without need
        clash = other.performer in held or other.tune in (
            sides(found, "tune")["validation"] | sides(found, "tune")["test"]
        )
        assert (other.file in added) is not clash
    assert all(piece.split == "train" for piece in found[12:])


def test_chords_are_learnt_from_blues_alone(solos):
    pieces = split_solos(solos[:12], [replace(p, performer="new", tune=p.file) for p in solos[12:]])
    material = material_of(pieces, 12, {"title": "x"})
    blues = {piece.file for piece in pieces[:12] if piece.split == "train"}
    chords = {tune.name.rpartition("#")[0] for tune in material.choruses}
    assert len(blues) <= len(chords) < 12
    assert chords < {piece.file for piece in pieces[:12]}
    assert material.about["blues_with_chords"] == len(chords)
    names = {tune.name.rpartition("#")[0] for tune in material.train}
    assert names == {piece.file for piece in pieces if piece.split == "train"}
    assert material.about["blues"] == len(blues)
    assert material.about["tunes"] == len(names)
    assert not set(material.about["players"]["train"]) & set(material.about["players"]["test"])


def test_too_few_solos_are_refused(solos):
    with pytest.raises(InputError, match=r"^from: expected solos of at least two groups"):
        material_of(split_solos(solos[:2], []), 2, {})
    with pytest.raises(InputError, match=r"none in its form$"):
        reference_of([replace(solos[0], choruses=())])


def test_blues_are_known_by_a_chorus_of_twelve_bars(solos):
    short = replace(solos[0], choruses=(Chorus(1, 8, "eight-bar", 1.0),))
    assert in_choruses([short, solos[1]]) == [solos[1]]


def test_the_ranges_that_are_shipped_have_none_of_the_notes():
    found = shipped_reference("soloist")
    assert found.melodies == ()
    assert found.made_from["licence"] == "ODbL-1.0"
    assert found.made_from["performances"] == found.made_from["pieces"] > 40
    assert "pitch" not in SHIPPED["soloist"].read_text(encoding="utf-8").partition('"bands"')[0]
    assert 0 < (found.floor or 0) < (found.ceiling or 0) < 1


def test_solos_are_taken_from_a_folder_and_all_else_is_left(shared_data, tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    names = (
        "Charlie_Parker__K_C_Blues__058.mid",
        "Don_Byas__Harvard_Blues__142.mid",
        "Wayne_Shorter__Footprints__431.mid",  # not in 4/4
        "Careless_Love__ewld.mid",  # written
        "groove__drummer1__51_rock-shuffle_125_beat_4-4.mid",
    )
    for name in names:
        (folder / name).symlink_to(shared_data / "blues" / name)
    found = read_solos([folder], tmp_path)
    assert [piece.performer for piece in found] == ["Charlie Parker", "Don Byas"]
