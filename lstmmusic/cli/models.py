"""`lstmmusic models` and `lstmmusic app`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from lstmmusic.errors import InputError
from lstmmusic.player import read_card, shipped_models


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the models that can play."""
    found = []
    for name, folder in shipped_models().items():
        card = read_card(folder)
        found.append({"name": name, "folder": str(folder), **card})
    if as_json:
        print(json.dumps({"models": found}, ensure_ascii=False))
        return
    for card in found:
        weights = sum(entry["weights"] for entry in card["networks"].values())
        trained = card["trained_on"]
        bits = card["scores"]["melody"]["bits_per_note"]
        print(
            f"{card['name']}: {card['title']}, {weights:,} weights, trained on {trained['tunes']} "
            f"tunes ({trained['title']}, {trained['licence']}), {bits:.2f} bits a note on "
            f"{trained['unseen_tunes']} unseen ones; knows {', '.join(card['knows']['metres'])}"
        )


def start_app(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this computer.")] = 8501,
) -> None:
    """Open the app in a browser."""
    script = Path(__file__).parents[2] / "app.py"
    if not script.is_file():
        raise InputError("app", "a checkout of the project with app.py", "an installed package")
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    raise typer.Exit(subprocess.run(command, cwd=script.parent, check=False).returncode)
