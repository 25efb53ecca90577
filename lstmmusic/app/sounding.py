"""Pieces to be seen and heard on a page: the sound of each part, or why there is none."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from lstmmusic.app.piano_roll import piano_roll
from lstmmusic.app.text import plain
from lstmmusic.corpus.items import Source
from lstmmusic.corpus.scan import scan
from lstmmusic.errors import InputError
from lstmmusic.io import load_untrusted
from lstmmusic.io.sound import format_sound, render_stems
from lstmmusic.io.untrusted import parse_untrusted
from lstmmusic.score import Score

_MAX_SOUND_SECONDS = 600


def stems_of(score: Score) -> tuple[tuple[bytes, ...], str]:
    """One FLAC file a part, or none and the reason in words."""
    try:
        if score.seconds > _MAX_SOUND_SECONDS:
            minutes = _MAX_SOUND_SECONDS // 60
            raise InputError("sound", f"a piece of at most {minutes} minutes", "a longer one")
        return tuple(format_sound(stem, "FLAC") for stem in render_stems(score)), ""
    except InputError as error:
        return (), str(error)


def hear_file(path: Path, key: str) -> None:
    """Shows a file of music, and plays it.

    Args:
        path: Of the file.
        key: Keeps what plays over reruns.
    """
    try:
        with st.spinner("Reading"):
            score, stems, silence = _heard(str(path), path.stat().st_mtime_ns)
    except (InputError, OSError) as error:
        st.error(plain(str(error)))
        return
    _show(score, stems, silence, key)


def hear_item(music: Path, name: str, key: str) -> None:
    """Shows a piece of a folder or an archive, named as the report of a corpus names it."""
    try:
        with st.spinner("Reading"):
            score, stems, silence = _heard_item(str(music), name)
    except (InputError, OSError) as error:
        st.error(plain(str(error)))
        return
    _show(score, stems, silence, key)


def _show(score: Score, stems: tuple[bytes, ...], silence: str, key: str) -> None:
    if silence:
        st.warning(plain(silence))
    piano_roll(score, stems, silence="no sound here", key=key)


@st.cache_resource(max_entries=8, show_spinner=False)
def _heard(path: str, changed: int) -> tuple[Score, tuple[bytes, ...], str]:
    score = load_untrusted(path)
    return score, *stems_of(score)


@st.cache_resource(max_entries=8, show_spinner=False)
def _heard_item(music: str, name: str) -> tuple[Score, tuple[bytes, ...], str]:
    if (Path(music) / name).is_file():
        score = load_untrusted(Path(music) / name)
        return score, *stems_of(score)
    # In an archive or a book of tunes, or of a name that cannot be shown as it is.
    item = next((item for item in scan(music).items if item.file == name), None)
    if item is None:
        raise InputError(name, "a piece that is still there", "none")
    with Source() as source:
        data = source.read(item)
    score = parse_untrusted(data, f"{Path(name).stem}{item.suffix}")
    return score, *stems_of(score)
