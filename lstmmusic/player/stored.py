"""Stored models: a folder of one JSON card and one safetensors file a network.

Nothing in such a folder can run. The card says what the model knows, what it was trained on, how
well it does, and the checksum of every weight file.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from lstmmusic.encoding import STYLES
from lstmmusic.errors import InputError
from lstmmusic.io import read_bytes, write_bytes
from lstmmusic.player.network import (
    HEAD_SHAPES,
    HIGHEST_PITCH,
    LOWEST_PITCH,
    LSTM_INPUTS,
    MAX_STEPS,
)

SHIPPED = Path(__file__).parent / "shipped"
DEFAULT_MODEL = "twelve-bar"
CARD = "card.json"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class StoredModel:
    """A model in memory.

    Attributes:
        name: As the command line calls it.
        card: What is known about it.
        networks: For each network (`harmony`, `melody`, `feel`) its weights, `layer/weight` ->
            float32.
    """

    name: str
    card: dict[str, Any]
    networks: dict[str, dict[str, np.ndarray]]


def shipped_models() -> dict[str, Path]:
    """Name -> folder of every model that comes with the package."""
    return {path.parent.name: path.parent for path in sorted(SHIPPED.glob(f"*/{CARD}"))}


def user_folder(kind: str) -> Path:
    """Where what the user makes is kept: `LSTMMUSIC_<KIND>`, else in the platform's data folder.

    That is `~/.local/share/lstmmusic/<kind>` (or under `XDG_DATA_HOME`), on macOS
    `~/Library/Application Support/lstmmusic/<kind>`.

    Args:
        kind: `models`, or another word in small letters.
    """
    given = os.environ.get(f"LSTMMUSIC_{kind.upper()}")
    if given:
        return Path(given)
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "lstmmusic" / kind
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else home / ".local" / "share") / "lstmmusic" / kind


def models_folder() -> Path:
    """Where the models of the user are: see `user_folder`."""
    return user_folder("models")


def user_models() -> dict[str, Path]:
    """Name -> folder of every model that the user has trained by name."""
    try:
        found = sorted(models_folder().glob(f"*/{CARD}"))
    except OSError:  # a folder that may not be looked into
        return {}
    return {path.parent.name: path.parent for path in found}


def model_folder(name_or_path: str) -> Path:
    """Where a model of that name is stored: a bare name lies in `models_folder`, else it is a path.

    Example:
        >>> str(model_folder("somewhere/else"))
        'somewhere/else'
        >>> model_folder("my-blues") == models_folder() / "my-blues"
        True
    """
    is_bare = name_or_path not in (".", "..") and Path(name_or_path).name == name_or_path
    return models_folder() / name_or_path if is_bare else Path(name_or_path)


def read_card(folder: Path) -> dict[str, Any]:
    """The card of the model in a folder.

    Raises:
        InputError: There is no card, or it is not one.
    """
    path = folder / CARD
    if not path.is_file():
        raise InputError(str(folder), f"a model folder with a {CARD}", "none")
    try:
        card = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise InputError(str(path), "a model card in JSON", error) from None
    if not isinstance(card, dict) or card.get("format") != FORMAT_VERSION:
        found = card.get("format") if isinstance(card, dict) else type(card).__name__
        raise InputError(str(path), f"a model card of format {FORMAT_VERSION}", found)
    return card


def load_model(name_or_path: str = DEFAULT_MODEL) -> StoredModel:
    """Reads a model: by the name of a shipped one or of the user's, or by the path of its folder.

    Raises:
        InputError: There is no such model, or its files are damaged or of other shapes.

    Example:
        >>> model = load_model("twelve-bar")
        >>> sorted(model.networks)
        ['harmony', 'melody']
    """
    named = {**user_models(), **shipped_models()}
    folder = named.get(name_or_path, Path(name_or_path))
    if not os.path.isdir(folder):
        raise InputError("model", f"{', '.join(named)} or a model folder", repr(name_or_path))
    card = read_card(folder)
    _check_card(card, folder / CARD)
    networks = {}
    for network, entry in card["networks"].items():
        path = folder / f"{network}.safetensors"
        weights = read_weights(path, entry["sha256"])
        _check_weights(weights, network, path)
        networks[network] = weights
    return StoredModel(folder.resolve().name, card, networks)


def read_weights(path: Path, sha256: str) -> dict[str, np.ndarray]:
    """The arrays of one safetensors file, by name.

    Args:
        path: The file.
        sha256: The checksum that the card gives of it.

    Raises:
        InputError: The file is not there, is another than the card's, or cannot be read.
    """
    data = read_bytes(path)
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise InputError(str(path), "the checksum that the card gives", found[:12])
    try:
        return load_tensors(data)
    except (SafetensorError, ValueError, KeyError, AttributeError) as error:
        raise InputError(str(path), "a safetensors file", error) from None


def store_model(
    folder: Path, card: Mapping[str, Any], networks: Mapping[str, Mapping[str, np.ndarray]]
) -> None:
    """Writes a model folder; what was there before is replaced file by file, the card last."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = {}
    for network, weights in networks.items():
        data = save_tensors({name: np.ascontiguousarray(w) for name, w in weights.items()})
        write_bytes(folder / f"{network}.safetensors", data, force=True)
        n_weights = int(sum(w.size for w in weights.values()))
        entries[network] = {"weights": n_weights, "sha256": hashlib.sha256(data).hexdigest()}
    full = {"format": FORMAT_VERSION, **card, "networks": entries}
    text = json.dumps(full, indent=2, ensure_ascii=False) + "\n"
    write_bytes(folder / CARD, text.encode(), force=True)


def _check_card(card: Mapping[str, Any], path: Path) -> None:
    """That the card names known networks (and nothing that could lead out of its folder)."""
    entries, knows = card.get("networks"), card.get("knows")
    if (
        not isinstance(entries, dict)
        or "melody" not in entries
        or not entries.keys() <= HEAD_SHAPES.keys()
    ):
        found = ", ".join(entries) if isinstance(entries, dict) else type(entries).__name__
        raise InputError(str(path), "networks: melody and perhaps harmony and feel", repr(found))
    for network, entry in entries.items():
        if not isinstance(entry, dict) or "sha256" not in entry:
            raise InputError(str(path), f"networks.{network} with a sha256", entry)
    for name, (expected, is_right) in _KNOWS.items():
        found = knows.get(name) if isinstance(knows, dict) else None
        if not is_right(found):
            raise InputError(str(path), f"knows.{name}: {expected}", found)
    for name, (expected, is_right) in _MAY_KNOW.items():
        if isinstance(knows, dict) and name in knows and not is_right(knows[name]):
            raise InputError(str(path), f"knows.{name}: {expected}", knows[name])
    heard = knows.get("feel") if isinstance(knows, dict) else None
    if "feel" in entries and not (isinstance(heard, dict) and _are((str,), heard.get("metres"))):
        raise InputError(str(path), "knows.feel: metres that were heard performed", heard)
    felt = heard["metres"] if isinstance(heard, dict) and "feel" in entries else []
    if isinstance(knows, dict) and not _is_usual(knows.get("usual", {}), knows["metres"], felt):
        expected = "for some of the metres style, tempo, swing, notes_per_bar, forms"
        raise InputError(str(path), f"knows.usual: {expected}", knows["usual"])


def _is_usual(found: Any, metres: list[str], heard: list[str]) -> bool:
    """What is usual in each metre; cards of older models have none of it.

    Args:
        found: As the card has it.
        metres: That the model knows.
        heard: Of these, in which it has a feel that may be the usual one.
    """
    if not isinstance(found, dict) or not found.keys() <= set(metres):
        return False
    limits = {"tempo": (20, 400), "swing": (0.5, 0.75), "notes_per_bar": (1e-3, MAX_STEPS)}
    return all(
        isinstance(row, dict)
        and row.get("style") in STYLES
        and all(
            type(row.get(name)) in (int, float) and low <= row[name] <= high
            for name, (low, high) in limits.items()
        )
        and isinstance(row.get("forms"), list)
        and all(isinstance(form, str) for form in row["forms"])
        and row.get("feel", "rule") in ("rule", *(["learned"] if metre in heard else []))
        for metre, row in found.items()
    )


def _are_lengths(found: Any) -> bool:
    return _are((int,), found) and all(1 <= steps <= MAX_STEPS for steps in found)


def _are(kinds: tuple[type, ...], found: Any) -> bool:
    return isinstance(found, list) and bool(found) and all(type(item) in kinds for item in found)


def _is_share(found: Any) -> bool:
    return type(found) in (int, float) and 0 <= found <= 1


_LENGTHS = f"lengths of 1 to {MAX_STEPS} steps"
_KNOWS = {
    "metres": ("names of metres", lambda found: _are((str,), found)),
    "iois": (_LENGTHS, _are_lengths),
    "durations": (_LENGTHS, _are_lengths),
    "range": (
        f"lowest and highest pitch, within {LOWEST_PITCH} to {HIGHEST_PITCH}",
        lambda found: (
            _are((int,), found)
            and len(found) == 2
            and max(found[0], LOWEST_PITCH) <= min(found[1], HIGHEST_PITCH)
        ),
    ),
    "notes_per_bar": (
        "notes a bar of each style",
        lambda found: (
            isinstance(found, dict)
            and _are((int, float), [*found.values()])
            and all(0 < number < MAX_STEPS for number in found.values())
        ),
    ),
}


_MAY_KNOW = {  # cards of older models do not say
    "degrees": (
        "for each mode degrees of 0 to 11 above the tonic",
        lambda found: (
            isinstance(found, dict)
            and all(_are((int,), row) and all(0 <= n < 12 for n in row) for row in found.values())
        ),
    ),
    "answer": ("how like line one line two is, 0 to 1", _is_share),
    "thinned": (
        "shares of the inputs and of the outputs of the melody network that are silent",
        lambda found: (
            _are((int, float), found) and len(found) == 2 and 0 <= min(found) <= max(found) < 1
        ),
    ),
    "notes_per_bar_range": (
        "the least and the most notes a bar",
        lambda found: (
            _are((int, float), found) and len(found) == 2 and 0 < found[0] <= found[1] < MAX_STEPS
        ),
    ),
    "breathing": ("share of lines that end with a rest, 0 to 1", _is_share),
}


def _check_weights(weights: Mapping[str, np.ndarray], network: str, path: Path) -> None:
    recurrent = weights.get("lstm/recurrent_kernel")
    units = recurrent.shape[0] if recurrent is not None and recurrent.ndim else 0
    expected = {
        "lstm/kernel": (LSTM_INPUTS[network], 4 * units),
        "lstm/recurrent_kernel": (units, 4 * units),
        "lstm/bias": (4 * units,),
        "lstm/peephole_kernel": (3, units),
        **HEAD_SHAPES[network](units),
    }
    found = {name: weight.shape for name, weight in weights.items()}
    if not units or found != expected:
        wrong = sorted(set(found.items()) ^ set(expected.items()))
        raise InputError(
            str(path), f"the weights of a {network} network", wrong[0] if wrong else "none"
        )
    if not all(w.dtype == np.float32 and np.isfinite(w).all() for w in weights.values()):
        raise InputError(str(path), "finite float32 weights", "others")
