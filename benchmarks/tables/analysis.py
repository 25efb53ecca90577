"""What is heard in a piece."""

from __future__ import annotations

from benchmarks.tables.markdown import Rows
from benchmarks.tables.recorded import measured

_FOLDERS = {"blues": "blues solos", "jazz_other": "jazz solos", "folk": "dance tunes"}


def _analysis() -> dict:
    return measured("analysis")


def _shares(halves: dict, columns: tuple[str, ...]) -> list[str]:
    """All pieces beside the test half."""
    return [f"{halves['all'][c]:.0%}, {halves['test'][c]:.0%}" for c in columns]


def _heard(found: dict, columns: tuple[str, ...]) -> Rows:
    """A row for each folder and what was heard of it."""
    for folder, by_heard in found.items():
        for heard, halves in by_heard.items():
            n_pieces = halves["all"]["pieces"]
            yield _FOLDERS[folder], n_pieces, heard, *_shares(halves, columns)


def _analysis_melody() -> Rows:
    yield "all, test", "pieces", "with names", "without names and instruments"
    for folder, halves in _analysis()["melody"].items():
        yield _FOLDERS[folder], halves["all"]["pieces"], *_shares(halves, ("named", "unnamed"))


def _analysis_key() -> Rows:
    yield "all, test", "pieces", "heard", "exact", "weighted", "confidence", "told C", "told right"
    columns = ("exact", "weighted", "confidence", "misled", "written")
    yield from _heard(_analysis()["key"], columns)


def _analysis_chords() -> Rows:
    yield "all, test", "pieces", "heard", "root", "major, minor", "sevenths", "confidence"
    yield from _heard(_analysis()["chords"], ("root", "majmin", "sevenths", "confidence"))


def _analysis_confidence() -> Rows:
    for heard, found in _analysis()["chord_confidence"].items():
        for folder in ("blues", "jazz_other"):
            row = found[folder]
            yield {
                None: _FOLDERS[folder],
                "heard": heard,
                "pieces": row["pieces"],
                "right": f"{row['right']:.0%}",
                "confidence before, after": f"{row['before']:.0%}, {row['after']:.0%}",
                "error before, after": f"{row['error_before']:.3f}, {row['error_after']:.3f}",
            }


def _analysis_bars() -> Rows:
    found = _analysis()
    yield None, "of", "all", "test"

    def row(what: str, among: str, figures: dict, name: str) -> tuple[str, ...]:
        return what, among, *(f"{figures[half][name]:.1%}" for half in ("all", "test"))

    dances = found["metre"]["folk"]["melody"]
    yield row("metre", "dance tunes", dances, "exact")
    yield row("metre, or one with the same beats", "dance tunes", dances, "same_beats")
    for heard, words in (("harmony", "with chords and bass"), ("melody", "the melody alone")):
        for folder, by_heard in found["bar_lines"].items():
            among, figures = _FOLDERS[folder], by_heard[heard]
            yield row(f"bar lines, {words}", among, figures, "right")
            half_off = f"the same, or half a bar off, {words}"
            yield row(half_off, among, figures, "right_or_half_off")
    for name, words in (
        ("annotated", "annotated twelfth of the beat"),
        ("notated", "the same, swung pairs as eighths"),
        ("nearest", "annotated twelfth, by rounding"),
    ):
        yield row(words, "notes of the blues solos", found["quantiser"]["blues"], name)
    for chords, figures in found["choruses"]["blues"].items():
        among = f"{figures['all']['choruses']} choruses of the blues solos"
        yield row(f"choruses found, {chords}", among, figures, "recall")
        yield row(f"choruses that are some, {chords}", "those found there", figures, "precision")
        others = found["choruses"]["jazz_other"][chords]
        among = f"{others['all']['other_pieces']} jazz solos"
        shares = {
            h: {"false": others[h]["false_pieces"] / others[h]["other_pieces"]} for h in others
        }
        yield row(f"pieces with choruses, {chords}", among, shares, "false")


def _analysis_bars_time() -> Rows:
    found = _analysis()["cpu_ms_per_1000_notes_time"]
    names = list(found["blues"])
    yield "CPU ms for 1,000 notes of the melody", *names
    for folder, stages in found.items():
        yield _FOLDERS[folder], *(f"{stages[name]:.1f}" for name in names)


def _analysis_time() -> Rows:
    stages = ("melody", "key", "chords")
    yield "CPU ms for 1,000 notes", *stages
    for folder, found in _analysis()["cpu_ms_per_1000_notes"].items():
        yield _FOLDERS[folder], *(f"{found[stage]:.1f}" for stage in stages)


TABLES = {
    "analysis_melody": _analysis_melody,
    "analysis_key": _analysis_key,
    "analysis_chords": _analysis_chords,
    "analysis_confidence": _analysis_confidence,
    "analysis_bars": _analysis_bars,
    "analysis_time": _analysis_time,
    "analysis_bars_time": _analysis_bars_time,
}
