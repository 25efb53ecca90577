"""A folder becomes a corpus: every file has one fate, and the bytes depend on nothing else."""

import json
import os
import re
import shutil
import sys
import zipfile

import pytest

from benchmarks import corpus as corpus_benchmark
from lstmmusic.corpus import Corpus, Override, Overrides, build
from lstmmusic.errors import InputError, OutputError
from lstmmusic.io import format_midi, load
from lstmmusic.score import Note, Part, Score
from tests.corpus.conftest import small_tunes

pytestmark = pytest.mark.usefixtures("kept_readers")


@pytest.fixture(scope="module")
def built(mixed, kept_readers, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "c.parquet"
    return build(mixed[0], out, workers=2), out


MAX_KIB_PER_FILE = 15  # most of it buffers that 300 short files do not fill


def files(report, *statuses):
    return [row.file for row in report.rows if row.status in statuses]


def test_every_file_has_the_fate_that_is_told(mixed, built):
    assert {row.file: row.status for row in built[0].rows} == mixed[1]


def test_the_numbers_add_up(built):
    report, out = built
    numbers = report.summary()
    parts = [numbers[name] for name in ("used", "repaired", "skipped", "duplicates")]
    assert numbers["files"] == sum(parts) == len(report.rows)
    assert numbers["notes"] == sum(len(piece.score.parts[0]) for piece in Corpus.read(out).pieces())
    assert numbers["choruses"] == sum(len(piece.choruses) for piece in Corpus.read(out).pieces())
    assert sum(numbers["splits"].values()) == numbers["used"] + numbers["repaired"]


def test_every_file_that_is_not_simply_used_says_why(built):
    report, _ = built
    found = {row.file: row.reason for row in report.rows}
    assert found["junk.kar"] == "bytes after the last track were left out"
    assert found["copy.mid"] == "the same as b.MID"
    assert found["set.zip/deep/a copy.mid"] == "the same as a.mid"
    assert found["empty.mid"] == "expected a MIDI file, got an empty file"
    assert found["page.mid"] == "expected a MIDI file, got an HTML page"
    assert found["cut.mid"].startswith("expected a whole MIDI file, got a truncated one")
    assert found["quiet.mid"].startswith("expected a piece with notes")
    assert found["set.zip/more.zip"] == "an archive within an archive is not opened"
    assert found["broken.zip"].startswith("expected a zip archive, got damage")
    assert found["away.mid"] == "cannot be read (No such file or directory)"
    assert found["loop.mid"].startswith("cannot be read (")
    for row in report.rows:
        assert bool(row.reason) == bool(row.kind) == (row.status != "used"), row


def test_other_files_are_listed_and_not_counted(built):
    assert dict(built[0].ignored) == {
        "._a.mid": "kept by macOS beside a file",
        "deep/up": "a link to a folder that has been read",
        "notes.txt": "not music, by its name (.txt)",
        "set.zip/readme.txt": "not music, by its name (.txt)",
    }


def test_pieces_are_the_files_that_are_used_by_name(built):
    report, out = built
    pieces = list(Corpus.read(out).pieces())
    assert [piece.file for piece in pieces] == files(report, "used", "repaired")
    assert [piece.file for piece in pieces] == sorted(piece.file for piece in pieces)
    by_file = {row.file: row for row in report.rows}
    for piece in pieces:
        row = by_file[piece.file]
        assert (piece.split, piece.tune) == (row.split, row.tune)
        assert len(piece.score.parts[0]) == row.found["notes"]


def test_a_piece_has_the_melody_as_played(mixed, built):
    piece = next(p for p in Corpus.read(built[1]).pieces() if p.file == "b.MID")
    written = load(mixed[0] / "b.MID")
    (melody,) = piece.score.parts
    assert (melody.name, melody.program) == ("melody", 65)
    assert melody.notes.tolist() == written.part("Lead").notes.tolist()
    assert piece.score.tempo_map == written.tempo_map
    assert piece.score.title == piece.title == "Tune 1"
    assert str(piece.score.key) == "Bb"


def test_pieces_of_a_group_stay_together(built):
    splits = {}
    for piece in Corpus.read(built[1]).pieces():
        assert splits.setdefault(piece.group, piece.split) == piece.split


def test_the_same_folder_gives_the_same_bytes_whatever_the_workers(mixed, built, tmp_path):
    again = build(mixed[0], tmp_path / "c.parquet", workers=1)
    assert (tmp_path / "c.parquet").read_bytes() == built[1].read_bytes()
    assert [row.file for row in again.rows] == [row.file for row in built[0].rows]
    for kind in ("csv",):
        beside = (tmp_path / f"c.report.{kind}").read_bytes()
        assert beside == built[1].with_name(f"c.report.{kind}").read_bytes()


def test_dask_gives_the_same_bytes(three, whole, tmp_path):
    pytest.importorskip("distributed")
    build(three, tmp_path / "b.parquet", workers=2, engine="dask")
    assert (tmp_path / "b.parquet").read_bytes() == whole


def test_without_dask_its_engine_says_how_to_get_it(three, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"engine: expected local, or pip install 'lstmmusic\[sc"):
        build(three, tmp_path / "a.parquet", engine="dask")


def test_a_zip_archive_is_as_good_as_its_folder(three, whole, tmp_path):
    with zipfile.ZipFile(tmp_path / "three.zip", "w") as archive:
        for path in three.iterdir():
            archive.write(path, path.name)
    build(tmp_path / "three.zip", tmp_path / "b.parquet", workers=1)
    assert (tmp_path / "b.parquet").read_bytes() == whole


def test_an_abc_book_is_as_many_pieces_as_it_has_tunes(tmp_path):
    first = "X:4\nT:Tune 4\nK:C\n" + "CEGA|cAGE|" * 4
    second = "X:9\nT:Tune 9\nK:G\n" + "d2Bc|AFG2|BdgB|A2A2|" * 2 + "GABA|G4|"
    (tmp_path / "book.abc").write_text(f"M:4/4\nL:1/4\n{first}\n\n{second}\n")
    (tmp_path / "one.abc").write_text("X:1\nT:Other\nM:3/4\nL:1/4\nK:F\n" + "FAc|dcA|" * 4)
    build(tmp_path, tmp_path / "c.parquet", workers=1)
    pieces = list(Corpus.read(tmp_path / "c.parquet").pieces())
    assert [piece.file for piece in pieces] == ["book.abc#1", "book.abc#2", "one.abc"]
    assert [piece.title for piece in pieces] == ["Tune 4", "Tune 9", "Other"]
    assert [len(piece.score.parts[0]) for piece in pieces] == [32, 29, 24]
    assert str(pieces[0].score.metre) == "4/4"


def test_another_seed_changes_only_the_splits(tmp_path):
    folder = small_tunes(tmp_path / "music", 12)
    build(folder, tmp_path / "a.parquet", workers=1, seed=0)
    build(folder, tmp_path / "b.parquet", workers=1, seed=1)
    one, other = (list(Corpus.read(tmp_path / f"{n}.parquet").pieces()) for n in "ab")
    assert [piece.score for piece in one] == [piece.score for piece in other]
    assert Corpus.read(tmp_path / "b.parquet").seed == 1


def test_the_output_may_lie_in_the_folder_and_is_never_part_of_it(three, tmp_path):
    out = three / "c.parquet"
    build(three, out, workers=1)
    first = {path.name: path.read_bytes() for path in three.iterdir()}
    report = build(three, out, workers=1, force=True)
    assert report.ignored == ()
    assert {path.name: path.read_bytes() for path in three.iterdir()} == first


def test_names_of_any_kind_are_told_and_escaped(three, tmp_path):
    os.rename(os.fsencode(three / "tune000.mid"), os.fsencode(three) + b"/b\xfcnd\n.mid")
    (three / "tune001.mid").rename(three / "<script>alert(1).mid")
    report = build(three, tmp_path / "c.parquet", workers=1)
    assert [piece.file for piece in Corpus.read(tmp_path / "c.parquet").pieces()] == [
        "<script>alert(1).mid",
        "b\\udcfcnd\\n.mid",
        "tune002.mid",
    ]
    page = (tmp_path / "c.report.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert files(report, "used") == [row.file for row in report.rows]


def test_overrides_decide(three, tmp_path):
    overrides = Overrides(
        (
            ("tune000.mid", Override(exclude=True)),
            ("tune001.mid", Override(melody="Bass")),
            ("tune002.mid", Override(melody=7)),
            ("none*", Override(key="A")),
        )
    )
    report = build(three, tmp_path / "c.parquet", workers=1, overrides=overrides)
    found = {row.file: row for row in report.rows}
    assert found["tune000.mid"].reason == "left out by the overrides"
    assert found["tune001.mid"].found["notes"] == 12
    assert found["tune002.mid"].reason == "expected the part 7, got 2 parts ('Lead', 'Bass')"
    assert report.unknown_patterns == ("none*",)
    assert any("'none*' matches no file" in line for line in report.advice())


def test_key_and_metre_can_be_said(three, tmp_path):
    known = Overrides((("*", Override(key="Am", metre="12/8")),))
    build(three, tmp_path / "c.parquet", workers=1, overrides=known)
    for piece in Corpus.read(tmp_path / "c.parquet").pieces():
        assert str(piece.score.key) == "Am"
        assert str(piece.score.metre) == "12/8"


def test_a_folder_without_usable_music_is_one_line_and_a_report(tmp_path):
    (tmp_path / "page.mid").write_bytes(b"<html>")
    (tmp_path / "short.mid").write_bytes(format_midi(Score([Part([Note(0, 1, 60)])])))
    out = tmp_path / "c.parquet"
    with pytest.raises(
        InputError, match=r"music that can be used, got none in 2 files; see .*html$"
    ):
        build(tmp_path, out, workers=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("c.report.csv", "c.report.html", "c.report.json", "page.mid", "short.mid")
    ]
    rows = json.loads((tmp_path / "c.report.json").read_text())["rows"]
    assert [row["status"] for row in rows] == ["skipped", "skipped"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"folder": "none"}, r"none: expected a folder or a zip archive, got no such folder"),
        ({"folder": "bare"}, r"bare: expected a folder with music \(\.mid .*\), got none"),
        ({"folder": "words"}, r"expected a folder with music .*, got 1 file of other kinds"),
        ({"folder": "words/a.txt"}, r"expected a folder or a zip archive, got a file"),
        ({"out": "c.txt"}, r"c\.txt: expected a name that ends in \.parquet, got '\.txt'"),
        ({"out": "none/c.parquet"}, r"expected a file in a folder that exists"),
        ({"engine": "spark"}, r"engine: expected one of local, dask, got 'spark'"),
        ({"workers": 0}, r"workers: expected 1 to 256, got 0"),
        ({"seed": -1}, r"seed: expected 0 to 4294967295, got -1"),
        ({"overrides": "none.toml"}, r"none\.toml: expected a file that can be read"),
    ],
    ids=lambda value: "".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    three, tmp_path, monkeypatch, change, expected
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bare").mkdir()
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "a.txt").write_text("a")
    before = sorted(tmp_path.rglob("*"))
    given = {"folder": three, "out": "c.parquet", **change}
    with pytest.raises(InputError, match=expected):
        build(**given)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["c.parquet", "c.report.json"])
def test_what_exists_is_replaced_only_by_force(three, tmp_path, name):
    (tmp_path / name).write_text("old")
    with pytest.raises(OutputError, match=re.escape(name) + ": expected a new file, or --force"):
        build(three, tmp_path / "c.parquet", workers=1)
    assert (tmp_path / name).read_text() == "old"
    build(three, tmp_path / "c.parquet", workers=1, force=True)
    assert (tmp_path / name).read_bytes()[:3] != b"old"


def test_a_disk_that_is_full_is_said(three, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="expected room to write, got No space left on device"):
        build(three, tmp_path / "c.parquet", workers=1)


def test_progress_counts_every_file(mixed, tmp_path):
    seen = []
    build(mixed[0], tmp_path / "c.parquet", workers=1, progress=lambda *now: seen.append(now))
    assert seen == sorted(seen)
    assert seen[-1] == (len(mixed[1]), len(mixed[1]))


@pytest.mark.parametrize("name", ["blues", "hostile"])
def test_real_folders_are_read_whole(shared_data, tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    music = (path for path in (shared_data / name).iterdir() if path.suffix in (".mid", ".rmi"))
    for path in sorted(music)[::3]:
        shutil.copy(path, folder)
    report = build(folder, tmp_path / "c.parquet")
    assert {row.file for row in report.rows} == {path.name for path in folder.iterdir()}
    if name == "blues":
        assert report.n_kept > len(report.rows) * 0.7


@pytest.mark.slow
def test_ten_times_the_files_take_the_same_memory(tmp_path):
    peaks = []
    for count in (300, 3000):
        folder = corpus_benchmark.write_folder(tmp_path / str(count), count, n_choruses=1)
        found = corpus_benchmark._build(folder, tmp_path / f"{count}.parquet")
        assert found["used"] > 0.95 * count
        peaks.append(found["peak_mib"])
    assert peaks[1] - peaks[0] < 2700 * MAX_KIB_PER_FILE / 1024
