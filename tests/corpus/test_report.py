"""The report says the same to people, to tables and to programs."""

import csv
import io
import json
import re

import pytest

from lstmmusic.corpus.report import Report, Row, WrittenRows, report_paths
from lstmmusic.corpus.report_page import MAX_ROWS, as_html
from lstmmusic.corpus.scan import Ignored

FOUND = {
    "melody": "part 2",
    "notes": 100,
    "bars": 24,
    "key": "Bb",
    "metre": "4/4",
    "tempo": 118.0,
    "swing": 0.61,
    "choruses": 2,
    "forms": ["jazz", "standard"],
    "chords": "inferred",
    "chords_confidence": 0.3,
    "melody_confidence": 0.9,
}


def used(name, tune="a", **found):
    return Row(name, "used", split="train", tune=tune, found={**FOUND, **found})


ROWS = (
    used("a.mid"),
    used("b.mid", "b", swing=None, tempo=61.5, choruses=0, forms=[]),
    Row("c.mid", "repaired", "x was mended", "x was mended", "test", "c", FOUND),
    Row("d.mid", "skipped", "expected b, got c", "expected b"),
    Row("e.mid", "skipped", "expected b, got d", "expected b"),
    Row("f.mid", "duplicate", "the same as a.mid", "the same bytes"),
)
REPORT = Report("c.parquet", ROWS, (Ignored("g.txt", "not music"),), ("z*",), "c.report.html")


def test_the_summary_counts():
    numbers = REPORT.summary()
    assert [numbers[name] for name in ("files", "used", "repaired", "skipped", "duplicates")] == [
        *(6, 2, 1, 2, 1)
    ]
    assert (numbers["notes"], numbers["choruses"], numbers["tunes"]) == (300, 4, 3)
    assert numbers["splits"] == {"test": 1, "train": 2}
    assert numbers["reasons"][0] == {
        **{"status": "skipped", "reason": "expected b", "files": 2, "example": "d.mid"}
    }


def test_the_table_has_a_row_a_file():
    rows = list(csv.DictReader(io.StringIO(b"".join(REPORT.as_csv()).decode())))
    assert [row["file"] for row in rows] == [row.file for row in ROWS]
    assert [row["status"] for row in rows] == [row.status for row in ROWS]
    assert (rows[0]["swing"], rows[0]["forms"], rows[1]["swing"]) == ("0.61", "jazz standard", "")


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_name_is_a_formula_to_a_spreadsheet(name):
    report = Report("", (Row(name, "skipped", f"{name}: damaged"), used("a.mid", tune=name)))
    rows = list(csv.DictReader(io.StringIO(b"".join(report.as_csv()).decode(), newline="")))
    assert [rows[0]["file"], rows[0]["reason"]] == [f"'{name}", f"'{name}: damaged"]
    assert rows[1]["tune"] == f"'{name}"
    assert (rows[1]["file"], rows[1]["notes"]) == ("a.mid", "100")
    assert (
        json.loads(b"".join(report.as_json()))["rows"][0]["file"] == name
    )  # programs get it as it is


def test_programs_get_all_of_it():
    found = json.loads(b"".join(REPORT.as_json()))
    assert {name: found[name] for name in REPORT.summary()} == REPORT.summary()
    assert [row["file"] for row in found["rows"]] == [row.file for row in ROWS]
    assert found["ignored_files"] == [{"file": "g.txt", "reason": "not music"}]


def test_rows_come_back_from_the_report_for_programs(tmp_path):
    strange = (Row("line\u2028end.mid", "skipped", 'a "b",\n', "x"), *ROWS)
    path = tmp_path / "c.report.json"
    path.write_bytes(b"".join(Report("c", strange).as_json()))
    rows = WrittenRows(path, len(strange))
    assert tuple(rows) == tuple(rows) == strange
    assert len(rows) == len(strange)
    assert strange[3] in rows
    assert Report("c", rows).summary() == Report("c", strange).summary()


def test_people_are_told_counts_reasons_and_what_would_help():
    lines = REPORT.describe().splitlines()
    assert lines[0] == "6 files: 2 used, 1 repaired, 2 skipped, 1 duplicates; 1 file ignored"
    assert lines[1] == "3 tunes, 4 choruses, 300 notes of melody; 1 test, 2 train"
    assert lines[2] == "2 skipped: expected b (such as d.mid)"
    assert lines[-1] == "every file: c.report.html"
    advice = "\n".join(REPORT.advice())
    assert "the chords of 3 files are little more than guessed" in advice
    assert "3 tunes are too few to train from scratch (at least 20)" in advice
    assert "--from twelve-bar" in advice
    assert "the pattern 'z*' matches no file" in advice
    assert "melody" not in advice.replace("--melody", "")


def test_unclear_melodies_are_told():
    rows = tuple(
        used(f"{n}.mid", str(n), melody_confidence=0.2, chords="written") for n in range(30)
    )
    assert Report("c", rows).advice() == [
        "30 files have no melody part that can be told for sure: name it with --melody, or file "
        "by file with --overrides"
    ]


def test_a_large_folder_of_blues_needs_no_advice():
    rows = tuple(used(f"{n}.mid", str(n), chords="written") for n in range(30))
    assert Report("c", rows).advice() == []
    assert not Report("c", rows).is_small


@pytest.mark.parametrize("evil", ["<script>x</script>", "\"'><img src=x onerror=y>", "</td><b>"])
def test_the_page_escapes_every_word_from_outside(evil):
    rows = (
        used(evil, key=evil, forms=[evil], melody=evil, chords=evil),
        Row(evil + "2", "skipped", evil, evil),
    )
    page = as_html(Report(evil, rows, (Ignored(evil, evil),), (evil,), evil)).decode()
    assert evil not in page
    assert not re.search(r"<(script|img|link|iframe)|https?:|url\(|@import", page)
    assert page.count("<svg") == page.count("</svg>") >= 5


def test_the_page_of_a_huge_folder_shows_its_troubles_first():
    rows = (*(used(f"{n}.mid") for n in range(MAX_ROWS)), Row("z.mid", "skipped", "bad", "bad"))
    page = as_html(Report("c", rows)).decode()
    assert page.index("z.mid</td><td>skipped") < page.index("0.mid</td><td>used")
    assert "1 more files stand in the tables beside this page" in page


def test_a_page_without_music_has_no_plots():
    assert b"<svg" not in as_html(Report("", ROWS[3:5]))


def test_the_report_lies_beside_the_corpus(tmp_path):
    names = {kind: path.name for kind, path in report_paths(tmp_path / "a.b.parquet").items()}
    assert names == {kind: f"a.b.report.{kind}" for kind in ("csv", "json", "html")}
