"""`Score` -> sound: one stem a part, a mix that never clips, WAV and FLAC."""

from __future__ import annotations

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lstmmusic.errors import InputError
from lstmmusic.io._bytes import check_output, write_bytes
from lstmmusic.io.midi_write import format_midi
from lstmmusic.io.synthesiser import (
    MAX_SECONDS,
    SAMPLE_RATE,
    TAIL_SECONDS,
    find_soundfont,
    require_synthesiser,
    synthesise,
)
from lstmmusic.score import Score

PEAK = 0.89
FORMATS = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG"}


def render(score: Score, soundfont: str | None = None) -> np.ndarray:
    """The sound of a piece.

    Args:
        score: The piece.
        soundfont: Path of a `.sf2` or `.sf3`; None: the one that is found.

    Returns:
        Samples of shape (time, 2), float32, at `SAMPLE_RATE`, highest peak `PEAK`, from the start
        of the piece to two seconds after its end.

    Raises:
        InputError: No synthesiser or soundfont is found; the message says what to install.
    """
    _check_length(score)
    return _scaled([_fitted(synthesise(format_midi(score), soundfont), score)])[0]


def render_stems(score: Score, soundfont: str | None = None) -> list[np.ndarray]:
    """The sound of each part alone, so that parts can be muted; the mix is their sum.

    Returns:
        For each part samples of shape (time, 2), float32, all of one length, scaled together so
        that the highest peak of their sum is `PEAK`.

    Raises:
        InputError: As `render`.
    """
    alone = [replace(score, parts=[part]) for part in score.parts]
    require_synthesiser(soundfont)
    _check_length(score)

    def play(one: Score) -> np.ndarray:
        return _fitted(synthesise(format_midi(one), soundfont), score)

    with ThreadPoolExecutor() as pool:  # FluidSynth works outside Python's lock
        return _scaled(list(pool.map(play, alone)))


def format_sound(samples: np.ndarray, kind: str = "WAV") -> bytes:
    """The bytes of a sound file, 16 bit; `kind` is one of the values of `FORMATS`."""
    import soundfile

    buffer = io.BytesIO()
    subtype = "VORBIS" if kind == "OGG" else "PCM_16"
    soundfile.write(buffer, samples, SAMPLE_RATE, format=kind, subtype=subtype)
    return buffer.getvalue()


def check_save_sound(path: str | Path, soundfont: str | None = None, force: bool = False) -> str:
    """Says at once whether `save_sound` could write there; returns the kind of sound file.

    Raises:
        InputError: A suffix that is not one of `FORMATS`; no synthesiser or soundfont is found.
        OutputError: The file exists, or its folder cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise InputError(str(path), "a name that ends in " + " ".join(FORMATS), repr(suffix))
    check_output(Path(path), force)
    require_synthesiser(soundfont)
    return FORMATS[suffix]


def save_sound(
    score: Score, path: str | Path, soundfont: str | None = None, force: bool = False
) -> dict[str, Any]:
    """Renders a piece to a `.wav`, `.flac` or `.ogg` file.

    Returns:
        `seconds`, `sample_rate`, `peak` and the `soundfont` that was used.

    Raises:
        InputError: As `check_save_sound`.
        OutputError: As `check_save_sound`.
    """
    kind = check_save_sound(path, soundfont, force)
    samples = render(score, soundfont)
    write_bytes(Path(path), format_sound(samples, kind), force)
    return {
        "seconds": round(len(samples) / SAMPLE_RATE, 3),
        "sample_rate": SAMPLE_RATE,
        "peak": round(float(np.abs(samples).max()), 4),
        "soundfont": soundfont or find_soundfont(),
    }


def _check_length(score: Score) -> None:
    if score.seconds > MAX_SECONDS:
        raise InputError("sound", f"at most {MAX_SECONDS} s", f"{score.seconds:.0f} s")


def _fitted(samples: np.ndarray, score: Score) -> np.ndarray:
    """Cut or padded to the length of the piece and its tail, the last half second faded."""
    length = int((score.seconds + TAIL_SECONDS) * SAMPLE_RATE)
    fitted = np.zeros((length, 2), np.float32)
    fitted[: len(samples)] = samples[:length]
    fade = min(SAMPLE_RATE // 2, length)
    fitted[length - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    return fitted


def _scaled(stems: Sequence[np.ndarray]) -> list[np.ndarray]:
    peak = float(np.abs(np.sum(stems, axis=0)).max()) if stems else 0.0
    scale = np.float32(PEAK / peak if peak else 1.0)
    return [stem * scale for stem in stems]
