"""What was made of every file: for programs as JSON, for tables as CSV, for people in words."""

from __future__ import annotations

import csv
import io
import json
import re
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from lstmmusic.corpus.items import Ignored

USED, REPAIRED, SKIPPED, DUPLICATE = STATUSES = ("used", "repaired", "skipped", "duplicate")
_KEPT = (USED, REPAIRED)
SMALL_TUNES = 20
MANY = 0.1  # the share of the files from which on advice is worth a line
LOW_CONFIDENCE = 0.5
SHOWN_REASONS = 5
FILES = ("csv", "json", "html")
_FORMULA = ("=", "+", "-", "@", "\t")  # what makes a cell more than text


@dataclass(frozen=True, slots=True)
class Row:
    """What was made of one file.

    Attributes:
        file: Name relative to the folder.
        status: One of `STATUSES`.
        reason: How it was repaired, why it was skipped, which file it is a duplicate of; empty for
            a file that is used as it is.
        kind: The reason in few words, the same for all files that share it.
        split: `train`, `validation` or `test`; empty where the file is not used.
        tune: The tune it is a version of; empty where it is not used.
        found: What was found: melody, notes, bars, key, metre, tempo (felt beats a minute), swing,
            choruses, forms, where the chords come from; empty where it cannot be read.
    """

    file: str
    status: str
    reason: str = ""
    kind: str = ""
    split: str = ""
    tune: str = ""
    found: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What a build made of a folder.

    Attributes:
        corpus: The Parquet file; empty where no piece can be used.
        rows: What was made of every file, by name; each has one status. Of a build they stay on
            disk, in the report for programs, and are read each time they are asked for.
        ignored: What is no music, and is not counted.
        unknown_patterns: Patterns of the overrides that match no file.
        page: The report for people.
        note: What had to be given up when the tunes were split; empty where nothing.
    """

    corpus: str
    rows: Collection[Row]
    ignored: tuple[Ignored, ...] = ()
    unknown_patterns: tuple[str, ...] = ()
    page: str = ""
    note: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many files have each status."""
        return {status: self._sums.statuses[status] for status in STATUSES}

    @property
    def kept(self) -> Iterator[Row]:
        """The files that are in the corpus."""
        return (row for row in self.rows if row.status in _KEPT)

    @property
    def n_kept(self) -> int:
        """How many files are in the corpus."""
        return sum(self.counts[status] for status in _KEPT)

    @property
    def n_tunes(self) -> int:
        """How many tunes the corpus has versions of."""
        return self._sums.n_tunes

    @property
    def is_small(self) -> bool:
        """True where there are too few tunes to train a network from scratch."""
        return self.n_tunes < SMALL_TUNES

    @cached_property
    def _sums(self) -> _Sums:
        return _Sums.of(self.rows)

    def summary(self) -> dict[str, Any]:
        """The numbers, for programs: `files = used + repaired + skipped + duplicates`."""
        counts, sums = self.counts, self._sums
        return {
            "corpus": self.corpus,
            "files": len(self.rows),
            "used": counts[USED],
            "repaired": counts[REPAIRED],
            "skipped": counts[SKIPPED],
            "duplicates": counts[DUPLICATE],
            "ignored": len(self.ignored),
            "tunes": self.n_tunes,
            "choruses": sums.n_choruses,
            "notes": sums.n_notes,
            "splits": dict(sorted(sums.splits.items())),
            "reasons": [
                {"status": status, "reason": kind, "files": count, "example": example}
                for status, kind, count, example in self.reasons()
            ],
            "advice": self.advice(),
            "unknown_patterns": list(self.unknown_patterns),
            "report": self.page,
        }

    def reasons(self) -> list[tuple[str, str, int, str]]:
        """Status, reason, how many files, and one of them; the commonest first."""
        ranked = sorted(self._sums.kinds.items(), key=lambda entry: (-entry[1], entry[0]))
        return [(*key, count, self._sums.examples[key]) for key, count in ranked]

    def advice(self) -> list[str]:
        """What would help most."""
        n_kept, sums, words = self.n_kept, self._sums, []
        if sums.n_unclear > MANY * len(self.rows):
            words.append(
                f"{count_files(sums.n_unclear)} have no melody part that can be told for sure: "
                "name it with --melody, or file by file with --overrides"
            )
        if sums.n_unsure > MANY * len(self.rows):
            words.append(
                f"the chords of {count_files(sums.n_unsure)} are little more than guessed: add "
                "them as markers (chord=C7), or use files with a chord part"
            )
        if n_kept and sums.n_bare > n_kept / 2:
            words.append(
                f"{count_files(sums.n_bare)} hold no chorus of a blues form that we know: what is "
                "learnt from them is melody, not form"
            )
        if n_kept and self.is_small:
            words.append(
                f"{self.n_tunes} tunes are too few to train from scratch (at least {SMALL_TUNES}): "
                "start from a trained model with --from twelve-bar, or add music"
            )
        words += [self.note] if self.note else []
        words += [f"the pattern {name!r} matches no file" for name in self.unknown_patterns]
        return words

    def as_csv(self) -> Iterator[bytes]:
        """A table with one row a file, which a spreadsheet may open, line by line.

        A text that a spreadsheet would take for a formula has an apostrophe before it.
        """
        yield _csv_line(["file", "status", "reason", "split", "tune", *FOUND_NAMES])
        for row in self.rows:
            found = [row.found.get(name) for name in FOUND_NAMES]
            cells = [row.file, row.status, row.reason, row.split, row.tune, *found]
            yield _csv_line([_cell(cell) for cell in cells])

    def as_json(self) -> Iterator[bytes]:
        """The summary, with all rows (each on a line of its own) and what was ignored."""
        ignored = [entry._asdict() for entry in self.ignored]
        head = json.dumps({**self.summary(), "ignored_files": ignored}, ensure_ascii=False)
        yield head.removesuffix("}").encode() + b', "rows": ['
        for index, row in enumerate(self.rows):
            line = json.dumps(asdict(row), ensure_ascii=False)
            yield (b",\n" if index else b"\n") + line.encode()
        yield b"\n]}\n"

    def describe(self) -> str:
        """A summary in words, for a terminal."""
        counts, numbers = self.counts, self.summary()
        lines = [
            f"{count_files(len(self.rows))}: {counts[USED]} used, {counts[REPAIRED]} repaired, "
            f"{counts[SKIPPED]} skipped, {counts[DUPLICATE]} duplicates"
            + (f"; {count_files(len(self.ignored))} ignored" if self.ignored else "")
        ]
        if self.n_kept:
            splits = ", ".join(f"{count} {name}" for name, count in numbers["splits"].items())
            lines.append(
                f"{self.n_tunes} tunes, {numbers['choruses']:,} choruses, {numbers['notes']:,} "
                f"notes of melody; {splits}"
            )
        reasons = self.reasons()
        for status, kind, count, example in reasons[:SHOWN_REASONS]:
            lines.append(f"{count} {status}: {kind} (such as {example})")
        if len(reasons) > SHOWN_REASONS:
            lines.append(f"... and {len(reasons) - SHOWN_REASONS} more reasons in the report")
        lines += [f"advice: {words}" for words in self.advice()]
        lines.append(f"every file: {self.page}")
        return "\n".join(lines)


class WrittenRows(Collection[Row]):
    """The rows of a report for programs, read each time they are asked for.

    Args:
        path: As `Report.as_json` writes it.
        count: How many they are.
    """

    def __init__(self, path: Path, count: int) -> None:
        self._path, self._count = path, count

    def __len__(self) -> int:
        return self._count

    def __contains__(self, row: object) -> bool:
        return any(row == other for other in self)

    def __iter__(self) -> Iterator[Row]:
        with self._path.open("rb") as file:
            next(file)  # the summary
            for line in islice(file, self._count):
                yield Row(**json.loads(line.rstrip(b",\n")))


@dataclass
class _Sums:
    """What is counted of the rows, in one go."""

    statuses: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)
    n_tunes: int = 0
    n_choruses: int = 0
    n_notes: int = 0
    n_unclear: int = 0
    n_unsure: int = 0
    n_bare: int = 0

    @classmethod
    def of(cls, rows: Iterable[Row]) -> _Sums:
        sums = cls()
        tunes = array("q")  # 64 bits of each name: that two tunes share them is out of question
        for row in rows:
            sums.statuses[row.status] += 1
            if row.kind:
                sums.kinds[row.status, row.kind] += 1
                sums.examples.setdefault((row.status, row.kind), row.file)
            if row.status in _KEPT:
                tunes.append(hash(row.tune))
                sums._add(row)
        sums.n_tunes = len(np.unique(np.array(tunes, np.int64)))
        return sums

    def _add(self, row: Row) -> None:
        found = row.found
        self.splits[row.split] += 1
        self.n_choruses += found["choruses"]
        self.n_notes += found["notes"]
        self.n_bare += not found["choruses"]
        self.n_unclear += found["melody_confidence"] < LOW_CONFIDENCE
        is_guessed = found["chords"] == "inferred"
        self.n_unsure += is_guessed and found["chords_confidence"] < LOW_CONFIDENCE


FOUND_NAMES = (
    *("notes", "bars", "key", "metre", "tempo", "swing", "choruses", "forms"),
    *("chords", "chords_confidence", "melody", "melody_confidence"),
)


def repair_kind(words: str) -> str:
    """A repair in few words, the same for all files that needed it.

    Example:
        >>> repair_kind("the file says C major: A minor found")
        'the file says another key'
    """
    kind = re.sub(r" \([^)]*\)", "", words.partition(":")[0])
    kind = re.sub(r"[A-G][b#]? (major|minor)", "another key", kind)
    return re.sub(r"\b\d[\d,]*\b", "some", kind)


def report_paths(corpus: Path) -> dict[str, Path]:
    """Where the report of a corpus lies: `NAME.report.csv`, `.json`, `.html` beside it."""
    return {kind: corpus.with_name(f"{corpus.stem}.report.{kind}") for kind in FILES}


def _csv_line(cells: list[Any]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue().encode()


def _cell(value: Any) -> Any:
    text = " ".join(value) if isinstance(value, list) else value
    return "'" + text if isinstance(text, str) and text.startswith(_FORMULA) else text


def count_files(count: int) -> str:
    """`1 file`, `2,000 files`."""
    return f"{count:,} file" + ("" if count == 1 else "s")
