"""A piano roll that plays, as a Streamlit component.

The sound of every part travels to the browser once and is mixed there, so that a muted part is
really silent; the playhead reads the browser's audio clock. Nothing is asked of the server while
it plays.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamlit.components.v2 import component

from lstmmusic.score import Part, Score

_FOLDER = Path(__file__).parent

_component = component(
    "lstmmusic_piano_roll",
    html=(_FOLDER / "piano_roll.html").read_text(encoding="utf-8"),
    css=(_FOLDER / "piano_roll.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "piano_roll.js").read_text(encoding="utf-8"),
)


def piano_roll(
    score: Score,
    stems: Sequence[bytes] = (),
    *,
    silence: str = "",
    autoplay: bool = False,
    key: str = "piano_roll",
) -> None:
    """Shows a piece, and plays it.

    Args:
        score: The piece, as it sounds.
        stems: One sound file (FLAC or WAV) a part, all from the start of the piece; none where
            there is no synthesiser.
        silence: What to say when there are no stems.
        autoplay: Play as soon as the sound has arrived.
        key: Keeps the component, and what plays in it, over reruns of the page.
    """
    data = roll_data(score, stems)
    _component(data={**data, "silence": silence, "autoplay": autoplay}, key=key)


def roll_data(score: Score, stems: Sequence[bytes] = ()) -> dict[str, Any]:
    """What the browser gets: everything in seconds, and an `id` that changes with the content."""
    seconds = score.tempo_map.seconds_at
    digest = hashlib.sha256(repr((score.title, score.chords)).encode())
    for part in score.parts:
        digest.update(part.name.encode() + part.notes.tobytes())
    for stem in stems:
        digest.update(hashlib.sha256(stem).digest())
    return {
        "id": digest.hexdigest()[:16],
        "seconds": round(score.seconds, 4),
        "bars": [round(seconds(float(start)), 4) for start in score.bar_starts],
        "chords": [[round(seconds(onset), 4), str(chord)] for onset, chord in score.chords],
        "parts": [
            {"name": part.name, "drums": part.is_drum, "notes": _notes(part, seconds)}
            for part in score.parts
        ],
        "audio": [base64.b64encode(stem).decode() for stem in stems],
    }


def _notes(part: Part, seconds: Any) -> list[list[float]]:
    rows = []
    for onset, duration, pitch, velocity in part:
        start = seconds(onset)
        rows.append([round(start, 4), round(seconds(onset + duration) - start, 4), pitch, velocity])
    return rows
