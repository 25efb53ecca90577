"""What is heard in a piece."""

from __future__ import annotations

from benchmarks.tables.recorded import measured

_FOLDERS = {"blues": "blues solos", "jazz_other": "jazz solos", "folk": "dance tunes"}


def _analysis() -> dict:
    return measured("analysis")


def _analysis_rows(found: dict, columns: tuple[str, ...]) -> list[str]:
    """A row for each folder and what was heard of it, all pieces beside the test half."""
    rows = []
    for folder, by_heard in found.items():
        for heard, halves in by_heard.items():
            pairs = [f"{halves['all'][c]:.0%}, {halves['test'][c]:.0%}" for c in columns]
            n_pieces = halves["all"]["pieces"]
            rows.append(f"| {_FOLDERS[folder]} | {n_pieces} | {heard} | {' | '.join(pairs)} |")
    return rows


def _analysis_melody() -> str:
    rows = [
        "| all, test | pieces | with names | without names and instruments |",
        "|---|---|---|---|",
    ]
    for folder, halves in _analysis()["melody"].items():
        pairs = [f"{halves['all'][c]:.0%}, {halves['test'][c]:.0%}" for c in ("named", "unnamed")]
        rows.append(f"| {_FOLDERS[folder]} | {halves['all']['pieces']} | {' | '.join(pairs)} |")
    return "\n".join(rows)


def _analysis_key() -> str:
    rows = [
        "| all, test | pieces | heard | exact | weighted | confidence | told C | told right |",
        "|---|---|---|---|---|---|---|---|",
    ]
    columns = ("exact", "weighted", "confidence", "misled", "written")
    return "\n".join(rows + _analysis_rows(_analysis()["key"], columns))


def _analysis_chords() -> str:
    rows = [
        "| all, test | pieces | heard | root | major, minor | sevenths | confidence |",
        "|---|---|---|---|---|---|---|",
    ]
    columns = ("root", "majmin", "sevenths", "confidence")
    return "\n".join(rows + _analysis_rows(_analysis()["chords"], columns))


def _analysis_confidence() -> str:
    rows = [
        "| | heard | pieces | right | confidence before, after | error before, after |",
        "|---|---|---|---|---|---|",
    ]
    for heard, found in _analysis()["chord_confidence"].items():
        for folder, title in (("blues", "blues solos"), ("jazz_other", "jazz solos")):
            row = found[folder]
            rows.append(
                f"| {title} | {heard} | {row['pieces']} | {row['right']:.0%} "
                f"| {row['before']:.0%}, {row['after']:.0%} "
                f"| {row['error_before']:.3f}, {row['error_after']:.3f} |"
            )
    return "\n".join(rows)


def _analysis_bars() -> str:
    found = _analysis()
    rows = ["| | of | all | test |", "|---|---|---|---|"]

    def row(what: str, among: str, figures: dict, name: str) -> None:
        shares = [f"{figures[half][name]:.1%}" for half in ("all", "test")]
        rows.append(f"| {what} | {among} | {' | '.join(shares)} |")

    dances = found["metre"]["folk"]["melody"]
    row("metre", "dance tunes", dances, "exact")
    row("metre, or one with the same beats", "dance tunes", dances, "same_beats")
    for heard, words in (("harmony", "with chords and bass"), ("melody", "the melody alone")):
        for folder, figures in found["bar_lines"].items():
            row(f"bar lines, {words}", _FOLDERS[folder], figures[heard], "right")
            name = "right_or_half_off"
            row(f"the same, or half a bar off, {words}", _FOLDERS[folder], figures[heard], name)
    for name, words in (
        ("annotated", "annotated twelfth of the beat"),
        ("notated", "the same, swung pairs as eighths"),
        ("nearest", "annotated twelfth, by rounding"),
    ):
        row(words, "notes of the blues solos", found["quantiser"]["blues"], name)
    for chords, figures in found["choruses"]["blues"].items():
        among = f"{figures['all']['choruses']} choruses of the blues solos"
        row(f"choruses found, {chords}", among, figures, "recall")
        row(f"choruses that are some, {chords}", "those found there", figures, "precision")
        others = found["choruses"]["jazz_other"][chords]
        among = f"{others['all']['other_pieces']} jazz solos"
        shares = {
            h: {"false": others[h]["false_pieces"] / others[h]["other_pieces"]} for h in others
        }
        row(f"pieces with choruses, {chords}", among, shares, "false")
    return "\n".join(rows)


def _analysis_bars_time() -> str:
    found = _analysis()["cpu_ms_per_1000_notes_time"]
    names = list(found["blues"])
    rows = [f"| CPU ms for 1,000 notes of the melody | {' | '.join(names)} |"]
    rows.append("|---|" + "---|" * len(names))
    for folder, stages in found.items():
        times = (f"{stages[name]:.1f}" for name in names)
        rows.append(f"| {_FOLDERS[folder]} | {' | '.join(times)} |")
    return "\n".join(rows)


def _analysis_time() -> str:
    rows = ["| CPU ms for 1,000 notes | melody | key | chords |", "|---|---|---|---|"]
    for folder, found in _analysis()["cpu_ms_per_1000_notes"].items():
        stages = " | ".join(f"{found[stage]:.1f}" for stage in ("melody", "key", "chords"))
        rows.append(f"| {_FOLDERS[folder]} | {stages} |")
    return "\n".join(rows)


TABLES = {
    "analysis_melody": _analysis_melody,
    "analysis_key": _analysis_key,
    "analysis_chords": _analysis_chords,
    "analysis_confidence": _analysis_confidence,
    "analysis_bars": _analysis_bars,
    "analysis_time": _analysis_time,
    "analysis_bars_time": _analysis_bars_time,
}
