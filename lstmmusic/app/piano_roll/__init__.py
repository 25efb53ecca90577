"""A piano roll that plays, as a Streamlit component.

The browser fetches the sound of every part once and mixes it, so that a muted part is really
silent; the playhead reads the browser's audio clock, and bars that are looped are looped there.
Nothing is asked of the server while it plays; another speed is played anew, at its pitch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.components.v2 import component

from lstmmusic.app.browser_data import for_browser
from lstmmusic.io.practice import retimed
from lstmmusic.score import Part, Score

SPEEDS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)

_FOLDER = Path(__file__).parent

_component = component(
    "lstmmusic_piano_roll",
    html=(_FOLDER / "piano_roll.html").read_text(encoding="utf-8"),
    css=(_FOLDER / "piano_roll.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "piano_roll.js").read_text(encoding="utf-8"),
)

# Seconds -> one sound file a part, and the reason where there are none.
Sound = Callable[[float], tuple[Sequence[bytes], str]]


def piano_roll(
    score: Score,
    sound: Sound,
    *,
    autoplay: bool = False,
    on_bars: Callable[[tuple[int, int] | None], None] | None = None,
    key: str = "piano_roll",
) -> None:
    """Shows a piece, and plays it.

    Args:
        score: The piece, as it sounds.
        sound: Given a speed of `SPEEDS`, one sound file (FLAC or WAV) a part, all from the start of
            the piece; or none, and why.
        autoplay: Play as soon as the sound has arrived.
        on_bars: Is told the first and the last bar that someone selects, counted from 1; None once
            none are.
        key: Keeps the component, and what plays in it, over reruns of the page.
    """
    speed = speed_asked(st.session_state.get(key))
    stems, silence = sound(speed)
    data = roll_data(score, _addresses(stems, key), speed)

    def tell() -> None:
        if on_bars is not None:
            on_bars(bars_asked(st.session_state.get(key), score.n_bars))

    _component(
        data={
            **for_browser(data),
            "silence": "no sound here" if silence else "",
            "autoplay": autoplay,
            "tells": on_bars is not None,
        },
        key=key,
        on_speed_change=lambda: None,
        on_bars_change=tell,
    )


def speed_asked(state: Any) -> float:
    """The speed that the browser asks for; 1 for anything else.

    Example:
        >>> speed_asked({"speed": 0.7}), speed_asked({"speed": "fast"}), speed_asked(None)
        (0.7, 1.0, 1.0)
    """
    found = _told(state, "speed")
    return found if isinstance(found, int | float) and found in SPEEDS else 1.0


def bars_asked(state: Any, n_bars: int) -> tuple[int, int] | None:
    """The bars that the browser says are selected; None for anything else.

    Example:
        >>> bars_asked({"bars": [9, 10]}, 12), bars_asked({"bars": [9, 40]}, 12)
        ((9, 10), None)
    """
    found = _told(state, "bars")
    if not isinstance(found, list) or len(found) != 2:
        return None
    if not all(isinstance(bar, int) for bar in found) or not 1 <= found[0] <= found[1] <= n_bars:
        return None
    return found[0], found[1]


def _told(state: Any, name: str) -> Any:
    """What a component has told; it comes from the browser."""
    return state.get(name) if hasattr(state, "get") else None


def _addresses(stems: Sequence[bytes], key: str) -> list[str]:
    """Where the browser fetches sound files, as long as this page shows them.

    They are megabytes: as part of the component's data they would be copied several times over.
    """
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    files = runtime.get_instance().media_file_mgr
    return [
        (f"/{base}" if base else "") + files.add(stem, "audio/flac", f"{key}.{place}")
        for place, stem in enumerate(stems)
    ]


def roll_data(score: Score, audio: Sequence[str] = (), speed: float = 1.0) -> dict[str, Any]:
    """What the browser gets: everything in seconds at that speed.

    `id` changes with the content, `piece` with the music alone.

    Args:
        score: The piece.
        audio: Addresses of the sound of each part, other ones for other sounds.
        speed: That the sound was played at.
    """
    piece = piece_id(score)
    score = retimed(score, speed) if speed != 1.0 else score
    seconds = score.tempo_map.seconds_at
    digest = hashlib.sha256(f"{piece} {speed} {' '.join(audio)}".encode())
    return {
        "id": digest.hexdigest()[:16],
        "piece": piece,
        "speed": speed,
        "speeds": list(SPEEDS),
        "seconds": round(score.seconds, 4),
        "bars": [round(seconds(float(start)), 4) for start in score.bar_starts],
        "chords": [[round(seconds(onset), 4), str(chord)] for onset, chord in score.chords],
        "parts": [
            {"name": part.name, "drums": part.is_drum, "notes": _notes(part, seconds)}
            for part in score.parts
        ],
        "audio": list(audio),
    }


def piece_id(score: Score) -> str:
    """By which what else is on the page knows which piece is heard."""
    digest = hashlib.sha256(repr((score.title, score.chords, score.tempo_map)).encode())
    for part in score.parts:
        digest.update(part.name.encode() + part.notes.tobytes())
    return digest.hexdigest()[:16]


def _notes(part: Part, seconds: Any) -> list[list[float]]:
    rows = []
    for onset, duration, pitch, velocity in part:
        start = seconds(onset)
        rows.append([round(start, 4), round(seconds(onset + duration) - start, 4), pitch, velocity])
    return rows
