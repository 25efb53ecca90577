"""`lstmmusic models` and `lstmmusic app`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from lstmmusic.cli.output import print_json
from lstmmusic.errors import InputError
from lstmmusic.player import load_model, shipped_models, user_models


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the models that can play: those that come with the package, and yours."""
    found = []
    for whose, folders in (("shipped", shipped_models()), ("yours", user_models())):
        for name, folder in folders.items():
            try:
                card = load_model(str(folder)).card
            except InputError as error:  # one damaged model does not hide the others
                print(error, file=sys.stderr)
                continue
            found.append({**card, "name": name, "folder": str(folder), "whose": whose})
    if as_json:
        print_json({"models": found})
        return
    for card in found:
        print(describe(card))


def describe(card: Mapping[str, Any]) -> str:
    """One model, for people; cards of others may lack what ours have."""
    counts = [entry.get("weights") for entry in card["networks"].values()]
    weights = sum(count for count in counts if isinstance(count, int))
    told = f"{card['name']}: {card.get('title', 'untitled')}, {weights:,} weights"
    try:
        trained = card["trained_on"]
        bits = card["scores"]["melody"]["bits_per_note"]
        told += (
            f", trained on {trained['tunes']} tunes ({trained['title']}, {trained['licence']}), "
            f"{bits:.2f} bits a note on {trained['unseen_tunes']} unseen ones"
        )
    except (KeyError, TypeError, ValueError):
        told += ", no word on what it was trained on"
    parts = "" if "harmony" in card["networks"] else " (no harmony network)"
    return f"{told}; knows {', '.join(card['knows']['metres'])}{parts}"


def start_app(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this computer.")] = 8501,
) -> None:
    """Open the app in a browser."""
    script = Path(__file__).parents[2] / "app.py"
    if not script.is_file():
        raise InputError("app", "a checkout of the project with app.py", "an installed package")
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    raise typer.Exit(subprocess.run(command, cwd=script.parent, check=False).returncode)
