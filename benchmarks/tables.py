"""Writes the tables of the README from recorded results: `python -m benchmarks.tables`."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from lstmmusic.corpus import read_passport
from lstmmusic.player import DEFAULT_MODEL, load_model

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


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


TABLES = {"model": _model, "start_up": _start_up, "app": _app}


def filled(text: str) -> str:
    """The text with every table between its marks made anew."""
    for name, make in TABLES.items():
        pattern = rf"(<!-- table: {name} -->\n).*?(<!-- end -->)"
        text = re.sub(pattern, lambda m, make=make: f"{m[1]}{make()}\n{m[2]}", text, flags=re.S)
    return text


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
