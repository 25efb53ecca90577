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
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "layers.md", ROOT / "docs" / "experiments.md")


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
        "| task | preset | variant | published | ours | steps (median) | seconds | seeds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    published = {task.name: task.published for task in list_tasks()}
    for name, row in _recorded():
        figures = [f for f in published[name] if f.variant == row["variant"]] or published[name]
        best = figures[0]
        doubt = f" ({best.doubt})" if best.doubt else ""
        first, last = row["seed"], row["seed"] + row["seeds"] - 1
        rows.append(
            f"| `{name}` | {row['preset']} | `{row['variant']}` "
            f"| {best.value:,g} {best.unit}, {best.network}{doubt} "
            f"| {row['solved']} of {row['seeds']} | {row['steps']:,} {row['step_unit']} "
            f"| {row['seconds']:.0f} | {first}-{last} |"
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
