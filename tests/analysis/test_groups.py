"""Which pieces must stay together, and how they are split."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.analysis.fingerprint import fingerprint
from lstmmusic.analysis.groups import SPLITS, performer_of, split, split_groups, tune_name
from lstmmusic.errors import InputError
from lstmmusic.score import Note, Part, Score


@pytest.mark.parametrize(
    ("file", "tune", "performer"),
    [
        ("Charlie_Parker__Billie_s_Bounce__052.mid", "billies bounce", "Charlie Parker"),
        ("set.zip/Eric_Dolphy__245__153.mid", "245", "Eric Dolphy"),
        ("B.B. King - The Thrill Is Gone.mid", "thrill is gone", "B.B. King"),
        ("The Thrill Is Gone - B.B. King.mid", "thrill is gone", "B.B. King"),
        (
            "03. Muddy Waters - Hoochie Coochie Man (1954).kar",
            "hoochie coochie man",
            "Muddy Waters",
        ),
        (
            "Stormy Monday - The Allman Brothers Band.mid",
            "stormy monday",
            "The Allman Brothers Band",
        ),
        ("cre__AchonryLassesreelThe.mid", "achonrylassesreelthe", ""),
        ("Careless_Love__ewld.mid", "careless love", ""),
        ("C-Jam Blues.mid", "c jam blues", ""),
        ("12 Bar Blues 3.mid", "12 bar blues", ""),
        ("Tune__12.mid", "tune", ""),
        ("folder\\Crossroads (take 2).mid", "crossroads", ""),
        ("Caf\u00e9 Blues.MID", "cafe blues", ""),
        ("", "", ""),
    ],
)
def test_file_names_tell_tune_and_performer(file, tune, performer):
    assert tune_name(file) == tune
    assert performer_of(file) == performer


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Billie's Bounce", "Billie_s_Bounce.mid"),
        ("The Sidewinder", "Sidewinder, The"),
        ("Don't Blame Me", "Don_t_Blame_Me"),
        ("I've Got Rhythm", "I_ve Got Rhythm (alternate take)"),
        ("E.S.P.", "E S P"),
        ("Take Five", "Take Five.mid"),
    ],
)
def test_spellings_of_one_title_are_one_tune(one, other):
    assert tune_name(one) == tune_name(other) != ""


@given(st.text(max_size=40))
def test_any_text_has_a_tune_name(text):
    assert tune_name(tune_name(text)) == tune_name(text) or "take" in text.lower()
    performer_of(text)


def test_words_in_the_file_tell_the_performer():
    assert performer_of("x.mid", ["Piano", "Performed by: Otis Spann"]) == "Otis Spann"
    assert performer_of("x.mid", ["Stand by me", ""]) == ""


def test_tunes_performers_and_copies_hang_together():
    pitches = [60, 62, 67, 65, 72, 60, 64, 71, 59, 66, 68, 61] * 3
    tune = Score([Part([Note(i, 1, p + i % 5) for i, p in enumerate(pitches)])])
    empty = fingerprint(Score())
    copies = [empty, fingerprint(tune), empty, fingerprint(tune.transpose(3)), empty, empty]
    found = split_groups(["a", "b", "a", "c", "", ""], ["x", "", "", "", "y", "Y "], copies)
    assert found.ids == (0, 1, 0, 1, 2, 2)
    assert found.note == ""


def test_without_names_every_piece_stands_alone():
    assert split_groups(["", "", ""]).ids == (0, 1, 2)
    assert split_groups([]).ids == ()


def test_when_performers_hold_all_together_tunes_alone_count():
    found = split_groups(["a", "b", "c", "a", "d"], ["x"] * 5)
    assert found.ids == (0, 1, 2, 0, 3)
    assert "5 of 5 pieces hang together by shared performers" in found.note


def test_lists_of_other_lengths_are_refused():
    with pytest.raises(InputError, match=r"^performers: expected 2, as many as tunes, or none"):
        split_groups(["a", "b"], ["x"])


GROUPS = st.lists(st.integers(0, 15), max_size=60)


@given(GROUPS, st.integers(0, 3))
def test_groups_are_never_torn(groups, seed):
    sides = split(groups, seed=seed)
    assert len(sides) == len(groups)
    assert set(sides) <= set(SPLITS)
    for group in set(groups):
        assert len({side for side, g in zip(sides, groups, strict=True) if g == group}) == 1
    assert split(groups, seed=seed) == sides


@given(GROUPS.filter(lambda groups: len(set(groups)) >= 3))
def test_nothing_that_was_asked_for_is_empty(groups):
    assert set(split(groups)) == set(SPLITS)


@given(st.integers(10, 200))
def test_single_pieces_are_split_exactly(n_pieces):
    sizes = Counter(split(range(n_pieces), (0.6, 0.2, 0.2)))
    assert abs(sizes["train"] - 0.6 * n_pieces) <= 1
    assert abs(sizes["test"] - 0.2 * n_pieces) <= 1


def test_a_share_of_nothing_stays_empty():
    assert set(split(range(10), (0.5, 0.0, 0.5))) == {"train", "test"}


def test_another_seed_draws_another_split():
    assert split(range(50), seed=0) != split(range(50), seed=1)


@pytest.mark.parametrize("shares", [(0, 0, 0), (1, -1, 1)])
def test_shares_that_are_none_are_refused(shares):
    with pytest.raises(InputError, match=r"^shares: expected three numbers of at least 0"):
        split([0, 1], shares)


def test_the_solos_hang_together_as_their_index_says(shared_data):
    """By tune and performer 48 of 67 are one group, and no two of the others are more than six."""
    names = sorted(path.name for path in (shared_data / "blues").glob("*__[0-9]*.mid"))
    found = split_groups([tune_name(name) for name in names], [performer_of(n) for n in names])
    assert max(Counter(found.ids).values()) == 48
    assert found.note == ""
