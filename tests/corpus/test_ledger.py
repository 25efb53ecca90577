"""What is known of every file comes back by name, whatever their number and order."""

from hypothesis import given
from hypothesis import strategies as st

from lstmmusic.corpus.items import Ignored, Item
from lstmmusic.corpus.ledger import Ledger, Placed
from lstmmusic.corpus.report import Row

names = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1, max_size=4)


@given(st.lists(names.map(lambda name: name + ".mid"), max_size=12, unique=True), st.randoms())
def test_items_come_back_by_name_in_whatever_order_they_came(files, random):
    items = [Item(file, "/" + file, sha256="00") for file in files]
    random.shuffle(items)
    with Ledger() as ledger:
        ledger.add(items)
        assert list(ledger.items()) == sorted(items, key=lambda item: item.file)


def test_two_items_of_one_name_get_two(tmp_path):
    found = [Item("a (2).mid", "x"), *(Item("a.mid", "s.zip", member) for member in (5, 0, 9))]
    with Ledger() as ledger:
        ledger.add(found)
        given = {item.file: item.member for item in ledger.items()}
    assert given == {"a (2).mid": None, "a.mid": 0, "a (3).mid": 5, "a (4).mid": 9}


def test_paths_of_any_bytes_come_back():
    item = Item("b", "b\udcff")
    with Ledger() as ledger:
        ledger.add([item, Ignored("b.txt", "z"), Ignored("a.txt", "y")])
        assert list(ledger.items()) == [item]
        assert ledger.ignored() == [("a.txt", "y"), ("b.txt", "z")]


def test_what_became_of_a_file_follows_from_what_is_known():
    with Ledger() as ledger:
        ledger.add(
            [Item(f"{name}.mid", name, sha256="0" if name in "bf" else name) for name in "abcdef"]
        )
        for item in ledger.items():
            ledger.want(item, "")
        assert [item.file for item in ledger.wanted()] == [f"{name}.mid" for name in "abcde"]
        ledger.add_result(Row("a.mid", "skipped", "too short (1)", "too short"))
        for name, tune in (("b", "x"), ("c", ""), ("d", "x"), ("e", "w")):
            ledger.add_result(Row(f"{name}.mid", "used", found={"notes": 9, "swing": None}))
            ledger.add_piece(f"{name}.mid", "Who", "who", tune)
        ledger.add_near(0, 2)
        assert ledger.kept().tolist() == [1, 2, 3]
        assert ledger.numbered("tune").tolist() == [0, 3, 2]
        assert ledger.numbered("performer_key").tolist() == [1, 1, 1]
        ledger.add_sides([(1, 0, "train"), (2, 1, "test"), (3, 1, "test")])
        assert ledger.places(0, 2) == [None, Placed("Who", "", 0, "train")]
        found = {"notes": 9, "swing": None}
        assert list(ledger.rows()) == [
            Row("a.mid", "skipped", "too short (1)", "too short"),
            Row("b.mid", "duplicate", "nearly d.mid", "nearly the same music"),
            Row("c.mid", "used", split="train", tune="", found=found),
            Row("d.mid", "used", split="test", tune="x", found=found),
            Row("e.mid", "used", split="test", tune="w", found=found),
            Row("f.mid", "duplicate", "the same as d.mid", "the same bytes"),
        ]
        assert len(ledger.rows()) == 6
