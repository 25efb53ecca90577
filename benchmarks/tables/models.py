"""What plays: the shipped models."""

from __future__ import annotations

import tomllib
from typing import Any

from benchmarks.tables.markdown import Rows
from benchmarks.tables.recorded import ROOT
from lstmmusic.corpus import read_passport
from lstmmusic.player import DEFAULT_MODEL, load_model, shipped_models


def _model() -> Rows:
    yield "model", "network", "weights", "trained on", "unseen"
    for name in (DEFAULT_MODEL, *(name for name in shipped_models() if name != DEFAULT_MODEL)):
        card = load_model(name).card
        for network, told in (("harmony", _chords), ("melody", _notes), ("feel", _feel_told)):
            if network in card["networks"]:
                weights = card["networks"][network]["weights"]
                yield f"`{name}`", network, f"{weights:,}", *told(card)


def _chords(card: dict[str, Any]) -> tuple[str, str]:
    """What the harmony heard, and how well it tells what it did not."""
    scores = card["scores"]["harmony"]
    count = scores.get("choruses")
    if count is None:
        recipe = (ROOT / "training" / "recipes" / card["recipe"]).read_text(encoding="utf-8")
        forms = {form for family in tomllib.loads(recipe)["harmony_streams"] for form in family}
        entries = read_passport(ROOT / "datasets" / card["trained_on"]["dataset"]).entries
        count = sum(entry.form in forms for entry in entries)
    bits = f"{scores['bits_per_chorus']:.2f} bits a chorus"
    return (
        f"the chords of {count} choruses of twelve bars",
        f"{bits}; floor {scores['floor_bits_per_chorus']:.2f}",
    )


def _notes(card: dict[str, Any]) -> tuple[str, str]:
    """The same of the melody."""
    scores, trained = card["scores"]["melody"], card["trained_on"]
    note = f"{scores['bits_per_note']:.2f} bits a note (time {scores['bits_ioi']:.2f}, "
    note += f"pitch {scores['bits_pitch']:.2f})"
    return f"{trained['tunes']} pieces", f"{note}, on {trained['unseen_tunes']} pieces"


def _feel_told(card: dict[str, Any]) -> tuple[str, str]:
    """The same of the feel."""
    scores = card["scores"]["feel"]
    return (
        f"{scores['train_notes']:,} performed notes",
        f"RMSE {scores['test_rmse_beats']:.4f} beats, on {scores['test_notes']:,} notes",
    )


TABLES = {
    "model": _model,
}
