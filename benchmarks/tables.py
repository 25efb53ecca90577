"""Writes the tables of the documents from recorded results: `python -m benchmarks.tables`."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from lstmmusic.corpus import read_passport
from lstmmusic.player import DEFAULT_MODEL, load_model
from lstmmusic.tasks import list_tasks

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    ROOT / "README.md",
    *(ROOT / "docs" / name for name in ("layers.md", "experiments.md", "analysis.md", "corpus.md")),
)
_FOLDERS = {"blues": "blues solos", "jazz_other": "jazz solos", "folk": "dance tunes"}


def _start_up() -> str:
    results = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))["start_up"]
    rows = ["| process | CPU seconds | peak memory |", "|---|---|---|"]
    for label, row in results.items():
        rows.append(f"| {label} | {row['cpu_seconds']:.2f} | {row['peak_mib']:.0f} MiB |")
    return "\n".join(rows)


def _model() -> str:
    card = load_model(DEFAULT_MODEL).card
    harmony, melody = card["scores"]["harmony"], card["scores"]["melody"]
    trained, weights = card["trained_on"], card["networks"]
    recipe = (ROOT / "training" / "recipes" / card["recipe"]).read_text(encoding="utf-8")
    forms = {form for family in tomllib.loads(recipe)["harmony_streams"] for form in family}
    entries = read_passport(ROOT / "datasets" / trained["dataset"]).entries
    n_heard = sum(entry.form in forms for entry in entries)
    chorus = f"{harmony['bits_per_chorus']:.2f} bits a chorus"
    floor = f"floor {harmony['floor_bits_per_chorus']:.2f}"
    note = f"{melody['bits_per_note']:.2f} bits a note (time {melody['bits_ioi']:.2f}, "
    note += f"pitch {melody['bits_pitch']:.2f})"
    rows = ["| model | network | weights | trained on | unseen |", "|---|---|---|---|---|"]
    rows.append(
        f"| `{card['name']}` | harmony | {weights['harmony']['weights']:,} "
        f"| the chords of {n_heard} choruses of twelve bars | {chorus}; {floor} |"
    )
    rows.append(
        f"| `{card['name']}` | melody | {weights['melody']['weights']:,} "
        f"| {trained['tunes']} choruses | {note}, on {trained['unseen_tunes']} choruses |"
    )
    return "\n".join(rows)


def _app() -> str:
    found = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))["app"]
    if found is None:  # measured where there was no chromium
        return ""
    return "\n".join(
        (
            "| in chromium, 12 bars with the band | |",
            "|---|---|",
            f"| first click to sound | {found['first_click_to_sound_seconds']:.1f} s |",
            f"| later clicks to sound | {found['later_click_to_sound_seconds']:.1f} s |",
            f"| playhead off the sound | {found['playhead_error_ms']:.1f} ms |",
            f"| frames a second | {found['frames_per_second']:.0f} |",
        )
    )


def _layers() -> str:
    results = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))["layers"]
    names = list(results["layers"][0]["train"])[1:]
    rows = [
        f"| units | steps | Keras LSTM | {' | '.join(names)} |",
        "|---|---|---|" + "---|" * len(names),
    ]
    for row in results["layers"]:
        pairs = (f"{row['train'][name]:.2f}, {row['read'][name]:.2f}" for name in names)
        keras_ms = f"{row['keras_train_ms']:.0f} ms"
        rows.append(f"| {row['units']} | {row['steps']} | {keras_ms} | {' | '.join(pairs)} |")
    return "\n".join(rows)


def _layers_more() -> str:
    found = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))["layers"]
    growth, memory, player = found["growth_60_to_960"], found["training_mib"], found["player"]
    names = ("Keras LSTM", "peepholes")
    rows = [f"| | {' | '.join(names)} |", "|---|---|---|"]
    long = " | ".join(f"{growth[name]:.1f} times" for name in names)
    rows.append(f"| a training step on 960 steps over one on 60, 64 units | {long} |")
    grown = " | ".join(f"{memory[name]} MiB" for name in names)
    rows.append(f"| memory that training takes, 256 units, 480 steps | {grown} |")
    alone, batch = f"{player['1']:.1f} times", f"{player['64']:.1f} times"
    products = "the NumPy player's step over its two matrix products, 256 units"
    rows.append(f"| {products}: one sequence | | {alone} |")
    rows.append(f"| the same, 64 sequences | | {batch} |")
    return "\n".join(rows)


def _backends() -> str:
    found = json.loads((ROOT / "benchmarks/backends.json").read_text(encoding="utf-8"))
    rows = ["| backend | variants | outputs differ by | gradients differ by |", "|---|---|---|---|"]
    for name, row in found.items():
        output, gradient = row["max_output_difference"], row["max_relative_gradient_difference"]
        version = f"{name} {row['version']}"
        rows.append(f"| {version} | {row['variants']} | {output:.0e} | {gradient:.0e} |")
    return "\n".join(rows)


def _recorded() -> list[tuple[str, dict]]:
    """Task and row of every recorded run, in the order of the registry."""
    found = []
    for task in list_tasks():
        path = ROOT / "training" / "results" / f"{task.name}.json"
        if path.is_file():
            rows = json.loads(path.read_text(encoding="utf-8"))["results"]
            found += [(task.name, row) for row in rows]
    return found


def _experiments() -> str:
    rows = [
        "| task | preset | variant | published | ours (stopped) | median steps | seconds | seeds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    published = {task.name: task.published for task in list_tasks()}
    for name, row in _recorded():
        figures = [f for f in published[name] if f.variant == row["variant"]] or published[name]
        best = figures[0]
        doubt = f" ({best.doubt})" if best.doubt else ""
        stopped = sum(network["has_stopped"] for network in row["each"])
        first, last = row["seed"], row["seed"] + row["seeds"] - 1
        rows.append(
            f"| `{name}` | {row['preset']} | `{row['variant']}` "
            f"| {best.value:,g} {best.unit}, {best.network}{doubt} "
            f"| {row['solved']} of {row['seeds']} ({stopped}) "
            f"| {row['steps']:,} {row['step_unit']} | {row['seconds']:.0f} | {first}-{last} |"
        )
    return "\n".join(rows)


def _published() -> str:
    rows = ["| task | published | network | source |", "|---|---|---|---|"]
    rows += [
        f"| `{task.name}` | {figure.value:,g} {figure.unit} | {figure.network} "
        f"| {figure.source}{f' ({figure.doubt})' if figure.doubt else ''} |"
        for task in list_tasks()
        for figure in task.published
    ]
    return "\n".join(rows)


def _tasks() -> str:
    rows = ["| task | what | variants |", "|---|---|---|"]
    rows += [
        f"| `{task.name}` | {task.about} | {', '.join(f'`{v}`' for v in task.variants)} |"
        for task in list_tasks()
    ]
    return "\n".join(rows)


def _analysis() -> dict:
    return json.loads((ROOT / "benchmarks/analysis.json").read_text(encoding="utf-8"))


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


def _corpus() -> str:
    found = json.loads((ROOT / "benchmarks/corpus.json").read_text(encoding="utf-8"))
    reading, again, builds = found["reading"], found["again"], found["builds"]
    ratio = f"{reading['load_over_symusic']:.1f} times symusic's bare parse"
    bare, arrays = reading["symusic_ms_per_file"], reading["symusic_and_arrays_ms_per_file"]
    rows = [
        "| | |",
        "|---|---|",
        f"| reading a file of {reading['notes_per_file']:,} notes into a `Score` "
        f"| {reading['load_ms_per_file']:.2f} ms, {ratio} ({bare:.2f} ms; {arrays:.2f} ms with its "
        "arrays) |",
    ]
    rows += [
        f"| {name}, a thousand notes | {milliseconds:.1f} ms |"
        for name, milliseconds in found["stages_ms_per_1000_notes"].items()
    ]
    rows += [
        f"| a build of {int(count):,} files | {row['cpu_seconds']:.1f} s, "
        f"{1000 * row['cpu_seconds'] / int(count):.0f} ms a file; peak {row['peak_mib']:,} MiB, "
        f"of a reader {row['peak_mib_of_a_reader']:,} MiB |"
        for count, row in builds.items()
    ]
    rows.append(
        f"| reading a piece from the corpus | {again['reload_ms_per_piece']:.2f} ms, "
        f"{again['times_faster']:.0f} times faster than reading and analysing its file, "
        f"{again['times_faster_than_reading_alone']:.1f} times faster than reading it |"
    )
    return "\n".join(rows)


TABLES = {
    "model": _model,
    "start_up": _start_up,
    "app": _app,
    "layers": _layers,
    "layers_more": _layers_more,
    "backends": _backends,
    "experiments": _experiments,
    "published": _published,
    "tasks": _tasks,
    "analysis_melody": _analysis_melody,
    "analysis_key": _analysis_key,
    "analysis_chords": _analysis_chords,
    "analysis_bars": _analysis_bars,
    "analysis_time": _analysis_time,
    "analysis_bars_time": _analysis_bars_time,
    "corpus": _corpus,
}


def filled(text: str) -> str:
    """The text with every table between its marks made anew."""
    for name, make in TABLES.items():
        pattern = rf"(<!-- table: {name} -->\n).*?(<!-- end -->)"
        text = re.sub(pattern, lambda m, make=make: f"{m[1]}{make()}\n{m[2]}", text, flags=re.S)
    return text


if __name__ == "__main__":
    for document in DOCUMENTS:
        document.write_text(filled(document.read_text(encoding="utf-8")), encoding="utf-8")
